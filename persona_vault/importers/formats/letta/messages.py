"""Messages of a Letta agent, unpacked from what the server wraps them in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    Record,
    Role,
)

NOTES = " notes"  # ends the place of what the server wrote beside words
_MACHINE = {"system": "system", "tool": "tool", "approval": "tool"}
_ROLES = {"user", "assistant", *_MACHINE}
# Ids such as `message-7` are given anew with each export.
_OWN_ID = re.compile(r"(?:message-)?\d+")
# Agents of the first design speak by calling this tool; their content is thought.
_SPEAK = "send_message"
_REMINDER = re.compile(r"\s*<system-reminder>.*</system-reminder>\s*", re.DOTALL)


def message_records(
    value: Any, where: str, talk: Conversation, agent_type: str
) -> Iterator[Record]:
    """The records of one message: what was said, then thoughts and calls to tools.

    Args:
        value: The message object.
        where: Its place in the source.
        talk: The agent's conversation.
        agent_type: As the file has it: agents of type "sleeptime" only tend another
            one's memory, and nobody talks to them; those of type "memgpt" speak by
            calling a tool, so that what stands beside calls is thought.
    """
    message = as_object(value)
    role = as_word(message.get("role"))
    if not message:
        yield ImportIssue("not a message", where, talk)
        return
    if role not in _ROLES:
        yield ImportIssue("unknown speaker" if role else "no speaker", where, talk)
        return
    base = _base(message, role, where, talk)
    found = list(_parts(message, base, thinks_aloud="memgpt" in agent_type))
    if "sleeptime" in agent_type:
        found = [_hidden(each, "background") for each in found]
    if not found:
        yield Ignored("empty text", where, talk)
    yield from found


def _base(
    message: dict[str, Any], role: str, where: str, talk: Conversation
) -> Message:
    stamp, flags = TimeColumn().read(message.get("created_at"))
    model, native_id = as_word(message.get("model")), as_word(message.get("id"))
    claim = ModelClaim(model, ClaimSource.MESSAGE, ClaimPart.ANSWERED)
    return Message(
        conversation=talk,
        role=Role.USER if role == "user" else Role.PERSONA,
        speaker=as_word(message.get("name")) or role,
        text="",
        where=where,
        native_id=None if not native_id or _OWN_ID.fullmatch(native_id) else native_id,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        flags=flags,
        # The server writes the agent's model on the user's messages as well.
        models=(claim,) if model and role == "assistant" else (),
        raw=compact(message),
    )


def _parts(
    message: dict[str, Any], base: Message, *, thinks_aloud: bool
) -> Iterator[Message]:
    role = as_word(message.get("role"))
    texts, thoughts = _content(message)
    if role in _MACHINE:
        text = "\n".join([*texts, *thoughts])
        if text.strip():
            yield _hidden(replace(base, text=text), _MACHINE[role])
    elif role == "user":
        yield from _users(texts, base)
    else:
        calls = [as_object(call) for call in as_list(message.get("tool_calls"))]
        spoken, others = _spoken(calls)
        if spoken or (calls and thinks_aloud):
            texts, thoughts = spoken, [*thoughts, *texts]
        yield from _assistants(texts, thoughts, others, base)


def _content(message: dict[str, Any]) -> tuple[list[str], list[str]]:
    """(texts, thoughts) of a message; `text` is the older spelling."""
    content = message.get("content")
    if content is None:
        content = message.get("text")
    if isinstance(content, str):
        return [content] if content.strip() else [], []
    texts, thoughts = [], []
    for part in map(as_object, as_list(content)):
        if text := as_word(part.get("text")):
            texts.append(text)
        if thought := as_word(part.get("reasoning")):
            thoughts.append(thought)
    return [text for text in texts if text.strip()], thoughts


def _users(texts: list[str], base: Message) -> Iterator[Message]:
    """The user's words, out of the envelope of the server.

    The server writes events of its own (log-ins, heartbeats, summaries) in the user's
    place, and reminders beside the words.
    """
    said = [text for text in texts if not _REMINDER.fullmatch(text)]
    notes = [text for text in texts if _REMINDER.fullmatch(text)]
    words = []
    for text in said:
        envelope = _envelope(text)
        kind = as_word(envelope.get("type"))
        if kind == "user_message" or (envelope and not kind):
            words.append(as_word(envelope.get("message")))
        elif kind:
            notes.append(text)
        else:
            words.append(text)
    text = "\n".join(word for word in words if word.strip())
    if text:
        yield replace(base, text=text)
    if notes:
        where = base.where if not text else f"{base.where}{NOTES}"
        note = replace(base, text="\n".join(notes), where=where, native_id=None)
        yield _hidden(note, "system")


def _envelope(text: str) -> dict[str, Any]:
    """What the server packed into the text; {} where it is plain text."""
    if not text.lstrip().startswith("{"):
        return {}
    try:
        value = as_object(parse_line(text))
    except NotJsonError:
        return {}
    # A user may well write JSON: the server's always says what it is and when it was.
    return value if "time" in value and ("type" in value or "message" in value) else {}


def _assistants(
    texts: list[str], thoughts: list[str], calls: list[dict[str, Any]], base: Message
) -> Iterator[Message]:
    text = "\n\n".join(texts)
    where = base.where
    rest = replace(base, native_id=None)
    if text.strip():
        yield replace(base, text=text)
        where, rest = f"{base.where} reasoning", replace(rest, raw="")
    if thoughts:
        yield _hidden(replace(rest, text="\n".join(thoughts), where=where), "reasoning")
        rest = replace(rest, raw="")
    if calls:
        called = "\n".join(compact(call) for call in calls)
        rest = replace(rest, text=called, where=f"{base.where} tool")
        yield _hidden(rest, "tool")


def _spoken(calls: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """(what was said by a tool call, the other calls)."""
    spoken, others = [], []
    for call in calls:
        function = as_object(call.get("function"))
        said = ""
        if function.get("name") == _SPEAK:
            try:
                arguments = as_object(parse_line(as_word(function.get("arguments"))))
                said = as_word(arguments.get("message"))
            except NotJsonError:
                said = ""
        if said.strip():
            spoken.append(said)
        else:
            others.append(call)
    return spoken, others


def _hidden(message: Message, kind: str) -> Message:
    return replace(message, role=Role.SYSTEM, kind=kind, shown=False)
