"""`verify`, `backup` and `restore` as a person and a script meet them."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.testing import golden_exports
from persona_vault.store import driver
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from tests.cli.conftest import Run, RunJson
from tests.hostile.console import check_refusal, fingerprint


def _rot(vault: Path, statement: str) -> None:
    """Change a closed plain vault as a flipped bit does, unseen by its hashes."""
    raw: Any = driver.connect(vault / "vault.db", None)
    raw.execute("BEGIN")
    raw.execute(statement)
    raw.execute("DELETE FROM row_hash_stale")
    raw.execute("COMMIT")
    raw.close()


def _change(vault: Path, statement: str) -> None:
    """Write as a program of ours does: the hashes agree with it."""
    with open_vault(vault) as opened, opened.write() as connection:
        connection.exec_driver_sql(statement)


def test_a_sound_vault_is_said_to_be_sound(talk_home: Path, run: Run) -> None:
    """Exit code 0, one sentence; the quick look says what it did not do."""
    left = run("verify")
    assert (left.code, left.out) == (0, "No damage was found.\n")
    left = run("verify", "--quick", "--quiet")
    assert left.code == 0
    assert "rows were not compared" in left.out
    assert left.err == ""


def test_what_is_not_compared_is_said(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """By app, in words and in the JSON; it is no damage."""
    golden = Path(__file__).parents[1] / "importers" / "golden" / "nomi"
    export = golden_exports(golden)[0]
    made = run("import", export, "--persona", "Nomi", "--no-embed")
    assert made.code == 0, made
    left = run("verify")
    assert left.code == 0
    assert "No damage was found." in left.out
    said = " ".join(left.out.split())
    (found,) = run_json("verify")["not_compared"]
    assert found["reason"] == "no_record"
    assert f"not with the vendor's records: {found['n']} messages of nomi" in said
    assert run_json("verify", "--quick")["not_compared"] == []


def test_damage_is_named_without_a_word_of_the_talk(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Exit code 7; the message, its conversation and the export's name are told."""
    _rot(talk_home / "vault", "UPDATE message SET text = 'marmalade' WHERE id = 5")
    left = run("verify")
    assert left.code == 7
    assert "1 row of message is not as written" in left.out
    assert "message ids: 5" in left.out
    assert ".jsonl" in left.out
    assert "restore" in left.out
    found = run_json("verify", code=7)
    assert found["n_damaged"] == sum(damage["n"] for damage in found["damage"])
    kinds = {(d["level"], d["kind"], d["table"]) for d in found["damage"]}
    assert ("hashes", "changed", "message") in kinds
    assert ("content", "record", "message") in kinds
    assert "marmalade" not in left.said + json.dumps(found)


