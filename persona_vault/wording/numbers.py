"""Numbers, dates and lists as a lay reader says them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, time, tzinfo
from math import isfinite

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MOST_PLACES = 3
_ZONE: ContextVar[tzinfo | None] = ContextVar(
    "zone of dates in sentences", default=None
)


@contextmanager
def dates_in(zone: tzinfo | None) -> Iterator[None]:
    """Dates in sentences are those of this zone; None = as the times stand (UTC)."""
    token = _ZONE.set(zone)
    try:
        yield
    finally:
        _ZONE.reset(token)


def known(*values: float | None) -> list[float]:
    """Those of the values that are numbers, in order; NaN and infinity are not."""
    return [v for v in values if v is not None and isfinite(v)]


def decimals(values: Iterable[float | None]) -> int:
    """Decimal places that fit the size of the numbers and still tell them apart."""
    numbers = known(*values)
    largest = max((abs(v) for v in numbers), default=0.0)
    places = 0 if largest >= 10 else 1 if largest >= 2 else 2
    # A small one beside a large one keeps its first digit: 0.6 is not 1.
    smallest = min((abs(v) for v in numbers if v), default=1.0)
    places = max(places, 0 if smallest >= 1 else 1 if smallest >= 0.1 else 2)
    if largest and largest < 0.1:
        places = MOST_PLACES
    different = len(set(numbers))
    while (
        places < MOST_PLACES and len({f"{v:.{places}f}" for v in numbers}) < different
    ):
        places += 1
    while places and all(f"{v:.{places}f}".endswith("0") for v in numbers):
        places -= 1
    return places


def spell(value: float, places: int) -> str:
    """A number with thousands separators; never "-0" or "0.00"."""
    text = f"{value:,.{places}f}"
    return text if text.strip("-0.") else "0"


def span_words(hours: float) -> str:
    """A length of time, such as "about 14 hours" or "about 3.5 days"."""
    if hours < 36:
        return f"about {spell(hours, 0)} hours"
    days = round(hours / 24, 1)
    whole = days >= 10 or days.is_integer()
    return f"about {spell(days, 0 if whole else 1)} days"


def number(value: float) -> str:
    """A number with the decimals that fit its own size."""
    return spell(value, decimals([value]))


def about(value: float, places: int) -> str:
    """Such as "about 12"; a plain "0" stays plain."""
    text = spell(value, places)
    return text if text == "0" else f"about {text}"


def count(n: int, noun: str, plural: str = "") -> str:
    """Such as "1 talk" or "1,204 talks"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """Such as "a", "a and b" or "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def capital(text: str) -> str:
    """The text with its first letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def parse_time(value: object) -> datetime | None:
    """A datetime, or one from its ISO 8601 text; None where it is neither."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return None


def date_words(value: object, precision: str = "day") -> str:
    """Such as "7 August 2025" or, by month, "August 2025"; never empty."""
    at = _local(parse_time(value))
    if at is None:
        return "an unknown date"
    month = f"{MONTHS[at.month - 1]} {at.year}"
    return month if precision == "month" else f"{at.day} {month}"


def is_calendar_day(at: datetime, source: str) -> bool:
    """Whether a time stands for a day that a calendar names, the same in any zone."""
    return source not in ("user", "observed") and at.timetz() == time(tzinfo=UTC)


def dated_words(value: object, source: str, precision: str = "day") -> str:
    """As `date_words`, for an event: the day of a citation is never moved."""
    at = parse_time(value)
    zone = None if at and is_calendar_day(at, source) else _ZONE.get()
    with dates_in(zone):
        return date_words(at, precision)


def moment_words(value: object) -> str:
    """As `date_words`, with the time of day where it is not midnight."""
    at = _local(parse_time(value))
    if at is None or at.time() == time():
        return date_words(value)
    named = "" if _ZONE.get() else " UTC"
    return f"{date_words(value)}, {at:%H:%M}{named}"


def _local(at: datetime | None) -> datetime | None:
    """The time in the zone that dates are told in; a wall time as it stands."""
    zone = _ZONE.get()
    if at is None or at.tzinfo is None or zone is None:
        return at
    try:
        return at.astimezone(zone)
    except OverflowError:  # in the first or last hours that a calendar holds
        return at


def month_words(label: str) -> str:
    """A timeline label such as "2025-03" as "March 2025"; any other as it stands."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", label)
    if not found or not 1 <= int(found[2]) <= 12:
        return label
    return f"{MONTHS[int(found[2]) - 1]} {found[1]}"
