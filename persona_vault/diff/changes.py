"""When a companion's messages changed, the date unknown.

Known dates are tested first; several share the level. Then a scan looks at every talk;
what it finds is a candidate until the full comparison of the stretches on both sides
confirms it, with every p doubled because the date was chosen by looking.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_vault.diff.compare import diff_snapshots
from persona_vault.diff.rows import LEAST_BLOCKS, LEAST_OCCASIONS
from persona_vault.findings import (
    ChangePoint,
    Changes,
    KnownDate,
    PersonaDiff,
    RowVerdict,
    Verdict,
)
from persona_vault.model import ClaimPart, Event, Persona
from persona_vault.plain import plain
from persona_vault.snapshot import Snapshot, take_snapshot
from persona_vault.snapshot.take import measured_blocks
from persona_vault.stats.blocks import BlockSums
from persona_vault.stats.dates import Cut, Found, find_dates
from persona_vault.stats.multiplicity import benjamini_hochberg
from persona_vault.store.vault import Vault
from persona_vault.timeline import model_switches
from persona_vault.wording.changes import changes_note

MOST_UNITS = 100
LEAST_REPLIES = 5  # of one unit
LEAST_UNITS = 16
NEAR = timedelta(days=7)
WINDOW = timedelta(days=90)
LEAST_USES = 10
LENGTH = "message_length"
NAMED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
FIRM = (Verdict.CHANGED, Verdict.PROBABLY_CHANGED, Verdict.CONFOUNDED)
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class _Known:
    """A date that was there before anyone looked."""

    at: datetime
    title: str
    source: str


def find_change_points(
    vault: Vault,
    persona: str | None = None,
    *,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> Changes:
    """Look over a companion's whole talk for the dates at which it changed.

    `processes`: as for `take_snapshot`.

    Raises:
        UnknownPersonaError: No companion was named and there is not exactly one.
    """
    who = vault.persona(persona)
    snapshot = take_snapshot(vault, who.name, progress=progress, processes=processes)
    events = vault.events(who.name)
    with vault.read() as connection:
        switches = model_switches(connection, who.id)
    known = [_Known(e.at, e.title, e.source) for e in events]
    known += [
        _Known(s.at, f"{s.before} gives way to {s.after}", "observed")
        for s in switches
        if s.part is ClaimPart.ANSWERED
    ]
    found = find_changes(snapshot, known=known, events=events, seed=seed)
    if not any(_is_undated(point) for point in found.change_points):
        return found
    points = tuple(_numbered(vault, who, found.change_points))
    numbered = replace(found, change_points=points)
    return replace(numbered, note=changes_note(numbered))


def _numbered(
    vault: Vault, who: Persona, points: Sequence[ChangePoint]
) -> Iterator[ChangePoint]:
    """Undated points with the numbers of their first messages."""
    shown = (m.id for m in vault.messages(who.name))
    number = {message_id: n for n, message_id in enumerate(shown, 1)}
    messages = vault.messages(who.name, shown_only=False)
    first = [
        next(number[m.id] for m in measured.block.messages if m.id in number)
        for measured in measured_blocks(messages, who)
    ]
    for point in points:
        yield (
            replace(
                point,
                message=first[point.block - 1],
                low_message=first[point.low_block - 1],
                high_message=first[point.high_block - 1],
            )
            if _is_undated(point)
            else point
        )


def _is_undated(point: ChangePoint) -> bool:
    return None in (point.at, point.low, point.high)


def find_changes(
    snapshot: Snapshot,
    *,
    known: Sequence[_Known] = (),
    events: Sequence[Event] = (),
    seed: int = 0,
) -> Changes:
    """Look for change dates in one snapshot of a whole talk.

    Args:
        snapshot: All of the talk.
        known: Dates to test first.
        events: The timeline, to name what lies near a date that was found.
        seed: Of the shuffles; the same seed gives the same answer.
    """
    order = _reading_order(snapshot)
    tested = _known_dates(snapshot, order, known, seed)
    units = _units(snapshot, order)
    rows = _rows(snapshot)
    found = Found(None)
    if rows and len(units) >= LEAST_UNITS:
        sums = _unit_sums(snapshot, rows, units)
        found = find_dates(sums, np.random.default_rng(seed))
    points = _confirmed(snapshot, units, found, events, seed)
    ramp = None if found.ramp is None else [units[i] for i in found.ramp]
    answer = Changes(
        persona=snapshot.persona,
        known_dates=tested,
        change_points=points,
        gradual=ramp is not None,
        gradual_since=None if ramp is None else _starts(snapshot, ramp[0]),
        gradual_until=None if ramp is None else _starts(snapshot, ramp[1]),
        maybe_gradual=len(points) == 1 and found.ramp_p is not None,
        p=found.p,
        n_blocks=len(snapshot.blocks),
        n_messages=snapshot.n_messages,
        note="",
        method={
            "n_units": len(units),
            "n_rows": len(rows),
            "likeness_of_neighbours": found.alike,
            "p_gradual": found.ramp_p,
            "seed": seed,
            "tool_version": snapshot.tool_version,
            "catalogue_version": snapshot.catalogue_version,
        },
    )
    return replace(answer, note=changes_note(answer))


def _reading_order(snapshot: Snapshot) -> list[int]:
    """Blocks in time order; as they stand where any is undated."""
    places = list(range(len(snapshot.blocks)))
    times = [block.started_at for block in snapshot.blocks]
    if any(at is None for at in times):
        return places
    return sorted(places, key=lambda i: (str(times[i]), i))


def _units(snapshot: Snapshot, order: Sequence[int]) -> list[list[int]]:
    """Neighbouring blocks put together: enough replies each, and not too many units."""
    n = sum(snapshot.blocks[i].n_messages for i in order)
    wanted = max(LEAST_REPLIES, n / MOST_UNITS)
    units: list[list[int]] = [[]]
    held = 0
    for i in order:
        units[-1].append(i)
        held += snapshot.blocks[i].n_messages
        if held >= wanted:
            units.append([])
            held = 0
    if held < wanted / 2 and len(units) > 1:  # a small rest joins the last one
        rest = units.pop()
        units[-1] += rest
    return [unit for unit in units if unit]


def _rows(snapshot: Snapshot) -> list[str]:
    """Headline rows with enough uses and non-uses, blind to any date."""
    found = []
    for name, spec in snapshot.specs.items():
        if not spec.headline or spec.scale == "distribution":
            continue
        row = snapshot.rows["persona"][name]
        n, positive = row.column("n").sum(), row.column("n_positive").sum()
        enough = n >= 4 * LEAST_USES
        if spec.scale == "rate":
            full = row.column("n_full").sum()
            enough = enough and min(positive, n - full) >= LEAST_USES
        if enough:
            found.append(name)
    return found


def _unit_sums(
    snapshot: Snapshot, rows: Sequence[str], units: Sequence[Sequence[int]]
) -> BlockSums:
    def table(column: str) -> NDArray[np.float64]:
        blocks = np.array([snapshot.rows["persona"][r].column(column) for r in rows]).T
        return np.array([blocks[unit].sum(axis=0) for unit in units])

    return BlockSums(table("num"), table("den"))


def _confirmed(
    snapshot: Snapshot,
    units: Sequence[Sequence[int]],
    found: Found,
    events: Sequence[Event],
    seed: int,
) -> tuple[ChangePoint, ...]:
    """Each candidate with the full comparison of the stretches beside it."""
    ends = [0, *(cut.at for cut in found.cuts), len(units)]
    stretches = [
        [i for unit in units[first:last] for i in unit]
        for first, last in pairwise(ends)
    ]
    points = []
    for cut, (before, after) in zip(found.cuts, pairwise(stretches), strict=True):
        diff = diff_snapshots(
            snapshot.part(before), snapshot.part(after), seed=seed, n_looks=2
        )
        points.append(_point(snapshot, units, cut, diff, events))
    return tuple(points)


def _point(
    snapshot: Snapshot,
    units: Sequence[Sequence[int]],
    cut: Cut,
    diff: PersonaDiff,
    events: Sequence[Event],
) -> ChangePoint:
    at = units[min(cut.at, len(units) - 1)]
    # It came after the last talk of the old kind; inside a unit nobody has looked.
    low, high = units[max(cut.low - 1, 0)], units[min(cut.high, len(units) - 1)][-1:]
    named = _named(diff)
    dates = [_starts(snapshot, unit) for unit in (at, low, high)]
    return ChangePoint(
        at=dates[0],
        low=dates[1],
        high=dates[2],
        block=at[0] + 1,
        low_block=low[0] + 1,
        high_block=high[0] + 1,
        p=cut.p,
        score=cut.score,
        verdict=diff.verdict,
        dimensions=tuple(row.dimension for row in named),
        changes=named,
        near_events=tuple(plain(e) for e in events if _is_near(e, dates[1:])),
    )


def _named(diff: PersonaDiff) -> tuple[Any, ...]:
    """Headline rows that the comparison calls changed, the largest first."""
    rows = [c for c in diff.changes if c.headline and c.verdict in NAMED]
    return tuple(sorted(rows, key=lambda c: -abs(c.own_sd_multiple or 0.0)))


def _starts(snapshot: Snapshot, unit: Sequence[int]) -> datetime | None:
    return snapshot.blocks[unit[0]].started_at


def _is_near(event: Event, span: Sequence[datetime | None]) -> bool:
    low, high = span
    if low is None or high is None:
        return False
    return low - NEAR <= event.at <= high + NEAR


def _known_dates(
    snapshot: Snapshot, order: Sequence[int], known: Sequence[_Known], seed: int
) -> tuple[KnownDate, ...]:
    """Each known date between its neighbours, so that they are not told for it."""
    dates = sorted(known, key=lambda k: (k.at, k.title))
    parts = [(d, *_beside(snapshot, order, dates, d)) for d in dates]
    parts = [part for part in parts if part[1] and part[2]]
    diffs = [
        diff_snapshots(snapshot.part(before), snapshot.part(after), seed=seed)
        for _, before, after in parts
    ]
    n_looks = _looks(diffs)
    found = []
    for (date, before, after), alone in zip(parts, diffs, strict=True):
        diff = alone
        # A larger p takes no other verdict back.
        if n_looks > 1 and alone.verdict in FIRM:
            sides = snapshot.part(before), snapshot.part(after)
            diff = diff_snapshots(*sides, seed=seed, n_looks=n_looks)
        length = next((c for c in diff.changes if c.dimension == LENGTH), None)
        found.append(
            KnownDate(
                at=date.at,
                title=date.title,
                source=date.source,
                verdict=diff.verdict,
                dimensions=tuple(row.dimension for row in _named(diff)),
                n_before=diff.before.n_messages,
                n_after=diff.after.n_messages,
                smallest_length=None if length is None else length.smallest_visible,
            )
        )
    return tuple(found)


def _looks(diffs: Sequence[PersonaDiff]) -> float:
    """By what to multiply the p of each of several known dates.

    Dates with a difference are chosen by Benjamini-Hochberg on the p of Simes over the
    rows, which is the smallest q; inside them the level is that of all dates times the
    share chosen (Benjamini and Bogomolov 2014). So a timeline of many dates brings no
    more false ones than one date does.
    """
    smallest = np.array(
        [min((c.q for c in d.changes if c.q is not None), default=1.0) for d in diffs]
    )
    chosen = int((benjamini_hochberg(smallest) <= LEVEL).sum())
    return max(1.0, len(diffs) / max(1, chosen))


def _beside(
    snapshot: Snapshot, order: Sequence[int], dates: Sequence[_Known], date: _Known
) -> tuple[list[int], list[int]]:
    """The blocks to compare: up to the neighbouring dates where that is enough."""
    before = _between(snapshot, order, _earlier(dates, date), date.at)
    if not _enough(snapshot, before):
        before = _between(snapshot, order, None, date.at)
    end = date.at + WINDOW
    after = _between(snapshot, order, date.at, min(_later(dates, date, end), end))
    if not _enough(snapshot, after):
        after = _between(snapshot, order, date.at, end)
    return before, after


def _earlier(dates: Sequence[_Known], date: _Known) -> datetime | None:
    return max((d.at for d in dates if d.at < date.at), default=None)


def _later(dates: Sequence[_Known], date: _Known, end: datetime) -> datetime:
    return min((d.at for d in dates if d.at > date.at), default=end)


def _between(
    snapshot: Snapshot,
    order: Sequence[int],
    since: datetime | None,
    until: datetime,
) -> list[int]:
    """Blocks that begin in [since, until); undated ones are nowhere."""
    found = []
    for i in order:
        at = snapshot.blocks[i].started_at
        if at is not None and (since is None or at >= since) and at < until:
            found.append(i)
    return found


def _enough(snapshot: Snapshot, blocks: Sequence[int]) -> bool:
    n_replies = sum(snapshot.blocks[i].n_messages for i in blocks)
    return len(blocks) >= LEAST_BLOCKS and n_replies >= LEAST_OCCASIONS
