"""Claude exports: trees, blocks, parts; what the golden files do not show."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.claude.importer import Claude
from persona_vault.importers.source import Source
from persona_vault.ingest import import_file
from persona_vault.model import ABSENT_FILE, Message, Role
from persona_vault.store.vault import Vault
from tests.importers.trees import (
    GOLDEN,
    identify,
    inputs,
    left_out,
    make_zip,
    messages,
    read,
    read_value,
    shown,
)

CLAUDE = Claude()
ROOT = "00000000-0000-4000-8000-000000000000"


def say(uuid: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
    """A message with one block of text."""
    return {
        "uuid": uuid,
        "sender": sender,
        "text": "",
        "content": [{"type": "text", "text": text}],
        "created_at": "2026-01-05T10:00:00.000000Z",
        **more,
    }


def talk(*said: Any, uuid: str = "talk", **more: Any) -> dict[str, Any]:
    """A conversation of these messages."""
    return {"uuid": uuid, "name": "A talk", "chat_messages": list(said), **more}


def test_without_parents_the_file_order_holds(tmp_path: Path) -> None:
    """A pair with one time stays in the order of the file, all of it shown."""
    told = [say(f"m{i}", ("human", "assistant")[i % 2], f"{i}") for i in range(6)]

    found = read_value(CLAUDE, tmp_path / "c.json", [talk(*told)])

    assert shown(found) == ["0", "1", "2", "3", "4", "5"]
    assert messages(found)["m5"].parent == "m4"


def test_the_leaf_that_the_app_showed_wins(tmp_path: Path) -> None:
    """Where the file names the last message shown, an older answer may be it."""
    first = talk(
        say("q", "human", "Tea?", parent_message_uuid=ROOT),
        say("a", "assistant", "Mint.", parent_message_uuid="q"),
        say("b", "assistant", "Black.", parent_message_uuid="q"),
    )

    newest = read_value(CLAUDE, tmp_path / "c.json", [first])
    named = read_value(
        CLAUDE, tmp_path / "c.json", {**first, "current_leaf_message_uuid": "a"}
    )

    assert shown(newest) == ["Tea?", "Black."]
    assert shown(named) == ["Tea?", "Mint."]
    assert messages(newest)["a"].flags == ("branch",)
    assert messages(newest)["b"].flags == ("regenerated",)


def test_an_aborted_answer_does_not_hide_its_branch(tmp_path: Path) -> None:
    """An empty message at the end of the newest branch leaves that branch shown."""
    found = read_value(
        CLAUDE,
        tmp_path / "c.json",
        [
            talk(
                say("q", "human", "One.", parent_message_uuid=ROOT),
                say("a", "assistant", "Old.", parent_message_uuid="q"),
                say("r", "human", "Two.", parent_message_uuid=ROOT),
                say("x", "assistant", "", parent_message_uuid="r"),
            )
        ],
    )

    assert shown(found) == ["Two."]
    assert left_out(found) == [("empty message", "c.json item 1 message 4")]


def test_no_model_is_ever_guessed(tmp_path: Path) -> None:
    """A conversation's model is its default; no message claims one."""
    value = talk(say("q", "human", "Hm."), say("a", "assistant", "Hm."))

    plain = read_value(CLAUDE, tmp_path / "c.json", [value])
    web = read_value(CLAUDE, tmp_path / "c.json", {**value, "model": "claude-x"})

    assert all(not m.models for m in messages(plain).values())
    assert all(not m.conversation.models for m in messages(plain).values())
    (claim,) = messages(web)["a"].conversation.models
    assert (claim.value, claim.source, claim.part) == (
        "claude-x",
        "conversation",
        "default",
    )
    assert all(not m.models for m in messages(web).values())


def test_text_with_thinking_in_it_is_not_the_reply(tmp_path: Path) -> None:
    """Where `content` has blocks, the field `text` (thoughts included) is not used."""
    said = {**say("a", "assistant", "Yes."), "text": "The user asks. Yes."}
    said["content"].insert(0, {"type": "thinking", "thinking": "The user asks."})
    only_thought = {**say("b", "assistant", ""), "text": "Hmm."}
    only_thought["content"] = [{"type": "thinking", "thinking": "Hmm."}]

    found = read_value(CLAUDE, tmp_path / "c.json", [talk(said, only_thought)])

    assert shown(found) == ["Yes."]
    thought = messages(found)["a/1"]
    assert (thought.kind, thought.role, thought.shown) == (
        "reasoning",
        Role.SYSTEM,
        False,
    )
    assert messages(found)["b"].kind == "reasoning"
    assert json.loads(messages(found)["b"].raw)["text"] == "Hmm."


