"""`forget` shows in numbers what goes, asks, and says what it cannot reach."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from persona_vault.search.query import plain_words
from persona_vault.store import written
from persona_vault.store.chosen import Kind
from persona_vault.store.vault import open_vault
from tests.cli.conftest import Run, RunJson
from tests.cli.exports import write_chatgpt, write_replika
from tests.hostile.needles import leaks

RECEIPT = {
    "kind",
    "at",
    "dry_run",
    "removed",
    "n_marks",
    "n_spoken",
    "n_without_time",
    "n_versions",
    "versions_left",
    "n_titles",
    "n_ids",
    "sources",
    "snapshots",
    "copies",
    "not_found",
    "beyond",
    "compacted",
    "log_emptied",
}
OPTIONS: dict[str, list[str]] = {
    Kind.MESSAGE.value: ["--message", "1"],
    Kind.CONVERSATION.value: ["--conversation", "1"],
    Kind.SEARCH.value: ["--search", "lantern"],
    Kind.PHRASE.value: ["--phrase", "lantern is on"],
    Kind.NAME.value: ["--name", "lantern"],
    Kind.PERIOD.value: ["--since", "2025-01-02"],
    Kind.PERSONA.value: ["--persona", "Wren"],
    Kind.ALL.value: ["--all"],
}


@pytest.fixture
def wren_home(plain_home: Path, run: Run) -> Path:
    """A home whose vault holds four messages over two days."""
    write_replika(plain_home / "replika.csv")
    done = run("import", "replika.csv", "--persona", "Wren", "--no-embed")
    assert done.code == 0, done
    return plain_home


@pytest.mark.parametrize(("kind", "words"), OPTIONS.items())
def test_each_way_is_tried_dry_and_then_done(
    wren_home: Path, run_json: RunJson, kind: str, words: list[str]
) -> None:
    """The dry run changes nothing and says the numbers; the JSON is one shape."""
    planned = run_json("forget", *words, "--dry-run")
    assert set(planned) == RECEIPT
    assert planned["kind"] == kind
    assert run_json("info")["n_messages"] == 4
    done = run_json("forget", *words, "--yes")
    assert done["removed"] == planned["removed"]
    gone = done["removed"]["n_messages"]
    assert gone == {"message": 1, "search": 2, "phrase": 2, "name": 2, "period": 2}.get(
        kind, 4
    )
    assert run_json("info")["n_messages"] == 4 - gone
    assert "lantern" not in json.dumps(done)


def test_it_is_told_before_and_after(wren_home: Path, run: Run) -> None:
    """Counts, the file it came from, and what no program here can reach."""
    planned = run("forget", "--search", "lantern", "--dry-run")
    assert planned.out.count("The lantern is on") == 2
    assert "would go" in planned.out
    done = run("forget", "--search", "lantern", "--yes")
    assert "forgotten" in done.out
    assert "The lantern" not in done.out + done.err
    for told in ("replika.csv", "vendor keeps", "Backups", "flash storage", "2 marks"):
        assert told in done.err


def test_nothing_goes_unasked(wren_home: Path, run: Run, run_json: RunJson) -> None:
    """Without a terminal and without --yes nothing is changed, and --yes is named."""
    asked = run("forget", "--name", "lantern")
    assert asked.code == 2
    assert "--yes" in asked.err
    assert run_json("info")["n_messages"] == 4


def test_the_next_import_says_what_it_left_out(
    wren_home: Path, run: Run, run_json: RunJson
) -> None:
    """The file again: counted as forgotten; with --bring-back it is taken in."""
    run("forget", "--phrase", "lantern", "--yes")
    again = ("import", "replika.csv", "--persona", "Wren", "--no-embed")
    assert run_json(*again)["ignored"] == {"forgotten": 2}
    assert "--bring-back" in run(*again).err
    assert run_json(*again, "--bring-back")["n_added"] == 2
    assert run_json("info")["n_messages"] == 4


def test_without_marks_the_next_import_brings_it_back(
    wren_home: Path, run_json: RunJson
) -> None:
    """--no-marks leaves nothing at all."""
    done = run_json("forget", "--phrase", "lantern", "--yes", "--no-marks")
    assert done["n_marks"] == 0
    again = run_json("import", "replika.csv", "--persona", "Wren", "--no-embed")
    assert (again["n_added"], again["n_ignored"]) == (2, 0)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--name", "x", "--phrase", "y"],
        ["--all", "--persona", "Wren"],
        ["--message", "99"],
        ["--conversation", "99"],
        ["--name", "Wren"],
        ["--phrase", "..."],
        ["--search", ""],
        ["--persona", "Nobody"],
        ["--since", "soon"],
        ["--source", "99"],
        ["--topic", "bcdfghj"],
        ["--topic", "bcdfghj", "--all"],
        ["--phrase", "lantern", "--role", "user"],
        ["--phrase", "lantern", "--compact"],
    ],
)
def test_what_cannot_be_meant_is_refused(
    wren_home: Path, run: Run, run_json: RunJson, words: list[str]
) -> None:
    """One sentence, exit code 2, and everything stays."""
    left = run("forget", *words, "--yes")
    assert left.code == 2, left
    assert left.err.startswith("Error: ")
    assert run_json("info")["n_messages"] == 4


def test_undoing_an_import_can_be_tried_first(
    wren_home: Path, run: Run, run_json: RunJson
) -> None:
    """--source with --dry-run counts and keeps."""
    planned: dict[str, Any] = run_json("forget", "--source", "1", "--dry-run")
    assert planned["removed"]["n_messages"] == 4
    assert run_json("info")["n_messages"] == 4
    done = run_json("forget", "--source", "1", "--yes")
    assert done["removed"] == planned["removed"]
    again = run_json("import", "replika.csv", "--persona", "Wren", "--no-embed")
    assert again["n_added"] == 4


def test_a_conversation_of_an_assistant_stays_away(
    plain_home: Path, run_json: RunJson
) -> None:
    """The chore that was forgotten is not in the next whole export either."""
    write_chatgpt(plain_home / "chatgpt.zip")
    words = ("import", "chatgpt.zip", "--persona", "Wren", "--no-embed")
    run_json(*words)
    rows = run_json("conversations")["conversations"]
    chore = next(c["id"] for c in rows if c["native_id"] == "chore-1")
    run_json("forget", "--conversation", chore, "--yes")
    again = run_json(*words)
    assert again["ignored"]["forgotten"] >= 2
    assert len(run_json("conversations")["conversations"]) == len(rows) - 1


def test_traces_can_be_cleared_later(
    wren_home: Path, run: Run, run_json: RunJson
) -> None:
    """`forget --compact` does only that."""
    assert run_json("forget", "--compact") == {"compacted": True, "log_emptied": True}
    assert "written anew" in run("forget", "--compact").out
    assert run_json("info")["n_messages"] == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--source", "99"], "no source 99"),
        (["--persona", "Nobody"], "Nobody"),
        (["--message", "99"], "no message 99"),
        (["--source", "1"], "no terminal"),
    ],
)
def test_what_is_wrong_is_said_before_the_missing_terminal(
    wren_home: Path, run: Run, run_json: RunJson, words: list[str], told: str
) -> None:
    """Who names what is not there hears of that, also where nobody can be asked."""
    left = run("forget", *words)
    assert left.code == 2
    assert told in left.err.splitlines()[0]
    assert told in run_json("forget", *words, code=2)["error"]["message"]
    assert run_json("info")["n_messages"] == 4


def _say(home: Path, run: Run, texts: list[str], *, file: str = "said.jsonl") -> None:
    """Import a talk in which the user alone speaks."""
    lines = [
        json.dumps(
            {
                "id": f"m{n}",
                "conversation": "c1",
                "timestamp": f"2025-01-02T20:{n:02d}:00Z",
                "speaker": "user",
                "text": text,
            },
            ensure_ascii=n % 2 == 0,
        )
        for n, text in enumerate(texts)
    ]
    (home / file).write_text("\n".join(lines), encoding="utf-8")
    done = run("import", file, "--persona", "Wren", "--no-embed")
    assert done.code == 0, done


@pytest.mark.parametrize("words", [["--all"], ["--source", "1"]])
def test_some_of_what_goes_is_shown_and_written_nowhere(
    plain_home: Path, run: Run, words: list[str]
) -> None:
    """The first, a middle and the last by their first words; no more than three."""
    _say(
        plain_home,
        run,
        [f"line {n} of a talk that ends somewhere to the right" for n in range(12)],
    )
    planned = run("forget", *words, "--dry-run")
    assert planned.out.count("of a talk that") == 3
    assert all(f"You: line {n} of" in planned.out for n in (0, 11))
    assert "to the right" not in planned.out
    for still in ("--json", "--quiet"):
        assert "of a talk" not in run("forget", *words, "--dry-run", still).said
    assert "of a talk" not in run("forget", *words, "--yes").said


def test_what_speaks_of_self_harm_is_not_shown_unasked(
    plain_home: Path, run: Run
) -> None:
    """It is counted with the others, and quoted nowhere."""
    _say(plain_home, run, ["a quiet day", "i want to die", "a long walk"])
    planned = run("forget", "--all", "--dry-run")
    assert "a quiet day" in planned.out
    assert "die" not in planned.out
    assert "3  messages" in planned.out


def test_a_topic_that_was_listed_is_forgotten(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """By its key and the same options; all of it stays out of the next import."""
    listed = run_json("topics", "-n", "4")["topics"]
    topic, other = listed[1], listed[3]
    shown = run_json("topics", "-n", "4", "--show", topic["key"])
    assert len(shown["messages"]) == topic["n_messages"]
    words = ("forget", "--topic", topic["key"])
    planned = run(*words, "-n", "4", "--dry-run")
    assert f"key {topic['key']}" in planned.out
    assert f"[message {topic['messages'][0]['message_id']}]" in planned.out
    assert "They stay" in planned.err
    assert "those of the list" in run(*words, "--yes").err
    both = run_json(*words, "--topic", other["key"], "-n", "4", "--dry-run")
    n_both = topic["n_messages"] + other["n_messages"]
    assert both["removed"]["n_messages"] == n_both
    done = run_json(*words, "-n", "4", "--yes")
    assert (done["kind"], done["dry_run"]) == ("topic", False)
    assert done["removed"]["n_messages"] == done["n_marks"] == topic["n_messages"]
    assert topic["messages"][0]["text"] not in json.dumps(done)
    again = run_json("import", "talk.jsonl", "--persona", "Juniper", "--no-embed")
    assert again["ignored"] == {"forgotten": topic["n_messages"]}


def test_topics_say_how_to_forget_one(talk_home: Path, run: Run) -> None:
    """The options that were given stand in the line to type."""
    told = run("topics", "-n", "3", "--seed", "2", "--persona", "Juniper").err
    assert "forget --topic KEY -n 3 --persona Juniper --seed 2 --dry-run" in told


def test_a_search_finds_what_a_message_said_before(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """A later export changed the text: the earlier wording and its record go too."""
    for text in ("The marzipan is mine", "The cake is mine"):
        _say(plain_home, run, [text, "a quiet day"])
    words = ("forget", "--search", "marzipan")
    assert (
        run_json("forget", "--search", "marzipan -cake", "--dry-run")["removed"]
        == (run_json("forget", "--search", "nowhere", "--dry-run")["removed"])
    )
    planned = run(*words, "--dry-run")
    assert "The cake is mine" in planned.out
    assert "1 message holds it in an earlier wording" in planned.err
    done = run_json(*words, "--yes")
    assert (done["removed"]["n_messages"], done["removed"]["n_revisions"]) == (1, 2)
    assert not leaks((plain_home / "vault",), ["marzipan"])


WILHELMINA = [
    "_smiles and waves at Wilhelmina_",
    "__Wilhelmina__ says hi",
    "wilhelmina_92",
    "wilhelmina92 wrote",
    "I told Wilhelmina",
]
CLEMENCE = [
    "I met Clemence",
    "Cl\u00e9mence laughs",
    "_hugs Cle\u0301mence_",
    "CL\u00c9MENCE!",
    "\uff23\uff4c\uff45\uff4d\uff45\uff4e\uff43\uff45",
]


@pytest.mark.parametrize("option", ["--name", "--phrase"])
@pytest.mark.parametrize(
    ("words", "texts", "file"),
    [
        ("Wilhelmina", WILHELMINA, "Wilhelmina_Chat_Export.jsonl"),
        ("Clemence", CLEMENCE, "chat with cl\u00e9mence.jsonl"),
        ("Cl\u00e9mence", CLEMENCE, "Clemence_1.jsonl"),
    ],
)
def test_a_name_goes_however_it_is_spelled(
    plain_home: Path, run: Run, option: str, words: str, texts: list[str], file: str
) -> None:
    """In markup, in a handle, with and without accents: in no byte of the vault."""
    _say(plain_home, run, [*texts, "a quiet day"], file=file)
    before = _spelled(plain_home / "vault", [words, *texts])
    assert len(before) > len(texts)
    done = run("forget", option, words, "--yes")
    assert f"{len(texts)}  messages" in done.out
    assert not _spelled(plain_home / "vault", [words, *texts])
    assert words not in run("sources").out
    assert "a quiet day" in run("search", "quiet", "--mode", "keyword").out


def _spelled(vault: Path, words: list[str]) -> list[tuple[str, str]]:
    """Where the words stand in a vault's files, in whatever case and accent."""
    bare = {word.strip("_") for word in words}
    bare |= {
        unicodedata.normalize(form, word) for form in ("NFC", "NFD") for word in bare
    }
    bare |= {plain_words(word) for word in bare}
    bare |= {change(word) for change in (str.lower, str.upper) for word in bare}
    return leaks((vault,), bare)


