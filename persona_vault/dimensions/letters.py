"""Smileys made of signs, capitals, stretched letters: energy in the spelling."""

import re
from functools import lru_cache

from persona_vault.dimensions.affect import is_tone_word
from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.hints import hinted, register_hints
from persona_vault.dimensions.row import ENGLISH, Spans, TurnRow, finder, share
from persona_vault.dimensions.style import is_small_word
from persona_vault.dimensions.text import (
    CACHE_SIZE,
    folded,
    n_spoken_words,
    sentences,
    spoken,
    visible,
)
from persona_vault.turns import Turn

_MOUTH = r"[)(\]\[DPpoO3/\\|}{]"
_SMILEY = re.compile(
    # Eyes, a nose perhaps, a mouth; a bracket after a colon may also open a list.
    rf"(?<![\w(/])[:;=][-'^]?{_MOUTH}+(?![\w/])|(?<![\w*\"“”]):-?\*(?!\*)"
    r"|(?<=[^\W\d])[:;]['-]?[)(D]+(?!\w)"
    r"|\b[xX]D+\b|(?<!\w)(?:</?3+(?!\d)|\^[_.-]?\^|[-><=]_+[-><=]|[TQ;]_+[TQ;]\b"
    r"|[oO]_+[oO]\b|¯\\?_)|\b(?:[uU][wW][uU]|[oO][wW][oO])\b"
    # Kaomoji: brackets round signs that no sentence holds.
    r"|\([^()\n]{0,4}[°□◕‿｡・´`ω∀ಠ╥︵˘•᷄][^()\n]{0,12}\)"
)
_HELD = re.compile(
    r"[TQ;]_|[:;=^_][-'^_.()\]\[DPpoO*3/\\|}{]|[xX]D|<|[uU][wW]|[oO][wW][oO]|\(\W"
)
# And one of these in each of them: most texts hold none, seen ten times faster.
_SIGN = re.compile(r"[;:=^_<(]")
_SPELLED = ("xd", "uw", "owo")
_LIST = re.compile(r"\w: \(|\(\w\)")

# Short forms that are always in capitals, or that people write so without raising
# the voice.
_INITIALS = frozenset(
    """
    AI AIs TV TVs USA US UK EU UN NASA BBC CNN PDF CV DVD CD PC GPS ATM FBI CIA NATO
    DNA HIV ADHD OCD PTSD BPD ASAP DIY FAQ ID IDs IQ EQ NYC LA DC RPG NPC MMO VR AR
    API CPU GPU USB URL HTML CSS JSON SQL XML HTTP LLM GPT RAM SMS MRI ICU ER CEO HR
    PhD MA BA BSC MSC LOL OMG LMAO ROFL BRB BTW IDK TBH IMO WTF FYI AKA OK PM AM RIP
    PS XD II III IV VI VII VIII IX XI XII HD OCs OC DM DMs GF BF BFF ETA RSVP VIP IRL
    """.split()
)
# What people raise their voice on, besides small words and words with a tone.
_RAISED = frozenset(
    """
    yes no hey wait what stop god guess birthday never go come look listen do did know
    say said tell see think mean want need day time way thing goodness omg please out
    stay run today tonight everything literally seriously exactly finally
    """.split()
)
_ONE = re.compile(r"[A-Z][A-Z'’]*")
_CAPITALS = re.compile(
    r"(?<![\w'’])(?:[A-Z]{2,}(?:['’][A-Z]+)?|[A-Z]['’][A-Z]+)"
    r"(?: (?:[A-Z]{2,}(?:['’][A-Z]+)?|[A-Z]['’][A-Z]+))*(?![\w'’])"
)
_THRICE = re.compile(r"(.)\1{2,}")

_STRETCHED = re.compile(r"(?<!\w)[^\W\d_]*?([^\W\d_])\1\1[^\W\d_]*(?!\w)")
_NOT_STRETCHED = re.compile(r"(?:www|iii|viii|xxx|[ivx]+)\Z")

_VERY = re.compile(
    r"\b(?:very|really|extremely|absolutely|incredibly|totally|completely|utterly"
    r"|deeply|insanely|truly|terribly|awfully|literally|seriously|hugely|unbelievably"
    r"|ridiculously|super(?! ?market)|such an?"
    r"|too (?:kind|sweet|cute|good|funny|much|many))\b"
)
_VERY_HINTS = (
    *(
        " very",
        " really",
        "extremely",
        "absolutely",
        "incredibly",
        "totally",
        "complet",
    ),
    *("utterly", "deeply", "insanely", "truly", "terribly", "awfully", "literally"),
    *("super", " such", "seriously", "hugely", "unbeliev", "ridicul", " too"),
)
# "I'm so happy" and "so cold" alone, not "so I left", "so that", "so what". A pattern
# that begins with letters is found much faster; what stands before is looked at after.
_SO = re.compile(
    r"so+ (?:(?P<much>much|many|very)\b|(?!that\b|far\b|long as\b|i\b|you\b|we\b"
    r"|he\b|she\b|it\b|they\b|there\b|the\b|to\b|on\b|what\b|if\b|when\b)\w+"
    r"(?P<end> ?(?:[.!]|$))?)",
    re.MULTILINE,
)
_find_very = finder(_VERY, _VERY_HINTS)
_SO_BIT = register_hints((" so", "soo"))


