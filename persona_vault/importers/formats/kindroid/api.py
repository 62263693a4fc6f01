"""Kindroid's message object, as its read API documents it (June 2026)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from persona_vault.importers.files.jsontext import raw_text
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.clock import from_millis
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

_ROLES = {"ai": Role.PERSONA, "user": Role.USER}
_KEYS = {"message", "image_urls", "image_description", "video_description"}


def is_api_message(value: Any) -> bool:
    """Whether a value is one message object of the API."""
    return (
        isinstance(value, dict)
        and value.get("sender") in ("ai", "user")
        and isinstance(value.get("timestamp"), int)
        and not value.keys().isdisjoint(_KEYS)
    )


def read_api(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Messages as an array, as JSON Lines, or inside pages `{messages, pagination}`.

    A resumed export repeats messages; they are yielded as they stand.
    """
    talk = Conversation(native_id="main", threaded=False)
    for where, value in source.json_records(name):
        page = value.get("messages") if isinstance(value, dict) else None
        if isinstance(page, list):
            for number, record in enumerate(page, 1):
                yield message_record(record, f"{where} message {number}", talk)
        else:
            yield message_record(value, where, talk)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document store says around a message object.

    Attributes:
        native_id: The document's id, "" where there is none.
        created_at: When the document was made, or None.
        flags: "edited" where it was changed later.
        raw: The whole document as JSON text, "" to keep the message object itself.
    """

    native_id: str = ""
    created_at: datetime | None = None
    flags: tuple[str, ...] = ()
    raw: str = ""


def message_record(
    record: Any, where: str, talk: Conversation, around: Envelope | None = None
) -> Record:
    """One message object as a record."""
    around = around or Envelope()
    if record is BAD_JSON:
        return ImportIssue("not JSON", where)
    if not isinstance(record, dict):
        return ImportIssue("not a record", where)
    sender = record.get("sender")
    if not isinstance(sender, str) or sender not in _ROLES:
        return ImportIssue("unknown speaker" if sender else "no speaker", where)
    sent_at = from_millis(record.get("timestamp")) or around.created_at
    if sent_at is None:
        return ImportIssue("time cannot be read", where)
    text = record.get("message")
    if isinstance(text, str) and text.startswith("!enc:"):
        return Ignored("text is still encrypted", where)
    attachments = _attachments(record)
    return Message(
        conversation=talk,
        native_id=str(record.get("id") or around.native_id) or None,
        role=_ROLES[sender],
        speaker=str(record.get("display_name") or sender),
        text=text if isinstance(text, str) else "",
        sent_at=sent_at,
        time_quality=TimeQuality.EXACT,
        kind=_kind(bool(text), attachments),
        attachments=attachments,
        flags=around.flags,
        raw=around.raw or raw_text(record),
        where=where,
    )


def _kind(has_text: bool, attachments: tuple[Attachment, ...]) -> str:
    return "text" if has_text or not attachments else attachments[0].media_type


def _attachments(record: dict[str, Any]) -> tuple[Attachment, ...]:
    images = record.get("image_urls")
    found = [
        Attachment(image, "image")
        for image in (images if isinstance(images, list) else [])
        if isinstance(image, str) and image
    ]
    audio = record.get("audio")
    if isinstance(audio, str) and audio:
        found.append(Attachment(audio, "audio"))
    return tuple(found)
