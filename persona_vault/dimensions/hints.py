"""Which rows are worth a look at a text, found for all of them in one pass over words.

A pattern row names hints: pieces of a word without one of which its pattern cannot
match. Every word is looked at once in a run, and remembered with the rows that it
hints at; a text then costs one look-up for each of its words, not one search for each
hint of each row.
"""

import re
from functools import lru_cache
from itertools import groupby

from persona_vault.dimensions.text import CACHE_SIZE, word_counts

# A talk has few different words; what was never seen again may be forgotten.
_MOST_WORDS = 100_000
_LONGEST_END = 12
_TOKENS = re.compile(r"\\.|[][()|]", re.DOTALL)
_PIECE = re.compile(r"[\w']+ ?")


class _Hinted(dict[str, int]):
    """Word -> the rows it hints at, one bit for each; filled as words are met."""

    def __init__(self) -> None:
        super().__init__()
        self.n_rows = 0
        # Whole words, ends of words and pieces of words -> the rows they hint at.
        self.whole: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.inside: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        if len(self) > _MOST_WORDS:
            self.clear()
        found = 0
        for hint, rows in self.inside.items():
            if hint in word:
                found |= rows
        # An apostrophe and what follows is no word of its own: "i'm" holds "i".
        for piece in {word, *word.replace("-", "'").split("'")}:
            found |= self.whole.get(piece, 0)
            for length in range(2, min(len(piece), _LONGEST_END) + 1):
                found |= self.ends.get(piece[-length:], 0)
        self[word] = found
        return found


_HINTED = _Hinted()


def register_hints(hints: tuple[str, ...]) -> int:
    """The bit by which `hinted` tells that a text holds one of the hints.

    A hint is a piece of a word ("proud"); with a blank behind it the end of one ("not
    "); with a blank before it, or a single letter, all of one (" hey"). Of several
    words the longest counts.
    """
    row = 1 << _HINTED.n_rows
    for hint in hints:
        piece = max(_PIECE.findall(hint), key=lambda p: len(p.strip()))
        bare = piece.strip()
        if len(bare) == 1 or hint.startswith(" "):
            kind = _HINTED.whole
        elif piece.endswith(" ") and len(bare) <= _LONGEST_END:
            kind = _HINTED.ends
        else:
            kind = _HINTED.inside
        kind[bare] = kind.get(bare, 0) | row
    _HINTED.n_rows += 1
    _HINTED.clear()
    hinted.cache_clear()
    return row


@lru_cache(maxsize=CACHE_SIZE)
def hinted(text: str) -> int:
    """The bits of all rows with a hint among the spoken words of a text."""
    found = 0
    for word in word_counts(text):
        found |= _HINTED[word]
    return found


def factored(pattern: str) -> str:
    r"""The same pattern, `\ba|\bb|c` written as `\b(?:a|b)|c`.

    It matches the same, in the same order, but takes half the time: a word that begins
    no alternative is passed over at its first letter.
    """
    parts = _alternatives(pattern)
    written: list[str] = []
    for at_edge, run in groupby(parts, key=lambda p: len(p) > 2 and p[:2] == r"\b"):
        if at_edge:
            written.append(rf"\b(?:{'|'.join(part[2:] for part in run)})")
        else:
            written += run
    return "|".join(written)


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern at its top level."""
    parts, start, depth, in_class = [], 0, 0, False
    for token in _TOKENS.finditer(pattern):
        match token[0]:
            case "[" if not in_class:
                in_class = True
            case "]" if in_class:
                in_class = False
            case "(" if not in_class:
                depth += 1
            case ")" if not in_class:
                depth -= 1
            case "|" if not in_class and depth == 0:
                parts.append(pattern[start : token.start()])
                start = token.end()
    return [*parts, pattern[start:]]
