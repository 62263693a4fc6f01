"""Which vault, which passphrase, and what is said when either is not there."""

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from persona_vault.store import keys
from persona_vault.store.header import read_header
from tests.cli.conftest import Run, RunJson
from tests.conftest import CHEAP

PASSPHRASE = "three lanterns on the quay"  # noqa: S105


def test_missing_vault_says_where_and_how_to_make_one(run: Run, home: Path) -> None:
    """Every reading command names the folder and `init`."""
    left = run("info")

    assert left.code == 2
    assert str(home / "vault") in left.err
    assert "persona-vault init" in left.err
    assert left.out == ""


def test_default_place_is_the_users_data_folder(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --vault and PERSONA_VAULT the vault stands below the home folder."""
    monkeypatch.delenv("PERSONA_VAULT")

    left = run("init", "--plain")

    assert left.code == 0, left
    (header,) = home.rglob("vault.json")
    assert header.parent.name == "vault"
    assert run("info", "--json").code == 0


def test_plain_vault_says_what_plain_means(run: Run, home: Path) -> None:
    """The warning is on stderr, also for those who want no notes."""
    left = run("init", "--plain", "--quiet")

    assert left.code == 0, left
    assert "not encrypted" in left.err
    assert not read_header(home / "vault").encrypted


def test_init_never_touches_a_vault_that_is_there(run: Run, home: Path) -> None:
    """A second `init` is refused and leaves the first as it was."""
    run("init", "--plain")
    before = (home / "vault" / "vault.json").read_bytes()

    left = run("init", "--plain")

    assert left.code == 2
    assert (home / "vault" / "vault.json").read_bytes() == before


def test_encrypted_vault_by_file(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line of the file is the passphrase; a wrong one exits 6."""
    monkeypatch.setattr(keys, "calibrated_cost", lambda: CHEAP)
    (home / "right.txt").write_text(f"{PASSPHRASE}\nand a note\n", encoding="utf-8")
    (home / "wrong.txt").write_text("three lamps\n", encoding="utf-8")

    made = run("init", "--passphrase-file", "right.txt", "--timezone", "UTC")

    assert made.code == 0, made
    assert "Without the passphrase nobody can open this vault" in made.err
    assert "no recovery code" in made.err.lower()
    assert PASSPHRASE not in made.said
    assert read_header(home / "vault").encrypted
    assert run("info", "--passphrase-file", "right.txt").code == 0
    assert run("--passphrase-file", "right.txt", "info").code == 0
    piped = run("info", "--passphrase-file", "-", stdin=f"{PASSPHRASE}\r\n".encode())
    assert piped.code == 0
    wrong = run("info", "--passphrase-file", "wrong.txt", "--json")
    assert wrong.code == 6
    assert wrong.error()["hint"]


@pytest.mark.parametrize(("words", "told"), [("moss", True), (PASSPHRASE, False)])
def test_a_short_passphrase_is_taken_and_told_of(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, words: str, told: bool
) -> None:
    """It is the user's to choose, once it is said what it is worth."""
    monkeypatch.setattr(keys, "calibrated_cost", lambda: CHEAP)
    (home / "words.txt").write_text(words, encoding="utf-8")

    made = run("init", "--passphrase-file", "words.txt")
    later = run("info", "--passphrase-file", "words.txt")

    assert (made.code, later.code) == (0, 0)
    assert ("can be guessed" in " ".join(made.err.split())) is told
    assert "can be guessed" not in later.err


@pytest.mark.parametrize("content", ["", "\n", "\nsecond line\n"])
def test_empty_passphrase_is_refused(run: Run, home: Path, content: str) -> None:
    """An empty first line makes no vault."""
    (home / "empty.txt").write_text(content, encoding="utf-8")

    left = run("init", "--passphrase-file", "empty.txt")

    assert left.code == 2
    assert "empty passphrase" in left.err
    assert not (home / "vault" / "vault.json").exists()


def test_passphrase_without_a_terminal_names_the_option(run: Run, home: Path) -> None:
    """A script that gives no passphrase is told how to."""
    left = run("init")

    assert left.code == 2
    assert "--passphrase-file" in left.err
    assert not (home / "vault").exists()


def test_plain_and_a_passphrase_contradict_each_other(run: Run, home: Path) -> None:
    """Nobody gets a plain vault who gave a passphrase for it."""
    (home / "right.txt").write_text(PASSPHRASE, encoding="utf-8")

    left = run("init", "--plain", "--passphrase-file", "right.txt")

    assert left.code == 2
    assert not (home / "vault").exists()


def test_unknown_zone_is_refused_with_an_example(run: Run, home: Path) -> None:
    """A zone must be known to this machine before anything is made."""
    left = run("init", "--plain", "--timezone", "Europe/Nowhere")

    assert left.code == 2
    assert "Europe/Berlin" in left.err
    assert not (home / "vault").exists()


# What is typed, or how that follows from all that was shown so far.
Answer = str | Callable[[str], str]
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){8}[0-9A-Z]{4}\b")


