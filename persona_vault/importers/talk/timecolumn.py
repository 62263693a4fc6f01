"""What only a whole file tells about its times: their order, and if they are real."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from persona_vault.errors import InputRejectedError
from persona_vault.importers.talk.dates import (
    NO_TIME,
    Stamp,
    from_any,
    order_of_numeric,
)


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """How the times of one file are read.

    Attributes:
        day_first: Order of numeric dates; None where the file has none that need it.
        is_demoted: The times were written by a tool while copying: none is kept.
    """

    day_first: bool | None = None
    is_demoted: bool = False

    @classmethod
    def decide(
        cls, values: Iterable[object], day_first: bool | None, source_name: str
    ) -> "TimeColumn":
        """Look at every time of a file once, in file order.

        Args:
            values: As they stand in the file; None and "" for no time.
            day_first: What the user says; None to decide from the dates themselves.
            source_name: For errors.

        Raises:
            InputRejectedError: The order of day and month cannot be decided, or no
                value is a time.
        """
        watch = TimeWatch()
        for value in values:
            watch.see(value)
        return watch.decide(day_first, source_name)

    def read(self, value: object) -> tuple[Stamp, tuple[str, ...]]:
        """(time, flags) of one value.

        Flags: "time_unread" where it is no time, "time_demoted", and "date_only" for
        a day without a clock, which stands as midnight.
        """
        stamp = from_any(value, day_first=self.day_first)
        if stamp is None:
            return NO_TIME, ("time_unread",)
        if self.is_demoted and stamp is not NO_TIME:
            return NO_TIME, ("time_demoted",)
        return stamp, ("date_only",) if stamp.unit == "day" else ()


class TimeWatch:
    """Looks at every time of a file once, in file order; then decides."""

    def __init__(self) -> None:
        self._order, self._clock = _DateOrder(), _ClockWatch()
        self._n_read = self._n_unread = 0

    def see(self, value: object) -> None:
        """Take in the next value as it stands in the file; None and "" for no time."""
        if isinstance(value, str):
            self._order.see(value)
        # For distances between neighbours either order will do.
        stamp = from_any(value, day_first=True) or from_any(value, day_first=False)
        if stamp is None:
            self._n_unread += 1
        elif stamp is not NO_TIME:
            self._n_read += 1
            self._clock.see(stamp)

    def decide(self, day_first: bool | None, source_name: str) -> TimeColumn:
        """How the times of the file are read; as `TimeColumn.decide`."""
        if self._n_unread and not self._n_read:
            raise InputRejectedError(
                f"no value in the time column of {source_name} could be read as a time",
                hint="Name the right column with --map timestamp=COLUMN, "
                "or leave times out with --map timestamp= (nothing after it).",
            )
        if day_first is None:
            day_first = self._order.decide(source_name)
        return TimeColumn(day_first, self._clock.is_faked)


class _DateOrder:
    """Gathers whether day or month stands first; one clear date decides for all."""

    def __init__(self) -> None:
        self._proven: set[bool] = set()
        self._is_open = False

    def see(self, text: str) -> None:
        found = order_of_numeric(text)
        if found is None:
            return
        proven, matters = found
        if proven is not None:
            self._proven.add(proven)
        elif matters:
            self._is_open = True

    def decide(self, source_name: str) -> bool | None:
        if len(self._proven) == 1:
            return next(iter(self._proven))
        if not self._is_open:
            return None
        how = "in both orders" if self._proven else "so that two orders are possible"
        raise InputRejectedError(
            f"{source_name} writes its dates {how} (day/month and month/day)",
            hint="Say which one holds with --day-first or --month-first.",
        )


class _ClockWatch:
    """Notices times that a tool wrote while copying, not people while talking.

    Those are the same, or a second apart, on nearly all neighbouring messages.
    """

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._n_pairs = 0
        self._n_close = 0
        self._n_minutes = 0
        self._minutes: set[datetime] = set()

    def see(self, stamp: Stamp) -> None:
        """Count the next message; bare days are too coarse to judge."""
        at = stamp.sent_at
        if at is None and stamp.local_at is not None:
            at = datetime.fromisoformat(stamp.local_at).replace(tzinfo=UTC)
        if at is None or stamp.unit == "day":
            return
        if stamp.unit == "minute":
            self._n_minutes += 1
            if len(self._minutes) < 2:
                self._minutes.add(at)
            return
        if self._last is not None:
            self._n_pairs += 1
            self._n_close += abs(at - self._last) <= timedelta(seconds=1)
        self._last = at

    @property
    def is_faked(self) -> bool:
        # 95 %: a file that stamps a question and its answer alike reaches one half.
        by_second = self._n_pairs >= 4 and self._n_close >= 0.95 * self._n_pairs
        # Twenty messages inside one minute are more than two people write.
        by_minute = self._n_minutes >= 20 and len(self._minutes) == 1
        return by_second or (by_minute and self._n_pairs == 0)
