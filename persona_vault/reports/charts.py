"""Where the marks of a chart stand; the templates draw them as inline SVG.

All horizontal places are per cent of the width, so that a chart fits a phone and its
words keep their size; vertical places are per cent of the height as well.
"""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from persona_vault.findings import (
    Change,
    ComparedPeriod,
    Estimate,
    PersonaDiff,
    TimelinePoint,
)
from persona_vault.wording.numbers import (
    MONTHS,
    decimals,
    known,
    month_words,
    parse_time,
    spell,
)

N_LABELS = 5
MOST_MONTHS = 600
# Two numbers nearer than this (per cent of the width) would run into each other.
CROWDED = 4.0
# Room above the tallest bar, so that it does not touch what stands over it.
HEADROOM = 1.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar with its likely range; places in per cent of the width.

    `low`, `high` are None where no range can be given.
    """

    when: str
    label: str
    x: float
    width: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One month of the timeline; heights in per cent of one half of the chart."""

    label: str
    side: str
    x: float
    width: float
    height: float
    user_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One month of a row; `y` counts from the top."""

    label: str
    side: str
    x: float
    y: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the time axis with a short text."""

    x: float
    text: str

    @property
    def anchor(self) -> str:
        """SVG text-anchor that keeps the text inside the chart."""
        return "start" if self.x < 8 else "end" if self.x > 92 else "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole talk, month by month: this companion above, the user below."""

    columns: tuple[Column, ...]
    labels: tuple[Mark, ...]
    events: tuple[Mark, ...]
    date: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """One row, month by month.

    `top` and `bottom` are the values at the upper and the lower edge, as text.
    """

    dots: tuple[Dot, ...]
    date: float | None
    top: str
    bottom: str
    first: str
    last: str

    def values(self, side: str) -> list[float]:
        """The values of one period, in order."""
        return [dot.value for dot in self.dots if dot.side == side]


def bars(change: Change) -> tuple[Bar, ...]:
    """The two sides of a row on one scale; for a mix, its one distance."""
    if change.delta.kind == "distance":
        return _distance_bar(change)
    sides = (("before", change.before), ("after", change.after))
    seen = [v for _, e in sides for v in known(e.value, e.low, e.high)]
    if not seen:
        return ()
    scale = min(0.0, *seen), max(0.0, *seen) * HEADROOM
    places = decimals([change.before.value, change.after.value])
    return tuple(_bar(when, estimate, scale, places) for when, estimate in sides)


def _distance_bar(change: Change) -> tuple[Bar, ...]:
    value, null = known(change.delta.value), known(change.delta.null_high)
    if not value:
        return ()
    return (
        Bar(
            when="difference",
            label=spell(value[0], 2),
            x=0,
            width=_share(value[0], 0, 1),
            low=0 if null else None,
            high=_share(null[0], 0, 1) if null else None,
        ),
    )


def _bar(when: str, estimate: Estimate, scale: tuple[float, float], places: int) -> Bar:
    """One side's bar from the zero line, to the left of it for a negative value."""
    value = known(estimate.value)
    if not value:
        return Bar(when=when, label="none", x=0, width=0, low=None, high=None)
    start, end = sorted((_share(0, *scale), _share(value[0], *scale)))
    ends = known(estimate.low, estimate.high)
    low, high = (_share(v, *scale) for v in ends) if len(ends) == 2 else (None, None)
    return Bar(
        when=when,
        label=spell(value[0], places),
        x=start,
        width=round(end - start, 2),
        low=low,
        high=high,
    )


def _share(value: float, bottom: float, top: float) -> float:
    """Where a value stands between two others, in per cent, never outside."""
    if top <= bottom:
        return 0.0
    return round(100 * min(1.0, max(0.0, (value - bottom) / (top - bottom))), 2)


