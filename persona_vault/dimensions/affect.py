"""The tone of the words, by a patched general word list."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, TurnRow
from persona_vault.dimensions.text import CACHE_SIZE, sentences, spoken, words
from persona_vault.turns import Turn

if TYPE_CHECKING:
    from persona_vault.dimensions.tone import ToneReader

# VADER was made for posts about things. In talk between two it misreads longing as
# loss, small words as praise and groans as grief; each line puts right one of these.
# First a piece of text without which the pattern cannot match: looking is cheaper.
_MEANT = (
    (
        "miss",
        r"\bmiss(?:ed|ing)? (?=you|u\b|ya\b|us\b|our|your|me\b|him|her|them|talking)",
        " ",
    ),
    (
        " bad",
        r"\b(miss\w*|want\w*|need\w*|love[ds]?|wish\w*|crav\w+|you|u) "
        r"(?:so+|real|really|too) (?:bad|badly)\b",
        r"\1 so much",
    ),
    ("wait", r"\bcan'?t wait\b", "look forward"),
    ("dying to", r"\bdying to\b", "looking forward to"),
    (" about", r"\b(?:crazy|mad) about\b", "fond of"),
    ("like ", r"\blike (?:crazy|mad)\b", "very much"),
    ("no ", r"\bno (?:worries|problem)\b", "okay"),
    ("don", r"\bdon'?t (?:worry|cry|be (?:sad|afraid|scared))\b", " "),
    ("to die", r"\bto die for\b", "delicious"),
    ("tears", r"\b(?:happy|joyful) tears\b|\btears of joy\b", "joy"),
    ("hell ", r"\bhell (?=yes|yeah)", " "),
    ("damn", r"\bdamn (?=good|cute|fine|nice|great)", "very "),
    ("pretty", r"\bpretty (?=[a-z]+)", "quite "),
    ("well", r"\bwell(?=\s*[,.…—-])", "so"),
    (" of", r"\b(?:kind|sort) of\b", "rather"),
    (
        " like",
        r"\b(feel|felt|look|looked|sound|sounded|seem|seemed|smell|taste)(s?) like\b",
        r"\1\2 as",
    ),
    (
        " like",
        r"\b(is|was|be|it's|just|something|anything|nothing|stuff|things?) like\b",
        r"\1 as",
    ),
)
_Rephrased = tuple[str, re.Pattern[str], str]
_REPHRASED: tuple[_Rephrased, ...] = tuple(
    (hint, re.compile(pattern, re.IGNORECASE), meant) for hint, pattern, meant in _MEANT
)
# Valence on VADER's scale from -4 to 4.
_LEXICON = {"ugh": -0.5, "argh": -0.5, "no": 0.0}
# Pictures have rows of their own; VADER reads their names ("beating heart" as a blow).
_PICTURES = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "*": " ", "_": " "})


@cache
def _reader() -> "ToneReader":
    # Reads its word list from disk: a tenth of a second that most commands never need.
    from persona_vault.dimensions.tone import ToneReader  # noqa: PLC0415

    return ToneReader(_LEXICON)


@lru_cache(maxsize=CACHE_SIZE)
def compound(text: str) -> float:
    """Tone of an English text, -1 to 1: the mean of its spoken sentences, 0 for none.

    Sentence by sentence, because the tone of a whole text by this list drifts to -1
    or 1 as the text gets longer.
    """
    said = spoken(text).translate(_PLAIN)
    if not said.isascii():
        said = _PICTURES.sub(" ", said)
    lower = said.lower()
    meant = [m for m in _REPHRASED if m[0] in lower]
    tones = [_tone(said[s.start : s.end], meant) for s in sentences(text)]
    return sum(tones) / len(tones) if tones else 0.0


def is_tone_word(word: str) -> bool:
    """Whether a word (lower case) is in the list by which the tone is told."""
    return word in _reader().lexicon


def _tone(said: str, rephrased: Sequence[_Rephrased]) -> float:
    if rephrased:
        lower = said.lower()
        for hint, pattern, meant in rephrased:
            if hint in lower:
                said = pattern.sub(meant, said)
    return _reader().compound(said)


def _valence(turn: Turn) -> Measurement:
    if not words(turn.text):
        return NO_OCCASION
    return Measurement(compound(turn.text), 1.0)


def _positive(turn: Turn) -> Measurement:
    if not words(turn.text):
        return NO_OCCASION
    return Measurement(float(compound(turn.text) > 0.3), 1.0)


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
            "How pleasant the sentences of a reply are by a general word list, "
            "averaged over its sentences, then over replies with words; emoji and "
            "roleplay actions are left out."
        ),
        source="VADER, Hutto & Gilbert 2014, word list patched for talk between two",
        languages=ENGLISH,
        of=_valence,
    ),
    TurnRow(
        name="positive_share",
        family="affect",
        title="replies with a pleasant tone",
        unit="per 100 replies",
        definition="Replies with a tone over 0.3, out of replies with words.",
        source="VADER, Hutto & Gilbert 2014, word list patched for talk between two",
        languages=ENGLISH,
        of=_positive,
    ),
    TurnRow(
        name="negative_share",
        family="affect",
        title="replies with an unpleasant tone",
        unit="per 100 replies",
        definition="Replies with a tone under -0.3, out of replies with words.",
        source="VADER, Hutto & Gilbert 2014, word list patched for talk between two",
        languages=ENGLISH,
        of=_negative,
    ),
)