def test_files_that_were_written_before_are_named(
    wren_home: Path, run: Run, run_json: RunJson
) -> None:
    """Backups, and snapshots with quotes; what was moved is told as not found."""
    (wren_home / "inner").mkdir()
    quoted = ("snapshot", "--messages", "1..2", "--quotes", "1", "-o")
    for words in (
        ("backup", "one.pvbackup"),
        ("backup", "vault/two.pvbackup"),
        ("backup", "inner/../three.pvbackup"),
        (*quoted, "quoted.pvs"),
        (*quoted, "gone.pvs"),
        ("snapshot", "--messages", "1..2", "-o", "bare.pvs"),
    ):
        assert run(*words).code == 0
    (wren_home / "three.pvbackup").rename(wren_home / "inner" / "three.pvbackup")
    (wren_home / "gone.pvs").unlink()
    words = ("forget", "--phrase", "lantern", "--dry-run")
    planned = run_json(*words)
    assert planned["copies"] == ["two.pvbackup", str(wren_home / "one.pvbackup")]
    assert planned["snapshots"] == [str(wren_home / "quoted.pvs")]
    lost = {one["path"]: one for one in planned["not_found"]}
    assert list(lost) == [str(wren_home / n) for n in ("three.pvbackup", "gone.pvs")]
    assert lost[str(wren_home / "gone.pvs")]["n_quotes"] == 1
    assert (
        run_json("forget", "--source", "1", "--dry-run")["copies"]
        == (planned["copies"])
    )
    done = run("forget", "--phrase", "lantern", "--yes").err
    for name in ("one.pvbackup", "two.pvbackup", "quoted.pvs", "gone.pvs (snapshot of"):
        assert name in done
    assert "bare.pvs" not in done


