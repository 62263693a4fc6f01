"""How varied the words are."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.text import words
from persona_vault.turns import Turn

WINDOW = 50


@dataclass(slots=True, kw_only=True)
class RichnessRow:
    """Moving-average type-token ratio; attributes as in `Dimension`."""

    name: str = "richness"
    version: int = 1
    family: str = "vocabulary"
    title: str = "variety of words"
    unit: str = f"different words per word, in stretches of {WINDOW}"
    scale: Scale = Scale.MEAN
    definition: str = (
        f"Different words out of {WINDOW} running words, averaged over every stretch "
        "of that length in a conversation; it does not depend on how long the replies "
        "are."
    )
    source: str = "MATTR, Covington & McFall 2010"
    languages: frozenset[str] | None = None
    headline: bool = True
    material: float = 0.02
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """Windows that end in a turn count for it; a block under 50 words has none."""
        window: deque[str] = deque()
        seen: Counter[str] = Counter()
        return [_windows_ending_in(turn, window, seen) for turn in turns]


def _windows_ending_in(
    turn: Turn, window: deque[str], seen: Counter[str]
) -> Measurement:
    n_different = n_windows = 0
    for word in words(turn.text):
        window.append(word)
        seen[word] += 1
        if len(window) > WINDOW:
            oldest = window.popleft()
            if seen[oldest] == 1:
                del seen[oldest]
            else:
                seen[oldest] -= 1
        if len(window) == WINDOW:
            n_windows += 1
            n_different += len(seen)
    if not n_windows:
        return NO_OCCASION
    return Measurement(n_different / WINDOW, float(n_windows))


ROWS = (RichnessRow(),)
