"""The ledger: every record has its place, for the source and for each conversation."""

import re
from pathlib import Path
from typing import Any

import pytest

import persona_vault.importers
from persona_vault.ingest.wording import _FACTS
from persona_vault.model import ABSENT_FILE
from tests.ingest.desk import Desk, at

TEA = {"native_id": "tea", "title": "Tea"}
SEA = {"native_id": "sea", "title": "The sea"}


def in_(thread: dict[str, str], text: str, minute: float = 0, **more: Any) -> Any:
    """A message of the companion in a conversation."""
    return {"conversation": dict(thread), "text": text, "sent_at": at(minute), **more}


def said_of(report: Any, word: str) -> list[str]:
    """The sentences of a report that hold a word."""
    return [sentence for sentence in report.warnings if word in sentence]


def test_each_conversation_has_its_own_account(desk: Desk) -> None:
    """Messages, inputs, records left out and issues count where they stand."""
    report = desk.bring(
        [
            in_(TEA, "one", native_id="1"),
            in_(SEA, "two", 50 * 24 * 60),
            in_(TEA, "three", 1, models=["m-1"], shown=False, flags=["branch"]),
            {"record": "ignored", "reason": "empty", "conversation": TEA},
            {"record": "issue", "reason": "odd", "conversation": SEA},
            {"record": "input", "kind": "memory", "text": "x", "conversation": TEA},
            {"record": "issue", "reason": "odd"},
        ]
    )
    tea, sea = report.conversations
    assert (tea.native_id, tea.title, sea.native_id) == ("tea", "Tea", "sea")
    assert (tea.n_read, tea.n_added, tea.n_messages_added) == (4, 3, 2)
    assert (tea.ignored, tea.n_persona_inputs) == ({"empty": 1}, 1)
    assert (tea.n_hidden, tea.n_regenerated) == (1, 1)
    assert tea.share_model_observed == 0.5
    assert tea.gaps == ()
    assert sea.issues == ({"where": "export1.jsonl line 5", "reason": "odd"},)
    assert sea.first_at == sea.last_at
    assert (report.n_read, report.n_issues) == (7, 2)
    assert [issue["where"][-1] for issue in report.issues] == ["5", "7"]
    assert len(report.gaps) == 1


def test_the_account_of_a_grown_export_says_what_was_new(desk: Desk) -> None:
    """Added, known and revised are told apart for each conversation, and both stay."""
    first = [in_(TEA, "one", native_id="1"), in_(SEA, "two", native_id="2")]
    desk.bring(first)
    later = [
        in_(TEA, "one, said better", native_id="1"),
        in_(SEA, "two", native_id="2"),
        in_(SEA, "three", 9, native_id="3"),
    ]
    tea, sea = desk.bring(later).conversations
    assert (tea.n_added, tea.n_duplicate, tea.n_revised) == (0, 0, 1)
    assert (sea.n_added, sea.n_duplicate, sea.n_revised) == (1, 1, 0)
    kept = desk.rows("SELECT source_id, count(*) FROM conversation_ledger GROUP BY 1")
    assert kept == [(1, 2), (2, 2)]
    desk.bring_file(desk.folder / "export1.jsonl")
    added = desk.rows(
        "SELECT json_extract(ledger, '$.n_added') FROM conversation_ledger"
        " WHERE source_id = 1"
    )
    assert added == [(1,), (1,)]
    desk.vault.forget_source(2)
    kept = desk.rows("SELECT source_id, count(*) FROM conversation_ledger GROUP BY 1")
    assert kept == [(1, 2)]


def test_two_wordings_in_one_file_count_in_their_conversation(desk: Desk) -> None:
    """The first wording is added, the second is a revision, of this conversation."""
    report = desk.bring(
        [
            in_(SEA, "calm", native_id="9"),
            in_(TEA, "draft", native_id="1"),
            in_(TEA, "final", native_id="1"),
        ]
    )
    sea, tea = report.conversations
    assert (tea.n_added, tea.n_revised, sea.n_revised) == (1, 1, 0)