def test_a_turn_of_attachments_alone_is_kept(tmp_path: Path) -> None:
    """Files without words are a message without words; pasted text has no name."""
    said = say(
        "q",
        "human",
        "",
        attachments=[
            {"file_name": "", "file_size": 11, "extracted_content": "Long words."},
            {"file_name": "a.pdf", "file_size": 2**70, "file_type": "pdf"},
        ],
        files=[{"file_uuid": "f1", "file_kind": "image"}, "torn", {}],
    )

    (message,) = messages(
        read_value(CLAUDE, tmp_path / "c.json", [talk(said)])
    ).values()

    assert (message.text, message.kind, message.shown) == ("", "file", True)
    assert [(a.name, a.media_type, a.n_bytes) for a in message.attachments] == [
        ("pasted text", "file", 11),
        ("a.pdf", "file", None),
        ("f1", "image", None),
    ]
    assert "Long words." in message.raw


def test_account_files_are_never_opened(tmp_path: Path) -> None:
    """Phone and mail stand in a file that is not even looked at; it is counted."""
    path = make_zip(
        tmp_path / "data-2026-02-17-batch-0000.zip",
        {
            "conversations.json": [talk(say("q", "human", "Hm."))],
            "users.json": [talk(say("secret", "human", "phone"))],
            "login_history.json": b"\xff not JSON",
            "frames/1.html": b"<p>",
        },
    )

    found = read(CLAUDE, path)

    assert identify(CLAUDE, path)
    assert list(messages(found)) == ["q"]
    assert left_out(found) == [
        ("not a chat file", "frames/1.html"),
        ("account data, not opened", "login_history.json"),
        ("account data, not opened", "users.json"),
    ]


def test_each_part_can_be_named_alone_and_all_become_one(
    tmp_path: Path, vault: Vault
) -> None:
    """The zips of one export, imported one by one, share threads and lose nothing."""
    first = talk(say("q", "human", "Hm."), say("a", "assistant", "Yes."), uuid="t1")
    longer = talk(*first["chat_messages"], say("r", "human", "Why?"), uuid="t1")
    other = talk(say("z", "human", "New."), uuid="t2")
    project = {
        "uuid": "p",
        "name": "P",
        "prompt_template": "You are Rowan.",
        "is_private": True,
        "docs": [],
        "updated_at": "2026-08-15T08:00:00Z",
    }
    parts = {
        "conversations-000.zip": {"conversations.json": [first]},
        "conversations-001.zip": {"conversations-001.json": [longer, other]},
        "projects-000.zip": {"projects/p.json": project},
        "memories-000.zip": {"memories.json": {"conversations_memory": "Ada."}},
    }
    added = []
    for name, members in parts.items():
        path = make_zip(tmp_path / name, members)
        report = import_file(vault, path, persona="Rowan")
        assert (report.source["importer"], report.n_issues) == ("claude", 0)
        added.append(report.n_added)

    assert added == [2, 2, 1, 1]


def test_a_list_of_parts_alone_says_what_to_do(tmp_path: Path) -> None:
    """The list, alone or beside zips, holds no talk: the next step is told."""
    part = {"filename": "conversations-000.zip", "export_url": "https://x/once"}
    (tmp_path / "manifest-1.json").write_text(json.dumps({"data_files": [part]}))
    make_zip(tmp_path / "conversations-000.zip", {"conversations.json": []})

    for path in (tmp_path, tmp_path / "manifest-1.json"):
        assert identify(CLAUDE, path)
        with pytest.raises(InputRejectedError) as caught:
            read(CLAUDE, path)
        assert "import each zip by its name" in caught.value.hint
        assert "https" not in str(caught.value)


