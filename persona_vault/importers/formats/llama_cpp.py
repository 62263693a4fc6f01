"""The web page of llama.cpp: a session line, then a line for each message.

The same records stand in the JSON files that it wrote until mid-2026.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
)

_ROLES = {
    "user": Role.USER,
    "assistant": Role.PERSONA,
    "system": Role.SYSTEM,
    "tool": Role.SYSTEM,
}
_SESSION = re.compile(r'\{\s*"type"\s*:\s*"session"\s*,')
_HARNESS = re.compile(r'"harness"\s*:\s*"llama\.app"')
_CONV = re.compile(r'\[?\s*\{\s*"conv"\s*:\s*\{')
_NODE = re.compile(r'"convId"\s*:')
_MEDIA = {"imageFile": "image", "audioFile": "audio"}

_Place = tuple[str, Any]  # of a message, and the message


class LlamaCpp:
    """Reads sessions of llama.cpp's web page, one or many, as JSON Lines or JSON."""

    name: ClassVar[str] = "llama-cpp"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "llama-cpp"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member begins with a session of the page."""
        return bool(members_like(source, (".json", ".jsonl"), _looks_right))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message of every session.

        Raises:
            InputRejectedError: A JSON file is not whole.
        """
        members = members_like(source, (".json", ".jsonl"), _looks_right)
        for member in members:
            head = source.head_text(member).lstrip()
            if _SESSION.match(head):
                yield from _from_lines(source, member)
            else:
                yield from _from_json(source, member, is_list=head.startswith("["))
        yield from other_members(source, members)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message alone."""
        return told_by(_talk({}, [(where, kept_value(raw))], where))


def _looks_right(head: str) -> bool:
    if _SESSION.match(head):
        return _HARNESS.search(head.partition("\n")[0]) is not None
    return _CONV.match(head) is not None and _NODE.search(head) is not None


def _from_lines(source: Source, member: str) -> Iterator[Record]:
    session: dict[str, Any] = {}
    begun = member
    messages: list[_Place] = []
    for where, value in source.json_lines(member):
        kind = as_object(value).get("type")
        if kind == "session":
            yield from _talk(session, messages, begun)
            session, messages, begun = value, [], where
        elif kind == "message" and isinstance(value.get("message"), dict):
            messages.append((where, value["message"]))
        else:
            reason = "line is not JSON" if value is BAD_JSON else "line of unknown kind"
            yield ImportIssue(reason, where)
    yield from _talk(session, messages, begun)


def _from_json(source: Source, member: str, *, is_list: bool) -> Iterator[Record]:
    values = (
        source.json_items(member)
        if is_list
        else iter([(f"{member} item 1", source.json_document(member))])
    )
    for where, value in values:
        session = as_object(value).get("conv")
        messages = as_object(value).get("messages")
        if not isinstance(session, dict) or not isinstance(messages, list):
            yield ImportIssue("conversation in an unknown shape", where)
            continue
        told = [(f"{where} message {n}", m) for n, m in enumerate(messages, 1)]
        yield from _talk(session, told, where)


def _talk(
    session: dict[str, Any], messages: list[_Place], where: str
) -> Iterator[Record]:
    if not session and not messages:
        return
    first = next((as_word(as_object(m).get("convId")) for _, m in messages), "")
    conversation = Conversation(
        native_id=as_word(session.get("id")) or first or "main",
        title=as_word(session.get("name")),
    )
    if not messages:
        yield Ignored("conversation without messages", where, conversation)
        return
    # The page keeps an empty node above everything. A file of the shown branch leaves
    # it out, and then the first message names a parent that is not there.
    ids = {as_word(as_object(m).get("id")) for _, m in messages}
    top = as_word(as_object(messages[0][1]).get("parent"))
    top = top if top not in ids else ""
    links = [_link(as_object(message), top) for _, message in messages]
    for standing in standings(links, session.get("currNode"), one_top=True):
        place, message = messages[standing.index]
        if not isinstance(message, dict) or links[standing.index].role is None:
            yield ImportIssue("message in an unknown shape", place, conversation)
        elif message.get("type") == "root":
            yield Ignored("node without message", place, conversation)
        elif _is_prompt(message):
            yield _prompt(message, standing, conversation, place)
        elif not links[standing.index].is_filled:
            yield Ignored("empty message", place, conversation)
        else:
            yield from _told(message, standing, conversation, place)


def _stamp(message: dict[str, Any]) -> Stamp:
    return from_any(message.get("timestamp")) or NO_TIME


def _link(message: dict[str, Any], top: str) -> Link:
    sent_at = _stamp(message).sent_at
    parent = as_word(message.get("parent"))
    role = _ROLES.get(as_word(message.get("role")))
    return Link(
        native_id=as_word(message.get("id")),
        parent=None if parent in ("", top) else parent,
        role=role,
        seconds=sent_at.timestamp() if sent_at else None,
        is_filled=role is not None
        and message["role"] != "system"
        and _has_content(message),
    )


def _has_content(message: dict[str, Any]) -> bool:
    return bool(
        as_word(message.get("content")).strip()
        or as_list(message.get("extra"))
        or _thought(message).strip()
        or message.get("toolCalls")
    )


def _thought(message: dict[str, Any]) -> str:
    return as_word(message.get("reasoningContent")) or as_word(message.get("thinking"))


def _is_prompt(message: dict[str, Any]) -> bool:
    return message["role"] == "system" and bool(as_word(message.get("content")).strip())


def _prompt(
    message: dict[str, Any], standing: Standing, conversation: Conversation, where: str
) -> PersonaInput:
    return PersonaInput(
        kind="system_prompt",
        text=message["content"],
        title=conversation.title,
        where=where,
        valid_from=_stamp(message).sent_at,
        native_id=standing.native_id,
        raw=compact(message),
        conversation=conversation,
    )


def _told(
    message: dict[str, Any], standing: Standing, conversation: Conversation, where: str
) -> Iterator[Message]:
    role, text = _ROLES[message["role"]], as_word(message.get("content"))
    stamp = _stamp(message)
    files = tuple(
        Attachment(as_word(entry.get("name")) or "file", _media(entry))
        for entry in map(as_object, as_list(message.get("extra")))
    )
    behind = list(_behind(message, standing, conversation, where))
    if not text.strip() and not files:
        # Without a bubble, the first of these stands for the message.
        behind[0] = replace(
            behind[0], native_id=standing.native_id, raw=compact(message)
        )
        yield from behind
        return
    yield from behind
    is_tool = message["role"] == "tool"
    yield Message(
        conversation=conversation,
        role=role,
        speaker=message["role"],
        text=text if text.strip() else "",
        where=where,
        native_id=standing.native_id,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind="tool" if is_tool else "text" if text.strip() else "file",
        shown=standing.shown and not is_tool,
        parent=standing.parent,
        models=_claims(message, role),
        attachments=files,
        flags=standing.flags,
        raw=compact(message),
    )


def _media(entry: dict[str, Any]) -> str:
    return _MEDIA.get(as_word(entry.get("type")), "file")


def _behind(
    message: dict[str, Any], standing: Standing, conversation: Conversation, where: str
) -> Iterator[Message]:
    """The reasoning and the calls to tools that come with an answer."""
    calls, stamp = message.get("toolCalls"), _stamp(message)
    written = calls if isinstance(calls, str) else compact(calls) if calls else ""
    for kind, text in (("reasoning", _thought(message)), ("tool", written)):
        if text.strip():
            yield Message(
                conversation=conversation,
                role=Role.SYSTEM,
                speaker=message["role"],
                text=text,
                where=f"{where} {kind}",
                native_id=standing.native_id and f"{standing.native_id}/{kind}",
                sent_at=stamp.sent_at,
                local_at=stamp.local_at,
                time_quality=stamp.quality,
                kind=kind,
                shown=False,
                parent=standing.parent,
                flags=tuple(flag for flag in standing.flags if flag == "branch"),
            )


def _claims(message: dict[str, Any], role: Role) -> tuple[ModelClaim, ...]:
    model = as_word(message.get("model"))
    if not model or role is not Role.PERSONA:
        return ()
    return (ModelClaim(model, ClaimSource.MESSAGE, ClaimPart.ANSWERED),)
