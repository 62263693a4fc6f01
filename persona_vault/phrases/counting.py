"""Phrases counted by talk, in memory that does not grow with the number of phrases.

Messages are kept as runs of small numbers, a phrase as the 64-bit hash of a stretch of
them. A first pass adds up, in one table of fixed size, in how many talks each hash
occurs; only what may be in four or more is counted exactly in the second.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from persona_vault.phrases.words import Kind, Sign
from persona_vault.stats.phrases import LEAST_BLOCKS

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

LONGEST_WORDS = 5
LETTERS = (2, 6)
LONGEST_OPENER = 3
LONGEST_ACTION = 6
LONGEST = LONGEST_ACTION + 2
# One byte for each of 16 million slots. Two phrases in one slot only cost a second
# look, as what is kept is counted again.
SLOT_BITS = 24
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Vocabulary:
    """Signs as small numbers, the same for both sides of a talk."""

    def __init__(self) -> None:
        # No form is of two kinds; edges, which have none, are numbered as their kind.
        self._ids: dict[str, int] = {}
        self._kinds = bytearray((Kind.CUT, Kind.START, Kind.OPEN, Kind.CLOSE))

    def id_of(self, sign: Sign) -> int:
        """The number of a sign, a new one where it was not met before."""
        if not sign.form:
            return int(sign.kind)
        number = self._ids.get(sign.form)
        if number is None:
            number = self._ids[sign.form] = len(self._kinds)
            self._kinds.append(sign.kind)
        return number

    def kinds(self) -> NDArray[np.uint8]:
        """Kind of each number."""
        return np.frombuffer(bytes(self._kinds), dtype=np.uint8)

    def codes(self) -> Hashes:
        """A random-looking number for each sign, the same in every run."""
        x = np.arange(1, len(self._kinds) + 1, dtype=np.uint64) * _STEP
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        return x ^ (x >> np.uint64(31))

    def of(self, names: tuple[str, ...]) -> frozenset[int]:
        """Numbers of the words that names are made of, with their possessives."""
        words = {w for name in names for w in name.lower().split()}
        forms = {w + end for w in words for end in ("", "'s", "'")}
        # Of names in an unspaced script each letter is a sign.
        known = forms | {c for word in words for c in word if not c.isascii()}
        return frozenset(self._ids[form] for form in known if form in self._ids)


@dataclass(slots=True)
class Stream:
    """Messages of one side as one run of signs.

    Attributes:
        ids: Signs.
        messages: Where each message begins in `ids`.
        blocks: Where each block begins in `ids`.
    """

    ids: "array[int]" = field(default_factory=lambda: array("i"))
    messages: "array[int]" = field(default_factory=lambda: array("q"))
    blocks: "array[int]" = field(default_factory=lambda: array("q"))

    def begin_block(self) -> None:
        """What comes now belongs to the next block."""
        self.blocks.append(len(self.ids))

    def add(self, found: list[Sign], vocabulary: Vocabulary) -> None:
        """One message, of the block begun last."""
        self.messages.append(len(self.ids))
        self.ids.extend(map(vocabulary.id_of, found))
        self.ids.append(0)

    def n_messages(self) -> NDArray[np.int64]:
        """Messages of each block."""
        messages = np.array(self.messages, dtype=np.int64)
        edges = np.searchsorted(messages, [*self.blocks, len(self.ids)])
        return np.diff(edges)

    def n_words(self, vocabulary: Vocabulary) -> NDArray[np.float64]:
        """Words (and letters of unspaced scripts) of each block."""
        worded = np.isin(vocabulary.kinds(), (Kind.WORD, Kind.LETTER))
        counts = [float(worded[ids].sum()) for _, ids in self.parts()]
        return np.array(counts, dtype=np.float64)

    def parts(self) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Blocks in order: where each begins, and its signs."""
        ids = np.frombuffer(self.ids, dtype=np.int32) if self.ids else _NONE
        for start, end in pairwise([*self.blocks, len(ids)]):
            yield start, ids[start:end]


