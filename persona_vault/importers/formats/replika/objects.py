"""Replika's own objects as tools save them: messages, pages, diary, memories."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import raw_text
from persona_vault.importers.formats.replika.csv import (
    KINDS,
    ROLES,
    SERVICE_KINDS,
    hint_flags,
    table_records,
    text_flags,
)
from persona_vault.importers.formats.replika.store import json_cells
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.clock import from_iso
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    Record,
    Role,
    TimeQuality,
)

# Parts of a record that let somebody log in or follow a device; never kept.
_TOKENS = {"client_token", "auth_token", "device_id"}


def read_objects(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """Raw message objects: an array of them, or pages and frames around them."""
    for where, value in source.json_records(name):
        page = _page(value)
        if page is None:
            yield _single(value, where, talk)
            continue
        reactions = _reactions(page.get("message_reactions"))
        for number, record in enumerate(page["messages"], 1):
            yield message_object(record, f"{where} message {number}", talk, reactions)


def _page(value: Any) -> dict[str, Any] | None:
    """What holds `messages`: the value itself, its `data` or its `payload`."""
    if not isinstance(value, dict):
        return None
    for page in (value, value.get("data"), value.get("payload")):
        if isinstance(page, dict) and isinstance(page.get("messages"), list):
            return page
    return None


def _single(value: Any, where: str, talk: Conversation) -> Record:
    if value is BAD_JSON:
        return ImportIssue("not JSON", where)
    if isinstance(value, dict) and "event_name" in value:
        return Ignored("frame without messages", where)
    return message_object(value, where, talk, {})


def _reactions(values: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and isinstance(value.get("message_id"), str):
            reaction = str(value.get("reaction") or value.get("type") or "")
            found.setdefault(value["message_id"], []).append(reaction)
    return found


def message_object(
    record: Any, where: str, talk: Conversation, reactions: dict[str, list[str]]
) -> Record:
    """One message object of the service."""
    if not isinstance(record, dict):
        return ImportIssue("not a record", where)
    meta, content = _part(record, "meta"), _part(record, "content")
    nature = meta.get("nature")
    if not isinstance(nature, str) or nature not in ROLES:
        return ImportIssue("unknown speaker" if nature else "no speaker", where)
    stamp = from_iso(meta.get("timestamp"))
    if stamp is None and meta.get("timestamp") is not None:
        return ImportIssue("time cannot be read", where)
    vendor_kind = str(content.get("type") or "text")
    native_id = str(record.get("id") or "") or None
    text = _text(content)
    return Message(
        conversation=talk,
        native_id=native_id,
        role=Role.SYSTEM if vendor_kind in SERVICE_KINDS else ROLES[nature],
        speaker=nature,
        text=text,
        sent_at=stamp.sent_at if stamp else None,
        local_at=stamp.local_at if stamp else None,
        time_quality=stamp.quality if stamp else TimeQuality.NONE,
        kind=KINDS.get(vendor_kind, "other"),
        attachments=_attachments(content),
        flags=text_flags(text) + hint_flags(record),
        raw=_raw(record, reactions.get(native_id or "", [])),
        where=where,
    )


def _part(record: dict[str, Any], key: str) -> dict[str, Any]:
    part = record.get(key)
    return part if isinstance(part, dict) else {}


def _text(content: dict[str, Any]) -> str:
    """The visible words; a picture's caption or an achievement's two lines."""
    for keys in (("text",), ("caption",), ("achievement", "achievement_description")):
        lines = [content[k] for k in keys if isinstance(content.get(k), str)]
        if any(lines):
            return "\n".join(lines).replace("\r\n", "\n")
    return ""


def _attachments(content: dict[str, Any]) -> tuple[Attachment, ...]:
    images = content.get("images")
    found = [
        Attachment(image, "image")
        for image in (images if isinstance(images, list) else [])
        if isinstance(image, str)
    ]
    voice = content.get("voice_message_url")
    if isinstance(voice, str) and voice:
        found.append(Attachment(voice, "audio"))
    return tuple(found)


def _raw(record: dict[str, Any], reactions: list[str]) -> str:
    meta = {k: v for k, v in _part(record, "meta").items() if k not in _TOKENS}
    kept = {k: v for k, v in record.items() if k not in _TOKENS} | {"meta": meta}
    if reactions:
        kept["message_reactions"] = reactions
    return raw_text(kept)


def read_bookmarklet(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """The 2022 bookmarklet: order only, as its times are phrases without a date."""
    for where, record in source.json_records(name):
        yield _bookmarked(record, where, talk)


def _bookmarked(record: Any, where: str, talk: Conversation) -> Record:
    sender = record.get("sender") if isinstance(record, dict) else None
    text = record.get("message") if isinstance(record, dict) else None
    if not isinstance(sender, str) or not sender or not isinstance(text, str):
        return ImportIssue("not a record", where)
    return Message(
        conversation=talk,
        role=Role.USER if sender == "you" else Role.PERSONA,
        speaker=sender,
        text=text,
        flags=text_flags(text),
        raw=raw_text(record),
        where=where,
    )


def read_diary(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """The entries of `diary.json`: written by the companion, but no dialogue."""
    for where, record in source.json_records(name):
        yield _diary_entry(record, where)


def _diary_entry(record: Any, where: str) -> Record:
    entries = record.get("entries") if isinstance(record, dict) else None
    if not isinstance(entries, list):
        return ImportIssue("not a record", where)
    texts = [e.get("text") for e in entries if isinstance(e, dict)]
    text = "\n\n".join(t for t in texts if isinstance(t, str) and t)
    kind = _Kind("diary", record.get("id"), record.get("name"))
    return _input(kind, record, text, where)


def told_object(record: dict[str, Any], where: str) -> Told | None:
    """The words of a record of the bookmarklet, the diary or the memories."""
    if "sender" in record:
        return told_by([_bookmarked(record, where, Conversation())])
    if "entries" in record:
        return told_by([_diary_entry(record, where)])
    kind = _Kind("memory", None, "")
    return told_by([_input(kind, record, record.get("text"), where)])


def read_memories(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """The service's own objects of what the companion noted: facts and people."""
    for where, record in source.json_records(name):
        if not isinstance(record, dict):
            yield ImportIssue("not a record", where)
            continue
        kind = _Kind("memory", record.get("id"), record.get("category"))
        yield _input(kind, record, record.get("text"), where)


