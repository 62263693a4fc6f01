"""LibreChat files: flat and nested, models, depth; beside the golden files."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.librechat.importer import LibreChat
from persona_vault.model import Role
from tests.importers.trees import (
    GOLDEN,
    identify,
    inputs,
    messages,
    read,
    read_value,
    shown,
)

LIBRECHAT = LibreChat()
ROOT = "00000000-0000-0000-0000-000000000000"


def say(mid: str, parent: str, text: str, *, is_user: bool, **more: Any) -> Any:
    """A message of a flat list."""
    return {
        "messageId": mid,
        "parentMessageId": parent,
        "text": text,
        "isCreatedByUser": is_user,
        "sender": "User" if is_user else "Linnea",
        "createdAt": "2024-05-28T18:08:55.014Z",
        **more,
    }


def talk(*said: Any, **about: Any) -> dict[str, Any]:
    """A file of one conversation."""
    head = {"conversationId": "c1", "title": "A talk", "exportAt": "08:12:16 GMT-0400"}
    return {**head, "messages": list(said), **about}


PAIR = (
    say("q", ROOT, "Tea?", is_user=True, model=None),
    say("a", "q", "Mint.", is_user=False, model="gpt-4o"),
)


def nested(depth: int) -> dict[str, Any]:
    """A thread as a tree of this depth."""
    message: list[Any] = []
    for number in reversed(range(depth)):
        parent = str(number - 1) if number else ROOT
        one = say(str(number), parent, f"{number}", is_user=number % 2 == 0)
        message = [{**one, "children": message}]
    tree = talk() | {"messagesTree": message}
    del tree["messages"]
    return tree


def test_flat_and_nested_are_the_same_talk(tmp_path: Path) -> None:
    """The tree says nothing that the parents of a flat list do not say."""
    tree = nested(6)
    flat, level = [], tree["messagesTree"]
    while level:
        flat.append({k: v for k, v in level[0].items() if k != "children"})
        level = level[0]["children"]

    first = read_value(LIBRECHAT, tmp_path / "c.json", tree)
    second = read_value(LIBRECHAT, tmp_path / "c.json", talk(*flat))

    assert first == second
    assert shown(first) == ["0", "1", "2", "3", "4", "5"]
    assert identify(LIBRECHAT, tmp_path / "c.json")


def test_a_tree_of_any_depth_is_read(tmp_path: Path) -> None:
    """Each message lies two levels deeper: thousands are read as a few are."""
    depth = 5_000
    opened = "".join(
        f'{{"messageId":"{n}","isCreatedByUser":{str(n % 2 == 0).lower()},'
        f'"text":"{n}","children":['
        for n in range(depth)
    )
    path = tmp_path / "c.json"
    path.write_text(
        '{"conversationId":"c1","messagesTree":[' + opened + "]}" * depth + "]}"
    )

    assert identify(LIBRECHAT, path)
    found = read(LIBRECHAT, path)

    assert shown(found) == [str(n) for n in range(depth)]
    assert messages(found)["7"].parent == "6"


def test_a_tree_cut_off_is_refused(tmp_path: Path) -> None:
    """Half a tree brings nothing, and the place is told."""
    path = tmp_path / "c.json"
    path.write_text(json.dumps(nested(9))[:-9])

    with pytest.raises(InputRejectedError, match="cut off"):
        read(LIBRECHAT, path)


def test_models(tmp_path: Path) -> None:
    """Only the message's own model is observed; null and an agent's id are none."""
    said = (
        *PAIR,
        say("b", "a", "Hm.", is_user=False, model=None),
        say("c", "b", "Hm.", is_user=False, model="agent_7"),
    )
    options = {"model": "gpt-4-turbo", "agent_id": "agent_7"}

    found = messages(
        read_value(LIBRECHAT, tmp_path / "c.json", talk(*said, options=options))
    )

    assert [(c.value, c.part) for c in found["a"].models] == [("gpt-4o", "answered")]
    assert all(found[mid].models == () for mid in "qbc")
    thread = found["a"].conversation
    assert [(c.value, c.source, c.part) for c in thread.models] == [
        ("gpt-4-turbo", "conversation", "default")
    ]
    assert thread.group == "agent_7"


def test_an_edited_first_message_is_a_branch(tmp_path: Path) -> None:
    """First messages are attempts at one place: the newest path is shown."""
    again = say("r", ROOT, "Coffee?", is_user=True)

    found = read_value(LIBRECHAT, tmp_path / "c.json", talk(*PAIR, again))

    assert shown(found) == ["Coffee?"]
    assert messages(found)["r"].flags == ("edited",)
    assert messages(found)["a"].flags == ("branch",)


def test_error_notes_are_not_replies(tmp_path: Path) -> None:
    """What the app says of a failed answer is the system's, and not shown."""
    note = say("e", "q", '{"type":"x"}', is_user=False, error=True)

    found = read_value(LIBRECHAT, tmp_path / "c.json", talk(PAIR[0], note))

    assert messages(found)["e"].role is Role.SYSTEM
    assert shown(found) == ["Tea?"]


@pytest.mark.parametrize("key", ["promptPrefix", "system", "instructions"])
def test_prompts_are_inputs(tmp_path: Path, key: str) -> None:
    """What the companion was told stands under three names, dated by its talk."""
    told = talk(*PAIR, options={key: "You are Linnea."})

    (given,) = inputs(read_value(LIBRECHAT, tmp_path / "c.json", told))

    assert given.text == "You are Linnea."
    assert (
        given.valid_from == messages(read(LIBRECHAT, tmp_path / "c.json"))["q"].sent_at
    )
    assert given.conversation is not None


def test_the_clock_of_the_export_is_no_time(tmp_path: Path) -> None:
    """Messages without a time of their own have none; `exportAt` is not used."""
    said = say("q", ROOT, "Hm.", is_user=True)
    del said["createdAt"]

    (message,) = messages(
        read_value(LIBRECHAT, tmp_path / "c.json", talk(said))
    ).values()

    assert (message.sent_at, message.local_at) == (None, None)


def test_only_its_shape_is_claimed(tmp_path: Path) -> None:
    """Other files with messages are not LibreChat's."""
    others = (
        {"conversationId": "c", "messages": []},
        {"conversationId": "c", "messages": [{"text": "x", "sender": "y"}]},
        {"messages": [{"role": "user", "content": "x"}]},
    )
    for number, value in enumerate(others):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(value))
        assert not identify(LIBRECHAT, path)
    assert not identify(LIBRECHAT, GOLDEN / "claude" / "linear.json")
