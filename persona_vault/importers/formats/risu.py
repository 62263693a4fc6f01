"""RisuAI: one chat or all chats of a character, as the app exports them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.formats.cards.fields import Origin, book_records
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, from_number
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
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

_SIGN = re.compile(r'\{\s*"type"\s*:\s*"risu(?:Chat|AllChats)"')
# What the app leaves in a chat whose words it has put away.
_COLD = "\uef01COLDSTORAGE\uef01"
_ROLES = {"user": Role.USER, "char": Role.PERSONA}
_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md", ".csv"}


class Risu:
    """RisuAI's `risuChat` and `risuAllChats` files, alone or in a character package."""

    name: ClassVar[str] = "risu"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "risuai"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member says that it is such an export."""
        return any(_is_export(source, member.name) for member in source.members())

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message of every chat, and what a chat says of the companion.

        Raises:
            InputRejectedError: A file is not JSON or cut off.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        for member in source.members():
            if _is_export(source, member.name):
                document = source.json_document(member.name)
                yield from _export_records(document, member.name)
            else:
                yield Ignored(_reason_for(member.name), member.name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message, a note or an entry of a lorebook alone."""
        value = as_object(kept_value(raw))
        if "data" in value:
            return told_by(_Chat({"message": [value]}, where, {}).records())
        entry = book_records({"entries": [value]}, Origin(where, ""))
        return only_field(value) or told_by(entry)


def _is_export(source: Source, name: str) -> bool:
    if source.kind != "file" and not name.lower().endswith(".json"):
        return False
    return _SIGN.match(source.head_text(name).lstrip()) is not None


def _reason_for(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return "not a chat file" if suffix in _TEXT_SUFFIXES else "media file"


def _export_records(document: Any, name: str) -> Iterator[Record]:
    value = as_object(document)
    chats = value.get("data")
    listed = [chats] if isinstance(chats, dict) else as_list(chats)
    folders = {
        as_word(folder.get("id")): as_word(folder.get("name"))
        for folder in map(as_object, as_list(value.get("folders")))
    }
    for number, chat in enumerate(listed, 1):
        where = f"{name} chat {number}"
        if isinstance(chat, dict):
            yield from _Chat(chat, where, folders).records()
        else:
            yield ImportIssue("not a chat", where)


class _Chat:
    """One chat on its way to records."""

    def __init__(
        self, chat: dict[str, Any], where: str, folders: dict[str, str]
    ) -> None:
        self._chat = chat
        self._where = where
        self._messages = as_list(chat.get("message"))
        ids = [as_word(as_object(m).get("chatId")) for m in self._messages]
        # A chat without an id of its own goes by its first message, which has one.
        own = as_word(chat.get("id")) or next(filter(None, ids), "")
        folder = as_word(chat.get("folderId"))
        self._conversation = Conversation(
            native_id=own or as_word(chat.get("name")) or "main",
            title=as_word(chat.get("name")),
            group=folders.get(folder) or folder,
        )
        self._ids: set[str] = set()

    def records(self) -> Iterator[Record]:
        """Its note and its own lorebook, then every message with its versions."""
        origin = Origin(self._where, self._conversation.native_id)
        note = as_word(self._chat.get("note"))
        if note.strip():
            yield PersonaInput(
                kind="author_note",
                text=note,
                where=f"{self._where} note",
                native_id=f"{self._conversation.native_id}/note",
                raw=compact({"note": note}),
                conversation=self._conversation,
            )
        lore = {"entries": self._chat.get("localLore")}
        for record in book_records(lore, origin):
            yield replace(record, conversation=self._conversation)
        if not self._messages:
            yield Ignored("chat without messages", self._where, self._conversation)
        for number, message in enumerate(self._messages, 1):
            where = f"{self._where} message {number}"
            if isinstance(message, dict):
                yield self._record(message, where)
                yield from self._versions(message, where)
            else:
                yield ImportIssue("not a message", where, self._conversation)

    def _record(self, message: dict[str, Any], where: str) -> Record:
        text = message.get("data")
        if not isinstance(text, str):
            return ImportIssue("the text is not plain text", where, self._conversation)
        if text.startswith(_COLD):
            return ImportIssue("text was moved elsewhere", where, self._conversation)
        if not text.strip():
            return Ignored("empty text", where, self._conversation)
        if as_word(message.get("role")) not in _ROLES:
            return ImportIssue("unknown speaker", where, self._conversation)
        flags = ("hidden_from_prompt",) if message.get("disabled") else ()
        return self._message(message, text, where, flags)

    def _message(
        self,
        message: dict[str, Any],
        text: str,
        where: str,
        flags: tuple[str, ...] = (),
        *,
        shown: bool = True,
    ) -> Message:
        role, kind = _part(message)
        stamp = from_number(message.get("time")) if shown else NO_TIME
        label = as_word(message.get("name")) or as_word(message.get("saying"))
        return Message(
            conversation=self._conversation,
            native_id=self._native_id(message) if shown else None,
            role=role,
            speaker=label or message["role"],
            text=text,
            where=where,
            sent_at=stamp.sent_at,
            time_quality=stamp.quality,
            kind=kind,
            shown=shown,
            models=_claims(message, role) if shown else (),
            flags=flags,
            raw=compact(message) if shown else "",
        )

    def _native_id(self, message: dict[str, Any]) -> str | None:
        native_id = as_word(message.get("chatId"))
        if not native_id or native_id in self._ids:
            return None
        self._ids.add(native_id)
        return native_id

    def _versions(self, message: dict[str, Any], where: str) -> Iterator[Record]:
        """The swipes that are not shown; they bear neither time nor model."""
        if as_word(message.get("role")) not in _ROLES:
            return
        shown_text, swipes = message.get("data"), as_list(message.get("swipes"))
        same = [n for n, text in enumerate(swipes) if text == shown_text]
        number = message.get("swipeId")
        shown = number if number in same else same[0] if same else None
        for n, text in enumerate(swipes):
            if n == shown or not isinstance(text, str) or not text.strip():
                continue
            place = f"{where} swipe {n + 1}"
            yield self._message(message, text, place, ("regenerated",), shown=False)


def _part(message: dict[str, Any]) -> tuple[Role, str]:
    if message.get("isComment") is True:
        return Role.SYSTEM, "comment"
    if message.get("otherUser") is True:
        return Role.SYSTEM, "other_user"
    return _ROLES[message["role"]], "text"


def _claims(message: dict[str, Any], role: Role) -> tuple[ModelClaim, ...]:
    model = as_word(as_object(message.get("generationInfo")).get("model")).strip()
    if not model or role is Role.USER:
        return ()
    return (ModelClaim(model, ClaimSource.MESSAGE, ClaimPart.ANSWERED),)
