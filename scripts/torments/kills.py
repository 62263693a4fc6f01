"""Ended by SIGKILL at any moment: the vault is before it or after it, never between."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from torments.ground import DEEDS, EXPORTS, Deed, Ground, Outcome
from torments.rows import Row, Task
from torments.tracing import Call, calls_of, some, strike_at, why_not

_N_MESSAGES = 800
_LATE = 1.1  # some of the kills come too late on purpose
NAMES = tuple(DEEDS)
# Each is killed, and what clears up after it is disturbed as well.
TWICE = (
    *("import", "forget", "rekey", "migrate", "backup", "restore"),
    *(deed.name for deed in EXPORTS),
)


class Strikes:
    """Where a deed can be struck: its system calls, or else its own steps.

    Args:
        ground: With a work folder that may be used.
        deed: Done once undisturbed, to know them.
    """

    def __init__(self, ground: Ground, deed: Deed) -> None:
        self.ground, self.deed = ground, deed
        self.calls: list[Call] = []
        if why_not():
            count = ground.folder / "count"
            ground.fresh(deed)
            ground.launch(deed, {"under": str(ground.work), "count": str(count)})
            self.n = int(count.read_text(encoding="ascii"))
        else:
            self.calls = calls_of(ground, deed)
            self.n = len(self.calls)

    def kill(self, number: int) -> tuple[str, Outcome]:
        """Do it and be killed there; on the work folder as it is."""
        if not self.calls:
            spec = {"under": str(self.ground.work), "die_at": number + 1}
            return f"at step {number + 1}", self.ground.launch(self.deed, spec)
        log = self.ground.folder / "strike.log"
        tracer = strike_at(self.calls, number, "signal=SIGKILL", log)
        call = self.calls[number]
        where = f"at {call.name} {number + 1} of {self.n}"
        return where, self.ground.launch(self.deed, tracer=tracer)


def _each(
    sweep: Callable[[Task, Ground, Deed], Row],
    task: Task,
    names: tuple[str, ...],
    n_messages: int,
) -> Iterator[Row]:
    """One sweep over some deeds, each on its share of the rounds."""
    ground = Ground(task.folder / "encrypted", n_messages)
    for part, name in enumerate(names):
        yield sweep(task.share(part, len(names)), ground, DEEDS[name])
    ground.close()


def _note(row: Row, ground: Ground, deed: Deed, where: str, done: Outcome) -> None:
    row.rounds += 1
    if done.has_traceback:
        row.tracebacks.append(f"{where}: {done.err}")
    wrong = ground.judge(deed, finished=done.code == 0)
    row.losses += [f"killed {where}: {one}" for one in wrong]


def kill(
    task: Task, names: tuple[str, ...] = NAMES, n_messages: int = _N_MESSAGES
) -> Iterator[Row]:
    """Each deed, half of the kills at a random moment and half at the k-th write."""
    yield from _each(kill_one, task, names, n_messages)


def kill_one(task: Task, ground: Ground, deed: Deed) -> Row:
    """One deed, killed again and again."""
    row = Row("kill", deed.name)
    seconds = ground.whole(deed)[2]
    strikes = Strikes(ground, deed)
    at = some(strikes.n, task.n // 2 or 1, task.chance)
    n_died = 0
    for number in task.numbers():
        ground.fresh(deed)
        if number % 2 == 0:
            where, done = strikes.kill(at[number // 2 % len(at)])
        else:
            moment = task.chance.uniform(0, seconds * _LATE)
            where = f"after {moment:.3f} s"
            done = ground.launch(deed, kill_after=moment)
        n_died += done.code < 0
        _note(row, ground, deed, where, done)
    kind = "steps of its own" if why_not() else "system calls"
    return row.done(f"{n_died} ended by it; {strikes.n:,} {kind} to be struck at")


def power(
    task: Task, names: tuple[str, ...] = NAMES, n_messages: int = _N_MESSAGES
) -> Iterator[Row]:
    """The folder at any moment, copied while the process stands still."""
    if os.name != "posix":
        yield Row("power", "a copy on the way").done("needs signals of POSIX")
        return
    yield from _each(copy_on_the_way, task, names, n_messages)


def copy_on_the_way(task: Task, ground: Ground, deed: Deed) -> Row:
    """One deed; what it had written at a moment must do as well as after a kill."""
    row = Row("power", f"{deed.name}, a copy on the way")
    seconds = ground.whole(deed)[2]
    n_early = 0
    for _ in task.numbers():
        ground.fresh(deed)
        moment = task.chance.uniform(0, seconds)
        done, on_the_way = ground.copied_on_the_way(deed, moment)
        n_early += on_the_way
        row.rounds += 1
        if done.code:
            row.tracebacks.append(f"stood still at {moment:.3f} s: {done.err}")
        wrong = ground.judge(deed, finished=not on_the_way)
        row.losses += [f"copied at {moment:.3f} s: {one}" for one in wrong]
    return row.done(f"{n_early} before its end")


def two(
    task: Task, names: tuple[str, ...] = TWICE, n_messages: int = _N_MESSAGES
) -> Iterator[Row]:
    """A kill, then a kill or a full disk while the same call clears up after it."""
    yield from _each(kill_twice, task, names, n_messages)


def kill_twice(task: Task, ground: Ground, deed: Deed) -> Row:
    """One deed, killed, and struck again as it is done once more."""
    row = Row("two", f"{deed.name}, killed, and struck again")
    ground.whole(deed)
    strikes = Strikes(ground, deed)
    for number in task.numbers():
        ground.fresh(deed)
        where, first = strikes.kill(task.chance.randrange(strikes.n))
        if number % 2:
            kib = task.chance.randrange(4, 400, 4)
            second = ground.launch(deed, {"fsize": kib * 1024})
            where += f", then no file over {kib} KiB"
        else:
            then, second = strikes.kill(task.chance.randrange(strikes.n))
            where += f", then {then}"
        if first.has_traceback:
            row.tracebacks.append(f"{where}: {first.err}")
        # A second call after one that was done need not say 0: the file is there.
        _note(row, ground, deed, where, second)
    return row.done()
