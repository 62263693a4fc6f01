"""Who is writing to a vault: told to those who have to wait.

The lock itself is SQLite's, held by the operating system for the life of a process: it
frees itself when its holder ends, however it ends. Beside it the holder lays a small
note, so that a program that waited in vain can name it. A note alone locks nobody out.
"""

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from persona_vault.errors import VaultLockedError

_SUFFIX = ".writer"
_MAX_BYTES = 4_096
_MAX_LETTERS = 100
_named: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A process that writes to a vault.

    Attributes:
        command: The program and its command, never an argument: these may be words.
        since: ISO 8601, UTC.
    """

    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.command}, process {self.pid} on {self.host}, since {self.since}"


def name_command(command: str) -> None:
    """Say what this process does, for the notes it lays; no argument of the user's."""
    _named[:] = [command[:_MAX_LETTERS]]


def _this_writer() -> Writer:
    return Writer(
        pid=os.getpid(),
        host=platform.node()[:_MAX_LETTERS],
        command=_named[0] if _named else "a Python program",
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _place(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)


def lay_note(path: Path) -> None:
    """Say that this process writes to the database; to be called under its lock.

    A note that cannot be written is left out: it only serves a sentence.
    """
    place = _place(path)
    with suppress(OSError):
        # Of a writer that was killed: we hold the lock, so nobody else does.
        place.unlink(missing_ok=True)
        handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(asdict(_this_writer()), file)


def take_note_away(path: Path) -> None:
    """Take the note away; to be called while the lock is still held."""
    with suppress(OSError):
        _place(path).unlink(missing_ok=True)


@contextmanager
def noted(path: Path) -> Iterator[None]:
    """A note while a statement takes the lock by itself, unless a writer has one."""
    ours = read_writer(path) is None
    if ours:
        lay_note(path)
    try:
        yield
    finally:
        writer = read_writer(path)
        if ours and writer is not None and writer.pid == os.getpid():
            take_note_away(path)


def read_writer(path: Path) -> Writer | None:
    """Who writes to the database now; None where nobody does, or nobody said so."""
    try:
        with _place(path).open("rb") as file:
            told = json.loads(file.read(_MAX_BYTES))
        writer = Writer(**told)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    if not _is_sound(writer):
        return None
    if writer.host == platform.node()[:_MAX_LETTERS] and not is_alive(writer.pid):
        return None
    return writer


def _is_sound(writer: Any) -> bool:
    texts = (writer.host, writer.command, writer.since)
    return isinstance(writer.pid, int) and all(
        isinstance(one, str) and one.isprintable() and len(one) <= _MAX_LETTERS
        for one in texts
    )


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs; of one that we may not ask, yes."""
    if pid <= 0:
        return False
    if sys.platform == "win32":  # there os.kill would end it
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """Ask for a handle that can only be waited on; it is set once it has ended."""
    import ctypes  # noqa: PLC0415

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - on Windows only
    synchronize, timeout = 0x00100000, 0x102
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timeout)
    finally:
        kernel.CloseHandle(handle)


def locked(path: Path) -> VaultLockedError:
    """The refusal of a vault that another process writes to, with its name if known."""
    writer = read_writer(path)
    who = "Another program" if writer is None else f"Another program ({writer})"
    return VaultLockedError(
        f"{who} is writing to the vault {path.parent}.",
        hint="Wait until it has finished, or close it, and run this again.",
    )
