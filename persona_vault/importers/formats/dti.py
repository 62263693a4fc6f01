"""The neutral export of AI talks that the Data Transfer Initiative drafted (2024)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import Source
from persona_vault.importers.talk.columns import Speakers
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
    SourceFact,
)

_SENT = re.compile(r'"sentAt"\s*:')
_FRAME = re.compile(r'"(?:createdBy|identifiers)"\s*:')


class Dti:
    """Reads `messages` with `sentAt`; the file is one endless talk.

    A sender is "AI" or one of the user's identifiers, which the file lists.
    """

    name: ClassVar[str] = "dti"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is an object with identifiers and dated messages."""
        return bool(_exports(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message.

        Raises:
            InputRejectedError: A member is not JSON, cut off, or over 64 MiB.
        """
        names = _exports(source)
        for name in names:
            yield from _records(as_object(source.json_document(name)), name, options)
        yield from other_members(source, names)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; the file lists whose sender is the user."""
        told = told_by([_record(kept_value(raw), Role.SYSTEM, where, Conversation())])
        return told and replace(told, role=None)


def _exports(source: Source) -> list[str]:
    return members_like(source, {".json"}, _is_export)


def _is_export(head: str) -> bool:
    # Pi's takeout has these inside another object, and a reader of its own.
    return (
        head.startswith("{")
        and _SENT.search(head) is not None
        and _FRAME.search(head) is not None
        and '"user_data"' not in head
        and '"sender"' in head
    )


def _records(
    export: dict[str, Any], name: str, options: ReadOptions
) -> Iterator[Record]:
    if as_word(as_object(export.get("details")).get("nextPage")):
        yield SourceFact("next_page", "named, and not part of this file", name)
    mine = set()
    for identifier in map(as_object, as_list(export.get("identifiers"))):
        mine |= {as_word(identifier.get(key)) for key in ("name", "identifier")}
    talk = Conversation(native_id="main", threaded=False)
    if not isinstance(export.get("messages"), list):
        yield ImportIssue("no list of messages", name, talk)
    speakers = Speakers(options)
    for number, value in enumerate(as_list(export.get("messages")), 1):
        sender = as_word(as_object(value).get("sender"))
        part = speakers.part(sender)
        role = part.role if part else None
        if sender and sender in mine:
            role = Role.USER
        yield _record(value, role, f"{name} message {number}", talk)


def _record(value: Any, role: Role | None, where: str, talk: Conversation) -> Record:
    if not isinstance(value, dict):
        return ImportIssue("not a message", where, talk)
    sender, text = as_word(value.get("sender")), as_word(value.get("text"))
    if role is None:
        return ImportIssue("unknown speaker" if sender else "no speaker", where, talk)
    if not text.strip():
        return Ignored("empty text", where, talk)
    stamp, flags = TimeColumn().read(value.get("sentAt"))
    return Message(
        conversation=talk,
        role=role,
        speaker=sender,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        shown=role is not Role.SYSTEM,
        flags=flags,
        raw=compact(value),
    )
