"""Every failure a user can meet has its own exit code, one sentence and a next step."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import persona_vault
from persona_vault.cli import COMMANDS
from persona_vault.ingest import run as ingest_run
from persona_vault.store import driver
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from tests.conftest import CHEAP, PASSPHRASE
from tests.hostile.console import (
    OWN_PROCESS,
    Outcome,
    call,
    check_refusal,
    fingerprint,
)
from tests.hostile.corpus import GOLDEN, file

HUGE = "9" * 30
NO_TEXT = "\udcff"  # how Python hands on a byte that is no UTF-8
EXPORT = GOLDEN / "replika" / "replika_chat_backup.csv"

# (exit code, command line); {v} is a vault with one companion, Wren.
CALLS: list[tuple[int, str]] = [
    (0, "info"),
    (0, "search hello --mode keyword"),
    (0, "conversations"),
    (2, "search"),
    (2, "search x --nope"),
    (2, "search x -k 0"),
    (2, f"search x -k -{HUGE}"),
    (2, f"search x -k {HUGE}"),
    (2, f"search garden --mode keyword --context {HUGE}"),
    (2, "search x --context -1"),
    (2, "search x --mode telepathy"),
    (2, "search x --persona Nobody"),
    (2, "search x --since yesterday"),
    (2, "search x --since ''"),
    (2, "search x --until 9999-12-31T23:59:59-23:59"),
    (2, f"search x --mode keyword --app {NO_TEXT}"),
    (2, f"search x --mode keyword --model {NO_TEXT}"),
    (2, "search ''"),
    (2, "search '\"'"),
    (2, f"search {NO_TEXT}"),
    (0, "search 'x AND NEAR( \"' --mode keyword"),
    (0, "search 'x\x00y' --mode keyword"),
    (2, "show 0"),
    (2, f"show {HUGE}"),
    (2, "show one"),
    (2, "show 1 --context -1"),
    (2, f"show 1 --context {HUGE}"),
    (2, f"read {HUGE}"),
    (2, "read 77"),
    (2, f"forget --source {HUGE} --yes"),
    (2, "forget --source 77 --yes"),
    (2, "forget --source 1"),
    (2, f"events remove {HUGE}"),
    (2, "events add '' --at 2024-01-01"),
    (2, "events add x --at 2024-02-30"),
    (2, "events add x --at 2024-01-01 --kind magic"),
    (2, f"events add {NO_TEXT} --at 2024-01-01"),
    (2, "persona move 77 --to Ada"),
    (2, "persona move 1 --to ''"),
    (2, f"persona move {HUGE} --to Ada"),
    (2, "persona set Nobody --pronoun she"),
    (2, "persona set Wren --rename ''"),
    (2, "persona set Wren --rename 'a\nb'"),
    (2, f"persona set Wren --rename {NO_TEXT}"),
    (2, f"persona set Wren --me {NO_TEXT}"),
    (2, f"persona set Wren --pronoun {NO_TEXT}"),
    (2, "diff"),
    (2, "diff --persona Nobody --at 2022-06-09"),
    (2, "diff --at 2022-06-09 --window 99999999999999999999d"),
    (2, "diff --at 2022-06-09 --gap 999999999d"),
    (2, "diff --at 9999-12-31"),
    (2, "diff --at ''"),
    (2, "diff --at 2022-06-09 --seed -1"),
    (2, "diff --at 2022-06-09 --event 1"),
    (2, f"diff --event {HUGE}"),
    (2, "diff --before-messages 1..3"),
    (2, "diff --before-messages 5..1 --after-messages 6..9"),
    (2, "diff only-one.snapshot"),
    (3, "diff nothing.snapshot there.snapshot"),
    (3, "diff . ."),
    (2, "report --at 2022-06-09 -o no/such/folder.html"),
    (2, f"report --at 2022-06-09 -o {'x' * 300}"),
    (3, "snapshot --persona Wren -o no/such/folder"),
    (2, "export --format csv -o no/such/folder.csv"),
    (2, f"export --format csv -o {'x' * 300}"),
    (2, f"export --format csv -o x --source {HUGE}"),
    (2, f"export --format csv -o x --persona {NO_TEXT}"),
    (2, "snapshot --persona Wren --quotes -1 -o x"),
    (2, "snapshot --messages 1..2 --since 2024-01-01 -o x"),
    (2, "import"),
    (2, "import ''"),
    (3, f"import {'x' * 5000}"),
    (2, "embed --embedder /no/such/model"),
    (2, f"embed --embedder {NO_TEXT}"),
    (2, "serenade"),
    (2, "--serenade"),
    (2, "info and more"),
]
# The same without a vault, or with a place where none can be.
PLACES: list[tuple[int, str]] = [
    (2, "--vault {tmp}/none info"),
    (2, "--vault {tmp}/none search x"),
    (2, "--vault {tmp}/none import {export} --persona Wren"),
    (2, "--vault {tmp}/a-file info"),
    (2, "--vault {tmp}/a-file init --plain"),
    (2, "--vault {tmp}/a-file/below info"),
    (2, "--vault {tmp}/a-file/below init --plain"),
    (2, f"--vault {{tmp}}/{'x' * 300} info"),
    (2, f"--vault {{tmp}}/{'x' * 300} init --plain"),
    (2, "--vault ~nobody-of-this-name/vault info"),
    (2, "--vault '' info"),
    (2, "--vault {v} init --plain"),
    (2, "--vault {tmp}/new init --plain --timezone Middle/Earth"),
    (2, f"--vault {{tmp}}/new init --plain --timezone {NO_TEXT}"),
    (2, "--vault {tmp}/new init"),
    (2, "--vault {tmp}/new --passphrase-file {tmp}/none init"),
    (2, "--vault {tmp}/new --passphrase-file {tmp} init"),
    (2, "--vault {tmp}/new --passphrase-file {tmp}/empty init"),
    (2, "--vault {tmp}/new --passphrase-file {tmp}/no-text init"),
    (2, "--vault {tmp}/new --passphrase-file - init"),
]


def _words(line: str, **places: Path) -> list[str]:
    """A command line as a shell would cut it; quotes hold blanks, and nothing else."""
    found = re.findall(r"'([^']*)'|(\S+)", line)
    words = [plain or quoted for quoted, plain in found]
    return [word.format(**places) if "{" in word else word for word in words]


@pytest.fixture(scope="module")
def vault_folder(
    plain_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A closed plain vault with the talk of one companion; copy it to change it."""
    folder = tmp_path_factory.mktemp("talk") / "vault"
    shutil.copytree(plain_template, folder)
    words = ("--vault", folder, "--persona", "Wren", "--no-embed")
    assert call("import", EXPORT, *words).code == 0
    return folder


