"""A message as a run of signs: words, letters of unspaced scripts, emoji, and edges.

No language is assumed: words are what Unicode calls letters and digits; where a script
writes without blanks, every letter (with its marks) is a sign of its own.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from persona_vault.dimensions.emoji_use import emoji_in
from persona_vault.dimensions.text import actions, told


class Kind(IntEnum):
    """What a sign is.

    `CUT` parts what cannot be one phrase; `START` opens a sentence; `OPEN` and `CLOSE`
    bracket a roleplay action.
    """

    CUT = 0
    START = 1
    OPEN = 2
    CLOSE = 3
    WORD = 4
    LETTER = 5
    EMOJI = 6


class Sign(NamedTuple):
    """A sign, its matching form ("" for edges), and where it stands in the message."""

    kind: Kind
    form: str
    start: int
    end: int


# Accents, points and vowel signs, which Python does not count as part of a word.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u0900-\u0903\u093a-\u094f\u0981-\u0983"
    "\u09bc-\u09cd\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c4d"
    "\u0cbc-\u0ccd\u0d3e-\u0d4d\u200c\u200d"
)
# Han, Kana, Thai, Lao, Khmer and Myanmar are written without blanks between words.
_UNSPACED = (
    "\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\u0e01-\u0e46\u0e80-\u0eb0\u0eb2-\u0ec6\u1000-\u109f\u1780-\u17b3"
)
_UNSPACED_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    "\u102b-\u103e\u17b4-\u17d3"
)
_LETTER = rf"[^\W_{_UNSPACED}]"
_SIGN = re.compile(
    rf"(?P<letter>[{_UNSPACED}][{_UNSPACED_MARKS}]*)"
    rf"|(?P<word>{_LETTER}(?:{_LETTER}|[{_MARKS}]|['\-](?={_LETTER}))*)"
    r"|(?P<end>[.!?…؟।]+(?!\w)|[。！？｡]+|\n+)"
    r"|(?P<cut>[;:()\[\]{}<>|/\"“”„«»「」『』—–•]+|\s-+\s)"
)


def signs(text: str) -> list[Sign]:
    """The signs of a message in order; code and web addresses are passed over."""
    shown = told(text)
    found: list[Sign] = []
    at = 0
    for start, end in actions(text):
        found += _spoken(shown, at, start)
        found += _acted(shown, start, end)
        at = end
    found += _spoken(shown, at, len(shown))
    pictures = emoji_in(text)
    return _with_emoji(found, pictures) if pictures else found


def _spoken(shown: str, start: int, end: int) -> Iterator[Sign]:
    yield Sign(Kind.START, "", start, start)
    yield from _scanned(shown, start, end, Kind.START)
    yield Sign(Kind.CUT, "", end, end)


def _acted(shown: str, start: int, end: int) -> Iterator[Sign]:
    yield Sign(Kind.CUT, "", start, start)
    yield Sign(Kind.OPEN, "", start, start)
    # A full stop at its end leaves an action whole.
    last = start + len(shown[start:end].rstrip("*_ ).!?…~\n"))
    yield from _scanned(shown, start, last, None)
    yield Sign(Kind.CLOSE, "", end, end)
    yield Sign(Kind.CUT, "", end, end)


def _scanned(shown: str, start: int, end: int, opens: Kind | None) -> Iterator[Sign]:
    """Words between two places; `opens` stands after each end of a sentence."""
    last = Kind.CUT
    for match in _SIGN.finditer(shown, start, end):
        low, high = match.span()
        if match["end"] or match["cut"]:
            yield Sign(Kind.CUT, "", low, high)
            if match["end"] and opens is not None:
                yield Sign(opens, "", high, high)
            last = Kind.CUT
            continue
        kind = Kind.LETTER if match["letter"] else Kind.WORD
        if last not in (kind, Kind.CUT):
            yield Sign(Kind.CUT, "", low, low)
        form = match[0]
        composed = form if form.isascii() else unicodedata.normalize("NFC", form)
        yield Sign(kind, composed, low, high)
        last = kind


def _with_emoji(
    found: list[Sign], pictures: tuple[tuple[str, tuple[int, int]], ...]
) -> list[Sign]:
    """The signs with emoji in their places; what is part of an emoji is no word."""
    covered = {i for _, span in pictures for i in range(*span)}
    kept = [s for s in found if not s.form or s.start not in covered]
    for form, (start, end) in pictures:
        kept += [
            Sign(Kind.CUT, "", start, start),
            Sign(Kind.EMOJI, form, start, end),
            Sign(Kind.CUT, "", end, end),
        ]
    return sorted(kept, key=lambda s: s.start)
