"""From tested rows to verdicts: which rows changed, and what can be said overall."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_vault.diff.adjust import AdjustedRow, Adjustment
from persona_vault.diff.placebo import Alone
from persona_vault.diff.rows import RowTest
from persona_vault.diff.shown import shown_gap, shown_value
from persona_vault.findings import Change, Delta, Estimate, RowVerdict, Verdict
from persona_vault.plain import plain
from persona_vault.snapshot import RowSpec
from persona_vault.stats.multiplicity import benjamini_hochberg

LEVEL = 0.05
PROBABLY = 0.10
# Under this a significant row is called small: 5 points, or a factor of 1.12; for rows
# with a unit of their own, half of what counts as material there.
SMALL_RATE = 0.05
SMALL_FACTOR = math.log(1.12)
# Where the user's side explains less than the rest of this, what is left stands, even
# if small: smallness then does not say whose difference it is.
LEFT_WHOLE = 0.75
STEADY_SHARE = 0.70
POWER = 0.80
# A repertoire may be called steady when chance alone keeps talks this near (0..1).
NEAR = 0.10


def judged(
    persona: Sequence[RowTest],
    user: Sequence[Change],
    adjustment: Adjustment | None,
    alone: Mapping[str, Alone] | None = None,
) -> tuple[Change, ...]:
    """The companion's rows with verdicts, strongest first.

    Args:
        persona: The tested rows.
        user: The user's own rows, judged by `judged_user`.
        adjustment: For the user's side; None where none was possible: then a row whose
            twin moved is `cannot_separate`.
        alone: What the earlier period does by itself, by row, see `diff.placebo`.
    """
    moved = frozenset(
        c.dimension
        for c in user
        if c.verdict is RowVerdict.CHANGED and c.q is not None and c.q <= LEVEL
    )
    q, n_tested = corrected([t.p for t in persona], persona)
    left = {} if adjustment is None else adjustment.rows
    q_left, _ = corrected(
        [left[t.spec.name].p if t.spec.name in left else t.p for t in persona], persona
    )
    rows = []
    for i, test in enumerate(persona):
        row = _change(
            test,
            _number(float(q[i])),
            n_tested[test.spec.headline],
            (test.spec.twin or test.spec.name) in moved,
        )
        mine = left.get(test.spec.name)
        if mine is not None:
            row = _with_adjustment(row, test, mine, _number(float(q_left[i])))
        row = replace(row, verdict=_row_verdict(test, row, mine, adjustment))
        rows.append(with_dates(row, test, (alone or {}).get(test.spec.name)))
    return _sorted(
        [
            replace(r, small=_is_named_small(r, t))
            for r, t in zip(rows, persona, strict=True)
        ]
    )


def judged_user(user: Sequence[RowTest]) -> tuple[Change, ...]:
    """The user's own rows, by the same rules but for the adjustment."""
    return judged(user, (), None)


def corrected(
    p: Sequence[float], tests: Sequence[RowTest]
) -> tuple[NDArray[np.float64], dict[bool, int]]:
    """Benjamini-Hochberg over the headline rows, and over the others by themselves.

    Returns:
        The q of each, and how many rows were looked at, by `headline`.
    """
    q = np.full(len(tests), np.nan)
    n_tested = {}
    for headline in (True, False):
        # Descriptive rows are hints: they have a correction of their own.
        mine = [i for i, t in enumerate(tests) if t.spec.headline is headline]
        q[mine] = benjamini_hochberg(np.array([p[i] for i in mine]))
        n_tested[headline] = sum(not math.isnan(p[i]) for i in mine)
    return q, n_tested


def _change(test: RowTest, q: float | None, n_tested: int, user_moved: bool) -> Change:
    spec = test.spec
    return Change(
        dimension=spec.name,
        family=spec.family,
        title=spec.title,
        unit=spec.unit,
        scale=spec.scale,
        definition=spec.definition,
        headline=spec.headline,
        before=_estimate(test, 0),
        after=_estimate(test, 1),
        delta=_delta(test),
        effect_size=_hedges_g(test),
        own_sd_multiple=_own_sd_multiple(test),
        p=_number(test.p),
        q=q,
        verdict=RowVerdict.CANNOT_TELL,
        direction=_direction(test),
        smallest_visible=_smallest_visible(test, n_tested),
        user_moved=user_moved,
        n_blocks_with={
            when: (test.n_blocks_with[i], test.n_blocks[i])
            for i, when in enumerate(("before", "after"))
        },
        reason=test.reason,
    )


def _with_adjustment(
    row: Change, test: RowTest, left: AdjustedRow, q: float | None
) -> Change:
    """The row with what is left of its difference, in the words of its own delta."""
    delta = Delta(
        shown_gap(test.spec.scale, test.before, left.gap),
        shown_gap(test.spec.scale, test.before, left.low),
        shown_gap(test.spec.scale, test.before, left.high),
        row.delta.kind,
    )
    adjusted = {
        "delta": plain(delta),
        "explained": _explained(row.delta, delta),
        "p": left.p,
        "q": q,
        "agree": left.agree,
        "ways": {
            way: {"value": shown_gap(test.spec.scale, test.before, gap), "p": p}
            for way, (gap, p) in left.ways.items()
        },
    }
    return replace(row, adjusted=adjusted)


