"""Words and keys stay where they belong: inside the vault, and nowhere in plain."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from persona_vault.cli import importing
from persona_vault.importers.files import containers
from persona_vault.store.opening import create_vault
from tests.conftest import CHEAP
from tests.hostile.console import call
from tests.hostile.needles import leaks
from tests.hostile.processes import calls, own_environment, run, write_talk

PASSPHRASE = "quartz-umbrella-nineteen"  # noqa: S105
PHRASES = (
    "velvet-anchor-thursday",
    "copper nightingale staircase",
    "Zwetschgenknödel um Mitternacht",
)
NAME = "Ottoline-of-the-Marsh"

# Everything a vault is used for, with an embedder that needs no model, under a mask
# that takes nothing away.
_USE = """
import os, sys
os.umask(0)
from pathlib import Path
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.ingest import import_file
from persona_vault.search import embed_messages, search_messages
from persona_vault.snapshot import take_snapshot, write_snapshot
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
passphrase = sys.stdin.readline().strip()
folder, export, name, phrase, snapshot = sys.argv[1:]
create_vault(Path(folder), passphrase=passphrase, cost=Cost(memory_kib=64))
with open_vault(Path(folder), passphrase=passphrase) as vault:
    import_file(vault, export, persona=name)
    embed_messages(vault, HashingEmbedder())
    found = search_messages(vault, phrase, embedder=HashingEmbedder())
    assert found.hits, found
    write_snapshot(take_snapshot(vault, name), Path(snapshot))
    sys.stdout.write("open\\n")
    sys.stdout.flush()
    sys.stdin.readline()
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A talk with the three phrases in it."""
    return write_talk(tmp_path / "talk.jsonl", 60, text=" and ".join(PHRASES))


def test_an_encrypted_vault_leaks_no_word(export: Path, tmp_path: Path) -> None:
    """While it is open and after: no phrase, name or key in any file, and all private.

    The same search finds the phrases in the export, or it would prove nothing.
    """
    homes = tmp_path / "homes"
    vault = tmp_path / "vault"
    out = tmp_path / "out"
    out.mkdir()
    snapshot = out / "wren.snapshot"
    secrets = (*PHRASES, NAME, PASSPHRASE)
    words = [vault, export, NAME, PHRASES[1], snapshot]
    running = subprocess.Popen(
        [sys.executable, "-c", _USE, *map(str, words)],
        env=own_environment(homes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(f"{PASSPHRASE}\n")
        running.stdin.flush()
        assert running.stdout.readline() == "open\n"
        assert (vault / "vault.db-wal").exists()
        assert leaks((vault, homes, out), secrets) == []
        modes = _modes(vault)
        running.communicate("close\n", timeout=60)
    assert running.returncode == 0
    assert leaks((vault, homes, out), secrets) == []
    # JSON spells what is not ASCII, so the third is not to be seen in the export.
    assert {name for _path, name in leaks((tmp_path,), secrets)} == {*PHRASES[:2]}
    assert not (vault / "vault.db").read_bytes().startswith(b"SQLite format 3")
    if os.name == "posix":
        assert modes | _modes(vault) <= {("file", 0o600), ("folder", 0o700)}


def _modes(vault: Path) -> set[tuple[str, int]]:
    return {
        ("folder" if p.is_dir() else "file", stat.S_IMODE(p.stat().st_mode))
        for p in [vault, *vault.rglob("*")]
    }


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
def test_the_command_line_makes_private_files(export: Path, tmp_path: Path) -> None:
    """Under a mask that takes nothing away vault and files are the user's alone."""
    homes = tmp_path / "homes"
    out = tmp_path / "out"
    out.mkdir()
    vault = tmp_path / "deep" / "er" / "vault"
    base = ("--vault", vault)
    lines = [
        (*base, "init", "--plain"),
        (*base, "import", export, "--persona", NAME, "--no-embed"),
        (*base, "snapshot", "-o", out / "s"),
        (*base, "report", "--at", "2023-11-16", "-o", out / "r.html"),
        (*base, "export", "--format", "csv", "-o", out / "a.csv"),
    ]
    done = run(calls(*lines), env=own_environment(homes), umask=0)
    assert done.stdout.count("<left 0>") == len(lines), done
    made = {*_modes(vault), *_modes(out) - {("folder", out.stat().st_mode & 0o777)}}
    assert made <= {("file", 0o600), ("folder", 0o700)}
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_errors_and_results_never_hold_the_passphrase(
    export: Path, tmp_path: Path
) -> None:
    """Right or wrong, it is printed nowhere; messages stand in no error."""
    key = tmp_path / "key"
    key.write_text(PASSPHRASE, encoding="utf-8")
    wrong = tmp_path / "wrong"
    wrong.write_text(f"{PASSPHRASE}-{PASSPHRASE}", encoding="utf-8")
    vault = tmp_path / "vault"
    create_vault(vault, passphrase=PASSPHRASE, cost=CHEAP)
    base = ("--vault", vault, "--passphrase-file")
    said = [
        call(*base, key, "import", export, "--persona", NAME, "--no-embed").said,
        call(*base, key, "info", "--json").said,
        call(*base, key, "sources").said,
        call(*base, wrong, "info").said,
        call(*base, tmp_path / "none", "info").said,
        call(*base, key, "search", "anchor", "--mode", "psychic").said,
        call(*base, key, "init").said,
    ]
    assert not [text for text in said if PASSPHRASE in text]
    assert not [text for text in said if any(phrase in text for phrase in PHRASES)]
    found = call(*base, key, "search", PHRASES[0], "--mode", "keyword", "--json")
    assert PHRASES[0] in found.out


