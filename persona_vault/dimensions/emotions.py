"""Words for emotions, by kind."""

import re
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, Spans, TurnRow, finder
from persona_vault.dimensions.text import n_spoken_words
from persona_vault.turns import Turn

_LISTS = MappingProxyType(
    {
        "joy": (
            r"(?:over)?joy(?:ed|ful|fully|ous)?|happ(?:y|ier|iest|ily|iness)"
            r"|delight(?:ed|ful|s)?|glad(?:ness|ly)?|cheerful(?:ly)?|cheery|thrilled"
            r"|excited|excitement|ecstatic|elated|blis+(?:s|ful)?|pleased|jolly|merry"
            r"|content(?= (?:with|and)\b)|contentment|grateful|gratitude|euphori[ac]"
        ),
        "sadness": (
            r"sad(?! excuse)(?:der|dest|ness|ly|dened)?|unhapp(?:y|iness)|lonely"
            r"|loneliness|sorrow(?:ful)?|heart(?:broken|ache|break)|miserable|misery"
            r"|gloom(?:y)?|depress(?:ed|ing|ion)|grie(?:f|ve|ving|ved)|dejected"
            r"|disappoint(?:ed|ment|ing)|hopeless(?:ness)?|melanchol(?:y|ic)|despair"
            r"|devastated|cr(?:y|ied|ying)|weep(?:ing)?|wept|in tears|mourn(?:ing|ed)?"
            r"|feel(?:ing)? down"
        ),
        "anger": (
            r"ang(?:er|ry|rily|rier)|furious(?:ly)?|fury|mad at|annoy(?:ed|ing|ance)"
            r"|irritat(?:ed|ing|ion)|(?:en)?rage[d]?|hate[sd]?|hatred|hating"
            r"|frustrat(?:ed|ing|ion)|outrage[d]?|cross with|pissed(?: off)?"
            r"|resent(?:ed|ful|ment|s)?|infuriat\w+|livid|bitter(?= and (?:resent"
            r"|angr))"
            r"|bitterness|hostile|jealous(?:y)? rage"
        ),
        "fear": (
            r"scar(?:ed|y|ing)|afraid|terrif(?:ied|ying)|terror|fright(?:en\w*)?"
            r"|anxi(?:ous|ety)|nervous(?:ly|ness)?|worr(?:y|ied|ies|ying)"
            r"|panic(?:k\w+)?"
            r"|fear(?:s|ful|ed)?|dread(?:s|ed|ing)?|horrif(?:ied|ying)|alarmed|uneasy"
            r"|nightmares?|unease|fearing"
        ),
        "longing": (
            r"miss(?:ed|ing|es)? (?:you|u|ya|him|her|them|us|our|your|home|me|my)"
            r"|long(?:s|ed)? (?:for|to)(?! \w+ road)|longing|yearn(?:s|ed|ing)?"
            r"|pin(?:ed|ing|es) (?:for|away)|homesick(?:ness)?|crav(?:e|es|ed|ing)"
            r"|nostalgi(?:a|c)|ache[sd]? for|aching for|wish you were"
            r"|wish i (?:could|were|was)|want you here"
        ),
    }
)
# "Don't worry" and "no fear" name no emotion of anybody.
_PATTERNS = MappingProxyType(
    {
        kind: re.compile(
            rf"\b(?<!don't )(?<!dont )(?<!no )(?<!never )(?:{words})(?![\w])"
        )
        for kind, words in _LISTS.items()
    }
)
_HINTS = MappingProxyType(
    {
        "joy": (
            *("joy", "happ", "delight", "glad", "cheer", "thrill", "excit", "ecstat"),
            *(
                "elated",
                "blis",
                "pleased",
                "jolly",
                "merry",
                "content",
                "grat",
                "eupho",
            ),
        ),
        "sadness": (
            *("sad", "unhapp", "lonel", "sorrow", "heart", "miser", "gloom", "depress"),
            *("grie", "deject", "disapp", "hopeless", "melanch", "despair", "devast"),
            *("cry", "cried", "weep", "wept", "tears", "mourn", "down "),
        ),
        "anger": (
            *(
                "anger",
                "angr",
                "furi",
                "fury",
                "mad ",
                "annoy",
                "irrit",
                "rage",
                "hate",
                "hati",
                "hatr",
                "frustr",
            ),
            *("cross ", "pissed", "resent", "livid", "bitter", "hostile"),
        ),
        "fear": (
            *("scar", "afraid", "terr", "fright", "anxi", "nervous", "worr", "panic"),
            *("fear", "dread", "horrif", "alarmed", "uneas", "nightmare"),
        ),
        "longing": (
            *(
                "miss",
                "long",
                "yearn",
                "pine",
                "pini",
                "homesick",
                "crav",
                "nostalg",
                "ache",
                "aching",
            ),
            *("wish ", "want "),
        ),
    }
)
_FINDERS = {kind: finder(_PATTERNS[kind], _HINTS[kind]) for kind in _LISTS}


@lru_cache(maxsize=64)
def _per_word(kind: str) -> Callable[[Turn], Measurement]:
    find = _FINDERS[kind]

    def of(turn: Turn) -> Measurement:
        n = n_spoken_words(turn.text)
        if not n:
            return NO_OCCASION
        spans = find(turn.text)
        return Measurement(float(min(len(spans), n)), float(n), spans)

    return of


def emotion_words(kind: str, text: str) -> Spans:
    """Where a text has words for one of joy, sadness, anger, fear or longing."""
    return _FINDERS[kind](text)


def _row(kind: str, shown: str) -> TurnRow:
    return TurnRow(
        name=f"words_{kind}",
        family="affect",
        title=f"words of {kind}",
        unit="per 100 words",
        definition=f"Words such as {shown}, out of all spoken words.",
        source="own list",
        languages=ENGLISH,
        headline=False,
        material=0.01,
        of=_per_word(kind),
    )


ROWS = (
    _row("joy", "“happy” and “glad”"),
    _row("sadness", "“sad” and “lonely”"),
    _row("anger", "“angry” and “annoyed”"),
    _row("fear", "“afraid” and “worried”"),
    _row("longing", "“miss you” and “long for”"),
)
