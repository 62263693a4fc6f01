"""The gate of fake dates: a row that was moving already is not called firmly changed.

Asked only where the earlier period shows that it moves by itself: a trend, or blocks
alike their neighbours. Elsewhere the fake dates are told and decide nothing. Where it
has a trend, the row must also jump at the date, beyond lines through both periods.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from persona_vault.diff.rows import ALIKE, ALIKE_P, Array, RowTest, in_time_order
from persona_vault.snapshot import Snapshot
from persona_vault.stats.placebo import LEAST_FAKES, LEVEL, Placebo, Trend, jump_p
from persona_vault.stats.placebo import placebo as fake_dates
from persona_vault.stats.placebo import trend as trend_of
from persona_vault.stats.series import lag_one

TREND_P = 0.05
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What the earlier period does by itself in one row, in the row's own scale.

    Attributes:
        placebo: None where no window fits.
        trend: None where there are too few blocks.
        weeks: From the first block of the earlier period to its last.
        likeness: Lag-one autocorrelation of its blocks, NaN with too few.
        moves: Whether it has a trend, or blocks alike their neighbours.
        jump_p: Of a jump at the date beyond lines through both periods; None without
            a trend.
        gate: "passed", "failed", "not_asked" (the earlier period does not move by
            itself) or "unavailable" (fewer than 9 fake dates).
    """

    placebo: Placebo | None
    trend: Trend | None
    weeks: float
    likeness: float
    moves: bool
    jump_p: float | None
    gate: str


def before_alone(
    before: Snapshot, after: Snapshot, tests: Sequence[RowTest]
) -> dict[str, Alone]:
    """The companion's tested rows by name; none where any block has no date.

    Repertoires have no order to drift in and are left out.
    """
    found = {}
    for test in tests:
        if not test.test or test.spec.scale == "distribution":
            continue
        tables = [in_time_order(s, "persona", test.spec.name) for s in (before, after)]
        if tables[0] is not None and tables[1] is not None:
            found[test.spec.name] = _alone(tables[0], tables[1])
    return found


def _alone(before: Array, after: Array) -> Alone:
    """Of (num, den, seconds) by block."""
    fakes = fake_dates(before[:, :2], after[:, :2])
    rise = trend_of(before[:, :2], before[:, 2])
    likeness, p = lag_one(before[:, 0] / before[:, 1])
    drifts = rise is not None and rise.p < TREND_P
    moves = drifts or bool(likeness > ALIKE and p < ALIKE_P)
    jump = jump_p(before, after) if drifts else None
    return Alone(
        placebo=fakes,
        trend=rise,
        weeks=float(np.ptp(before[:, 2]) / WEEK) if len(before) else 0.0,
        likeness=likeness,
        moves=moves,
        jump_p=jump,
        gate=_gate(fakes, moves, jump),
    )


def _gate(fakes: Placebo | None, moves: bool, jump: float | None) -> str:
    if fakes is None or len(fakes.fakes) < LEAST_FAKES:
        return "unavailable"
    if not moves:
        return "not_asked"
    # A p that cannot be told (no blocks left to judge by) decides nothing.
    jumps = jump is None or not jump > LEVEL
    return "passed" if fakes.p <= LEVEL and jumps else "failed"
