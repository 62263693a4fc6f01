"""Where a series of units changed, the date unknown: scans with a known error rate.

Shapes: u units in time order, r rows; each row is a ratio of sums, as in `blocks`.
A scan looks at every cut (and every stretch between two cuts), takes the largest
statistic, and asks how often units in shuffled order reach it: looking at many dates is
thereby paid for. Series whose neighbours are alike are pre-whitened by an AR(1) fit
and shuffled in pairs (as in Robbins et al. 2011, for CUSUM tests).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from persona_vault.stats.blocks import BlockSums

Array = NDArray[np.float64]

LEAST_UNITS = 5  # on either side of a cut
N_SHUFFLES = 999
N_STRETCH_ENDS = 30  # ends of stretches are looked at on a grid of this many cuts
WHITEN_FROM = 0.05


@dataclass(frozen=True, slots=True)
class Series:
    """Residuals of the rows around their mean over the series, ready to be scanned.

    Attributes:
        e: Shape (u, r): numerator - mean ratio * denominator; 0 without occasion.
        w: Shape (u, r): denominators over their row's mean denominator.
        alike: The AR(1) coefficient that was taken out, 0 where none was.
    """

    e: Array
    w: Array
    alike: float = 0.0

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.e.shape[0])

    def part(self, first: int, last: int) -> "Series":
        """Units [first, last), centred anew."""
        e, w = self.e[first:last], self.w[first:last]
        total = w.sum(axis=0)
        mean = np.divide(
            e.sum(axis=0), total, out=np.zeros(e.shape[1]), where=total > 0
        )
        return Series(e - mean * w, w, self.alike)


@dataclass(frozen=True, slots=True)
class Scan:
    """The outcome of one scan.

    Attributes:
        p: How often shuffled units reach it, all looks paid for.
        cuts: One index (the first unit after the change) or two (a stretch that
            differs from what is before and after it).
        score: The largest statistic of one row at the first cut, in standard errors.
    """

    p: float
    cuts: tuple[int, ...]
    score: float


def centred(units: BlockSums) -> Series:
    """Rows as residuals, each scaled to unit spread; rows without spread are 0."""
    total = units.den.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(total > 0, units.num.sum(axis=0) / total, 0.0)
        w = np.where(total > 0, units.den / (total / units.n_blocks), 0.0)
        e = np.where(total > 0, (units.num - mean * units.den), 0.0)
        e = np.where(total > 0, e / (total / units.n_blocks), 0.0)
    spread = np.sqrt((e**2).sum(axis=0) / units.n_blocks)
    e = np.divide(e, spread, out=np.zeros_like(e), where=spread > 1e-12)
    return Series(e, w)


def cut_statistics(series: Series) -> Array:
    """Standardised difference after - before at every cut, shape (u - 1, r).

    Entry k compares units [k + 1, u) with [0, k + 1). The variance is pooled and taken
    to grow with the denominator, so that cuts near an edge stay tame; cuts closer than
    LEAST_UNITS to an edge give 0.
    """
    e, w = np.cumsum(series.e, axis=0), np.cumsum(series.w, axis=0)
    total = w[-1]
    spread = (series.e**2).sum(axis=0) / np.maximum(total, 1e-12)
    d_b, d_a = w[:-1], total - w[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = (e[-1] - e[:-1]) / d_a - e[:-1] / d_b
        t = gap / np.sqrt(spread * (1 / d_b + 1 / d_a))
    t = np.where((d_b > 1e-9) & (d_a > 1e-9) & (spread > 1e-12), t, 0.0)
    t[: LEAST_UNITS - 1] = 0.0
    t[len(t) - LEAST_UNITS + 1 :] = 0.0
    return t


def _ends(n_units: int) -> NDArray[np.intp]:
    n = min(N_STRETCH_ENDS, n_units - 2 * LEAST_UNITS + 1)
    return np.unique(
        np.linspace(LEAST_UNITS, n_units - LEAST_UNITS, max(n, 2)).astype(np.intp)
    )


def _stretches(series: Series) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last cut of every stretch that is looked at."""
    ends = _ends(series.n_units)
    i, j = np.triu_indices(len(ends), 1)
    first, last = ends[i], ends[j]
    kept = last - first >= LEAST_UNITS
    return first[kept], last[kept]


