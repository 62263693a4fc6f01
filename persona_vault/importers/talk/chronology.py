"""Lists whose order in the file cannot be relied on, put oldest first."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def oldest_first(rows: Sequence[T], time_of: Callable[[T], float | None]) -> list[T]:
    """The rows by time; of equal times the one that was said first comes first.

    A list that mostly runs from new to old is turned round before it is sorted, so
    that messages of one second keep their order. A row without a time stays behind
    the one that stood before it.
    """
    times = [time_of(row) for row in rows]
    known = [time for time in times if time is not None]
    n_down = sum(one > two for one, two in pairwise(known))
    n_up = sum(one < two for one, two in pairwise(known))
    pairs = list(zip(rows, times, strict=True))
    if n_down > n_up:
        pairs.reverse()
    last = float("-inf")
    keyed = []
    for row, time in pairs:
        last = last if time is None else time
        keyed.append((last, row))
    keyed.sort(key=lambda pair: pair[0])
    return [row for _time, row in keyed]
