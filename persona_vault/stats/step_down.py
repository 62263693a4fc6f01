"""One p for each group of rows, corrected for the number of groups.

Westfall and Young, Resampling-Based Multiple Testing (1993), algorithm 2.8 ("minP",
step-down), from the same shuffles for all rows: however the rows hang together, the
chance of any group named wrongly stays at the level.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from persona_vault.stats.blocks import Shuffled

Array = NDArray[np.float64]

# Shuffles that exchange like for like differ by rounding only: they are ties.
DECIMALS = 9


def group_p(found: Shuffled, groups: Sequence[NDArray[np.intp]]) -> tuple[Array, Array]:
    """The p of each group by itself, and corrected for all of them; shape (groups,).

    A group's statistic is the smallest p of its rows, itself held against the shuffles,
    so that a group of many rows gets no advantage.

    Args:
        found: The rows' differences; none without occasion.
        groups: Numbers of the rows of each group, at least one each.
    """
    t = np.abs(np.concatenate([found.t[None, :], found.drawn_t]))
    # A shuffle without any occasion on a side counts as extreme, the cautious way.
    size: Array = np.where(np.isnan(t), np.inf, t)
    p = _share_as_small(-np.round(size, DECIMALS))
    own = _share_as_small(np.column_stack([p[:, g].min(axis=1) for g in groups]))
    return own[0], _stepped_down(own)


def _share_as_small(values: Array) -> Array:
    """Of each column, the share of its values that are as small as each or smaller."""
    ordered = np.sort(values, axis=0)
    places = [
        np.searchsorted(ordered[:, j], values[:, j], side="right")
        for j in range(values.shape[1])
    ]
    shares: Array = np.column_stack(places) / len(values)
    return shares


def _stepped_down(p: Array) -> Array:
    """Corrected p of the first row of `p`, the rest being shuffles, shape (groups,)."""
    order = np.argsort(p[0], kind="stable")
    # From the last to the first: the smallest p of all groups not yet named.
    smallest = np.minimum.accumulate(p[:, order[::-1]], axis=1)[:, ::-1]
    stepped = (smallest <= p[0, order] + 1e-12).mean(axis=0)
    corrected = np.empty_like(stepped)
    corrected[order] = np.maximum.accumulate(stepped)
    result: Array = corrected
    return result