def test_a_report_with_quotes_is_named(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Only where words of the talk stand in it, and only a file; once for each path."""
    asked = ("report", "--at", "2024-01-20", "-o")
    for words in (
        (*asked, "with.html"),
        (*asked, "with.html", "--force"),
        (*asked, "without.html", "--no-quotes"),
        (*asked, "-"),
        (*asked, "no/such/folder.html"),
    ):
        run(*words)
    planned = run_json("forget", "--message", "1", "--dry-run")
    assert planned["snapshots"] == [str(talk_home / "with.html")]
    assert planned["not_found"] == []


def test_a_name_goes_from_the_paths_of_files_too(
    wren_home: Path, run: Run, run_json: RunJson
) -> None:
    """The receipt of that forgetting still names the file; the vault does no more."""
    name = "Wilhelmina"
    for n in range(2):
        assert run("backup", f"for_{name}_{n}.pvbackup").code == 0
    (wren_home / f"for_{name}_1.pvbackup").unlink()
    assert leaks((wren_home / "vault",), [name])
    done = run_json("forget", "--name", name, "--yes")
    assert done["removed"]["n_labels"] == 2
    assert done["copies"] == [str(wren_home / f"for_{name}_0.pvbackup")]
    assert not leaks((wren_home / "vault",), [name])
    again = run_json("forget", "--name", name, "--dry-run")
    assert [one["path"] for one in again["not_found"]] == [
        str(wren_home / f"for_[forgotten]_{n}.pvbackup") for n in range(2)
    ]
    assert run("backup", "Wren.pvbackup").code == 0
    run_json("forget", "--persona", "Wren", "--yes")
    assert not leaks((wren_home / "vault",), ["Wren.pvbackup"])
    assert run_json("forget", "--all", "--yes")["not_found"]
    assert not run_json("forget", "--all", "--dry-run")["not_found"]


def test_a_backup_does_not_wait_for_an_import_to_be_noted(
    wren_home: Path, run: Run, run_json: RunJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made, and says that the vault could not note it."""
    monkeypatch.setattr(written, "WAIT_MS", 50)
    with open_vault(wren_home / "vault") as vault, vault.write():
        done = run("backup", "one.pvbackup")
    assert done.code == 0
    assert "could not note this file" in done.err
    assert run_json("forget", "--all", "--dry-run")["copies"] == []
    assert "could not note" not in run("backup", "two.pvbackup").err


@pytest.mark.parametrize("way", ["--name", "--phrase", "--search"])
def test_what_to_forget_need_not_stand_on_the_command_line(
    wren_home: Path, run: Run, way: str
) -> None:
    """- takes it from standard input."""
    left = run("forget", way, "-", "--yes", "--json", stdin=b"lantern\n")
    assert left.code == 0, left
    assert json.loads(left.out)["removed"]["n_messages"] > 0
    assert run("forget", way, "-", "--yes", stdin=b"\n").code == 2
