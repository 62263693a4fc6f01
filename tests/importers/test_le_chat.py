"""Rules of Le Chat's files that the golden exports cannot show."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.importers.formats.le_chat import LeChat
from persona_vault.model import Ignored, ImportIssue, Message
from tests.importers.flat import knows, messages, read, said, write_json


def message(number: int, role: str = "user", **fields: Any) -> dict[str, Any]:
    """A message of the minute of its number."""
    return {
        "id": f"m{number}",
        "version": 0,
        "chatId": "c1",
        "content": f"text {number}",
        "contentChunks": None,
        "role": role,
        "createdAt": f"2025-09-19T16:{number:02d}:00.000Z",
        "files": [],
        **fields,
    }


@given(st.permutations(range(8)))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_is_that_of_time_whatever_the_file_has(
    tmp_path: Path, order: list[int]
) -> None:
    """Real files are in no order; every permutation reads alike."""
    path = write_json(tmp_path / "chat-1.json", [message(n) for n in order])

    texts = [each.text for each in messages(read(LeChat(), path))]

    assert texts == [f"text {number}" for number in range(8)]


def test_question_comes_before_the_answer_of_its_instant(tmp_path: Path) -> None:
    """Where two stamps are equal, the user spoke first."""
    pair = [message(1, "assistant"), message(1, id="m0", content="Q")]

    records = read(LeChat(), write_json(tmp_path / "chat-1.json", pair))

    assert said(records) == [("u", "Q"), ("p", "text 1")]


def test_calls_to_tools_are_no_words(tmp_path: Path) -> None:
    """Chunks give the text only where the content is empty, and never a tool's."""
    chunks = [
        {"type": "text", "text": "So "},
        {"type": "tool_call", "name": "web_search", "publicArguments": "x"},
        {"type": "text", "text": "it is."},
    ]
    values = [
        message(1, "assistant", content="", contentChunks=chunks),
        message(2, "assistant", contentChunks=chunks),
        message(3, "tool"),
    ]

    records = read(LeChat(), write_json(tmp_path / "chat-1.json", values))

    assert said(records) == [("p", "So it is."), ("p", "text 2")]
    assert messages(records)[2].kind == "tool"


def test_long_first_message_does_not_hide_the_format(tmp_path: Path) -> None:
    """A file is known although its first message fills what is looked at."""
    values = [message(1, content="long " * 20_000), message(2, "assistant")]

    assert knows(LeChat(), write_json(tmp_path / "chat-1.json", values))


def test_bad_records_are_told_one_by_one(tmp_path: Path) -> None:
    """Nothing that is there is passed over in silence."""
    values = [message(1), 7, message(2, ""), message(3, content=""), message(4, "owl")]

    records = read(LeChat(), write_json(tmp_path / "chat-1.json", values))

    kinds = [type(each) for each in records]
    assert sorted(kinds, key=str) == sorted(
        [Message, ImportIssue, ImportIssue, Ignored, ImportIssue], key=str
    )
