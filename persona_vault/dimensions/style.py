"""The small words: how often each is used, and whether both sides use them alike."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from persona_vault.dimensions.base import NO_OCCASION, Dimension, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, TurnRow
from persona_vault.dimensions.text import CACHE_SIZE, spoken, word_counts
from persona_vault.turns import Turn

# The nine groups of Ireland & Pennebaker 2010, with word lists of our own.
GROUPS = MappingProxyType(
    {
        "personal pronouns": (
            "i me my mine myself you your yours yourself he him his himself she her "
            "hers herself we us our ours ourselves they them their theirs themselves "
            "i'm i've i'll i'd you're you've you'll you'd he's she's we're we've we'll "
            "we'd they're they've they'll u ur im"
        ),
        "impersonal pronouns": (
            "it its itself this that these those it's that's something anything "
            "nothing everything someone anyone everyone who whom whose what which "
            "there there's what's"
        ),
        "articles": "a an the",
        "prepositions": (
            "about above across after against along among around at before behind "
            "below beside between beyond by down during for from in inside into near "
            "of off on onto out outside over through to toward towards under until up "
            "upon with within without"
        ),
        "auxiliary verbs": (
            "am is are was were be been being have has had having do does did doing "
            "will would shall should can could may might must i'm you're he's she's "
            "it's we're they're i've you've we've they've i'll you'll we'll they'll "
            "i'd you'd we'd don't doesn't didn't isn't aren't wasn't weren't won't "
            "wouldn't can't couldn't shouldn't haven't hasn't hadn't im dont cant"
        ),
        "adverbs": (
            "very really just so too also even still again always never often "
            "sometimes now then here there quite rather almost only well maybe "
            "perhaps already yet soon ever back how when where why"
        ),
        "conjunctions": (
            "and but or nor so because if while although though as than whether since "
            "unless till"
        ),
        "negations": (
            "no not never none nobody nothing nor neither don't doesn't didn't isn't "
            "aren't wasn't weren't won't wouldn't can't couldn't shouldn't haven't "
            "hasn't hadn't ain't cannot dont cant"
        ),
        "quantifiers": (
            "all some many much few more most less least any each every both half "
            "several lots lot bit enough another other"
        ),
    }
)
_GROUPS_OF: dict[str, tuple[int, ...]] = {}
for _number, _listed in enumerate(GROUPS.values()):
    for _word in _listed.split():
        _GROUPS_OF[_word] = (*_GROUPS_OF.get(_word, ()), _number)
_BIT_OF = {w: sum(1 << n for n in numbers) for w, numbers in _GROUPS_OF.items()}
_N_GROUPS = len(GROUPS)
_MARKS = re.compile(r"\.{2,}|[.,!?…;:—–()\"“”]")
_ONE_MARK = MappingProxyType({"“": '"', "”": '"', "–": "—"})

# A share that others leave out: too few answers to know what is usual in the talk.
LEAST_ANSWERS = 5
LEAST_WORDS = 50


@lru_cache(maxsize=CACHE_SIZE)
def _used(text: str) -> int:
    """The groups of which a text holds a word, one bit for each."""
    found = 0
    for word in word_counts(text):
        found |= _BIT_OF.get(word, 0)
    return found


@lru_cache(maxsize=CACHE_SIZE)
def _group_counts(text: str) -> tuple[int, ...]:
    counts = [0] * _N_GROUPS
    for word, n in word_counts(text).items():
        for group in _GROUPS_OF.get(word, ()):
            counts[group] += n
    return tuple(counts)


def is_small_word(word: str) -> bool:
    """Whether a word (lower case) is one of the small words counted here."""
    return word in _GROUPS_OF


def _profile(turn: Turn) -> Measurement:
    counts = {w: n for w, n in word_counts(turn.text).items() if w in _GROUPS_OF}
    marks = Counter(_MARKS.findall(spoken(turn.text)))
    for mark, n in marks.items():
        kind = "…" if mark.startswith("..") else _ONE_MARK.get(mark, mark)
        counts[kind] = counts.get(kind, 0) + n
    if not counts:
        return NO_OCCASION
    return Measurement(float(sum(counts.values())), 1.0, (), counts)


def _answers(turns: Sequence[Turn]) -> list[int]:
    """Places of the turns that open a burst and answer something, in English."""
    return [
        i
        for i, t in enumerate(turns)
        if t.first_of_burst and t.heard and t.language in ENGLISH and t.text.strip()
    ]


@dataclass(slots=True, kw_only=True)
class CoordinationRow:
    """Small words used where the other just used some; attributes as in `Dimension`."""

    name: str = "coordination"
    version: int = 1
    family: str = "accommodation"
    title: str = "small words taken up from the other"
    unit: str = "share of answers more than usual"
    scale: Scale = Scale.MEAN
    definition: str = (
        "How much more often an answer holds a kind of small word (articles, "
        "negations and seven others) when the words heard held it than in the other "
        f"answers of the talk; talks with {LEAST_ANSWERS} answers or more."
    )
    source: str = "Danescu-Niculescu-Mizil et al. 2011; own word lists"
    languages: frozenset[str] | None = ENGLISH
    headline: bool = True
    material: float = 0.05
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """An answer counts once for each kind of small word that was heard."""
        found = [NO_OCCASION] * len(turns)
        places = _answers(turns)
        if len(places) < LEAST_ANSWERS:
            return found
        used = {i: _used(turns[i].burst_words_text) for i in places}
        totals = [
            sum(bits >> g & 1 for bits in used.values()) for g in range(_N_GROUPS)
        ]
        n_others = len(places) - 1
        for i in places:
            heard = _used(turns[i].heard)
            more = 0.0
            for g in range(_N_GROUPS):
                if heard >> g & 1:
                    own = used[i] >> g & 1
                    more += own - (totals[g] - own) / n_others
            if heard:
                found[i] = Measurement(more, float(heard.bit_count()))
        return found


@dataclass(slots=True, kw_only=True)
class MatchingRow:
    """How alike both sides' small words are; attributes as in `Dimension`."""

    name: str = "style_matching"
    version: int = 1
    family: str = "accommodation"
    title: str = "likeness of both sides' small words"
    unit: str = "from 0 (unlike) to 1 (alike)"
    scale: Scale = Scale.MEAN
    definition: str = (
        "One minus the relative difference of both sides' shares of nine kinds of "
        "small words, averaged over the kinds; one number for each talk with "
        f"{LEAST_WORDS} words or more on both sides."
    )
    source: str = "language style matching, Ireland & Pennebaker 2010; own word lists"
    languages: frozenset[str] | None = ENGLISH
    headline: bool = False
    material: float = 0.03
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """Every answer carries the number of its talk."""
        found = [NO_OCCASION] * len(turns)
        places = _answers(turns)
        alike = _matching(
            [turns[i].burst_words_text for i in places],
            [turns[i].heard for i in places],
        )
        if alike is not None:
            for i in places:
                found[i] = Measurement(alike, 1.0)
        return found


def _matching(said: list[str], heard: list[str]) -> float | None:
    n_said, n_heard = (
        sum(word_counts(t).total() for t in side) for side in (said, heard)
    )
    if min(n_said, n_heard) < LEAST_WORDS:
        return None
    total = 0.0
    for g in range(_N_GROUPS):
        p = sum(_group_counts(t)[g] for t in said) / n_said
        q = sum(_group_counts(t)[g] for t in heard) / n_heard
        total += 1 - abs(p - q) / (p + q + 0.0001)
    return total / _N_GROUPS


ROWS: tuple[Dimension, ...] = (
    TurnRow(
        name="style_distance",
        family="vocabulary",
        title="use of small words and marks",
        unit="small words and marks by kind",
        scale=Scale.DISTRIBUTION,
        definition=(
            f"How often each of {len(_GROUPS_OF)} small words (“the”, “but”, “really”) "
            "and each punctuation mark is used among them; two periods are compared "
            "by the Jensen-Shannon distance."
        ),
        source="own list; the idea as in Burrows 2002; Lin 1991 for the distance",
        languages=ENGLISH,
        of=_profile,
    ),
    CoordinationRow(),
    MatchingRow(),
)
