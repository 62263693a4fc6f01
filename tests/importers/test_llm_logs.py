"""Rules of `logs.db` that the golden exports cannot show."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from persona_vault.importers.formats.llm_logs.importer import LlmLogs
from persona_vault.importers.source import Source
from persona_vault.model import ClaimPart, Ignored, Message, Role
from tests.importers.flat import NO_OPTIONS, messages, read

GOLDEN = Path(__file__).parent / "golden" / "llm_logs"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A copy of the file with both sets of tables."""
    path = tmp_path / "logs.db"
    shutil.copyfile(GOLDEN / "logs.db", path)
    return path


def change(path: Path, script: str) -> None:
    """Run a script on a file."""
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def test_no_words_are_read_twice(logs: Path) -> None:
    """Rows in both sets of tables, and copies for a later call, give one message."""
    found = messages(read(LlmLogs(), logs))

    keys = [(each.conversation.native_id, each.native_id) for each in found]
    spoken = [each.text for each in found if each.text and each.role is not Role.SYSTEM]
    assert len(set(keys)) == len(keys)
    assert len(set(spoken)) == len(spoken)


def test_resolved_name_answered_and_the_other_was_asked(logs: Path) -> None:
    """The dated name is the model that answered; without one the plain name is."""
    found = {each.native_id: each for each in messages(read(LlmLogs(), logs))}

    def claims(native_id: str) -> list[tuple[str, ClaimPart]]:
        return [(claim.value, claim.part) for claim in found[native_id].models]

    assert claims("r1/response") == [
        ("gpt-4o-2024-08-06", ClaimPart.ANSWERED),
        ("gpt-4o", ClaimPart.REQUESTED),
    ]
    assert claims("t3/response") == [("local/owl", ClaimPart.ANSWERED)]
    assert claims("r1/prompt") == []


def test_second_answer_to_one_prompt_is_a_branch(logs: Path) -> None:
    """Of two calls on one message the thread's own tip is shown."""
    found = {each.native_id: each for each in messages(read(LlmLogs(), logs))}

    assert found["t3/response"].shown
    assert not found["t2/response"].shown
    assert found["t2/response"].flags == ("branch",)


def test_fork_brings_only_its_own_messages(logs: Path) -> None:
    """What a fork shares with its origin stays in the origin's conversation."""
    fork = [
        each.text
        for each in messages(read(LlmLogs(), logs))
        if each.conversation.native_id == "f1"
    ]

    assert fork == ["Who could tell?", "The parish."]


def test_cycles_and_lost_messages_do_no_harm(logs: Path) -> None:
    """Parents that lead in a circle, or to nowhere, cost nothing but their order."""
    before = len(read(LlmLogs(), logs))
    change(logs, "UPDATE messages SET parent_hash = 'p3' WHERE hash = 'p1'")
    change(logs, "UPDATE messages SET parent_hash = 'gone' WHERE hash = 'm1'")

    records = read(LlmLogs(), logs)

    texts = [each.text for each in records if isinstance(each, Message)]
    assert "Good night. The lamp is lit." in texts
    assert "Is it listed?" in texts
    # The two copies of older rows no longer hang on any thread.
    assert len(records) == before - 2


def test_odd_values_are_no_crash(logs: Path) -> None:
    """SQLite lets any value stand in any column."""
    change(
        logs,
        "UPDATE parts SET position = 'first', payload = '{' WHERE id IN (3, 6);"
        "UPDATE responses SET datetime_utc = X'00ff', prompt = 7 WHERE id = 'r1';"
        "UPDATE turns SET datetime_utc = 1e300, model = NULL WHERE id = 't4';"
        "UPDATE messages SET role = 4 WHERE hash = 'n1'",
    )

    records = read(LlmLogs(), logs)

    assert len(records) > 10


def test_first_generation_reads_utc_without_a_zone() -> None:
    """The column is named for UTC, so that its times are exact."""
    first = messages(read(LlmLogs(), GOLDEN / "logs_2023.db"))[0]

    assert str(first.sent_at) == "2023-07-12T13:50:16.123456+00:00".replace("T", " ")


def test_empty_response_is_told(tmp_path: Path) -> None:
    """A call that failed leaves its prompt and a record that says so."""
    records = read(LlmLogs(), GOLDEN / "logs_2023.db")

    assert [each.reason for each in records if isinstance(each, Ignored)] == [
        "empty text"
    ]


def test_other_databases_are_left_alone(tmp_path: Path) -> None:
    """A SQLite file with other tables is another program's."""
    path = tmp_path / "places.db"
    change(path, "CREATE TABLE responses (id, survey)")

    with Source.open(path) as source:
        assert not LlmLogs().identify(source, NO_OPTIONS)
