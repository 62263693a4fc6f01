"""Small formats that share one table."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.small_formats.importer import (
    Agnai,
    CaiSaves,
    ChatbotUi,
    KoboldAi,
)
from persona_vault.importers.source import Source
from persona_vault.model import (
    ClaimPart,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

NO_OPTIONS = ReadOptions()
Reader = Agnai | CaiSaves | ChatbotUi | KoboldAi


def read(
    reader: Reader, path: Path, value: Any, options: ReadOptions = NO_OPTIONS
) -> list[Record]:
    """Every record of a file that the reader must know."""
    text = value if isinstance(value, str) else json.dumps(value)
    path.write_text(text, encoding="utf-8")
    with Source.open(path) as source:
        assert reader.identify(source, options)
        return list(reader.read(source, options))


def sides(records: list[Record]) -> list[tuple[str, str]]:
    """(role, text) of the messages."""
    return [(r.role.value, r.text) for r in records if isinstance(r, Message)]


def story(mode: int, *actions: str, **more: Any) -> dict[str, Any]:
    """A saved story of KoboldAI Lite."""
    settings = {"opmode": mode, "chatname": "Sam", "chatopponent": "Odile||$||Marlow"}
    return {
        "gamestarted": True,
        "prompt": "",
        "memory": "",
        "actions": list(actions),
        "savedsettings": {**settings, **more},
    }


def test_agnai_sides_by_their_ids(tmp_path: Path) -> None:
    """A userId is the user, a characterId a companion; a bare handle is not guessed."""
    messages = [
        {"handle": "Odile", "characterId": "c", "msg": "Sit."},
        {"handle": "Sam", "userId": "u", "msg": "Gladly."},
        {"handle": "Cat", "msg": "Mrr."},
    ]
    found = read(Agnai(), tmp_path / "a.json", {"messages": messages})

    assert sides(found) == [("persona", "Sit."), ("user", "Gladly.")]
    assert isinstance(found[2], ImportIssue)
    chosen = ReadOptions(them=("odile",), me=("cat",))
    found = read(Agnai(), tmp_path / "a.json", {"messages": messages}, chosen)
    assert [role for role, _text in sides(found)] == ["persona", "user", "user"]


def test_kobold_names_open_lines_only(tmp_path: Path) -> None:
    """A name inside a line opens no turn; text before the first name is the scene."""
    value = story(3, "\nSam: I told Odile: wait.", "\nMarlow: Me?\nTwo lines.")
    value["prompt"] = "Dusk.\nOdile: You came."

    found = read(KoboldAi(), tmp_path / "a.json", value)

    assert sides(found) == [
        ("persona", "You came."),
        ("user", "I told Odile: wait."),
        ("persona", "Me?\nTwo lines."),
    ]
    assert [r.text for r in found if isinstance(r, PersonaInput)] == ["Dusk."]
    only = read(KoboldAi(), tmp_path / "a.json", value, ReadOptions(them=("Odile",)))
    assert [role for role, _text in sides(only)] == ["persona", "user", "system"]


def test_kobold_tags_open_turns_anywhere(tmp_path: Path) -> None:
    """Instruct mode cuts by its tags, the chosen ones and the placeholders alike."""
    value = story(
        4,
        "\n### Instruction:\nTide?\n### Response:\nNearly.",
        "{{[INPUT]}}Thanks.{{[INPUT_END]}}{{[OUTPUT]}}Welcome.{{[OUTPUT_END]}}",
        instruct_starttag="\\n### Instruction:\\n",
        instruct_endtag="\\n### Response:\\n",
    )

    assert sides(read(KoboldAi(), tmp_path / "a.json", value)) == [
        ("user", "Tide?"),
        ("persona", "Nearly."),
        ("user", "Thanks."),
        ("persona", "Welcome."),
    ]


def test_a_plain_story_is_no_talk(tmp_path: Path) -> None:
    """Without names or tags nobody is known to speak, and that is said."""
    found = read(KoboldAi(), tmp_path / "a.json", story(1, "Once upon a time."))

    assert [r.reason for r in found if isinstance(r, ImportIssue)] == [
        "a text in which no speaker is known"
    ]


def test_chatbot_ui_model_is_a_default(tmp_path: Path) -> None:
    """One model for the whole conversation is never claimed for a message."""
    chat = {
        "id": 1,
        "name": "Soup",
        "messages": [{"role": "user", "content": "Salt?"}],
        "model": {"id": "small-1"},
        "prompt": "A cook.",
    }
    value = {"version": 4, "history": [chat, 5], "folders": [], "prompts": []}
    found = read(ChatbotUi(), tmp_path / "a.json", value)

    (message,) = [r for r in found if isinstance(r, Message)]
    assert message.models == ()
    assert [c.part for c in message.conversation.models] == [ClaimPart.DEFAULT]
    assert isinstance(found[-1], ImportIssue)


def test_numbered_pairs(tmp_path: Path) -> None:
    """0 is the user, 1 the character, higher numbers masks of the user."""
    value = {
        "user": {"name": "Sam"},
        "character": {"name": "Kara", "greeting": "Hi."},
        "personas": [{"name": "Robin"}],
        "messages": [[1, "Hi."], [0, "Hello."], [2, "We."], [True, "?"], [-1, "?"], []],
    }
    found = read(CaiSaves(), tmp_path / "a.json", value)

    assert [(m.role, m.speaker) for m in found if isinstance(m, Message)] == [
        (Role.PERSONA, "Kara"),
        (Role.USER, "Sam"),
        (Role.USER, "Robin"),
    ]
    assert len([r for r in found if isinstance(r, ImportIssue)]) == 3
    assert "greeting" in next(m.flags for m in found if isinstance(m, Message))


def test_pairs_told_twice_are_read_once(tmp_path: Path) -> None:
    """CAI Tools writes its pairs under four names; neighbours may be joined."""
    pairs = [["Tide?", "Nearly."]]
    keys = ("internal", "visible", "data", "data_visible")
    found = read(CaiSaves(), tmp_path / "a.json", dict.fromkeys(keys, pairs))

    assert sides(found) == [("user", "Tide?"), ("persona", "Nearly.")]
    for message in found:
        assert isinstance(message, Message)
        assert message.flags == ("joined_possible",)
        assert message.time_quality is TimeQuality.NONE


def test_author_lines_need_name_and_content(tmp_path: Path) -> None:
    """The file's name gives the character; the user's name must be given or marked."""
    text = "Kara: Hi.\nTwo lines: here.\nSam: Hello.\n"
    path = tmp_path / "Kara 3-4-2025 9.5.txt"

    with pytest.raises(InputRejectedError, match="stand for you"):
        read(CaiSaves(), path, text)
    found = read(CaiSaves(), path, text, ReadOptions(me=("Sam",)))
    assert sides(found) == [("persona", "Hi.\nTwo lines: here."), ("user", "Hello.")]
    other = tmp_path / "Mira 3-4-2025 9.5.txt"
    other.write_text(text, encoding="utf-8")
    with Source.open(other) as source:
        assert not CaiSaves().identify(source, NO_OPTIONS)


def test_a_talk_keeps_its_name_over_downloads(tmp_path: Path) -> None:
    """The day in a file's name changes with each download, the conversation not."""
    text = "{{char}}: Hi.\n{{user}}: Hello.\n"
    ids = set()
    for day in ("3-4-2025 9.5", "5-4-2025 10.12"):
        found = read(CaiSaves(), tmp_path / f"Kara {day}.txt", text)
        ids |= {m.conversation.native_id for m in found if isinstance(m, Message)}
        text += "{{char}}: More.\n"

    assert len(ids) == 1
