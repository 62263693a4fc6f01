"""A row made from one pure function of a turn, and rows made from one pattern."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.hints import factored, hinted, register_hints
from persona_vault.dimensions.starts import gated
from persona_vault.dimensions.text import folded
from persona_vault.turns import Turn

ENGLISH = frozenset({"en"})
# Ten points of a rate.
RATE_MATERIAL = 0.10
NOT_SHOWN = Measurement(0.0, 1.0)

Spans = tuple[tuple[int, int], ...]


class Search(Protocol):
    """Where a text shows something, looked for up to a place in it."""

    def __call__(self, text: str, until: int = ...) -> Spans:
        """Spans in order; () for none."""
        ...


@dataclass(slots=True, kw_only=True)
class TurnRow:
    """A dimension that needs one turn at a time; attributes as in `Dimension`.

    Attributes:
        of: The measurement of one turn in a language the row works in. Turns
            without any text never reach it.
    """

    name: str
    family: str
    title: str
    unit: str
    definition: str
    source: str
    of: Callable[[Turn], Measurement]
    scale: Scale = Scale.RATE
    version: int = 1
    languages: frozenset[str] | None = None
    headline: bool = True
    material: float = RATE_MATERIAL
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """One measurement per turn, in the same order."""
        of, readable = self.of, self.languages
        return [
            of(t)
            # Where the language is unclear ("und"), rows with a word list are silent.
            if (readable is None or t.language in readable)
            and t.text
            and not t.text.isspace()
            else NO_OCCASION
            for t in turns
        ]


def share(spans: Spans) -> Measurement:
    """One reply that shows the row if there is any evidence for it."""
    return Measurement(1.0, 1.0, spans) if spans else NOT_SHOWN


def matches(
    pattern: re.Pattern[str], hints: tuple[str, ...], phrases: tuple[str, ...] = ()
) -> Callable[[Turn], Measurement]:
    """Replies whose folded spoken text has the pattern, out of all replies."""
    search = finder(pattern, hints, phrases)

    def of(turn: Turn) -> Measurement:
        return share(search(turn.text))

    return of


def finder(
    pattern: re.Pattern[str], hints: tuple[str, ...], phrases: tuple[str, ...] = ()
) -> Search:
    """A function of a text: where its folded form has the pattern, up to a place.

    The evidence is the pattern's named group where one matched, else the whole match.
    Nothing can match without one of `hints` (pieces of words, see `register_hints`)
    or `phrases` (as they stand); those are looked for first.
    """
    bit = register_hints(hints)

    @cache
    def faster() -> re.Pattern[str]:
        # Made when it is first needed: many commands never measure.
        return re.compile(gated(factored(pattern.pattern)), pattern.flags)

    def search(text: str, until: int = sys.maxsize) -> Spans:
        said = ""
        if not hinted(text) & bit:
            if not phrases:  # nearly all finders, and nearly all texts
                return ()
            said = folded(text)
            if not any(phrase in said for phrase in phrases):
                return ()
        found = faster().finditer(said or folded(text), 0, until)
        return tuple([m.span(m.lastgroup or 0) for m in found])

    _MADE.append((pattern, search))
    return search


_MADE: list[tuple[re.Pattern[str], Search]] = []


def made_finders() -> tuple[tuple[re.Pattern[str], Search], ...]:
    """Every finder made so far, with the pattern it stands for."""
    return tuple(_MADE)
