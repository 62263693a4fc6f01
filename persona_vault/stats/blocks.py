"""Rows as sums by block, and the difference of two ratios, whole blocks as units.

Shapes: b blocks, r rows. A "ratio" is sum(numerator) / sum(denominator) over blocks;
its variance is the usual linearised one for clusters (the delta method; Cochran,
Sampling Techniques, 3rd ed., section 6.3, for blocks drawn with replacement).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A standard error this small against the value is rounding, not certainty.
TINY = 1e-12
DRAWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BlockSums:
    """Numerators and denominators summed by block.

    Attributes:
        num, den: Shape (b, r). den == 0: no occasion for that row in that block.
    """

    num: Array
    den: Array

    @property
    def n_blocks(self) -> int:
        """Number of blocks, with or without occasion."""
        return int(self.num.shape[0])

    def of(self, rows: Sequence[int]) -> "BlockSums":
        """Some of its rows, by number."""
        return BlockSums(self.num[:, rows], self.den[:, rows])

    def stacked(self) -> Array:
        """What every resampled statistic is made of, shape (b, 6 r).

        Sums of num, den, num^2, num*den, den^2 and of blocks with an occasion.
        """
        n, d = self.num, self.den
        parts = [n, d, n * n, n * d, d * d, (d > 0).astype(float)]
        return np.concatenate(parts, axis=1)


def joined(before: BlockSums, after: BlockSums) -> BlockSums:
    """The blocks of both sides, before first."""
    return BlockSums(
        np.concatenate([before.num, after.num]),
        np.concatenate([before.den, after.den]),
    )


def ratio_and_variance(totals: Array) -> tuple[Array, Array]:
    """Ratio and its variance from totals of `stacked` columns.

    Args:
        totals: Shape (..., 6 r).

    Returns:
        Two arrays of shape (..., r); NaN where there was no occasion, variance NaN
        with fewer than two blocks.
    """
    n, d, nn, nd, dd, g = np.split(totals, 6, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(d > 0, n / d, np.nan)
        squares = np.maximum(nn - 2 * ratio * nd + ratio**2 * dd, 0.0)
        variance = np.where(g > 1, squares * g / (g - 1) / d**2, np.nan)
    return ratio, variance


def studentised_difference(before: Array, after: Array) -> Array:
    """(after - before) / standard error, from totals; shape (..., r).

    NaN where a side has no occasion. Two sides without any variance give 0 when equal
    and +-infinity when not.
    """
    return _t_and_gap(before, after)[0]


def _t_and_gap(before: Array, after: Array) -> tuple[Array, Array]:
    """The studentised and the plain difference."""
    ratio_b, var_b = ratio_and_variance(before)
    ratio_a, var_a = ratio_and_variance(after)
    gap = ratio_a - ratio_b
    scale = np.maximum(np.abs(ratio_a), np.abs(ratio_b)) * TINY
    se = np.sqrt(np.nan_to_num(var_b) + np.nan_to_num(var_a))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > scale, gap / se, np.where(np.abs(gap) <= scale, 0.0, np.nan))
        t = np.where((se <= scale) & (np.abs(gap) > scale), np.sign(gap) * np.inf, t)
    return np.where(np.isnan(gap), np.nan, t), gap


def shuffled_sides(
    n_before: int, n_after: int, n_draws: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which blocks count as `after` in each shuffle, shape (n_draws, blocks).

    One set of shuffles serves all rows, so that rows keep their correlation.
    """
    sides = np.zeros((n_draws, n_before + n_after), dtype=bool)
    sides[:, n_before:] = True
    shuffled: NDArray[np.bool_] = rng.permuted(sides, axis=1)
    return shuffled


@dataclass(frozen=True, slots=True)
class Shuffled:
    """Every row's difference as it is and in each shuffle of whole blocks.

    Attributes:
        t, gap: As it is, studentised and plain, shape (r,); NaN without occasion.
        drawn_t, drawn_gap: In each shuffle, shape (n_draws, r).
    """

    t: Array
    gap: Array
    drawn_t: Array
    drawn_gap: Array

    def of(self, rows: NDArray[np.intp]) -> "Shuffled":
        """Some of its rows, by number."""
        return Shuffled(
            self.t[rows],
            self.gap[rows],
            self.drawn_t[:, rows],
            self.drawn_gap[:, rows],
        )


def shuffled(before: BlockSums, after: BlockSums, sides: NDArray[np.bool_]) -> Shuffled:
    """Both differences of each row in each shuffle; one pass serves every test."""
    columns = joined(before, after).stacked()
    everything = columns.sum(axis=0)
    own = after.stacked().sum(axis=0)
    t, gap = _t_and_gap(before.stacked().sum(axis=0), own)
    drawn_t = np.empty((len(sides), len(t)))
    drawn_gap = np.empty_like(drawn_t)
    for start in range(0, len(sides), DRAWS_AT_ONCE):
        part = slice(start, start + DRAWS_AT_ONCE)
        a = sides[part].astype(float) @ columns
        drawn_t[part], drawn_gap[part] = _t_and_gap(everything - a, a)
    return Shuffled(t, gap, drawn_t, drawn_gap)


