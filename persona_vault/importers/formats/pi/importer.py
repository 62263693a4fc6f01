"""Pi (Inflection AI): the takeout file, the one export that its vendor signs."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.formats.pi.signature import check
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
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
    SourceFact,
)

_ROLES = {"AI": Role.PERSONA, "HUMAN": Role.USER}
_MAIN = Conversation(native_id="main", threaded=False)
# Parsers of this file were written for three spellings (takeout: the first).
_TIMES = ("sent_at", "sentAt", "createdAt")
_SIGN = re.compile(r'"user_data"\s*:\s*\{|"base64encoded_compressed_user_data"\s*:\s*"')


class Pi:
    """Reads `user_data` of a takeout: one endless talk, oldest message first.

    The file holds no ids and no model names. Its signature is checked with the
    vendor's published key; the outcome is a fact about the source, never a reason to
    refuse it.
    """

    name: ClassVar[str] = "pi"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "pi"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is an object with `user_data` or its signed copy."""
        return bool(_takeouts(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """The signature's outcome, then every message.

        Raises:
            InputRejectedError: A member is not JSON, cut off, or over 64 MiB.
        """
        names = _takeouts(source)
        for name in names:
            yield from _records(source, name)
        yield from other_members(source, names)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A message alone."""
        return _record(kept_value(raw), where, _MAIN)


def _takeouts(source: Source) -> list[str]:
    return members_like(source, {".json"}, _is_takeout)


def _is_takeout(head: str) -> bool:
    return head.startswith("{") and _SIGN.search(head) is not None


def _records(source: Source, name: str) -> Iterator[Record]:
    takeout = as_object(source.json_document(name))
    yield SourceFact("signature", check(takeout), name)
    data = as_object(takeout.get("user_data"))
    if data.get("details"):
        yield Ignored("account details", f"{name} details")
    if not isinstance(data.get("messages"), list):
        yield ImportIssue("no list of messages", name, _MAIN)
    for number, value in enumerate(as_list(data.get("messages")), 1):
        yield _record(value, f"{name} message {number}", _MAIN)


def _record(value: Any, where: str, talk: Conversation) -> Record:
    if not isinstance(value, dict):
        return ImportIssue("not a message", where, talk)
    sender = as_word(value.get("sender"))
    role = _ROLES.get(sender.upper())
    if role is None:
        return ImportIssue("unknown speaker" if sender else "no speaker", where, talk)
    text = as_word(value.get("text"))
    if not text.strip():
        return Ignored("empty text", where, talk)
    written = next((value[key] for key in _TIMES if key in value), None)
    stamp, flags = TimeColumn().read(written)
    return Message(
        conversation=talk,
        role=role,
        speaker=sender,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        flags=flags,
        raw=compact(value),
    )
