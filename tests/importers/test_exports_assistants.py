"""Real exports of Claude and Grok, counted against a plain look at their JSON."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from persona_vault.importers.formats.claude.importer import Claude
from persona_vault.importers.formats.grok import Grok
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.model import Message, Role
from tests.importers.trees import NO_OPTIONS, left_out, messages, read, shown


def loaded(path: Path) -> Any:
    """The file's JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def known_as(path: Path) -> str:
    """The one importer that knows the file."""
    with Source.open(path) as source:
        return find_importer(source, NO_OPTIONS).name


def test_claude_2025(samples: Path) -> None:
    """Every message of every thread, its words and time, in the order of the file."""
    path = samples / "exports" / "claude" / "conversations_2025-06.json"
    talks = [talk["chat_messages"] for talk in loaded(path)]
    # Most texts of this file were blanked before it was published.
    said = [
        (message["sender"], "".join(block["text"] for block in message["content"]))
        for talk in talks
        for message in talk
    ]
    words = [text for _, text in said]
    n_human = sum(sender == "human" for sender, text in said if text.strip())

    found = read(Claude(), path)

    assert known_as(path) == "claude"
    told = [record for record in found if isinstance(record, Message)]
    assert shown(found) == [text for text in words if text.strip()]
    reasons = Counter(reason for reason, _ in left_out(found))
    assert reasons == {
        "empty message": sum(not text.strip() for text in words),
        "conversation without messages": talks.count([]),
    }
    assert len(told) + reasons["empty message"] == len(words)
    assert sum(m.role is Role.USER for m in told) == n_human
    assert {m.time_quality.value for m in told} == {"exact"}
    assert not any(m.models or m.conversation.models for m in told)


def test_claude_thinking(samples: Path) -> None:
    """Reasoning stands apart from the reply."""
    path = samples / "exports" / "claude" / "conversations_thinking.json"
    blocks = [
        block["type"]
        for talk in loaded(path)
        for message in talk["chat_messages"]
        for block in message["content"]
    ]

    found = read(Claude(), path)

    assert known_as(path) == "claude"
    assert len(shown(found)) == blocks.count("text")
    hidden = [m for m in messages(found).values() if not m.shown]
    assert [m.kind for m in hidden] == ["reasoning"] * blocks.count("thinking")


def test_grok_2025(samples: Path) -> None:
    """Every response; the models that the file names, as what it says they are."""
    path = samples / "exports" / "grok" / "prod-grok-backend_2025-06.json"
    replies = [
        entry["response"]
        for talk in loaded(path)["conversations"]
        for entry in talk["responses"]
    ]
    asked = [
        reply["metadata"]["requestModelDetails"]["modelId"]
        for reply in replies
        if "requestModelDetails" in reply["metadata"]
    ]

    found = read(Grok(), path)

    assert known_as(path) == "grok"
    assert shown(found) == [reply["message"] for reply in replies]
    told = messages(found)
    assert list(told) == [reply["response_id"] for reply in replies]
    assert [m.parent for m in told.values()] == [
        reply["parent_response_id"] for reply in replies
    ]
    claims = [claim for m in told.values() for claim in m.models]
    assert [claim.value for claim in claims] == asked
    assert {claim.part.value for claim in claims} == {"requested"}
    n_human = sum(reply["sender"].lower() == "human" for reply in replies)
    assert sum(m.role is Role.USER for m in told.values()) == n_human
