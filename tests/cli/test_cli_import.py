"""`import`: what a user can say about files, and what the ledger says back."""

import json
from pathlib import Path

import pytest

from persona_vault.errors import NoModelError
from persona_vault.search import embed
from tests.cli.conftest import Run, RunJson
from tests.cli.exports import PROJECT, write_chatgpt, write_local_csv, write_replika
from tests.cli.test_cli_embed import GERMAN, EnglishEmbedder, lines


def test_ledger_of_a_file_is_said_in_lines(plain_home: Path, run: Run) -> None:
    """A person reads the file's name, the format, the companion and the counts."""
    write_replika(plain_home / "replika.csv")

    left = run("import", "replika.csv", "--persona", "Wren", "--no-embed")

    assert left.code == 0, left
    lines = left.out.splitlines()
    assert lines[0] == "replika.csv: read as replika for Wren"
    assert [line.strip() for line in lines[1:3]] == ["4 records read", "4 added"]
    assert lines[-1] == "  from 2025-01-01 to 2025-01-02"
    assert max(map(len, lines)) <= 80


def test_second_import_adds_nothing_and_is_no_failure(
    plain_home: Path, run_json: RunJson
) -> None:
    """A file that was read before exits 0 with all of it known already."""
    write_replika(plain_home / "replika.csv")
    words = ("import", "replika.csv", "--persona", "Wren", "--no-embed")
    run_json(*words)

    again = run_json(*words)

    assert (again["n_added"], again["n_duplicate"]) == (0, 4)
    assert len(run_json("sources")["sources"]) == 1


def test_several_files_are_one_object_with_sources(
    plain_home: Path, run_json: RunJson
) -> None:
    """Several files give {"sources": [...]} in the order of the command line."""
    write_replika(plain_home / "one.csv")
    write_local_csv(plain_home / "two.csv")

    found = run_json(
        *("import", "one.csv", "two.csv", "--persona", "Wren", "--no-embed"),
        *("--me", "Sam", "--them", "Wren", "--timezone", "Europe/Berlin"),
        *("--map", "timestamp=Wann,speaker=Wer", "--map", "text=Was"),
    )

    assert [s["source"]["name"] for s in found["sources"]] == ["one.csv", "two.csv"]
    assert [s["n_added"] for s in found["sources"]] == [4, 2]


def test_files_before_a_refused_one_are_kept_and_named(
    plain_home: Path, run: Run
) -> None:
    """The refusal of a later file says that the earlier ones were read."""
    write_replika(plain_home / "one.csv")
    words = ("import", "one.csv", "gone.csv", "--persona", "Wren", "--no-embed")

    spoken, told = run(*words), run(*words, "--json")

    assert (spoken.code, told.code) == (3, 3)
    assert "The file before it was read." in spoken.err
    document = json.loads(told.out)
    assert document["error"]["exit_code"] == 3
    assert [s["n_duplicate"] for s in document["sources"]] == [4]


def test_unreadable_records_exit_4_with_their_place(plain_home: Path, run: Run) -> None:
    """All else is kept, and the place of what could not be read is said."""
    write_replika(plain_home / "replika.csv", broken=True)

    left = run("import", "replika.csv", "--persona", "Wren", "--no-embed")

    assert left.code == 4, left
    assert "1 not readable" in left.out
    assert "replika.csv line 3" in left.out


