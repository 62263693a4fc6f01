"""Several programs at one vault: they wait, they are told for whom, nothing doubles."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import VaultLockedError
from persona_vault.store import driver, locking
from persona_vault.store.vault import Vault, open_vault
from tests.cli.conftest import Run, RunJson, home, plain_home, run, run_json
from tests.cli.exports import write_replika

__all__ = ["home", "plain_home", "run", "run_json"]  # fixtures

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from persona_vault.store.locking import name_command
from persona_vault.store.vault import open_vault
name_command("persona-vault import")
with open_vault(Path(sys.argv[1])) as vault:
    with vault.write() as connection:
        connection.exec_driver_sql("INSERT INTO setting VALUES ('half', 'done')")
        print("held", flush=True)
        sys.stdin.read()
"""


def start(*words: object) -> "subprocess.Popen[str]":
    """A Python process that finds this checkout."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@contextmanager
def held(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process in the middle of writing to the vault."""
    process = start("-c", HOLD, folder)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_waits_in_vain_is_told_for_whom(
    plain_home: Path,
    run: Run,
    run_json: RunJson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 5 with command, process and host; killed, the holder is in no way."""
    assert driver.BUSY_TIMEOUT_MS == 30_000
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 50)
    write_replika(plain_home / "replika.csv")
    words = ("import", "replika.csv", "--persona", "Wren", "--no-embed")
    with held(plain_home / "vault") as process:
        left = run(*words)
        assert left.code == 5
        assert f"persona-vault import, process {process.pid} on " in left.err
        error = run_json(*words, code=5)["error"]
        assert str(process.pid) in error["message"]
        # Who only reads need not wait.
        assert run("info").code == 0
    assert run_json(*words)["n_added"] == 4
    assert not list((plain_home / "vault").glob("*.writer"))


def test_a_killed_writer_leaves_nothing_half_and_no_lock(vault: Vault) -> None:
    """Its note names nobody any more, its row is not there, the next one writes."""
    with held(vault.path) as process:
        noted = locking.read_writer(vault.path / "vault.db")
        assert noted is not None
        assert noted.pid == process.pid
    assert (vault.path / "vault.db.writer").exists()  # it had no time to tidy up
    assert locking.read_writer(vault.path / "vault.db") is None
    assert vault.setting("half") is None
    vault.set_setting("whole", "yes")
    assert not (vault.path / "vault.db.writer").exists()


def test_a_note_holds_no_word_of_the_users(vault: Vault) -> None:
    """Process, host, command and time; readable by its owner alone; gone after it."""
    locking.name_command("persona-vault search")
    place = vault.path / "vault.db.writer"
    with vault.write():
        told = json.loads(place.read_text(encoding="ascii"))
        assert set(told) == {"pid", "host", "command", "since"}
        assert (told["pid"], told["command"]) == (os.getpid(), "persona-vault search")
        if os.name == "posix":
            assert place.stat().st_mode & 0o777 == 0o600
    assert not place.exists()
    with pytest.raises(ZeroDivisionError), vault.write():
        _ = 1 / 0
    assert not place.exists()


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"[]",
        b"{",
        b'{"pid": "x", "host": "h", "command": "c", "since": "s"}',
        b'{"pid": 1, "host": "h", "command": "c\\u001b[2J", "since": "s"}',
        b'{"pid": 1, "host": "h", "command": "c", "since": "s", "more": 1}',
        b'{"pid": 1, "host": "' + b"h" * 9_999 + b'", "command": "c", "since": "s"}',
        b'{"pid": 99999999999999999999, "host": "h", "command": "", "since": []}',
    ],
)
def test_a_strange_note_names_nobody(
    vault: Vault, note: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else wrote there neither locks anybody out nor is printed."""
    (vault.path / "vault.db.writer").write_bytes(note)
    assert locking.read_writer(vault.path / "vault.db") is None
    assert str(locking.locked(vault.path / "vault.db")).startswith("Another program is")
    vault.set_setting("a", "b")
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 20)
    with (
        open_vault(vault.path) as other,
        other.write(),
        pytest.raises(VaultLockedError, match=f"process {os.getpid()} "),
        open_vault(vault.path) as third,
    ):
        third.set_setting("a", "c")


def test_a_process_that_ended_is_known_to_have_ended() -> None:
    """Ours runs; one that was waited for does not; no process has number 0 or less."""
    assert locking.is_alive(os.getpid())
    ended = start("-c", "pass")
    ended.communicate()
    assert not locking.is_alive(ended.pid)
    assert not locking.is_alive(0)
    assert not locking.is_alive(-1)


@pytest.mark.parametrize(
    ("n_processes", "n_rounds"),
    [(2, 3), pytest.param(4, 50, marks=pytest.mark.slow)],
)
def test_several_at_once_neither_fail_nor_double(
    plain_home: Path, n_processes: int, n_rounds: int
) -> None:
    """Importing the same file, searching, taking snapshots: each message once."""
    export = write_replika(plain_home / "replika.csv", n=12)
    folder = plain_home / "vault"
    running = [
        start("-m", "tests.store.side_by_side", folder, export, n_rounds, f"p{n}")
        for n in range(n_processes)
    ]
    told: list[dict[str, Any]] = []
    for process in running:
        out, err = process.communicate(timeout=1_200)
        assert (process.returncode, err) == (0, "")
        told.append(json.loads(out))
    assert sum(one["n_added"] for one in told) == 12
    assert all(one["n_waited_in_vain"] == 0 for one in told)
    assert all(one["n_hits"] == 3 * n_rounds for one in told)
    with open_vault(folder) as vault:
        assert len(list(vault.messages())) == 12
        assert len(vault.sources()) == 1
        last = {vault.setting(f"seen by p{n}") for n in range(n_processes)}
        assert last == {str(n_rounds - 1)}
