"""Date words in a query: "last March", "in 2024-05", "yesterday", after:2024-05-01.

Only words that can hardly mean anything else are read as dates; in quotes they are
words like any other. Names of days and months are read in English, numbers everywhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from persona_vault.errors import UsageError
from persona_vault.model import Period

_MONTHS = (
    "january february march april may june july august september october november "
    "december"
).split()
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_ISO = r"(?:19|20)\d{2}(?:-\d{1,2}(?:-\d{1,2})?)?"
_MONTH = "|".join(_MONTHS)
_DAY = "|".join(_DAYS)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_KEYED = re.compile(
    rf"(?<!\S)(before|until|after|since|on):({_ISO}|\S*)(?!\S)", re.IGNORECASE
)
_SPOKEN = re.compile(
    r"(?<![\w-])(?:"
    r"(?:(?P<edge>before|until|since|after)\s+)?(?:"
    r"(?P<near>today|yesterday)"
    r"|(?P<which>last|this)\s+(?P<unit>week|month|year)(?!\s+of\b)"
    r"|(?P<ago>\d{1,3})\s+(?P<ago_unit>day|week|month|year)s?\s+ago"
    rf"|last\s+(?P<last_day>{_DAY})"
    rf"|(?P<how>last|in|during)\s+(?P<month>{_MONTH})(?!\s+{_NTH}\b)"
    r"(?:,?\s+(?P<year>\d{4}))?"
    rf"|(?:(?P<day>{_NTH})\s+(?:of\s+)?)?(?P<dated_month>{_MONTH})"
    rf"(?:\s+(?P<late_day>{_NTH}))?,?\s+(?P<dated_year>\d{{4}})"
    rf"|(?:in|on|during)\s+(?P<iso>{_ISO})"
    r")"
    rf"|(?P<bare_edge>before|until|since|after)\s+(?:(?P<edge_iso>{_ISO})"
    rf"|(?P<edge_month>{_MONTH})(?!,?\s+{_NTH}\b))"
    r")(?![\w-])",
    re.IGNORECASE,
)
# A letter, a digit, or a sign such as an emoji: else nothing is asked for.
_SAYS = re.compile(r"[\w\u2100-\U0010ffff]")
_HINT = "Write after:2024-05-01, before:2024-06 or on:2024-05-17."

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class DateWords:
    """What a query says about time.

    Attributes:
        rest: The query without it.
        period: The stretch meant, None where it says nothing.
        words: The words that were read so, as typed.
        alone: Those that could be read so and are all there is, so that they are what
            is looked for.
    """

    rest: str
    period: Period | None
    words: tuple[str, ...]
    alone: tuple[str, ...] = ()


def read_date_words(query: str, *, now: datetime, zone: str | None) -> DateWords:
    """Take the date words out of a query; several narrow each other.

    What stands in quotes stays as it is, and a query of nothing but spoken dates too:
    then they are what is looked for.

    Args:
        query: As typed.
        now: Aware; "yesterday" is the day before it.
        zone: IANA zone in which days begin; None = UTC.

    Raises:
        UsageError: before:, after:, since:, until: or on: has no date, or these leave
            no time between them, or they are all there is. A spoken date that
            contradicts what was read before it is a word.
    """
    place = ZoneInfo(zone) if zone else UTC
    today = now.astimezone(place).date()
    period, words, kept = Period(), [], []

    def narrowed(match: re.Match[str], read: Callable[..., Period]) -> str:
        nonlocal period
        try:
            found = read(match, today, place)
        except (ValueError, OverflowError):
            if match.re is _KEYED:
                raise UsageError(
                    "A date in the search cannot be read.", hint=_HINT
                ) from None
            return match[0]
        try:
            period = within(period, found)
        except UsageError:
            if match.re is _KEYED:
                raise
            return match[0]
        words.append(" ".join(match[0].split()))
        return " "

    for part in re.split(r'("[^"]*")', query):
        if not part.startswith('"'):
            part = _KEYED.sub(lambda m: narrowed(m, _keyed), part)  # noqa: PLW2901
            part = _SPOKEN.sub(lambda m: narrowed(m, _spoken), part)  # noqa: PLW2901
        kept.append(part)
    rest = " ".join("".join(kept).split())
    if not words:
        return DateWords(query, None, ())
    if _SAYS.search(rest):
        return DateWords(rest, period, tuple(words))
    return _nothing_else(query, tuple(words))


def _nothing_else(query: str, words: tuple[str, ...]) -> DateWords:
    """Spoken dates that are all there is are words; before: and the like are none."""
    if any(map(_KEYED.fullmatch, words)):
        raise UsageError(
            "The search only says when.",
            hint="Add what to find, such as: garden before:2024-06. "
            "`persona-vault conversations` lists all talks with their dates.",
        )
    return DateWords(query, None, (), words)


def within(first: Period, second: Period) -> Period:
    """The time that both leave; `first` keeps its message numbers.

    Raises:
        UsageError: There is none.
    """
    since = max(filter(None, (first.since, second.since)), default=None)
    until = min(filter(None, (first.until, second.until)), default=None)
    if since and until and since >= until:
        raise UsageError(
            "The dates in the search leave no time between them.", hint=_HINT
        )
    return replace(first, since=since, until=until)


def _keyed(match: re.Match[str], today: date, place: ZoneInfo) -> Period:
    del today
    return _edged(match[1].lower(), _iso_days(match[2]), place)


def _spoken(match: re.Match[str], today: date, place: ZoneInfo) -> Period:
    named = {key: value.lower() for key, value in match.groupdict().items() if value}
    edge = named.get("edge") or named.get("bare_edge") or "on"
    iso = named.get("iso") or named.get("edge_iso")
    return _edged(edge, _iso_days(iso) if iso else _word_days(named, today), place)


def _edged(edge: str, days: Days, place: ZoneInfo) -> Period:
    start, end = (
        datetime.combine(day, time(), tzinfo=place).astimezone(UTC) for day in days
    )
    if edge in {"before", "until"}:
        return Period(until=start)
    if edge == "after":
        return Period(since=end)
    return Period(since=start) if edge == "since" else Period(since=start, until=end)


def _iso_days(text: str) -> Days:
    numbers = [int(part) for part in text.split("-")]
    if len(numbers) == 1:
        return date(numbers[0], 1, 1), date(numbers[0] + 1, 1, 1)
    if len(numbers) == 2:
        start = date(numbers[0], numbers[1], 1)  # there is no thirteenth month
        return _month_days(start.year, start.month)
    start = date(*numbers)
    return start, start + timedelta(days=1)


def _month_days(year: int, month: int) -> Days:
    """A calendar month; months beyond 1..12 run into the years beside."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _word_days(named: dict[str, str], today: date) -> Days:
    month = named.get("month") or named.get("dated_month") or named.get("edge_month")
    if month:
        return _named_days(named, _MONTHS.index(month) + 1, today)
    if "last_day" in named:
        back = (today.weekday() - _DAYS.index(named["last_day"]) - 1) % 7 + 1
        return _unit_days("day", back, today)
    if "near" in named:
        return _unit_days("day", int(named["near"] == "yesterday"), today)
    if "ago" in named:
        return _unit_days(named["ago_unit"], int(named["ago"]), today)
    return _unit_days(named["unit"], int(named["which"] == "last"), today)


def _named_days(named: dict[str, str], month: int, today: date) -> Days:
    """A day or month of a named year, else the last month of that name."""
    year = named.get("year") or named.get("dated_year")
    nth = named.get("day") or named.get("late_day")
    if not year:
        return _past_month(month, named.get("how") == "last", today)
    if not nth:
        return _month_days(int(year), month)
    start = date(int(year), month, int(nth.rstrip("stndrh")))
    return start, start + timedelta(days=1)


def _past_month(month: int, is_over: bool, today: date) -> Days:
    """The last one of that name that has begun, or that is over."""
    passed = month < today.month or (month == today.month and not is_over)
    return _month_days(today.year - (not passed), month)


def _unit_days(unit: str, back: int, today: date) -> Days:
    """The calendar day, week (from Monday), month or year so many before this one."""
    if unit == "day":
        start = today - timedelta(days=back)
        return start, start + timedelta(days=1)
    if unit == "week":
        start = today - timedelta(days=today.weekday() + 7 * back)
        return start, start + timedelta(days=7)
    if unit == "month":
        return _month_days(today.year, today.month - back)
    return date(today.year - back, 1, 1), date(today.year - back + 1, 1, 1)
