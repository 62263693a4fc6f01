"""Replika's CSV family, and the chat table of the research export."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from persona_vault.importers.files.jsontext import raw_text
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.clock import from_iso
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    Record,
    Role,
)

BACKUP_HEADER = "Timestamp,From,Text,Reaction,ID"
ROLES = {"Robot": Role.PERSONA, "Customer": Role.USER, "Operator": Role.SYSTEM}
# Bubbles of the app itself: whatever their nature says, nobody speaks in them.
SERVICE_KINDS = {"service_message": "service", "achievement": "achievement"}
KINDS = {
    "text": "text",
    "images": "image",
    "voice_record": "voice",
    "voice_recognized": "voice",
    "voice_message": "voice",
    **SERVICE_KINDS,
}

_COLUMNS = BACKUP_HEADER.split(",")
_FROM = {"Rep": Role.PERSONA, "Me": Role.USER}
_HEX_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE)
_TABLE_ROLES = {"replika": Role.PERSONA, "user": Role.USER, **ROLES}
_TRUE = {True, "true", "True", "1"}
_HINTS = {
    "is_romantic": "romantic",
    "uses_memory": "memory_used",
    "uses_advanced_ai": "advanced_ai",
    "blurred": "blurred",
}


def text_flags(text: str) -> tuple[str, ...]:
    """The flag "redacted" where a tool put bracket tokens in place of words."""
    return ("redacted",) if "[REDACTED" in text else ()


def hint_flags(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What newer records say about their making; hints, never a model name."""
    flags = [
        flag
        for key, flag in _HINTS.items()
        if isinstance(record.get(key), bool | str | int) and record[key] in _TRUE
    ]
    if record.get("reroll_type"):
        flags.append("rerolled")
    return tuple(flags)


def read_backup(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    r"""The rows of `Timestamp,From,Text,Reaction,ID`, in file order.

    Couzens' tool writes line breaks as they are, Hotohori's as the two characters
    `\n`; one of these in a text without real line breaks becomes a line break and is
    flagged, as the text may have held the two characters itself.
    """
    hex_ids: bool | None = None
    header_seen = False
    for line, row in source.rows(name):
        where = f"{name} line {line}"
        if row == _COLUMNS:
            # Updated backups are a new and an old part put together, headers included.
            if header_seen:
                yield Ignored("repeated header line", where)
            header_seen = True
            continue
        if len(row) != len(_COLUMNS):
            yield ImportIssue("wrong number of columns", where)
            continue
        is_hex = _HEX_ID.fullmatch(row[4]) is not None
        hex_ids = is_hex if hex_ids is None else hex_ids
        if hex_ids and not is_hex:
            # A row cut off inside its last cell would enter as a second message.
            yield ImportIssue("id is not whole", where)
            continue
        yield backup_row(row, where, talk)


def backup_row(row: list[str], where: str, talk: Conversation) -> Record:
    """One row of the CSV family."""
    stamp = from_iso(row[0])
    if stamp is None:
        return ImportIssue("time cannot be read", where)
    role = _FROM.get(row[1])
    if role is None:
        return ImportIssue("unknown speaker", where)
    text = row[2].replace("\r\n", "\n")
    flags = text_flags(text)
    if "\\n" in text and "\n" not in text:
        text = text.replace("\\n", "\n")
        flags = (*flags, "lossy_newlines")
    return Message(
        conversation=talk,
        native_id=row[4] or None,
        role=role,
        speaker=row[1],
        text=text,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        flags=flags,
        raw=raw_text(dict(zip(_COLUMNS, row, strict=True))),
        where=where,
    )


def table_records(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """(where, record by column name) of a CSV or JSONL table.

    A row that is no record gives an `ImportIssue` in its place.
    """
    if source.head_text(name).lstrip().startswith(("{", "[")):
        for where, value in source.json_records(name):
            if value is BAD_JSON or not isinstance(value, dict):
                yield where, ImportIssue("not a record", where)
            else:
                yield where, value
        return
    columns: list[str] = []
    for line, row in source.rows(name):
        where = f"{name} line {line}"
        if not columns:
            columns = row
        elif len(row) != len(columns):
            yield where, ImportIssue("wrong number of columns", where)
        else:
            yield where, dict(zip(columns, row, strict=True))


def read_table(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """The rows of the research export's `tables/chat_messages`."""
    for where, record in table_records(source, name):
        if isinstance(record, ImportIssue):
            yield record
        else:
            yield table_row(record, where, talk)


def table_row(record: dict[str, Any], where: str, talk: Conversation) -> Record:
    """One row of the research export's table."""
    speaker = record.get("sender_raw") or record.get("sender")
    role = _TABLE_ROLES.get(speaker) if isinstance(speaker, str) else None
    if role is None or not isinstance(speaker, str):
        return ImportIssue("unknown speaker", where)
    stamp = from_iso(record.get("timestamp"))
    if stamp is None:
        return ImportIssue("time cannot be read", where)
    vendor_kind = str(record.get("content_type") or "text")
    kind = KINDS.get(vendor_kind, "other")
    written = record.get("text")
    text = written.replace("\r\n", "\n") if isinstance(written, str) else ""
    return Message(
        conversation=talk,
        native_id=str(record.get("message_id") or "") or None,
        role=Role.SYSTEM if vendor_kind in SERVICE_KINDS else role,
        speaker=speaker,
        text=text,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=kind,
        attachments=_media(record.get("media_file"), kind),
        flags=text_flags(text) + hint_flags(record),
        raw=raw_text(record),
        where=where,
    )


def _media(name: object, kind: str) -> tuple[Attachment, ...]:
    if not isinstance(name, str) or not name:
        return ()
    return (Attachment(name, {"voice": "audio", "image": "image"}.get(kind, "")),)