def test_a_bug_of_ours_quotes_nothing(
    export: Path, plain_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that holds a message ends without it, with code 1 and the place."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"a mistake over {PHRASES[0]}")

    monkeypatch.setattr(importing, "ReadOptions", fail)
    outcome = call("--vault", plain_template, "import", export, "--persona", "x")
    assert outcome.code == 1
    assert PHRASES[0] not in outcome.said
    assert "RuntimeError" in outcome.err
    assert "importing.py" in outcome.err


_CRASH = """
import os, resource, signal, sys
from persona_vault.cli import main
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
try:
    main()
finally:
    print(*resource.getrlimit(resource.RLIMIT_CORE), flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_a_crash_leaves_no_image_of_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No core file; on Linux one byte, at which no other program gets it either."""
    monkeypatch.chdir(tmp_path)
    done = run([sys.executable, "-c", _CRASH, "--version"])
    assert done.returncode == -signal.SIGSEGV
    soft, hard = done.stdout.split()[-2:]
    assert soft == ("1" if sys.platform == "linux" and hard != "0" else "0")
    assert list(tmp_path.iterdir()) == []


LOGIN = "[auth]\nauth_token = velvet-anchor-thursday\ndevice_id = 7\n"


def test_a_file_with_a_login_is_never_read(
    plain_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder or a zip it is named as skipped, and its bytes are never opened."""
    vault = tmp_path / "vault"
    shutil.copytree(plain_template, vault)
    folder = tmp_path / "Wren"
    folder.mkdir()
    rows = "Timestamp,From,Text,Reaction,ID\n2022-06-09T07:00:20.000Z,Rep,Hi,None,1\n"
    (folder / "Wren.csv").write_text(rows, encoding="utf-8")
    for name in ("chat_backup.ini", ".env", "replika_auth.json"):
        (folder / name).write_text(LOGIN, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "Wren.zip", "w") as packed:
        for path in folder.iterdir():
            packed.write(path, path.name)
    opened: list[str] = []
    real = containers.open_regular

    def noted(path: Path, name: str, *, follow: bool) -> object:
        opened.append(Path(path).name)
        return real(path, name, follow=follow)

    monkeypatch.setattr(containers, "open_regular", noted)
    words = ("--vault", vault, "--json", "import", "--persona", "Wren", "--no-embed")
    for export in (folder, tmp_path / "Wren.zip"):
        outcome = call(*words, export)
        assert outcome.code == 0, outcome
        assert "may hold a login" in outcome.out
    assert set(opened) == {"Wren.csv", "Wren.zip"}
    assert leaks((vault,), ("velvet-anchor-thursday",)) == []
