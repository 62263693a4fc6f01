"""`scripts/bench.py`: every part that needs no model gives figures beside goals."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from benches.measure import SCRIPT, Figure, at_least, at_most, paired


def test_import_task_gives_each_case_the_time_of_each_round() -> None:
    """Import, the same file again, reading, and bare SQLite twice: one time a round."""
    given = {"n_messages": 40, "n_rounds": 1, "kinds": ["plain"]}
    done = subprocess.run(
        [sys.executable, SCRIPT, "--task", "import.compare_imports"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    taken = json.loads(done.stdout.splitlines()[-1])["taken"]
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
