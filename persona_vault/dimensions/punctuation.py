"""Exclamation marks, ellipses and dashes, sentence by sentence."""

import re

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import TurnRow
from persona_vault.dimensions.text import Sentence, sentences, spoken
from persona_vault.turns import Turn

# Not the dash of a list at the start of a line, a range (9–5), a hyphen, an arrow
# or a ruled line.
_TRAILING_OR_DASH = re.compile(
    r"\.{2,}|…"
    r"|(?<=[^\s\d—―]) ?[—―](?![—―])"
    r"|(?<=[^\s—-]) ?--(?![->—])"
    r"|(?<=\S)[ ]+[–-][ ]+(?=[^\s\d])"
)
# One of these stands in every match.
_MARKS = re.compile(r"\.\.|[…—―–]|-[ -]")


def _exclamation(turn: Turn) -> Measurement:
    found = sentences(turn.text)
    return _per_sentence(found, [s for s in found if "!" in s.mark or "！" in s.mark])


def _ellipsis_dash(turn: Turn) -> Measurement:
    found = sentences(turn.text)
    said = spoken(turn.text)
    if not _MARKS.search(said):
        return _per_sentence(found, [])
    return _per_sentence(
        found, [s for s in found if _TRAILING_OR_DASH.search(said[s.start : s.end])]
    )


def _per_sentence(found: tuple[Sentence, ...], showing: list[Sentence]) -> Measurement:
    if not found:
        return NO_OCCASION
    spans = tuple((s.start, s.end) for s in showing)
    return Measurement(float(len(showing)), float(len(found)), spans)


ROWS = (
    TurnRow(
        name="exclamation_rate",
        family="punctuation",
        title="sentences with an exclamation mark",
        unit="per 100 sentences",
        definition="Sentences that end with an exclamation mark, out of all sentences.",
        source="own",
        of=_exclamation,
    ),
    TurnRow(
        name="ellipsis_dash_rate",
        family="punctuation",
        title="sentences with dots or a dash",
        unit="per 100 sentences",
        definition=(
            "Sentences with an ellipsis or with a dash between words, out of all "
            "sentences; hyphens, lists and ranges of numbers are left out."
        ),
        source="own",
        of=_ellipsis_dash,
    ),
)
