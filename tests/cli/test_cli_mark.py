"""`mark`: a hit marked wrong is left out everywhere, and that is said."""

from pathlib import Path

import pytest

from persona_vault.snapshot import read_snapshot
from tests.cli.conftest import Run, RunJson

ROW = "pet_names"


@pytest.fixture
def hits(talk_home: Path, run_json: RunJson) -> list[int]:
    """The first three messages of the companion that the row counts."""
    found: list[int] = []
    for number in range(2, 80, 2):
        told = run_json("mark", str(number))
        if ROW in {hit["row"] for hit in told["hits"]}:
            found.append(number)
        if len(found) == 3:
            return found
    raise AssertionError("the invented talk has too few pet names")


def measured(home: Path, run_json: RunJson, name: str) -> tuple[float, float, int]:
    """Numerator, denominator and marked hits of the row in a snapshot file."""
    run_json("snapshot", "-o", name)
    found = read_snapshot(home / name)
    sums = found.rows["persona"][ROW]
    marked = found.marked.get("persona", {}).get(ROW, 0)
    return float(sums.column("num").sum()), float(sums.column("den").sum()), marked


def test_a_marked_hit_leaves_numerators_only_and_comes_back(
    talk_home: Path, hits: list[int], run_json: RunJson
) -> None:
    """A snapshot counts it no more, says how many, and counts it when undone."""
    n_hits, n_replies, _ = measured(talk_home, run_json, "first.pvs")
    said = run_json("mark", str(hits[0]), "--row", ROW, "--wrong")
    assert said == {"message_id": hits[0], "row": ROW, "marked": True}
    run_json("mark", str(hits[1]), "--row", ROW, "--wrong")
    run_json("mark", str(hits[1]), "--row", ROW, "--wrong")

    assert measured(talk_home, run_json, "two.pvs") == (n_hits - 2, n_replies, 2)
    listed = run_json("mark", "--list")["marked"]
    assert [(m["message_id"], m["row"], m["rests"]) for m in listed] == [
        (number, ROW, False) for number in hits[:2]
    ]

    for number in hits[:2]:
        run_json("mark", str(number), "--row", ROW, "--undo")
    assert measured(talk_home, run_json, "none.pvs") == (n_hits, n_replies, 0)


def test_a_message_shows_what_it_counts_for(
    talk_home: Path, hits: list[int], run: Run, run_json: RunJson
) -> None:
    """Each measure is named with the very words, and whether it is marked."""
    text = run_json("show", str(hits[0]))["message"]["text"]
    told = {h["row"]: h for h in run_json("mark", str(hits[0]))["hits"]}
    assert all(word in text for hit in told.values() for word in hit["words"])
    assert told[ROW]["marked"] is False
    run("mark", hits[0], "--row", ROW, "--wrong")
    (hit,) = (h for h in run_json("mark", str(hits[0]))["hits"] if h["row"] == ROW)
    assert hit["marked"] is True
    assert ROW in run("mark", hits[0]).out
    assert ROW in run("mark", "--list").out


def test_a_mark_survives_an_import_of_the_same_file_and_goes_with_the_message(
    talk_home: Path, hits: list[int], run: Run, run_json: RunJson
) -> None:
    """Reading the file again changes nothing; forgetting it takes the mark along."""
    run("mark", hits[0], "--row", ROW, "--wrong")
    run("import", "talk.jsonl", "--persona", "Juniper", "--no-embed")
    run("reimport", "--all")
    assert len(run_json("mark", "--list")["marked"]) == 1
    for source in run_json("sources")["sources"]:
        assert run("forget", "--source", source["id"], "--yes").code == 0
    assert run_json("mark", "--list")["marked"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["999999", "--row", ROW, "--wrong"], "999999"),
        (["2", "--row", "message_length", "--wrong"], "message_length"),
        (["2", "--row", "no_such_row", "--undo"], "not marked"),
        (["1", "--row", "refusal", "--wrong"], "no hit of refusal"),
        (["2", "--row", ROW], "not clear"),
        (["2", "--row", ROW, "--wrong", "--undo"], "not clear"),
        (["2", "--wrong"], "not clear"),
        ([], "not clear"),
        (["2", "--list"], "not clear"),
    ],
)
def test_what_cannot_be_marked_is_said(
    talk_home: Path, run: Run, run_json: RunJson, words: list[str], said: str
) -> None:
    """One sentence, a next step, exit code 2, and nothing kept."""
    refused = run("mark", *words)
    assert refused.code == 2
    assert said in refused.err
    assert "Hint:" in refused.err
    assert run_json("mark", "--list")["marked"] == []
