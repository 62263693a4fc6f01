"""Snapshots of invented numbers, no words: for rules that need hundreds of talks."""

from datetime import timedelta

import numpy as np

from persona_vault.dimensions.registry import dimensions
from persona_vault.model import Period
from persona_vault.snapshot import RowSpec, Snapshot
from persona_vault.snapshot.sums import SIDES, BlockInfo, RowSums
from tests.talk import START

ROWS = tuple(
    RowSpec.of(d) for d in dimensions() if d.headline and d.scale.value == "rate"
)
N_REPLIES = 10


def drawn(levels, rng, *, side="persona", since=0, dated=True):
    """A snapshot in which each reply shows a row or not.

    Args:
        levels: Row name -> its chance in each block, (b,); the other rows are as
            `rng` has them on the other side too: 30 in 100, with a spread of talks.
        rng: Of the draws.
        side: Whose rows follow `levels`.
        since: Days after the start of all talks; a talk a day.
        dated: Whether the blocks know when they began.
    """
    n = len(next(iter(levels.values())))
    tables = {}
    for who in SIDES:
        tables[who] = {}
        for spec in ROWS:
            level = levels.get(spec.name) if who == side else None
            base = np.full(n, 0.3) if level is None else np.asarray(level)
            odds = np.log(base / (1 - base)) + rng.normal(0, 0.3, n)
            k = rng.binomial(N_REPLIES, 1 / (1 + np.exp(-odds))).astype(float)
            all_ = np.full(n, float(N_REPLIES))
            tables[who][spec.name] = RowSums(
                np.column_stack([all_, k, k, k, all_, k, k, all_])
            )
    blocks = tuple(
        BlockInfo(
            "thread",
            START + timedelta(days=since + i) if dated else None,
            N_REPLIES,
            N_REPLIES,
            "en",
        )
        for i in range(n)
    )
    return Snapshot(
        persona="Juniper",
        period=Period(),
        blocks=blocks,
        specs={spec.name: spec for spec in ROWS},
        rows=tables,
    )


def pair(before, after, seed, **more):
    """Two snapshots, the later one beginning where the earlier one ends."""
    rng = np.random.default_rng(seed)
    n = len(next(iter(before.values())))
    return (
        drawn(before, rng, **more),
        drawn(after, rng, **{**more, "since": n}),
    )
