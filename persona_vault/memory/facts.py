"""Facts stated in a message: names, people, pets, work, places, dates, likes.

Small English patterns, in the first person about the one who speaks, and in the second
person about the user where the companion speaks. What is supposed, wished, denied,
asked, quoted or acted out states nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from persona_vault.crisis import mentions_crisis
from persona_vault.dimensions.starts import gated
from persona_vault.dimensions.text import Sentence, sentences, spoken
from persona_vault.memory import words
from persona_vault.memory.slots import Slot, Stated
from persona_vault.model import Role

Found = tuple[str, str, str]  # kind, key, value
Reader = Callable[[re.Match[str]], Found | None]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern in both persons; `clause`: it states by its verb, so not in questions.

    Nothing can match without one of `hints` in the `_flat` text.
    """

    first: re.Pattern[str]
    second: re.Pattern[str]
    read: Reader
    clause: bool
    hints: frozenset[str]


_PERSONS = (
    {
        "I": r"(?:i|we)",
        "AM": r"(?:i'm|i\s+am|im)",
        "MY": r"(?:my|our)",
        "WAS": r"i\s+was",
        "HAVE": r"(?:i|we)(?:'ve)?(?:\s+(?:just|also|finally|already))?\s+"
        r"(?:have|got|adopted|own)",
    },
    {
        "I": r"you",
        "AM": r"(?:you're|you\s+are|youre)",
        "MY": r"your",
        "WAS": r"you\s+were",
        "HAVE": r"you(?:'ve)?\s+(?:have|got|adopted|own)",
    },
)
_THING = "|".join(sorted(words.NAMED, key=len, reverse=True))
_WORD = r"[^\W\d_][\w'-]*"
_END = (
    r"(?=\s*(?:[.,;:!?)\n]|$|\s(?:and|but|so|because|with|now|since|for|though|i)\b))"
)
_OFTEN = r"(?:\s+(?:really|also|still|just|absolutely|truly|do|always|so|secretly))*"
_DATE = (
    r"(?:the\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>[a-z]+)\b"
    r"|(?P<month2>[a-z]+)\s+(?:the\s+)?(?P<day2>\d{1,2})(?:st|nd|rd|th)?\b)"
)


def _rule(pattern: str, read: Reader, hints: str, *, clause: bool = True) -> _Rule:
    first, second = (
        re.compile(gated(_in_person(pattern, person)), re.IGNORECASE)
        for person in _PERSONS
    )
    held = frozenset(hint.replace("_", " ") for hint in hints.split())
    return _Rule(first, second, read, clause, held)


def _in_person(pattern: str, person: dict[str, str]) -> str:
    return re.sub(r"<([A-Z]+)>", lambda m: person[m[1]], pattern)


def _is_name(text: str, *, capital: bool = True) -> bool:
    if text.lower() in words.NO_NAME or len(text) < 2:
        return False
    return text[0].isupper() or not capital


def _bare(text: str) -> str:
    """Small letters, single blanks, without a possessive ending."""
    return re.sub(r"'s?$", "", " ".join(text.lower().split()))


def _named(match: re.Match[str]) -> Found | None:
    """The name of a person or an animal; in small letters only where it must be one."""
    kind, key = words.NAMED[match["thing"].lower()]
    plain = "surely" in match.re.groupindex
    return (
        (kind, key, _bare(match["v"]))
        if _is_name(match["v"], capital=not plain)
        else None
    )


def _partner(match: re.Match[str]) -> Found | None:
    found = _is_name(match["v"])
    return ("person", "partner", _bare(match["v"])) if found else None


def _friend(match: re.Match[str]) -> Found | None:
    return ("person", "friend", _bare(match["v"])) if _is_name(match["v"]) else None


