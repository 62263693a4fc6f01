"""The test of each row: two snapshots in, one result per row and side of the talk out.

The rule of a test depends on the amount of data alone, never on the outcome:

- fewer than 4 blocks or 20 occasions on a side, or fewer than 10 uses or non-uses in
  all: not tested, and not counted among the rows looked at;
- at least 10 blocks on both sides: shuffling whole blocks, resampled intervals;
- between: a t-test on turns that knows how alike the turns of one block are.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.snapshot import RowSpec, RowSums, Snapshot
from persona_vault.stats.blocks import (
    BlockSums,
    Bootstrap,
    Shuffled,
    bootstrap,
    permutation_p,
    ratio_and_variance,
    row_p,
    shuffled,
    shuffled_sides,
    t_interval,
)
from persona_vault.stats.distance import jensen_shannon, shuffled_distances
from persona_vault.stats.few_blocks import TurnMoments, few_blocks_test
from persona_vault.stats.rare import difference_interval, has_few, rare_interval
from persona_vault.stats.series import lag_one, pair_up

Array = NDArray[np.float64]

LEAST_BLOCKS = 4
LEAST_OCCASIONS = 20
LEAST_USES = 10
SHUFFLING_FROM = 10
N_SHUFFLES = 9_999
N_RESAMPLES = 1_999
# Neighbouring blocks are joined while those of `before` are this alike...
ALIKE, ALIKE_P = 0.2, 0.05
# ... and as long as this many are left.
LEAST_JOINED = 8
# One thing counted in two ways, by talk and by what could have been brought up in it:
# the more the user tells, the one grows or the other falls though nothing changed. Both
# have to move the same way, the larger p counts, and only the first is told.
COUNTED_TWICE = {"recall": "recall_by_fact", "asked_again": "asked_again_by_fact"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTest:
    """What the blocks say of one row on one side of the talk, in the row's own scale.

    Attributes:
        before, after: Ratio of sums, NaN without occasion.
        ci_before, ci_after, ci_gap: Intervals at the confidence asked for.
        ci90_gap: The 90 % interval, for equivalence.
        se, df: Standard error of the gap, degrees of freedom (inf when resampled).
        p: NaN where the row was not tested.
        test: "shuffled blocks", "t-test", or "" where not tested.
        joined: How many blocks were joined to one for the weaker second test; 1 = none.
        reason: Why it was not tested, "" where it was.
        block_means: Means of the blocks with an occasion, before and after.
        null_mean, null_high: For distances: what shuffled talks give.
    """

    spec: RowSpec
    n: tuple[int, int]
    n_blocks: tuple[int, int]
    n_blocks_with: tuple[int, int]
    before: float
    after: float
    gap: float
    ci_before: tuple[float, float]
    ci_after: tuple[float, float]
    ci_gap: tuple[float, float]
    ci90_gap: tuple[float, float]
    se: float
    df: float
    p: float
    test: str
    joined: int = 1
    reason: str = ""
    block_means: tuple[Array, Array]
    null_mean: float = float("nan")
    null_high: float = float("nan")


NAN = float("nan")
NO_INTERVAL = (NAN, NAN)


@dataclass(frozen=True, slots=True)
class Draws:
    """One set of shuffles for all rows, sides and tests of a comparison.

    Attributes:
        sides: Which blocks count as `after` in each shuffle, (draws, blocks).
        rng: As it stands after them; copied before use.
    """

    sides: NDArray[np.bool_]
    rng: np.random.Generator


def draw_sides(before: Snapshot, after: Snapshot, seed: int) -> Draws:
    """The shuffles of two snapshots' blocks; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    sides = shuffled_sides(len(before.blocks), len(after.blocks), N_SHUFFLES, rng)
    return Draws(sides, rng)


@dataclass(frozen=True, slots=True)
class SideTests:
    """The rows of one side of the talk, tested.

    Attributes:
        rows: In the order of the catalogue.
        names: The tested rows that are ratios, in the order of `shuffled`.
        shuffled: Their differences in every shuffle, None without any.
    """

    rows: list[RowTest]
    names: tuple[str, ...]
    shuffled: Shuffled | None

    def shuffles_of(self, names: Sequence[str]) -> Shuffled | None:
        """The differences of some rows; None without any."""
        if self.shuffled is None or not names:
            return None
        return self.shuffled.of(np.array([self.names.index(n) for n in names]))


