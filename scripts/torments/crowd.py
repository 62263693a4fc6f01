"""Several programs at one vault at once: nobody fails, nothing doubles."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from persona_vault.errors import VaultError
from persona_vault.ingest import import_file
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from torments.ground import environment, state_of, write_talk
from torments.rows import Row, Task

_N_PROCESSES = 4
_N_MESSAGES = 60
_LONGEST = 1_800.0


def processes(
    task: Task, n_processes: int = _N_PROCESSES, n_messages: int = _N_MESSAGES
) -> Iterator[Row]:
    """Import, search, snapshot and a setting, in several processes; then with kills."""
    yield _together(task.share(0, 2, task.n), n_processes, n_messages)
    yield _killed_holders(task.share(1, 2, max(1, task.n // 5)), n_messages)


def _start(
    folder: Path, export: Path, n_rounds: int, name: str
) -> subprocess.Popen[str]:
    words = [str(folder), str(export), str(n_rounds), name]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.side_by_side", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(folder.parent / "homes"),
    )


def _together(task: Task, n_processes: int, n_messages: int) -> Row:
    row = Row("processes", f"{n_processes} at once: import, search, snapshot, setting")
    folder = task.folder / "together"
    create_vault(folder)
    export = write_talk(task.folder / "talk.jsonl", n_messages)
    running = [_start(folder, export, task.n, f"p{n}") for n in range(n_processes)]
    told = []
    for process in running:
        out, err = process.communicate(timeout=_LONGEST)
        if process.returncode or err:
            row.tracebacks.append(f"{process.returncode}: {err}")
        else:
            told.append(json.loads(out))
    row.rounds = sum(one["n_rounds"] for one in told)
    n_added = sum(one["n_added"] for one in told)
    if n_added != n_messages:
        row.losses.append(f"{n_added} added of {n_messages}")
    if vain := sum(one["n_waited_in_vain"] for one in told):
        row.losses.append(f"{vain} waits of 30 seconds in vain")
    _judge(row, folder, n_messages)
    return row.done(f"{sum(one['n_hits'] for one in told):,} hits")


def _judge(row: Row, folder: Path, n_messages: int) -> None:
    try:
        found = state_of(folder, None)
    except VaultError as error:
        row.losses.append(f"{type(error).__name__}: {error}")
        return
    if found["message"] != n_messages or found["source"] != 1:
        row.losses.append(f"{found['message']} messages, {found['source']} sources")


def _killed_holders(task: Task, n_messages: int) -> Row:
    row = Row("processes", "a writer is killed: the next one need not wait")
    export = write_talk(task.folder / "talk.jsonl", n_messages)
    for number in task.numbers():
        folder = task.folder / f"killed-{number}"
        create_vault(folder)
        first = _start(folder, export, 1_000, "first")
        note = folder / "vault.db.writer"
        began = time.monotonic()
        while (
            not note.exists() and time.monotonic() < began + 30 and first.poll() is None
        ):
            pass
        first.kill()
        first.communicate(timeout=60)
        row.rounds += 1
        try:
            began = time.monotonic()
            with open_vault(folder) as vault:
                import_file(vault, export, persona="Wren")
            if (waited := time.monotonic() - began) > 25:
                row.losses.append(f"waited {waited:.0f} s for a dead process")
        except VaultError as error:
            row.losses.append(f"{type(error).__name__}: {error}")
        _judge(row, folder, n_messages)
        if note.exists():
            row.losses.append("a dead writer's note stayed")
    return row.done()
