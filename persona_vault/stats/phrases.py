"""Patterns that appear, vanish or change their rate between two runs of blocks.

A table of counts, blocks by patterns, is all that is known here. Whole blocks are what
chance deals to the two sides; what one block repeats proves nothing by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import gammaln

from persona_vault.stats.blocks import shuffled_sides
from persona_vault.stats.multiplicity import benjamini_hochberg

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_BLOCKS = 4
MOST_FROM_ONE_BLOCK = 1 / 3
# A rate made of fewer uses could not pass any correction; blind to the sides.
LEAST_USES = 10
# Weight of the pooled counts as the prior of the log-odds, against the data's own.
PRIOR_SHARE = 0.1
N_SHUFFLES = 499
PATTERNS_AT_ONCE = 512
# Patterns in about as many blocks share one null distribution.
STRATA = (6, 10, 20, 40)
BIN_WIDTH = 0.01
N_BINS = 4_000
# The yard-stick: so many blocks a window, so many other dates.
LEAST_WINDOW = 8
LEAST_DATES = 9
MOST_DATES = 20
N_RANDOM_PARTS = 100


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often each pattern occurs in each block.

    Attributes:
        counts: Shape (blocks, patterns), blocks in order of time, `before` first.
        n_before: Blocks of the earlier side.
        n_words: Words of each block, shape (blocks,).
    """

    counts: sparse.csr_array
    n_before: int
    n_words: Array

    @property
    def n_after(self) -> int:
        """Blocks of the later side."""
        return int(self.counts.shape[0]) - self.n_before

    def n_blocks_with(self) -> tuple[Array, Array]:
        """Blocks with each pattern, before and after, each of shape (patterns,)."""
        before, after = self.counts[: self.n_before], self.counts[self.n_before :]
        return _columns(before > 0), _columns(after > 0)

    def n_uses(self) -> tuple[Array, Array]:
        """Uses of each pattern, before and after, each of shape (patterns,)."""
        before, after = self.counts[: self.n_before], self.counts[self.n_before :]
        return _columns(before), _columns(after)


def _columns(table: sparse.csr_array) -> Array:
    return np.asarray(table.sum(axis=0), dtype=float).ravel()


def spread_out(found: Occurrences) -> Mask:
    """Patterns in four blocks or more, no block with over a third of their uses.

    Blind to the sides, so that what it leaves out costs no validity.
    """
    if not found.counts.shape[0]:
        return np.zeros(found.counts.shape[1], dtype=bool)
    n_with = sum(found.n_blocks_with())
    largest = found.counts.max(axis=0).toarray().ravel()
    kept: Mask = (n_with >= LEAST_BLOCKS) & (
        largest <= MOST_FROM_ONE_BLOCK * sum(found.n_uses())
    )
    return kept


def all_on_one_side_p(n_with: Array, n_there: int, n_elsewhere: int) -> Array:
    """P that all blocks with a pattern fall on one side: C(there, K) / C(all, K).

    The hypergeometric chance of none elsewhere; 0 where there are not enough blocks.
    """
    with np.errstate(invalid="ignore"):
        log_p = (
            gammaln(n_there + 1)
            - gammaln(n_there - n_with + 1)
            - gammaln(n_there + n_elsewhere + 1)
            + gammaln(n_there + n_elsewhere - n_with + 1)
        )
    return np.where(n_with <= n_there, np.exp(log_p), 0.0)


def discrete_q(p: Array, least_p: Array, level: float) -> Array:
    """Benjamini-Hochberg over the hypotheses that can pass at all (Gilbert 2005).

    Args:
        p: What was seen.
        least_p: The smallest p each could have had, known without the sides.
        level: At which q will be read.

    Returns:
        q; 1 for hypotheses that could not have passed.
    """
    q = np.ones(len(p))
    if not len(p):
        return q
    sizes = np.arange(1, len(p) + 1)
    attainable = np.searchsorted(np.sort(least_p), level / sizes, side="right")
    size = int(sizes[np.argmax(attainable <= sizes)])
    kept = least_p <= level / size
    q[kept] = benjamini_hochberg(p[kept])
    return q


@dataclass(frozen=True, slots=True)
class Appearances:
    """Patterns on one side only; arrays of shape (patterns,), p and q 1 elsewhere."""

    new_p: Array
    new_q: Array
    lost_p: Array
    lost_q: Array


