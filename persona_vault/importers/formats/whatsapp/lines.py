"""Lines that open a WhatsApp message, and their dates in every order and spelling.

The phone's language decides how a date is written, so one file may hold several forms:
brackets or a dash, day or month or year first, 12 or 24 hours, full stops or colons.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from persona_vault.errors import InputRejectedError
from persona_vault.importers.talk.people import folded_name

# Direction marks stand before brackets, names and whatever WhatsApp itself writes.
MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_M = f"[{MARKS}]*"
_S = "[ \u202f\xa0]"
_DATE = (
    rf"(?P<a>\d{{1,4}})(?P<sep>[./-]){_S}?(?P<b>\d{{1,2}})(?P=sep){_S}?"
    rf"(?P<c>\d{{1,4}})\.?"
)
_CLOCK = (
    rf"(?P<hour>\d{{1,2}})[:.](?P<minute>\d{{2}})(?:[:.](?P<second>\d{{2}}))?"
    rf"(?:{_S}*(?P<half>[AaPp]\.?{_S}?[Mm]\.?))?"
)
# `05/01/2024, 10:42`, `5.1.2024 klo 10.42`, `2024-01-05 10:42:00`.
_GAP = rf"(?P<gap>[,،，]{_S}*|{_S}+)(?:[^\W\d]{{1,4}}\.?{_S}+)?"
_FORMS = (
    re.compile(rf"{_M}\[{_M}{_DATE}{_M}{_GAP}{_M}{_CLOCK}{_M}\]{_S}*(?P<rest>.*)"),
    # Copied from WhatsApp Web instead of exported.
    re.compile(rf"{_M}\[{_CLOCK}(?P<gap>,{_S}*){_DATE}\]{_S}*(?P<rest>.*)"),
    re.compile(
        rf"{_M}{_DATE}{_M}{_GAP}{_M}{_CLOCK}{_M}(?:{_S}*[-–—]{_S}+|:{_S}+)(?P<rest>.*)"
    ),
)
# Before WhatsApp, and long after today: a number that only looks like a year.
_YEARS = range(2009, 2100)
_QUOTES = '"“”„«»'
_MOST_WORDS = 8
_LONGEST_NAME = 100
# Messages are kept in order of arrival, which may differ from their times by hours.
_BACKWARD = timedelta(days=2)
_MOST_DATES = 200_000


@dataclass(frozen=True, slots=True)
class Opener:
    """A line that opens a message.

    Attributes:
        numbers: The three numbers of the date as written.
        is_year_first: Whether the first of them is the year.
        separator: What stands between them.
        clock: Hour (0 to 23), minute and second; None where there is no such time.
        form: Which spelling this is: lines of one form have one order of their dates.
        is_plain: The date and the time could stand so in many other files.
        rest: What follows the time.
    """

    numbers: tuple[int, int, int]
    is_year_first: bool
    separator: str
    clock: tuple[int, int, int] | None
    form: str
    is_plain: bool
    rest: str

    def day(self, *, day_first: bool) -> date | None:
        """The calendar day in one order, in the other where this is none."""
        orders = (day_first, not day_first)
        return next((day for each in orders if (day := self._day(each))), None)

    def only_order(self) -> bool | None:
        """The one order in which this is a day: True for day first, else None."""
        # Month first is never written with full stops.
        if self.separator == ".":
            return True
        found = [order for order in (True, False) if self._day(order)]
        return found[0] if len(found) == 1 else None

    def _day(self, day_first: bool) -> date | None:
        if self.is_year_first:
            year, month, day = self.numbers
        else:
            first, second, year = self.numbers
            day, month = (first, second) if day_first else (second, first)
        year += 2000 if year < 100 else 0
        try:
            return date(year, month, day) if year in _YEARS else None
        except ValueError:
            return None


def opener(line: str) -> Opener | None:
    """What a line opens; None for a line that goes on with the message before it."""
    for kind, pattern in enumerate(_FORMS):
        if found := pattern.match(line):
            is_year_first = len(found["a"]) > 2
            clock = _clock(found)
            form = f"{kind}{found['sep']}{is_year_first}{bool(found['half'])}"
            is_plain = kind == 0 and is_year_first and "," not in found["gap"]
            numbers = int(found["a"]), int(found["b"]), int(found["c"])
            return Opener(
                numbers,
                is_year_first,
                found["sep"],
                clock,
                form,
                is_plain,
                found["rest"],
            )
    return None


def _clock(found: re.Match[str]) -> tuple[int, int, int] | None:
    hour, minute = int(found["hour"]), int(found["minute"])
    second = int(found["second"] or 0)
    half = (found["half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour, minute, second


def split_name(rest: str, declared: frozenset[str]) -> tuple[str, str]:
    """(name, text) of what follows the time; no name where WhatsApp itself speaks.

    `Sam changed the subject to "Rain: a talk"` has a colon and no speaker. `declared`
    are folded names that the user gave.
    """
    name, colon, text = rest.partition(":")
    shown = name.strip(MARKS + " \u202f\xa0~")
    if not colon or not shown or len(name) > _LONGEST_NAME:
        return "", rest
    is_sentence = any(quote in name for quote in _QUOTES)
    is_sentence = is_sentence or len(name.split()) > _MOST_WORDS
    if is_sentence and folded_name(name) not in declared:
        return "", rest
    return shown, text.removeprefix(" ")


@dataclass(slots=True)
class _Form:
    separator: str
    proven: set[bool] = field(default_factory=set)
    is_open: bool = False


class DateOrders:
    """Decides for each form of a file whether day or month stands first."""

    def __init__(self) -> None:
        self._forms: dict[str, _Form] = {}  # in the order of the file
        self._days: list[Opener] = []

    def see(self, line: Opener) -> None:
        """Take in the next line that opens a message."""
        form = self._forms.setdefault(line.form, _Form(line.separator))
        order = line.only_order()
        if line.is_year_first:
            form.proven.add(True)  # its days are the same either way
        elif order is not None:
            form.proven.add(order)
        elif line.numbers[0] != line.numbers[1]:
            form.is_open = True
        last = self._days[-1] if self._days else None
        is_new = last is None or (last.numbers, last.form) != (line.numbers, line.form)
        if is_new and len(self._days) < _MOST_DATES:
            self._days.append(line)

    def decide(self, day_first: bool | None, source_name: str) -> Mapping[str, bool]:
        """Form -> whether the day stands first.

        A date that can be read in one way only decides for its form; then the order
        in which the messages stand; then what other forms of the file say.

        Args:
            day_first: What the user says, for what stays open; None to ask.
            source_name: For the error.

        Raises:
            InputRejectedError: Both orders are possible and nothing decides.
        """
        orders = {
            name: next(iter(form.proven))
            for name, form in self._forms.items()
            if len(form.proven) == 1
        }
        for name, form in self._forms.items():
            if name in orders:
                continue
            if not form.is_open and not form.proven:
                orders[name] = True  # each such date is the same in either order
                continue
            found = day_first
            if found is None and not form.proven:
                found = self._by_sequence(name, orders)
            if found is None and not form.proven:
                found = self._by_separator(name, orders)
            if found is None:
                raise _unclear(source_name, in_both=bool(form.proven))
            orders[name] = found
        return orders

    def _by_sequence(self, form: str, orders: Mapping[str, bool]) -> bool | None:
        """The order in which the messages of a file never jump back in time."""
        n_back = {
            order: self._n_back({**orders, form: order}) for order in (True, False)
        }
        if n_back[True] and not n_back[False]:
            return False
        if n_back[False] and not n_back[True]:
            return True
        return None

    def _n_back(self, orders: Mapping[str, bool]) -> int:
        """Steps back in time among the lines whose form has an order."""
        n_back, last = 0, None
        for line in self._days:
            if line.form not in orders:
                continue
            day = line.day(day_first=orders[line.form])
            if day is not None:
                n_back += last is not None and day < last - _BACKWARD
                last = day
        return n_back

    def _by_separator(self, form: str, orders: Mapping[str, bool]) -> bool | None:
        """The order of the forms with the same separator, where they agree."""
        separator = self._forms[form].separator
        found = {
            order
            for name, order in orders.items()
            if self._forms[name].separator == separator
        }
        return next(iter(found)) if len(found) == 1 else None


def _unclear(source_name: str, *, in_both: bool) -> InputRejectedError:
    how = "in both orders" if in_both else "so that two orders are possible"
    return InputRejectedError(
        f"{source_name} writes its dates {how} (day/month and month/day)",
        hint="Say which one holds with --day-first or --month-first.",
    )


def wall_time(line: Opener, orders: Mapping[str, bool]) -> str | None:
    """The time of a line as ISO 8601 without zone; None where there is no such time."""
    day = line.day(day_first=orders.get(line.form, True))
    if day is None or line.clock is None:
        return None
    hour, minute, second = line.clock
    return datetime(  # noqa: DTZ001 - the file names no zone
        day.year, day.month, day.day, hour, minute, second
    ).isoformat()
