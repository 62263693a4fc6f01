"""Replies that come back word for word or nearly so, found without comparing all pairs.

Two replies are nearly the same where they share three quarters of their word pairs
(Dice 1945). Which ones are compared is settled by signatures of their word pairs
(MinHash, Broder 1997), so that tens of thousands of replies take seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from persona_vault.dimensions.repetition import LEAST_WORDS, NEAR
from persona_vault.dimensions.text import words
from persona_vault.mixture.replies import Reply

CANNED_TALKS = 3
# Replies as alike as `NEAR` share 3 of 5 pairs of both: each band of two meets with
# .36, so that one in a thousand is missed.
N_BANDS = 16
BAND = 2
# First replies of their kind that one reply is held against, in each band.
MOST_COMPARED = 8
NAME = "\x00"

Hashes = NDArray[np.uint64]


def kinds_of(replies: Sequence[Reply], names: Iterable[str]) -> NDArray[np.intp]:
    """A number for each reply, the same for same or nearly same ones; shape (n,).

    Case, white space, marks, actions and names do not count. -1 for replies of under
    six words.
    """
    masked = frozenset(w for name in names for w in words(name))
    first_of: dict[tuple[str, ...], int] = {}
    own = np.full(len(replies), -1, dtype=np.intp)
    for i, reply in enumerate(replies):
        said = tuple(NAME if w in masked else w for w in words(reply.turn.text))
        if len(said) >= LEAST_WORDS:
            own[i] = first_of.setdefault(said, len(first_of))
    leaders = np.append(_leaders(list(first_of)), -1)
    return np.asarray(leaders[own])


def canned(kinds: NDArray[np.intp], replies: Sequence[Reply]) -> frozenset[int]:
    """Kinds that stand in three talks or more, of both periods together."""
    talks: dict[int, set[int]] = defaultdict(set)
    for kind, reply in zip(kinds.tolist(), replies, strict=True):
        if kind >= 0:
            talks[kind].add(reply.talk)
    return frozenset(k for k, where in talks.items() if len(where) >= CANNED_TALKS)


def _leaders(texts: Sequence[tuple[str, ...]]) -> NDArray[np.intp]:
    """For each text the first one that it is nearly the same as, itself or another."""
    if not texts:
        return np.empty(0, dtype=np.intp)
    pairs = _word_pairs(texts)
    bands = _bands(pairs)
    leader = np.arange(len(texts))
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, row in enumerate(bands.tolist()):
        met = {j for b, key in enumerate(row) for j in buckets.get((b, key), ())}
        mine = frozenset(pairs[i].tolist())
        near = next((j for j in sorted(met) if _is_near(mine, pairs[j])), None)
        if near is not None:
            leader[i] = near
            continue
        for b, key in enumerate(row):
            if len(buckets[b, key]) < MOST_COMPARED:
                buckets[b, key].append(i)
    return leader


def _is_near(mine: frozenset[int], other: Hashes) -> bool:
    theirs = frozenset(other.tolist())
    return 2 * len(mine & theirs) >= NEAR * (len(mine) + len(theirs))


def _word_pairs(texts: Sequence[tuple[str, ...]]) -> list[Hashes]:
    """Neighbouring words of each text as numbers, the same in every run."""
    number: dict[str, int] = {}
    found = []
    for text in texts:
        said = np.array(
            [number.setdefault(w, len(number)) for w in text], dtype=np.uint64
        )
        found.append(np.unique((said[:-1] << np.uint64(32)) | said[1:]))
    return found


def _bands(pairs: Sequence[Hashes]) -> NDArray[np.uint64]:
    """Signatures, two least values of mixed pairs to a band; shape (n, bands)."""
    everything = np.concatenate(pairs)
    starts = np.cumsum([0, *map(len, pairs[:-1])])
    rng = np.random.default_rng(0)
    least = []
    for _ in range(N_BANDS * BAND):
        odd, offset = rng.integers(1 << 63, size=2, dtype=np.uint64)
        mixed = (everything + offset) * (odd | np.uint64(1))
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        least.append(np.minimum.reduceat(mixed, starts))
    signature = np.column_stack(least).reshape(len(pairs), N_BANDS, BAND)
    return np.asarray(signature[..., 0] * np.uint64(31) + signature[..., 1])