def filled(points: Sequence[TimelinePoint]) -> tuple[TimelinePoint, ...]:
    """The points with the empty months between them, so that time runs evenly.

    Points that are not months, or that span more than fifty years, stay as they are.
    """
    by_month = {month: p for p in points if (month := _month(p.label))}
    if len(by_month) < len(points) or not by_month:
        return tuple(points)
    first, last = (y * 12 + m - 1 for y, m in (min(by_month), max(by_month)))
    if last - first > MOST_MONTHS:
        return tuple(points)
    wanted = [(n // 12, n % 12 + 1) for n in range(first, last + 1)]
    return tuple(
        by_month.get((year, month))
        or TimelinePoint(label=f"{year}-{month:02}", n_messages=0, n_user_messages=0)
        for year, month in wanted
    )


def timeline(diff: PersonaDiff, events: Sequence[Mapping[str, Any]]) -> Timeline | None:
    """The timeline, or None where the diff has no months."""
    points = filled(diff.timeline)
    if not points:
        return None
    step = 100 / len(points)
    tallest = HEADROOM * max(1, *(max(p.n_messages, p.n_user_messages) for p in points))
    columns = tuple(
        Column(
            label=point.label,
            side=_side(point, diff),
            x=round((i + 0.12) * step, 3),
            width=round(0.76 * step, 3),
            height=_share(point.n_messages, 0, tallest),
            user_height=_share(point.n_user_messages, 0, tallest),
        )
        for i, point in enumerate(points)
    )
    return Timeline(
        columns=columns,
        labels=_axis(points),
        events=_event_marks(events, points),
        date=_place(_date(diff), points),
    )


def _event_marks(
    events: Sequence[Mapping[str, Any]], points: Sequence[TimelinePoint]
) -> tuple[Mark, ...]:
    """Numbers of the events at their dates; neighbours share one mark."""
    marks: list[Mark] = []
    for n, event in enumerate(events, start=1):
        x = _place(parse_time(event.get("at")), points)
        if x is None:
            continue
        if marks and x - marks[-1].x < CROWDED:
            marks[-1] = Mark(x=marks[-1].x, text=f"{marks[-1].text}, {n}")
        else:
            marks.append(Mark(x=x, text=str(n)))
    return tuple(marks)


def months(change: Change, diff: PersonaDiff) -> Months | None:
    """The row month by month, or None where fewer than three months have a value."""
    points = filled(diff.timeline)
    values = [point.values.get(change.dimension) for point in points]
    numbers = known(*values)
    if len(numbers) < 3:
        return None
    bottom, top = min(0.0, *numbers), max(numbers) * HEADROOM
    step = 100 / len(points)
    dots = tuple(
        Dot(
            label=point.label,
            side=_side(point, diff),
            x=round((i + 0.5) * step, 2),
            # A tenth is left free at both edges for the dots themselves.
            y=round(90 - 0.8 * _share(value, bottom, top), 2),
            value=value,
        )
        for i, (point, value) in enumerate(zip(points, values, strict=True))
        if value is not None and known(value)
    )
    places = decimals([max(numbers)])
    return Months(
        dots=dots,
        date=_place(_date(diff), points),
        top=spell(max(numbers), places),
        bottom=spell(bottom, places),
        first=_short(points[0].label),
        last=_short(points[-1].label),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDates:
    """Differences at other dates and at the date itself; places in per cent."""

    fakes: tuple[float, ...]
    real: float
    low: str
    high: str


def other_dates(change: Change) -> OtherDates | None:
    """The date among the fake ones; None where too few were there to be asked."""
    found = change.placebo or {}
    fakes, real = known(*found.get("fakes", ())), known(found.get("value"))
    if found.get("gate") in (None, "unavailable") or not fakes or not real:
        return None
    ends = min(*fakes, *real), max(*fakes, *real)
    places = decimals(ends)

    def x(value: float) -> float:
        # A little is left free at both edges for the dots themselves.
        return round(2 + 0.96 * _share(value, *ends), 2)

    return OtherDates(
        fakes=tuple(x(value) for value in fakes),
        real=x(real[0]),
        low=spell(ends[0], places),
        high=spell(ends[1], places),
    )


def _date(diff: PersonaDiff) -> datetime | None:
    """The date that parts the periods."""
    return diff.after.since or diff.before.until


def _month(label: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{4})-(\d{2})", label)
    if not found or not 1 <= int(found[2]) <= 12 or found[1] == "0000":
        return None
    return int(found[1]), int(found[2])


def _place(at: datetime | None, points: Sequence[TimelinePoint]) -> float | None:
    """Where a time stands on the axis; None outside it, or without months."""
    if at is None:
        return None
    for i, point in enumerate(points):
        month = _month(point.label)
        if month == (at.year, at.month):
            share = (at.day - 1) / monthrange(*month)[1]
            return round(100 * (i + share) / len(points), 2)
    return None


def _side(point: TimelinePoint, diff: PersonaDiff) -> str:
    """The period that holds the middle of the month, else "outside"."""
    month = _month(point.label)
    if month is None:
        return "outside"
    middle = (*month, 16)
    if _holds(diff.before, middle):
        return "before"
    return "after" if _holds(diff.after, middle) else "outside"


def _holds(period: ComparedPeriod, day: tuple[int, int, int]) -> bool:
    since, until = period.since, period.until
    if since is None and until is None:
        return False
    from_start = since is None or (since.year, since.month, since.day) <= day
    return from_start and (until is None or day < (until.year, until.month, until.day))


def _axis(points: Sequence[TimelinePoint]) -> tuple[Mark, ...]:
    """A few labels, evenly spread, first and last month included."""
    n = len(points)
    last = n - 1
    chosen = sorted({round(k * last / (N_LABELS - 1)) for k in range(N_LABELS)})
    return tuple(
        Mark(x=round(100 * (i + 0.5) / n, 2), text=_short(points[i].label))
        for i in chosen
    )


def _short(label: str) -> str:
    """Such as "Mar 2025" for "2025-03"."""
    month = _month(label)
    if month is None:
        return month_words(label)
    return f"{MONTHS[month[1] - 1][:3]} {month[0]}"
