"""Saying the same again: replies, phrases, the other's words.

What was said before is known within the period only, and to a fixed depth, so that a
long period does not look more repetitive than a short one; before that depth is
reached there is no occasion.
"""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from persona_vault.dimensions.base import NO_OCCASION, Dimension, Measurement, Scale
from persona_vault.dimensions.row import RATE_MATERIAL, Spans, TurnRow
from persona_vault.dimensions.text import spoken, word_spans, words
from persona_vault.turns import Turn

# Own messages that a message is held against, and the words it needs for that.
LOOK_BACK = 50
LEAST_WORDS = 6
# Word pairs that two messages share, of those of both: one word in ten may differ.
NEAR = 0.75
# A phrase is canned when this message's talk is at least the third in a row of six.
EARLIER_TALKS = 5
PHRASE = 5
ECHO = 4
# Bytes that are compressed at once: short texts compress badly, whatever they say.
SAMPLE = 2_000

Gram = tuple[str, ...]


def _grams(said: tuple[str, ...], n: int) -> Iterator[Gram]:
    return zip(*(said[i:] for i in range(n)), strict=False)


@lru_cache(maxsize=1_024)
def _pairs(text: str) -> frozenset[int]:
    said = words(text)
    if len(said) < LEAST_WORDS:
        return frozenset()
    return frozenset(map(hash, _grams(said, 2)))


def _has_near(
    pairs: frozenset[int], recent: Iterable[frozenset[int]], known: set[int]
) -> bool:
    """Whether one of the messages shares enough pairs, by Dice's measure.

    `known` holds all pairs of these messages, and perhaps others.
    """
    n = len(pairs)
    # Sets too unequal in size cannot be near; most messages say too much that is new.
    low, high = n * NEAR / (2 - NEAR), n * (2 - NEAR) / NEAR
    least = NEAR * (n + low) / 2
    shared = pairs & known
    if len(shared) < least - 1:
        return False
    # Of any so many pairs that were said before a near message shares one.
    probe = frozenset(islice(shared, int(len(shared) - least) + 2))
    for other in recent:
        if probe.isdisjoint(other) or not low <= len(other) <= high:
            continue
        if 2 * len(pairs & other) >= NEAR * (n + len(other)):
            return True
    return False


@dataclass(slots=True, kw_only=True)
class NearDuplicateRow:
    """Replies that repeat an earlier one; attributes as in `Dimension`."""

    name: str = "near_duplicates"
    version: int = 1
    family: str = "repetition"
    title: str = "replies that repeat an earlier one"
    unit: str = "per 100 replies"
    scale: Scale = Scale.RATE
    definition: str = (
        f"Replies of {LEAST_WORDS} words or more that share three quarters of their "
        f"word pairs with one of the {LOOK_BACK} messages this side sent before, in "
        f"any talk of the period, out of such replies; the first {LOOK_BACK} messages "
        "of a period do not count."
    )
    source: str = "own; word pairs compared as in Dice 1945"
    languages: frozenset[str] | None = None
    headline: bool = True
    material: float = RATE_MATERIAL
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """Each turn against the messages before it, those of earlier talks included."""
        if not turns:
            return []
        before = [text for talk in turns[0].earlier for text in talk]
        recent = deque(map(_pairs, before[-LOOK_BACK:]), maxlen=LOOK_BACK)
        known: set[int] = set().union(*recent)
        found: list[Measurement] = []
        for turn in turns:
            pairs = _pairs(turn.text)
            if not pairs or len(recent) < LOOK_BACK:
                found.append(NO_OCCASION)
            else:
                again = _has_near(pairs, recent, known)
                spans = (_whole(turn.text),) if again else ()
                found.append(Measurement(float(again), 1.0, spans))
            recent.append(pairs)
            known |= pairs
        return found


def _whole(text: str) -> tuple[int, int]:
    return len(text) - len(text.lstrip()), len(text.rstrip())


@lru_cache(maxsize=1_024)
def _phrases(text: str) -> tuple[int, ...]:
    return tuple(map(hash, _grams(words(text), PHRASE)))


@lru_cache(maxsize=64)
def _phrases_of(talk: tuple[str, ...]) -> frozenset[int]:
    return frozenset(chain.from_iterable(map(_phrases, talk)))


