"""`key`, `rekey` and the code of `init`: who opens a vault, and who no more."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from persona_vault.store import driver, keys, keystore
from persona_vault.store.keystore import SystemKeystore
from persona_vault.store.opening import create_vault
from persona_vault.store.recovery import new_code
from tests.cli.conftest import Run, RunJson
from tests.cli.shape import misfits
from tests.conftest import CHEAP
from tests.store.rekey_kills import FakeKeyring

WORDS = {"right.txt": "three lanterns on the quay", "new.txt": "five lanterns inland"}
CODE = new_code()
SLOT = {
    "id": str,
    "kind": {"passphrase", "recovery", "keyring"},
    "created_at": str,
    "cost": (dict, type(None)),
}
RIGHT = ("--passphrase-file", "right.txt")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed encrypted vault with a recovery code, to copy."""
    folder = tmp_path_factory.mktemp("locked") / "vault"
    words = WORDS["right.txt"]
    create_vault(folder, passphrase=words, recovery_code=CODE, cost=CHEAP)
    return folder


@pytest.fixture
def locked(home: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an encrypted vault, its passphrase and its code in files."""
    monkeypatch.setattr(keys, "calibrated_cost", lambda: CHEAP)
    for name, words in {**WORDS, "code.txt": CODE}.items():
        (home / name).write_text(words + "\n", encoding="utf-8")
    shutil.copytree(made, home / "vault")
    return home


def opens(run: Run, *files: str) -> list[bool]:
    """Which of these files' first lines open the vault; the others exit 6."""
    codes = [run("info", "--passphrase-file", name).code for name in files]
    assert set(codes) <= {0, 6}
    return [code == 0 for code in codes]


def test_listing_asks_for_nothing_and_shows_no_secret(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """Kinds, dates and costs come from the header; the secrets are nowhere."""
    found = run_json("key", "list")
    said = run("key")

    assert misfits(found, {"slots": [SLOT]}) == []
    assert [slot["kind"] for slot in found["slots"]] == ["passphrase", "recovery"]
    assert said.code == 0
    wrapped = json.loads((locked / "vault" / "vault.json").read_bytes())["slots"]
    for secret in (*WORDS.values(), CODE, *(s["wrapped_key"] for s in wrapped)):
        assert secret not in said.said + json.dumps(found)


def test_a_plain_vault_has_nothing_to_list_or_change(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """It lists no slot, and every change is refused with 2 before any question."""
    assert run_json("key") == {"slots": []}
    for words in (
        ["key", "passphrase"],
        ["key", "recovery"],
        ["key", "keyring", "add"],
        ["key", "remove", "0" * 8],
        ["rekey"],
    ):
        left = run(*words)
        assert left.code == 2, words
        assert "not encrypted" in left.err


def test_the_passphrase_is_changed_by_the_old_one_or_by_the_code(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """A new one takes the old one's place; the code goes on opening the vault."""
    change = ("key", "passphrase", "--new-passphrase-file")
    found = run_json(*change, "new.txt", *RIGHT)

    assert misfits(found, {"slots": [SLOT]}) == []
    assert opens(run, "right.txt", "new.txt", "code.txt") == [False, True, True]
    assert run(*change, "right.txt", "--passphrase-file", "code.txt").code == 0
    assert opens(run, "right.txt", "new.txt", "code.txt") == [True, False, True]


def test_both_passphrases_may_come_through_standard_input(
    locked: Path, run: Run
) -> None:
    """The first line is the old one, the second the new one."""
    lines = f"{WORDS['right.txt']}\n{WORDS['new.txt']}\n".encode()
    left = run(
        "key",
        "passphrase",
        "--passphrase-file",
        "-",
        "--new-passphrase-file",
        "-",
        stdin=lines,
    )

    assert left.code == 0, left
    assert opens(run, "right.txt", "new.txt") == [False, True]


def test_slots_are_added_and_taken_away(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """A second passphrase comes and goes; nobody removes what he has just typed."""
    found = run_json(
        "key", "passphrase", "--add", "--new-passphrase-file", "new.txt", *RIGHT
    )
    first, code, second = (slot["id"] for slot in found["slots"])
    assert opens(run, "right.txt", "new.txt", "code.txt") == [True, True, True]

    own = run("key", "remove", first, *RIGHT)
    none = run("key", "remove", "zzzzzzzz", *RIGHT)
    assert (own.code, none.code) == (2, 2)
    assert "nothing was changed" in own.err

    assert run("key", "remove", first, "--passphrase-file", "new.txt").code == 0
    assert run("key", "remove", code, "--passphrase-file", "new.txt").code == 0
    assert run("key", "remove", second, "--passphrase-file", "new.txt").code == 2
    assert run("info", "--passphrase-file", "new.txt").code == 0
    assert run("info", *RIGHT).code == 6
    assert run("info", "--passphrase-file", "code.txt").code == 2  # no such slot


def test_with_several_passphrases_the_code_must_be_told_which(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """By the code one of two passphrases is changed only where --slot names it."""
    add = ("key", "passphrase", "--add", "--new-passphrase-file", "new.txt")
    slots = run_json(*add, *RIGHT)["slots"]
    (locked / "third.txt").write_text("nine", encoding="utf-8")
    change = ("key", "passphrase", "--new-passphrase-file", "third.txt")
    by_code = ("--passphrase-file", "code.txt")

    unclear = run(*change, *by_code)
    wrong_kind = run(*change, *by_code, "--slot", slots[1]["id"])

    assert (unclear.code, wrong_kind.code) == (2, 2)
    assert "key list" in unclear.err
    assert run(*change, *by_code, "--slot", slots[2]["id"]).code == 0
    assert opens(run, "right.txt", "new.txt", "third.txt") == [True, False, True]


def test_a_new_recovery_code_ends_the_old_one(locked: Path, run: Run) -> None:
    """It comes in a file of its own, for its owner alone, and is said nowhere."""
    made = run("key", "recovery", "--recovery-file", "fresh.txt", *RIGHT)

    assert made.code == 0, made
    assert opens(run, "code.txt", "fresh.txt", "right.txt") == [False, True, True]
    code = (locked / "fresh.txt").read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(r"([0-9A-Z]{4}-){8}[0-9A-Z]{4}", code)
    assert code not in made.said
    if os.name == "posix":
        assert (locked / "fresh.txt").stat().st_mode & 0o777 == 0o600


def test_no_recovery_file_is_left_by_a_failure_or_written_over(
    locked: Path, run: Run
) -> None:
    """A wrong passphrase leaves no file, and a file that is there stays as it is."""
    recover = ("key", "recovery", "--recovery-file")
    assert run(*recover, "x.txt", "--passphrase-file", "new.txt").code == 6
    assert not (locked / "x.txt").exists()
    assert run(*recover, "code.txt", *RIGHT).code == 2
    assert run(*recover, "vault/code.txt", *RIGHT).code == 2
    assert run("key", "recovery", *RIGHT).code == 2  # nobody to show it to
    assert run("rekey", *RIGHT).code == 2
    assert (locked / "code.txt").read_text(encoding="utf-8") == f"{CODE}\n"
    assert opens(run, "right.txt", "code.txt") == [True, True]


def test_a_code_as_people_type_it_opens_the_vault(locked: Path, run: Run) -> None:
    """Case, blanks and look-alikes do not count; a slip is told from another code."""
    typed = CODE.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    slip = CODE[:-1] + ("2" if CODE[-1] != "2" else "3")

    def tried(words: str) -> Any:
        return run("info", "--passphrase-file", "-", stdin=words.encode())

    assert tried(typed).code == 0
    slipped, other, wrong = tried(slip), tried(new_code()), tried("no such words")
    assert (slipped.code, other.code, wrong.code) == (6, 6, 6)
    assert len({slipped.err, other.err, wrong.err}) == 3
    assert "slip" in slipped.err


def test_init_makes_a_code_in_a_file_that_opens_the_vault(
    home: Path, run: Run, run_json: RunJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--recovery-file` needs no terminal; the file serves as a passphrase file."""
    monkeypatch.setattr(keys, "calibrated_cost", lambda: CHEAP)
    (home / "right.txt").write_text("three lanterns", encoding="utf-8")
    words = ("init", *RIGHT, "--timezone", "UTC")

    assert run(*words, "--recovery-file", "c.txt", "--no-recovery-code").code == 2
    assert run("init", "--plain", "--recovery-file", "c.txt").code == 2
    found = run_json(*words, "--recovery-file", "c.txt")

    assert found["has_recovery_code"] is True
    assert found["recovery_file"] == "c.txt"
    assert opens(run, "right.txt", "c.txt") == [True, True]


def test_init_that_fails_leaves_no_code(home: Path, run: Run) -> None:
    """A code that opens nothing is not left about."""
    (home / "empty.txt").write_text("\n", encoding="utf-8")
    left = run(
        "init", "--passphrase-file", "empty.txt", "--recovery-file", "c.txt", "--quiet"
    )

    assert left.code == 2
    assert not (home / "c.txt").exists()
    assert not (home / "vault" / "vault.json").exists()


def test_rekey_keeps_the_passphrase_and_the_content(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """The vault has a new key and a new code; the old code and old headers are out."""
    header = locked / "vault" / "vault.json"
    before = header.read_bytes()
    run("zone", "Europe/Lisbon", *RIGHT)

    found = run_json("rekey", "--recovery-file", "fresh.txt", *RIGHT)

    assert (
        misfits(
            found,
            {
                "n_bytes": int,
                "seconds": float,
                "dropped": [str],
                "n_copies_removed": int,
                "slots": [SLOT],
            },
        )
        == []
    )
    assert found["dropped"] == []
    assert opens(run, "right.txt", "fresh.txt", "code.txt") == [True, True, False]
    assert run_json("zone", *RIGHT)["timezone"] == "Europe/Lisbon"
    header.write_bytes(before)
    assert run("info", *RIGHT).code == 7


def test_rekey_says_what_falls_away(locked: Path, run: Run) -> None:
    """Further passphrases, and a code that is not wanted any more."""
    add = ("key", "passphrase", "--add", "--new-passphrase-file", "new.txt")
    assert run(*add, *RIGHT).code == 0

    left = run("rekey", "--no-recovery-code", *RIGHT)

    assert left.code == 0, left
    assert "Other passphrases" in left.err
    assert "recovery code opens the vault no more" in left.err
    assert opens(run, "right.txt", "new.txt") == [True, False]


def test_rekey_by_the_code_asks_for_a_new_passphrase(locked: Path, run: Run) -> None:
    """Who has only the code names the passphrase of the time after."""
    by_code = ("rekey", "--no-recovery-code", "--passphrase-file", "code.txt")
    assert run(*by_code).code == 2
    assert opens(run, "right.txt", "code.txt") == [True, True]
    assert run(*by_code, "--new-passphrase-file", "new.txt").code == 0
    assert opens(run, "right.txt", "new.txt") == [False, True]


def test_a_keyring_is_clear_about_not_being_there(
    locked: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a keyring: one sentence, exit 2, and nothing changed."""
    monkeypatch.setattr(keystore, "import_module", FakeKeyring(fit=False).load)
    unfit = run("key", "keyring", "add", *RIGHT)
    monkeypatch.setattr(keystore, "import_module", _not_there)
    missing = run("key", "keyring", "add", *RIGHT)

    assert (unfit.code, missing.code) == (2, 2)
    assert "no keyring" in unfit.err
    assert "persona-vault[keyring]" in missing.err
    assert run("key", "keyring", "remove", *RIGHT).code == 2


def _not_there(name: str) -> Any:
    raise ImportError(name)


def test_a_keyring_opens_the_vault_until_it_is_removed(
    locked: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a slot for it nothing is asked; `rekey` renews it; removal clears it."""
    ring = FakeKeyring()
    monkeypatch.setattr(keystore, "system_keystore", lambda: SystemKeystore(ring))

    assert run("info").code == 2
    assert run("key", "keyring", "add", *RIGHT).code == 0
    assert run("info").code == 0
    assert run("rekey", "--no-recovery-code", *RIGHT).code == 0
    assert run("info").code == 0
    assert len(ring.kept) == 1
    assert WORDS["right.txt"] not in str(ring.kept)
    assert run("key", "keyring", "remove", *RIGHT).code == 0
    assert ring.kept == {}
    assert run("info").code == 2  # asked for the passphrase, and nobody there


def test_who_else_can_read_the_vault_is_said_once(
    locked: Path, run: Run, run_json: RunJson
) -> None:
    """On stderr, also for who wants no notes; stdout keeps its one object."""
    synced = locked / "Dropbox"
    synced.mkdir()
    (locked / "vault").rename(synced / "vault")
    words = ("info", "--vault", synced / "vault", "--quiet", *RIGHT)

    said = run(*words)

    assert said.code == 0
    assert said.err.count("Dropbox may copy") == 1
    assert run_json(*words)["vault_id"]
    listed = run("key", "passphrase", "--vault", synced / "vault", *RIGHT)
    assert listed.err.count("Dropbox may copy") == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_vault_that_others_can_change_is_refused_with_2(
    locked: Path, run: Run
) -> None:
    """Also by commands that write the header alone."""
    (locked / "vault" / "vault.db").chmod(0o666)

    for words in (
        ["info"],
        ["key", "remove", "0" * 8],
        ["rekey", "--no-recovery-code"],
    ):
        left = run(*words, *RIGHT)
        assert left.code == 2, left
        assert "chmod" in left.err


def test_wrong_damaged_foreign_and_missing_are_four_things(
    locked: Path, run: Run
) -> None:
    """Each has its own words; 6, 7 and 2 tell scripts what to do next."""
    header = locked / "vault" / "vault.json"
    whole = header.read_bytes()
    ids = [keys.slot_id(slot) for slot in json.loads(whole)["slots"]]

    wrong = run("info", "--passphrase-file", "new.txt")
    header.write_bytes(whole.replace(b'"passes": 1', b'"passes": 2'))
    damaged = run("info", *RIGHT)
    header.write_bytes(b'{"format": "another"}')
    foreign = run("info", *RIGHT)
    header.write_bytes(whole)
    assert run("key", "remove", ids[1], *RIGHT).code == 0
    missing = run("info", "--passphrase-file", "code.txt")

    found = (wrong, damaged, foreign, missing)
    assert [left.code for left in found] == [6, 7, 7, 2]
    assert len({left.err for left in found}) == 4
    assert run("info", *RIGHT).code == 0


@pytest.mark.parametrize("moved", [False, True])
def test_an_interrupted_rekey_says_which_key_it_is(
    locked: Path, run: Run, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    """Stopped before the data moved the old code is right, after it the new one."""
    real = driver.change_key

    def interrupted(*words: Any) -> None:
        if moved:
            real(*words)
        raise KeyboardInterrupt

    monkeypatch.setattr(driver, "change_key", interrupted)
    left = run("rekey", "--recovery-file", "fresh.txt", *RIGHT)

    assert left.code == 130
    assert ("new key" in left.err) == moved
    assert (locked / "fresh.txt").exists() == moved
    assert opens(run, "right.txt", "code.txt") == [True, not moved]
    if moved:
        assert opens(run, "fresh.txt") == [True]
