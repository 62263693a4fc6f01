"""With which three characters a match of a pattern can begin, read off the pattern.

Most places of a text cannot begin a match: seeing that by a few looks at characters is
faster than trying every alternative there.
"""

import re
from collections import defaultdict

_TOKENS = re.compile(
    r"\(\?(?:P<\w+>|<[!=]|[:!=])|\(\?|\\.|\[(?:\\.|[^\]\\])+\]"
    r"|[{](?:\d+,?\d*|,\d+)[}][?+]?|[*+?][?+]?|.",
    re.DOTALL,
)
_OPTIONAL = re.compile(r"[*?]|[{](?:0|,)")
_REPEATED = re.compile(r"[*+?]|[{].")
_LOOKS = frozenset({"(?!", "(?=", "(?<!", "(?<="})
_NO_WIDTH = frozenset({"^", r"\b", r"\B", r"\A", "$", r"\Z"})
_REFERENCES = frozenset(f"\\{n}" for n in range(10))

# How many characters of a match are looked at. With one the finders of the catalogue
# take 228 us for 1,000 texts of 40 words, with two 196, three 156, four 154, five 154.
_DEPTH = 3
# More ways to begin than this (words in any order, repeated) are cut short.
_MOST = 300

# One way to begin: each character as it is written inside a class, such as "a" or
# "a-z"; None where any may stand, or none: nothing is known from there on.
Way = tuple[str | None, ...]
_UNKNOWN = (None,)
_NOTHING: frozenset[Way] = frozenset({()})


def gated(pattern: str) -> str:
    """The same pattern, tried only where characters begin some match of it.

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
    """A pattern for the characters that begin a match, such as "[a](?:[b]|[cd][e])".

    It may fit more than these. None where a match may begin with any character, or be
    empty.
    """
    tokens = _TOKENS.findall(pattern)
    if "(?" in tokens:  # flags and references inside: not understood here
        return None
    return _tree(_alternatives(tokens, 0)[0]) or None


def _tree(ways: frozenset[Way]) -> str:
    """A pattern for any of the ways, "" where one of them begins with anything.

    Each alternative begins with a class: that one is looked at before it is tried.
    """
    after: dict[str, set[Way]] = defaultdict(set)
    for way in ways:
        if not way or way[0] is None:
            return ""
        after[way[0]].add(way[1:])
    alike: dict[str, list[str]] = defaultdict(list)
    for first, rests in after.items():
        alike[_tree(frozenset(rests))].append(first)
    written = [f"[{''.join(sorted(c))}]{rest}" for rest, c in sorted(alike.items())]
    return written[0] if len(written) == 1 else f"(?:{'|'.join(written)})"


def _alternatives(tokens: list[str], at: int) -> tuple[frozenset[Way], int]:
    """How any of them can begin, and where they end."""
    found: set[Way] = set()
    while True:
        mine, at = _sequence(tokens, at)
        found |= mine
        if at >= len(tokens) or tokens[at] == ")":
            return frozenset(found), at
        at += 1  # over the bar


def _sequence(tokens: list[str], at: int) -> tuple[frozenset[Way], int]:
    """The same of one alternative."""
    found = _NOTHING
    while at < len(tokens) and tokens[at] not in ("|", ")"):
        mine, at = _part(tokens, at)
        if at < len(tokens) and _REPEATED.match(tokens[at]):
            mine = _repeated(mine, tokens[at])
            at += 1
        found = _joined(found, mine)
    return found, at


def _part(tokens: list[str], at: int) -> tuple[frozenset[Way], int]:
    """The same of one character, class or group."""
    token = tokens[at]
    if token.startswith("("):
        found, end = _alternatives(tokens, at + 1)
        return (_NOTHING if token in _LOOKS else found), end + 1
    if token in _NO_WIDTH:
        return _NOTHING, at + 1
    return frozenset({(_written(token),)}), at + 1


def _repeated(ways: frozenset[Way], how: str) -> frozenset[Way]:
    """What is repeated, as often as is looked at."""
    found = set(_NOTHING if _OPTIONAL.match(how) else ())
    run = _NOTHING
    for _ in range(1 if how[0] == "?" else _DEPTH):
        run = _joined(run, ways)
        found |= run
    return frozenset(found)


def _joined(ways: frozenset[Way], further: frozenset[Way]) -> frozenset[Way]:
    """One after the other, as far as is looked at."""
    open_ = {w for w in ways if len(w) < _DEPTH and w[-1:] != _UNKNOWN}
    if not open_:
        return ways
    if len(open_) * len(further) > _MOST:
        further = frozenset({_UNKNOWN})
    return (ways - open_) | {(w + more)[:_DEPTH] for w in open_ for more in further}


def _written(token: str) -> str | None:
    """What a character or class stands for, as it is written inside a class."""
    if token in (".", "[") or token.startswith("[^") or token[:2] in _REFERENCES:
        return None
    if token.startswith("["):
        inside = token[1:-1]
        # A hyphen at either end is one; between others it would make a range.
        bare = inside.strip("-")
        return bare if bare == inside else rf"{bare}\-"
    return token if token.startswith("\\") else re.escape(token)
