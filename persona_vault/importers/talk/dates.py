"""Time spellings of exports, read with how far each can be trusted."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from persona_vault.model import TimeQuality

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds before 1975 or in the far future are another kind of number (an index, a
# year); from there on each thousandfold is a finer unit of the same span of years.
_EARLIEST = 1.6e8
_LATEST = 1e11
_UNITS = (1.0, 1e3, 1e6, 1e9)

# Not from `calendar`: that one speaks the language of the machine.
_MONTH_NAMES = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_CLOCK = (
    r"(?:(?:T|,|\s|\bat\b)+(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?:\s*\((?:UTC|GMT)\))?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_ANY_FLAGS = re.IGNORECASE | re.ASCII
_YEAR_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<y>\d{{4}})(?P<sep>[-./])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}})"
    rf"{_CLOCK}",
    _ANY_FLAGS,
)
_YEAR_LAST = re.compile(
    rf"{_WEEKDAY}(?P<a>\d{{1,2}})(?P<sep>[-./])(?P<b>\d{{1,2}})(?P=sep)"
    rf"(?P<y>\d{{4}}|\d{{2}}){_CLOCK}",
    _ANY_FLAGS,
)
_NAMED_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]+{_MONTH}[\s,-]+(?P<y>\d{{4}})"
    rf"{_CLOCK}",
    _ANY_FLAGS,
)
_NAMED_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_CLOCK}",
    _ANY_FLAGS,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)(Z)?)?", re.ASCII)
_NUMBER = re.compile(r"\d{9,20}(?:\.\d{1,9})?", re.ASCII)
# The spelling that nearly all files use; Python's own reader is ten times as fast.
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_MARKS = str.maketrans({"\u200e": "", "\u200f": "", "\u202f": " ", "\xa0": " "})
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as a file gives it.

    Attributes:
        sent_at: Aware UTC, or None where the zone or the time is unknown.
        local_at: Wall time as ISO 8601 without zone; midnight for a bare date.
        quality: `NONE` exactly when both are None.
        unit: "second", "minute" or "day": how finely it is written; "" for no time.
    """

    sent_at: datetime | None = None
    local_at: str | None = None
    quality: TimeQuality = TimeQuality.NONE
    unit: str = ""


NO_TIME = Stamp()