def find_intensifiers(text: str) -> Spans:
    """Where a text has words such as “very” and “so” that make others stronger."""
    found = _find_very(text)
    if not hinted(text) & _SO_BIT:
        return found
    said = folded(text)
    so = tuple(m.span() for m in _SO.finditer(said) if _strengthens(said, m))
    return tuple(sorted((*found, *so)))


def _strengthens(said: str, match: re.Match[str]) -> bool:
    before = said[max(0, match.start() - 2) : match.start()]
    if before[-1:].isalnum():
        return False
    if match["much"]:
        return True
    if before[-1:] == " " and (before[0].isalnum() or before[0] == "'"):
        return True
    return match["end"] is not None and not before.strip(" \n")


def smileys(text: str) -> Spans:
    """Where a text has faces made of signs, in words and actions."""
    shown = visible(text)
    if not _SIGN.search(shown):
        lower = shown.lower()
        if not any(face in lower for face in _SPELLED):
            return ()
    if not _HELD.search(shown):
        return ()
    listed = {m.end() for m in _LIST.finditer(shown)}
    return tuple(m.span() for m in _SMILEY.finditer(shown) if m.end() not in listed)


@lru_cache(maxsize=CACHE_SIZE)
def capitals(text: str) -> Spans:
    """Where a text has words in capitals that are no short forms.

    Of capitals in a row ("NFL", "HAPPY BIRTHDAY") one must be a word known to the
    lists of this package; nobody can list every short form.
    """
    said = spoken(text)
    if said.islower():
        return ()
    found: list[tuple[int, int]] = []
    for run in _CAPITALS.finditer(said):
        words = [m.span() for m in _ONE.finditer(said, *run.span())]
        if any(_is_word(said[a:b]) for a, b in words):
            found += words
    return tuple(found)


def _is_word(capitals: str) -> bool:
    plain = _THRICE.sub(r"\1", capitals.lower().replace("’", "'"))
    return capitals not in _INITIALS and (
        plain in _RAISED or is_small_word(plain) or is_tone_word(plain)
    )


@lru_cache(maxsize=CACHE_SIZE)
def stretched(text: str) -> Spans:
    """Where a text has words with a letter three times in a row."""
    if not _THRICE.search(folded(text)):  # most texts, seen nine times faster
        return ()
    said = spoken(text)
    return tuple(
        m.span()
        for m in _STRETCHED.finditer(folded(text))
        if not _NOT_STRETCHED.match(m[0])
        # "IEEE" is a name, "NOOO" is not.
        and (
            not said[m.start() : m.end()].isupper() or _is_word(said[slice(*m.span())])
        )
    )


def _smileys(turn: Turn) -> Measurement:
    return share(smileys(turn.text))


def _per_word(turn: Turn, spans: Spans) -> Measurement:
    n = n_spoken_words(turn.text)
    if not n:
        return NO_OCCASION
    return Measurement(float(min(len(spans), n)), float(n), spans)


def _arousal(turn: Turn) -> Measurement:
    found = sentences(turn.text)
    if not found:
        return NO_OCCASION
    marks = (
        *capitals(turn.text),
        *stretched(turn.text),
        *find_intensifiers(turn.text),
    )
    lively = [
        (s.start, s.end)
        for s in found
        if "!" in s.mark
        or "！" in s.mark
        or any(s.start <= a < s.end for a, _ in marks)
    ]
    return Measurement(float(len(lively)), float(len(found)), tuple(lively))


ROWS = (
    TurnRow(
        name="smileys",
        family="emoji",
        title="replies with a face made of signs",
        unit="per 100 replies",
        definition="Replies with a smiley such as “:)” or “(◕‿◕)”, out of all replies.",
        source="own list",
        headline=False,
        of=_smileys,
    ),
    TurnRow(
        name="all_caps",
        family="punctuation",
        title="words in capitals",
        unit="per 100 words",
        definition=(
            "Words all in capitals that are no short form (“TV”, “OK”), out of all "
            "spoken words."
        ),
        source="own",
        languages=ENGLISH,
        headline=False,
        material=0.01,
        of=lambda turn: _per_word(turn, capitals(turn.text)),
    ),
    TurnRow(
        name="stretched_letters",
        family="punctuation",
        title="words with stretched letters",
        unit="per 100 words",
        definition=(
            "Words with one letter three times in a row or more (“sooo”), out of all "
            "spoken words."
        ),
        source="own; lengthening as in Brody & Diakopoulos 2011",
        headline=False,
        material=0.01,
        of=lambda turn: _per_word(turn, stretched(turn.text)),
    ),
    TurnRow(
        name="arousal",
        family="affect",
        title="lively sentences",
        unit="per 100 sentences",
        definition=(
            "Sentences with an exclamation mark, a word in capitals, stretched letters "
            "or an intensifier (“very”, “so much”), out of all sentences."
        ),
        source="own",
        languages=ENGLISH,
        headline=False,
        of=_arousal,
    ),
)
