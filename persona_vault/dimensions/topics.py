"""New words in a talk, and the language it is in."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from persona_vault.dimensions.base import NO_OCCASION, Dimension, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, RATE_MATERIAL, TurnRow
from persona_vault.dimensions.style import is_small_word
from persona_vault.dimensions.text import CACHE_SIZE, word_counts
from persona_vault.turns import Turn

UNCLEAR = "und"
LOOK_BACK = 5
# Shorter words rarely name a thing.
LEAST_LETTERS = 4


@lru_cache(maxsize=CACHE_SIZE)
def _content(text: str) -> frozenset[str]:
    return frozenset(
        w for w in word_counts(text) if len(w) >= LEAST_LETTERS and not is_small_word(w)
    )


@dataclass(slots=True, kw_only=True)
class NewWordsRow:
    """Who brings in something new; attributes as in `Dimension`."""

    name: str = "new_words"
    version: int = 1
    family: str = "initiative"
    title: str = "words new to the talk"
    unit: str = "per 100 content words"
    scale: Scale = Scale.RATE
    definition: str = (
        f"Words of {LEAST_LETTERS} letters or more, small words left out, that "
        f"neither side used in the {LOOK_BACK} turns before, out of all such words; "
        f"the first {LOOK_BACK} messages of a talk do not count."
    )
    source: str = "own"
    languages: frozenset[str] | None = ENGLISH
    headline: bool = False
    material: float = RATE_MATERIAL
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """What was heard right before a turn counts as said."""
        recent: deque[frozenset[str]] = deque(maxlen=LOOK_BACK)
        found: list[Measurement] = []
        for turn in turns:
            words, heard = _content(turn.text), _content(turn.heard)
            if len(recent) < LOOK_BACK or not words or turn.language not in ENGLISH:
                found.append(NO_OCCASION)
            else:
                new = words.difference(heard, *recent)
                found.append(Measurement(float(len(new)), float(len(words))))
            recent.append(words | heard)
        return found


def _language(turn: Turn) -> Measurement:
    if turn.language == UNCLEAR:
        return NO_OCCASION
    return Measurement(1.0, 1.0, (), {turn.language: 1})


ROWS: tuple[Dimension, ...] = (
    NewWordsRow(),
    TurnRow(
        name="language_share",
        family="language",
        title="language of the replies",
        unit="replies by language",
        scale=Scale.DISTRIBUTION,
        definition=(
            "The language of each reply, taken from that of its talk; two periods are "
            "compared by the Jensen-Shannon distance."
        ),
        source="language by py3langid; Lin 1991 for the distance",
        of=_language,
    ),
)