def _explained(raw: Delta, left: Delta) -> float | None:
    """Raw less what is left: points, units, or for factors hundredths of `before`."""
    if raw.value is None or left.value is None:
        return None
    scale = 100 if raw.kind == "ratio" else 1
    return scale * (raw.value - left.value)


def _row_verdict(
    test: RowTest, row: Change, left: AdjustedRow | None, adjustment: Adjustment | None
) -> RowVerdict:
    """The first that applies, in the documented order."""
    if test.reason:
        return RowVerdict.NOT_ENOUGH_DATA
    if row.q is None or row.q > PROBABLY:
        return RowVerdict.STEADY if _is_steady(test) else RowVerdict.CANNOT_TELL
    if adjustment is not None and adjustment.moved:
        return _verdict_moved(test, row, left, adjustment)
    if left is None and row.user_moved:
        return RowVerdict.CANNOT_SEPARATE
    return _by_certainty(test, row.q)


def _verdict_moved(
    test: RowTest, row: Change, left: AdjustedRow | None, adjustment: Adjustment
) -> RowVerdict:
    """Of a difference that was measured, where the user's side moved."""
    if adjustment.nothing_in_common:
        return RowVerdict.CANNOT_SEPARATE
    if left is None:
        # Two repertoires: nobody can adjust them, and subjects move them as well.
        if row.user_moved:
            return RowVerdict.CANNOT_SEPARATE
        return RowVerdict.PROBABLY_CHANGED
    q_left = (row.adjusted or {}).get("q")
    if not _holds(test, left) or q_left is None or q_left > PROBABLY:
        return _not_its_own(test, left)
    return _by_certainty(test, max(row.q or 0.0, q_left))


def with_dates(row: Change, test: RowTest, alone: Alone | None) -> Change:
    """The row with what the earlier period does by itself, and its gate applied."""
    if alone is None:
        return row
    gated = alone.gate == "failed" and row.verdict is RowVerdict.CHANGED

    def shown(gap: float) -> float | None:
        return shown_gap(test.spec.scale, test.before, gap)

    found, trend, placebo = alone.placebo, None, None
    if alone.trend is not None:
        trend = {
            "value": shown(alone.trend.rise),
            "weeks": alone.weeks,
            "p": alone.trend.p,
            "alike": _number(alone.likeness),
            "jump_p": None if alone.jump_p is None else _number(alone.jump_p),
        }
    if found is not None:
        differs = row.q is not None and row.q <= PROBABLY
        placebo = {
            "value": shown(found.gap),
            "n_blocks": found.window,
            "n_fakes": len(found.fakes),
            "n_as_large": found.n_as_large,
            "p": found.p,
            "fakes": [shown(x) for x in found.fakes.tolist()] if differs else [],
            "gate": alone.gate,
        }
    return replace(
        row,
        verdict=RowVerdict.PROBABLY_CHANGED if gated else row.verdict,
        trend=plain(trend),
        placebo=plain(placebo),
    )


def _by_certainty(test: RowTest, q: float) -> RowVerdict:
    strong = q <= LEVEL and test.spec.headline
    return RowVerdict.CHANGED if strong else RowVerdict.PROBABLY_CHANGED


def _holds(test: RowTest, left: AdjustedRow) -> bool:
    """Whether what is left goes the same way, and is of size or nearly the whole."""
    if not left.agree or left.twin_lost:
        return False
    least = min(_least_left(test.spec), LEFT_WHOLE * abs(test.gap))
    return abs(left.gap) >= least


def _not_its_own(test: RowTest, left: AdjustedRow) -> RowVerdict:
    """A difference was measured, and the adjustment did not leave it standing."""
    gone = abs(left.gap) < abs(test.gap) / 2 and left.low <= 0 <= left.high
    if gone and not left.twin_lost:
        return RowVerdict.EXPLAINED_BY_YOUR_SIDE
    return RowVerdict.CANNOT_SEPARATE


def _least_left(spec: RowSpec) -> float:
    least = {"rate": SMALL_RATE, "mean": spec.material / 2}
    return least.get(spec.scale, SMALL_FACTOR)


def _is_steady(test: RowTest) -> bool:
    """Two one-sided tests at 5 %: the 90 % interval lies inside what is material."""
    if test.spec.scale == "distribution":
        return test.null_high - test.null_mean < NEAR and test.gap <= test.null_high
    low, high = test.ci90_gap
    return -test.spec.material < low and high < test.spec.material


