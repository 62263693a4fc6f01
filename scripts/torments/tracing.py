"""System calls of a deed, by strace: which there are, and a fault at one of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from torments.ground import Deed, Ground

WRITING = ("write", "pwrite64", "ftruncate")
LASTING = ("fsync", "fdatasync")
NAMING = ("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat")
MAKING = ("openat", "mkdir", "mkdirat")
_ALL = (*WRITING, *LASTING, *NAMING, *MAKING)
# Of these a failure is none of the disk's: SQLite ignores it, or it frees space.
_FREEING = ("unlink", "unlinkat", "ftruncate")
_LINE = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)\) += (-?\d+|\?)(.*)$")
_CUT = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
_REST = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
_HANDLE = re.compile(r"^\d+<([^>]*)>")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One system call.

    Attributes:
        paths: The file of its handle, or the names in it.
        words: Its arguments as strace prints them.
        result: What it gave; -1 where it failed or never returned.
    """

    name: str
    paths: tuple[str, ...]
    words: str
    result: int


@cache
def why_not() -> str:
    """Why system calls cannot be followed here; "" where they can."""
    if shutil.which("strace") is None:
        return "there is no strace here"
    tried = subprocess.run(["strace", "true"], capture_output=True, check=False)
    return "strace may not follow processes here" if tried.returncode else ""


def tracer(log: Path, names: Sequence[str] = _ALL) -> list[str]:
    """What a program is run under to have its calls written down."""
    kinds = ",".join(f"?{name}" for name in names)
    return ["strace", "-f", "-y", "-s", "0", "-o", str(log), "-e", f"trace={kinds}"]


def read_log(log: Path, under: Path | None = None) -> list[Call]:
    """The calls in a log, of files under a folder only, if one is named."""
    found = []
    for line in _joined(log.read_text(encoding="utf-8", errors="replace").splitlines()):
        match = _LINE.match(line)
        if match is None:
            continue
        _, name, words, result, _ = match.groups()
        paths = _paths(words)
        if under is None or any(path.startswith(str(under)) for path in paths):
            number = int(result) if result != "?" else -1
            found.append(Call(name, paths, words, number))
    return found


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Calls that another thread's interrupted, in one line again."""
    begun: dict[str, str] = {}
    for line in lines:
        if cut := _CUT.match(line):
            begun[cut[1]] = cut[2]
        elif rest := _REST.match(line):
            yield f"{rest[1]} {begun.pop(rest[1], '')}{rest[2]}"
        else:
            yield line


def _paths(words: str) -> tuple[str, ...]:
    handle = _HANDLE.match(words)
    names = tuple(name for name in _NAME.findall(words) if name.startswith("/"))
    return names or ((handle[1],) if handle else ())


def calls_of(ground: Ground, deed: Deed) -> list[Call]:
    """What a deed asks of the system for its files, undisturbed.

    Raises:
        RuntimeError: It failed.
    """
    ground.fresh(deed)
    log = ground.folder / "calls.log"
    done = ground.launch(deed, tracer=tracer(log))
    if done.code:
        raise RuntimeError(f"{deed.name} under strace: {done}")
    return [call for call in read_log(log, ground.work) if _changes(call)]


def _changes(call: Call) -> bool:
    return call.name != "openat" or "O_CREAT" in call.words


def strike_at(
    calls: Sequence[Call], number: int, what: str, log: Path, *, for_ever: bool = False
) -> list[str]:
    """What a deed is run under to meet a fault at one of these calls.

    Args:
        calls: Of `calls_of`.
        number: Which of them, from 0.
        what: `signal=SIGKILL`, `error=ENOSPC` or the like.
        log: Written, and of no use.
        for_ever: At all later calls of that name as well.
    """
    name = calls[number].name
    nth = sum(call.name == name for call in calls[: number + 1])
    paths = sorted({path for call in calls for path in call.paths})
    chosen = [word for path in paths for word in ("-P", path)]
    inject = f"inject={name}:{what}:when={nth}{'+' if for_ever else ''}"
    return [
        *("strace", "-f", "-o", str(log), *chosen),
        *("-e", f"trace={name}", "-e", inject),
    ]


def can_fail(call: Call) -> bool:
    """Whether a full disk can make such a call fail."""
    return call.name not in _FREEING


def some(n_of: int, n: int, chance: Random) -> list[int]:
    """So many of 0 to n_of - 1, spread evenly, in order, by chance where few."""
    if n >= n_of:
        return list(range(n_of))
    width = n_of / n
    return [min(n_of - 1, int((k + chance.random()) * width)) for k in range(n)]
