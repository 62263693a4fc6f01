"""Talks in which nothing changed: false alarms, and what a naive test would say."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from persona_vault.diff import diff_snapshots
from persona_vault.snapshot import Snapshot
from persona_vault.stats.multiplicity import benjamini_hochberg
from worlds.asking import judge
from worlds.catalogue import NULLS
from worlds.claims import Answer
from worlds.gradings import covered, no_difference, two_snapshots
from worlds.talk import Talk

LEVEL = 0.05


def one_null(seed: int, name: str) -> dict[str, Any]:
    """One talk in which nothing changed."""
    planted = NULLS[name].make(seed)
    lines = tuple(line for export in planted.lines for line in export)
    if planted.at is None:
        raise ValueError("a null has a date to compare at")
    sides = two_snapshots(Talk((lines,)), planted.at)
    found = diff_snapshots(*sides, seed=seed)
    return {
        **judge(planted, Answer(diff=found)),
        "covered": covered(found, no_difference()),
        "message_bh": message_by_message(*sides),
        "in_band": _in_band(found.continuity),
    }


def _in_band(continuity: Mapping[str, float] | None) -> bool | None:
    """Whether the number lies in the band of shuffled talks; None where withheld."""
    if continuity is None:
        return None
    return continuity["null_low"] <= continuity["value"] <= continuity["null_high"]


def message_by_message(before: Snapshot, after: Snapshot) -> bool:
    """What a Welch test on single messages with BH would have said: any finding."""
    p = []
    for name, spec in before.specs.items():
        if spec.scale == "distribution" or not spec.headline:
            continue
        sides = [s.rows["persona"][name].table.sum(axis=0) for s in (before, after)]
        if any(s[0] < 20 for s in sides):
            continue
        means, errors = zip(*(_by_message(s) for s in sides), strict=True)
        se = float(np.hypot(*errors))
        if se > 0:
            t = abs(means[1] - means[0]) / se
            p.append(2 * stats.norm.sf(t))
    return bool(p) and bool((benjamini_hochberg(np.array(p)) <= LEVEL).any())


def _by_message(total: Any) -> tuple[float, float]:
    n, _, _, num, den, num2, numden, den2 = (float(x) for x in total[:8])
    ratio = num / den
    squares = max(num2 - 2 * ratio * numden + ratio**2 * den2, 0.0)
    return ratio, float(np.sqrt(squares * n / (n - 1))) / den