def appearances(found: Occurrences, kept: Mask, level: float) -> Appearances:
    """Which of the kept patterns occur after and never before, or the other way.

    Both questions of all patterns share one correction.
    """
    before, after = found.n_blocks_with()
    n_with = before + after
    sizes = found.n_after, found.n_before
    reachable = [
        np.where(n_with <= there, all_on_one_side_p(n_with, there, elsewhere), 1.0)
        for there, elsewhere in (sizes, sizes[::-1])
    ]
    seen = [
        np.where(kept & (none == 0), least, 1.0)
        for none, least in zip((before, after), reachable, strict=True)
    ]
    q = np.ones(2 * len(n_with))
    both = np.concatenate([kept, kept])
    q[both] = discrete_q(
        np.concatenate(seen)[both], np.concatenate(reachable)[both], level
    )
    new_q, lost_q = np.split(q, 2)
    return Appearances(seen[0], new_q, seen[1], lost_q)


def log_odds_z(uses: Array, total: Array, words: Array, all_words: float) -> Array:
    """The log-odds ratio over its error, later side against earlier, Dirichlet prior.

    Monroe, Colaresi and Quinn 2008, equations 16, 18 and 22; the prior is the pooled
    counts times `PRIOR_SHARE`.

    Args:
        uses: Of the later side, shape (..., patterns).
        total: Of both sides, shape (patterns,).
        words: Of the later side, shape (..., 1).
        all_words: Of both sides.
    """
    prior, prior_words = PRIOR_SHARE * total, PRIOR_SHARE * all_words
    sides = [(uses, words), (total - uses, all_words - words)]
    logs, variance = [], np.zeros(np.shape(uses))
    for n, size in sides:
        mine = n + prior
        # A side has at least as many words as uses, and the prior adds some of both.
        rest = np.maximum(size + prior_words - mine, prior_words - prior)
        logs.append(np.log(mine) - np.log(np.maximum(rest, 1e-9)))
        variance = variance + 1 / mine
    z: Array = (logs[0] - logs[1]) / np.sqrt(variance)
    return z


@dataclass(frozen=True, slots=True)
class RateChanges:
    """Patterns on both sides; arrays of shape (patterns,).

    Attributes:
        z: Log-odds over their spread among shuffled blocks; positive = more after;
            0 where not tested.
        p: Two-sided; 1 where not tested.
        q: Benjamini-Hochberg over the tested ones; 1 elsewhere.
    """

    z: Array
    p: Array
    q: Array


def rate_changes(
    found: Occurrences, kept: Mask, rng: np.random.Generator
) -> RateChanges:
    """Which of the kept patterns are used at another rate.

    The z of the log-odds takes words for independent. Here it is held against shuffles
    of whole blocks: divided by its spread there, then p = how often patterns in about
    as many blocks reach it over all shuffles.
    """
    n = found.counts.shape[1]
    before, after = found.n_blocks_with()
    tested = np.flatnonzero(kept & (sum(found.n_uses()) >= LEAST_USES))
    z, p, q = np.zeros(n), np.ones(n), np.ones(n)
    if not len(tested):
        return RateChanges(z, p, q)
    sides = shuffled_sides(found.n_before, found.n_after, N_SHUFFLES, rng)
    stratum = np.searchsorted(STRATA, (before + after)[tested], side="right")
    table = found.counts.tocsc()[:, tested]
    null = np.zeros((len(STRATA) + 1, N_BINS))
    for start in range(0, len(tested), PATTERNS_AT_ONCE):
        part = slice(start, start + PATTERNS_AT_ONCE)
        z[tested[part]] = _recalibrated(
            table[:, part].toarray(), found, sides, null, stratum[part]
        )
    p[tested] = _pooled_p(np.abs(z[tested]), null, stratum)
    one_sided = (before[tested] == 0) | (after[tested] == 0)
    p[tested[one_sided]] = 1.0
    q[tested] = benjamini_hochberg(p[tested])
    return RateChanges(z, p, q)


