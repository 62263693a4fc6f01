"""How often replies hold an emoji, and which ones."""

import re
from collections import Counter
from functools import lru_cache

import emoji

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import Spans, TurnRow, share
from persona_vault.dimensions.text import CACHE_SIZE, visible
from persona_vault.turns import Turn

# Looking for emoji is slow; this finds the stretches where it is worth while. A keycap
# is a digit or sign followed by U+20E3.
_MAY_HOLD_EMOJI = re.compile(
    "(?:[0-9#*](?=\ufe0f?\u20e3))?"
    "[\u00a9\u00ae\u200d\u203c-\u3299\ufe0f\U0001f000-\U000e007f]+"
)
# Characters that fonts show as plain text unless U+FE0F asks for a picture: as such
# they are marks, arrows and signs, not emoji. Hearts, stars and faces are not here:
# many apps send those without U+FE0F.
_PLAIN_SIGNS = frozenset("©®™ℹ‼⁉〰〽Ⓜ㊗㊙▪▫◻◼◽◾▶◀⬅⬆⬇➡↔↕↖↗↘↙↩↪⤴⤵✔✖✳✴❇")
_SKIN_OR_PICTURE = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")


@lru_cache(maxsize=CACHE_SIZE)
def emoji_in(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Every emoji of the visible text with its span, skin tone taken off."""
    shown = visible(text)
    if shown.isascii():
        return ()
    return tuple(
        (
            _SKIN_OR_PICTURE.sub("", e["emoji"]),
            (run.start() + e["match_start"], run.start() + e["match_end"]),
        )
        for run in _MAY_HOLD_EMOJI.finditer(shown)
        for e in emoji.emoji_list(run[0])
        if e["emoji"] not in _PLAIN_SIGNS
    )


def _rate(turn: Turn) -> Measurement:
    spans: Spans = tuple(span for _, span in emoji_in(turn.text))
    return share(spans)


def _repertoire(turn: Turn) -> Measurement:
    found = emoji_in(turn.text)
    if not found:
        return NO_OCCASION
    counts = Counter(kind for kind, _ in found)
    return Measurement(float(len(found)), 1.0, tuple(s for _, s in found), counts)


ROWS = (
    TurnRow(
        name="emoji_rate",
        family="emoji",
        title="replies with an emoji",
        unit="per 100 replies",
        definition="Replies with at least one emoji, out of all replies.",
        source="own; Unicode emoji data of the emoji package",
        of=_rate,
    ),
    TurnRow(
        name="emoji_repertoire",
        family="emoji",
        title="choice of emoji",
        unit="emoji by kind",
        scale=Scale.DISTRIBUTION,
        definition=(
            "Which emoji are used, and how often each, skin tones taken together; two "
            "periods are compared by the Jensen-Shannon distance."
        ),
        source="Lin 1991 for the distance; Unicode emoji data of the emoji package",
        of=_repertoire,
    ),
)