def test_repair_makes_again_what_is_derived(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Found with 7 and changed by nothing but --repair; then all is sound and found."""
    vault = talk_home / "vault"
    before = run_json("search", "tea")["hits"]
    _rot(vault, "UPDATE passage SET text = 'x' WHERE message_id > 3")
    kept = fingerprint(vault)
    left = run("verify")
    assert left.code == 7
    assert "can be rebuilt" in left.out
    assert "verify --repair" in left.out
    assert fingerprint(vault) == kept
    left = run("verify", "--repair")
    assert left.code == 0, left
    assert "Made again: passage" in left.out
    assert run_json("search", "tea")["hits"] == before


def test_a_vector_that_rotted_goes_and_is_embedded_again(
    talk_home: Path, run_json: RunJson
) -> None:
    """After the repair it is one of those not yet embedded."""
    _rot(
        talk_home / "vault",
        "UPDATE vector SET data = zeroblob(4)"
        " WHERE digest = (SELECT max(digest) FROM passage)",
    )
    assert run_json("verify", code=7)["damage"]
    assert run_json("verify", "--repair")["repaired"] == ["vector"]
    assert run_json("info")["n_not_embedded"] == 1


def test_vectors_of_no_text_go_with_a_repair(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Told without being damage; --repair removes them and says so."""
    _change(
        talk_home / "vault",
        "INSERT INTO vector SELECT randomblob(16), model_id, precision, data"
        " FROM vector LIMIT 2",
    )
    left = run("verify")
    assert left.code == 0
    assert "2 vectors of hashing" in " ".join(left.out.split())
    (told,) = run_json("verify")["not_compared"]
    assert (told["table"], told["n"], told["reason"]) == ("vector", 2, "no_text")
    left = run("verify", "--repair")
    assert left.code == 0
    assert "were removed" in left.out
    assert run("verify").out == "No damage was found.\n"


def test_vectors_of_other_texts_are_made_anew(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Exit code 7; --repair drops all of the model, `embed` makes them again."""
    wrong = "UPDATE vector SET data = zeroblob(octet_length(data))"
    _change(talk_home / "vault", wrong)
    left = run("verify")
    assert left.code == 7
    assert "32 of the vectors compared are not what the model makes" in left.out
    assert run_json("verify", "--repair")["repaired"] == ["vector"]
    assert run("embed").code == 0
    assert run("verify").code == 0


def test_what_cannot_be_rebuilt_stays_and_says_so(
    talk_home: Path, run_json: RunJson
) -> None:
    """A repair takes away no sign of a damaged message, and exits with 7."""
    _rot(talk_home / "vault", "UPDATE message SET speaker = 'X' WHERE id = 5")
    found = run_json("verify", "--repair", code=7)
    assert {d["table"] for d in found["damage"]} == {"message"}
    assert run_json("verify", code=7)["damage"] == found["damage"]


def test_backup_and_restore_say_what_they_are(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """A plain backup says that it is; both refuse to write over; the copy is equal."""
    left = run("backup", "spare.pvbackup")
    assert left.code == 0, left
    assert "not encrypted" in left.err
    again = run("backup", "spare.pvbackup")
    check_refusal(again, [2])
    assert run("restore", "spare.pvbackup", "--check").code == 0
    check_refusal(run("restore", "spare.pvbackup"), [2])
    found = run_json("restore", "spare.pvbackup", "--vault", "copy")
    told = run_json("restore", "spare.pvbackup", "--check")
    assert found["content_sha256"] == told["content_sha256"]
    assert run_json("verify", "--vault", "copy")["damage"] == []


def test_a_backup_into_a_folder_is_named_by_its_day(
    talk_home: Path, run_json: RunJson
) -> None:
    """One file of ours in that folder, and a second one on that day is refused."""
    (talk_home / "spare").mkdir()
    path = Path(run_json("backup", "spare")["path"])
    assert path.parent == Path("spare")
    assert path.match("persona-vault-20??-??-??.pvbackup")
    run_json("backup", "spare", code=2)


def test_a_discreet_backup_has_a_name_that_tells_nothing(
    talk_home: Path, run_json: RunJson
) -> None:
    """Neither the program nor the companion is in it; it comes back as any other."""
    (talk_home / "spare").mkdir()
    made = run_json("backup", "spare", "--discreet")
    name = Path(made["path"]).name
    assert re.fullmatch(r"archive-\d{4}-\d\d-\d\d\.zip", name)
    back = run_json("restore", made["path"], "--vault", "copy")
    assert back["content_sha256"] == made["content_sha256"]


def test_a_backup_says_that_measures_of_your_own_are_not_in_it(
    talk_home: Path, run: Run
) -> None:
    """They lie in a file of yours beside the vault's own files."""
    assert "measures" not in run("backup", "one.pvbackup").err
    (talk_home / "vault" / "dimensions.toml").write_text("", encoding="utf-8")
    assert "dimensions.toml" in run("backup", "two.pvbackup").err


def test_an_encrypted_backup_asks_for_the_passphrase(
    home: Path, run: Run, passphrase: str, cheap: Cost
) -> None:
    """With it, all is there; without it nothing is left; --check asks for nothing."""
    (home / "words").write_text(f"{passphrase}\n", "utf-8")
    (home / "other").write_text(f"{passphrase}s\n", "utf-8")
    key = ("--passphrase-file", "words")
    create_vault(home / "vault", passphrase=passphrase, cost=cheap)
    left = run("backup", "spare.pvbackup", *key)
    assert left.code == 0, left
    assert "not encrypted" not in left.err
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect("spare.pvbackup").execute("SELECT 1 FROM sqlite_schema")
    assert run("restore", "spare.pvbackup", "--check").code == 0
    new = ("restore", "spare.pvbackup", "--vault", "new")
    check_refusal(run(*new, "--passphrase-file", "other"), [6])
    check_refusal(run(*new), [2])
    assert not (home / "new").exists()
    assert run(*new, *key).code == 0
    assert run("verify", "--vault", "new", *key).code == 0


@pytest.mark.parametrize("data", [b"", b"not a backup", None])
def test_what_is_no_backup_is_refused(home: Path, run: Run, data: bytes | None) -> None:
    """One sentence and one next step, and no folder."""
    if data is not None:
        (home / "x.pvbackup").write_bytes(data)
    check_refusal(run("restore", "x.pvbackup", "--vault", "new"), [2, 7])
    assert not (home / "new").exists()
