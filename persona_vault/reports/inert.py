"""Chat text made harmless to show: control and direction marks become visible.

Words, line breaks, tabs, emoji joiners and every script stay exactly as they were.
"""

import re
from dataclasses import dataclass

from persona_vault.findings import Quote

# Controls but not tab and line feed; marks that turn the reading direction; line and
# paragraph separators; lone surrogates, which cannot be written as UTF-8.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufff9-\ufffb]"
)


def code_point(character: str) -> str:
    """Such as "U+202E"."""
    return f"U+{ord(character):04X}"


def inert(text: str) -> str:
    """The text with hidden characters spelled out, such as "⟨U+202E⟩"."""
    text = text.replace("\r\n", "\n")
    return _HIDDEN.sub(lambda found: f"⟨{code_point(found[0])}⟩", text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a quote: plain words, words that show the row, or a hidden mark."""

    text: str
    kind: str


def pieces(quote: Quote) -> list[Piece]:
    """A quote cut at its spans and hidden marks; kinds "text", "mark", "hidden".

    The texts of "text" and "mark" in order are the quote, verbatim.
    """
    parts: list[Piece] = []
    at = 0
    for start, end in _merged(quote):
        parts += _visible(quote.text[at:start], "text")
        parts += _visible(quote.text[start:end], "mark")
        at = end
    return parts + _visible(quote.text[at:], "text")


def _merged(quote: Quote) -> list[tuple[int, int]]:
    """Spans inside the text, in order, joined where they touch or overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(quote.spans):
        low, high = max(start, 0), min(end, len(quote.text))
        if low >= high:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _visible(text: str, kind: str) -> list[Piece]:
    parts: list[Piece] = []
    at = 0
    for found in _HIDDEN.finditer(text):
        if found[0] == "\r" and text[found.end() : found.end() + 1] == "\n":
            continue
        if found.start() > at:
            parts.append(Piece(text[at : found.start()], kind))
        parts.append(Piece(code_point(found[0]), "hidden"))
        at = found.end()
    if at < len(text):
        parts.append(Piece(text[at:], kind))
    return parts
