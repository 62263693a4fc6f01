"""Correction for looking at many rows."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The q of each p (Benjamini and Hochberg 1995); NaN stays and does not count."""
    q = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested], method="bh")
    return q
