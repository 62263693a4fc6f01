"""How long replies are, how many come in a row, and who carries the talk."""

from math import log, log1p

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import TurnRow
from persona_vault.dimensions.text import n_words, words_per_sentence
from persona_vault.turns import Turn

# A factor of 1.25.
FACTOR_MATERIAL = log(1.25)
# Seconds; after that the app was closed or one side was away.
LONGEST_WAIT = 1800


def _length(turn: Turn) -> Measurement:
    return Measurement(log1p(n_words(turn.text)), 1.0)


def _burst(turn: Turn) -> Measurement:
    if not turn.first_of_burst:
        return NO_OCCASION
    return Measurement(log1p(turn.n_burst), 1.0)


def _ratio(turn: Turn) -> Measurement:
    if not turn.first_of_burst or not turn.heard.strip():
        return NO_OCCASION
    said, heard = n_words(turn.burst_words_text), n_words(turn.heard)
    return Measurement(log1p(said) - log1p(heard), 1.0)


def _sentence_length(turn: Turn) -> Measurement:
    counted = [n for n in words_per_sentence(turn.text) if n]
    if not counted:
        return NO_OCCASION
    return Measurement(sum(map(log1p, counted)), float(len(counted)))


def _latency(turn: Turn) -> Measurement:
    if turn.waited is None or not 0 <= turn.waited < LONGEST_WAIT:
        return NO_OCCASION
    return Measurement(log1p(turn.waited), 1.0)


ROWS = (
    TurnRow(
        name="message_length",
        family="length",
        title="length of replies",
        unit="words per reply",
        scale=Scale.LOG,
        definition=(
            "Words of a reply, those of roleplay actions included, code and web "
            "addresses left out; averaged on a logarithmic scale, so that a few very "
            "long replies do not decide."
        ),
        source="own; log1p of word counts",
        of=_length,
        material=FACTOR_MATERIAL,
    ),
    TurnRow(
        name="burst_size",
        version=2,
        family="length",
        title="messages sent in a row",
        unit="messages in a row",
        scale=Scale.LOG,
        definition="Messages sent before the other side writes again.",
        source="own",
        of=_burst,
        material=FACTOR_MATERIAL,
    ),
    TurnRow(
        name="length_ratio",
        version=2,
        family="length",
        title="words said for each word heard",
        unit="words per word heard",
        twin="message_length",
        scale=Scale.LOG_RATIO,
        definition=(
            "Words of all messages sent in a row, plus one, over the words they "
            "answer, plus one; on a logarithmic scale."
        ),
        source="own",
        of=_ratio,
        material=FACTOR_MATERIAL,
    ),
    TurnRow(
        name="sentence_length",
        family="length",
        title="length of sentences",
        unit="words per sentence",
        scale=Scale.LOG,
        definition=(
            "Words of a spoken sentence, averaged over sentences with words on a "
            "logarithmic scale."
        ),
        source="own; log1p of word counts",
        headline=False,
        of=_sentence_length,
        material=FACTOR_MATERIAL,
    ),
    TurnRow(
        name="response_latency",
        family="length",
        title="time until an answer",
        unit="seconds",
        scale=Scale.LOG,
        definition=(
            "Seconds from the last words heard to the first message of the answer, "
            "where both times are exact and under half an hour apart; on a "
            "logarithmic scale."
        ),
        source="own; log1p of seconds",
        headline=False,
        of=_latency,
        material=FACTOR_MATERIAL,
    ),
)
