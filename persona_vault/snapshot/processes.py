"""Measuring in several processes: the rows of the catalogue take one core each.

The processes get the messages of a part and give its sums; they read no vault and
write nothing.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing.util import Finalize

from persona_vault.dimensions.base import Dimension
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.embedders.anchors import offline_columns
from persona_vault.snapshot.measuring import (
    OBJECTS_BETWEEN,
    BroughtToPart,
    RowsOfPart,
    Spoken,
    measure_part,
)

Names = Sequence[str]
Marked = Mapping[str, Collection[int]]
Found = tuple[RowsOfPart, BroughtToPart]

# Less than this is measured sooner than a process is ready.
LEAST_PARTS = 3
# Parts given out ahead of what was taken back, for each process.
_AHEAD = 4
# More would wait for the one process that reads the vault.
_MOST = 4


def usable_cores() -> int:
    """Processor cores this process may use, as many as measuring has a use for."""
    known = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    n = len(known(0)) if known else os.cpu_count() or 1
    return min(n, _MOST)


def measured_parts(
    parts: Iterable[list[Spoken]], names: Names, marked: Marked, processes: int
) -> Iterator[tuple[list[Spoken], Found]]:
    """Parts in order, each with what its rows and its user's words measure.

    Args:
        parts: Stretches of the talk.
        names: Rows of the catalogue.
        marked: Row -> messages whose hit the user marked wrong.
        processes: How many to use; 1, or a short talk: this process alone.
    """
    coming = iter(parts)
    first = list(islice(coming, LEAST_PARTS))
    if processes < 2 or len(first) < LEAST_PARTS:
        for part in chain(first, coming):
            yield part, _measured(part, names, marked)
        return
    with _Pool(processes, names, marked) as pool:
        waiting: deque[tuple[list[Spoken], Future[Found] | None]] = deque()
        waiting.extend((part, pool.given(part)) for part in first)
        # Read now, while the processes begin: it is needed here at the end as well.
        for way in offline_columns():
            way.columns([("",)])
        for part in coming:
            waiting.append((part, pool.given(part)))
            if len(waiting) > processes * _AHEAD:
                yield pool.taken(*waiting.popleft())
        while waiting:
            yield pool.taken(*waiting.popleft())


class _Pool:
    """Processes that measure; where they cannot be had, this one does."""

    def __init__(self, n: int, names: Names, marked: Marked) -> None:
        self._rest = names, marked
        self._executor = ProcessPoolExecutor(
            n,
            # Never a copy of this process: it has the vault open, and threads.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
        )

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def given(self, part: list[Spoken]) -> "Future[Found] | None":
        try:
            return self._executor.submit(_measured, part, *self._rest)
        except (BrokenProcessPool, OSError):
            return None

    def taken(
        self, part: list[Spoken], future: "Future[Found] | None"
    ) -> tuple[list[Spoken], Found]:
        try:
            found = None if future is None else future.result()
        except (BrokenProcessPool, OSError):
            found = None
        return part, found or _measured(part, *self._rest)


def _measured(part: list[Spoken], names: Names, marked: Marked) -> Found:
    return measure_part(part, _rows(names), marked, offline_columns())


def _rows(names: Names) -> list[Dimension]:
    known = {d.name: d for d in catalogue()}
    return [known[name] for name in names]


def _begin() -> None:
    """In a process that measures: end with the one that asked, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asking one's matter
    gc.set_threshold(OBJECTS_BETWEEN, *gc.get_threshold()[1:])
    # At its end nothing is left to do: to take its memory apart is half a second.
    Finalize(None, os._exit, args=(0,), exitpriority=-1_000)
    asking = multiprocessing.parent_process()
    if asking is not None:
        threading.Thread(target=_end_with, args=(asking,), daemon=True).start()


def _end_with(asking: "multiprocessing.process.BaseProcess") -> None:
    asking.join()
    os._exit(1)
