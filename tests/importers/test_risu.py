"""RisuAI's chats."""

import json
from pathlib import Path
from typing import Any

from persona_vault.importers.formats.risu import Risu
from persona_vault.importers.source import Source
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

NO_OPTIONS = ReadOptions()


def read(tmp_path: Path, *messages: Any, **chat: Any) -> list[Record]:
    """Every record of an export of one chat."""
    path = tmp_path / "a.json"
    data = {"id": "c", "name": "Talk", "message": list(messages), **chat}
    document = {"type": "risuChat", "ver": 2, "data": data}
    path.write_text(json.dumps(document), encoding="utf-8")
    with Source.open(path) as source:
        assert Risu().identify(source, NO_OPTIONS)
        return list(Risu().read(source, NO_OPTIONS))


def test_sides_times_and_models(tmp_path: Path) -> None:
    """Times are milliseconds; only what the character says names the model."""
    info = {"generationInfo": {"model": "north"}, "time": 1750000000000}
    found = read(
        tmp_path,
        {"role": "user", "data": "Hi.", **info},
        {"role": "char", "data": "Hello.", **info},
        {"role": "char", "data": "Well?"},
    )

    assert [m.role for m in found] == [Role.USER, Role.PERSONA, Role.PERSONA]  # type: ignore[union-attr]
    assert [len(m.models) for m in found] == [0, 1, 0]  # type: ignore[union-attr]
    assert [m.time_quality for m in found] == [  # type: ignore[union-attr]
        TimeQuality.EXACT,
        TimeQuality.EXACT,
        TimeQuality.NONE,
    ]


def test_an_id_that_comes_twice_is_used_once(tmp_path: Path) -> None:
    """Copied messages keep their id; two messages may not share one."""
    same = {"role": "char", "data": "Hello.", "chatId": "m"}

    assert [m.native_id for m in read(tmp_path, same, same)] == ["m", None]  # type: ignore[union-attr]


def test_swipes_follow_the_shown_text(tmp_path: Path) -> None:
    """The other versions are kept, without the time and model of the shown one."""
    message = {"role": "char", "data": "B", "swipes": ["A", "B", ""], "swipeId": 0}
    found = read(tmp_path, {**message, "time": 1750000000000})

    assert [(m.text, m.shown) for m in found if isinstance(m, Message)] == [
        ("B", True),
        ("A", False),
    ]
    assert found[1].time_quality is TimeQuality.NONE  # type: ignore[union-attr]


def test_notes_and_others_are_not_the_talk_of_two(tmp_path: Path) -> None:
    """Comments and other people's words are system messages."""
    found = read(
        tmp_path,
        {"role": "user", "data": "(note)", "isComment": True},
        {"role": "user", "data": "I too.", "otherUser": True, "name": "Robin"},
    )

    assert [(m.role, m.kind) for m in found] == [  # type: ignore[union-attr]
        (Role.SYSTEM, "comment"),
        (Role.SYSTEM, "other_user"),
    ]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Words put away by the app, unknown sides and blank texts are all counted."""
    found = read(
        tmp_path,
        {"role": "char", "data": "\uef01COLDSTORAGE\uef01key"},
        {"role": "robot", "data": "?"},
        {"role": "char", "data": 5},
        "x",
        {"role": "char", "data": " "},
    )

    assert [type(r) for r in found] == [ImportIssue] * 4 + [Ignored]
    assert not isinstance(found[0], Message)


def test_note_and_lorebook_belong_to_their_chat(tmp_path: Path) -> None:
    """What a chat says of the companion carries its conversation."""
    lore = [{"key": "pier", "content": "Closed.", "comment": ""}, {"content": ""}]
    found = read(
        tmp_path, {"role": "user", "data": "Hi."}, note="Calm.", localLore=lore
    )

    inputs = [r for r in found if isinstance(r, PersonaInput)]
    assert [(i.kind, i.title, i.text) for i in inputs] == [
        ("author_note", "", "Calm."),
        ("lorebook_entry", "pier", "Closed."),
    ]
    assert {i.conversation.native_id for i in inputs if i.conversation} == {"c"}
