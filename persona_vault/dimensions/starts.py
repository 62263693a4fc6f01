"""With which characters a match of a pattern can begin, read off the pattern.

Most places of a text cannot begin a match: seeing that by one look at a character is
faster than trying every alternative there.
"""

import re

_TOKENS = re.compile(
    r"\(\?(?:P<\w+>|<[!=]|[:!=])|\(\?|\\.|\[(?:\\.|[^\]\\])+\]"
    r"|[{](?:\d+,?\d*|,\d+)[}][?+]?|[*+?][?+]?|.",
    re.DOTALL,
)
_OPTIONAL = re.compile(r"[*?]|[{](?:0|,)")
_REPEATED = re.compile(r"[*+?]|[{].")
_LOOKS = frozenset({"(?!", "(?=", "(?<!", "(?<="})
_NO_WIDTH = frozenset({"^", r"\b", r"\B", r"\A"})
_ENDS = frozenset({"$", r"\Z"})
_REFERENCES = frozenset(f"\\{n}" for n in range(10))

Found = frozenset[str] | None  # None: anything


def gated(pattern: str) -> str:
    """The same pattern, tried only where a character begins some match of it.

    Where all of it begins at the edge of a word, that is looked at first: of the
    letters of a word all but one are passed over.
    """
    first = starts(pattern)
    if first is None:
        return pattern
    edge = r"\b" if _begins_at_an_edge(pattern) else ""
    return f"{edge}(?={first})(?:{pattern})"


def _begins_at_an_edge(pattern: str) -> bool:
    """Whether a pattern without alternatives at its top level begins so."""
    depth = 0
    for part in _TOKENS.findall(pattern):
        depth += part.startswith("(") - (part == ")")
        if part == "|" and depth == 0:
            return False
    return pattern.startswith(r"\b")


def starts(pattern: str) -> str | None:
    """A class with the characters that begin a match, such as "[abc]", or with more.

    None where a match may begin with any character, or be empty.
    """
    tokens = _TOKENS.findall(pattern)
    if "(?" in tokens:  # flags and references inside: not understood here
        return None
    found, may_be_empty, _ = _alternatives(tokens, 0)
    return None if not found or may_be_empty else f"[{''.join(sorted(found))}]"


def _alternatives(tokens: list[str], at: int) -> tuple[Found, bool, int]:
    """What begins any of them, whether one can be empty, and where they end."""
    found: Found = frozenset()
    may_be_empty = False
    while True:
        mine, empty, at = _sequence(tokens, at)
        found = _both(found, mine)
        may_be_empty = may_be_empty or empty
        if at >= len(tokens) or tokens[at] == ")":
            return found, may_be_empty, at
        at += 1  # over the bar


def _sequence(tokens: list[str], at: int) -> tuple[Found, bool, int]:
    """The same of one alternative."""
    found: Found = frozenset()
    may_be_empty = True
    while at < len(tokens) and tokens[at] not in ("|", ")"):
        mine, empty, at = _part(tokens, at)
        if at < len(tokens) and _REPEATED.match(tokens[at]):
            empty = empty or bool(_OPTIONAL.match(tokens[at]))
            at += 1
        if may_be_empty:
            found = _both(found, mine)
            may_be_empty = empty
    return found, may_be_empty, at


def _part(tokens: list[str], at: int) -> tuple[Found, bool, int]:
    """The same of one character, class or group."""
    token = tokens[at]
    if token.startswith("("):
        found, empty, end = _alternatives(tokens, at + 1)
        if token in _LOOKS:
            found, empty = frozenset(), True
        return found, empty, end + 1
    if token in _NO_WIDTH or token in _ENDS:
        return frozenset(), True, at + 1
    return _written(token), False, at + 1


def _both(one: Found, other: Found) -> Found:
    return None if one is None or other is None else one | other


def _written(token: str) -> Found:
    """What a character or class stands for, as it is written inside a class."""
    if token in (".", "[") or token.startswith("[^") or token[:2] in _REFERENCES:
        return None
    if token.startswith("["):
        inside = token[1:-1]
        # A hyphen at either end is one; between others it would make a range.
        bare = inside.strip("-")
        return frozenset({bare} if bare == inside else {bare, r"\-"})
    return frozenset({token if token.startswith("\\") else re.escape(token)})
