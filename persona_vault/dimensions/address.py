"""How the other side is addressed: pet names and its own name."""

import re
import unicodedata
from functools import lru_cache

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, matches, share
from persona_vault.dimensions.text import sentences, spoken
from persona_vault.turns import Turn

# Pet names in use between partners and close friends. Friendly address that is used
# with anyone ("mate", "buddy", "friend") is left out on purpose.
_NAMES = (
    r"baby ?girl|baby ?boy|baby|babe|babes|bae|boo|honey ?bun|honey|hun|hon"
    r"|sweet ?hearts?|sweet ?pea|sweet ?prince(?:ss)?|sweet (?:one|girl|boy)|sweetie"
    r"|sweetness|darling|dearest|dear|love|lovely|luv|lover|angel|beautiful|gorgeous"
    r"|handsome|cutie(?: ?pie)?|pumpkin|sugar|sunshine|princess|prince|queen|king"
    r"|kitten|bunny|treasure|precious|doll|cupcake|muffin|buttercup|starlight"
    r"|moonlight|little one|dear one|dear heart"
)
# After "my" these are address as well, though not on their own.
_MY = (
    rf"(?:sweet |dear |dearest |darling |precious |beautiful )?(?:{_NAMES}|sweet|heart)"
)
_EDGE = r"(?=\s*(?:[.!?…~;:)\"—–-]|\Z|\n|[^\w\s,'*_/&]))"
# A comma closes an address too, unless it is one in a list of things.
_EDGE_OR_COMMA = (
    rf"(?:{_EDGE}|(?=\s*,(?! ?(?:and|or|&|\w+,| ?\w+(?: \w+)? (?:and|or)) ?)))"
)
_GREETING = (
    r"hi|hey|hello|heya|hiya|hey there|hi there|hello there|morning|good ?morning"
    r"|night|good ?night|good evening|good afternoon|yes|yeah|no|nope|oh|ah|aww*"
    r"|sorry|thanks|thank you|ok|okay|alright|please|sleep (?:well|tight)"
    r"|sweet dreams|welcome(?: back| home)?|happy birthday|of course|come here"
    r"|well done|you okay|you ok|bye|see you|love you|miss you|i know|sure|hush"
)
# Words after which a pet name may close a sentence without a comma; after "the", "a",
# "of" or "about" it is a thing.
_BEFORE_CLOSE = (
    r"you|u|me|us|too|here|back|now|well|tonight|today|day|morning|night|up|right"
    r"|sorry|soon|again|know|much|okay|ok|there|home|later|tomorrow"
)
_CLOSE = (
    r"baby ?girl|baby ?boy|baby|babe|babes|bae|boo|honey|hun|hon|sweetheart|sweetie"
    r"|darling|cutie|gorgeous|love|dear|sweet ?pea"
)
_PET_NAME = re.compile(
    rf"(?:(?<=, )|(?<=… )|(?<=\.\. )|(?<=^))(?P<edge>{_NAMES})\b(?<!oh dear){_EDGE}"
    rf"|(?<=, )(?P<comma>{_NAMES})\b{_EDGE_OR_COMMA}"
    rf"|(?:^|(?<=[.!?…~] ))(?P<open>{_NAMES})\b(?=,(?! ?\w+(?:,| and\b| or\b)))"
    rf"|\b(?<!of )(?:{_GREETING}),? (?P<greeted>{_NAMES})\b(?<!oh dear)(?<!ah dear)"
    rf"{_EDGE_OR_COMMA}"
    rf"|(?<!all )(?<!with )(?<!lost )\bmy (?P<my>{_MY})\b{_EDGE_OR_COMMA}"
    rf"|\b(?:{_BEFORE_CLOSE}) (?P<close>{_CLOSE})\b(?<!do you love)(?<!me dear){_EDGE}"
    r"|\bi (?:love|miss) you (?P<loved>babe|baby|honey|darling|sweetheart)\b",
    re.MULTILINE,
)

_HINTS = (
    *(
        "bab",
        "bae",
        " boo",
        " hon",
        "honey",
        "hun",
        "sweet",
        "darling",
        "dear",
        "love",
        "luv",
    ),
    *("angel", "beautiful", "gorgeous", "handsome", "cutie", "pumpkin", "sugar"),
    *(
        "sunshine",
        "prince",
        "queen",
        " king",
        "kitten",
        "bunny",
        "treasure",
        "precious",
    ),
    *("doll", "cupcake", "muffin", "buttercup", "starlight", "moonlight", "little one"),
    "my heart",
)

# Names that are everyday words in small letters: they count only with a capital, and
# at the start of a sentence only when something sets them off.
_EVERYDAY = frozenset(
    {
        *("will", "mark", "may", "hope", "grace", "rose", "joy", "sky", "art", "bill"),
        *("jack", "faith", "dawn", "june", "april", "august", "max", "rich", "drew"),
        *("pat", "rob", "sue", "chase", "hunter", "ray", "frank", "guy", "iris", "ivy"),
        *("jade", "lily", "melody", "olive", "rusty", "summer", "violet", "angel"),
        *("dean", "don", "gene", "grant", "jean", "lance", "nick", "page", "rain"),
        *("robin", "sage", "star", "storm", "sunny", "ward", "wren", "love", "honey"),
    }
)


@lru_cache(maxsize=256)
def _name_pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    wanted: list[str] = []
    for name in sorted({n.strip() for n in names if n.strip()}, key=len, reverse=True):
        flag = "" if name.lower() in _EVERYDAY else "i"
        for form in sorted({unicodedata.normalize(f, name) for f in ("NFC", "NFD")}):
            wanted.append(f"(?{flag}:{re.escape(form)})" if flag else re.escape(form))
    if not wanted:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)")


def _addressee_name(turn: Turn) -> Measurement:
    pattern = _name_pattern(turn.addressee_names)
    if pattern is None:
        return NO_OCCASION
    said = spoken(turn.text)
    found = tuple(
        m.span()
        for m in pattern.finditer(said)
        if m[0].lower() not in _EVERYDAY or _is_set_off(turn.text, said, m)
    )
    return share(found)


def _is_set_off(text: str, said: str, match: re.Match[str]) -> bool:
    """Whether "Will" opens no sentence, or opens it as an address ("Will, ...")."""
    opens = any(s.start == match.start() for s in sentences(text))
    return not opens or said[match.end() : match.end() + 1] in tuple(",!.…?")


ROWS = (
    TurnRow(
        name="pet_names",
        family="address",
        title="replies with a pet name",
        unit="per 100 replies",
        definition=(
            "Replies that address the other side by a pet name (“honey”, “my love”), "
            "out of all replies; the same words used for things are left out by where "
            "they stand in the sentence."
        ),
        source="own list and rules",
        languages=ENGLISH,
        of=matches(_PET_NAME, _HINTS),
    ),
    TurnRow(
        name="addressee_name",
        family="address",
        title="replies that use the other's name",
        unit="per 100 replies",
        definition=(
            "Replies that hold the name or a nickname of the other side as a word, "
            "out of all replies; not measured where no name is set."
        ),
        source="own",
        of=_addressee_name,
    ),
)
