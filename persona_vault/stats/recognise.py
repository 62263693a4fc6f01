"""How well two sides can be told apart by bags of features, and how far apart they are.

Shapes: n bags, f features. Bags are made of different talks, so that no two of them
share one; a bag is judged only by a rule that was learnt without it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Sides = NDArray[np.bool_]

# Ridge in units of one feature's variance, for about as many bags as features.
PENALTY = 1.0
N_SHUFFLES = 199


@dataclass(frozen=True, slots=True)
class Recognised:
    """The outcome.

    Attributes:
        auc: Chance that a later bag looks later than an earlier one does, 0..1.
        low, high: 95 % interval by a jackknife over bags.
        null_low, null_high: Between which 95 of 100 shuffles of the bags lie.
    """

    auc: float
    low: float
    high: float
    null_low: float
    null_high: float


def recognise(bags: Array, later: Sides, rng: np.random.Generator) -> Recognised:
    """Tell the sides apart by a ridge discriminant, each bag left out in turn.

    Args:
        bags: Shape (n, f), no NaN; at least three bags on each side.
        later: Shape (n,), which bags are of the later side.
        rng: Of the shuffles.
    """
    x = _standardised(bags)
    scores = left_out_scores(x, later)
    seen = auc(scores, later)
    shuffled = []
    for _ in range(N_SHUFFLES):
        drawn = rng.permutation(later)
        shuffled.append(auc(left_out_scores(x, drawn), drawn))
    null_low, null_high = np.quantile(shuffled, [0.025, 0.975])
    se = _jackknife(scores, later)
    reach = float(stats.t.ppf(0.975, min(later.sum(), (~later).sum()) - 1)) * se
    return Recognised(
        seen,
        max(0.0, seen - reach),
        min(1.0, seen + reach),
        float(null_low),
        float(null_high),
    )


def left_out_scores(x: Array, later: Sides) -> Array:
    """Each bag's score by a discriminant fitted to all others, shape (n,).

    Ridge regression of +-1 (balanced: each side weighs the same) on the features; the
    left-out prediction follows from the hat matrix (Allen 1974), without n fits.
    """
    n = len(x)
    weight = np.where(later, 0.5 / later.sum(), 0.5 / (~later).sum()) * n
    target = np.where(later, 1.0, -1.0)
    root = np.sqrt(weight)[:, None]
    design = np.column_stack([np.ones(n), x])
    penalty = np.eye(design.shape[1]) * PENALTY * n / 10
    penalty[0, 0] = 1e-9
    weighted = design * root
    inner = np.linalg.solve(weighted.T @ weighted + penalty, weighted.T)
    hat = np.einsum("ij,ji->i", weighted, inner)
    fitted = design @ (inner @ (target * root[:, 0]))
    result: Array = target - (target - fitted) / np.maximum(1 - hat, 1e-6)
    return result


def auc(scores: Array, later: Sides) -> float:
    """The Mann-Whitney chance; ties count half."""
    ranks = stats.rankdata(scores)
    n_later = int(later.sum())
    n_earlier = len(later) - n_later
    u = ranks[later].sum() - n_later * (n_later + 1) / 2
    return float(u / (n_later * n_earlier))


def _standardised(bags: Array) -> Array:
    spread = bags.std(axis=0)
    kept = spread > 1e-12
    result: Array = (bags[:, kept] - bags[:, kept].mean(axis=0)) / spread[kept]
    return result


def _jackknife(scores: Array, later: Sides) -> float:
    """Standard error of the AUC, each bag left out in turn (Efron and Stein 1981)."""
    n = len(scores)
    kept = ~np.eye(n, dtype=bool)
    left = np.array([auc(scores[k], later[k]) for k in kept])
    return float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))


def energy_distance(bags: Array, later: Sides) -> float:
    """Distance of the two clouds of bags (Szekely and Rizzo 2013), >= 0."""
    x = _standardised(bags)
    gaps = np.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2))
    between = gaps[np.ix_(later, ~later)].mean()
    inside = gaps[np.ix_(later, later)].mean() + gaps[np.ix_(~later, ~later)].mean()
    return float(max(0.0, 2 * between - inside))


def drift_multiple(
    bags: Array, later: Sides, rng: np.random.Generator
) -> tuple[float, float, float]:
    """(distance over the median of shuffled bags, and the 5 and 95 % of these)."""
    seen = energy_distance(bags, later)
    drawn = np.array(
        [energy_distance(bags, rng.permutation(later)) for _ in range(N_SHUFFLES)]
    )
    usual = float(np.median(drawn))
    if usual <= 0:
        return float("nan"), float("nan"), float("nan")
    low, high = np.quantile(drawn, [0.05, 0.95]) / usual
    return seen / usual, float(low), float(high)
