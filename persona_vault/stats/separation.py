"""How well two sides can be told apart by their covariates, from sums by group."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.stats.ancova import N_FOLDS
from persona_vault.stats.groups import GroupSums

Array = NDArray[np.float64]

# Of the correlation matrix: strong enough for some hundred replies and 70 covariates.
PENALTY = 0.3
# Of the one direction that rows are adjusted along: chosen by measurement (DESIGN.md,
# section 18); with less the direction fits chance, with more it misses what moved.
SCORE_PENALTY = 3.0


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
    sides = _moments(before, after, columns)
    if min(np.count_nonzero(s.n) for s in sides) < 2:
        return float("nan")
    gap = weight = square = 0.0
    for fold in range(N_FOLDS):
        out, train = _parted(sides, fold)
        if min(m.n for m in (*out, *train)) <= 0:
            continue
        direction = _discriminant(train, PENALTY)
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


@dataclass(frozen=True, slots=True)
class GroupScores:
    """How much each group looks like `after`, by a direction fitted without it.

    Attributes:
        before, after: Mean scores of the groups that were scored, 0 = halfway.
    """

    before: Array
    after: Array

    @property
    def auc(self) -> float:
        """Chance that a group after scores higher than one before; NaN without any."""
        if not len(self.before) or not len(self.after):
            return float("nan")
        apart = np.subtract.outer(self.after, self.before)
        return float((apart > 0).mean() + (apart == 0).mean() / 2)

    def apart(self, talks: float) -> float:
        """Distance of single talks, in units of their spread; NaN if it has none.

        Means of several talks spread less than talks do, by the root of their number.

        Args:
            talks: How many make a group, on average.
        """
        if min(len(self.before), len(self.after)) < 2:
            return float("nan")
        spread = (self.before.var(ddof=1) + self.after.var(ddof=1)) / 2 * talks
        gap = float(self.after.mean() - self.before.mean())
        return gap / float(np.sqrt(spread)) if spread > 0 else float("nan")

    @property
    def p(self) -> float:
        """Of scores no higher after than before: Welch's t, one-sided; NaN if few."""
        if min(len(self.before), len(self.after)) < 2:
            return float("nan")
        if np.ptp(self.before) == np.ptp(self.after) == 0:
            return float("nan")
        found = stats.ttest_ind(
            self.after, self.before, equal_var=False, alternative="greater"
        )
        return float(found.pvalue)


def group_scores(
    before: GroupSums, after: GroupSums, columns: NDArray[np.intp] | None = None
) -> GroupScores:
    """Whole groups along the direction that tells the other groups apart best.

    Args:
        before: The earlier side.
        after: The later one.
        columns: The covariates to look at; None = all.
    """
    sides = _moments(before, after, columns)
    found: tuple[list[Array], list[Array]] = ([], [])
    for fold in range(N_FOLDS):
        _, train = _parted(sides, fold)
        if min(t.n for t in train) <= 0:
            continue
        direction = _discriminant(train, SCORE_PENALTY)
        if direction is None:
            continue
        middle = sum(float(t.x @ direction) / t.n for t in train) / 2
        for scores, side in zip(found, sides, strict=True):
            held = np.flatnonzero(
                (np.arange(len(side.n)) % N_FOLDS == fold) & (side.n > 0)
            )
            scores.append(side.x[held] @ direction / side.n[held] - middle)
    none = np.zeros(0)
    return GroupScores(*(np.concatenate([none, *scores]) for scores in found))


def along_what_moved(
    before: GroupSums, after: GroupSums
) -> tuple[GroupSums, GroupSums] | None:
    """The sides with one covariate: the direction in which the covariates moved most.

    What many covariates show a little each, one direction shows at once, so that a row
    that follows it weakly can be adjusted without a penalty. The direction is made from
    the covariates alone, never from a row (Rosenbaum and Rubin 1983). None where no
    covariate varies.
    """
    sides = _moments(before, after, None)
    total = [side.total() for side in sides]
    if min(t.n for t in total) <= 0:
        return None
    w = _discriminant(total, SCORE_PENALTY)
    if w is None or not w.any():
        return None
    first, second = (
        replace(
            side,
            x=(side.x @ w)[:, None],
            xx=np.einsum("p,gpq,q->g", w, side.xx, w)[:, None, None],
            x_num=np.einsum("p,gpr->gr", w, side.x_num)[:, None, :],
            x_den=np.einsum("p,gpr->gr", w, side.x_den)[:, None, :],
        )
        for side in (before, after)
    )
    return first, second


def _moments(
    before: GroupSums, after: GroupSums, columns: NDArray[np.intp] | None
) -> list["_Moments"]:
    chosen = slice(None) if columns is None else columns
    return [
        _Moments(s.n, s.x[:, chosen], s.xx[:, chosen][:, :, chosen])
        for s in (before, after)
    ]


def _parted(
    sides: list["_Moments"], fold: int
) -> tuple[list["_Total"], list["_Total"]]:
    """What is left out, and the rest."""
    return (
        [s.fold(fold, inside=True) for s in sides],
        [s.fold(fold, inside=False) for s in sides],
    )


class _Moments:
    """Sums by group of one side."""

    def __init__(self, n: Array, x: Array, xx: Array) -> None:
        self.n, self.x, self.xx = n, x, xx

    def total(self) -> "_Total":
        return _Total(float(self.n.sum()), self.x.sum(axis=0), self.xx.sum(axis=0))

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


def _discriminant(train: list[_Total], penalty: float) -> Array | None:
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
    weights = np.linalg.solve(inner + penalty * np.eye(len(inner)), apart)
    length = float(np.sqrt(weights @ inner @ weights))
    result: Array = weights / scale / length if length > 0 else np.zeros_like(apart)
    return result
