"""Chat logs of text-generation-webui."""

import json
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.importers.formats.text_generation_webui import (
    TextGenerationWebui,
    _text,
    pairs_shape,
)
from persona_vault.importers.source import Source
from persona_vault.model import Ignored, ImportIssue, Message, ReadOptions, Record

NO_OPTIONS = ReadOptions()
PAIRS = [["<|BEGIN-VISIBLE-CHAT|>", "Open."], ["Paint?", "Blue."]]
SEEN = [["", "Open."], ["Paint?", "Blue."]]


def log(path: Path, *more: list[str], **notes: Any) -> Path:
    """A log of 2025; notes by turn."""
    times = {
        f"{side}_{n}": {"timestamp": f"Nov 04, 2025 19:{30 + n}"}
        for n in range(len(PAIRS) + len(more))
        for side in ("user", "assistant")
    }
    document = {
        "internal": [*PAIRS, *more],
        "visible": [*SEEN, *more],
        "metadata": {**times, **notes},
    }
    path.write_text(json.dumps(document, indent=4), encoding="utf-8")
    return path


def read(path: Path) -> list[Record]:
    """Every record; the source must be known."""
    with Source.open(path) as source:
        assert TextGenerationWebui().identify(source, NO_OPTIONS)
        return list(TextGenerationWebui().read(source, NO_OPTIONS))


def talk(path: Path) -> list[Message]:
    """The messages."""
    return [record for record in read(path) if isinstance(record, Message)]


@given(st.text(max_size=40))
def test_escapes_are_undone_exactly(text: str) -> None:
    """Whatever was typed comes back, escaped or not."""
    assert _text(text, escape(text)) == text
    assert _text(text, escape(text, quote=False)) == text
    assert _text(text, text) == text


def test_what_was_seen_counts(tmp_path: Path) -> None:
    """Where an extension changed the words, the visible ones are the message."""
    assert _text("Guten Tag", "Good &amp; early") == "Good & early"


def test_marker_is_no_turn_and_opens_with_a_greeting(tmp_path: Path) -> None:
    """The first pair may hold a marker instead of the user's words."""
    records = read(log(tmp_path / "a.json"))

    assert isinstance(records[0], Ignored)
    assert [m.flags for m in talk(tmp_path / "a.json")] == [("greeting",), (), ()]


def test_versions_beside_the_shown_one(tmp_path: Path) -> None:
    """Each other version is kept; of the user's words it is an earlier wording."""
    versions = [{"content": "Red."}, {"content": "Blue."}, {"content": "Blue."}]
    notes = {
        "assistant_1": {"versions": versions, "current_version_index": 0},
        "user_1": {"versions": [{"content": "Pain?"}, {"content": "Paint?"}]},
    }
    found = [m for m in talk(log(tmp_path / "a.json", **notes)) if not m.shown]

    assert [(m.text, m.flags) for m in found] == [
        ("Pain?", ("earlier_wording",)),
        ("Red.", ("regenerated",)),
        ("Blue.", ("regenerated",)),
    ]


def test_a_copy_that_went_on_is_a_branch(tmp_path: Path) -> None:
    """Equal pairs with equal times are one conversation; older files stay apart."""
    folder = tmp_path / "Odile"
    folder.mkdir()
    log(folder / "1.json", ["More?", "No."])
    log(folder / "2.json", ["Less?", "Yes."], ["Then?", "Then."])

    found = talk(folder)

    assert {m.conversation.native_id for m in found} == {"1"}
    assert [(m.text, m.shown) for m in found][-2:] == [("More?", False), ("No.", False)]
    assert len(found) == 3 + 4 + 2
    for name in ("1.json", "2.json"):
        log_without = json.loads((folder / name).read_text(encoding="utf-8"))
        del log_without["metadata"]
        (folder / name).write_text(json.dumps(log_without), encoding="utf-8")
    assert {m.conversation.native_id for m in talk(folder)} == {"1", "2"}


def test_strange_pairs_are_issues(tmp_path: Path) -> None:
    """What is no pair is told, and the rest is read."""
    path = tmp_path / "a.json"
    document = {"internal": [*PAIRS, "x"], "visible": [*SEEN, 5], "metadata": []}
    path.write_text(json.dumps(document), encoding="utf-8")

    assert [r.reason for r in read(path) if isinstance(r, ImportIssue)] == [
        "not a pair of turns"
    ]
    assert len(talk(path)) == 3


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"internal": PAIRS, "visible": SEEN}, "webui"),
        ({"data": PAIRS, "data_visible": SEEN}, "webui"),
        (
            dict.fromkeys(("internal", "visible", "data", "data_visible"), PAIRS),
            "cai_tools",
        ),
        ({"data": PAIRS}, ""),
        ({"internal": PAIRS}, ""),
        ({"internal": "x", "visible": []}, ""),
    ],
)
def test_pairs_told_twice_are_another_tool(value: Any, shape: str) -> None:
    """Both pairs of keys in one file are CAI Tools; one pair is the program itself."""
    assert pairs_shape(json.dumps(value)) == shape


def test_a_long_log_is_known_by_its_beginning() -> None:
    """The program indents its files, the other tool does not."""
    long = {"internal": [["x" * 70_000, "y"]], "visible": [["x", "y"]]}

    assert pairs_shape(json.dumps(long, indent=4)[:65_536]) == "webui"
    compact = json.dumps(long, separators=(",", ":"))
    assert pairs_shape(compact[:65_536]) == "cai_tools"
