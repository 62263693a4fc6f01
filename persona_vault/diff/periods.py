"""A comparison straight from the vault, with what was read and what happened nearby."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from persona_vault.diff.compare import diff_snapshots
from persona_vault.diff.shown import shown_value
from persona_vault.errors import UsageError
from persona_vault.findings import PersonaDiff, TimelinePoint
from persona_vault.model import Event, Period
from persona_vault.plain import plain
from persona_vault.snapshot import Snapshot, take_snapshot
from persona_vault.store.vault import SourceSummary, Vault
from persona_vault.timeline import prompt_record
from persona_vault.wording.prompt import input_event

NEARBY = timedelta(days=7)
MONTH = timedelta(days=31)
DEFAULT_WINDOW = timedelta(days=90)


def around_date(
    at: datetime,
    *,
    window: timedelta | None = DEFAULT_WINDOW,
    gap: timedelta = timedelta(0),
) -> tuple[Period, Period]:
    """The periods before and after a date: all before it, `window` after it.

    Args:
        at: Aware; the first moment of `after`.
        window: Length of `after`; None = everything after.
        gap: Left out on either side of the date.
    """
    start = at + gap
    return (
        Period(until=at - gap),
        Period(since=start, until=None if window is None else start + window),
    )


def diff_periods(
    vault: Vault,
    persona: str | None,
    before: Period,
    after: Period,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> PersonaDiff:
    """Compare two periods of a persona's talk.

    `processes`: as for `take_snapshot`.

    Raises:
        UnknownPersonaError: No such persona.
        UsageError: The periods overlap.
    """
    _refuse_overlap(before, after)
    who = vault.persona(persona)
    snapshots = [
        take_snapshot(vault, who.name, period, progress=progress, processes=processes)
        for period in (before, after)
    ]
    prompt = plain(prompt_record(vault, who.name, before, after))
    found = diff_snapshots(*snapshots, confidence=confidence, seed=seed)
    return replace(
        found,
        persona=who.name,
        read=_read(vault.sources(), who.name),
        timeline=_timeline(snapshots),
        coincides_with=_nearby(vault.events(who.name), before, after)
        + _new_prompts(prompt),
        prompt=prompt,
        # Both snapshots meet the same messages that no date can place: count them once.
        excluded=_excluded(snapshots),
    )


def _refuse_overlap(before: Period, after: Period) -> None:
    by_time = before.until and after.since and before.until > after.since
    by_number = before.last and after.first and before.last >= after.first
    if by_time or by_number:
        raise UsageError(
            "The two periods overlap",
            hint="Let `before` end where `after` begins, or earlier.",
        )


def refuse_same_talk(before: Snapshot, after: Snapshot) -> None:
    """Hold two files to the rule of the vault: two stretches, the earlier one first.

    Message numbers decide where both were taken by them, else the times of the talks;
    of talks without times only identical ones are known.

    Raises:
        UsageError: The snapshots are the same, overlap, or the later one comes first.
    """
    if _is_identical(before, after):
        raise UsageError(
            "The two snapshots hold the very same talk",
            hint="Name two files of different periods, the earlier one first.",
        )
    spans = _spans(before, after)
    if spans is None:
        return
    (first, last), (next_first, next_last) = spans
    if last < next_first:
        return
    if next_last < first:
        raise UsageError(
            "The first of the two snapshots is the later one",
            hint="Name the earlier one first: persona-vault diff EARLIER LATER.",
        )
    raise UsageError(
        "The periods of the two snapshots overlap",
        hint="Take them again with --until and --since one and the same date.",
    )


def _is_identical(one: Snapshot, other: Snapshot) -> bool:
    """The same talks with the same numbers."""
    mine, theirs = one.rows["persona"], other.rows["persona"]
    return one.blocks == other.blocks and all(
        np.array_equal(mine[name].table, theirs[name].table)
        for name in mine.keys() & theirs.keys()
    )


def _spans(
    before: Snapshot, after: Snapshot
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """First and last place of each; None where they cannot be set in an order."""
    periods = before.period, after.period
    if all(p.first is not None or p.last is not None for p in periods):
        b, a = ((float(p.first or 0), float(p.last or math.inf)) for p in periods)
        return b, a
    times = [
        [k.started_at.timestamp() for k in s.blocks if k.started_at]
        for s in (before, after)
    ]
    if not all(times):
        return None
    b, a = ((min(t), max(t)) for t in times)
    return b, a


def _excluded(snapshots: Sequence[Snapshot]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for snapshot in snapshots:
        for reason, n in snapshot.excluded.items():
            once = reason == "no_time"
            total[reason] = max(total[reason], n) if once else total[reason] + n
    return dict(sorted(total.items()))


def _read(sources: Sequence[SourceSummary], persona: str) -> Mapping[str, Any]:
    """What was read into the vault for this persona, and what was not."""
    mine = [s for s in sources if s.persona == persona]
    return {
        "sources": [
            {
                "id": s.id,
                "app": s.app,
                "imported_at": plain(s.imported_at),
                **s.ledger,
            }
            for s in mine
        ]
    }


def _nearby(
    events: Sequence[Event], before: Period, after: Period
) -> tuple[Mapping[str, Any], ...]:
    """Events within a week of the dates between the two periods.

    Of an event whose month alone is known, the whole month counts.
    """
    edges = [t for t in (before.until, after.since) if t]
    near = [e for e in events if any(_is_near(e, t) for t in edges)]
    return tuple(plain(e) for e in near)


def _is_near(event: Event, edge: datetime) -> bool:
    lasts = MONTH if event.precision == "month" else timedelta(0)
    return event.at - NEARBY <= edge <= event.at + lasts + NEARBY


def _new_prompts(prompt: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """Versions of the prompt first seen close to the date, as events."""
    versions = () if prompt is None else prompt["versions"]
    return tuple(input_event(version) for version in versions if version["near"])


def _timeline(snapshots: Sequence[Snapshot]) -> tuple[TimelinePoint, ...]:
    """Months in order with each row's estimate; undated blocks are left out.

    A month in which the date falls shows both periods together.
    """
    months: dict[str, list[tuple[Snapshot, int]]] = defaultdict(list)
    for snapshot in snapshots:
        for i, block in enumerate(snapshot.blocks):
            if block.started_at:
                months[f"{block.started_at:%Y-%m}"].append((snapshot, i))
    return tuple(
        TimelinePoint(
            label=label,
            n_messages=sum(s.blocks[i].n_messages for s, i in where),
            n_user_messages=sum(s.blocks[i].n_user_messages for s, i in where),
            values=_month_values(where),
        )
        for label, where in sorted(months.items())
    )


def _month_values(where: Sequence[tuple[Snapshot, int]]) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for name, spec in where[0][0].specs.items():
        if spec.scale == "distribution":
            continue
        cells = [(s.rows["persona"][name], i) for s, i in where]
        num = sum(row.column("num")[i] for row, i in cells)
        den = sum(row.column("den")[i] for row, i in cells)
        values[name] = shown_value(spec.scale, float(num / den)) if den > 0 else None
    return values
