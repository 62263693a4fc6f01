"""How long the user stayed away between talks: pauses belong to the user's side.

A row that counts words after a pause rises where pauses grow, though nothing else
changed; the note that goes with it needs the pauses themselves.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.snapshot import Snapshot

# What `absence_reproach` calls a pause; from one talk's beginning to the next one's.
LEAST_HOURS = 12.0
LEAST_PAUSES = 10
LEVEL = 0.05
# A factor under which a difference is not worth a word.
MATERIAL = 1.25


def pauses(before: Snapshot, after: Snapshot) -> Mapping[str, Any] | None:
    """The pauses of both periods, and whether they differ.

    Returns:
        {"hours": geometric means by period, "n": pauses by period, "p": two-sided, by
        ranks, "direction": "longer", "shorter" or "none"}; None without times, or with
        fewer than 10 pauses of 12 hours on a side.
    """
    found = [_hours(snapshot) for snapshot in (before, after)]
    if min(len(hours) for hours in found) < LEAST_PAUSES:
        return None
    p = float(stats.mannwhitneyu(*found).pvalue)
    first, second = (float(stats.gmean(hours)) for hours in found)
    direction = "none"
    if p <= LEVEL and max(first, second) >= MATERIAL * min(first, second):
        direction = "longer" if second > first else "shorter"
    return {
        "hours": {"before": first, "after": second},
        "n": {"before": len(found[0]), "after": len(found[1])},
        "p": p,
        "direction": direction,
    }


def _hours(snapshot: Snapshot) -> NDArray[np.float64]:
    starts = sorted(b.started_at for b in snapshot.blocks if b.started_at)
    apart = [(b - a).total_seconds() / 3_600 for a, b in pairwise(starts)]
    return np.array([hours for hours in apart if hours >= LEAST_HOURS])
