"""A difference of two sides after allowing for covariates: analysis of covariance.

Everything is made from sums over groups of whole blocks, so it needs no single reply.
g groups on a side, p covariates, r rows. A row is a ratio, sum(num) / sum(den); a reply
counts by its residual num - ratio * den, with the ratio of both sides together, so that
a row with den = 1 throughout is a plain mean.

The slopes come from inside the sides alone (each side is centred on its own means): a
slope fitted across both sides would take the change itself for a slope.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.stats.groups import GroupSums

Array = NDArray[np.float64]

# Penalties tried, on the scale of a correlation matrix; infinity is no adjustment.
PENALTIES = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0])
N_FOLDS = 5
# A covariate that varies less than this, against its own size, does not vary.
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What is left of each row's difference; arrays of shape (r,) unless said.

    Attributes:
        raw: Difference of the two ratios, after - before.
        effect: The same less what goes with the covariates.
        explained: raw - effect.
        se: Delete-a-group jackknife, slopes refitted each time.
        df: 2 * (groups of the smaller side with an occasion) - 2.
        p: Two-sided, NaN where a side has no occasion or df is below 1.
        penalty: The one chosen; infinity where no adjustment predicted better.
        dropped: Covariates that vary inside neither side, shape (p,).
    """

    raw: Array
    effect: Array
    explained: Array
    se: Array
    df: Array
    p: Array
    penalty: Array
    dropped: NDArray[np.bool_]

    def interval(self, confidence: float) -> tuple[Array, Array]:
        """Both ends of the effect's interval."""
        with np.errstate(invalid="ignore"):
            reach = stats.t.ppf((1 + confidence) / 2, np.maximum(self.df, 1)) * self.se
        return self.effect - reach, self.effect + reach


def adjust(
    before: GroupSums, after: GroupSums, *, penalty: float | None = None
) -> Adjusted:
    """Compare two sides, their covariates allowed for.

    Args:
        before: The earlier side.
        after: The later one.
        penalty: For all rows; None = for each row the one that predicts best.
    """
    sides = _reduced(before, after)
    total = [_total(s) for s in sides]
    kept, scale = _varying(total)
    sides = [_only(s, kept, scale) for s in sides]
    total = [_total(s) for s in sides]
    chosen = (
        _chosen_penalty(sides)
        if penalty is None
        else np.full(sides[0].e.shape[1], penalty)
    )
    raw, explained = _difference(total, chosen)
    se = _jackknife(sides, total, chosen)
    n_with = [(s.den > 0).sum(axis=0) for s in (before, after)]
    df = 2.0 * np.minimum(*n_with) - 2
    effect = raw - explained
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, effect / se, np.where(effect == 0, 0.0, np.inf))
        p = np.where(df >= 1, 2 * stats.t.sf(np.abs(t), np.maximum(df, 1)), np.nan)
    p = np.where(np.isnan(raw), np.nan, p)
    return Adjusted(raw, effect, explained, se, df, p, chosen, ~kept)


@dataclass(frozen=True, slots=True)
class _Side:
    """Sums with the rows as residuals; arrays by group, or one for all groups."""

    n: Array
    x: Array
    xx: Array
    e: Array
    ee: Array
    xe: Array
    num: Array
    den: Array

    def minus(self, other: "_Side") -> "_Side":
        return _Side(
            *(getattr(self, f.name) - getattr(other, f.name) for f in fields(self))
        )

    def at(self, groups: NDArray[np.intp]) -> "_Side":
        """The sums of some groups together."""
        return _Side(*(getattr(self, f.name)[groups].sum(axis=0) for f in fields(self)))


def _reduced(before: GroupSums, after: GroupSums) -> list[_Side]:
    num = before.num.sum(axis=0) + after.num.sum(axis=0)
    den = before.den.sum(axis=0) + after.den.sum(axis=0)
    ratio = np.divide(num, den, out=np.zeros_like(num), where=den > 0)
    return [
        _Side(
            s.n,
            s.x,
            s.xx,
            s.num - ratio * s.den,
            s.num2 - 2 * ratio * s.numden + ratio**2 * s.den2,
            s.x_num - ratio * s.x_den,
            s.num,
            s.den,
        )
        for s in (before, after)
    ]


def _total(side: _Side) -> _Side:
    return side.at(np.arange(len(side.n)))


def _varying(total: list[_Side]) -> tuple[NDArray[np.bool_], Array]:
    """Which covariates vary inside a side, and their spread there."""
    n = sum(t.n for t in total)
    spread = sum(
        (np.diagonal(t.xx) - t.x**2 / t.n for t in total), np.zeros_like(total[0].x)
    )
    size = sum((np.diagonal(t.xx) for t in total), np.zeros_like(total[0].x))
    kept = spread > np.maximum(TINY * size, 1e-12)
    scale: Array = np.sqrt(np.where(kept, spread, 1.0) / n)
    return kept, scale