def from_number(value: object) -> Stamp:
    """Read a Unix time; the unit (s, ms, µs, ns) follows from its size.

    Zero, negative, non-finite and implausible numbers (before 1975, after 5138) and
    everything that is no number give `NO_TIME`.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return NO_TIME
    # An int of any length compares exactly, where float() of it would overflow.
    if not _EARLIEST <= value < _LATEST * _UNITS[-1] or not math.isfinite(value):
        return NO_TIME
    for unit in _UNITS:
        if _EARLIEST * unit <= value < _LATEST * unit:
            micros = round(value * 1_000_000 / unit)
            return Stamp(
                _EPOCH + timedelta(microseconds=micros),
                None,
                TimeQuality.EXACT,
                "second",
            )
    return NO_TIME


def from_text(text: str, *, day_first: bool | None = None) -> Stamp | None:
    """Read one written time; None if it is none that we know.

    Args:
        text: ISO 8601, a Unix number, numeric or English month-name dates, with or
            without clock, AM/PM and zone. "" gives `NO_TIME`.
        day_first: Order of dates such as 03/04/2024; None refuses those that could
            be read both ways.
    """
    text = _without_marks(text)
    if not text:
        return NO_TIME
    if len(text) > _LONGEST:
        return None
    try:
        return _from_iso(text) or _from_digits(text) or _from_pattern(text, day_first)
    except (ValueError, OverflowError):  # a day or an hour that does not exist
        return None


def from_any(value: object, *, day_first: bool | None = None) -> Stamp | None:
    """Read a JSON value as a time: numbers and strings; null and 0 are `NO_TIME`."""
    if value is None:
        return NO_TIME
    if isinstance(value, str):
        return from_text(value, day_first=day_first)
    stamp = from_number(value)
    return None if stamp is NO_TIME and value != 0 else stamp


def _without_marks(text: str) -> str:
    """Without directions and odd spaces, which stand in no ASCII text."""
    return (text if text.isascii() else text.translate(_MARKS)).strip()


def _from_iso(text: str) -> Stamp | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    time = datetime.fromisoformat(text)
    if found[1] is None:
        return Stamp(None, time.isoformat(), TimeQuality.LOCAL, "second")
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return Stamp(time, None, TimeQuality.EXACT, "second")


def _from_digits(text: str) -> Stamp | None:
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second, zone = found.groups()
        if 1970 <= int(year) <= 2100 and 1 <= int(month) <= 12:
            clock = None
            if hour is not None:
                clock = (int(hour), int(minute), int(second))
            return _stamp(
                datetime(int(year), int(month), int(day)),  # noqa: DTZ001 - wall time
                clock,
                "second" if clock else "day",
                zone,
            )
    if _NUMBER.fullmatch(text):
        stamp = from_number(float(text) if "." in text else int(text))
        return None if stamp is NO_TIME else stamp
    return None


def _from_pattern(text: str, day_first: bool | None) -> Stamp | None:
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _NAMED_DAY_FIRST, _NAMED_MONTH_FIRST):
        if found := pattern.fullmatch(text):
            day = _calendar_day(found.groupdict(), day_first)
            if day is None:
                return None
            clock, unit = _clock(found.groupdict())
            micros = (found["part"] or "")[:6].ljust(6, "0")
            day += timedelta(microseconds=int(micros))
            return _stamp(day, clock, unit, found["zone"])
    return None


def _calendar_day(
    parts: dict[str, str | None], day_first: bool | None
) -> datetime | None:
    year = int(parts["y"] or 0)
    if year < 100:
        year += 2000
    if parts.get("a") is not None:
        pair = int(parts["a"] or 0), int(parts["b"] or 0)
        order = _proof(*pair, sep=parts["sep"]) if day_first is None else day_first
        if order is None and pair[0] != pair[1]:
            return None
        day, month = pair if order else pair[::-1]
    elif parts.get("name") is not None:
        named = (parts["name"] or "")[:3].lower()
        if named not in _MONTH_NAMES:
            return None
        day, month = int(parts["d"] or 0), _MONTH_NAMES.index(named) + 1
    else:
        day, month = int(parts["d"] or 0), int(parts["m"] or 0)
    return datetime(year, month, day)  # noqa: DTZ001 - the file names no zone


def _clock(parts: dict[str, str | None]) -> tuple[tuple[int, int, int] | None, str]:
    if parts["hour"] is None:
        return None, "day"
    hour, half = int(parts["hour"]), (parts["half"] or "").lower()
    if parts["minute"] is None and not half:
        raise ValueError("an hour alone is not a time")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    unit = "minute" if parts["second"] is None else "second"
    return (hour, int(parts["minute"] or 0), int(parts["second"] or 0)), unit


def _stamp(
    day: datetime, clock: tuple[int, int, int] | None, unit: str, zone: str | None
) -> Stamp:
    if clock is None:
        return Stamp(None, day.isoformat(), TimeQuality.LOCAL, unit)
    wall = day.replace(hour=clock[0], minute=clock[1], second=clock[2])
    if zone is None:
        return Stamp(None, wall.isoformat(), TimeQuality.LOCAL, unit)
    quality = TimeQuality.EXACT if unit == "second" else TimeQuality.MINUTE
    return Stamp(wall.replace(tzinfo=_zone(zone)).astimezone(UTC), None, quality, unit)


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def order_of_numeric(text: str) -> tuple[bool | None, bool] | None:
    """(proven order, whether the order matters) of a date such as 03/04/2024.

    The order is True for day first, None if both are possible. None for other text.
    """
    text = _without_marks(text)
    if len(text) > _LONGEST or text[:3].isdigit():  # a year stands first
        return None
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return None
    first, second = int(found["a"]), int(found["b"])
    return _proof(first, second, sep=found["sep"]), first != second


def _proof(first: int, second: int, *, sep: str | None) -> bool | None:
    """Whether the day stands first; None if the date could be read both ways."""
    if first > 12 or sep == ".":  # month first is never written with full stops
        return True
    return False if second > 12 else None