_NONE = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Grams:
    """Every phrase of a stretch of signs: its hash, where it begins, its length."""

    hashes: Hashes
    places: Places
    lengths: NDArray[np.uint8]


class Hashing:
    """Turns stretches of signs into hashes; made when the vocabulary is complete."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._codes = vocabulary.codes()
        self._kinds = vocabulary.kinds()

    def grams(self, ids: NDArray[np.int32]) -> Grams:
        """All phrases of a block, in order of length, then of place."""
        kinds, codes = self._kinds[ids], self._codes[ids]
        fits = _Fits(kinds)
        found: list[tuple[Hashes, Places, int]] = []
        running = np.zeros(len(ids), dtype=np.uint64)
        for length in range(1, min(LONGEST, len(ids)) + 1):
            n = len(ids) - length + 1
            running = (running[:n] ^ codes[length - 1 :]) * _STEP
            running ^= running >> np.uint64(29)
            places = np.flatnonzero(fits.of(length)[:n])
            found.append((running[places], places, length))
        if not found:
            return Grams(np.zeros(0, np.uint64), np.zeros(0, np.int64), _NO_LENGTHS)
        return Grams(
            np.concatenate([f[0] for f in found]),
            np.concatenate([f[1] for f in found]),
            np.concatenate([np.full(len(f[1]), f[2], np.uint8) for f in found]),
        )

    def of_rows(self, ids: NDArray[np.int32]) -> Hashes:
        """The hash of each row of signs, whether or not it is a phrase."""
        running = np.zeros(len(ids), dtype=np.uint64)
        for column in self._codes[ids].T:
            running = (running ^ column) * _STEP
            running ^= running >> np.uint64(29)
        return running


_NO_LENGTHS = np.zeros(0, dtype=np.uint8)


class _Fits:
    """At which signs a phrase of some length may begin."""

    def __init__(self, kinds: NDArray[np.uint8]) -> None:
        self._kinds = kinds
        self._words = _run(kinds == Kind.WORD)
        self._letters = _run(kinds == Kind.LETTER)
        after_words = np.append(self._words[1:], 0)
        after_letters = np.append(self._letters[1:], 0)
        inside = np.maximum(after_words, after_letters)
        at_end = np.minimum(np.arange(len(kinds)) + 1 + inside, len(kinds) - 1)
        closed = kinds[at_end] == Kind.CLOSE
        self._action = np.where((kinds == Kind.OPEN) & closed, inside, 0)
        opens = kinds == Kind.START
        self._opener_words = np.where(opens, after_words, 0)
        self._opener_letters = np.where(opens, after_letters, 0)

    def of(self, length: int) -> NDArray[np.bool_]:
        fits = np.zeros(len(self._kinds), dtype=bool)
        if length == 1:
            fits |= self._kinds == Kind.EMOJI
        if length <= LONGEST_WORDS:
            fits |= self._words >= length
        if LETTERS[0] <= length <= LETTERS[1]:
            fits |= self._letters >= length
        if 2 <= length <= LONGEST_OPENER + 1:
            fits |= self._opener_words >= length - 1
        if LETTERS[0] < length <= LONGEST_OPENER + 2:
            fits |= self._opener_letters >= length - 1
        if 3 <= length <= LONGEST:
            fits |= self._action == length - 2
        return fits


def _run(mask: NDArray[np.bool_]) -> Places:
    """How many in a row hold, from each place on."""
    here = np.arange(len(mask))
    stops = np.where(mask, len(mask), here)
    run: Places = np.minimum.accumulate(stops[::-1])[::-1] - here
    return run


@dataclass(frozen=True, slots=True)
class Counted:
    """Phrases in four blocks or more; p of them, in the order of their hashes.

    Attributes:
        hashes: Shape (p,), ascending.
        places, lengths: One occurrence of each, in `Stream.ids`.
        table: Uses, shape (blocks, p).
    """

    hashes: Hashes
    places: Places
    lengths: NDArray[np.uint8]
    table: sparse.csr_array

    def find(self, hashes: Hashes) -> Places:
        """Column of each hash, -1 where it is none of the phrases."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, at, -1)


