"""How formal the writing is: short forms, small letters, hedges, apologies."""

import re

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, matches, share
from persona_vault.dimensions.starts import gated
from persona_vault.dimensions.text import folded, spoken
from persona_vault.turns import Turn

# With or without the apostrophe, as people type. Forms that are another word without
# it ("its", "well", "were", "hell", "id", "ill") count only with it.
_SHORT = (
    r"(?:do|does|did|is|are|was|were|have|has|had|ca|could|wo|would|should|must"
    r"|need|might|ai)n't|i'm|y'all"
    r"|(?:i|you|we|they|he|she|it|that|there|who|what|how)'(?:re|ve|ll|d)"
    r"|(?:it|that|there|he|she|what|who|where|here|how|when|why|let|everything"
    r"|everyone|something|someone|nothing|one)'s"
    r"|(?:do|does|did|is|are|was|were|have|has|had|could|would|should|ai|wo)nt"
    r"|cant(?! of)|im|ive|youre|youve|youll|theyre|theyve|theyll|weve|thats|whats"
    r"|theres|hes|shes|itll"
)
# The same places written out, where English allows the short form at all: not at the
# end of a clause ("yes, I am"), and "have" only as part of a tense.
_FULL = (
    r"(?:do|does|did|is|are|was|were|have|has|had|could|would|should|must|will) not"
    r"|cannot|can not"
    r"|(?:i am|(?:you|we|they) are|(?:it|that|there|he|she|what|who|where|here) is"
    r"|let us|(?:i|you|we|they|he|she|it|that) (?:will|would))(?= \w)"
    r"|(?:i|you|we|they) have(?= (?:been|never|always|already|just|\w+ed)\b)"
    r"|(?:he|she|it) has(?= (?:been|never|always|already|just|\w+ed)\b)"
)
_PLACE = re.compile(gated(rf"\b(?:(?P<short>{_SHORT})|{_FULL})\b"))


def _contractions(turn: Turn) -> Measurement:
    places = list(_PLACE.finditer(folded(turn.text)))
    if not places:
        return NO_OCCASION
    spans = tuple(m.span() for m in places if m["short"])
    return Measurement(float(len(spans)), float(len(places)), spans)


def _lowercase_start(turn: Turn) -> Measurement:
    said = spoken(turn.text)
    for i, char in enumerate(said):
        if char.isalpha():
            if not (char.islower() or char.isupper() or char.istitle()):
                return NO_OCCASION
            return share(((i, i + 1),) if char.islower() else ())
    return NO_OCCASION


_SOME_KIND = r"(?<!what )(?<!this )(?<!that )(?<!some )(?<!any )(?<!the )(?<! a )"
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|presumably|apparently|arguably|supposedly"
    r"|somewhat|seemingly|kinda|sorta|idk|generally|mostly|likely"
    rf"|{_SOME_KIND}(?:kind|sort) of(?! (?:you|him|her|them)\b)"
    r"|(?:it|that|this|you|he|she|they|we|there|i) (?:might|may)"
    r"|i (?:would |'d )?(?:guess|suppose|reckon|suspect|assume|imagine|dunno)"
    r"|i believe(?! (?:in|you|him|her|them|that you can)\b)"
    r"|i think(?! (?:of|about)\b)(?! so too)"
    r"|i(?:'d| would) say|i feel like(?= (?:you|he|she|it|they|we|this|that|there)\b)"
    r"|(?:it|that|this|he|she|there) (?:seems|appears)|it appears"
    r"|(?:it|that|this) looks like|tends? to|could be"
    r"|it(?:'s| is) possible|it depends|hard to say|to some extent|in my opinion"
    r"|as far as i (?:know|can tell)|if i (?:remember|recall) (?:correctly|right)"
    r"|not (?:so |entirely |completely |really )?(?:sure|certain)|no expert)\b"
    r"|i feel like\Z"
)
_VERY = (
    r"(?:so|very|really|truly|terribly|deeply|awfully|genuinely|just|also|sincerely)"
)
_APOLOGY = re.compile(
    rf"\b(?:i(?:'m| am|m)|we(?:'re| are)) (?:{_VERY} )*sorr+y+\b"
    r"|(?:^|[.!?…,;]|\b(?:so|very|oh|oops|ah|whoops|aw+))\s*"
    r"(?P<said>\b(?:sorr+y+|sry|soz)\b)(?! (?:sight|excuse))"
    rf"|\bi (?:(?:do|must|want to|have to|{_VERY}) )*apologi[sz]e\b"
    r"|\b(?:my|accept my|owe you an) (?:\w+ )?apolog(?:y|ies)\b|^apologies\b"
    r"|\bforgive me\b|\bmy (?:bad|mistake)(?=[,.!;]|$)|\bpardon me\b"
    r"|\bi beg your pardon\b|\bexcuse me\b",
    re.MULTILINE,
)
_HEDGE_HINTS = (
    *("maybe", "perhaps", "probabl", "possibl", "presumabl", "apparentl", "arguabl"),
    *("supposed", "somewhat", "seem", "kinda", "sorta", "idk", "generall", "mostly"),
    *("likely", "kind of", "sort of", "might", "may", "i ", "i'd", "appears", "looks"),
    *("tend", "could be", "it depends", "hard to", "to some ext", "in my op", "as far"),
    *("not ", "no expert"),
)
_APOLOGY_HINTS = (
    *("sorr", "sry", "soz", "apolog", "forgive me", "my bad", "my mistake", "pardon"),
    "excuse me",
)

ROWS = (
    TurnRow(
        name="contractions",
        family="register",
        title="short forms such as “don't”",
        unit="per 100 places where one could stand",
        definition=(
            "Short forms (“don't”, “I'm”, also without apostrophe), out of the places "
            "where a short or a full form (“do not”, “I am”) stands."
        ),
        source="own list; contractions as a mark of involved style, Biber 1988",
        languages=ENGLISH,
        of=_contractions,
    ),
    TurnRow(
        name="lowercase_starts",
        family="register",
        title="replies that start with a small letter",
        unit="per 100 replies",
        definition=(
            "Replies whose first spoken letter is small, out of replies that start "
            "with a letter of a script that knows small and capital ones."
        ),
        source="own",
        of=_lowercase_start,
    ),
    TurnRow(
        name="hedges",
        family="register",
        title="replies with a hedge such as “maybe”",
        unit="per 100 replies",
        definition=(
            "Replies with a word or phrase that softens a statement (“maybe”, “I "
            "guess”, “it seems”), out of all replies."
        ),
        source="own list, after the idea of hedges in Lakoff 1973 and Hyland 2005",
        languages=ENGLISH,
        of=matches(_HEDGE, _HEDGE_HINTS),
    ),
    TurnRow(
        name="apology",
        family="register",
        title="replies with an apology",
        unit="per 100 replies",
        definition="Replies in which the writer says sorry, out of all replies.",
        source="own list; apology strategy in Danescu-Niculescu-Mizil et al. 2013",
        languages=ENGLISH,
        headline=False,
        of=matches(_APOLOGY, _APOLOGY_HINTS),
    ),
)