def stretch_statistics(
    series: Series, first: NDArray[np.intp], last: NDArray[np.intp]
) -> Array:
    """Standardised difference inside - outside of each stretch, shape (s, r)."""
    zero = np.zeros((1, series.e.shape[1]))
    e = np.concatenate([zero, np.cumsum(series.e, axis=0)])
    w = np.concatenate([zero, np.cumsum(series.w, axis=0)])
    inside_e, inside_w = e[last] - e[first], w[last] - w[first]
    outside_w = w[-1] - inside_w
    spread = (series.e**2).sum(axis=0) / np.maximum(w[-1], 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = inside_e / inside_w - (e[-1] - inside_e) / outside_w
        t = gap / np.sqrt(spread * (1 / inside_w + 1 / outside_w))
    kept = (inside_w > 1e-9) & (outside_w > 1e-9) & (spread > 1e-12)
    result: Array = np.where(kept, t, 0.0)
    return result


def _largest(series: Series) -> Array:
    """The four statistics of a scan: sparse and dense, one cut and a stretch."""
    one = cut_statistics(series) ** 2
    two = stretch_statistics(series, *_stretches(series)) ** 2
    if not len(two):
        two = np.zeros((1, one.shape[1]))
    return np.array(
        [one.max(), one.mean(axis=1).max(), two.max(), two.mean(axis=1).max()]
    )


def scan(
    series: Series, rng: np.random.Generator, *, n_shuffles: int = N_SHUFFLES
) -> Scan | None:
    """Look for one change, or for a stretch that went away again.

    None where fewer than 2 * LEAST_UNITS units are there. The p is that of the
    smallest of four p's (one row or many, a step or a stretch), itself calibrated by
    the same shuffles.
    """
    if series.n_units < 2 * LEAST_UNITS:
        return None
    seen = _largest(series)
    drawn = np.array(
        [_largest(_shuffled(series, rng)) for _ in range(n_shuffles)]
    ).reshape(n_shuffles, 4)
    pool = np.concatenate([seen[None, :], drawn])
    # p of every draw among all of them, then of the smallest of its four.
    ranks = np.array([(pool >= row - 1e-9).mean(axis=0) for row in pool])
    smallest = ranks.min(axis=1)
    p = float((smallest <= smallest[0] + 1e-12).mean())
    # A stretch is told only where it stands out more than any one cut does.
    is_stretch = ranks[0, 2:].min() < ranks[0, :2].min() or (
        ranks[0, 2:].min() == ranks[0, :2].min()
        and (seen[2:] / _usual(drawn)[2:]).max() > (seen[:2] / _usual(drawn)[:2]).max()
    )
    cuts = _best_stretch(series) if is_stretch else (best_cut(series),)
    t = cut_statistics(series)[cuts[0] - 1]
    return Scan(p, cuts, float(np.abs(t).max()))


def _usual(drawn: Array) -> Array:
    result: Array = np.maximum(np.quantile(drawn, 0.95, axis=0), 1e-12)
    return result


def best_cut(series: Series) -> int:
    """The first unit after the cut at which all rows together differ most."""
    return int(np.argmax(outstanding_at_cuts(series))) + 1


def outstanding_at_cuts(series: Series) -> Array:
    """How much the sides of each cut differ in the three rows that differ most there.

    Shape (u - 1,), as `cut_statistics`. The three lead, since the many that do not move
    would drown them.
    """
    t = cut_statistics(series) ** 2
    result: Array = np.sort(t, axis=1)[:, -3:].sum(axis=1)
    return result


def _best_stretch(series: Series) -> tuple[int, ...]:
    first, last = _stretches(series)
    t = stretch_statistics(series, first, last) ** 2
    best = int(np.argmax(np.sort(t, axis=1)[:, -3:].sum(axis=1)))
    return int(first[best]), int(last[best])


def _shuffled(series: Series, rng: np.random.Generator) -> Series:
    """Units in random order; in pairs where neighbours were alike."""
    n = series.n_units
    if series.alike < WHITEN_FROM:
        order = rng.permutation(n)
    else:
        start = int(rng.integers(2))
        starts = [*([0] if start else []), *range(start, n, 2)]
        groups = [np.arange(a, b) for a, b in pairwise([*starts, n])]
        order = np.concatenate([groups[i] for i in rng.permutation(len(groups))])
    return Series(series.e[order], series.w[order], series.alike)


def whitened(series: Series, cuts: Sequence[int] = (), *, least: float = 0.0) -> Series:
    """The series without what each unit has of the one before it.

    The coefficient is the median over rows of the lag-one autocorrelation around the
    means between the cuts, corrected for its bias of -(1 + 3 phi) / n (Kendall 1954).
    It is at least `least`: a stretch is no less alike than the whole it is from. Below
    WHITEN_FROM the series is left as it is.
    """
    n = series.n_units
    rows = _means(series, cuts)
    phi = _lag_one(rows)
    phi = min(0.95, phi + (1 + 3 * max(phi, 0.0)) / n)
    phi = max(phi, least)
    if not phi >= WHITEN_FROM:
        return series
    mean = np.divide(
        series.e, series.w, out=np.zeros_like(series.e), where=series.w > 1e-9
    )
    e = series.e.copy()
    e[1:] -= phi * mean[:-1] * series.w[1:]
    e[0] *= np.sqrt(1 - phi**2)
    return Series(
        e - e.sum(axis=0) / series.w.sum(axis=0).clip(1e-12) * series.w,
        series.w,
        float(phi),
    )


def _means(series: Series, cuts: Sequence[int]) -> Array:
    """Unit means around the mean of their segment, shape (u, r)."""
    mean = np.divide(
        series.e, series.w, out=np.zeros_like(series.e), where=series.w > 1e-9
    )
    for first, last in pairwise([0, *cuts, series.n_units]):
        total = series.w[first:last].sum(axis=0)
        level = series.e[first:last].sum(axis=0) / np.maximum(total, 1e-12)
        mean[first:last] -= np.where(series.w[first:last] > 1e-9, level, 0.0)
    return mean


def _lag_one(rows: Array) -> float:
    square = (rows**2).sum(axis=0)
    used = square > 1e-9
    if not used.any():
        return 0.0
    products = (rows[1:, used] * rows[:-1, used]).sum(axis=0)
    return float(np.median(products / square[used]))
