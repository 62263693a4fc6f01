"""Kindroid: messages of its read API as tools save them, KinX folders, KinLog, cards.

This file knows the shapes apart; the records themselves are read in `kindroid_api`,
`kindroid_text`, `kindroid_kinx`, `kindroid_kinlog` and `kindroid_card`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.formats.kindroid.api import (
    is_api_message,
    message_record,
    read_api,
)
from persona_vault.importers.formats.kindroid.card import (
    card_entry,
    is_card,
    read_card,
)
from persona_vault.importers.formats.kindroid.kinlog import (
    is_log,
    is_old_log,
    read_log,
    read_old_log,
    told_bubble,
)
from persona_vault.importers.formats.kindroid.kinx import (
    envelope,
    journal_entry,
    read_journal,
    read_kinx,
    read_profile,
)
from persona_vault.importers.formats.kindroid.text import (
    heading_of,
    read_blocks,
    told_block,
)
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_list, as_object, kept_value
from persona_vault.model import Conversation, Ignored, ReadOptions, Record

_Reader = Callable[[Source, str, ReadOptions], Iterator[Record]]
_READERS: dict[str, _Reader] = {
    "api": read_api,
    "blocks": read_blocks,
    "kinx": read_kinx,
    "profile": read_profile,
    "journal": read_journal,
    "kinlog": read_log,
    "old_kinlog": read_old_log,
    "card": read_card,
}
_OURS = {"api", "kinx", "kinlog", "old_kinlog", "card"}
_EXPORTED = "_Chat_Export"
_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md"}
_CHECKPOINT = "kindroid_export_checkpoint.json"
# Files of a KinX folder that hold no talk of their own.
_LISTS = {
    _CHECKPOINT: "resume state of the export tool",
    "pinned_messages.json": "pinned list repeats messages",
    "selfies.json": "list of pictures",
    "video_selfies.json": "list of videos",
}
_NAMED = {
    "profile.json": "profile",
    "journal.json": "journal",
    "global_journal.json": "journal",
}
_KINX_PATH = re.compile(r'"path"\s*:\s*"[^"]*/ChatMessages/')
_SENDER = re.compile(r'"sender"\s*:\s*"(?:ai|user)"')
_MILLIS = re.compile(r'"timestamp"\s*:\s*\d{12,14}\b')


class Kindroid:
    """Kindroid talk: API messages, text blocks, KinX folders, KinLog; share cards."""

    name: ClassVar[str] = "kindroid"
    version: ClassVar[int] = 2
    app: ClassVar[str] = "kindroid"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether any file of the source has one of the known shapes.

        Many tools write text blocks and headings, so for these the name that the
        exporter gives must agree with the content.
        """
        for member in source.members():
            kind = _kind(source, member.name)
            if kind in _OURS or (kind == "blocks" and _EXPORTED in member.name):
                return True
        return False

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every record, file by file in name order, each file in its own order.

        Raises:
            InputRejectedError: A file cannot be read.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        for member in source.members():
            kind = _kind(source, member.name)
            if kind:
                yield from _READERS[kind](source, member.name, options)
            else:
                yield Ignored(_reason_for(member.name), member.name)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A message of the API or of a KinX folder alone; None for text blocks."""
        record, main = as_object(kept_value(raw)), Conversation(threaded=False)
        if isinstance(record.get("data"), dict):
            return message_record(record["data"], where, main, envelope(record))
        return message_record(record, where, main) if "sender" in record else None

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """Text blocks, bubbles of KinLog, and what the companion was told to be."""
        value = kept_value(raw)
        if isinstance(value, list) or "username" in as_object(value):
            return told_bubble(value, where)
        if not isinstance(value, dict):
            return told_block(raw, where)
        entry = told_by([journal_entry(value, where), card_entry(value, where)])
        return only_field(value) or entry


def _reason_for(name: str) -> str:
    path = PurePosixPath(name)
    if path.name in _LISTS:
        return _LISTS[path.name]
    return "not a chat file" if path.suffix.lower() in _TEXT_SUFFIXES else "media file"


def _kind(source: Source, name: str) -> str:
    """The shape of a member by its content, "" for none.

    Inside a KinX folder the profile and the journals have no mark of their own, so
    there the name decides.
    """
    path = PurePosixPath(name)
    if path.name in _LISTS:
        return ""
    if source.kind != "file":
        if path.suffix.lower() not in _TEXT_SUFFIXES:
            return ""
        if path.name in _NAMED:
            return _NAMED[path.name]
    # Pictures of a folder are selfies, in their thousands; a card is named alone.
    elif is_card(source, name):
        return "card"
    return _text_kind(source.head_text(name).lstrip())


def _text_kind(text: str) -> str:
    first, line_end, _ = text.partition("\n")
    if line_end and heading_of(first.rstrip()):
        return "blocks"
    if '"items"' in text and _KINX_PATH.search(text):
        return "kinx"
    if is_old_log(text):
        return "old_kinlog"
    if text.startswith("[") and any(map(is_log, peek_values(text))):
        return "kinlog"
    return "api" if text.startswith(("[", "{")) and _is_api(text) else ""


def _is_api(text: str) -> bool:
    if not (_SENDER.search(text) and _MILLIS.search(text)):
        return False
    values = peek_values(text)
    if any(is_api_message(value) for value in values):
        return True
    # A page of messages, which may be longer than what is looked at.
    pages = [v for v in values if isinstance(v, dict) and "messages" in v]
    if any(is_api_message(m) for page in pages for m in as_list(page["messages"])):
        return True
    return not values and '"messages"' in text and '"message"' in text
