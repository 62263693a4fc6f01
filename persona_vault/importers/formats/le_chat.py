"""Le Chat (Mistral): one `chat-<uuid>.json` for each conversation of the export."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.files.members import (
    members_like,
    other_members,
    with_members,
)
from persona_vault.importers.source import Source
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_ROLES = {"user": Role.USER, "assistant": Role.PERSONA}
_MACHINE = {"system": "system", "tool": "tool"}
_SIGNS = {"id", "chatId", "role", "createdAt"}
# What stands before the text of a message that is longer than what is looked at.
_LONG_FIRST = re.compile(
    r'\[\s*\{\s*"id"\s*:[^{}]{0,300}"chatId"\s*:[^{}]{0,300}"content"'
)


class LeChat:
    """Reads the messages of each file in order of time: the files are not in order.

    There are no titles and no model names.
    """

    name: ClassVar[str] = "le_chat"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "le_chat"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is a list of messages that name their chat."""
        return bool(_chats(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message, file by file, oldest first.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        names = _chats(source)
        attached: set[str] = set()
        threads: dict[str, Conversation] = {}
        for name in names:
            for value, where in _by_time(source, name):
                record = _record(value, where, threads)
                if isinstance(record, Message):
                    record = with_members(record, source, _files_beside(name))
                    attached |= {each.member for each in record.attachments}
                yield record
        yield from other_members(source, {*names, *attached})

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A message alone."""
        return _record(kept_value(raw), where, {})


def _chats(source: Source) -> list[str]:
    return members_like(source, {".json"}, _is_chat)


def _is_chat(head: str) -> bool:
    if not head.startswith("["):
        return False
    first = [value for value in peek_values(head, 1) if isinstance(value, dict)]
    if first:
        return first[0].keys() >= _SIGNS
    return _LONG_FIRST.match(head) is not None


def _by_time(source: Source, name: str) -> list[tuple[Any, str]]:
    """(message, where); those without a time keep the place they have in the file."""
    placed: list[tuple[str, bool, Any, str]] = []
    last = ""
    for where, value in source.json_items(name):
        stamp, _flags = TimeColumn().read(as_object(value).get("createdAt"))
        last = stamp.sent_at.isoformat() if stamp.sent_at else stamp.local_at or last
        is_answer = as_object(value).get("role") != "user"
        placed.append((last, is_answer, value, where))
    placed.sort(key=lambda entry: entry[:2])
    return [(value, where) for _time, _is_answer, value, where in placed]


def _files_beside(name: str) -> str:
    """Folder of the files that were attached in a chat."""
    path = PurePosixPath(name)
    return path.with_name(f"{path.stem}-files").as_posix()


def _record(value: Any, where: str, threads: dict[str, Conversation]) -> Record:
    if not isinstance(value, dict):
        return ImportIssue("not a message", where)
    chat_id = as_word(value.get("chatId")) or "main"
    talk = threads.setdefault(chat_id, Conversation(native_id=chat_id))
    written = as_word(value.get("role"))
    if written not in _ROLES and written not in _MACHINE:
        return ImportIssue("unknown speaker" if written else "no speaker", where, talk)
    text, attachments = _text(value), _attachments(value)
    if not text.strip() and not attachments:
        return Ignored("empty text", where, talk)
    stamp, flags = TimeColumn().read(value.get("createdAt"))
    # Two answers were offered side by side, and the user may have chosen.
    if value.get("preference") or value.get("preferenceOver"):
        flags += ("ab_variant",)
    own_kind = "text" if text.strip() else attachments[0].media_type or "file"
    return Message(
        conversation=talk,
        native_id=as_word(value.get("id")) or None,
        role=_ROLES.get(written, Role.SYSTEM),
        speaker=written,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=_MACHINE.get(written, own_kind),
        shown=written in _ROLES,
        attachments=attachments,
        flags=flags,
        raw=compact(value),
    )


def _text(message: dict[str, Any]) -> str:
    """The words shown: `content`, else the text chunks without calls to tools."""
    text = as_word(message.get("content"))
    if text.strip():
        return text
    chunks = [as_object(chunk) for chunk in as_list(message.get("contentChunks"))]
    return "".join(
        as_word(chunk.get("text")) for chunk in chunks if chunk.get("type") == "text"
    )


def _attachments(message: dict[str, Any]) -> tuple[Attachment, ...]:
    files = [as_object(file) for file in as_list(message.get("files"))]
    return tuple(
        Attachment(name, as_word(file.get("type")))
        for file in files
        if (name := as_word(file.get("name")))
    )