def count_phrases(stream: Stream, hashing: Hashing) -> Counted:
    """Count the phrases of a stream by block."""
    slots = _slots(stream, hashing)
    parts: list[tuple[Hashes, NDArray[np.int32], int]] = []
    for block, (_, ids) in enumerate(stream.parts()):
        hashes = hashing.grams(ids).hashes
        hashes = hashes[slots[_slot(hashes)] >= LEAST_BLOCKS]
        unique, uses = np.unique(hashes, return_counts=True)
        parts.append((unique, uses.astype(np.int32), block))
    hashes = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.uint64)
    kept, column, n_blocks = np.unique(hashes, return_inverse=True, return_counts=True)
    often = n_blocks >= LEAST_BLOCKS
    renumbered = np.where(often, np.cumsum(often) - 1, -1)[column]
    n_uses = np.concatenate([p[1] for p in parts]) if parts else _NONE
    rows = np.repeat([p[2] for p in parts], [len(p[0]) for p in parts])
    chosen = renumbered >= 0
    table = sparse.csr_array(
        (n_uses[chosen], (rows[chosen].astype(np.int64), renumbered[chosen])),
        shape=(len(stream.blocks), int(often.sum())),
    )
    places, lengths = _examples(stream, hashing, kept[often])
    return Counted(kept[often], places, lengths, table)


def _slot(hashes: Hashes) -> NDArray[np.int64]:
    return (hashes >> np.uint64(64 - SLOT_BITS)).astype(np.int64)


def _slots(stream: Stream, hashing: Hashing) -> NDArray[np.uint8]:
    """For each slot at least the number of blocks of each phrase in it, up to 255."""
    slots = np.zeros(1 << SLOT_BITS, dtype=np.uint8)
    for _, ids in stream.parts():
        # Two phrases of one block in one slot add one, which is enough for both.
        touched = _slot(hashing.grams(ids).hashes)
        slots[touched] = np.minimum(slots[touched], 254) + 1
    return slots


def _examples(
    stream: Stream, hashing: Hashing, hashes: Hashes
) -> tuple[Places, NDArray[np.uint8]]:
    """Where each phrase stands for one, and its length in signs."""
    places = np.zeros(len(hashes), dtype=np.int64)
    lengths = np.zeros(len(hashes), dtype=np.uint8)
    if not len(hashes):
        return places, lengths
    for start, ids in stream.parts():
        grams = hashing.grams(ids)
        at = np.minimum(np.searchsorted(hashes, grams.hashes), len(hashes) - 1)
        hit = hashes[at] == grams.hashes
        places[at[hit]] = grams.places[hit] + start
        lengths[at[hit]] = grams.lengths[hit]
    return places, lengths


def absorbed(counted: Counted, stream: Stream, hashing: Hashing) -> NDArray[np.bool_]:
    """Phrases that are never said but inside one longer phrase, shape (p,).

    Both are used equally often. An opener that is said nowhere else than at the start
    of a sentence is absorbed by the words themselves.
    """
    gone = np.zeros(len(counted.hashes), dtype=bool)
    uses = np.asarray(counted.table.sum(axis=0)).ravel()
    ids = np.frombuffer(stream.ids, dtype=np.int32) if stream.ids else _NONE
    for length in range(2, LONGEST + 1):
        chosen = np.flatnonzero(counted.lengths == length)
        rows = ids[counted.places[chosen][:, None] + np.arange(length)]
        first = rows[:, :1]
        acted = first[:, 0] == Kind.OPEN
        opens = first[:, 0] == Kind.START
        for part, whose, outer_goes in (
            (rows[:, 1:-1], acted, False),
            (rows[:, :-1], ~acted, False),
            (rows[:, 1:], ~acted & ~opens, False),
            (rows[:, 1:], opens, True),
        ):
            outer = chosen[whose]
            inner = counted.find(hashing.of_rows(part[whose]))
            same = (inner >= 0) & (uses[inner] == uses[outer])
            gone[(outer if outer_goes else inner)[same]] = True
    return gone