def run_tests(
    before: Snapshot,
    after: Snapshot,
    side: str,
    *,
    confidence: float,
    seed: int,
    draws: Draws | None = None,
) -> SideTests:
    """Test every row that both snapshots hold, on one side ("persona" or "user").

    All rows share one set of shuffles and one set of resamples, so that their
    correlation is kept; the same seed gives the same numbers. `draws` are those of
    `draw_sides` with the same seed, for use on both sides; None = made here.
    """
    names = [n for n in before.specs if n in after.specs]
    drawn = draws or draw_sides(before, after, seed)
    found = {n: _start(before, after, side, n) for n in names}
    ratios = [n for n in names if before.specs[n].scale != "distribution"]
    testable = [n for n in ratios if not found[n].reason]
    shuffles = None
    if testable:
        pair = _sums(before, side, testable), _sums(after, side, testable)
        shuffles = shuffled(*pair, drawn.sides)
        _test_by_shuffles(found, testable, pair, (drawn, shuffles), confidence)
    for name in testable:
        if not _many(found[name]):
            found[name] = _few(before, after, side, found[name], confidence)
        found[name] = _weaker_when_alike(before, after, side, found[name], seed)
    for name in names:
        if name not in ratios and not found[name].reason:
            found[name] = _distance(before, after, side, found[name], drawn.sides)
    second = COUNTED_TWICE.values()
    rows = [_of_both_counts(found[n], found) for n in names if n not in second]
    return SideTests(rows, tuple(testable), shuffles)


def _test_by_shuffles(
    found: dict[str, RowTest],
    testable: Sequence[str],
    pair: tuple[BlockSums, BlockSums],
    drawn: tuple[Draws, Shuffled],
    confidence: float,
) -> None:
    """Put p and intervals of the rows with enough blocks into `found`."""
    places = [i for i, name in enumerate(testable) if _many(found[name])]
    if not places:
        return
    draws, shuffles = drawn
    p = row_p(shuffles.of(np.array(places)))
    before, after = (side.of(places) for side in pair)
    resampled = bootstrap(before, after, N_RESAMPLES, deepcopy(draws.rng))
    for i, place in enumerate(places):
        name = testable[place]
        row = _with_intervals(found[name], resampled, i, confidence)
        found[name] = replace(
            _where_rare(row, (before.of([i]), after.of([i])), confidence),
            p=float(p[i]),
            test="shuffled blocks",
        )


def _of_both_counts(test: RowTest, found: Mapping[str, RowTest]) -> RowTest:
    other = found.get(COUNTED_TWICE.get(test.spec.name, ""))
    if other is None or np.isnan(test.p):
        return test
    if np.isnan(other.p) or test.gap * other.gap < 0:
        return replace(test, p=1.0)
    return replace(test, p=max(test.p, other.p))


def _many(test: RowTest) -> bool:
    return min(test.n_blocks) >= SHUFFLING_FROM


def _start(before: Snapshot, after: Snapshot, side: str, name: str) -> RowTest:
    """Counts and plain estimates, and whether there is enough to test."""
    b, a = before.rows[side][name], after.rows[side][name]
    ratio_b, ratio_a = _ratio(b), _ratio(a)
    spec = after.specs[name]
    test = RowTest(
        spec=spec,
        n=(int(b.column("n").sum()), int(a.column("n").sum())),
        n_blocks=(_n_nonzero(b, "n"), _n_nonzero(a, "n")),
        n_blocks_with=(_n_nonzero(b, "n_positive"), _n_nonzero(a, "n_positive")),
        before=ratio_b,
        after=ratio_a,
        gap=ratio_a - ratio_b,
        ci_before=NO_INTERVAL,
        ci_after=NO_INTERVAL,
        ci_gap=NO_INTERVAL,
        ci90_gap=NO_INTERVAL,
        se=NAN,
        df=NAN,
        p=NAN,
        test="",
        block_means=(_means(b), _means(a)),
    )
    return replace(test, reason=_too_little(test, (b, a), (before, after)))


