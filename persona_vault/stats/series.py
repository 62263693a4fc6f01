"""Series of block means in time order: is each like the one before it?"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def lag_one(values: Array) -> tuple[float, float]:
    """Lag-one autocorrelation and its one-sided p against independence.

    The estimate of an independent series has mean about -1/n and variance about 1/n
    (Bartlett 1946); NaN values are left out, fewer than 8 give (nan, nan).
    """
    x = values[~np.isnan(values)]
    n = len(x)
    if n < 8 or np.ptp(x) == 0:
        return float("nan"), float("nan")
    d = x - x.mean()
    r = float((d[1:] * d[:-1]).sum() / (d**2).sum())
    return r, float(stats.norm.sf((r + 1 / n) * np.sqrt(n)))


def pair_up(columns: Array) -> Array:
    """Neighbouring rows summed two by two; a last single one joins the pair before it.

    Args:
        columns: Shape (b, c), rows in time order.

    Returns:
        Shape (b // 2, c); unchanged where b < 2.
    """
    b = len(columns)
    if b < 2:
        return columns
    even = columns[: b - b % 2].reshape(b // 2, 2, -1).sum(axis=1)
    if b % 2:
        even[-1] += columns[-1]
    result: Array = even
    return result
