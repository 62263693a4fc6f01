"""NomiVault's cache: messages, spoken talk and the mind map of one Nomi or group."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsonwalk import Opening
from persona_vault.importers.source import Source
from persona_vault.importers.talk.columns import Part, Speakers
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

CALL_MARK = "*we start a voice call*"

_NUMBERS = ("numeric_nomi_id", "numeric_group_id")
# The tool itself does not know which key the service uses, and tries these in turn.
_SPEAKER_KEYS = ("role", "sender", "from", "type", "senderType")
_TEXT_KEYS = ("text", "message", "content", "body")
_TIME_KEYS = ("sent", "sentAt", "timestamp", "createdAt", "created")
_ID_KEYS = ("id", "uuid", "messageId", "message_id", "msgId")
_PERSONA = Part(Role.PERSONA)
_USER = Part(Role.USER)
_MEDIA_LISTS = {"selfies", "raw_selfies", "user_uploads"}


def is_cache(found: Opening) -> bool:
    """Whether a file opens as the cache of a Nomi or of a group."""
    return any(found.has(number, "messages") for number in _NUMBERS)


def utc(value: Any) -> Stamp:
    """A time of the service: where the zone is left out it is UTC, by the tool."""
    stamp = from_any(value) or NO_TIME
    if stamp.quality is not TimeQuality.LOCAL or stamp.local_at is None:
        return stamp
    quality = TimeQuality.MINUTE if stamp.unit == "minute" else TimeQuality.EXACT
    wall = datetime.fromisoformat(stamp.local_at)
    return replace(
        stamp, sent_at=wall.replace(tzinfo=UTC), local_at=None, quality=quality
    )


def read_cache(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Every message, spoken line and mind map term of a cache, in file order.

    Raises:
        InputRejectedError: The file is not JSON, or cut off.
    """
    cache = _Cache(source, options)
    n_media = dict.fromkeys(_MEDIA_LISTS, 0)
    for key, where, value in source.json_fields(name):
        if key in n_media:
            n_media[key] += 1
        elif key == "messages":
            yield cache.message(value, where)
        elif key == "transcripts":
            yield from cache.spoken(as_object(value), where)
        elif key == "mind_map_terms":
            yield _term(value, where)
        else:
            cache.note(key, value)
    for key, n_listed in sorted(n_media.items()):
        if n_listed:
            yield Ignored("list of pictures", f"{name} {key}")


def told_record(value: dict[str, Any], where: str) -> Told | None:
    """The words of a message or a term of a cache, or of the manager's files.

    Those of a call are kept as they are.
    """
    if "dossier" in value:
        return told_by([_term(value, where)])
    return Told(text=_words(value), others=(as_word(value.get("text")),))


