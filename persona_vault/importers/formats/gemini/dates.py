"""Dates as Google's activity pages write them, in the language of the account."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_text
from persona_vault.model import TimeQuality

# A year and a clock with seconds: no other line of a record has both.
_DATE_LIKE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d).*?(?<!\d)\d{1,2}[:.]\d\d[:.]\d\d")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.](\d\d)[:.](\d\d)(?!\d)")
_OFFSET = re.compile(r"\b(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d\d))?\b")
_ZONE_NAME = re.compile(r"(?<![^\W\d_])[A-Z]{2,5}(?![^\W\d_])")
_NUMBERED = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})(?!\d)")
_LONGEST = 80

# Names that stand for one offset only; RFC 2822 fixes the American ones. Others (IST,
# BST, AST) are used for several, so that such a time stays a wall time.
_ZONES = {
    **{"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2},
    **{"EEST": 3, "MEZ": 1, "MESZ": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5},
    **{"MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10},
    **{"BRT": -3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13},
}
_MORNING = {"am", "오전", "上午", "午前"}
_EVENING = {"pm", "오후", "下午", "午後"}
_HALF = re.compile(
    r"\b([ap])\.?\s?m\b\.?|(오전|오후|上午|下午|午前|午後)", re.IGNORECASE
)
# Beginnings of month names without accents: English, German, French, Spanish,
# Portuguese, Italian, Dutch, Polish, Turkish, Nordic and Russian.
_MONTHS = (
    "jan ene gen sty oca янв",
    "feb fev lut sub фев",
    "mar mrt mae мар",
    "apr abr avr kwi nis апр",
    "may mai mei mag maj май мая",
    "jun juin giu cze haz июн",
    "jul juil lug lip tem июл",
    "aug ago aou sie agu авг",
    "sep set wrz eyl сен",
    "oct okt out ott paz eki окт",
    "nov lis kas ноя",
    "dec dic dez gru ara des дек",
)
_MONTH_OF = {
    word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()
}


def is_date_line(line: str) -> bool:
    """Whether a line is nothing but a date with its clock, in whatever language."""
    return len(line) <= _LONGEST and _DATE_LIKE.search(line) is not None


def read_date(line: str, *, day_first: bool | None) -> tuple[Stamp, tuple[str, ...]]:
    """(time, flags) of such a line; flag "time_unread" where it cannot be told.

    A zone that names one offset gives an exact time, any other a wall time.
    """
    text = unicodedata.normalize("NFKC", line)  # also U+202F and U+00A0 to spaces
    wall = _wall_time(text, day_first)
    if wall is None:
        return NO_TIME, ("time_unread",)
    zone = _zone(text)
    if zone is None:
        return Stamp(None, wall.isoformat(), TimeQuality.LOCAL, "second"), ()
    try:
        sent_at = wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return NO_TIME, ("time_unread",)
    return Stamp(sent_at, None, TimeQuality.EXACT, "second"), ()


def _zone(text: str) -> timezone | None:
    if found := _OFFSET.search(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset >= timedelta(hours=24):
            return None
        return timezone(-offset if found[1] == "-" else offset)
    names = [name for name in _ZONE_NAME.findall(text) if name not in ("AM", "PM")]
    hours = _ZONES.get(names[-1]) if names else None
    return None if hours is None else timezone(timedelta(hours=hours))


def _wall_time(text: str, day_first: bool | None) -> datetime | None:
    clock = _CLOCK.search(text)
    if clock is None:
        return None
    day = _day(_HALF.sub(" ", text[: clock.start()]), day_first)
    if day is None:
        return None
    hour, minute, second = (int(part) for part in clock.groups())
    half = _HALF.search(text)
    word = (half[2] or f"{half[1].lower()}m") if half else ""
    if word and not 1 <= hour <= 12:
        return None
    if word in _MORNING | _EVENING:
        hour = hour % 12 + (12 if word in _EVENING else 0)
    try:
        return day.replace(hour=hour, minute=minute, second=second)
    except ValueError:
        return None


def _day(text: str, day_first: bool | None) -> datetime | None:
    """The calendar day in the words before the clock."""
    text = _OFFSET.sub(" ", text)
    if found := _NUMBERED.search(text):
        return _calendar(*(int(part) for part in found.groups()))
    words = re.findall(r"[^\W\d_]+|\d+", _without_accents(text.lower()))
    numbers = [int(word) for word in words if word.isdecimal()]
    names = [month for word in words if (month := _month(word))]
    if len(numbers) == 2 and names:
        day, year = sorted(numbers)
        return _calendar(year, names[0], day)
    stamp = from_text(text.strip(" ,."), day_first=day_first)
    if stamp is None or stamp.local_at is None:
        return None
    return datetime.fromisoformat(stamp.local_at)


def _calendar(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - the zone comes later
    except ValueError:
        return None


def _month(word: str) -> int | None:
    return _MONTH_OF.get(word[:4]) or _MONTH_OF.get(word[:3])


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))