def test_what_belongs_to_a_thread_that_was_not_chosen_stays_out(desk: Desk) -> None:
    """Its instructions too, and its bad records; what belongs to none is taken."""
    report = desk.bring(
        [
            in_(TEA, "one"),
            in_(SEA, "two"),
            {"record": "input", "kind": "k", "text": "for tea", "conversation": TEA},
            {"record": "input", "kind": "k", "text": "for sea", "conversation": SEA},
            {"record": "input", "kind": "k", "text": "for all"},
            {"record": "issue", "reason": "odd", "conversation": SEA},
        ],
        only=["Tea"],
    )
    assert desk.texts() == ["one"]
    inputs = desk.rows("SELECT text FROM persona_input ORDER BY id")
    assert inputs == [("for tea",), ("for all",)]
    assert report.ignored == {"conversation not chosen": 3}
    assert report.n_issues == 0
    assert [one.native_id for one in report.conversations] == ["tea"]


def test_regenerated_answers_are_counted_and_said(desk: Desk) -> None:
    """Hidden answers of the companion count; hidden questions and notes do not."""
    report = desk.bring(
        [
            in_(TEA, "first", shown=False, flags=["regenerated"]),
            in_(TEA, "second", 1, flags=["regenerated"]),
            in_(TEA, "asked", 2, shown=False, flags=["branch"], role="user"),
            in_(TEA, "thinking", 3, shown=False, role="system"),
        ]
    )
    assert (report.n_regenerated, report.n_hidden) == (1, 3)
    assert report.flags == {"regenerated": 2, "branch": 1}
    assert len(said_of(report, "1 reply was replaced by another answer")) == 1


def test_a_promised_file_that_is_absent_is_said(desk: Desk) -> None:
    """By name, as an issue and in a sentence."""
    absent = [{"record": "issue", "reason": ABSENT_FILE} for _ in range(2)]
    report = desk.bring([in_(TEA, "one"), *absent])
    assert report.missing_files == ("export1.jsonl line 2", "export1.jsonl line 3")
    (sentence,) = said_of(report, "promises 2 files that are not here")
    assert "export1.jsonl line 3" in sentence


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("signature", "authentic", "signature on this export is valid"),
        ("signature", "altered", "does not fit this export"),
        ("signature", "cannot_tell", "could not tell whether"),
        ("truncated_by_vendor", "the oldest messages", "thing: the oldest messages."),
    ],
)
def test_facts_about_a_source_have_a_sentence(
    desk: Desk, name: str, value: str, words: str
) -> None:
    """Each once, whatever the number of files that say it; unknown facts have none."""
    fact = {"record": "fact", "name": name, "value": value}
    other = {"record": "fact", "name": "colour", "value": "green"}
    report = desk.bring([fact, fact, other, in_(TEA, "one")])
    assert len(said_of(report, words)) == 1
    assert len(report.facts) == 3
    assert report.n_read == 1


def test_demoted_and_joined_messages_are_said(desk: Desk) -> None:
    """Times that a tool wrote, and messages that may be several."""
    report = desk.bring(
        [
            {"text": "a", "flags": ["time_demoted"]},
            {"text": "b", "flags": ["time_demoted", "joined_possible"]},
        ]
    )
    assert len(said_of(report, "times of 2 messages look as if a tool")) == 1
    assert len(said_of(report, "1 message may be several")) == 1


def test_every_fact_that_an_importer_tells_has_a_sentence() -> None:
    """Whatever name a built-in importer gives a fact, the ledger can say it."""
    folder = Path(persona_vault.importers.__file__).parent
    named = {
        name
        for path in folder.rglob("*.py")
        for name in re.findall(
            r'SourceFact\(\s*"(\w+)"', path.read_text(encoding="utf-8")
        )
    }

    assert len(named) > 5
    assert named <= set(_FACTS)
