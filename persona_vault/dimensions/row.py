"""A row made from one pure function of a turn, and rows made from one pattern."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.text import folded
from persona_vault.turns import Turn

ENGLISH = frozenset({"en"})
# Ten points of a rate.
RATE_MATERIAL = 0.10

Spans = tuple[tuple[int, int], ...]


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
        return [self.of(t) if works_on(self, t) else NO_OCCASION for t in turns]


def works_on(row: "TurnRow", turn: Turn) -> bool:
    """Whether the turn has text in a language that the row works in.

    Where the language is unclear ("und"), rows with a word list stay silent.
    """
    if row.languages is not None and turn.language not in row.languages:
        return False
    return bool(turn.text.strip())


def share(spans: Spans) -> Measurement:
    """One reply that shows the row if there is any evidence for it."""
    return Measurement(1.0 if spans else 0.0, 1.0, spans)


def matches(
    pattern: re.Pattern[str], hints: tuple[str, ...]
) -> Callable[[Turn], Measurement]:
    """Replies whose folded spoken text has the pattern, out of all replies.

    The evidence is the pattern's named group where one matched, else the whole match.
    Nothing can match without one of `hints`; looking for those first is much faster.
    """

    def of(turn: Turn) -> Measurement:
        return share(find(pattern, hints, folded(turn.text)))

    return of


def find(pattern: re.Pattern[str], hints: tuple[str, ...], said: str) -> Spans:
    """Where a folded text has the pattern, if it holds one of the hints at all."""
    if not any(hint in said for hint in hints):
        return ()
    return tuple(m.span(m.lastgroup or 0) for m in pattern.finditer(said))
