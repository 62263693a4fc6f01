"""How well two sides can be told apart by their covariates, from sums by group."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.stats.ancova import N_FOLDS
from persona_vault.stats.groups import GroupSums

Array = NDArray[np.float64]

# Of the correlation matrix: strong enough for some hundred replies and 70 covariates.
PENALTY = 0.3


def separation_auc(before: GroupSums, after: GroupSums) -> float:
    """Chance that a reply after looks more like `after` than one before, 0..1.

    That of two normal scores as far apart as `separation` says (Bamber 1975). 0.5 =
    cannot be told apart; NaN as there.
    """
    return float(stats.norm.cdf(separation(before, after) / np.sqrt(2)))


def separation(
    before: GroupSums, after: GroupSums, columns: NDArray[np.intp] | None = None
) -> float:
    """Distance of the sides along the direction that tells them apart best.

    In units of the spread inside the sides: Fisher's linear discriminant with a ridge,
    fitted on four fifths of the groups and judged on the rest. NaN with fewer than two
    groups on a side or no covariate that varies.

    Args:
        before: The earlier side.
        after: The later one.
        columns: The covariates to look at; None = all.
    """
    chosen = slice(None) if columns is None else columns
    sides = [
        _Moments(s.n, s.x[:, chosen], s.xx[:, chosen][:, :, chosen])
        for s in (before, after)
    ]
    if min(np.count_nonzero(s.n) for s in sides) < 2:
        return float("nan")
    gap = weight = square = 0.0
    for fold in range(N_FOLDS):
        out = [s.fold(fold, inside=True) for s in sides]
        train = [s.fold(fold, inside=False) for s in sides]
        if min(m.n for m in (*out, *train)) <= 0:
            continue
        direction = _discriminant(train)
        if direction is None:
            return float("nan")
        n = sum(m.n for m in out)
        means = [m.x @ direction / m.n for m in out]
        gap += n * float(means[1] - means[0])
        square += sum(float(direction @ m.scatter() @ direction) for m in out)
        weight += n
    if weight == 0:
        return float("nan")
    if square <= 0:
        return 0.0
    return gap / weight / float(np.sqrt(square / weight))


class _Moments:
    """Sums by group of one side."""

    def __init__(self, n: Array, x: Array, xx: Array) -> None:
        self.n, self.x, self.xx = n, x, xx

    def fold(self, fold: int, *, inside: bool) -> "_Total":
        chosen = (np.arange(len(self.n)) % N_FOLDS == fold) == inside
        return _Total(
            float(self.n[chosen].sum()),
            self.x[chosen].sum(axis=0),
            self.xx[chosen].sum(axis=0),
        )


class _Total:
    def __init__(self, n: float, x: Array, xx: Array) -> None:
        self.n, self.x, self.xx = n, x, xx

    def scatter(self) -> Array:
        result: Array = self.xx - np.outer(self.x, self.x) / self.n
        return result


def _discriminant(train: list[_Total]) -> Array | None:
    """Direction of unit spread inside the sides; None where nothing varies."""
    n = sum(t.n for t in train)
    scatter = sum((t.scatter() for t in train), np.zeros(())) / n
    spread = np.diagonal(scatter)
    kept = spread > 1e-9
    if not kept.any():
        return None
    scale = np.where(kept, np.sqrt(np.where(kept, spread, 1.0)), np.inf)
    inner = scatter / np.outer(scale, scale)
    apart = (train[1].x / train[1].n - train[0].x / train[0].n) / scale
    if not np.any(apart):
        return np.zeros_like(apart)
    weights = np.linalg.solve(inner + PENALTY * np.eye(len(inner)), apart)
    length = float(np.sqrt(weights @ inner @ weights))
    result: Array = weights / scale / length if length > 0 else np.zeros_like(apart)
    return result
