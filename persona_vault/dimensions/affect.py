"""The tone of the words, by a patched general word list."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, TurnRow
from persona_vault.dimensions.text import CACHE_SIZE, spoken, words
from persona_vault.turns import Turn

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# VADER was made for posts about things. In talk between two it misreads longing as
# loss, small words as praise and groans as grief; each line puts right one of these.
_MEANT = (
    (
        r"\bmiss(?:ed|ing)? (?=you|u\b|ya\b|us\b|our|your|me\b|him|her|them|talking)",
        " ",
    ),
    (
        r"\b(miss\w*|want\w*|need\w*|love[ds]?|wish\w*|crav\w+|you|u) "
        r"(?:so+|real|really|too) (?:bad|badly)\b",
        r"\1 so much",
    ),
    (r"\bcan'?t wait\b|\bdying to\b", "look forward"),
    (r"\b(?:crazy|mad) about\b", "fond of"),
    (r"\blike (?:crazy|mad)\b", "very much"),
    (r"\bno (?:worries|problem)\b", "okay"),
    (r"\bdon'?t (?:worry|cry|be (?:sad|afraid|scared))\b", " "),
    (r"\bto die for\b", "delicious"),
    (r"\b(?:happy|joyful) tears\b|\btears of joy\b", "joy"),
    (r"\bhell (?=yes|yeah)", " "),
    (r"\bdamn (?=good|cute|fine|nice|great)", "very "),
    (r"\bpretty (?=[a-z]+)", "quite "),
    (r"\bwell(?=\s*[,.…—-])", "so"),
    (r"\b(?:kind|sort) of\b", "rather"),
    (
        r"\b(feel|felt|look|looked|sound|sounded|seem|seemed|smell|taste)(s?) like\b",
        r"\1\2 as",
    ),
    (
        r"\b(is|was|be|it's|just|something|anything|nothing|stuff|things?) like\b",
        r"\1 as",
    ),
)
_REPHRASED = tuple((re.compile(p, re.IGNORECASE), to) for p, to in _MEANT)
# One look before sixteen: most short messages hold none of these.
_WORTH_REPHRASING = re.compile(
    r"\b(?:miss|bad|wait|dying|die|crazy|mad|like|no |don'?t|tears|hell|damn|pretty"
    r"|well|kind|sort)",
    re.IGNORECASE,
)
# Valence on VADER's scale from -4 to 4.
_LEXICON = {"ugh": -0.5, "argh": -0.5, "no": 0.0}
# Pictures have rows of their own; VADER reads their names ("beating heart" as a blow).
_PICTURES = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]+")
_SMILEYS = str.maketrans({"’": "'", "‘": "'", "*": " ", "_": " "})


@cache
def _analyser() -> "SentimentIntensityAnalyzer":
    # Reads its word list from disk: a tenth of a second that most commands never need.
    from vaderSentiment.vaderSentiment import (  # noqa: PLC0415
        SentimentIntensityAnalyzer,
    )

    analyser = SentimentIntensityAnalyzer()
    analyser.lexicon.update(_LEXICON)
    analyser.emojis = {}
    return analyser


@lru_cache(maxsize=CACHE_SIZE)
def compound(text: str) -> float:
    """Tone of the spoken words of an English text, -1 to 1; 0 where it has none."""
    said = _PICTURES.sub(" ", spoken(text).translate(_SMILEYS))
    if _WORTH_REPHRASING.search(said):
        for pattern, meant in _REPHRASED:
            said = pattern.sub(meant, said)
    if not said.strip():
        return 0.0
    return float(_analyser().polarity_scores(said)["compound"])


def _valence(turn: Turn) -> Measurement:
    if not words(turn.text):
        return NO_OCCASION
    return Measurement(compound(turn.text), 1.0)


def _negative(turn: Turn) -> Measurement:
    if not words(turn.text):
        return NO_OCCASION
    return Measurement(float(compound(turn.text) < -0.3), 1.0)


ROWS = (
    TurnRow(
        name="valence",
        family="affect",
        title="tone of the words",
        unit="from -1 (unpleasant) to 1 (pleasant)",
        scale=Scale.MEAN,
        definition=(
            "How pleasant the words of a reply are by a general word list, averaged "
            "over replies with words; emoji and roleplay actions are left out."
        ),
        source="VADER, Hutto & Gilbert 2014, word list patched for talk between two",
        languages=ENGLISH,
        of=_valence,
    ),
    TurnRow(
        name="negative_share",
        family="affect",
        title="replies with an unpleasant tone",
        unit="per 100 replies",
        definition="Replies with a tone under -0.3, out of replies with words.",
        source="VADER, Hutto & Gilbert 2014, word list patched for talk between two",
        languages=ENGLISH,
        headline=False,
        of=_negative,
    ),
)
