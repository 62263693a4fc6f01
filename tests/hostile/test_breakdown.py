"""Kills, full disks and crowds: all of an import is kept, or nothing of it."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from persona_vault.ingest import import_file
from persona_vault.store import driver
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from tests.hostile.console import OWN_PROCESS, call, check_refusal
from tests.hostile.processes import own_environment, run, write_talk

# Says each thousand of messages read, so that it can be killed at any of them.
_IMPORT = """
import sys
from pathlib import Path
from persona_vault.ingest import import_file
from persona_vault.store.vault import open_vault
with open_vault(Path(sys.argv[1])) as vault:
    say = lambda n: print(n, flush=True)
    import_file(vault, sys.argv[2], persona="Wren", progress=say)
    print("done", flush=True)
"""


@pytest.fixture
def vault_folder(tmp_path: Path) -> Path:
    """A closed, empty, plain vault."""
    create_vault(tmp_path / "vault")
    return tmp_path / "vault"


def _check_whole(folder: Path, *numbers: int) -> None:
    """The vault opens, is sound, and holds one of these numbers of messages."""
    with open_vault(folder) as vault:
        n_messages = vault.info()["n_messages"]
        assert n_messages in numbers
        assert len(vault.sources()) == (1 if n_messages else 0)
        with vault.write() as connection:
            ask = connection.exec_driver_sql
            assert ask("PRAGMA integrity_check").scalar() == "ok"
            assert ask("PRAGMA foreign_key_check").all() == []
            # Raises where the index and the passages disagree.
            ask(
                "INSERT INTO message_fts(message_fts, rank)"
                " VALUES ('integrity-check', 1)"
            )
            n_passages = ask("SELECT count(*) FROM passage").scalar()
            assert bool(n_passages) is bool(n_messages)


@pytest.mark.parametrize(
    ("n_rounds", "n_messages"),
    [(5, 8_000), pytest.param(25, 20_000, marks=pytest.mark.slow)],
)
def test_a_killed_import_leaves_nothing(
    n_rounds: int, n_messages: int, vault_folder: Path, tmp_path: Path
) -> None:
    """Killed from its first thousand to its end: nothing half; a last try completes."""
    export = write_talk(tmp_path / "talk.jsonl", n_messages)
    random = Random(n_rounds)
    for number in range(n_rounds):
        # The last rounds are killed between the last message read and the end.
        n_heard = 1 + number * (n_messages // 1_000) // (n_rounds - 1)
        running = subprocess.Popen(
            [sys.executable, "-c", _IMPORT, str(vault_folder), str(export)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        with running:
            assert running.stdout is not None
            heard = [running.stdout.readline() for _ in range(n_heard)]
            with suppress(subprocess.TimeoutExpired):
                running.wait(timeout=random.uniform(0.0, 0.02))
            running.kill()
            said = "".join([*heard, running.stdout.read()])
        # Where the kill came after the last write, all of it is there.
        _check_whole(
            vault_folder, *([n_messages] if "done" in said else [0, n_messages])
        )
    assert (
        call(
            "--vault", vault_folder, "import", export, "--persona", "Wren", "--no-embed"
        ).code
        == 0
    )
    _check_whole(vault_folder, n_messages)


def test_two_imports_of_one_file_at_once(vault_folder: Path, tmp_path: Path) -> None:
    """Both end with 0 and no message is kept twice."""
    export = write_talk(tmp_path / "talk.jsonl", 2_000)
    words = ("--vault", vault_folder, "import", export, "--persona", "Wren")
    command = [*OWN_PROCESS, *map(str, words), "--no-embed", "--json"]
    both = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=own_environment(tmp_path / "homes"),
        )
        for _ in range(2)
    ]
    for running in both:
        _out, err = running.communicate(timeout=120)
        assert running.returncode == 0, err
        assert "Traceback" not in err
    _check_whole(vault_folder, 2_000)


@pytest.mark.parametrize("spare", [0, 1, 2, 5, 12, 30, 60, 90])
def test_a_full_disk_keeps_the_old_state(
    spare: int, vault_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """9 and the old state; with room again the import is whole."""
    export = write_talk(tmp_path / "talk.jsonl", 1_000)
    words = ("--vault", vault_folder, "import", export, "--persona", "Wren")
    with open_vault(vault_folder) as vault, vault.read() as connection:
        n_pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    limit = f"max_page_count={n_pages + spare}"
    with monkeypatch.context() as full:
        full.setattr(driver, "_PRAGMAS", (*driver._PRAGMAS, limit))
        outcome = call(*words, "--no-embed")
        check_refusal(outcome, [9])
    _check_whole(vault_folder, 0)
    assert call(*words, "--no-embed").code == 0
    _check_whole(vault_folder, 1_000)


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv[1:2] = []
from persona_vault.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("n_kib", [100, 260, 500])
def test_a_file_that_may_not_grow(
    n_kib: int, vault_folder: Path, tmp_path: Path
) -> None:
    """`ulimit -f` arrives as an error of input and output, and is told as 9 too."""
    export = write_talk(tmp_path / "talk.jsonl", 4_000)
    words = ("--vault", vault_folder, "import", export, "--persona", "Wren")
    limited = [sys.executable, "-c", _LIMITED, str(n_kib * 1024)]
    done = run([*limited, *map(str, words), "--no-embed"])
    assert done.returncode == 9, done
    assert "Traceback" not in done.stderr
    _check_whole(vault_folder, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_no_room_for_a_new_vault(tmp_path: Path) -> None:
    """9, and what was begun is taken away again."""
    target = tmp_path / "made" / "vault"
    limited = [sys.executable, "-c", _LIMITED, "1024"]
    done = run([*limited, "--vault", str(target), "init", "--plain"])
    assert done.returncode == 9, done
    assert "Traceback" not in done.stderr
    assert [path for path in target.parent.rglob("*") if path.is_file()] == []


_NO_ROOM = """
import resource, sys
from pathlib import Path
from persona_vault.cli import report
from persona_vault.cli._errors import run
from persona_vault.kits import export_talk
from persona_vault.snapshot import take_snapshot, write_snapshot
from persona_vault.store.vault import open_vault
vault = open_vault(Path(sys.argv[1]))
snapshot = take_snapshot(vault)
target = Path(sys.argv[2])
class Command:
    def main(self, **_):
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
        if sys.argv[3] == "snapshot":
            write_snapshot(snapshot, target)
        elif sys.argv[3] == "export":
            export_talk(vault, target)
        else:
            report.write_report(target, "word " * 90_000, force=False)
run(Command())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("what", ["snapshot", "report", "export"])
def test_no_room_for_what_is_written(
    what: str, vault_folder: Path, tmp_path: Path
) -> None:
    """What is written without room ends with 9, and half of it is gone."""
    export = write_talk(tmp_path / "talk.jsonl", 400)
    with open_vault(vault_folder) as vault:
        import_file(vault, export, persona="Wren")
    target = tmp_path / "made"
    command = [sys.executable, "-c", _NO_ROOM, str(vault_folder), str(target), what]
    done = run(command)
    assert done.returncode == 9, done
    assert "Traceback" not in done.stderr
    assert not target.exists()


def test_a_reader_that_leaves_is_no_error(vault_folder: Path, tmp_path: Path) -> None:
    """`persona-vault read | head` ends quietly."""
    export = write_talk(tmp_path / "talk.jsonl", 4_000, n_each=4_000)
    assert (
        call(
            "--vault", vault_folder, "import", export, "--persona", "Wren", "--no-embed"
        ).code
        == 0
    )
    running = subprocess.Popen(
        [*OWN_PROCESS, "--vault", str(vault_folder), "read", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(100)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0
