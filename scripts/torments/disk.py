"""The disk takes no more: one sentence, a code of its own, and the old state intact."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torments.ground import DEEDS, EXPORTS, Deed, Ground, Outcome
from torments.kills import Strikes
from torments.rows import Row, Task
from torments.tracing import can_fail, some, strike_at, why_not

_N_MESSAGES = 800
_PAGE = 4_096
_LEAST_SPAN = 12
FULL = 9
NOT_ALLOWED = 2
GROWING = ("import", "embed", "forget", "migrate")
NAMES = tuple(DEEDS)
_ON_SMALL_DISK = ("import", "backup", "restore", EXPORTS[0].name)
_ERRORS = ("ENOSPC", "EIO", "EDQUOT")


def disk(
    task: Task, names: tuple[str, ...] = NAMES, n_messages: int = _N_MESSAGES
) -> Iterator[Row]:
    """By a limit of pages, of file size, a small disk, and failing calls."""
    ground = Ground(task.folder / "encrypted", n_messages)
    growing = [name for name in names if name in GROWING]
    ways: list[tuple[Callable[[Task, Ground, Deed], Row], list[str]]] = [
        (few_pages, growing),
        (small_files, list(names)),
        (failing_steps, list(names)),
    ]
    if not why_not():
        ways.append((failing_calls, list(names)))
    pairs = [(way, name) for way, chosen in ways for name in chosen]
    for part, (way, name) in enumerate(pairs):
        share = task.share(part, len(pairs) + 1, task.n)
        yield way(share, ground, DEEDS[name])
    yield _small_disk(task.share(0, 1, max(1, task.n // 8)), ground)
    ground.close()


def judged(
    row: Row,
    ground: Ground,
    deed: Deed,
    where: str,
    done: Outcome,
    *,
    codes: tuple[int, ...],
) -> None:
    """Note what was wrong with a call that met a full disk."""
    row.rounds += 1
    if done.has_traceback or (done.code and done.err.count("Error: ") != 1):
        row.tracebacks.append(f"{where}: {done.code}: {done.err}")
    elif done.code not in (0, *codes):
        row.tracebacks.append(f"{where}: said {done.code}: {done.err}")
    wrong = ground.judge(deed, finished=done.code == 0)
    row.losses += [f"{where}: {one}" for one in wrong]


def few_pages(task: Task, ground: Ground, deed: Deed) -> Row:
    """A database that may have only so many pages."""
    row = Row("disk", f"{deed.name}, a database of so many pages")
    ground.whole(deed)
    after = _n_pages(ground)
    ground.fresh(deed)
    before = _n_pages(ground)
    span = max(after - before + 2, _LEAST_SPAN)
    limits = [before + k for k in some(span, task.n, task.chance)]
    n_full = 0
    for number in task.numbers(len(limits)):
        ground.fresh(deed)
        done = ground.launch(deed, {"pages": limits[number]})
        n_full += done.code == FULL
        where = f"at most {limits[number]} pages"
        judged(row, ground, deed, where, done, codes=(FULL,))
    return row.done(f"{n_full} times full, {before} to {after} pages")


def _n_pages(ground: Ground) -> int:
    return -(-(ground.work / "vault" / "vault.db").stat().st_size // _PAGE)


def small_files(task: Task, ground: Ground, deed: Deed) -> Row:
    """No file may grow beyond so many bytes."""
    row = Row("disk", f"{deed.name}, `ulimit -f`")
    if sys.platform == "win32":
        return row.done("needs POSIX limits")
    ground.whole(deed)
    sizes = [p.stat().st_size for p in ground.work.rglob("*") if p.is_file()]
    most = int(max(sizes) * 1.3)
    n_full = 0
    limits = some(most, task.n, task.chance)
    for number in task.numbers(len(limits)):
        ground.fresh(deed)
        done = ground.launch(deed, {"fsize": limits[number]})
        n_full += done.code == FULL
        where = f"no file over {limits[number]} bytes"
        judged(row, ground, deed, where, done, codes=(FULL,))
    return row.done(f"{n_full} times full")


def failing_steps(task: Task, ground: Ground, deed: Deed) -> Row:
    """The k-th step of our own files fails, once or from then on."""
    row = Row("disk", f"{deed.name}, the k-th step of our own files fails")
    ground.whole(deed)
    count = ground.folder / "count"
    base = {"under": str(ground.work)}
    ground.fresh(deed)
    ground.launch(deed, {**base, "count": str(count), "fail_at": 0})
    n_steps = int(count.read_text(encoding="ascii"))
    tries = [(k, ever) for k in some(n_steps, task.n, task.chance) for ever in (0, 1)]
    n_full = 0
    for number in task.numbers(min(task.n, len(tries))):
        at, ever = tries[number * len(tries) // min(task.n, len(tries))]
        ground.fresh(deed)
        done = ground.launch(deed, {**base, "fail_at": at + 1, "for_ever": bool(ever)})
        n_full += done.code == FULL
        where = f"step {at + 1} of {n_steps}{' and all after it' if ever else ''}"
        judged(row, ground, deed, where, done, codes=(FULL,))
    return row.done(f"{n_full} times full, {n_steps} steps")


def failing_calls(task: Task, ground: Ground, deed: Deed) -> Row:
    """The k-th system call fails, once or from then on."""
    row = Row("disk", f"{deed.name}, the k-th system call fails")
    ground.whole(deed)
    calls = [call for call in Strikes(ground, deed).calls if can_fail(call)]
    at = some(len(calls), task.n, task.chance)
    n_full = 0
    for number in task.numbers(len(at)):
        k, ever = at[number], number % 2 == 1
        error = _ERRORS[number % len(_ERRORS)]
        ground.fresh(deed)
        log = ground.folder / "strike.log"
        tracer = strike_at(calls, k, f"error={error}", log, for_ever=ever)
        done = ground.launch(deed, tracer=tracer)
        n_full += done.code == FULL
        call = calls[k]
        where = f"{call.name} {call.paths} {k + 1}{'+' if ever else ''}: {error}"
        # SQLite says of a file that it could not open no more than that.
        codes = (FULL, NOT_ALLOWED) if call.name == "openat" else (FULL,)
        judged(row, ground, deed, where, done, codes=codes)
    return row.done(f"{n_full} times full, {len(calls):,} calls")


def _small_disk(task: Task, ground: Ground) -> Row:
    row = Row("disk", "import, backup, restore and export on a disk of its own (tmpfs)")
    place = ground.work
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        return row.done("needs Linux and root")
    n_full = 0
    deeds = [DEEDS[name] for name in _ON_SMALL_DISK]
    for deed in deeds:
        ground.fresh(deed)
        start = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
        ground.whole(deed)
        for number in task.numbers():
            mib = start * (1.05 + 2.5 * (number + task.chance.random()) / task.n)
            done = _on_small_disk(ground, deed, int(mib))
            if done is None:
                return row.done("this system does not let us mount")
            n_full += done.code == FULL
            judged(row, ground, deed, f"{int(mib):,} bytes", done, codes=(FULL,))
    return row.done(f"{n_full} times full")


def _on_small_disk(ground: Ground, deed: Deed, n_bytes: int) -> Outcome | None:
    """Do it where there is only so much room; what it left is copied back after."""
    place, kept = ground.work, ground.folder / "kept-work"
    ground.fresh(deed)
    shutil.rmtree(kept, ignore_errors=True)
    place.rename(kept)
    place.mkdir()
    with _mounted(place, n_bytes) as is_there:
        if not is_there:
            return None
        shutil.copytree(kept, place, dirs_exist_ok=True)
        done = ground.launch(deed)
        shutil.rmtree(kept)
        shutil.copytree(place, kept)
    place.rmdir()
    kept.rename(place)
    return done


@contextmanager
def _mounted(place: Path, n_bytes: int) -> Iterator[bool]:
    size = f"size={n_bytes:d},mode=0700"
    words = ["mount", "-t", "tmpfs", "-o", size, "none", str(place)]
    is_there = not subprocess.run(words, check=False, capture_output=True).returncode
    try:
        yield is_there
    finally:
        if is_there:
            subprocess.run(["umount", str(place)], check=False, capture_output=True)