def test_wall_times_are_read_in_the_zone_that_is_named(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """Columns come from --map, sides from --me and --them, the zone from --timezone."""
    write_local_csv(plain_home / "talk.csv")

    run_json(
        *("import", "talk.csv", "--persona", "Wren", "--no-embed"),
        *("--me", "Sam", "--them", "Wren", "--timezone", "Europe/Berlin"),
        *("--map", "timestamp=Wann,speaker=Wer,text=Was"),
    )

    messages = run_json("read", "1")["messages"]
    assert [m["sent_at"] for m in messages] == [
        "2025-07-01T06:00:00Z",
        "2025-07-01T06:01:00Z",
    ]
    assert [m["role"] for m in messages] == ["user", "persona"]


@pytest.mark.parametrize(
    "columns",
    ["text", "text=", "=Was", "text=Was,", "text=Was,speaker", "text=Was,text=Wer"],
)
def test_map_that_is_no_pairs_is_refused_with_an_example(
    plain_home: Path, run: Run, columns: str
) -> None:
    """--map takes FIELD=COLUMN pairs."""
    write_local_csv(plain_home / "talk.csv")

    left = run("import", "talk.csv", "--persona", "Wren", "--map", columns)

    assert left.code == 2
    assert "--map text=Body,timestamp=When" in left.err


def test_list_needs_no_vault_and_keeps_nothing(home: Path, run: Run) -> None:
    """An export can be looked through before there is a vault."""
    write_chatgpt(home / "chatgpt.zip")

    left = run("import", "chatgpt.zip", "--list")

    assert left.code == 0, left
    assert f"GPT or project {PROJECT}:" in left.out.splitlines()
    assert "Wren: rivers" in left.out
    assert "Convert units" in left.out
    assert "--only" in left.err
    assert not (home / "vault").exists()


@pytest.mark.parametrize(
    ("chosen", "titles"),
    [
        (["--only", "wren*"], ["Wren: rivers", "Wren: tea"]),
        (["--only", PROJECT], ["Wren: rivers", "Wren: tea"]),
        (["--only", "talk-2"], ["Wren: tea"]),
        (["--only", "chore-1", "--only", "*tea"], ["Wren: tea", "Convert units"]),
        (["--except", "convert*"], ["Wren: rivers", "Wren: tea"]),
        (["--only", PROJECT, "--except", "talk-1"], ["Wren: tea"]),
    ],
)
def test_conversations_are_chosen_by_title_project_or_id(
    plain_home: Path, run_json: RunJson, chosen: list[str], titles: list[str]
) -> None:
    """--only takes, --except leaves; the rest is counted as left out."""
    write_chatgpt(plain_home / "chatgpt.zip")

    found = run_json(
        "import", "chatgpt.zip", "--persona", "Wren", "--no-embed", *chosen
    )

    kept = run_json("conversations")["conversations"]
    assert sorted(c["title"] for c in kept) == sorted(titles)
    # Two messages and the root of the tree in each.
    assert found["ignored"]["conversation not chosen"] == 3 * (3 - len(titles))


@pytest.mark.parametrize("instructions", [False, True])
def test_choice_that_matches_nothing_is_refused(
    plain_home: Path, run: Run, instructions: bool
) -> None:
    """An --only that takes no conversation leaves the vault as it was."""
    write_chatgpt(plain_home / "chatgpt.zip", instructions=instructions)

    left = run("import", "chatgpt.zip", "--persona", "Wren", "--only", "nothing*")

    assert left.code == 3
    assert "import --list" in left.err
    assert run("persona", "list").out == (
        "The vault has no companion yet; an import makes one.\n"
    )


def test_dry_run_says_what_would_be_added(plain_home: Path, run: Run) -> None:
    """Nothing is kept, not even the companion's name."""
    write_replika(plain_home / "replika.csv")

    left = run("import", "replika.csv", "--persona", "Wren", "--dry-run")

    assert left.code == 0, left
    assert "4 would be added" in left.out
    assert "no companion yet" in run("persona", "list").out


def test_import_embeds_unless_told_not_to(
    plain_home: Path, run_json: RunJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new is embedded at once, and the object says how much."""
    from persona_vault.embedders.hashing import HashingEmbedder

    monkeypatch.setattr(embed, "load_embedder", lambda *_, **__: HashingEmbedder())
    write_replika(plain_home / "replika.csv")

    found = run_json("import", "replika.csv", "--persona", "Wren")

    assert found["embedded"]["n_embedded"] == 4
    assert run_json("info")["n_not_embedded"] == 0


def test_import_without_a_model_still_stands(
    plain_home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing model is a note with its next step, not a failure."""

    def refuse(_name: str | None, *, threads: int | None) -> None:
        raise NoModelError("The default model is not installed", hint="Install it.")

    monkeypatch.setattr(embed, "load_embedder", refuse)
    write_replika(plain_home / "replika.csv")

    left = run("import", "replika.csv", "--persona", "Wren")

    assert left.code == 0, left
    assert "Not embedded: The default model is not installed. Install it." in left.err


def test_import_says_when_the_model_reads_another_language(
    plain_home: Path, run: Run, run_json: RunJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who brings German to an English model hears it at once; no model, no word."""
    monkeypatch.setattr(embed, "load_embedder", lambda *_, **__: EnglishEmbedder())
    talk = "\n".join(
        json.dumps({"id": str(n), "speaker": ("user", "persona")[n % 2], "text": text})
        for n, (_, text) in enumerate(lines(GERMAN))
    )
    (plain_home / "talk.jsonl").write_text(talk, encoding="utf-8")
    words = ("import", "talk.jsonl", "--persona", "Wren")

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("the model is looked at")

    with monkeypatch.context() as patch:
        patch.setattr(embed, "resolve_embedder", untouched)
        assert "looks like de" not in run(*words, "--no-embed").err
    assert "looks like de" in run(*words).err
    again = run_json(*words)["embedded"]
    assert (again["n_embedded"], again["warnings"]) == (0, [])
