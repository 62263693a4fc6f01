"""Who asks: replies with a question, and turns that end with one."""

import re

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import TurnRow, share
from persona_vault.dimensions.text import Sentence, folded, sentences
from persona_vault.turns import Turn

# Words that ask for a nod rather than for an answer, alone or after a comma.
_NOD = (
    r"right|huh|hm+|hmm+|mm+|eh|ok|okay|k|yeah|yes|no|ya|you know|y'?know|correct"
    r"|deal|alright|all right|see|got it|remember|don't you think|wouldn't you say"
    r"|verdad|vale|cierto|né|oder|ne|nicht wahr|gell|hein|n'est-ce pas|vero|да|правда"
)
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|should|am|ai)"
)
_PRONOUN = r"(?:i|you|u|he|she|it|we|they|there|that)"
_TAG = re.compile(
    rf"(?:(?:^|[,;—–-]|\.\.+|…)\s*(?:{_NOD})"
    rf"|(?:,|\.\.|[…—–-])\s*{_AUXILIARY}(?:n'?t)? {_PRONOUN}"
    rf"|(?<!why )(?<!how )\b{_AUXILIARY}n'?t {_PRONOUN})[\s?!.]*\Z"
)
_ASKS = re.compile(r"[?？؟]")


def is_question(turn: Turn, sentence: Sentence) -> bool:
    """Whether a sentence asks for an answer, in any language that writes "?"."""
    if not _ASKS.search(sentence.mark):
        return False
    return _TAG.search(folded(turn.text)[sentence.start : sentence.end]) is None


def _question(turn: Turn) -> Measurement:
    if "?" not in turn.text and not _ASKS.search(turn.text):
        return share(())
    return share(
        tuple((s.start, s.end) for s in sentences(turn.text) if is_question(turn, s))
    )


def _closing(turn: Turn) -> Measurement:
    if not turn.last_of_burst:
        return NO_OCCASION
    found = sentences(turn.text)
    if not found:
        return share(())
    last = found[-1]
    return share(((last.start, last.end),) if is_question(turn, last) else ())


ROWS = (
    TurnRow(
        name="question_rate",
        family="initiative",
        title="replies with a question",
        unit="per 100 replies",
        definition=(
            "Replies with a question that asks for an answer, out of all replies; "
            "tags such as “right?” are left out."
        ),
        source="own",
        of=_question,
    ),
    TurnRow(
        name="closing_question",
        family="initiative",
        title="turns that end with a question",
        unit="per 100 turns",
        definition=(
            "Turns whose last sentence is a question, out of all turns; messages sent "
            "in a row are one turn."
        ),
        source="own",
        of=_closing,
    ),
)
