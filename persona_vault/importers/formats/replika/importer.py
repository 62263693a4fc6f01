"""Replika: what third-party backup tools save, as the vendor has no export of chats.

This file knows the shapes apart and puts the files of a folder or zip in order; the
records themselves are read in `replika_csv` and `replika_objects`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told
from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.formats.replika.csv import (
    BACKUP_HEADER,
    backup_row,
    read_backup,
    read_table,
    table_row,
)
from persona_vault.importers.formats.replika.media import files_of_messages, with_files
from persona_vault.importers.formats.replika.objects import (
    message_object,
    read_bookmarklet,
    read_diary,
    read_diary_table,
    read_memories,
    read_memory_table,
    read_objects,
    read_raw_table,
    told_object,
)
from persona_vault.importers.formats.replika.store import (
    read_cut_csv,
    read_cut_json,
    read_dated_text,
    read_html_table,
    store_kind,
    told_stored,
)
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_object, kept_value
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    ReadOptions,
    Record,
)

_Reader = Callable[[Source, str, Conversation], Iterator[Record]]
_NamedReader = Callable[[Source, str, Conversation, ReadOptions], Iterator[Record]]
_READERS: dict[str, _Reader] = {
    "backup": read_backup,
    "objects": read_objects,
    "table": read_table,
    "bookmarklet": read_bookmarklet,
    "diary": read_diary,
    "diary_table": read_diary_table,
    "memory_table": read_memory_table,
    "memories": read_memories,
    "raw_csv": read_raw_table,
}
# Files without roles and zones: the names that the user gives are needed.
_NAMED_READERS: dict[str, _NamedReader] = {
    "dated_text": read_dated_text,
    "cut_json": read_cut_json,
    "cut_csv": read_cut_csv,
    "html_table": read_html_table,
}
_TEXT_SUFFIXES = {".csv", ".html", ".json", ".jsonl", ".log", ".txt"}
_MEDIA_SUFFIXES = {".mp3", ".m4a", ".ogg", ".wav", ".jpg", ".jpeg", ".png", ".webp"}
_NATURE = re.compile(r'"nature"\s*:\s*"(?:Customer|Robot|Operator)"')
# Pages of a history, with or without a speaker inside the first 64 KiB.
_HISTORY = re.compile(r'"event_name"\s*:\s*"history"')
_MEMORY = {"id", "text", "creation_timestamp"}
_TABLES = {
    "table": {"sender_raw", "source_ref", "message_id"},
    "diary_table": {"diary_date", "source_ref", "entry_id"},
    "memory_table": {"memory_id", "source_ref", "about"},
}


class Replika:
    """Backups of one Replika: CSV family, raw objects, research zip, extension."""

    name: ClassVar[str] = "replika"
    version: ClassVar[int] = 2
    app: ClassVar[str] = "replika"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether any file of the source has one of the known shapes."""
        return any(_kind(source, member.name) for member in source.members())

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every record, file by file in name order, each file in its own order.

        Raises:
            InputRejectedError: The file cannot be read; of several, each such file
                becomes one issue instead.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        kinds = {member.name: _kind(source, member.name) for member in source.members()}
        repeated = _repeated(kinds)
        tables = (name for name, kind in kinds.items() if kind == "table")
        files = files_of_messages(source, tables)
        kept = {each.member for each in files.values()}
        for name, kind in kinds.items():
            if name in repeated:
                yield Ignored("same records as another file of the export", name)
                continue
            if name in kept:
                continue
            if not kind:
                yield Ignored(_reason_for(name), name)
                continue
            records = with_files(_records(kind, source, name, options), files)
            yield from records if len(kinds) == 1 else _to_the_end(records, name)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A message alone; None for diaries and memories, and what the user named."""
        record, main = as_object(kept_value(raw)), Conversation(threaded=False)
        if ",".join(record) == BACKUP_HEADER:
            return backup_row([str(cell) for cell in record.values()], where, main)
        if "sender_raw" in record:
            return table_row(record, where, main)
        if "meta" in record and "content" in record:
            return message_object(record, where, main, {})
        return None

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """What is no message of the service, or was written for people to read."""
        record = as_object(kept_value(raw))
        if record.keys() in ({"time", "text"}, {"time", "message"}):
            return told_stored(record, where)
        return told_object(record, where)


def _records(
    kind: str, source: Source, name: str, options: ReadOptions
) -> Iterator[Record]:
    main = Conversation(native_id="main", threaded=False)
    if kind in _NAMED_READERS:
        return _NAMED_READERS[kind](source, name, main, options)
    return _READERS[kind](source, name, main)


def _to_the_end(records: Iterator[Record], name: str) -> Iterator[Record]:
    """One broken file among many is an issue: the others are still whole.

    The splitting tool of the CSV family cuts rows that hold line breaks.
    """
    try:
        yield from records
    except InputRejectedError:
        yield ImportIssue("file cannot be read to its end", name)


def _reason_for(name: str) -> str:
    if PurePosixPath(name).suffix.lower() in _MEDIA_SUFFIXES:
        return "media file"
    return "not a chat file"


def _repeated(kinds: dict[str, str]) -> set[str]:
    """Tables that repeat what stands in the raw pages, or in a JSONL beside a CSV."""
    raw = any(name.endswith("raw/chat/pages.jsonl") for name in kinds)
    repeated = set()
    for name, kind in kinds.items():
        if kind == "table" and raw:
            repeated.add(name)
        elif kind in _TABLES and name.endswith(".csv"):
            twin = f"{name.removesuffix('.csv')}.jsonl"
            if kinds.get(twin) == kind:
                repeated.add(name)
    return repeated


def _kind(source: Source, name: str) -> str:
    """The shape of a member by its content, "" for none."""
    suffix = PurePosixPath(name).suffix.lower()
    if source.kind != "file" and suffix not in _TEXT_SUFFIXES:
        return ""
    text = source.head_text(name).lstrip()
    if kind := store_kind(name, text):
        return kind
    if text.startswith(("[", "{")):
        return _json_kind(text)
    header = text.partition("\n")[0].strip()
    if header == BACKUP_HEADER:
        return "backup"
    columns = set(header.split(","))
    return next((kind for kind, signs in _TABLES.items() if signs <= columns), "")


def _json_kind(text: str) -> str:
    if _NATURE.search(text) or _HISTORY.search(text):
        return "objects"
    first = next((v for v in peek_values(text) if isinstance(v, dict)), {})
    for kind, signs in _TABLES.items():
        if signs <= first.keys():
            return kind
    if first.keys() == {"sender", "message", "time"}:
        return "bookmarklet"
    if first.get("type") == "diary" and isinstance(first.get("entries"), list):
        return "diary"
    if first.keys() >= _MEMORY and "meta" not in first:
        return "memories"
    return ""
