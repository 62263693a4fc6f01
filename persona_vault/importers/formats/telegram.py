"""Telegram Desktop's `result.json`: one chat, or an account with all its chats."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.jsontext import JsonCursor
from persona_vault.importers.files.jsonwalk import (
    Opening,
    array_places,
    object_keys,
    opening,
)
from persona_vault.importers.files.leftovers import with_leftovers
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any, from_text
from persona_vault.importers.talk.people import (
    SERVICE,
    WITHOUT_COMPANION,
    Cast,
    People,
    Speaker,
)
from persona_vault.importers.values import as_object, as_word, compact, kept_value
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
)

_ACCOUNT = ("chats", "left_chats")
# What an export writes in place of a path for a file that it does not bring.
_ABSENT = "("
_FILES = (("photo", "image"), ("file", ""), ("contact_vcard", "contact"))
_SIZES = {"photo": "photo_file_size", "file": "file_size"}


@dataclass(slots=True)
class _Chat:
    """One chat: where it stands, what is known of it, and its thread."""

    place: str
    facts: dict[str, Any] = field(default_factory=dict)

    def conversation(self) -> Conversation:
        native_id = self.facts.get("id")
        is_id = isinstance(native_id, int | str) and not isinstance(native_id, bool)
        return Conversation(
            native_id=str(native_id) if is_id and native_id else self.place,
            title=as_word(self.facts.get("name")),
            threaded=False,
        )


class Telegram:
    """Exports of Telegram Desktop as JSON: `result.json`, alone or in its folder."""

    name: ClassVar[str] = "telegram"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "telegram"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a file is a chat with Telegram's messages, or an account."""
        return any(True for _name in _chat_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message, chat by chat in file order.

        Raises:
            InputRejectedError: A file cannot be read, or the companion is not known.
        """
        files = list(_chat_files(source))
        yield from with_leftovers(_records(source, options, files), source, files)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; all of them together tell who is the companion."""
        row = as_object(kept_value(raw))
        stamp, speaker = _stamp(row) or NO_TIME, _speaker(row, _Chat(where))
        return Told(
            text=_text(row.get("text")),
            speaker=_name(row, speaker),
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
        )


def _records(
    source: Source, options: ReadOptions, files: list[str]
) -> Iterator[Record]:
    people = People()
    # What stands behind a chat's messages is known after the first walk only.
    chats: dict[str, _Chat] = {}
    for name in files:
        for chat, _where, row in _rows(source, name):
            chats[chat.place] = chat
            if speaker := _speaker(row, chat):
                people.see(chat.place, speaker)
            elif actor := _actor(row):
                people.see_act(chat.place, actor)
    cast = people.cast(options, source.name)
    yield from cast.facts(source.name)
    threads = {place: chat.conversation() for place, chat in chats.items()}
    for name in files:
        for chat, where, row in _rows(source, name):
            thread = threads[chat.place]
            if chat.place not in cast.conversations:
                yield Ignored(WITHOUT_COMPANION, where, thread)
            else:
                yield _record(row, where, chats[chat.place], thread, cast, source)


def _chat_files(source: Source) -> Iterator[str]:
    for member in source.members():
        if source.kind != "file" and not member.name.endswith(".json"):
            continue
        found = opening(source.head_text(member.name))
        if _is_account(found) or _is_chat(found):
            yield member.name


def _is_account(found: Opening) -> bool:
    about = as_object(found.values.get("personal_information"))
    return "user_id" in about or (
        found.has("chats") and "list" in as_object(found.values.get("chats"))
    )


def _is_chat(found: Opening) -> bool:
    if not found.has("name", "type", "id", "messages"):
        return False
    first = [as_object(row) for row in found.first_of("messages")]
    signs = {"date_unixtime", "from_id", "actor_id", "text_entities"}
    return any(signs & row.keys() and "date" in row for row in first)


def _rows(source: Source, name: str) -> Iterator[tuple[_Chat, str, Any]]:
    """(chat, place, message) of all chats of a file, one message in memory."""
    with source.json_cursor(name) as cursor:
        chat = _Chat(name)
        for key in object_keys(cursor):
            if key in _ACCOUNT and cursor.peek() == "{":
                yield from _account(cursor, name, key)
            elif key == "messages" and cursor.peek() == "[":
                yield from _messages(cursor, chat, name)
            else:
                value = cursor.value()
                if key in ("name", "type", "id"):
                    chat.facts[key] = value
        if cursor.peek():
            raise cursor.refuse("more text after the end")


def _account(
    cursor: JsonCursor, name: str, part: str
) -> Iterator[tuple[_Chat, str, Any]]:
    for key in object_keys(cursor):
        if key != "list" or cursor.peek() != "[":
            cursor.value()
            continue
        for number in array_places(cursor):
            place = f"{name} {part} {number}"
            if cursor.peek() == "{":
                yield from _one_chat(cursor, _Chat(place), place)
            else:
                cursor.value()


def _one_chat(
    cursor: JsonCursor, chat: _Chat, place: str
) -> Iterator[tuple[_Chat, str, Any]]:
    for key in object_keys(cursor):
        if key == "messages" and cursor.peek() == "[":
            yield from _messages(cursor, chat, place)
        else:
            value = cursor.value()
            if key in ("name", "type", "id"):
                chat.facts[key] = value


def _messages(
    cursor: JsonCursor, chat: _Chat, place: str
) -> Iterator[tuple[_Chat, str, Any]]:
    for number in array_places(cursor):
        yield chat, f"{place} message {number}", cursor.value()


def _identity(row: dict[str, Any]) -> tuple[str, str]:
    """(id, name) of who sent a message; a deleted account has no name left.

    Ids were bare numbers until 2020 and are written as `user1` since.
    """
    native_id, name = row.get("from_id"), as_word(row.get("from"))
    if isinstance(native_id, int) and not isinstance(native_id, bool):
        native_id = f"user{native_id}"
    return as_word(native_id) or name, name


def _speaker(row: Any, chat: _Chat) -> Speaker | None:
    row = as_object(row)
    key, name = _identity(row)
    if row.get("type") != "message" or not key:
        return None
    is_bot = chat.facts.get("type") == "bot_chat" and key == (
        f"user{chat.facts.get('id')}"
    )
    return Speaker(key, name or key, is_bot=is_bot)


def _name(row: dict[str, Any], speaker: Speaker | None) -> str:
    """How a message names who sent it, and a line of the app who did something."""
    return speaker.name if speaker else as_word(row.get("actor")) or "Telegram"


def _actor(row: Any) -> Speaker | None:
    """Who a line of the app is about, such as who joined."""
    row = as_object(row)
    key, name = as_word(row.get("actor_id")), as_word(row.get("actor"))
    return Speaker(key, name or key) if key else None


def _record(
    row: Any, where: str, chat: _Chat, thread: Conversation, cast: Cast, source: Source
) -> Record:
    if not isinstance(row, dict):
        return ImportIssue("not an object", where, thread)
    speaker = _speaker(row, chat)
    is_service = row.get("type") == "service"
    if speaker is None and not is_service:
        return ImportIssue("no speaker", where, thread)
    stamp = _stamp(row)
    if stamp is None:
        return ImportIssue("time cannot be read", where, thread)
    text = _text(row.get("text"))
    attachments = tuple(_attachments(row, source, where))
    if not is_service and not text.strip() and not attachments:
        return Ignored("empty text", where, thread)
    part = SERVICE if speaker is None else cast.part(speaker.key)
    native_id = row.get("id")
    reply = row.get("reply_to_message_id")
    return Message(
        conversation=thread,
        role=part.role,
        speaker=_name(row, speaker),
        text=text,
        where=where,
        native_id=str(native_id) if _is_id(native_id) else None,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=_kind(row, part.kind, text, attachments),
        shown=part.shown,
        parent=str(reply) if _is_id(reply) else None,
        attachments=attachments,
        flags=_flags(row),
        raw=compact(row),
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def _stamp(row: dict[str, Any]) -> Stamp | None:
    """The Unix time where there is one; before June 2022 the wall time of the user."""
    found = from_any(row.get("date_unixtime"))
    if found is None or found is NO_TIME:
        return from_text(as_word(row.get("date")))
    return found


def _flags(row: dict[str, Any]) -> tuple[str, ...]:
    """Whether the text was edited.

    A reaction sets the same field (Telegram's own doing), so beside reactions it says
    nothing; the year 1970 stands for no edit in files of 2020.
    """
    edited = row.get("edited_unixtime") or row.get("edited")
    if not edited or row.get("reactions"):
        return ()
    stamp = from_any(edited)
    when = stamp and (stamp.sent_at or stamp.local_at)
    year = when.year if isinstance(when, datetime) else int((when or "1970")[:4])
    return ("edited",) if year > 1970 else ()


def _text(value: Any) -> str:
    """The text, which is a string, or a list of strings and of marked pieces."""
    pieces = value if isinstance(value, list) else [value]
    return "".join(
        as_word(piece.get("text")) if isinstance(piece, dict) else as_word(piece)
        for piece in pieces
    )


def _kind(
    row: dict[str, Any], part_kind: str, text: str, files: tuple[Attachment, ...]
) -> str:
    if part_kind == "text" and row.get("forwarded_from"):
        return "forwarded"
    if part_kind != "text" or text.strip() or not files:
        return part_kind
    return as_word(row.get("media_type")) or files[0].media_type or "file"


def _attachments(
    row: dict[str, Any], source: Source, where: str
) -> Iterator[Attachment]:
    folder = PurePosixPath(where).parent
    for key, media_type in _FILES:
        path = as_word(row.get(key))
        if not path:
            continue
        size = row.get(_SIZES.get(key, ""))
        is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        is_absent = path.startswith(_ABSENT)
        beside = "" if is_absent else str(folder / path)
        yield Attachment(
            name=as_word(row.get("file_name")) or (key if is_absent else path),
            media_type=media_type or _media_type(row),
            n_bytes=size if is_size else None,
            member=beside if source.has(beside) else "",
        )
    for key in ("poll", "location_information", "contact_information", "game_title"):
        if row.get(key):
            yield Attachment(key, "card")


def _media_type(row: dict[str, Any]) -> str:
    known = {"voice_message": "audio", "audio_file": "audio", "sticker": "sticker"}
    named = as_word(row.get("media_type"))
    return known.get(named, "") or as_word(row.get("mime_type")).partition("/")[0]
