"""Dates and periods as a person types them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from persona_vault.errors import UsageError
from persona_vault.model import Period

_SPAN = re.compile(r"(\d+)\s*([dwm])")
_NUMBERS = re.compile(r"(\d{0,9})\.\.(\d{0,9})")
_DAYS = {"d": 1, "w": 7, "m": 30}


def parse_date(text: str, zone: str | None) -> datetime:
    """ISO 8601; without a zone the vault's (UTC where none was named).

    Raises:
        UsageError: Not a date.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise UsageError(
            f"{text!r} is not a date",
            hint="Write 2025-04-25, or 2025-04-25T18:00+02:00.",
        ) from error


def is_bare_date(text: str) -> bool:
    """Whether a date was typed without a time of day."""
    return ":" not in text and "T" not in text.upper()


def make_period(since: str | None, until: str | None, zone: str | None) -> Period:
    """The stretch [since, until); None = no bound.

    Raises:
        UsageError: Not dates, or the end does not come after the start.
    """
    period = Period(
        since=None if since is None else parse_date(since, zone),
        until=None if until is None else parse_date(until, zone),
    )
    if period.since and period.until and period.since >= period.until:
        raise UsageError(
            f"A period cannot begin on {since} and end on {until}",
            hint="The earlier date comes first; the day of the later one is left out.",
        )
    return period


def parse_span(text: str) -> timedelta:
    """A length of time such as 90d, 12w or 6m.

    Raises:
        UsageError: Not a length of time.
    """
    match = _SPAN.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{text!r} is not a length of time", hint="Write 90d or 12w.")
    try:
        return timedelta(days=int(match[1]) * _DAYS[match[2]])
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text[:20]!r} is longer than any calendar", hint="Write 90d or 12w."
        ) from error


def parse_period(text: str, zone: str | None) -> Period:
    """`A..B`, half-open; either end may be left out.

    Raises:
        UsageError: Not a period.
    """
    start, dots, end = text.partition("..")
    if not dots:
        raise UsageError(
            f"{text!r} is not a period", hint="Write 2025-01-01..2025-04-25."
        )
    return make_period(start.strip() or None, end.strip() or None, zone)


def parse_numbers(text: str) -> Period:
    """`1..500`: messages by number, both inclusive; either end may be left out.

    Raises:
        UsageError: Not two numbers.
    """
    match = _NUMBERS.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{text!r} is not a stretch of messages", hint="Write 1..500.")
    period = Period(
        first=int(match[1]) if match[1] else None,
        last=int(match[2]) if match[2] else None,
    )
    if period.last is not None and period.last < (period.first or 1):
        raise UsageError(
            f"{text!r} holds no message", hint="The smaller number comes first: 1..500."
        )
    return period
