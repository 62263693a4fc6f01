"""Rules of data-set shapes that the golden exports cannot show."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.formats.datasets import OpenAiMessages, ShareGpt
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    ImportIssue,
    PersonaInput,
    Role,
)
from tests.importers.flat import chosen, knows, messages, read, said, write_json


def share(*turns: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """A conversation as ShareGPT has it."""
    listed = [{"from": who, "value": text} for who, text in turns]
    return {"conversations": listed, **fields}


def openai(*turns: tuple[str, Any], **fields: Any) -> dict[str, Any]:
    """A conversation as OpenAI has it."""
    listed = [{"role": who, "content": text} for who, text in turns]
    return {"messages": listed, **fields}


@pytest.mark.parametrize("form", ["object", "list", "lines"])
def test_all_three_forms_read_alike(tmp_path: Path, form: str) -> None:
    """One object, a list and JSON Lines hold the same conversations."""
    talk = openai(("user", "Q"), ("assistant", "A"), id="t1")
    texts = {
        "object": json.dumps(talk, indent=2),
        "list": json.dumps([talk]),
        "lines": json.dumps(talk) + "\n" + json.dumps(talk | {"id": "t2"}) + "\n",
    }
    path = tmp_path / "set.json"
    path.write_text(texts[form], encoding="utf-8")

    assert chosen(path) == "openai_messages"
    assert said(read(OpenAiMessages(), path))[:2] == [("u", "Q"), ("p", "A")]


@pytest.mark.parametrize("word", ["gpt", "chatgpt", "assistant", "Bing", "model"])
def test_words_for_the_assistant(tmp_path: Path, word: str) -> None:
    """The names that data sets give the answering side are one role."""
    path = write_json(tmp_path / "s.json", [share(("human", "Q"), (word, "A"))])

    assert said(read(ShareGpt(), path)) == [("u", "Q"), ("p", "A")]


def test_long_first_conversation_does_not_hide_the_format(tmp_path: Path) -> None:
    """A file is known although its first conversation fills what is looked at."""
    long = "word " * 20_000
    one = write_json(tmp_path / "s.json", [share(("human", long), ("gpt", "A"))])
    two = write_json(tmp_path / "o.json", [openai(("user", long), ("assistant", "A"))])

    assert (chosen(one), chosen(two)) == ("sharegpt", "openai_messages")


def test_conversations_without_id_are_not_joined(tmp_path: Path) -> None:
    """Where ids are missing the place in the file keeps talks apart."""
    path = write_json(
        tmp_path / "s.json", [share(("human", "a")), share(("human", "b"))]
    )

    first, second = messages(read(ShareGpt(), path))

    assert first.conversation.native_id != second.conversation.native_id


def test_model_names_are_claims_of_their_level(tmp_path: Path) -> None:
    """A model of the conversation is a default, one of an answer has answered."""
    turns = [
        {"role": "user", "content": "Q", "model": "a"},
        {"role": "assistant", "content": "A", "model": "b"},
    ]
    path = write_json(tmp_path / "o.json", {"messages": turns, "model": "c"})

    question, answer = messages(read(OpenAiMessages(), path))

    assert question.models == ()
    assert [claim.value for claim in answer.models] == ["b"]
    (default,) = answer.conversation.models
    assert (default.value, default.part) == ("c", ClaimPart.DEFAULT)
    assert default.source is ClaimSource.CONVERSATION


def test_system_turn_is_a_persona_input(tmp_path: Path) -> None:
    """What the assistant was told to be is no turn of the talk."""
    path = write_json(tmp_path / "o.json", openai(("system", "Be Ada."), ("user", "Q")))

    first, second = read(OpenAiMessages(), path)

    assert isinstance(first, PersonaInput)
    assert first.text == "Be Ada."
    assert said([second]) == [("u", "Q")]


def test_a_picture_inside_the_text_is_not_kept_as_its_name(tmp_path: Path) -> None:
    """A picture that is written into the file is named by its kind."""
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    path = write_json(tmp_path / "o.json", openai(("user", parts)))

    (message,) = messages(read(OpenAiMessages(), path))

    assert [each.name for each in message.attachments] == ["image"]
    assert message.kind == "image"


def test_calls_to_tools_are_hidden(tmp_path: Path) -> None:
    """A turn that only calls a tool is no reply."""
    turns = [{"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}]
    path = write_json(tmp_path / "o.json", {"messages": turns})

    (message,) = messages(read(OpenAiMessages(), path))

    assert (message.role, message.shown) == (Role.SYSTEM, False)


def test_vendors_come_before_these_shapes(tmp_path: Path) -> None:
    """Nothing that a vendor's reader knows is taken, and no other list is."""
    assert not knows(ShareGpt(), write_json(tmp_path / "a.json", {"conversations": []}))
    assert not knows(
        OpenAiMessages(),
        write_json(tmp_path / "b.json", {"messages": [{"role": "user"}]}),
    )


def test_bad_line_does_not_end_the_reading(tmp_path: Path) -> None:
    """A line that is not JSON is one issue, and the next line is read."""
    path = tmp_path / "s.jsonl"
    good = json.dumps(share(("human", "Q")))
    path.write_text(f"{good}\n{{oops\n{good}\n", encoding="utf-8")

    records = read(ShareGpt(), path)

    assert [type(each) for each in records].count(ImportIssue) == 1
    assert len(messages(records)) == 2
