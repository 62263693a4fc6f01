"""Common ground: whether both periods hold talk about the same things at all."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from persona_vault.snapshot.heard import HeardSample

Array = NDArray[np.float32]

# So many of a period's own texts have a neighbour as near as the measure asks for.
USUAL = 0.90
LEAST_TEXTS = 20


def common_ground(
    before: HeardSample | None, after: HeardSample | None
) -> Mapping[str, float] | None:
    """Share of what the user said in one period that has a near neighbour in the other.

    "Near" is the likeness that 90 % of a period's own texts reach in other talks of
    that period, so 0.9 is what one and the same talk gives.

    Returns:
        {"after_in_before", "before_in_after"}, 0..1; None for files, which hold no
        vectors, and where there is too little text.
    """
    if before is None or after is None or before.name != after.name:
        return None
    if min(len(before.vectors), len(after.vectors)) < LEAST_TEXTS:
        return None
    across = before.vectors @ after.vectors.T
    shares = {
        "after_in_before": _share(_usual(before), across.max(axis=0)),
        "before_in_after": _share(_usual(after), across.max(axis=1)),
    }
    known = {key: share for key, share in shares.items() if share is not None}
    return known if len(known) == len(shares) else None


def _share(usual: float | None, nearest: Array) -> float | None:
    return None if usual is None else float((nearest >= usual).mean())


def _usual(sample: HeardSample) -> float | None:
    """The likeness to the nearest text of another talk that 90 % reach."""
    inner = sample.vectors @ sample.vectors.T
    inner[sample.blocks[:, None] == sample.blocks[None, :]] = -np.inf
    nearest = inner.max(axis=1)
    nearest = nearest[np.isfinite(nearest)]
    return float(np.quantile(nearest, 1 - USUAL)) if len(nearest) else None