class _Cache:
    """What the fields read so far tell about those that follow."""

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self._speakers = Speakers(options)
        self._files = {
            PurePosixPath(member.name).name: member.name for member in source.members()
        }
        self._talk = Conversation(threaded=False)
        self._own: set[str] = {"nomi"}
        self._calls: dict[str, Stamp] = {}

    def note(self, key: str, value: Any) -> None:
        """Take in a field that is no list of records."""
        if key == "uuid" and as_word(value):
            self._talk = replace(self._talk, native_id=value)
            self._own.add(value.casefold())
        elif key == "name" and as_word(value):
            self._talk = replace(self._talk, title=value)
            self._own.add(value.casefold())
        elif key in _NUMBERS and value is not None:
            group = "Group chats" if key == "numeric_group_id" else ""
            self._talk = replace(self._talk, group=group)
        elif key == "voice_calls" and isinstance(value, dict):
            self._calls[str(value.get("id"))] = utc(value.get("started"))

    def _part(self, label: str) -> Part | None:
        part = self._speakers.part(label)
        folded = label.strip().casefold()
        if part is None and (folded == "0" or folded.startswith("user")):
            return _USER
        if part is None and (folded in self._own or folded.startswith("nomi")):
            return _PERSONA
        return part

    def message(self, record: Any, where: str) -> Record:
        """One message; what the service hides is kept as its own, not as talk."""
        if not isinstance(record, dict):
            return ImportIssue("not a record", where)
        text = _words(record)
        label = _label(record)
        part, hidden = self._part(label), record.get("hidden") is True
        if hidden:
            is_call = text.strip() == CALL_MARK
            part = Part(Role.SYSTEM, "voice_call" if is_call else "hidden", shown=False)
            label = label or "hidden"
        attachments = self._attachments(record)
        if part is None:
            return ImportIssue("unknown speaker" if label else "no speaker", where)
        if not text and not attachments:
            return Ignored("empty text", where)
        stamp = utc(next((record[k] for k in _TIME_KEYS if record.get(k)), None))
        return Message(
            conversation=self._talk,
            native_id=_first_word(record, _ID_KEYS) or None,
            role=part.role,
            speaker=label,
            text=text,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind=part.kind if text else attachments[0].media_type or "file",
            shown=part.shown,
            attachments=attachments,
            raw=compact(record),
            where=where,
        )

    def _attachments(self, record: dict[str, Any]) -> tuple[Attachment, ...]:
        attached = as_object(record.get("attachment"))
        name = as_word(attached.get("fileName"))
        if not name:
            return ()
        media_type = as_word(attached.get("mimeType")).partition("/")[0]
        # The tool saves it under a name that ends with the message's id and this one.
        mark = f"_{as_word(record.get('uuid'))[:8]}_{PurePosixPath(name).name}"
        members = [m for file, m in self._files.items() if file.endswith(mark)]
        return (Attachment(name, media_type, member=members[0] if members else ""),)

    def spoken(self, calls: dict[str, Any], where: str) -> Iterator[Record]:
        """The lines of every voice call."""
        for call, lines in calls.items():
            for number, line in enumerate(as_list(lines), 1):
                yield self._line(line, f"{where} {call} line {number}", call)

    def _line(self, line: Any, where: str, call: str) -> Record:
        if not isinstance(line, dict):
            return ImportIssue("not a record", where)
        text, label = as_word(line.get("text")), as_word(line.get("type"))
        part = self._part(label)
        if part is None:
            return ImportIssue("unknown speaker" if label else "no speaker", where)
        if not text.strip():
            return Ignored("empty text", where)
        stamp = utc(line.get("created"))
        if stamp.sent_at is None and call in self._calls:
            stamp = replace(self._calls[call], quality=TimeQuality.CHAT_LEVEL)
        return Message(
            conversation=self._talk,
            native_id=_first_word(line, ("id", "uuid")) or None,
            role=part.role,
            speaker=label,
            text=text,
            sent_at=stamp.sent_at,
            time_quality=stamp.quality if stamp.sent_at else TimeQuality.NONE,
            kind="voice",
            raw=compact(line),
            where=where,
        )


def _first_word(record: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The first filled value among the keys, a number as its digits."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if as_word(value):
            return as_word(value)
    return ""


def _words(record: dict[str, Any]) -> str:
    return _first_word(record, _TEXT_KEYS).replace("\r\n", "\n")


def _label(record: dict[str, Any]) -> str:
    """Who speaks, as written under the first of the keys that is there."""
    for key in _SPEAKER_KEYS:
        value = record.get(key)
        if value is not None:
            return value if isinstance(value, str) else compact(value)
    return ""


def _term(term: Any, where: str) -> Record:
    if not isinstance(term, dict):
        return ImportIssue("not a record", where)
    text = as_word(term.get("dossier")).replace("\r\n", "\n")
    if not text.strip():
        return Ignored("mind map term without text", where)
    labels = (as_word(term.get("category")), as_word(term.get("title")))
    return PersonaInput(
        kind="mind_map",
        text=text,
        valid_from=utc(term.get("aiEdited")).sent_at,
        native_id=as_word(term.get("uuid")) or None,
        title=": ".join(filter(None, labels)),
        raw=compact(term),
        where=where,
    )
