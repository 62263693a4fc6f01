"""Rules of the neutral formats (DTI, ConvoKit) that the golden exports cannot show."""

import json
from pathlib import Path
from typing import Any

from persona_vault.importers.formats.convokit import ConvoKit
from persona_vault.importers.formats.dti import Dti
from persona_vault.model import ImportIssue, Message, ReadOptions, Role
from tests.importers.flat import chosen, knows, messages, read, said, write_json


def export(*sent: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """An export of the Data Transfer Initiative's draft."""
    listed = [
        {"sentAt": f"2025-01-01T00:00:{n:02d}Z", "sender": who, "text": text}
        for n, (who, text) in enumerate(sent)
    ]
    identifiers = [{"name": "Ros", "type": "EMAIL", "identifier": "ros@example.org"}]
    return {"identifiers": identifiers, "messages": listed, **fields}


def corpus(folder: Path, *utterances: dict[str, Any], **speakers: Any) -> Path:
    """A corpus folder of these utterances."""
    folder.mkdir()
    lines = "".join(json.dumps(each) + "\n" for each in utterances)
    (folder / "utterances.jsonl").write_text(lines, encoding="utf-8")
    write_json(folder / "speakers.json", speakers)
    return folder


def utterance(number: int, speaker: str, **fields: Any) -> dict[str, Any]:
    """One utterance of the conversation c."""
    return {
        "id": f"u{number}",
        "conversation_id": "c",
        "speaker": speaker,
        "text": f"text {number}",
        "timestamp": 1718000000 + number,
        **fields,
    }


def test_user_is_who_the_file_lists(tmp_path: Path) -> None:
    """Name and identifier both stand for the user; a stranger is never guessed."""
    sent = [("Ros", "a"), ("ros@example.org", "b"), ("AI", "c"), ("Max", "d")]

    records = read(Dti(), write_json(tmp_path / "d.json", export(*sent)))

    assert said(records) == [("u", "a"), ("u", "b"), ("p", "c")]
    assert [each.reason for each in records if isinstance(each, ImportIssue)] == [
        "unknown speaker"
    ]


def test_names_given_by_the_user_count(tmp_path: Path) -> None:
    """A sender that the file does not list can be named."""
    path = write_json(tmp_path / "d.json", export(("Max", "d"), ("Juno", "e")))

    records = read(Dti(), path, ReadOptions(me=("Max",), them=("Juno",)))

    assert said(records) == [("u", "d"), ("p", "e")]


def test_pi_keeps_its_own_reader(tmp_path: Path) -> None:
    """A takeout holds the same words one level deeper, and is Pi's."""
    takeout = {"user_data": {**export(("AI", "x")), "details": {"createdBy": "Pi"}}}

    assert not knows(Dti(), write_json(tmp_path / "p.json", takeout))


def test_sides_are_told_by_meta_or_name(tmp_path: Path) -> None:
    """Role of the utterance, role of its speaker, or a name that the user gives."""
    folder = corpus(
        tmp_path / "corpus",
        utterance(1, "p1"),
        utterance(2, "m1"),
        utterance(3, "x", meta={"role": "assistant"}),
        utterance(4, "Ada"),
        utterance(5, "nobody"),
        p1={"meta": {"role": "user"}},
        m1={"type": "bot"},
    )

    records = read(ConvoKit(), folder, ReadOptions(them=("Ada",)))

    roles = [each.role for each in messages(records)]
    assert roles == [Role.USER, Role.PERSONA, Role.PERSONA, Role.PERSONA]
    assert sum(isinstance(each, ImportIssue) for each in records) == 1


def test_utterances_alone_are_a_plain_table(tmp_path: Path) -> None:
    """The file without its folder has common columns: the tables' reader knows it."""
    path = tmp_path / "utterances.jsonl"
    path.write_text(json.dumps(utterance(1, "user")) + "\n", encoding="utf-8")

    assert not knows(ConvoKit(), path)
    assert chosen(path) == "jsonl"


def test_bad_lines_and_values_are_told(tmp_path: Path) -> None:
    """Nothing that is there is passed over in silence, and nothing crashes."""
    folder = corpus(
        tmp_path / "corpus",
        utterance(1, "user", timestamp={"$date": 1}, reply_to=["u0"]),
        utterance(2, "user", text=None),
        utterance(3, "user", id=None, conversation_id=None),
    )
    with (folder / "utterances.jsonl").open("a", encoding="utf-8") as file:
        file.write("{oops\n7\n")

    records = [
        each for each in read(ConvoKit(), folder) if each.where.startswith("utterances")
    ]

    assert [type(each).__name__ for each in records] == [
        *("Message", "Ignored", "Message", "ImportIssue", "ImportIssue")
    ]
    first, last = (each for each in records if isinstance(each, Message))
    assert first.flags == ("time_unread",)
    assert last.conversation.native_id == "main"