def _too_little(
    test: RowTest, rows: tuple[RowSums, RowSums], pair: tuple[Snapshot, Snapshot]
) -> str:
    """Why the row cannot be tested; blind to which side is which."""
    if min(test.n) == 0:
        readable = test.spec.languages
        spoken = {x.language for s in pair for x in s.blocks}
        unreadable = readable is not None and not spoken & set(readable)
        return "language" if spoken and unreadable else "no_occasion"
    if min(test.n_blocks) < LEAST_BLOCKS:
        return "few_blocks"
    if min(test.n) < LEAST_OCCASIONS:
        return "few_messages"
    both = rows[0].table.sum(axis=0) + rows[1].table.sum(axis=0)
    n, n_positive, n_full, num, _, num2, *_ = (float(x) for x in both)
    if test.spec.scale == "rate":
        return "too_rare" if min(n_positive, n - n_full) < LEAST_USES else ""
    if test.spec.scale == "distribution":
        return "too_rare" if n_positive < LEAST_USES else ""
    constant = num2 - num**2 / n <= 1e-9 * max(num2, 1.0)
    return "too_rare" if constant else ""


def _n_nonzero(row: RowSums, column: str) -> int:
    return int((row.column(column) > 0).sum())


def _ratio(row: RowSums) -> float:
    total = float(row.column("den").sum())
    return float(row.column("num").sum()) / total if total > 0 else NAN


def _means(row: RowSums) -> Array:
    num, den = row.column("num"), row.column("den")
    means: Array = num[den > 0] / den[den > 0]
    return means


def _sums(snapshot: Snapshot, side: str, names: list[str]) -> BlockSums:
    rows = [snapshot.rows[side][n] for n in names]
    shape = (len(snapshot.blocks), len(names))
    return BlockSums(
        np.array([r.column("num") for r in rows]).T.reshape(shape),
        np.array([r.column("den") for r in rows]).T.reshape(shape),
    )


def _moments(row: RowSums) -> TurnMoments:
    """One row as the few-blocks test takes it, shape (b, 1)."""
    keys = ("n", "num", "den", "num2", "numden", "den2")
    return TurnMoments(*(row.column(k)[:, None] for k in keys))


def _with_intervals(
    test: RowTest, resampled: Bootstrap, i: int, confidence: float
) -> RowTest:
    r, spec = resampled, test.spec

    def interval(
        value: float, se: Array, t: Array, level: float
    ) -> tuple[float, float]:
        low, high = t_interval(np.array([value]), se[[i]], t[:, [i]], level)
        return float(low[0]), float(high[0])

    return replace(
        test,
        ci_before=_bounded(
            spec, interval(test.before, r.se_before, r.t_before, confidence)
        ),
        ci_after=_bounded(
            spec, interval(test.after, r.se_after, r.t_after, confidence)
        ),
        ci_gap=interval(test.gap, r.se_gap, r.t_gap, confidence),
        ci90_gap=interval(test.gap, r.se_gap, r.t_gap, 0.9),
        se=float(r.se_gap[i]),
        df=float("inf"),
    )


def _where_rare(
    test: RowTest, pair: tuple[BlockSums, BlockSums], confidence: float
) -> RowTest:
    """Other intervals for shares that few blocks show; `ci90_gap`, p and se stay.

    The difference resamples well as long as one side has enough of such blocks.
    """
    if test.spec.scale != "rate":
        return test
    few = [bool(has_few(side)[0]) for side in pair]
    before, after = (
        _only(rare_interval(side, confidence)) if is_few else shown
        for side, is_few, shown in zip(
            pair, few, (test.ci_before, test.ci_after), strict=True
        )
    )
    gap = test.ci_gap
    if all(few):
        gap = difference_interval((test.before, test.after), before, after)
    return replace(test, ci_before=before, ci_after=after, ci_gap=gap)


def _only(ends: tuple[Array, Array]) -> tuple[float, float]:
    return float(ends[0][0]), float(ends[1][0])


def _bounded(spec: RowSpec, interval: tuple[float, float]) -> tuple[float, float]:
    """A share cannot leave 0..1."""
    low, high = interval
    return (max(low, 0.0), min(high, 1.0)) if spec.scale == "rate" else (low, high)


def _few(
    before: Snapshot, after: Snapshot, side: str, test: RowTest, confidence: float
) -> RowTest:
    name = test.spec.name
    found = few_blocks_test(
        _moments(before.rows[side][name]), _moments(after.rows[side][name])
    )
    df, se = float(found.df[0]), float(found.se[0])

    def interval(
        value: float, spread: float, freedom: float, level: float
    ) -> tuple[float, float]:
        reach = float(stats.t.ppf((1 + level) / 2, max(freedom, 1.0))) * spread
        return value - reach, value + reach

    se_b, se_a = float(found.se_before[0]), float(found.se_after[0])
    n_b, n_a = test.n_blocks
    return replace(
        test,
        ci_before=_bounded(test.spec, interval(test.before, se_b, n_b - 1, confidence)),
        ci_after=_bounded(test.spec, interval(test.after, se_a, n_a - 1, confidence)),
        ci_gap=interval(test.gap, se, df, confidence),
        ci90_gap=interval(test.gap, se, df, 0.9),
        se=se,
        df=df,
        p=float(found.p[0]),
        test="t-test",
    )


