"""JanitorAI: order by time, answers that were tried, names that may be missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.formats.generic.named_text import NamedText
from persona_vault.importers.formats.janitor import Janitor
from persona_vault.model import ReadOptions, Role
from tests.importers.exports import (
    facts,
    inputs,
    issues,
    knows,
    messages,
    read,
    reasons,
)

JANITOR = Janitor()
GOLDEN = Path(__file__).parent / "golden" / "janitor"


def said(
    number: int, *, is_bot: bool, text: str = "Hm.", **fields: Any
) -> dict[str, Any]:
    """A message, one minute after the one of the number before it."""
    at = f"2025-03-01T15:{number:02d}:00.000000+00:00"
    return {
        "id": number,
        "created_at": at,
        "is_bot": is_bot,
        "message": text,
        **fields,
    }


def chat(tmp_path: Path, *records: Any, **fields: Any) -> Path:
    """A saved chat with these messages."""
    path = tmp_path / "A Chat with Kara.json"
    content = {"character": {"name": "Kara"}, "chatMessages": records, **fields}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_answers_behind_the_last_question_are_tries(tmp_path: Path) -> None:
    """One answer is shown, the others are kept; the ledger hears of the doubt."""
    records = read(
        JANITOR,
        chat(
            tmp_path,
            said(4, is_bot=True),
            said(3, is_bot=True),
            said(2, is_bot=False),
            said(1, is_bot=True),
        ),
    )

    found = [(m.native_id, m.shown, m.flags) for m in messages(records)]
    assert found == [
        ("1", True, ()),
        ("2", True, ()),
        ("3", True, ()),
        ("4", False, ("regenerated",)),
    ]
    assert facts(records) == ["answers"]


def test_one_answer_is_no_doubt(tmp_path: Path) -> None:
    """A talk that ends with a single answer is plain."""
    records = read(JANITOR, chat(tmp_path, said(1, is_bot=False), said(2, is_bot=True)))

    assert [m.shown for m in messages(records)] == [True, True]
    assert facts(records) == []


def test_a_greeting_in_parts_is_not_a_try(tmp_path: Path) -> None:
    """Where the user has not spoken, nothing was answered again."""
    path = chat(tmp_path, said(1, is_bot=True), said(2, is_bot=True))

    assert [m.shown for m in messages(read(JANITOR, path))] == [True, True]


def test_without_every_time_the_file_order_counts(tmp_path: Path) -> None:
    """One time alone is no order."""
    path = chat(
        tmp_path,
        said(9, is_bot=True),
        said(3, is_bot=False, created_at=None),
        said(1, is_bot=True),
    )

    assert [m.native_id for m in messages(read(JANITOR, path))] == ["9", "3", "1"]


@pytest.mark.parametrize(
    ("fields", "speaker"),
    [
        ({"persona_name": {}, "username": "tam"}, "tam"),
        ({"persona_name": "Tamsin", "username": "tam"}, "Tamsin"),
        ({"persona_name": {}}, "user"),
    ],
)
def test_the_users_name_may_be_missing(
    tmp_path: Path, fields: dict[str, Any], speaker: str
) -> None:
    """The empty object of the extension's fault is no name."""
    path = chat(tmp_path, said(1, is_bot=False), **fields)

    assert [m.speaker for m in messages(read(JANITOR, path))] == [speaker]


def test_bad_messages_are_issues(tmp_path: Path) -> None:
    """A message without its mark, a torn one and an empty one stop nothing."""
    path = chat(
        tmp_path,
        said(1, is_bot=True),
        {"message": "?"},
        7,
        said(2, is_bot=True, text=""),
    )

    records = read(JANITOR, path)

    assert len(messages(records)) == 1
    assert issues(records) == ["no speaker", "not a record"]
    assert reasons(records) == ["no speaker", "not a record", "empty text"]


def test_placeholders_are_flagged() -> None:
    """Where the user's name was left out of the words, that is said."""
    found = messages(read(JANITOR, GOLDEN / "A Chat with Kara of the Orchard.json"))

    assert [m.text for m in found if "placeholder" in m.flags] == [
        *("*Kara waves from a ladder.* Hello, {{user}}.", "Any you like, {{User}}.")
    ]


def test_what_shapes_the_character_is_kept_apart() -> None:
    """The greeting that the author wrote is an input beside the talk."""
    records = read(JANITOR, GOLDEN / "A Chat with Kara of the Orchard.json")

    assert [(i.kind, i.title) for i in inputs(records)] == [
        ("greeting", "Kara of the Orchard")
    ]


def test_a_long_character_hides_no_chat(tmp_path: Path) -> None:
    """Messages that begin behind the first 64 KiB, or are cut by it, are found."""
    long = said(1, is_bot=True, text="word " * 20_000)
    path = chat(tmp_path, long)

    assert len(messages(read(JANITOR, path))) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"chatMessages": [{"role": "user"}]}',
        '{"chatMessages": []}',
        '{"character": {}, "messages": [{"is_bot": true}]}',
    ],
)
def test_what_only_looks_alike_is_not_claimed(tmp_path: Path, text: str) -> None:
    """The same key with other messages in it belongs to somebody else."""
    path = tmp_path / "chat.json"
    path.write_text(text, encoding="utf-8")

    assert not knows(JANITOR, path)


@pytest.mark.parametrize(
    "text",
    [
        "Kara:\nHello, Tam.\nMind the bees.\n\nTam:\nGood day.\n\n"
        "Kara:\nYes.\n\nTam:\nOh.",
        "#### Kara\nHello, Tam.\nMind the bees.\n\n#### Tam\nGood day.\n",
    ],
    ids=["txt", "md"],
)
def test_its_texts_go_through_the_text_reader(tmp_path: Path, text: str) -> None:
    """The plain forms need the two names and nothing else."""
    path = tmp_path / "A Chat with Kara.txt"
    path.write_text(text, encoding="utf-8")

    found = messages(read(NamedText(), path, ReadOptions(me=("Tam",), them=("Kara",))))

    assert [m.role for m in found][:2] == [Role.PERSONA, Role.USER]
    assert found[0].text == "Hello, Tam.\nMind the bees."
