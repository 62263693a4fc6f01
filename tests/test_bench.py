"""`scripts/bench.py`: every part that needs no model gives figures beside goals."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from benches import peer_process
from benches.measure import SCRIPT, Figure, at_least, at_most, paired
from benches.parts import Run
from benches.peer_process import Peer
from benches.peers import same_hits
from benches.talk import write_talk


def a_task(name: str, **given: Any) -> dict[str, Any]:
    """What a task prints."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--task", name],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def a_run(folder: Path) -> Run:
    """A run of the peers that has nothing yet."""
    return Run(
        kinds=("plain",),
        sizes=(),
        n_rounds=1,
        n_texts=1,
        n_imported=1,
        n_searched=1,
        n_peer_messages=1,
        n_peer_rounds=1,
        megabytes=1,
        peer_folder=folder / "peers",
        folder=folder,
        say=lambda _: None,
    )


def test_import_task_gives_each_case_the_time_of_each_round() -> None:
    """Import, the same file again, reading, and bare SQLite twice: one time a round."""
    taken = a_task(
        "import.compare_imports", n_messages=40, n_rounds=1, kinds=["plain"]
    )["taken"]
    assert set(taken) == {
        "import, plain",
        "again, plain",
        "bare rows",
        "bare all",
        "reading alone",
    }
    for rounds in taken.values():
        assert len(rounds) == 1
        assert all(seconds > 0 for seconds in rounds[0])


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (at_least("6", "import", [0.2, 0.5, 0.3], 0.25), "met"),
        (at_least("6", "import", [0.2, 0.1, 0.3], 0.25), "not met: 0.80 x the goal"),
        (at_most("5", "help", [1.4], 1.5), "met"),
        (at_most("5", "help", [3.0], 1.5), "not met: 2.00 x the goal"),
        (at_most("7", "texts", [0, 0], 0), "met"),
        (at_most("7", "texts", [3], 0), "not met"),
    ],
)
def test_goal_is_held_against_the_median(figure: Figure, verdict: str) -> None:
    """The median decides, and what is not met says by how much."""
    assert figure.verdict == verdict


def test_ratios_are_taken_round_by_round() -> None:
    """A slow moment of the machine hits both sides of a ratio."""
    assert paired([2.0, 30.0], [1.0, 15.0]) == [2.0, 2.0]
    with pytest.raises(ValueError, match="shorter"):
        paired([1.0, 2.0], [1.0])


def test_part_that_is_not_there_is_refused() -> None:
    """A misspelt part is named, and nothing runs."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--only", "serch"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no part serch" in done.stderr


def test_peers_embed_what_a_vault_embeds(tmp_path: Path) -> None:
    """One text for each message, under its id, with the turn before it."""
    talk, texts = tmp_path / "talk.jsonl", tmp_path / "texts.jsonl"
    write_talk(talk, 12, seed=3)
    a_task("import.write_passages", talk=str(talk), path=str(texts))
    said = [json.loads(line) for line in talk.read_text("utf-8").splitlines()]
    given = [json.loads(line) for line in texts.read_text("utf-8").splitlines()]
    assert [one["id"] for one in given] == [one["id"] for one in said]
    for before, one, text in zip(said, said[1:], given[1:], strict=False):
        start, _, end = text["text"].rpartition("\n")
        assert end == one["text"]
        assert start.endswith(before["text"][-300:])


def test_peer_that_cannot_be_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No environment, one line on the page, and nothing is raised."""
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(peer_process.subprocess, "run", lambda *_, **__: failed)
    run = a_run(tmp_path)
    assert peer_process.environment(run, "txtai") == ""
    assert run.notes == ["txtai could not be installed; it is left out."]


def test_peer_that_cannot_run_is_told(tmp_path: Path) -> None:
    """The last line of what it said stands on the page."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "1", "text": "rain"}\n', "utf-8")
    run = a_run(tmp_path)
    assert not Peer("txtai", sys.executable, "weights").can_run(run, texts)
    (told,) = run.notes
    assert told.startswith("txtai could not run, it is left out: ModuleNotFoundError")


def test_same_hits_are_counted_over_all_queries() -> None:
    """Their hits that are ours too, of all of theirs."""
    assert same_hits([["a", "b"], ["c", "d"]], [["b", "a"], ["c", "x"]]) == 0.75
    assert same_hits([["a"]], [[]]) == 0
