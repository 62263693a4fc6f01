"""Kindroid: messages of its read API as tools save them, and KinX folders.

This file knows the shapes apart; the records themselves are read in `kindroid_api`,
`kindroid_text` and `kindroid_kinx`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.importers.jsontext import peek_values
from persona_vault.importers.kindroid_api import is_api_message, read_api
from persona_vault.importers.kindroid_kinx import (
    read_journal,
    read_kinx,
    read_profile,
)
from persona_vault.importers.kindroid_text import heading_of, read_blocks
from persona_vault.importers.source import Source
from persona_vault.model import Ignored, ReadOptions, Record

_Reader = Callable[[Source, str, ReadOptions], Iterator[Record]]
_READERS: dict[str, _Reader] = {
    "api": read_api,
    "blocks": read_blocks,
    "kinx": read_kinx,
    "profile": read_profile,
    "journal": read_journal,
}
_CHATS = {"api", "kinx"}
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
_KINX_PATH = re.compile(r'"path"\s*:\s*"[^"]*/ChatMessages/')
_SENDER = re.compile(r'"sender"\s*:\s*"(?:ai|user)"')
_MILLIS = re.compile(r'"timestamp"\s*:\s*\d{12,14}\b')


class Kindroid:
    """Exports of Kindroid talk: API messages, text blocks, KinX folders and zips."""

    name: ClassVar[str] = "kindroid"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "kindroid"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether any file of the source holds talk in one of the known shapes.

        Many tools write text blocks and headings, so for these the name that the
        exporter gives must agree with the content.
        """
        for member in source.members():
            kind = _kind(source, member.name)
            if kind in _CHATS or (kind == "blocks" and _EXPORTED in member.name):
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
    if source.kind != "file" and path.suffix.lower() not in _TEXT_SUFFIXES:
        return ""
    text = source.head_text(name).lstrip()
    if source.kind != "file" and path.name == "profile.json":
        return "profile"
    if source.kind != "file" and path.name in ("journal.json", "global_journal.json"):
        return "journal"
    first, line_end, _ = text.partition("\n")
    if line_end and heading_of(first.rstrip()):
        return "blocks"
    return _json_kind(text) if text.startswith(("[", "{")) else ""


def _json_kind(text: str) -> str:
    if '"items"' in text and _KINX_PATH.search(text):
        return "kinx"
    if not (_SENDER.search(text) and _MILLIS.search(text)):
        return ""
    values = peek_values(text)
    if any(is_api_message(value) for value in values):
        return "api"
    # A page of messages, which may be longer than what is looked at.
    pages = [v for v in values if isinstance(v, dict) and "messages" in v]
    if any(is_api_message(m) for page in pages for m in _listed(page["messages"])):
        return "api"
    return "api" if not values and '"messages"' in text and '"message"' in text else ""


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
