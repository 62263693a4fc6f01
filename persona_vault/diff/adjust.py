"""The adjustment for the user's side: what is left of each row, and whether they moved.

The same row is adjusted once for each way to tell what the user talked about; the ways
must agree. See `stats.ancova` for the method.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.diff.rows import N_SHUFFLES, RowTest
from persona_vault.snapshot import Snapshot
from persona_vault.snapshot.covariates import NAMES, REQUESTS, USER_ROWS
from persona_vault.snapshot.groups import CovariateSums, group_sums
from persona_vault.stats.ancova import Adjusted, adjust
from persona_vault.stats.blocks import BlockSums, permutation_p, shuffled_sides
from persona_vault.stats.groups import GroupSums
from persona_vault.stats.multiplicity import benjamini_hochberg
from persona_vault.stats.separation import (
    along_what_moved,
    group_scores,
    separation,
    separation_auc,
)

LEVEL = 0.05
# Above this the user's side can be told apart well enough to matter. With few talks
# alike ones often pass it, so by itself it asks for more of a row and claims nothing.
APART = 0.60
# So many spreads apart, fewer than 1 in 100 messages of one period are of a kind that
# the other has: (1 - 2 / 100) / sqrt(1 / 100 * 99 / 100). Nothing inside the periods
# then says what these kinds do to a reply.
NOTHING_IN_COMMON = 10.0
# Whole talks told apart so surely by what was talked about (chance that a talk after is
# the more like it of two): hardly a talk of one period is like one of the other, and
# nothing says what the subject of a talk does to a reply.
TALKS_APART = 0.90
LEAST_GROUPS = 4
SCORE = "score of "


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedRow:
    """What is left of a row, in the row's own scale.

    Attributes:
        gap, low, high: Of the way whose difference lies in the middle (of an even
            number, of the two in the middle the one nearer to 0).
        explained: What goes with the user's side: raw difference - gap.
        p: The largest of all ways.
        agree: Whether all ways, and the raw difference, go the same way.
        ways: Way -> (difference, p); "score of ..." is that along the one direction in
            which the user's side moved most, there only where it did.
        twin_lost: The user's own twin of the row varies next to nothing inside the
            sides, but between them.
    """

    gap: float
    low: float
    high: float
    explained: float
    p: float
    agree: bool
    ways: Mapping[str, tuple[float, float]]
    twin_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """The whole adjustment.

    Attributes:
        rows: By name; rows that were not tested or compare two repertoires have none.
        moved: Whether the user's side may have moved: a row must then also pass the
            adjusted test.
        surely: Whether it did, beyond chance: then what no row shows cannot be told
            from what the user did.
        auc: How well the user's side of the two periods can be told apart; the largest
            of all ways, None if it could not be computed.
        ways: Names of the ways used.
        lost: The user's rows that vary next to nothing inside the sides, though they
            differ between the two: nobody can adjust for them.
        nothing_in_common: The same of what the user talked about and asked for, or
            whole talks are told apart by it: then no row can be adjusted.
    """

    rows: Mapping[str, AdjustedRow]
    moved: bool
    surely: bool
    auc: float | None
    ways: tuple[str, ...]
    lost: tuple[str, ...]
    nothing_in_common: bool


def adjust_rows(
    before: Snapshot,
    after: Snapshot,
    tests: Sequence[RowTest],
    *,
    user_moved: bool,
    confidence: float,
    seed: int,
    n_looks: float = 1,
) -> Adjustment | None:
    """Adjust the tested rows; None where the snapshots cannot be adjusted together.

    Args:
        before: The earlier snapshot.
        after: The later one.
        tests: Of the companion's rows.
        user_moved: Whether any of the user's own rows was found to differ.
        confidence: Of the intervals.
        seed: Of the shuffles.
        n_looks: Every p of a row is multiplied by it.
    """
    b, a = before.covariates, after.covariates
    if b is None or a is None or b.version != a.version:
        return None
    names = [t.spec.name for t in tests if t.test and t.spec.scale != "distribution"]
    if min(b.n_groups, a.n_groups) < LEAST_GROUPS or not names:
        return None
    ways = tuple(w for w in b.texts if w in a.texts) or ("",)
    found: dict[str, Adjusted] = {}
    aucs, shifted, told_apart, apart, talks = [], user_moved, False, [], []
    for way in ways:
        pair = _sums(before, b, way, names), _sums(after, a, way, names)
        found[way] = adjust(*pair)
        aucs.append(separation_auc(*pair))
        beyond_chance = group_scores(*pair).p <= LEVEL
        told_apart = told_apart or bool(beyond_chance and aucs[-1] > APART)
        moved = along_what_moved(*pair) if beyond_chance else None
        if moved is not None:
            found[SCORE + way] = adjust(*moved, penalty=0.0)
        shifted = shifted or _topics_moved(*pair, seed=seed)
        content = _content(b, way)
        apart.append(abs(separation(*pair, content)))
        scores = group_scores(*pair, content)
        n_groups = max(1, len(scores.before) + len(scores.after))
        talks.append(scores.apart((len(before.blocks) + len(after.blocks)) / n_groups))
    known = [x for x in aucs if not math.isnan(x)]
    auc = max(known, default=None)
    lost = _lost(*(_sums(s, c, ways[0], names) for s, c in ((before, b), (after, a))))
    rows = {
        t.spec.name: _row(t, names.index(t.spec.name), found, confidence, lost, n_looks)
        for t in tests
        if t.spec.name in names
    }
    return Adjustment(
        rows=_with_own_part(rows, tests),
        moved=shifted or (auc is not None and auc > APART),
        surely=shifted or told_apart,
        auc=auc,
        ways=tuple(w for w in ways if w),
        lost=lost,
        nothing_in_common=any(d >= NOTHING_IN_COMMON for d in apart)
        or bool(stats.norm.cdf(np.mean(talks) / np.sqrt(2)) >= TALKS_APART),
    )


def _sums(
    snapshot: Snapshot, sums: CovariateSums, way: str, names: Sequence[str]
) -> GroupSums:
    replies = [b.n_messages for b in snapshot.blocks]
    return group_sums(sums, replies, snapshot.rows["persona"], text=way, chosen=names)


def _topics_moved(before: GroupSums, after: GroupSums, *, seed: int) -> bool:
    """Whether any column of what the user talked about differs, by whole groups."""
    sides = [
        BlockSums(
            s.x[:, len(NAMES) :],
            np.repeat(s.n[:, None], s.x.shape[1], 1)[:, len(NAMES) :],
        )
        for s in (before, after)
    ]
    if sides[0].num.shape[1] == 0:
        return False
    shuffles = shuffled_sides(
        len(before.n), len(after.n), N_SHUFFLES, np.random.default_rng(seed)
    )
    q = benjamini_hochberg(permutation_p(sides[0], sides[1], shuffles))
    return bool((np.nan_to_num(q, nan=1.0) <= LEVEL).any())


def _content(sums: CovariateSums, way: str) -> NDArray[np.intp]:
    """Places of the columns that say what the user talked about and asked for."""
    columns = sums.columns_of(way)
    places: NDArray[np.intp] = np.arange(len(NAMES) - len(REQUESTS), len(columns))
    return places


def _lost(before: GroupSums, after: GroupSums) -> tuple[str, ...]:
    """The user's rows that differ between the sides and hardly vary inside them."""
    n = before.n.sum() + after.n.sum()
    totals = [
        (s.n.sum(), s.x.sum(axis=0), np.diagonal(s.xx.sum(axis=0)))
        for s in (before, after)
    ]
    spread = np.sqrt(sum(np.maximum(xx - x**2 / m, 0) for m, x, xx in totals) / n)
    size = np.sqrt(sum(xx for _, _, xx in totals) / n)
    gap = np.abs(totals[1][1] / totals[1][0] - totals[0][1] / totals[0][0])
    lost = (gap > 1e-3 * size) & (gap >= NOTHING_IN_COMMON * spread)
    return tuple(row for i, row in enumerate(USER_ROWS) if lost[i])


