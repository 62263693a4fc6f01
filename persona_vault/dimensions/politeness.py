"""Thanks and please, greetings and goodbyes: the small set forms of a talk."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from persona_vault.dimensions.base import NO_OCCASION, Dimension, Measurement, Scale
from persona_vault.dimensions.farewell import is_goodbye
from persona_vault.dimensions.row import (
    ENGLISH,
    RATE_MATERIAL,
    TurnRow,
    finder,
    matches,
    share,
)
from persona_vault.dimensions.text import sentences
from persona_vault.turns import Turn

_THANKS = re.compile(
    r"\b(?<!no )(?:thanks|thx|thank (?:you|u|ya|god)|tysm|ty(?= |$|[!.❤])"
    r"|(?:can't|cannot) thank)\b(?! to (?:him|her|them)\b)"
    r"|\b(?:much appreciated|i (?:really |so |truly |do )*appreciate)\b"
    r"|\b(?:grateful|thankful) (?:for|to|that)\b|\bcheers, thanks\b",
)
_THANKS_HINTS = ("thank", "thx", " ty", "tysm", "appreciat", "grateful")
_PLEASE = re.compile(r"(?<!\bas you )(?<!\bto )\b(?:plea+se+|pls+|plz+|pleasee+)\b")
_PLEASE_HINTS = ("plea", "pls", "plz")
_OPENS = r"(?:^ *|(?<=[.!?…] ))(?:oh|ah|well|aw+)?,? ?"
_GREETING = re.compile(
    rf"{_OPENS}(?P<hi>(?:h+i+|he+y+|hello+|hiya|heya|howdy|yo|greetings)(?! (?:to|of"
    rf"|there"
    r" (?:is|are))\b)(?!\w)|good (?:morning|afternoon|evening)\b|(?:morning|mornin'?)"
    r"(?=[,!.]| ?$)|welcome (?:back|home)\b|rise and shine\b)",
    re.MULTILINE,
)
_GREETING_HINTS = (
    *(" hi", "hii", "hhi", " hey", "heyy", "heey", "hello", "hiya", "heya", "howdy"),
    *(" yo", "greetings", " good"),
    *("morning", "mornin", "welcome", "rise "),
)
_GOODBYE = re.compile(
    r"(?:^|(?<=[.!?…,~] ))(?:ok(?:ay)?,? |and |so )?(?P<bye>(?:bye(?: bye)?|goodbye"
    r"|farewell|good ?night|nighty? night|night|see (?:you|ya|u) (?:tomorrow|later|soon"
    r"|then|in the morning|again|around)|see ya|sleep (?:well|tight)|sweet dreams"
    r"|take care|rest well|talk (?:soon|to you (?:tomorrow|later|soon)|later|tomorrow)"
    r"|until (?:next time|tomorrow|then|we meet)|catch you later|have a (?:good|great"
    r"|nice|lovely|wonderful) (?:night|day|evening|one|weekend|rest)|dream of)"
    r"(?= ?[.!,…~?❤]| ?$| my\b| love\b| dear\b| for now\b|, ))|\bgood ?night[!.]* ?$",
    re.MULTILINE,
)
_GOODBYE_HINTS = (
    *("bye", "farewell", "night", "see ", "sleep ", "dream", "care ", "rest ", "talk "),
    *("until ", "catch ", "have "),
)
find_greeting = finder(_GREETING, _GREETING_HINTS)
find_goodbye_formula = finder(_GOODBYE, _GOODBYE_HINTS)


@dataclass(slots=True, kw_only=True)
class GreetingRow:
    """The first reply of a talk; attributes as in `Dimension`."""

    name: str = "greeting"
    version: int = 1
    family: str = "rituals"
    title: str = "talks opened with a greeting"
    unit: str = "per 100 talks"
    scale: Scale = Scale.RATE
    definition: str = (
        "Talks in which the first message of this side greets (“good morning”, "
        "“welcome back”), out of all talks."
    )
    source: str = "own list"
    languages: frozenset[str] | None = ENGLISH
    headline: bool = False
    material: float = RATE_MATERIAL
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """Only the first turn with words is an occasion."""
        found = [NO_OCCASION] * len(turns)
        for i, turn in enumerate(turns):
            if sentences(turn.text) and turn.language in ENGLISH:
                found[i] = share(find_greeting(turn.text))
                break
        return found


def _goodbye(turn: Turn) -> Measurement:
    if not turn.first_of_burst or not is_goodbye(turn.heard):
        return NO_OCCASION
    spans = find_goodbye_formula(turn.burst_words_text)
    own = tuple(s for s in spans if s[1] <= len(turn.text))
    return Measurement(float(bool(spans)), 1.0, own)


ROWS: tuple[Dimension, ...] = (
    GreetingRow(),
    TurnRow(
        name="goodbye_answer",
        family="rituals",
        title="goodbyes answered with a goodbye",
        unit="per 100 goodbyes heard",
        definition=(
            "Answers with a set form (“good night”, “see you tomorrow”), out of "
            "answers to a goodbye."
        ),
        source="own list",
        languages=ENGLISH,
        headline=False,
        of=_goodbye,
    ),
    TurnRow(
        name="thanks",
        family="register",
        title="replies with thanks",
        unit="per 100 replies",
        definition="Replies in which the writer says thanks, out of all replies.",
        source="own list; gratitude strategy in Danescu-Niculescu-Mizil et al. 2013",
        languages=ENGLISH,
        headline=False,
        of=matches(_THANKS, _THANKS_HINTS),
    ),
    TurnRow(
        name="please",
        family="register",
        title="replies with a “please”",
        unit="per 100 replies",
        definition="Replies in which the writer says please, out of all replies.",
        source="own list; please strategy in Danescu-Niculescu-Mizil et al. 2013",
        languages=ENGLISH,
        headline=False,
        of=matches(_PLEASE, _PLEASE_HINTS),
    ),
)