def permutation_p(
    before: BlockSums, after: BlockSums, sides: NDArray[np.bool_]
) -> Array:
    """See `row_p`, with shuffles of its own."""
    return row_p(shuffled(before, after, sides))


def row_p(found: Shuffled) -> Array:
    """Two-sided p of each row's difference by shuffling whole blocks, shape (r,).

    p = (1 + shuffles at least as extreme) / (1 + shuffles), of the studentised
    difference (Janssen 1997; Chung and Romano 2013: valid also when the sides differ
    in spread). NaN where a side has no occasion.
    """
    observed, t = np.abs(found.t), np.abs(found.drawn_t)
    # A shuffle that leaves one side without any occasion says nothing against chance:
    # it counts as extreme, the cautious way.
    with np.errstate(invalid="ignore"):
        hit = np.isnan(t) | (t >= observed - 1e-9)
    p = (1 + hit.sum(axis=0)) / (1 + len(t))
    return np.where(np.isnan(observed), np.nan, p)


def together_p(before: BlockSums, after: BlockSums, sides: NDArray[np.bool_]) -> float:
    """See `all_rows_p`, with shuffles of its own."""
    return all_rows_p(shuffled(before, after, sides))


def all_rows_p(found: Shuffled) -> float:
    """One p for all rows at once, by shuffling whole blocks.

    The statistic is the mean over rows of (difference / its own spread over the
    shuffles)^2: the spread is the same for every shuffle, so the test is exact whatever
    the number of blocks and however the rows hang together.
    """
    gaps = found.drawn_gap
    spread = np.nanstd(gaps, axis=0)
    used = spread > 0
    if not used.any():
        return 1.0
    drawn = np.nan_to_num(gaps[:, used] / spread[used]) ** 2
    seen = float((np.nan_to_num(found.gap[used] / spread[used]) ** 2).mean())
    as_extreme = int((drawn.mean(axis=1) >= seen - 1e-9).sum())
    return (1 + as_extreme) / (1 + len(gaps))


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resampled studentised errors of both ratios and of their difference.

    Attributes:
        t_before, t_after, t_gap: Shape (n_draws, r): (resampled - estimate) /
            resampled standard error.
        se_before, se_after, se_gap: Shape (r,).
    """

    t_before: Array
    t_after: Array
    t_gap: Array
    se_before: Array
    se_after: Array
    se_gap: Array


def bootstrap(
    before: BlockSums, after: BlockSums, n_draws: int, rng: np.random.Generator
) -> Bootstrap:
    """Resample blocks with replacement within each side."""
    ratio_b, var_b, rb, vb = _resampled(before, n_draws, rng)
    ratio_a, var_a, ra, va = _resampled(after, n_draws, rng)
    return Bootstrap(
        _error(rb - ratio_b, vb, var_b),
        _error(ra - ratio_a, va, var_a),
        _error((ra - rb) - (ratio_a - ratio_b), va + vb, var_a + var_b),
        np.sqrt(var_b),
        np.sqrt(var_a),
        np.sqrt(var_a + var_b),
    )


def _resampled(
    side: BlockSums, n_draws: int, rng: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    columns = side.stacked()
    n = side.n_blocks
    ratio, variance = ratio_and_variance(columns.sum(axis=0))
    ratios, variances = [], []
    for start in range(0, n_draws, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, n_draws - start)
        weights = rng.multinomial(n, np.full(n, 1 / n), size=size).astype(float)
        r, v = ratio_and_variance(weights @ columns)
        ratios.append(r)
        variances.append(v)
    return ratio, variance, np.concatenate(ratios), np.concatenate(variances)


def _error(gap: Array, variance: Array, own: Array) -> Array:
    """Studentised error; a draw that by chance has next to no spread is held back.

    Its standard error is taken as at least a tenth of the estimate's, else a handful of
    draws without any event would stretch the interval without bound.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = gap / np.sqrt(np.maximum(variance, own / 100))
    return result


def t_interval(
    value: Array, se: Array, t: Array, confidence: float
) -> tuple[Array, Array]:
    """Percentile-t interval (Efron and Tibshirani 1993, ch. 12), each of shape (r,)."""
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low_t = np.array([_quantile(c, tail) for c in t.T])
        high_t = np.array([_quantile(c, 1 - tail) for c in t.T])
    return value - high_t * se, value - low_t * se


def _quantile(column: Array, q: float) -> float:
    finite = column[np.isfinite(column)]
    return float(np.quantile(finite, q)) if len(finite) else float("nan")
