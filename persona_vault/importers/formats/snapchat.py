"""Snapchat's "My Data": `json/chat_history.json`, in both of its generations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.html import unescaped
from persona_vault.importers.files.jsontext import array_items
from persona_vault.importers.files.jsonwalk import object_keys, opening
from persona_vault.importers.files.leftovers import with_leftovers
from persona_vault.importers.source import Source
from persona_vault.importers.talk.chronology import oldest_first
from persona_vault.importers.talk.dates import Stamp, from_number, from_text
from persona_vault.importers.talk.people import Cast, People, Speaker, folded_name
from persona_vault.importers.values import as_object, as_word, compact, kept_value
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    TimeQuality,
)

_RECEIVED, _SENT = "Received", "Sent"
_OLD = " Chat History"
_MY_AI = {"myai", "my ai", "b42f1f70-5a8b-4c53-8c25-34e7ec9e6781"}
_MICROS = "Created(microseconds)"
_KINDS = {"TEXT": "text", "MEDIA": "image", "NOTE": "voice", "STICKER": "sticker"}
_ME = "me"
_ENTRY = {"Media Type", "Created"}


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    value: Any
    speaker: Speaker | None
    text: str


class Snapchat:
    """Chats of a Snapchat download, My AI among them: the file, its folder or zip."""

    name: ClassVar[str] = "snapchat"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "snapchat"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a file holds lists of chats by person."""
        return any(True for _name in _chat_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message, conversation by conversation, each from the oldest on.

        The user is whom the file marks as the sender; without --them, My AI is the
        companion where it speaks.

        Raises:
            InputRejectedError: A file cannot be read, or the companion is not known.
        """
        files = list(_chat_files(source))
        yield from with_leftovers(_talks(source, options, files), source, files)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; only the file tells which of its generations wrote the words."""
        value = as_object(kept_value(raw))
        new, old = (_row(key, value, where)[1].text for key in ("", _RECEIVED + _OLD))
        return Told(text=new, others=(old,), **_times(_stamp(value)))


def _talks(source: Source, options: ReadOptions, files: list[str]) -> Iterator[Record]:
    talks: dict[str, list[_Row]] = {}
    people = People()
    for name in files:
        for key, row in _rows(source, name):
            talks.setdefault(key, []).append(row)
            if row.speaker is not None:
                people.see(key, row.speaker)
    cast = people.cast(options, source.name)
    yield from cast.facts(source.name)
    media = _media(source)
    for key, rows in talks.items():
        yield from _records(key, rows, cast, media)


def _chat_files(source: Source) -> Iterator[str]:
    for member in source.members():
        if source.kind != "file" and not member.name.endswith(".json"):
            continue
        found = opening(source.head_text(member.name))
        keys = [*found.values, *([found.cut_key] if found.cut_key else [])]
        if any(_has_entries(found.first_of(key)) for key in keys):
            yield member.name


def _has_entries(rows: list[Any]) -> bool:
    return any(
        row.keys() >= _ENTRY
        and ("From" in row or "To" in row)
        and as_word(row["Created"]).endswith("UTC")
        for row in map(as_object, rows)
    )


def _rows(source: Source, name: str) -> Iterator[tuple[str, _Row]]:
    """(conversation, message) of a file."""
    with source.json_cursor(name) as cursor:
        for place, key in enumerate(object_keys(cursor), 1):
            if cursor.peek() != "[":
                cursor.value()
                continue
            for number, value in enumerate(array_items(cursor), 1):
                yield _row(key, value, f"{name} list {place} entry {number}")
        if cursor.peek():
            raise cursor.refuse("more text after the end")


def _row(key: str, value: Any, where: str) -> tuple[str, _Row]:
    row = as_object(value)
    if key.endswith(_OLD) and key.startswith((_RECEIVED, _SENT)):
        is_mine = key.startswith(_SENT)
        other = as_word(row.get("To" if is_mine else "From"))
        text = unescaped(as_word(row.get("Text")))
        speaker = _speaker(_ME if is_mine else other, other, is_mine=is_mine)
        return other or key, _Row(where, value, speaker, text)
    is_mine = row.get("IsSender") is True
    speaker = _speaker(as_word(row.get("From")), key, is_mine=is_mine)
    text = as_word(row.get("Content")) or as_word(row.get("Text"))
    return key, _Row(where, value, speaker, text)


def _speaker(name: str, conversation: str, *, is_mine: bool) -> Speaker | None:
    if not name:
        return None
    key = folded_name(name) or name
    marks = {key, folded_name(conversation)}
    # In the talk with My AI, whoever is not the user is My AI.
    is_bot = not is_mine and bool(marks & _MY_AI)
    return Speaker(key, name, is_bot=is_bot, is_owner=is_mine)


def _media(source: Source) -> dict[str, str]:
    """Media id -> member; the files are named `2024-01-05_<id>.jpg`."""
    if source.kind == "file":
        return {}
    found = {}
    for member in source.members():
        stem = PurePosixPath(member.name).stem
        found[stem.partition("_")[2] or stem] = member.name
    return found


def _records(
    key: str, rows: list[_Row], cast: Cast, media: Mapping[str, str]
) -> Iterator[Record]:
    titles = [as_word(as_object(row.value).get("Conversation Title")) for row in rows]
    title = next((title for title in titles if title), key)
    talk = Conversation(native_id=key, title=title, threaded=False)
    for row in oldest_first(rows, _seconds):
        yield _record(row, talk, cast, media)


def _seconds(row: _Row) -> float | None:
    at = _stamp(as_object(row.value)).sent_at
    return None if at is None else at.timestamp()


def _stamp(row: dict[str, Any]) -> Stamp:
    """The finer time where it fits the written one, whatever its unit is."""
    value = row.get(_MICROS)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    fine = from_number(value)
    written = from_text(as_word(row.get("Created"))) or Stamp()
    if fine.sent_at is None:
        return written
    if written.sent_at is None:
        return fine
    is_near = abs((fine.sent_at - written.sent_at).total_seconds()) <= 1
    return fine if is_near else written


def _times(stamp: Stamp) -> dict[str, Any]:
    return {
        "sent_at": stamp.sent_at,
        "local_at": stamp.local_at,
        "time_quality": stamp.quality,
    }


def _record(
    row: _Row, talk: Conversation, cast: Cast, media: Mapping[str, str]
) -> Record:
    if not isinstance(row.value, dict):
        return ImportIssue("not an object", row.where, talk)
    if left_out := cast.left_out(talk, row.where):
        return left_out
    if row.speaker is None:
        return ImportIssue("no speaker", row.where, talk)
    stamp = _stamp(row.value)
    if stamp.quality is TimeQuality.NONE:
        return ImportIssue("time cannot be read", row.where, talk)
    kind = as_word(row.value.get("Media Type"))
    attachments = tuple(_attachments(row.value, media))
    if not row.text.strip() and not attachments and kind in ("TEXT", ""):
        return Ignored("empty text", row.where, talk)
    part = cast.part(row.speaker.key)
    told = _KINDS.get(kind, kind.lower() or "text")
    return Message(
        conversation=talk,
        role=part.role,
        speaker=row.speaker.name,
        text=row.text,
        where=row.where,
        **_times(stamp),
        kind=told if part.kind == "text" and not row.text.strip() else part.kind,
        shown=part.shown,
        attachments=attachments,
        raw=compact(row.value),
    )


def _attachments(row: dict[str, Any], media: Mapping[str, str]) -> Iterator[Attachment]:
    """The files of a message, whose ids stand in one string."""
    for part in as_word(row.get("Media IDs")).replace("|", " ").split():
        name = part.strip(",;")
        if name:
            yield Attachment(name, "", member=media.get(name, ""))
