"""How far apart two distributions over kinds are."""

import numpy as np
from numpy.typing import NDArray

from persona_vault.stats.blocks import DRAWS_AT_ONCE

Array = NDArray[np.float64]


def jensen_shannon(before: Array, after: Array) -> Array:
    """Jensen-Shannon distance of two count vectors, base 2, 0..1 (Lin 1991).

    Counts have shape (..., k), the result (...,); NaN where a side has no counts.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = before / before.sum(axis=-1, keepdims=True)
        q = after / after.sum(axis=-1, keepdims=True)
        m = (p + q) / 2
        divergence = (_kl(p, m) + _kl(q, m)) / 2
    return np.sqrt(np.clip(divergence, 0.0, 1.0))


def _kl(p: Array, m: Array) -> Array:
    ratio = np.log2(np.where(p > 0, p / np.where(m > 0, m, 1), 1.0))
    total: Array = np.where(p > 0, p * ratio, np.where(np.isnan(p), np.nan, 0.0)).sum(
        axis=-1
    )
    return total


def shuffled_distances(counts: Array, sides: NDArray[np.bool_]) -> Array:
    """Distance of each shuffle of whole blocks, shape (n_draws,).

    Args:
        counts: Counts by block and kind, shape (b, k), before's blocks first.
        sides: Which blocks count as `after`, shape (n_draws, b).
    """
    everything = counts.sum(axis=0)
    found = []
    for start in range(0, len(sides), DRAWS_AT_ONCE):
        a = sides[start : start + DRAWS_AT_ONCE].astype(float) @ counts
        found.append(jensen_shannon(everything - a, a))
    return np.concatenate(found)