def _only(side: _Side, kept: NDArray[np.bool_], scale: Array) -> _Side:
    """The covariates kept, in units of their spread."""
    s = scale[kept]
    return _Side(
        side.n,
        side.x[:, kept] / s,
        side.xx[:, kept][:, :, kept] / np.outer(s, s),
        side.e,
        side.ee,
        side.xe[:, kept] / s[:, None],
        side.num,
        side.den,
    )


def _scatter(total: list[_Side]) -> tuple[Array, Array]:
    """Products of covariates, and of covariates and rows, centred inside the sides.

    Shapes (p, p) and (p, r), per reply.
    """
    n = sum(float(t.n) for t in total)
    xx = sum((t.xx - np.outer(t.x, t.x) / t.n for t in total), np.zeros(()))
    xe = sum((t.xe - np.outer(t.x, t.e) / t.n for t in total), np.zeros(()))
    return xx / n, xe / n


def _slopes(total: list[_Side], penalties: Array) -> Array:
    """Ridge slopes for each penalty, shape (len(penalties), p, r)."""
    xx, xe = _scatter(total)
    values, vectors = np.linalg.eigh(xx)
    turned = vectors.T @ xe
    shrunk = turned / (np.maximum(values, 0.0)[:, None] + penalties[:, None, None])
    result: Array = vectors @ shrunk
    return result


def _slopes_of(total: list[_Side], penalty: Array) -> Array:
    """Ridge slopes with one penalty for each row, shape (p, r)."""
    xx, xe = _scatter(total)
    values, vectors = np.linalg.eigh(xx)
    shrunk = (vectors.T @ xe) / (np.maximum(values, 0.0)[:, None] + penalty)
    result: Array = vectors @ shrunk
    return result


def _chosen_penalty(sides: list[_Side]) -> Array:
    """Per row the penalty that predicts groups left out best, infinity for none."""
    n_rows, n_covariates = sides[0].e.shape[1], sides[0].x.shape[1]
    none = np.full(n_rows, np.inf)
    if not n_covariates or min(len(s.n) for s in sides) < 2:
        return none
    folds = [np.arange(len(s.n)) % N_FOLDS for s in sides]
    total = [_total(s) for s in sides]
    error = np.zeros((len(PENALTIES) + 1, n_rows))
    for fold in range(min(N_FOLDS, *(len(s.n) for s in sides))):
        out = [
            s.at(np.flatnonzero(f == fold)) for s, f in zip(sides, folds, strict=True)
        ]
        train = [t.minus(o) for t, o in zip(total, out, strict=True)]
        if any(t.n <= 0 for t in train):
            return none
        slopes = _slopes(train, PENALTIES)
        xx, xe, ee = _about(out, train)
        error[-1] += ee
        error[:-1] += (
            ee
            - 2 * np.einsum("kpr,pr->kr", slopes, xe)
            + np.einsum("kpr,pq,kqr->kr", slopes, xx, slopes, optimize=True)
        )
    best: Array = np.append(PENALTIES, np.inf)[error.argmin(axis=0)]
    return best


def _about(out: list[_Side], train: list[_Side]) -> tuple[Array, Array, Array]:
    """Products of what was left out, centred on the means of the rest of its side."""
    xx, xe, ee = np.zeros(()), np.zeros(()), np.zeros(())
    for o, t in zip(out, train, strict=True):
        mx, me = t.x / t.n, t.e / t.n
        cross = np.outer(mx, o.x)
        xx = xx + o.xx - cross - cross.T + o.n * np.outer(mx, mx)
        xe = xe + o.xe - np.outer(mx, o.e) - np.outer(o.x, me) + o.n * np.outer(mx, me)
        ee = ee + o.ee - 2 * me * o.e + o.n * me**2
    return xx, xe, ee


def _difference(total: list[_Side], penalty: Array) -> tuple[Array, Array]:
    """Raw difference of the ratios and the part that goes with the covariates."""
    b, a = total
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = a.num / a.den - b.num / b.den
        per_reply = (a.den + b.den) / (a.n + b.n)
        moved = a.x / a.n - b.x / b.n
        explained = (moved @ _slopes_of(total, penalty)) / per_reply
    return raw, np.where(np.isnan(raw), np.nan, explained)


def _jackknife(sides: list[_Side], total: list[_Side], penalty: Array) -> Array:
    """Standard error by leaving out one group after the other."""
    variance: Array = np.zeros(len(penalty))
    for i, side in enumerate(sides):
        effects = []
        for group in np.flatnonzero(side.n > 0):
            rest = list(total)
            rest[i] = total[i].minus(side.at(np.array([group])))
            raw, explained = _difference(rest, penalty)
            effects.append(raw - explained)
        left = np.array(effects)
        g = len(left)
        variance += (g - 1) / g * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    result: Array = np.sqrt(variance)
    return result