def _weaker_when_alike(
    before: Snapshot, after: Snapshot, side: str, test: RowTest, seed: int
) -> RowTest:
    """Test again with neighbouring blocks joined where those of `before` are alike.

    The larger p counts. Without times there is no order to be alike in.
    """
    name = test.spec.name
    tables = [in_time_order(s, side, name) for s in (before, after)]
    if tables[0] is None or tables[1] is None:
        return test
    b, a = tables[0][:, :2], tables[1][:, :2]
    n_joined = 1
    while min(len(b), len(a)) >= 2 * LEAST_JOINED and _alike(b):
        b, a, n_joined = pair_up(b), pair_up(a), 2 * n_joined
    if n_joined == 1:
        return test
    pair = _as_sums(b), _as_sums(a)
    if min(len(b), len(a)) >= SHUFFLING_FROM:
        sides = shuffled_sides(len(b), len(a), N_SHUFFLES, np.random.default_rng(seed))
        p = float(permutation_p(*pair, sides)[0])
    else:
        p = _welch(*pair)
    return replace(test, p=max(test.p, p), joined=n_joined)


def in_time_order(snapshot: Snapshot, side: str, name: str) -> Array | None:
    """(num, den, seconds) of the blocks with an occasion; None if any is undated."""
    if any(x.started_at is None for x in snapshot.blocks):
        return None
    row = snapshot.rows[side][name]
    at = np.array([x.started_at.timestamp() for x in snapshot.blocks if x.started_at])
    table = np.column_stack([row.column("num"), row.column("den"), at])
    table = table[np.argsort(at)]
    kept: Array = table[table[:, 1] > 0]
    return kept


def _alike(table: Array) -> bool:
    r, p = lag_one(table[:, 0] / table[:, 1])
    return bool(r > ALIKE and p < ALIKE_P)


def _as_sums(table: Array) -> BlockSums:
    return BlockSums(table[:, :1], table[:, 1:])


def _welch(before: BlockSums, after: BlockSums) -> float:
    """Two-sided Welch test on joined blocks, too few of them to shuffle."""
    found = [ratio_and_variance(s.stacked().sum(axis=0)) for s in (before, after)]
    gap = float(found[1][0][0] - found[0][0][0])
    v = [float(f[1][0]) for f in found]
    if sum(v) <= 0:
        return 1.0
    df = sum(v) ** 2 / sum(
        x**2 / (s.n_blocks - 1) for x, s in zip(v, (before, after), strict=True)
    )
    return float(2 * stats.t.sf(abs(gap) / np.sqrt(sum(v)), df))


def _distance(
    before: Snapshot,
    after: Snapshot,
    side: str,
    test: RowTest,
    sides: NDArray[np.bool_],
) -> RowTest:
    """Compare two repertoires; p = share of shuffled talks at least as far apart."""
    rows = (before.rows[side][test.spec.name], after.rows[side][test.spec.name])
    counts = _count_table([c for r in rows for c in (r.counts or ())])
    n = len(before.blocks)
    observed = float(jensen_shannon(counts[:n].sum(axis=0), counts[n:].sum(axis=0)))
    null = shuffled_distances(counts, sides)
    # A shuffle with one empty side says nothing against chance.
    null = np.where(np.isnan(null), 1.0, null)
    p = (1 + int((null >= observed - 1e-12).sum())) / (1 + len(null))
    return replace(
        test,
        before=NAN,
        after=NAN,
        gap=observed,
        p=p,
        test="shuffled blocks",
        null_mean=float(null.mean()),
        null_high=float(np.quantile(null, 0.95)),
    )


def _count_table(blocks: Sequence[Mapping[str, int]]) -> Array:
    """Counts by block and kind, kinds in a fixed order, shape (b, k)."""
    kinds = {kind: i for i, kind in enumerate(sorted({k for c in blocks for k in c}))}
    table = np.zeros((len(blocks), len(kinds)))
    for i, counts in enumerate(blocks):
        for kind, n in counts.items():
            table[i, kinds[kind]] = n
    return table
