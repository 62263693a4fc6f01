"""The script that measures search runs on both of its sets."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_both_sets_give_a_line_for_each_way_of_searching(tmp_path):
    """Words, meaning and both stand side by side, and sure answers are found."""
    turns = [
        {"dia_id": f"D1:{n}", "speaker": ("Ana", "Ben")[n % 2], "text": text}
        for n, text in enumerate(["I bought a kayak", "Which colour?", "Blue", "Nice"])
    ]
    chat = {
        "conversation": {
            "speaker_a": "Ana",
            "speaker_b": "Ben",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": turns,
        },
        "qa": [
            {"question": "Who bought a kayak?", "evidence": ["D1:0"], "category": 4},
            {"question": "Who sold a house?", "evidence": ["D1:3"], "category": 5},
        ],
    }
    path = tmp_path / "locomo10.json"
    path.write_text(json.dumps([chat]), encoding="utf-8")
    words = ["--locomo", path, "--embedder", "hashing", "--most", "2", "--bare"]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "evaluate_search.py", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "own, in other words: 2 questions" in done.stdout
    assert "own, remembered: 2 questions" in done.stdout
    assert done.stdout.count("| bare |") == 3
    _, public = done.stdout.split("LoCoMo: ")
    assert public.startswith("1 questions, 4 messages")
    for mode in ("keyword", "semantic", "hybrid"):
        assert f"| {mode} | 100.0 % | 1.000 |" in public


def test_a_set_that_is_not_there_is_told_first(tmp_path):
    """The own set takes minutes: nobody waits for it to read of a misspelt path."""
    path = tmp_path / "none.json"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "evaluate_search.py", "--locomo", path],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there is no file {path}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_labelled_set_is_whole():
    """What was said, the answer to it, a question in other words, one with its words.

    Only the second may share a word of four letters or more with what was said.
    """
    text = (ROOT / "scripts" / "search_labelled.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    assert len(rows) >= 60
    assert all(len(row) == 4 and all(row) for row in rows)
    assert len({question for _, _, *asked in rows for question in asked}) == 2 * len(
        rows
    )