@lru_cache(maxsize=4)
def _canned_in(talks: tuple[tuple[str, ...], ...]) -> frozenset[int]:
    """Phrases that stand in two of the talks or more."""
    once: set[int] = set()
    again: set[int] = set()
    for talk in talks:
        phrases = _phrases_of(talk)
        again |= once & phrases
        once |= phrases
    return frozenset(again)


def _canned(turn: Turn) -> Measurement:
    said = words(turn.text)
    if len(turn.earlier) < EARLIER_TALKS or len(said) < PHRASE:
        return NO_OCCASION
    known = _canned_in(turn.earlier[-EARLIER_TALKS:])
    places = [i for i, phrase in enumerate(_phrases(turn.text)) if phrase in known]
    return _inside(turn.text, places, PHRASE, len(said))


def _echo(turn: Turn) -> Measurement:
    said = words(turn.text)
    heard = words(turn.heard) if turn.heard else ()
    if len(said) < ECHO or len(heard) < ECHO:
        return NO_OCCASION
    known = set(_grams(heard, ECHO))
    places = [i for i, gram in enumerate(_grams(said, ECHO)) if gram in known]
    return _inside(turn.text, places, ECHO, len(said))


def _inside(text: str, places: list[int], n: int, n_words: int) -> Measurement:
    """Words inside the stretches of n words that begin at the places, of all words."""
    if not places:
        return Measurement(0.0, float(n_words))
    covered: list[list[int]] = []
    for place in places:
        if covered and place <= covered[-1][1]:
            covered[-1][1] = place + n
        else:
            covered.append([place, place + n])
    at = word_spans(text)
    spans: Spans = ()
    # Composing accents may join what stands apart in the text: then no place is sure.
    if len(at) == n_words:
        spans = tuple((at[first][0], at[last - 1][1]) for first, last in covered)
    n_inside = sum(last - first for first, last in covered)
    return Measurement(float(n_inside), float(n_words), spans)


@dataclass(slots=True, kw_only=True)
class CompressionRow:
    """How far a talk's replies can be compressed; attributes as in `Dimension`."""

    name: str = "compression"
    version: int = 1
    family: str = "repetition"
    title: str = "share of the text left after compression"
    unit: str = "compressed size over size"
    scale: Scale = Scale.MEAN
    definition: str = (
        f"Every {SAMPLE:,} bytes of replies in a talk, compressed, over their size: "
        "less where words come again; shorter rests are left out."
    )
    source: str = "zlib"
    languages: frozenset[str] | None = None
    headline: bool = False
    material: float = 0.02
    twin: str = ""

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """The turn that fills a sample counts for it."""
        found: list[Measurement] = []
        held = b""
        for turn in turns:
            held += spoken(turn.text).encode("utf-8", "replace") + b"\n"
            n_full = len(held) // SAMPLE
            total = 0.0
            for i in range(n_full):
                sample = held[i * SAMPLE : (i + 1) * SAMPLE]
                total += len(zlib.compress(sample, 6)) / SAMPLE
            held = held[n_full * SAMPLE :]
            found.append(Measurement(total, float(n_full)) if n_full else NO_OCCASION)
        return found


ROWS: tuple[Dimension, ...] = (
    NearDuplicateRow(),
    TurnRow(
        name="canned_phrases",
        version=2,
        # It looks back over earlier talks, so these are not exchangeable as the test of
        # a headline row needs them: DESIGN.md, section 22.
        headline=False,
        family="repetition",
        title="words inside phrases that come back",
        unit="per 100 words",
        definition=(
            f"Words inside a run of {PHRASE} that stands in two or more of the "
            f"{EARLIER_TALKS} talks before, out of all spoken words; the first "
            f"{EARLIER_TALKS} talks of a period do not count."
        ),
        source="own",
        material=0.02,
        of=_canned,
    ),
    TurnRow(
        name="echo",
        family="repetition",
        title="words repeated from what was heard",
        unit="per 100 words",
        definition=(
            f"Words inside a run of {ECHO} that the other side just used, out of all "
            "spoken words of answers to something."
        ),
        source="own",
        headline=False,
        material=0.02,
        of=_echo,
    ),
    CompressionRow(),
)
