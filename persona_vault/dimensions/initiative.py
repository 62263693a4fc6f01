"""Who asks, and who tells of itself."""

import re

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, matches, share
from persona_vault.dimensions.text import Sentence, folded, sentences
from persona_vault.turns import Turn

# Words that ask for a nod rather than for an answer, alone or after a comma.
_NOD = (
    r"right|huh|hm+|hmm+|mm+|eh|ok|okay|k|yeah|yes|no|ya|you know|y'?know|correct"
    r"|deal|alright|all right|see|got it|remember|don't you think|wouldn't you say"
    r"|verdad|vale|cierto|né|oder|ne|nicht wahr|gell|hein|n'est-ce pas|vero|да|правда"
)
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|have|has|had|can|ca|could|will|wo|would|should"
    r"|am|ai)"
)
_PRONOUN = r"(?:i|you|u|he|she|it|we|they|there|that)"
_TAG = re.compile(
    rf"(?:(?:^|[,;—–-]|\.\.+|…)\s*¿?(?:{_NOD})"
    rf"|(?:,|\.\.|[…—–-])\s*{_AUXILIARY}(?:n'?t)? {_PRONOUN}"
    rf"|(?<!why )(?<!how )\b{_AUXILIARY}n'?t {_PRONOUN})[\s?!.]*\Z"
)
_ASKS = re.compile(r"[?？؟]")

_STATE = (
    r"(?:sad|tired|nervous|scared|lonely|bored|excited|shy|jealous|anxious"
    r"|curious(?! (?:to|how|what|if) )|restless|hungry|sleepy|grumpy|playful"
    r"|overwhelmed|hurt|angry|annoyed|confused"
    r"|happy(?! (?:to|for|you|that you)\b)|afraid(?= of)|worried)"
)
_QUITE = r"(?:(?:so|a little|a bit|very|really|just|also|still|feeling|quite) )*"
_OTHERS = r"(?:you|u|ya|he|she|they|we|it|how you|your)\b"
_DISCLOSURE = re.compile(
    rf"\bi (?:always |never |often |sometimes )?(?:feel|felt) "
    rf"(?!you\b|like {_OTHERS}|that {_OTHERS})(?=\w)"
    rf"|\bi(?:'m| am|m| was) {_QUITE}{_STATE}\b|\bi(?:'m| am|m) feeling\b"
    r"|\bi was (?!just (?:asking|saying))\w+ing\b"
    r"|\bi(?:'ve| have) been (?:thinking|feeling|dreaming|wondering|reading|writing"
    r"|listening|painting|learning|trying)\b|\bi(?:'ve| have) always (?:loved|wanted"
    r"|liked|hated|dreamed|wondered)\b"
    r"|\bi (?:dreamed|dreamt|had (?:a|the) (?:\w+ )?dream|spent|went|wrote|baked|cooked"
    r"|learne?[dt]|grew up|used to|cried|painted|watched|woke up|never told)\b"
    r"|\bmy (?:dream is|favou?rite|heart is (?!yours)|childhood|mood|day was)\b"
    rf"|\bi (?:like|enjoy|prefer|hate|dislike|fear|collect|love|miss) (?!{_OTHERS})"
    r"(?!to hear|how|it when|that\b|being with|our\b)(?=\w)"
    r"|\bi can't stand\b|\bi believe in (?!you)"
    rf"|\bi (?:wish|wonder if) i\b|\bi hope to\b|\bwhen i was (?:little|young|small|a)"
    rf"\b|\bi (?:always |often |sometimes )?get {_QUITE}{_STATE}\b"
    r"|\bsometimes i\b|\bi wonder what it(?:'s| is) like\b"
    r"|\bi remember (?:the (?:first|day|time)|when we|our|my)\b"
    r"|\bi think about (?!you\b)\w+"
)


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
        version=2,
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
    TurnRow(
        name="self_disclosure",
        family="initiative",
        title="replies in which the writer tells of itself",
        unit="per 100 replies",
        definition=(
            "Replies in which the writer tells of its own moods, tastes, dreams or "
            "day (“I dreamed”, “I'm nervous”, “my favourite”), out of all replies."
        ),
        source="own list; the construct as in Jourard 1971",
        languages=ENGLISH,
        of=matches(_DISCLOSURE, ("i ", "i'", "im ", "my ")),
    ),
)
