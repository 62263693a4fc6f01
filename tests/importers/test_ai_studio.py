"""Rules of AI Studio's prompt files that the golden exports cannot show."""

from pathlib import Path
from typing import Any

from persona_vault.importers.formats.ai_studio import AiStudio
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    Ignored,
    ImportIssue,
    PersonaInput,
    Role,
    TimeQuality,
)
from tests.importers.flat import knows, messages, read, said, write_json


def prompt(*chunks: Any, **fields: Any) -> dict[str, Any]:
    """A prompt file of these chunks."""
    return {
        "runSettings": {"model": "models/gemini-3-pro-preview"},
        "chunkedPrompt": {"chunks": list(chunks)},
        **fields,
    }


def test_settings_model_is_a_default_of_the_conversation(tmp_path: Path) -> None:
    """The last chosen model is never told of a single answer."""
    path = write_json(tmp_path / "p.json", prompt({"role": "model", "text": "Hi"}))

    (message,) = messages(read(AiStudio(), path))

    (claim,) = message.conversation.models
    assert message.models == ()
    assert (claim.source, claim.part) == (ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
    assert message.time_quality is TimeQuality.NONE


def test_thoughts_are_hidden_whichever_sign_marks_them(tmp_path: Path) -> None:
    """A chunk that is all thought is never counted as a reply."""
    thought = {"role": "model", "parts": [{"text": "Hm", "thought": True}]}
    marked = {"role": "model", "text": "Hm", "isThought": True}
    path = write_json(tmp_path / "p.json", prompt(thought, marked))

    found = messages(read(AiStudio(), path))

    assert [(each.role, each.shown, each.kind) for each in found] == [
        (Role.SYSTEM, False, "reasoning")
    ] * 2


def test_long_instruction_does_not_hide_the_format(tmp_path: Path) -> None:
    """An instruction that fills what is looked at leaves the file known."""
    settings = {
        "runSettings": {"model": "m"},
        "systemInstruction": {"text": "x" * 99999},
    }
    path = write_json(
        tmp_path / "p", {**settings, **prompt({"role": "user", "text": "Q"})}
    )

    records = read(AiStudio(), path)

    assert len([each for each in records if isinstance(each, PersonaInput)]) == 1
    assert said(records) == [("u", "Q")]


def test_file_name_stands_for_the_conversation(tmp_path: Path) -> None:
    """Two prompt files of a folder are two conversations."""
    for name in ("Lamp", "Ferry.json"):
        write_json(tmp_path / name, prompt({"role": "user", "text": name}))

    records = messages(read(AiStudio(), tmp_path))

    assert [each.conversation.native_id for each in records] == ["Ferry", "Lamp"]


def test_bad_records_are_told_one_by_one(tmp_path: Path) -> None:
    """Nothing that is there is passed over in silence."""
    path = write_json(tmp_path / "p.json", prompt(7, {"text": "?"}, {"role": "model"}))
    shapeless = write_json(tmp_path / "q.json", {**prompt(), "chunkedPrompt": {}})

    assert [type(each) for each in read(AiStudio(), path)] == [
        ImportIssue,
        ImportIssue,
        Ignored,
    ]
    assert [type(each) for each in read(AiStudio(), shapeless)] == [ImportIssue]


def test_other_objects_with_settings_are_left_alone(tmp_path: Path) -> None:
    """Run settings alone are no talk."""
    assert not knows(AiStudio(), write_json(tmp_path / "a.json", {"runSettings": {}}))