def read_raw_table(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """Message objects as the rows of a table, each of their fields a cell of JSON."""
    for where, record in json_cells(source, name):
        if isinstance(record, ImportIssue):
            yield record
        else:
            yield message_object(record, where, talk, {})


def read_diary_table(source: Source, name: str, talk: Conversation) -> Iterator[Record]:
    """The rows of the research export's `tables/diary_entries`."""
    for where, record in table_records(source, name):
        if isinstance(record, ImportIssue):
            yield record
            continue
        entry, segment = record.get("entry_id"), record.get("segment_index")
        # One entry may stand in several rows, each a segment of its text.
        part = f"{entry}/{segment}" if segment not in (None, "", 0, "0") else entry
        kind = _Kind("diary", part, record.get("title"))
        yield _input(kind, record, record.get("text"), where)


def read_memory_table(
    source: Source, name: str, talk: Conversation
) -> Iterator[Record]:
    """The rows of the research export's `tables/memories`."""
    for where, record in table_records(source, name):
        if isinstance(record, ImportIssue):
            yield record
            continue
        labels = (record.get(k) for k in ("about", "category_name", "relation_name"))
        title = ", ".join(label for label in labels if isinstance(label, str) and label)
        kind = _Kind("memory", record.get("memory_id"), title)
        yield _input(kind, record, record.get("text"), where)


class _Kind(NamedTuple):
    """What an entry is, its vendor id and its label, as far as the record says."""

    kind: str
    native_id: Any
    title: Any


def _input(kind: _Kind, record: dict[str, Any], text: Any, where: str) -> Record:
    if not isinstance(text, str) or not text:
        return Ignored("entry without text", where)
    stamp = from_iso(record.get("timestamp") or record.get("creation_timestamp"))
    return PersonaInput(
        kind=kind.kind,
        text=text.replace("\r\n", "\n"),
        valid_from=stamp.sent_at if stamp else None,
        native_id=str(kind.native_id or "") or None,
        title=kind.title if isinstance(kind.title, str) else "",
        raw=raw_text(record),
        where=where,
    )
