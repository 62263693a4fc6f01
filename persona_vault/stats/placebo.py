"""Fake dates inside the earlier period, and whether that period moves by itself.

Equal short windows of neighbouring blocks are compared at the real date and at every
fake one; where the earlier period drifts, its fake dates differ as the real one does.
Fake dates share most of their blocks, so a few of them tell little of a trend: where
there is one, a jump must also stand out from lines drawn through both periods.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

# The smallest p of nine fake dates is the level of the gate.
LEAST_FAKES = 9
LEVEL = 0.10
LEAST_TREND_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class Placebo:
    """The real date's difference beside those of the fake dates.

    Attributes:
        window: Blocks on each side of a date.
        gap: At the real date, between the nearest windows.
        fakes: At the fake dates, in time order; neighbours share most of their blocks.
        p: (1 + fakes as far from 0) / (1 + fakes).
    """

    window: int
    gap: float
    fakes: Array
    p: float

    @property
    def n_as_large(self) -> int:
        """Fake dates with a difference as large, either way."""
        return int((np.abs(self.fakes) >= abs(self.gap) - 1e-12).sum())


def placebo(before: Array, after: Array) -> Placebo | None:
    """Slide a fake date through the earlier period.

    Args:
        before: (numerator, denominator) of its blocks with an occasion, in time order,
            shape (b, 2).
        after: The same of the later period.

    Returns:
        None where no window fits.
    """
    n = len(before)
    window = min(n // 4, len(after))
    if window < 1:
        return None
    sums = np.concatenate([np.zeros((1, 2)), before.cumsum(axis=0)])
    windows = sums[window:] - sums[:-window]
    ratio = windows[:, 0] / windows[:, 1]
    fakes: Array = ratio[window:] - ratio[:-window]
    start = after[:window].sum(axis=0)
    gap = float(start[0] / start[1] - ratio[-1])
    as_large = (np.abs(fakes) >= abs(gap) - 1e-12).sum()
    return Placebo(window, gap, fakes, float((1 + as_large) / (1 + len(fakes))))


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether a series rises or falls.

    Attributes:
        tau: Kendall's rank correlation with time.
        p: Two-sided (Mann 1945; Kendall 1975).
        rise: What the weighted straight line gains from the first block to the last.
    """

    tau: float
    p: float
    rise: float


def trend(table: Array, at: Array) -> Trend | None:
    """The trend of the blocks' ratios over time; None with fewer than 8 blocks.

    Args:
        table: (numerator, denominator) of the blocks, in time order, shape (b, 2).
        at: When they began, in any unit, shape (b,).
    """
    ratio = table[:, 0] / table[:, 1]
    if len(ratio) < LEAST_TREND_BLOCKS or np.ptp(ratio) == 0 or np.ptp(at) == 0:
        return None
    found = stats.kendalltau(at, ratio)
    if not np.isfinite(found.pvalue):
        return None
    # Blocks weigh as much as they hold: a row is a ratio of sums.
    slope = np.polyfit(at - at[0], ratio, 1, w=np.sqrt(table[:, 1]))[0]
    return Trend(float(found.statistic), float(found.pvalue), float(slope * np.ptp(at)))


def jump_p(before: Array, after: Array) -> float:
    """Whether the series jumps at the date, beyond lines drawn through both sides.

    Interrupted time series by weighted least squares (Wagner et al. 2002): a level and
    a slope before, and a step and another slope from the first later block on; both
    sides share one slope where the later one has under 8 blocks.

    Args:
        before: (numerator, denominator, time) of its blocks with an occasion, in time
            order, shape (b, 3); time in any unit.
        after: The same of the later period.

    Returns:
        Two-sided p of the step, Student's t; NaN where nothing is left to judge by.
    """
    table = np.concatenate([before, after])
    later = np.arange(len(table)) >= len(before)
    span = np.ptp(table[:, 2])
    if not len(after) or span == 0:
        return float("nan")
    at = (table[:, 2] - after[0, 2]) / span
    columns = [np.ones(len(table)), at, later]
    if later.sum() >= LEAST_TREND_BLOCKS:
        columns.append(at * later)
    # Blocks weigh as much as they hold, as in `trend`.
    root = np.sqrt(table[:, 1])
    design = np.column_stack(columns) * root[:, None]
    wanted = table[:, 0] / table[:, 1] * root
    df = len(table) - len(columns)
    if df < 1 or np.linalg.matrix_rank(design) < len(columns):
        return float("nan")
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ (design.T @ wanted)
    left = float(((wanted - design @ slopes) ** 2).sum()) / df
    error = float(np.sqrt(left * inverse[2, 2]))
    if error == 0:
        return float("nan")
    return float(2 * stats.t.sf(abs(slopes[2]) / error, df))
