"""Which rows are worth a look at a text, found for all of them in one pass over words.

A pattern row names hints: pieces of a word without one of which its pattern cannot
match. Every word is looked at once in a run, and remembered with the rows that it
hints at; a text then costs one look-up for each of its words, not one search for each
hint of each row.
"""

import re
from functools import lru_cache

from persona_vault.dimensions.text import CACHE_SIZE, word_counts

# A talk has few different words; what was never seen again may be forgotten.
_MOST_WORDS = 100_000
_PIECE = re.compile(r"[\w']+ ?")


class _Hinted(dict[str, int]):
    """Word -> the rows it hints at, one bit for each; filled as words are met."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]] = []

    def __missing__(self, word: str) -> int:
        if len(self) > _MOST_WORDS:
            self.clear()
        # An apostrophe and what follows is no word of its own: "i'm" holds "i".
        pieces = (word, *word.replace("-", "'").split("'"))
        found = 0
        for i, (whole, ends, inside) in enumerate(self.rows):
            if (
                not whole.isdisjoint(pieces)
                or any(p.endswith(ends) for p in pieces)
                or any(hint in word for hint in inside)
            ):
                found |= 1 << i
        self[word] = found
        return found


_HINTED = _Hinted()


def register_hints(hints: tuple[str, ...]) -> int:
    """The bit by which `hinted` tells that a text holds one of the hints.

    A hint is a piece of a word ("proud"); with a blank behind it the end of one ("not
    "), or, a single letter, all of one. Of several words the longest counts.
    """
    pieces = [max(_PIECE.findall(h), key=lambda p: len(p.strip())) for h in hints]
    whole = frozenset(p.strip() for p in pieces if len(p.strip()) == 1)
    ends = tuple(p[:-1] for p in pieces if p.endswith(" ") and len(p) > 2)
    inside = tuple(p for p in pieces if len(p) > 1 and not p.endswith(" "))
    _HINTED.rows.append((whole, ends, inside))
    _HINTED.clear()
    hinted.cache_clear()
    return 1 << (len(_HINTED.rows) - 1)


@lru_cache(maxsize=CACHE_SIZE)
def hinted(text: str) -> int:
    """The bits of all rows with a hint among the spoken words of a text."""
    found = 0
    for word in word_counts(text):
        found |= _HINTED[word]
    return found
