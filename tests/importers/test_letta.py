"""Rules of Letta's agent files that the golden exports cannot show."""

import json
from pathlib import Path
from typing import Any

from persona_vault.importers.formats.letta.importer import Letta
from persona_vault.model import (
    Ignored,
    ImportIssue,
    PersonaInput,
    Role,
    TimeQuality,
)
from tests.importers.flat import knows, messages, read, said, write_json


def agent(*turns: Any, **fields: Any) -> dict[str, Any]:
    """An agent file of one agent with these messages."""
    made = {
        "name": "Wren",
        "agent_type": "letta_v1_agent",
        "block_ids": [],
        "messages": list(turns),
        **fields,
    }
    return {"agents": [made], "blocks": [], "created_at": "2026-01-01T00:00:00Z"}


def turn(role: str, content: Any, **fields: Any) -> dict[str, Any]:
    """One message with a time."""
    stamp = "2026-01-01T10:00:00+00:00"
    return {"role": role, "content": content, "created_at": stamp, **fields}


def speak(words: str) -> dict[str, Any]:
    """The call by which agents of the first design speak."""
    arguments = json.dumps({"message": words})
    return {"function": {"name": "send_message", "arguments": arguments}}


def test_call_that_speaks_is_the_reply_and_the_content_is_thought(
    tmp_path: Path,
) -> None:
    """What the user saw is counted as the reply, never the monologue beside it."""
    file = agent(turn("assistant", "Be kind.", tool_calls=[speak("Good day.")]))

    found = messages(read(Letta(), write_json(tmp_path / "a.af", file)))

    assert [(each.role, each.kind, each.text) for each in found] == [
        (Role.PERSONA, "text", "Good day."),
        (Role.SYSTEM, "reasoning", "Be kind."),
    ]


def test_words_beside_another_call_depend_on_the_design(tmp_path: Path) -> None:
    """Newer agents speak by content, older ones think there."""
    call = {"function": {"name": "search", "arguments": "{}"}}
    one = turn("assistant", "Let me look.", tool_calls=[call])
    new = write_json(tmp_path / "new.af", agent(one))
    old = write_json(tmp_path / "old.af", agent(one, agent_type="memgpt_agent"))

    assert said(read(Letta(), new)) == [("p", "Let me look.")]
    assert said(read(Letta(), old)) == []


def test_events_of_the_server_are_not_the_users_words(tmp_path: Path) -> None:
    """Log-ins, heartbeats and summaries stand in the user's place and are hidden."""
    at = {"time": "2026-01-01 10:00:00 AM UTC"}
    packed = [
        {"type": "heartbeat", "reason": "x", **at},
        {"type": "user_message", "message": "Hello, Wren.", **at},
        {"type": "system_alert", "message": "prior messages have been hidden", **at},
    ]
    file = agent(*(turn("user", json.dumps(each)) for each in packed))

    records = read(Letta(), write_json(tmp_path / "a.af", file))

    assert said(records) == [("u", "Hello, Wren.")]
    assert len(messages(records)) == 3


def test_json_that_a_user_wrote_stays_as_it_is(tmp_path: Path) -> None:
    """Only the server's own envelope is opened."""
    texts = ['{"message": "x"}', '{"type": "rose"}', "{broken", "[1]"]
    file = agent(*(turn("user", text) for text in texts))

    records = read(Letta(), write_json(tmp_path / "a.af", file))

    assert [text for _who, text in said(records)] == texts


def test_ids_of_one_file_are_no_identity(tmp_path: Path) -> None:
    """`message-0` is another message in the next export; a uuid stays."""
    ids = ["message-0", "12", "message-4f2e-uuid", ""]
    file = agent(*(turn("user", f"t{n}", id=each) for n, each in enumerate(ids)))

    found = messages(read(Letta(), write_json(tmp_path / "a.af", file)))

    assert [each.native_id for each in found] == [None, None, "message-4f2e-uuid", None]


def test_background_agents_are_never_shown(tmp_path: Path) -> None:
    """Who only tends another agent's memory talks to nobody."""
    file = agent(
        turn("user", "Review."),
        turn("assistant", "Done.", tool_calls=[speak("Done!")]),
        agent_type="voice_sleeptime_agent",
    )

    found = messages(read(Letta(), write_json(tmp_path / "a.af", file)))

    assert {(each.role, each.shown) for each in found} == {(Role.SYSTEM, False)}


def test_times_without_a_zone_are_wall_times(tmp_path: Path) -> None:
    """Older files name no zone, so that none is assumed."""
    file = agent(turn("user", "Hi", created_at="2025-03-30T08:01:00"))

    (message,) = messages(read(Letta(), write_json(tmp_path / "a.af", file)))

    assert message.time_quality is TimeQuality.LOCAL


def test_blocks_are_inputs_of_the_agent_that_holds_them(tmp_path: Path) -> None:
    """A block of the file's list belongs to those agents that name it."""
    file = agent(block_ids=["b1"])
    file["blocks"] = [
        {"id": "b1", "label": "persona", "value": "I am Wren."},
        {"id": "b2", "label": "human", "value": "of nobody"},
    ]

    records = read(Letta(), write_json(tmp_path / "a.af", file))

    (block,) = [each for each in records if isinstance(each, PersonaInput)]
    assert (block.kind, block.title, block.text) == ("profile", "persona", "I am Wren.")
    assert str(block.valid_from) == "2026-01-01 00:00:00+00:00"


def test_keys_of_tools_are_kept_nowhere(tmp_path: Path) -> None:
    """Environment variables of an agent may be logins and end in no record."""
    secret = "canary-41"  # noqa: S105 - planted
    file = agent(turn("user", "Hi"), tool_exec_environment_variables={"TOKEN": secret})
    file["mcp_servers"] = [{"token": secret}]

    records = read(Letta(), write_json(tmp_path / "a.af", file))

    assert secret not in repr(records)


def test_bad_records_are_told_one_by_one(tmp_path: Path) -> None:
    """Nothing that is there is passed over in silence."""
    file = agent(
        7, {"content": "?"}, turn("parrot", "x"), turn("user", [{"type": "x"}])
    )
    file["agents"].append("agent")
    wrapped = tmp_path / "b.af"
    wrapped.write_text(json.dumps('{"agents": [{"agent_type": 1}'), encoding="utf-8")

    kinds = [type(each) for each in read(Letta(), write_json(tmp_path / "a.af", file))]

    assert kinds == [ImportIssue, ImportIssue, ImportIssue, Ignored, ImportIssue]
    assert [type(each) for each in read(Letta(), wrapped)] == [ImportIssue]


def test_other_files_with_agents_are_left_alone(tmp_path: Path) -> None:
    """A list of agents of another program is no agent file."""
    assert not knows(Letta(), write_json(tmp_path / "a.json", {"agents": [{"id": 1}]}))
    assert not knows(Letta(), write_json(tmp_path / "b.json", "agents"))