@pytest.fixture
def own(vault_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in an empty folder that calls begin in."""
    shutil.copytree(vault_folder, tmp_path / "vault")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "vault"


def _check(code: int, words: list[str]) -> None:
    outcome = call(*words)
    assert outcome.code == code, outcome
    if code:
        check_refusal(outcome, [code])
        in_json = call("--json", *words)
        assert in_json.code == code, in_json
        found = in_json.error()
        assert found["message"]
        assert found["hint"]


@pytest.mark.parametrize(("code", "line"), CALLS, ids=lambda v: str(v)[:40])
def test_a_call_that_makes_no_sense(code: int, line: str, own: Path) -> None:
    """It is refused with its code, and the vault's bytes stay as they were."""
    before = fingerprint(own)
    _check(code, ["--vault", str(own), *_words(line)])
    assert fingerprint(own) == before
    assert list(own.parent.iterdir()) == [own]


@pytest.mark.parametrize(("code", "line"), PLACES, ids=lambda v: str(v)[:60])
def test_a_place_that_holds_no_vault(
    code: int, line: str, own: Path, tmp_path: Path
) -> None:
    """It is refused with its code, and nothing is made there."""
    (tmp_path / "a-file").write_text("not a vault", encoding="utf-8")
    (tmp_path / "empty").touch()
    (tmp_path / "no-text").write_bytes(b"\xff\xfe\xff\n")
    before = sorted(tmp_path.iterdir())
    _check(code, _words(line, v=own, tmp=tmp_path, export=EXPORT))
    assert sorted(tmp_path.iterdir()) == before


def test_done_with_issues(own: Path, tmp_path: Path) -> None:
    """Exit code 4 keeps what could be read and counts what could not."""
    lines = '{"role": "user", "text": "hello"}\n{"role": "user", "te\n'
    export = file("lines.jsonl", lines)(tmp_path)
    outcome = call("--vault", own, "import", export, "--persona", "Wren", "--no-embed")
    assert outcome.code == 4
    assert "hello" in call("--vault", own, "search", "hello", "--json").out


def test_the_first_and_the_last_hour_of_the_calendar(own: Path) -> None:
    """Dates that a zone would push out of the calendar are kept and shown."""
    words = ("--vault", own)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with open_vault(own) as vault:
            vault.set_zone(zone)
        for at in ("0001-01-01T00:00+00:00", "9999-12-31T23:59:59+00:00"):
            assert call(*words, "events", "add", "edge", "--at", at).code == 0
            assert call(*words, "events", "list").out.count("edge") >= 1
        refused = call(*words, "events", "add", "x", "--at", "0001-01-01T00:00+14:00")
        check_refusal(refused, [2])


_HOLDER = """
import sys
from pathlib import Path
from persona_vault.store.vault import open_vault
with open_vault(Path(sys.argv[1])) as vault, vault.write():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def _held(own: Path) -> Iterator[None]:
    """Another process has begun to write to the vault and does not end."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(own)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        yield
        holder.kill()


@pytest.mark.usefixtures("_held")
def test_a_vault_that_another_process_writes_to(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing ends with 5 after the wait; reading goes on as if alone."""
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 50)
    words = ["--vault", str(own)]
    _check(5, [*words, "import", str(EXPORT), "--no-embed", "--persona", "Wren"])
    _check(5, [*words, "events", "add", "x", "--at", "2024-01-01"])
    assert call(*words, "search", "garden", "--mode", "keyword").code == 0
    assert call(*words, "info").code == 0


@pytest.fixture
def encrypted(tmp_path: Path) -> tuple[Path, Path]:
    """A closed encrypted vault and a file with its passphrase."""
    create_vault(tmp_path / "locked", passphrase=PASSPHRASE, cost=CHEAP)
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    return tmp_path / "locked", tmp_path / "passphrase"


def test_wrong_keys_and_no_keys(encrypted: tuple[Path, Path], tmp_path: Path) -> None:
    """A wrong passphrase is 6, none is 2; the right one opens, marked or not."""
    vault, good = encrypted
    before = fingerprint(vault)
    for wrong in (PASSPHRASE + " ", PASSPHRASE.upper(), "x" * 10_000, " "):
        (tmp_path / "wrong").write_text(wrong, encoding="utf-8")
        words = ["--vault", str(vault), "--passphrase-file", str(tmp_path / "wrong")]
        _check(6, [*words, "info"])
    _check(2, ["--vault", str(vault), "info"])
    assert fingerprint(vault) == before
    (tmp_path / "marked").write_text(PASSPHRASE, encoding="utf-8-sig")
    for right in (good, tmp_path / "marked"):
        words = ["--vault", str(vault), "--passphrase-file", str(right)]
        assert call(*words, "info").code == 0
    stdin = f"{PASSPHRASE}\n".encode()
    words = ["--vault", str(vault), "--passphrase-file", "-"]
    assert call(*words, "info", stdin=stdin).code == 0
    check_refusal(call(*words, "info", stdin=b"\xff\xfe\n"), [2])


def _header(vault: Path, **changed: object) -> None:
    place = vault / "vault.json"
    content = json.loads(place.read_text(encoding="utf-8"))
    place.write_text(json.dumps(content | changed), encoding="utf-8")


def _execute(vault: Path, statement: str) -> None:
    with sqlite3.connect(vault / "vault.db") as connection:
        connection.execute(statement)
    connection.close()


def test_damaged_foreign_and_newer_vaults(own: Path, tmp_path: Path) -> None:
    """7 and 8, each with what to do; not one byte is changed by looking."""
    spoils = {
        "cut-to-nothing": (7, lambda v: (v / "vault.db").write_bytes(b"")),
        "cut-to-a-byte": (7, lambda v: (v / "vault.db").write_bytes(b"S")),
        "cut-in-half": (7, lambda v: os.truncate(v / "vault.db", 40_960)),
        "no-database": (7, lambda v: (v / "vault.db").unlink()),
        "no-header": (7, lambda v: (v / "vault.json").unlink()),
        "noise": (7, lambda v: (v / "vault.db").write_bytes(bytes(range(256)) * 99)),
        "header-noise": (7, lambda v: (v / "vault.json").write_bytes(b"\xff" * 99)),
        "header-deep": (7, lambda v: (v / "vault.json").write_text("[" * 60_000)),
        "header-foreign": (7, lambda v: (v / "vault.json").write_text("{}")),
        "header-changed": (7, lambda v: _header(v, vault_id="0" * 32)),
        "header-lies": (7, lambda v: _header(v, encrypted=True)),
        "other-program": (7, lambda v: _execute(v, "PRAGMA application_id=7")),
        "newer-header": (8, lambda v: _header(v, format_version=99)),
        "newer-schema": (8, lambda v: _execute(v, "PRAGMA user_version=99")),
    }
    for label, (code, spoil) in spoils.items():
        vault = tmp_path / label
        shutil.copytree(own, vault)
        spoil(vault)
        before = fingerprint(vault)
        for words in (["info"], ["search", "x"], ["import", str(EXPORT)]):
            _check(code, ["--vault", str(vault), *words])
        assert fingerprint(vault) == before, label


def _read_everything(vault: Path) -> list[Outcome]:
    lines = ("info", "sources", "conversations", "persona list", "events list")
    searches = ("search garden --mode keyword", "show 2", "read 1", "show 5 --json")
    return [call("--vault", vault, *_words(line)) for line in (*lines, *searches)]


def test_rot_is_never_called_a_mistake_of_ours(own: Path, tmp_path: Path) -> None:
    """Where a plain vault's bytes have rotted, reading works or says so with 7."""
    sound = (own / "vault.db").read_bytes()
    random = Random(7)
    n_noticed = 0
    for _round in range(12):
        rotten = bytearray(sound)
        for _spot in range(60):
            rotten[random.randrange(100, len(rotten))] ^= 1 << random.randrange(8)
        (own / "vault.db").write_bytes(rotten)
        for outcome in _read_everything(own):
            if outcome.code == 7:
                n_noticed += 1
            else:
                assert outcome.code in (0, 2), outcome
    assert n_noticed


def test_ctrl_c_ends_in_a_sentence(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """130, nothing kept, no traceback; under --json the documented error."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = fingerprint(own)
    monkeypatch.setattr(ingest_run.Arrivals, "flush", interrupted)
    words = ["--vault", str(own), "import", str(EXPORT), "--persona", "New"]
    _check(130, words)
    assert fingerprint(own) == before


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
    reason="interrupts are ignored here, as in a job put into the background",
)
def test_a_real_interrupt_keeps_nothing(own: Path, tmp_path: Path) -> None:
    """SIGINT while a process waits for its input: 130 and one sentence."""
    pipe = tmp_path / "passphrase"
    os.mkfifo(pipe)
    create_vault(tmp_path / "locked", passphrase=PASSPHRASE, cost=CHEAP)
    words = ["--vault", str(tmp_path / "locked"), "--passphrase-file", str(pipe)]
    running = subprocess.Popen(
        [*OWN_PROCESS, *words, "info"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with running, pipe.open("w"):  # opens once the command waits at the other end
        # Python loses a signal that falls into some callbacks; a person presses again.
        for n_left in (2, 1, 0):
            running.send_signal(signal.SIGINT)
            try:
                out, err = running.communicate(timeout=15)
                break
            except subprocess.TimeoutExpired:
                if not n_left:
                    raise
    check_refusal(Outcome(running.returncode, out, err), [130])


def test_every_command_that_a_sentence_names_is_there() -> None:
    """No hint sends anybody to a command that does not exist."""
    package = Path(persona_vault.__file__).parent
    named = {
        (path.name, name)
        for path in package.rglob("*.py")
        for name in re.findall(r"`persona-vault ([a-z]+)", path.read_text("utf-8"))
    }
    assert named
    assert {name for _path, name in named} - set(COMMANDS) == set()