def _shown_code(said: str) -> str:
    """The recovery code that was shown last, as somebody may have copied it."""
    return CODE.findall(said)[-1].lower().replace("-", " ")


def _talk_to(words: list[str], answers: list[tuple[str, Answer]]) -> tuple[int, str]:
    """Answer a command's questions at a terminal of its own."""
    pty = pytest.importorskip("pty")  # Windows has no such terminals
    main, side = pty.openpty()
    code = "from persona_vault.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,  # so that no question goes to the terminal of the tests
    )
    os.close(side)
    said, waiting = b"", list(answers)
    try:
        while piece := _piece(main):
            said += piece
            if waiting and re.search(waiting[0][0].encode(), said, re.DOTALL):
                said += b"|"  # so that no question is answered twice
                answer = waiting.pop(0)[1]
                typed = answer if isinstance(answer, str) else answer(said.decode())
                os.write(main, typed.encode() + b"\n")
    finally:
        os.close(main)
        process.kill() if process.poll() is None and waiting else None
    assert not waiting, said
    return process.wait(timeout=60), said.decode()


def _piece(main: int) -> bytes:
    """What is said next, nothing at the end or after a minute of silence."""
    ready, _, _ = select.select([main], [], [], 60)
    try:
        return os.read(main, 4096) if ready else b""
    except OSError:  # the other side is closed
        return b""


def test_passphrase_is_asked_twice_at_a_terminal(home: Path) -> None:
    """`init` asks for the zone, the passphrase twice, and the code that it showed."""
    code, said = _talk_to(
        ["init"],
        [
            (r"Berlin.*: $", "Europe/Lisbon"),
            (r"New passphrase: $", "one thing"),
            (r"confirmation: $", "another thing"),
            (r"do not match.*New passphrase: $", PASSPHRASE),
            (r"do not match.*confirmation: $", PASSPHRASE),
            (r"written down", ""),
            (r"Type it back from the paper: $", "7K3M"),
            (r"is not the code.*written down", ""),
            (r"is not the code.*Type it back from the paper: $", _shown_code),
        ],
    )

    assert code == 0, said
    assert "Made a vault" in said
    assert PASSPHRASE not in said
    assert read_header(home / "vault").encrypted
    recovery = _shown_code(said)
    for words in (PASSPHRASE, recovery):
        code, said = _talk_to(["info", "--json"], [("recovery code: $", words)])
        assert code == 0, said
        assert json.loads(said[said.index("{") :])["zone"] == "Europe/Lisbon"
        assert words not in said
    assert _talk_to(["info"], [("recovery code: $", "not this one")])[0] == 6


def test_options_before_and_after_mean_the_same(talk_home: Path, run: Run) -> None:
    """--vault, --json and --quiet may stand on either side of the command."""
    after = run("persona", "list", "--json", "--vault", "vault")
    between = run("persona", "--json", "--vault", "vault", "list")
    before = run("--json", "--vault", "vault", "persona", "list")

    assert after.code == 0, after
    assert after == between == before


def test_nearest_option_wins(talk_home: Path, run_json: RunJson) -> None:
    """--vault after the command beats the one before it, and both the variable."""
    found = run_json("--vault", "nowhere", "info", "--vault", "vault")

    assert found["path"] == "vault"
    assert run_json("--vault", "nowhere", "info", code=2)["error"]["exit_code"] == 2


def test_unknown_companion_gets_close_spellings(talk_home: Path, run: Run) -> None:
    """A name that is nearly right is named; else those that are there."""
    for words in (
        ["conversations"],
        ["search", "x", "--mode", "keyword"],
        ["snapshot", "-o", "x.pvs"],
        ["diff", "--at", "2024-01-20"],
        ["events", "list"],
    ):
        near = run(*words, "--persona", "junper")
        far = run(*words, "--persona", "Orlando")

        assert (near.code, far.code) == (2, 2), near
        assert "Did you mean Juniper?" in near.err
        assert "It has: Juniper." in far.err
