"""Sessions of llama.cpp's web page, beside the golden files."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.formats.llama_cpp import LlamaCpp
from tests.importers.trees import (
    GOLDEN,
    identify,
    inputs,
    left_out,
    make_zip,
    messages,
    read,
    shown,
)

LLAMA = LlamaCpp()
SESSION = {"type": "session", "harness": "llama.app", "id": "s", "name": "Ferry"}


def say(mid: str, parent: str | None, role: str, content: str, **more: Any) -> Any:
    """A message as the page keeps it."""
    return {
        "id": mid,
        "convId": "s",
        "type": "text",
        "timestamp": 1_784_818_601_150,
        "role": role,
        "content": content,
        "parent": parent,
        **more,
    }


def lines(*values: Any) -> bytes:
    """JSON Lines."""
    return "\n".join(json.dumps(value) for value in values).encode()


def told(*said: Any) -> list[Any]:
    """Lines of messages."""
    return [{"type": "message", "message": message} for message in said]


@pytest.mark.parametrize("root", ["there", "left out"])
def test_edited_first_messages_share_one_top(tmp_path: Path, root: str) -> None:
    """With the page's empty top node or without, one first message is shown."""
    said = [say("a", "top", "user", "One."), say("b", "top", "user", "Two.")]
    if root == "there":
        said.insert(0, say("top", None, "system", "", type="root"))
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines({**SESSION, "currNode": "a"}, *told(*said)))

    found = read(LLAMA, path)

    assert identify(LLAMA, path)
    assert shown(found) == ["One."]
    assert messages(found)["b"].flags == ("branch", "edited")


def test_an_empty_current_node_means_the_newest(tmp_path: Path) -> None:
    """Files of mid-2026 may name no last message; the newest leaf takes its place."""
    said = [
        say("q", "top", "user", "Tea?"),
        say("a", "q", "assistant", "Mint.", timestamp=1_784_818_700_000, model="m1"),
        say("b", "q", "assistant", "Black.", model="m2"),
    ]
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines({**SESSION, "currNode": ""}, *told(*said)))

    found = read(LLAMA, path)

    assert shown(found) == ["Tea?", "Mint."]
    assert [c.part for c in messages(found)["b"].models] == ["answered"]


def test_several_sessions_in_one_zip(tmp_path: Path) -> None:
    """The page bundles sessions into a zip of one file each; they stay apart."""
    other = {**SESSION, "id": "s2"}
    path = make_zip(
        tmp_path / "all.zip",
        {
            "1.jsonl": lines(SESSION, *told(say("a", "t", "user", "One."))),
            "2.jsonl": lines(other, *told(say("b", "t", "user", "Two."))),
            "readme.txt": b"hello",
        },
    )

    found = read(LLAMA, path)

    assert identify(LLAMA, path)
    assert {m.conversation.native_id for m in messages(found).values()} == {"s", "s2"}
    assert [where for _, where in left_out(found)] == ["readme.txt"]


def test_the_system_message_is_an_input() -> None:
    """What the companion was told is no message of the talk."""
    found = read(LLAMA, GOLDEN / "llama_cpp" / "conversation.jsonl")

    assert [i.text for i in inputs(found)] == ["You are Tove, a ferry captain."]
    assert messages(found)["u1"].parent is None


def test_other_harnesses_are_not_claimed(tmp_path: Path) -> None:
    """The session line is a shared format; only this page's sessions are read."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines({**SESSION, "harness": "other"}, *told()))

    assert not identify(LLAMA, path)
