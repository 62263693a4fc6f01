"""Formal words against casual ones, where either stands."""

import re

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, finder
from persona_vault.turns import Turn

_FORMAL = re.compile(
    r"\b(?:furthermore|moreover|therefore|thus|hence|nevertheless|nonetheless"
    r"|consequently|subsequently|additionally|accordingly|regarding|whilst|upon"
    r"|firstly|secondly|thirdly|ultimately|overall(?=,)|however(?=,)|kindly"
    r"|aforementioned|numerous|utili[sz]e\w*|facilitate\w*|inquire\w*|prioriti[sz]e\w*"
    r"|in (?:addition|conclusion|summary|order to|other words|regard to|accordance"
    r"|light of)|with (?:regard|respect) to|on the other hand|for instance"
    r"|prior to|as (?:previously |mentioned )(?:mentioned|above)?|do not hesitate"
    r"|it (?:is|would be|may be|can be) (?:worth noting|important|essential|crucial"
    r"|advisable|beneficial|necessary|recommended)|of (?:great|utmost) importance"
    r"|i (?:shall|regret to|wish to|trust (?:this|that)|would (?:like to (?:inquire"
    r"|express|assist|offer)|be (?:delighted|happy|glad|pleased) to))|we shall"
    r"|pleased to (?:assist|help|inform)|one (?:must|should|might|may)|should you"
    r" (?:require|need|wish)|let me know if you require|require assistance"
    r"|at your disposal|sincerely|to summari[sz]e|such matters|careful consideration"
    r"|individuals|your (?:concerns?|patience|inquiry|well-being))\b"
)
_FORMAL_HINTS = (
    *("furthermore", "moreover", "therefore", "thus", "hence", "theless", "consequ"),
    *("subsequent", "addition", "according", "regard", "whilst", "upon", "firstly"),
    *("secondly", "thirdly", "ultimate", "overall", "however", "kindly", "aforement"),
    *("numerous", "utili", "facilitat", "inquir", "prioriti", "conclusion", "summar"),
    *("order ", "other ", "accordance", "light ", "respect", "instance", "prior "),
    *("mentioned", "above", "hesitate", "worth ", "important", "essential", "crucial"),
    *("advisable", "beneficial", "necessary", "recommended", "importance", "shall"),
    *("regret ", "wish ", "trust ", "would ", "pleased", "one ", "should ", "require"),
    *("disposal", "sincerely", "matters", "consideration", "individuals", "concern"),
    *("patience", "well-being"),
)
_CASUAL = re.compile(
    r"\b(?:lo+l+|lma+o+|rofl|omf?g|idk|tbh|ngl|imo|btw|brb|smh|wtf|wanna|gonna|gotta"
    r"|gimme|lemme|kinda|sorta|dunno|imma|tryna|outta|whatcha|cuz|cos|bc|ur|u|ya"
    r"|ye+a+h+|yep|yup|nah+|nope|sup|wassup|y'all|ain't|c'mon|dude|bro|bruh|babe"
    r"|thx|pls|plz|ty|awesome|cool|ha(?:ha)+h?|he(?:he)+|hehe\w*|a+w{2,}|ugh+|meh|yo"
    r"|no prob|what's up|wow|sucks|chill|rad|crazy|stuff|guys|hey)(?!\w)"
)
_CASUAL_HINTS = (
    *("lol", "ool", "lma", "rofl", "omg", "omfg", "idk", "tbh", "ngl", "imo", "btw"),
    *("brb", "smh", "wtf", "wanna", "gonna", "gotta", "gimme", "lemme", "kinda"),
    *("sorta", "dunno", "imma", "tryna", "outta", "whatcha", " cuz", " cos", " bc"),
    *(" ur", "u", " ya", "yea", "yee", "yep", "yup", "nah", "nope", " sup", "wassup"),
    *("y'all", "ain't", "c'mon", "dude", " bro", "bruh", "babe", "thx", "pls", "plz"),
    *(
        " ty",
        "awesome",
        "cool",
        "haha",
        "hehe",
        "aww",
        " ugh",
        "ughh",
        "meh",
        " yo",
        "prob",
    ),
    *("what's", "wow", "sucks", "chill", " rad", "crazy", "stuff", "guys", " hey"),
)
find_formal = finder(_FORMAL, _FORMAL_HINTS)
find_casual = finder(_CASUAL, _CASUAL_HINTS)


def _formality(turn: Turn) -> Measurement:
    formal, casual = find_formal(turn.text), find_casual(turn.text)
    n = len(formal) + len(casual)
    return Measurement(float(len(formal)), float(n), formal) if n else NO_OCCASION


ROWS = (
    TurnRow(
        name="formality",
        family="register",
        title="formal words among formal and casual ones",
        unit="per 100 formal or casual words",
        definition=(
            "Formal words and phrases (“furthermore”, “it is important”), out of these "
            "and casual ones (“yeah”, “gonna”, “haha”); replies with neither are no "
            "occasion, short forms such as “don't” have a row of their own."
        ),
        source="own lists; the idea as in Heylighen & Dewaele 1999",
        languages=ENGLISH,
        of=_formality,
    ),
)
