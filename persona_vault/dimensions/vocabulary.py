"""How varied the words are."""

from collections import deque
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
        running = _Running()
        return [_windows_ending_in(turn, running) for turn in turns]


class _Running:
    """The words of the last stretch.

    Attributes:
        stretch: The last `WINDOW` words.
        last: Word -> the number of its last use.
        n: Words so far.
        n_different: Different words in the stretch.
    """

    __slots__ = ("last", "n", "n_different", "stretch")

    def __init__(self) -> None:
        self.stretch: deque[str] = deque()
        self.last: dict[str, int] = {}
        self.n = self.n_different = 0


def _windows_ending_in(turn: Turn, running: _Running) -> Measurement:
    stretch, last = running.stretch, running.last
    n, n_different = running.n, running.n_different
    n_windows = total = 0
    for word in words(turn.text):
        stretch.append(word)
        leaves = n - WINDOW
        if leaves >= 0 and last[stretch.popleft()] == leaves:
            n_different -= 1
        if last.get(word, -WINDOW) <= leaves:
            n_different += 1
        last[word] = n
        n += 1
        if n >= WINDOW:
            n_windows += 1
            total += n_different
    running.n, running.n_different = n, n_different
    if not n_windows:
        return NO_OCCASION
    return Measurement(total / WINDOW, float(n_windows))


ROWS = (RichnessRow(),)