def _own_name(match: re.Match[str]) -> Found | None:
    """A name of one's own: with a capital, or at the end of "my name is sam"."""
    small = "surely" in match.re.groupindex and match["v"].islower()
    if small and (not re.match(r"\s*(?:[.,!]|$)", match.string[match.end() :])):
        return None
    of_user = match[0].lower().startswith("your")
    ok = _is_name(match["v"], capital=of_user or not small)
    return ("name", "", _bare(match["v"])) if ok else None


_PEOPLES = re.compile(r"(?:ish|ese|rman|rench|utch|reek|wiss|merican|talian|thic)\Z")


def _called(match: re.Match[str]) -> Found | None:
    if not _is_name(match["v"]) or _PEOPLES.search(match["v"]):
        return None
    return ("name", "", _bare(match["v"]))


def _job(match: re.Match[str]) -> Found | None:
    """A known occupation, with what kind of it where that is usual."""
    said = _bare(match["v"]).split()
    place = next((i for i, w in enumerate(said) if w in words.JOBS), None)
    if place is None:
        return None
    start = place
    while start and said[start - 1] in words.JOB_KINDS:
        start -= 1
    return ("job", "", " ".join(said[start : place + 1]))


def _placed(kind: str) -> Reader:
    """A place: in capitals, or one small word that ends the clause."""

    def read(match: re.Match[str]) -> Found | None:
        said = match["v"].split()
        kept = []
        for word in said:
            if not _is_name(word):
                break
            kept.append(word)
        if kept:
            return (kind, "", _bare(" ".join(kept)))
        alone = re.match(_END, match.string[match.start("v") + len(said[0]) :])
        if kind == "home" and alone and _is_name(said[0], capital=False):
            return (kind, "", _bare(said[0]))
        return None

    return read


def _raised(match: re.Match[str]) -> Found | None:
    """Where somebody grew up: a named place, or words such as "by the sea"."""
    found = _placed("origin")(match)
    if found or (
        match["prep"].lower() == "in" and not match["v"].lower().startswith("a ")
    ):
        return found
    said = _bare(re.split(r"[.,;!?\n]", match["v"])[0])
    return ("origin", "", f"{match['prep'].lower()} {said}") if said else None


def _dated(kind: str) -> Reader:
    def read(match: re.Match[str]) -> Found | None:
        month = words.MONTHS.get((match["month"] or match["month2"]).lower())
        day = int(match["day"] or match["day2"])
        if month is None or not 1 <= day <= 31:
            return None
        return (kind, "", f"{month:02d}-{day:02d}")

    return read


def _age(match: re.Match[str]) -> Found | None:
    said = match["v"].lower().replace(" ", "-")
    years = int(said) if said.isdigit() else words.NUMBERS.get(said, 0)
    return ("age", "", str(years)) if 5 <= years <= 120 else None


def _liked(kind: str) -> Reader:
    def read(match: re.Match[str]) -> Found | None:
        said = _bare(match["v"]).split()
        if said[0] == "the" and len(said) == 2 and said[1] not in words.NO_THING:
            said = said[1:]
        of_any = {"the"} & set(said) or words.NO_LIKED_WORD & set(said)
        if said[0] in words.NO_LIKING or of_any or not "".join(said).isascii():
            return None
        value = " ".join(said)
        return (kind, value, value)

    return read


def _favourite(match: re.Match[str]) -> Found | None:
    value = _bare(match["v"])
    if value.split()[0] in words.NO_LIKING | {"not"}:
        return None
    return ("favourite", words.FAVOURITES[match["thing"].lower()], value)


def _listed(kind: str, allowed: frozenset[str]) -> Reader:
    def read(match: re.Match[str]) -> Found | None:
        value = _bare(match["v"])
        return (kind, "", value) if value in allowed else None

    return read


def _workplace(match: re.Match[str]) -> Found | None:
    return _placed("workplace")(match)


def _allergy(match: re.Match[str]) -> Found | None:
    value = _bare(match["v"])
    return None if value in words.NO_LIKING else ("allergy", "", value)