def _row(
    test: RowTest,
    place: int,
    found: Mapping[str, Adjusted],
    confidence: float,
    lost: Sequence[str],
    n_looks: float,
) -> AdjustedRow:
    gaps = {way: float(f.effect[place]) for way, f in found.items()}
    p = {
        way: min(1.0, n_looks * float(np.nan_to_num(f.p[place], nan=1.0)))
        for way, f in found.items()
    }
    middle = _middle(gaps)
    low, high = (float(end[place]) for end in found[middle].interval(confidence))
    signs = {np.sign(gap) for gap in (*gaps.values(), test.gap)}
    return AdjustedRow(
        gap=gaps[middle],
        low=low,
        high=high,
        explained=test.gap - gaps[middle],
        p=max(p.values()),
        agree=len(signs) == 1,
        ways={way: (gaps[way], p[way]) for way in found if way},
        twin_lost=(test.spec.twin or test.spec.name) in lost,
    )


def _with_own_part(
    rows: Mapping[str, AdjustedRow], tests: Sequence[RowTest]
) -> dict[str, AdjustedRow]:
    """A ratio of both sides is the companion's only as far as its own part moved.

    Where the user writes longer and the replies stay as long as they were, the ratio
    falls by itself, whatever the slopes inside the periods say.
    """
    raw = {t.spec.name: t for t in tests}
    found = dict(rows)
    for test in tests:
        name, own = test.spec.name, test.spec.twin
        if name in rows and own in rows and own != name:
            same_way = np.sign(raw[own].gap) == np.sign(test.gap)
            found[name] = replace(
                rows[name],
                p=max(rows[name].p, rows[own].p, raw[own].p),
                agree=bool(rows[name].agree and rows[own].agree and same_way),
            )
    return found


def _middle(gaps: Mapping[str, float]) -> str:
    ordered = sorted(gaps, key=lambda way: (gaps[way], way))
    n = len(ordered)
    pair = ordered[(n - 1) // 2], ordered[n // 2]
    return min(pair, key=lambda way: abs(gaps[way]))
