"""The JSON contract: what each command prints under `--json`, by key and type."""

import json
from pathlib import Path

import pytest

from persona_vault.cli import COMMANDS
from persona_vault.store import keys
from persona_vault.store.opening import create_vault
from tests.cli.conftest import UPDATE_DAY, Run, RunJson
from tests.cli.contract import CONTRACT
from tests.cli.exports import write_chatgpt, write_replika
from tests.cli.shape import misfits
from tests.conftest import CHEAP


@pytest.mark.parametrize("name", CONTRACT)
def test_json_has_the_documented_keys(
    name: str, talk_home: Path, run_json: RunJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly one object on stdout, every promised key there, of its type."""
    words, shape = CONTRACT[name]
    write_replika(talk_home / "replika.csv")
    write_chatgpt(talk_home / "chatgpt.zip")
    run_json("events", "add", "A date to list", "--at", UPDATE_DAY)
    if name == "persona join":
        run_json("persona", "move", "1", "--to", "Robin")
    if name.split(maxsplit=1)[0] in ("key", "rekey"):
        monkeypatch.setattr(keys, "calibrated_cost", lambda: CHEAP)
        (talk_home / "right.txt").write_text("a lamp", encoding="utf-8")
        (talk_home / "new.txt").write_text("a quay", encoding="utf-8")
        create_vault(talk_home / "locked", passphrase="a lamp", cost=CHEAP)  # noqa: S106
    if name.startswith("restore"):
        run_json("backup", "vault.pvbackup")

    found = run_json(*words)

    assert misfits(found, shape) == []


def test_contract_covers_every_command() -> None:
    """No command is without a tested shape; the demo has its own tests."""
    covered = {name.split()[0] for name in CONTRACT}

    assert set(COMMANDS) - {"demo"} == covered


def test_ledger_sums_to_what_was_read(plain_home: Path, run_json: RunJson) -> None:
    """n_read = n_added + n_duplicate + n_revised + n_ignored + n_issues."""
    write_replika(plain_home / "replika.csv", broken=True)

    words = ("import", "replika.csv", "--persona", "Wren", "--no-embed")
    for found in (run_json(*words, code=4), run_json(*words, code=4)):
        parts = ("added", "duplicate", "revised", "ignored", "issues")
        assert found["n_read"] == sum(found[f"n_{part}"] for part in parts) == 5
        assert found["n_ignored"] == sum(found["ignored"].values())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "999999"], 2),
        (["search"], 2),
        (["search", "--mode", "no-such-mode", "x"], 2),
        (["no-such-command"], 2),
        (["info", "--no-such-option"], 2),
        (["persona", "no-such-word"], 2),
        ([], 2),
        (["forget", "--source", "1"], 2),
        (["import", "no-such-file.csv", "--persona", "Wren"], 3),
        (["diff", "one.pvs", "two.pvs"], 3),
        (["diff"], 2),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_errors_are_json_too(
    words: list[str], code: int, first: bool, talk_home: Path, run: Run
) -> None:
    """{"error": {"message", "hint", "exit_code"}}, wherever `--json` stands."""
    left = run(*(["--json", *words] if first else [*words, "--json"]))

    assert left.code == code, left
    error = left.error()
    assert error["message"][-1] in ".?!"
    assert error["hint"]


def test_json_after_two_dashes_is_a_word(talk_home: Path, run: Run) -> None:
    """What stands after `--` is text to search for, not an option."""
    left = run("search", "--mode", "keyword", "--", "--json")

    assert left.code == 0, left
    assert left.out == "Nothing was found.\n"


def test_text_survives_json(talk_home: Path, run: Run, run_json: RunJson) -> None:
    """The object is ASCII on the wire, and the text in it is the message's own."""
    (talk_home / "odd.csv").write_text(
        "timestamp,speaker,text\n"
        '2025-01-01T10:00:00Z,Me,"tea 🍵\x1b[31m\u202egnihton"\n'
        "2025-01-01T10:01:00Z,Wren,Yes.\n",
        encoding="utf-8",
    )
    imported = run_json(
        *("import", "odd.csv", "--persona", "Wren", "--no-embed"),
        *("--me", "Me", "--them", "Wren"),
    )
    assert imported["n_added"] == 2

    left = run("search", "tea", "--mode", "keyword", "--persona", "Wren", "--json")

    assert left.out.isascii()
    (hit,) = json.loads(left.out)["hits"][:1]
    assert hit["text"] == "tea 🍵\x1b[31m\u202egnihton"
    shown = run("search", "tea", "--mode", "keyword", "--persona", "Wren").out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