def _recalibrated(
    counts: Array,
    found: Occurrences,
    sides: Mask,
    null: Array,
    stratum: NDArray[np.intp],
) -> Array:
    """The z of some patterns; adds those of the shuffles to the strata's counts."""
    words, total = found.n_words, counts.sum(axis=0)
    weights = sides.astype(np.float32)
    uses = (weights @ counts.astype(np.float32)).astype(float)
    drawn = log_odds_z(uses, total, (sides @ words)[:, None], float(words.sum()))
    middle, spread = drawn.mean(axis=0), np.maximum(drawn.std(axis=0), 1e-9)
    bins = np.minimum(np.abs(drawn - middle) / spread / BIN_WIDTH, N_BINS - 1)
    cells = stratum * N_BINS + bins.astype(np.intp)
    null += np.bincount(cells.ravel(), minlength=null.size).reshape(null.shape)
    late = np.arange(len(words)) >= found.n_before
    seen = log_odds_z(counts[late].sum(axis=0), total, words[late].sum(), words.sum())
    recalibrated: Array = (seen - middle) / spread
    return recalibrated


def _pooled_p(z: Array, null: Array, stratum: NDArray[np.intp]) -> Array:
    """Share of the stratum's shuffled z in this bin or further out, none being 0."""
    at_least = null[:, ::-1].cumsum(axis=1)[:, ::-1]
    bins = np.minimum(z / BIN_WIDTH, N_BINS - 1).astype(np.intp)
    p: Array = (1 + at_least[stratum, bins]) / (1 + at_least[stratum, 0])
    return p


@dataclass(frozen=True, slots=True)
class Novelty:
    """How many patterns come and go at the date, and at other dates before it.

    Attributes:
        n_blocks: Blocks in each window.
        n_words_before, n_words_after: Of the two windows at the date.
        n_new, n_lost: In `n_blocks` blocks after against as many before the date.
        usual_new, usual_lost: Lowest and highest usual number for each word of the
            window they stand in.
        n_dates: Other dates looked at.
    """

    n_blocks: int
    n_words_before: float
    n_words_after: float
    n_new: int
    n_lost: int
    usual_new: tuple[float, float]
    usual_lost: tuple[float, float]
    n_dates: int


def novelty(found: Occurrences, kept: Mask, rng: np.random.Generator) -> Novelty | None:
    """Count recurring patterns that come and go, here and inside the earlier side.

    A pattern is new at a date where it is in four or more of the blocks after and in
    none of the blocks before it, both windows of one size. Usual is what lies between
    the extremes at other dates, or in the middle 95 % of pairs of such parts drawn at
    random: dates know about slow drift, but overlap and are few. None with too few
    blocks.
    """
    size = min(found.n_after, found.n_before // 3)
    if size < LEAST_WINDOW:
        return None
    present = (found.counts[:, np.flatnonzero(kept)] > 0).astype(np.int32)
    n_dates = found.n_before - 2 * size + 1
    dates = np.unique(
        np.linspace(size, found.n_before - size, min(n_dates, MOST_DATES)).astype(int)
    )
    if len(dates) < LEAST_DATES:
        return None
    at_dates = np.array(
        [_rates(present, found, np.arange(d - size, d + size)) for d in dates]
    )
    at_random = np.array(
        [
            _rates(present, found, rng.permutation(found.n_before)[: 2 * size])
            for _ in range(N_RANDOM_PARTS)
        ]
    )
    low = np.minimum(at_dates.min(axis=0), np.quantile(at_random, 0.025, axis=0))
    high = np.maximum(at_dates.max(axis=0), np.quantile(at_random, 0.975, axis=0))
    here = np.arange(found.n_before - size, found.n_before + size)
    n_new, n_lost = _turnover(present[here])
    return Novelty(
        size,
        float(found.n_words[here[:size]].sum()),
        float(found.n_words[here[size:]].sum()),
        n_new,
        n_lost,
        (float(low[0]), float(high[0])),
        (float(low[1]), float(high[1])),
        len(dates),
    )


def _rates(
    present: sparse.csr_array, found: Occurrences, blocks: NDArray[np.intp]
) -> tuple[float, float]:
    """New and lost patterns for each word, first half of the blocks against second."""
    n_new, n_lost = _turnover(present[blocks])
    early, late = np.split(found.n_words[blocks], 2)
    return n_new / max(late.sum(), 1.0), n_lost / max(early.sum(), 1.0)


def _turnover(present: sparse.csr_array) -> tuple[int, int]:
    """Patterns that are new and lost in the second half of some blocks."""
    size = present.shape[0] // 2
    before, after = _columns(present[:size]), _columns(present[size:])
    return (
        int(((before == 0) & (after >= LEAST_BLOCKS)).sum()),
        int(((after == 0) & (before >= LEAST_BLOCKS)).sum()),
    )
