"""Open WebUI chats: wrappers, parallel answers, boxes; beside the golden files."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.formats.open_webui import OpenWebUI
from persona_vault.model import Role
from tests.importers.trees import (
    identify,
    inputs,
    left_out,
    make_zip,
    messages,
    read,
    read_value,
    shown,
)

WEBUI = OpenWebUI()
NOON = 1_744_545_600


def node(
    nid: str, parent: str | None, role: str, content: Any, **more: Any
) -> dict[str, Any]:
    """A message of a history."""
    return {
        "id": nid,
        "parentId": parent,
        "childrenIds": [],
        "role": role,
        "content": content,
        "timestamp": NOON,
        **more,
    }


def chat(*nodes: dict[str, Any], current: str | None = None) -> dict[str, Any]:
    """A chat without its wrapper."""
    history = {"messages": {each["id"]: each for each in nodes}, "currentId": current}
    return {"title": "A chat", "models": ["m1"], "history": history}


PAIR = (
    node("q", None, "user", "Tea?", models=["m1", "m2"]),
    node("a", "q", "assistant", "Mint.", model="m1", modelIdx=0),
    node("b", "q", "assistant", "Black.", model="m2", modelIdx=1),
)


@pytest.mark.parametrize("shape", ["bare", "wrapped", "list", "list of bare", "zip"])
def test_wrappers(tmp_path: Path, shape: str) -> None:
    """One chat or many, with the wrapper or without, give the same talk."""
    bare = chat(*PAIR, current="a")
    wrapped = {"id": "c1", "title": "Outer", "chat": bare, "folder_id": "f1"}
    path = tmp_path / "chats.json"
    values: dict[str, Any] = {
        "bare": bare,
        "wrapped": wrapped,
        "list": [wrapped],
        "list of bare": [bare],
        "zip": wrapped,
    }
    if shape == "zip":
        path = make_zip(tmp_path / "c.zip", {"c/chat.json": wrapped, "c/x.json": {}})
    else:
        path.write_text(json.dumps(values[shape]))

    assert identify(WEBUI, path)
    found = read(WEBUI, path)

    assert shown(found) == ["Tea?", "Mint."]
    thread = messages(found)["a"].conversation
    is_wrapped = shape in ("wrapped", "list", "zip")
    assert thread.native_id == ("c1" if is_wrapped else "q")
    assert thread.group == ("f1" if is_wrapped else "")
    assert [(c.value, c.part) for c in thread.models] == [("m1", "default")]


def test_answers_of_several_models_are_siblings(tmp_path: Path) -> None:
    """Each names its model; only the one that the talk went on with is shown."""
    found = messages(read_value(WEBUI, tmp_path / "c.json", chat(*PAIR, current="b")))

    assert (found["a"].shown, found["b"].shown) == (False, True)
    assert found["a"].flags == ("branch", "parallel")
    assert found["b"].flags == ("parallel",)
    assert [c.value for c in found["b"].models] == ["m2"]
    assert [c.part for c in found["q"].models] == ["requested", "requested"]
    assert found["a"].parent == found["b"].parent == "q"


@pytest.mark.parametrize("unit", [1, 1000])
def test_seconds_and_milliseconds(tmp_path: Path, unit: int) -> None:
    """Both units of the app give the same instant."""
    told = chat(node("q", None, "user", "Hm.", timestamp=NOON * unit))

    (message,) = messages(read_value(WEBUI, tmp_path / "c.json", told)).values()

    assert message.sent_at is not None
    assert message.sent_at.timestamp() == NOON
    assert message.time_quality == "exact"


def test_boxes_are_taken_out_of_answers_only(tmp_path: Path) -> None:
    """Reasoning is no reply; a user's own box is the user's own words."""
    box = (
        '<details type="reasoning" done="true"><summary>T</summary>&gt; Why?</details>'
    )
    told = chat(
        node("q", None, "user", f"{box}Hm."),
        node("a", "q", "assistant", f"{box}\nYes."),
        node("b", "a", "assistant", box),
        node("c", "b", "assistant", "<details><summary>My own</summary>x</details>"),
    )

    found = messages(read_value(WEBUI, tmp_path / "c.json", told))

    assert found["q"].text == f"{box}Hm."
    assert found["a"].text == "Yes."
    assert (found["a/1"].text, found["a/1"].kind) == ("Why?", "reasoning")
    assert (found["b"].role, found["b"].shown) == (Role.SYSTEM, False)
    assert found["c"].parent == "b"
    assert found["c"].text.startswith("<details><summary>My own")


def test_content_in_parts(tmp_path: Path) -> None:
    """A list of parts is read as its texts; a picture in the page keeps no bytes."""
    parts = [{"type": "text", "text": "Look."}, {"type": "image_url"}, "Here."]
    files = [{"type": "image", "url": "data:image/png;base64," + "A" * 99}]
    told = chat(node("q", None, "user", parts, files=files))

    (message,) = messages(read_value(WEBUI, tmp_path / "c.json", told)).values()

    assert message.text == "Look.\nHere."
    assert [a.name for a in message.attachments] == ["image without name"]


def test_the_system_prompt_belongs_to_its_chat(tmp_path: Path) -> None:
    """A prompt set for one chat names that chat, so that it can stay out with it."""
    told = chat(node("q", None, "user", "Hm.")) | {"params": {"system": "You are Bo."}}

    (given,) = inputs(read_value(WEBUI, tmp_path / "c.json", told))

    assert given.conversation is not None
    assert (given.text, given.conversation.native_id) == ("You are Bo.", "q")


def test_torn_chats_are_issues(tmp_path: Path) -> None:
    """What is no chat, no message or of no known role is told, with its place."""
    told = [
        chat(node("q", None, "user", "Hm."), {**node("x", "q", "oracle", "?")}),
        7,
        {"chat": {"history": {"messages": []}}},
    ]

    found = read_value(WEBUI, tmp_path / "c.json", told)

    assert shown(found) == ["Hm."]
    assert left_out(found) == [
        ("message in an unknown shape", "c.json item 1 message 2"),
        ("conversation in an unknown shape", "c.json item 2"),
        ("conversation in an unknown shape", "c.json item 3"),
    ]


def test_other_histories_are_not_claimed(tmp_path: Path) -> None:
    """A history that is a list, or has no ids of children, is another app's."""
    others = (
        {"version": 4, "history": [{"id": "a", "messages": []}], "folders": []},
        {"history": {"messages": {}}},
        [{"text": '"history": {"messages": {"currentId": 1'}],
    )
    for number, value in enumerate(others):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(value))
        assert not identify(WEBUI, path)


@pytest.mark.parametrize(
    "unit",
    ["<details", '<details type="reasoning">', "<details>", '<details type="x"', "<"],
)
def test_boxes_that_never_end_stay_as_they_are(tmp_path: Path, unit: str) -> None:
    """Half a box is text; hundreds of thousands of them cost one look each."""
    text = unit * 200_000

    (message,) = messages(
        read_value(WEBUI, tmp_path / "c.json", chat(node("a", None, "assistant", text)))
    ).values()

    assert message.text == text
