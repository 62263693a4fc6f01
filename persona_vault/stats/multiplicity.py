"""Correction for looking at many rows."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def benjamini_hochberg(
    p: NDArray[np.float64], *, n_more: int = 0
) -> NDArray[np.float64]:
    """The q of each p (Benjamini and Hochberg 1995); NaN stays and does not count.

    `n_more` rows that are not in `p` count as looked at and not found (p = 1).
    """
    q = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        looked_at = np.concatenate([p[tested], np.ones(n_more)])
        found = stats.false_discovery_control(looked_at, method="bh")
        q[tested] = found[: tested.sum()]
    return q