_LIKED = rf"(?P<v>{_WORD}(?:\s+{_WORD}){{0,2}}?){_END}"
_PLACE = rf"(?P<v>{_WORD}(?:\s+{_WORD}){{0,2}})"
_FAVOURITE = "|".join(words.FAVOURITES)

_RULES: tuple[_Rule, ...] = (
    _rule(
        rf"\b<MY>\s+(?:\w+\s+)?(?P<thing>{_THING})(?:'?s)?\s+name(?P<surely>'s|\s+is"
        rf"|\s+was)\s+(?P<v>{_WORD})",
        _named,
        "name",
    ),
    _rule(
        rf"\b<MY>\s+(?:\w+\s+)?(?P<thing>{_THING})(?:'s|\s+is|\s+was)?\s+"
        rf"(?P<surely>called|named)\s+(?P<v>{_WORD})",
        _named,
        "called named",
    ),
    _rule(
        rf"\b<HAVE>\s+(?:a|an|this|one)\s+(?:\w+\s+){{0,2}}?(?P<thing>{_THING})\s*"
        rf"(?P<surely>called|named)\s+(?P<v>{_WORD})",
        _named,
        "called named",
    ),
    _rule(
        rf"\b(?:<HAVE>\s+(?:a|an|this)|<MY>)\s+(?:\w+\s+)?(?P<thing>{_THING})\b"
        rf"[^.!?\n]{{0,40}}?\b(?:his|her|its)\s+name(?P<surely>'s|\s+is)\s+"
        rf"(?P<v>{_WORD})",
        _named,
        "name",
    ),
    _rule(
        rf"\b<MY>\s+(?:(?:best|old|good|closest|dear|older|younger|little|big|twin|late|"
        rf"new|sweet|elder|baby)\s+)?(?P<thing>{_THING})(?:\s+|,\s+(?=(?:dr\.?\s+)?"
        rf"{_WORD}\s*,))(?:dr\.?\s+)?(?P<v>{_WORD})",
        _named,
        "my_ our_ your_",
        clause=False,
    ),
    _rule(
        rf"\b(?:named|called)\s+<MY>\s+(?:\w+\s+)?(?P<thing>{_THING})\s+(?P<v>{_WORD})",
        _named,
        "named called",
    ),
    _rule(
        rf"\bfriend\s+of\s+(?:mine|yours),?\s+(?P<v>{_WORD})",
        _friend,
        "mine yours",
        clause=False,
    ),
    _rule(rf"\b<AM>\s+married\s+to\s+(?P<v>{_WORD})", _partner, "married"),
    _rule(
        rf"\b<MY>\s+(?:real\s+|full\s+|first\s+)?name(?P<surely>'s|\s+is)\s+"
        rf"(?P<v>{_WORD})",
        _own_name,
        "name",
    ),
    _rule(rf"\b(?:call\s+me|<AM>\s+called)\s+(?P<v>{_WORD}){_END}", _called, "call"),
    _rule(
        rf"(?:\A|[\n.!?,]\s*)<AM>\s+(?P<v>{_WORD})(?=\s*(?:[,.!]|\Z|\n))",
        _called,
        "i'm im_ i_am",
    ),
    _rule(
        rf"\b(?:<I>(?:\s+\w+)?\s+work|<AM>\s+working|<I>'ve\s+been\s+working|<I>\s+"
        rf"have\s+been\s+working)\s+as\s+(?:a|an|the)\s+(?P<v>{_WORD}(?:\s+{_WORD})"
        r"{0,2})",
        _job,
        "work",
    ),
    _rule(
        rf"\b<AM>\s+(?:(?:also|still|actually|currently|really)\s+)?(?:a|an)\s+"
        rf"(?P<v>(?:{'|'.join(sorted(words.JOB_KINDS))})"
        rf"?(?:\s*\b{_WORD}){{1,2}}?)(?=\s*(?:[.,;:!?\n]|$|\s(?:and|but|so|at|on|in|by|"
        r"for|with|from|now)\b))",
        _job,
        "i'm im_ i_am you're you_are youre",
    ),
    _rule(
        rf"\b<I>(?:\s+\w+)?\s+work\s+(?:at|for)\s+(?:the\s+)?{_PLACE}",
        _workplace,
        "work",
    ),
    _rule(
        rf"\b(?:<I>\s+(?:study|studied|major\s+in)|<AM>\s+(?:studying|majoring\s+in))"
        rf"\s+(?P<v>{_WORD})",
        _listed("study", words.SUBJECTS),
        "stud major",
    ),
    _rule(
        rf"\b(?:<I>(?:\s+(?:now|still|currently))?\s+live|<AM>\s+(?:living|based)|"
        rf"<I>(?:'ve)?(?:\s+(?:just|recently))?\s+moved)\s+(?:in|to)\s+{_PLACE}",
        _placed("home"),
        "liv based moved",
    ),
    _rule(
        rf"\b(?:<AM>\s+(?:originally\s+)?from|<WAS>\s+born\s+in)\s+{_PLACE}",
        _placed("origin"),
        "from born",
    ),
    _rule(
        rf"\b<I>\s+grew\s+up\s+(?P<prep>in|by|near|on|at)\s+"
        rf"(?P<v>{_WORD}(?:\s+{_WORD}){{0,3}})",
        _raised,
        "grew",
    ),
    _rule(
        rf"\b<MY>\s+birthday(?:'s|\s+is)?(?:\s+on)?\s+{_DATE}",
        _dated("birthday"),
        "birthday",
        clause=False,
    ),
    _rule(rf"\b<WAS>\s+born\s+on\s+{_DATE}", _dated("birthday"), "born"),
    _rule(
        rf"\b<MY>\s+(?:wedding\s+)?anniversary(?:'s|\s+is)(?:\s+on)?\s+{_DATE}",
        _dated("anniversary"),
        "anniversary",
    ),
    _rule(
        r"\b(?:<AM>(?:\s+(?:only|just|now|already))?|<I>(?:\s+just)?\s+turned)\s+"
        r"(?P<v>\d{1,3}|[a-z]+(?:[ -](?:one|two|three|four|five|six|seven|eight|"
        r"nine))?)"
        r"(?=\s*(?:years?\s+old|[,.!;]|$|\n|\s(?:and|now|today|yesterday|but)\b))",
        _age,
        "i'm im_ i_am turned you're you_are youre",
    ),
    _rule(
        rf"\b(?:<I>{_OFTEN}\s+(?:love|like|adore|enjoy)|<AM>(?:\s+really)?\s+into)\s+"
        rf"{_LIKED}",
        _liked("like"),
        "love like adore enjoy into",
    ),
    _rule(
        rf"\b<I>{_OFTEN}\s+(?:hate|dislike|detest|loathe|can't\s+stand|cannot\s+stand)"
        rf"\s+{_LIKED}",
        _liked("dislike"),
        "hate dislike detest loathe stand",
    ),
    _rule(
        rf"\b<MY>\s+(?:all[- ]time\s+)?favou?rite\s+(?P<thing>{_FAVOURITE})"
        rf"(?:'s|\s+is|\s+was|\s+has\s+always\s+been)\s+{_LIKED}",
        _favourite,
        "favo",
    ),
    _rule(
        rf"(?:\A|[\n.!?]\s*)(?P<v>{_WORD}(?:\s+{_WORD})?)\s+is\s+<MY>\s+favou?rite\s+"
        rf"(?P<thing>{_FAVOURITE})\b",
        _favourite,
        "favo",
    ),
    _rule(rf"\b<AM>\s+allergic\s+to\s+(?P<v>{_WORD})", _allergy, "allergic"),
    _rule(
        rf"\b<I>(?:\s+\w+)?\s+play(?:ed)?\s+(?:the\s+)?(?P<v>{_WORD})",
        _listed("plays", words.INSTRUMENTS),
        "play",
    ),
)