def test_promised_parts_that_are_absent_are_told(tmp_path: Path) -> None:
    """By the list's names, never its links; by gaps in numbers, but not before them."""
    (tmp_path / "sub").mkdir()
    for number in (1, 3):
        path = tmp_path / "sub" / f"conversations-{number:03d}.json"
        path.write_text(json.dumps([talk(say(f"m{number}", "human", "Hm."))]))
    names = ("projects-000.zip", "conversations-004.zip", "light_metadata-000.zip")
    listing = [{"filename": name, "export_url": f"https://x/{name}"} for name in names]
    (tmp_path / "manifest-1.json").write_text(json.dumps({"data_files": listing}))

    absent = [
        w for reason, w in left_out(read(CLAUDE, tmp_path)) if reason == ABSENT_FILE
    ]

    assert sorted(absent) == [
        "conversations-002.json",
        "conversations-004.zip",
        "projects-000.zip",
    ]


def test_inputs_are_dated(tmp_path: Path) -> None:
    """A project's prompt holds since its last change, a document since its own date."""
    found = inputs(read(CLAUDE, GOLDEN / "claude" / "data-2026-02-batch-0000"))

    assert [(i.kind, i.title, i.valid_from) for i in found] == [
        ("project_prompt", "The allotment", datetime(2026, 1, 15, 8, tzinfo=UTC)),
        ("project_doc", "beds.md", datetime(2025, 11, 2, 8, tzinfo=UTC)),
        ("memory", "", None),
        ("memory", "The allotment", None),
    ]


def test_a_wrapped_list_and_a_bare_conversation(tmp_path: Path) -> None:
    """Browser extensions save one conversation, or several under a key."""
    value = talk(say("q", "human", "Hm."))
    for shape in (value, {"conversations": [value]}, [value]):
        path = tmp_path / "saved.json"
        path.write_text(json.dumps(shape))
        assert identify(CLAUDE, path)
        assert list(messages(read(CLAUDE, path))) == ["q"]


def test_what_is_not_claude_is_not_claimed(tmp_path: Path) -> None:
    """The key inside someone's words, and ChatGPT's list of the same name, are not."""
    quoted = [{"text": 'He wrote "chat_messages": [ and "prompt_template": "x".'}]
    for name, value in (("a.json", quoted), ("users.json", [talk()])):
        (tmp_path / name).write_text(json.dumps(value))
        assert not identify(CLAUDE, tmp_path / name)
    assert not identify(CLAUDE, GOLDEN / "chatgpt" / "sharded")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "content", "name", "file_name", "input"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
_MESSAGE = st.fixed_dictionaries(
    {"sender": st.sampled_from(["human", "assistant", "narrator"]) | _JSON},
    optional={
        "uuid": st.sampled_from("abcd") | _JSON,
        "parent_message_uuid": st.sampled_from([*"abcd", ROOT]) | _JSON,
        "content": _JSON
        | st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(
                        ["text", "thinking", "tool_use", "tool_result", "image", "x"]
                    )
                },
                optional={"text": _JSON, "thinking": _JSON, "content": _JSON},
            ),
            max_size=3,
        ),
        "text": _JSON,
        "attachments": _JSON,
        "files": _JSON,
        "created_at": _JSON | st.just("2026-01-05T10:00:00Z"),
    },
)


@given(st.lists(_MESSAGE | _JSON, max_size=6))
@settings(max_examples=60, deadline=None)
def test_every_message_is_accounted_for(told: list[Any]) -> None:
    """Whatever stands in the list, each entry leaves a trace and no place is double."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c.json")
        path.write_text(json.dumps([talk(*told)]))
        with Source.open(path) as source:
            found = list(CLAUDE.read(source, None))  # type: ignore[arg-type]
    places = [record.where for record in found]
    assert len(set(places)) == len(places)
    for number in range(1, len(told) + 1):
        begin = f"c.json item 1 message {number}"
        assert any(p == begin or p.startswith(begin + " block") for p in places)
    ids = [m.native_id for m in found if isinstance(m, Message) and m.native_id]
    assert len(set(ids)) == len(ids)


def test_long_runs_of_space_are_read_in_one_go(tmp_path: Path) -> None:
    """The search for the vendor's placeholder looks at each blank once."""
    text = "Hm." + "\n" * 300_000 + "Yes."
    said = {**say("a", "assistant", ""), "content": [], "text": text}

    (message,) = messages(
        read_value(CLAUDE, tmp_path / "c.json", [talk(said)])
    ).values()

    assert message.text == text
