"""Times of the Tavern family: every spelling of `send_date`, and which were stamped."""

import re
from datetime import UTC, datetime, timedelta

from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any

# 2023-5-12 @21h 32m 29s 224ms, 2024-7-12@01h31m37s, 2024-07-12@01h31m37s123ms
_AT_CLOCK = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})\s*@\s*(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s"
    r"(?:\s*(\d{1,3})ms)?",
    re.ASCII,
)
_CLOSE = timedelta(seconds=1)
# Five messages in a row, each at most a second after the last, are more than two
# sides write; of times without seconds, twenty inside one minute are.
_RUN_OF_SECONDS = 5
_RUN_OF_MINUTES = 20


def read_time(value: object) -> tuple[Stamp, tuple[str, ...]]:
    """(time, flags) of a `send_date`; the flag is "time_unread" where it is none.

    The spelling with "@" is the wall clock of the machine: the app itself reads some of
    these as UTC, which is why its own list of chats may show other hours.
    """
    if isinstance(value, str) and (found := _AT_CLOCK.fullmatch(value.strip())):
        year, month, day, hour, minute, second, millis = found.groups()
        value = (
            f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}"
            f".{millis or 0:0>3}"
        )
    stamp = from_any(value)
    if stamp is None:
        return NO_TIME, ("time_unread",)
    return stamp, ()


def moment(stamp: Stamp) -> datetime | None:
    """A time for comparing only: a wall time counts as if it were UTC."""
    if stamp.sent_at is not None:
        return stamp.sent_at
    if stamp.local_at is None:
        return None
    return datetime.fromisoformat(stamp.local_at).replace(tzinfo=UTC)


class StampedRuns:
    """Finds stretches whose times a tool wrote while copying, not people while talking.

    A chat that was brought over from elsewhere and then went on has such a stretch at
    its start, and real times after it.
    """

    def __init__(self) -> None:
        self._marks = bytearray()
        self._start = 0
        self._n_timed = 0
        self._last: datetime | None = None
        self._is_fine = True

    def see(self, stamp: Stamp) -> None:
        """Take in the next row; rows without a time neither end nor make a stretch."""
        at = moment(stamp)
        if at is not None and stamp.unit != "day":
            is_fine = stamp.unit == "second"
            limit = _CLOSE if is_fine else timedelta(0)
            joined = (
                self._last is not None
                and is_fine is self._is_fine
                and abs(at - self._last) <= limit
            )
            if not joined:
                self._end()
                self._start = len(self._marks)
            self._last, self._is_fine = at, is_fine
            self._n_timed += 1
        self._marks.append(0)

    def _end(self) -> None:
        needed = _RUN_OF_SECONDS if self._is_fine else _RUN_OF_MINUTES
        if self._n_timed >= needed:
            length = len(self._marks) - self._start
            self._marks[self._start :] = b"\x01" * length
        self._n_timed = 0

    def marks(self) -> bytes:
        """One byte a row, 1 where its time was stamped; ends the watch."""
        self._end()
        return bytes(self._marks)