def _is_named_small(row: Change, test: RowTest) -> bool:
    return row.q is not None and row.q <= PROBABLY and _is_small(test)


def _is_small(test: RowTest) -> bool:
    if test.spec.scale == "distribution":
        return test.gap - test.null_mean < NEAR
    return abs(test.gap) < _least_left(test.spec)


def _direction(test: RowTest) -> str:
    if test.spec.scale == "distribution" or math.isnan(test.gap) or test.gap == 0:
        return "none"
    return "up" if test.gap > 0 else "down"


def _estimate(test: RowTest, i: int) -> Estimate:
    scale = test.spec.scale
    low, high = (test.ci_before, test.ci_after)[i]
    return Estimate(
        shown_value(scale, (test.before, test.after)[i]),
        shown_value(scale, low),
        shown_value(scale, high),
        test.n[i],
        test.n_blocks[i],
    )


def _delta(test: RowTest) -> Delta:
    scale = test.spec.scale
    if scale == "distribution":
        return Delta(_number(test.gap), None, None, "distance", _number(test.null_high))
    kind = "ratio" if scale in ("log", "log_ratio") else "difference"
    value, low, high = (
        shown_gap(scale, test.before, gap) for gap in (test.gap, *test.ci_gap)
    )
    return Delta(value, low, high, kind)


def _hedges_g(test: RowTest) -> float | None:
    """Difference of block means over their pooled sd, corrected for small samples."""
    b, a = test.block_means
    df = len(b) + len(a) - 2
    if test.spec.scale == "distribution" or min(len(b), len(a)) < 2:
        return None
    pooled = math.sqrt(
        ((len(b) - 1) * b.var(ddof=1) + (len(a) - 1) * a.var(ddof=1)) / df
    )
    if pooled == 0:
        return None
    return float((a.mean() - b.mean()) / pooled * (1 - 3 / (4 * df - 1)))


def _own_sd_multiple(test: RowTest) -> float | None:
    b = test.block_means[0]
    if test.spec.scale == "distribution" or len(b) < 2 or b.std(ddof=1) == 0:
        return None
    return _number(float(test.gap / b.std(ddof=1)))


def _smallest_visible(test: RowTest, n_tested: int) -> float | None:
    """The gap that this much text shows in 4 of 5 tries, at the level of a lone row.

    (t(1 - level/2) + t(power)) * standard error, with the level divided by the number
    of rows looked at: what Benjamini-Hochberg asks of a row that changed alone.
    """
    if math.isnan(test.se) or n_tested == 0:
        return None
    df = min(test.df, 1e9)
    reach = stats.t.ppf(1 - LEVEL / n_tested / 2, df) + stats.t.ppf(POWER, df)
    return shown_gap(test.spec.scale, test.before, float(reach) * test.se)


def _number(x: float) -> float | None:
    return None if math.isnan(x) else x


_ORDER = (
    RowVerdict.CHANGED,
    RowVerdict.PROBABLY_CHANGED,
    RowVerdict.CANNOT_SEPARATE,
    RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    RowVerdict.STEADY,
    RowVerdict.CANNOT_TELL,
    RowVerdict.NOT_ENOUGH_DATA,
)


def _sorted(rows: Sequence[Change]) -> tuple[Change, ...]:
    """By verdict, headline rows first, then by certainty and size."""

    def key(row: Change) -> tuple[int, bool, float, float, str]:
        return (
            _ORDER.index(row.verdict),
            not row.headline,
            1.0 if row.q is None else round(row.q, 4),
            -abs(row.effect_size or 0.0),
            row.dimension,
        )

    return tuple(sorted(rows, key=key))


def overall(
    changes: Sequence[Change],
    together: float | None = None,
    user_together: float | None = None,
) -> Verdict:
    """What can be said of the whole, from the headline rows.

    `together` and `user_together` are the p of all rows at once on either side. They
    count only where no single row passed: then `probably_changed`, or `confounded`
    where the user's side as a whole moved too.
    """
    verdicts = [c.verdict for c in changes if c.headline]
    if RowVerdict.CHANGED in verdicts:
        return Verdict.CHANGED
    if RowVerdict.PROBABLY_CHANGED in verdicts:
        return Verdict.PROBABLY_CHANGED
    if {RowVerdict.CANNOT_SEPARATE, RowVerdict.EXPLAINED_BY_YOUR_SIDE} & set(verdicts):
        return Verdict.CONFOUNDED
    if together is not None and together <= LEVEL:
        user_moved = user_together is not None and user_together <= LEVEL
        return Verdict.CONFOUNDED if user_moved else Verdict.PROBABLY_CHANGED
    enough = [v for v in verdicts if v is not RowVerdict.NOT_ENOUGH_DATA]
    if not enough:
        return Verdict.NOT_ENOUGH_DATA
    steady = enough.count(RowVerdict.STEADY) / len(enough)
    return Verdict.STEADY if steady >= STEADY_SHARE else Verdict.CANNOT_TELL
