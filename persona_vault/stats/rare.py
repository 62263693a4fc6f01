"""Intervals of a share that few blocks show, or that few blocks lack.

Resampling fails there: with three blocks that show it, one resample in twenty holds no
event at all and stretches a percentile-t interval to tens of points. An exact binomial
interval on the sample size that the blocks are worth does not.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.stats.blocks import BlockSums, ratio_and_variance

Array = NDArray[np.float64]
Interval = tuple[float, float]

# With this many blocks on either side of the question the resamples hold; below, not.
FEW_BLOCKS = 6
# A handful of events cannot show that they come in clumps, and in real talks they do.
LEAST_ALIKE = 0.10


def has_few(side: BlockSums) -> NDArray[np.bool_]:
    """Whether few blocks show an event, or few show anything else; shape (r,)."""
    shows, lacks = side.num > 0, side.num < side.den
    least = np.minimum(shows.sum(axis=0), lacks.sum(axis=0))
    return np.asarray(least < FEW_BLOCKS)


def rare_interval(side: BlockSums, confidence: float) -> tuple[Array, Array]:
    """Interval of shares (numerator <= denominator), each end of shape (r,).

    Clopper and Pearson's exact interval on the effective sample size (Korn and Graubard
    1998): what the linearised variance says, less what is lost because so many blocks
    had to say it, and at most what an intraclass correlation of .1 leaves. Without any
    event the lower end is 0 and the upper one nearly 4 / effective occasions. NaN
    without two blocks of occasions.
    """
    ratio, variance = ratio_and_variance(side.stacked().sum(axis=0))
    total, blocks = side.den.sum(axis=0), (side.den > 0).sum(axis=0)
    top = (1 + confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.maximum((side.den**2).sum(axis=0) / total, 1.0)
        lost = stats.t.ppf(top, np.maximum(total, blocks) - 1)
        lost = lost / stats.t.ppf(top, blocks - 1)
        as_seen = ratio * (1 - ratio) / variance * lost**2
        at_most = total / (1 + (size - 1) * LEAST_ALIKE)
        n = np.fmin(as_seen, at_most)
        events = ratio * n
        low = stats.beta.ppf(1 - top, events, n - events + 1)
        high = stats.beta.ppf(top, events + 1, n - events)
    low = np.where(ratio <= 0, 0.0, low)
    high = np.where(ratio >= 1, 1.0, high)
    known = blocks > 1
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def difference_interval(
    values: tuple[float, float], before: Interval, after: Interval
) -> Interval:
    """Interval of after - before from those of both (Newcombe 1998, method 10)."""
    was, now = values
    gap = now - was
    low = gap - float(np.hypot(now - after[0], before[1] - was))
    high = gap + float(np.hypot(after[1] - now, was - before[0]))
    return low, high
