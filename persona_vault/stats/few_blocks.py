"""The test for fewer than ten blocks a side: a t-test that knows about correlation.

With so few blocks shuffling cannot reach a small p (4 against 4 blocks: .029 at best),
so the spread of single turns is used and inflated by how alike turns of one block are:
variance of a mean of n turns in blocks = s^2 / n * (1 + (m - 1) * icc), with m the
size-weighted mean block size (Kish 1965; Donner and Klar 2000, ch. 2).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
ICC_FLOOR = 0.01


@dataclass(frozen=True, slots=True)
class TurnMoments:
    """Sums over the turns of each block that were an occasion; each of shape (b, r).

    Attributes:
        n: Turns. num, den: Sums. num2, numden, den2: Sums of products turn by turn.
    """

    n: Array
    num: Array
    den: Array
    num2: Array
    numden: Array
    den2: Array


@dataclass(frozen=True, slots=True)
class FewBlocksTest:
    """Difference after - before with its t-test; arrays of shape (r,)."""

    gap: Array
    se: Array
    se_before: Array
    se_after: Array
    df: Array
    p: Array
    icc: Array


def few_blocks_test(before: TurnMoments, after: TurnMoments) -> FewBlocksTest:
    """Two-sided t-test of the difference of two ratios, blocks - 2 degrees of freedom.

    The intraclass correlation is the one-way ANOVA estimate over the blocks of both
    sides around their own side's ratio, never below .01. A ratio's turn counts by its
    residual num - ratio * den. NaN where a side has no occasion.
    """
    sides = [_residuals(s) for s in (before, after)]
    n = np.concatenate([s.n for s in (before, after)])
    e_sum = np.concatenate([s.block_sum for s in sides])
    e_square = np.concatenate([s.block_square for s in sides])
    used = n > 0
    blocks = used.sum(axis=0)
    turns = n.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(used, e_sum**2 / np.where(used, n, 1), 0).sum(axis=0)
        ms_between = between / (blocks - 2)
        ms_within = (e_square.sum(axis=0) - between) / (turns - blocks)
        m0 = (turns - (n**2).sum(axis=0) / turns) / (blocks - 1)
        icc = (ms_between - ms_within) / (ms_between + (m0 - 1) * ms_within)
        icc = np.clip(np.nan_to_num(icc, nan=1.0), ICC_FLOOR, 1.0)
        spread = e_square.sum(axis=0) / (turns - 2)
    se2 = [_variance(s, spread, icc) for s in (before, after)]
    gap = sides[1].ratio - sides[0].ratio
    se = np.sqrt(se2[0] + se2[1])
    df = np.maximum(blocks - 2, 1).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, gap / se, np.where(gap == 0, 0.0, np.inf))
        p = 2 * stats.t.sf(np.abs(t), df)
    return FewBlocksTest(
        gap,
        se,
        np.sqrt(se2[0]),
        np.sqrt(se2[1]),
        df,
        np.where(np.isnan(gap), np.nan, p),
        icc,
    )


@dataclass(frozen=True, slots=True)
class _Residuals:
    ratio: Array
    block_sum: Array
    block_square: Array


def _residuals(side: TurnMoments) -> _Residuals:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = side.num.sum(axis=0) / side.den.sum(axis=0)
    r = np.nan_to_num(ratio)
    return _Residuals(
        ratio,
        side.num - r * side.den,
        np.maximum(side.num2 - 2 * r * side.numden + r**2 * side.den2, 0.0),
    )


def _variance(side: TurnMoments, spread: Array, icc: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        turns = side.n.sum(axis=0)
        size = (side.n**2).sum(axis=0) / turns
        mean_den = side.den.sum(axis=0) / turns
        result: Array = spread / turns * (1 + (size - 1) * icc) / mean_den**2
    return result