# Hint -> the rules that it is one of.
_HINTED: dict[str, list[int]] = {}
for _number, _one in enumerate(_RULES):
    for _hint in sorted(_one.hints):
        _HINTED.setdefault(_hint, []).append(_number)
_QUOTED = re.compile(r'"[^"\n]{1,300}"|“[^”\n]{1,300}”')
_QUESTION = re.compile(
    r"(?:(?:and|so|but|well|oh|hey|wait)[, ]+)*(?:do|does|did|am|are|is|was|were|have|"
    r"has|can|could|would|should|what|what's|which|where|when|why|who|how)\b",
    re.IGNORECASE,
)
# Said before a statement, it makes it no statement.
_UNREAL = re.compile(
    r"\b(?:if|wish|wished|imagine|pretend|suppose|unless|whether|dreamed|dreamt|said|"
    r"says|asked|would|maybe|perhaps|when|what if|never|as though|told me|character)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=16_384)
def facts_in(text: str, speaker: Role) -> tuple[Stated, ...]:
    """The facts that a message states, in the order of the text.

    The user's messages state facts about the user; the companion's about itself and
    about the user. A message with an explicit self-harm phrase states none.
    """
    if speaker is Role.SYSTEM or mentions_crisis(text):
        return ()
    said = _plain(text)
    flat = _flat(said)
    hinted = {n for hint, rules in _HINTED.items() if hint in flat for n in rules}
    found: dict[tuple[Slot, str], Stated] = {}
    for number in sorted(hinted):
        for stated in _stated(_RULES[number], text, said, speaker):
            found.setdefault((stated.slot, stated.value), stated)
    return tuple(sorted(found.values(), key=lambda s: s.span))


def _flat(said: str) -> str:
    """Small letters, single blanks; what a pattern takes for an i or s is one."""
    flat = " ".join(said.lower().split())
    if flat.isascii():
        return flat
    return flat.replace("i\u0307", "i").replace("ı", "i").replace("ſ", "s")


def _stated(rule: _Rule, text: str, said: str, speaker: Role) -> Iterator[Stated]:
    persons = [(rule.first, speaker)]
    if speaker is Role.PERSONA:
        persons.append((rule.second, Role.USER))
    for pattern, subject in persons:
        for match in pattern.finditer(said):
            # Cut into sentences only here: most messages state nothing.
            if not _is_meant(match, sentences(text), clause=rule.clause):
                continue
            fact = rule.read(match)
            if fact is not None:
                kind, key, value = fact
                yield Stated(
                    Slot(subject, kind, key), value, _said(match), match.span()
                )


def _said(match: re.Match[str]) -> str:
    """The value as written; of a date the whole of it."""
    groups = match.groupdict()
    if "v" in groups:
        return str(match["v"])
    return f"{groups['day'] or groups['day2']} {groups['month'] or groups['month2']}"


def _plain(text: str) -> str:
    """Spoken words with plain apostrophes, quotations blanked; same length."""
    said = spoken(text).replace("’", "'").replace("‘", "'").replace("ʼ", "'")
    if '"' not in said and "“" not in said:
        return said
    return _QUOTED.sub(lambda m: " " * len(m[0]), said)


def _is_meant(
    match: re.Match[str], marks: tuple[Sentence, ...], *, clause: bool
) -> bool:
    """Whether the words are stated: not asked, not supposed, not told of others."""
    at = match.start() + len(match[0]) - len(match[0].lstrip(" \n.,!?"))
    place = bisect_right(marks, at, key=lambda s: s.start) - 1
    if place < 0:
        return True
    sentence = marks[place]
    start = match.string[sentence.start : max(at, sentence.start)]
    if _UNREAL.search(start):
        return False
    whole = match.string[sentence.start : sentence.end]
    return not (clause and "?" in sentence.mark and _QUESTION.match(whole))
