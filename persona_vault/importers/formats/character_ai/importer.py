"""Character.AI: what third-party tools save; the vendor's own export is not known.

This file knows the shapes apart; the records themselves are read in
`character_ai_turns`, `character_ai_dump` and `character_ai_pages`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told
from persona_vault.importers.formats.character_ai.dump import (
    is_definitions,
    is_dump,
    is_dumped,
    read_definitions,
    read_dump,
    told_dump,
)
from persona_vault.importers.formats.character_ai.pages import (
    is_example,
    is_offline_page,
    read_example,
    read_offline_page,
    told_example,
    told_line,
)
from persona_vault.importers.formats.character_ai.turns import (
    is_turns,
    read_turns,
    told_turn,
)
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_object, kept_value
from persona_vault.model import Ignored, ImportIssue, ReadOptions, Record

_Reader = Callable[[Source, str], Iterator[Record]]
_READERS: dict[str, _Reader] = {
    "turns": read_turns,
    "dump": read_dump,
    "definitions": read_definitions,
    "page": read_offline_page,
    "example": read_example,
}
_SHAPES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("turns", is_turns),
    ("dump", is_dump),
    ("definitions", is_definitions),
    ("page", is_offline_page),
    ("example", is_example),
)
_SUFFIXES = {".json", ".jsonl", ".html", ".htm", ".txt"}
_CHAT_LIST = re.compile(r'"preview_turns"\s*:')


class CharacterAi:
    """Chats of Character.AI: raw turns, dumps of 2023, pages and texts of CAI Tools."""

    name: ClassVar[str] = "character_ai"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "character.ai"
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
        members = source.members()
        for member in members:
            kind = _kind(source, member.name)
            if not kind:
                yield Ignored(_reason_for(source, member.name), member.name)
            elif len(members) == 1:
                yield from _READERS[kind](source, member.name)
            else:
                yield from _to_the_end(_READERS[kind](source, member.name), member.name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a field of the character alone, each in its shape."""
        value = as_object(kept_value(raw))
        if not value:
            return told_example(raw)
        if "candidates" in value:
            return told_turn(value, where)
        is_line = "message" in value and not is_dumped(value)
        return told_line(value, where) if is_line else told_dump(value, where)


def _to_the_end(records: Iterator[Record], name: str) -> Iterator[Record]:
    """One broken file among many is an issue: the others are still whole."""
    try:
        yield from records
    except InputRejectedError:
        yield ImportIssue("file cannot be read to its end", name)


def _kind(source: Source, name: str) -> str:
    """The shape of a member by its content, "" for none."""
    suffix = PurePosixPath(name).suffix.lower()
    if source.kind != "file" and suffix not in _SUFFIXES:
        return ""
    head = source.head_text(name).lstrip()
    return next((kind for kind, is_it in _SHAPES if is_it(head)), "")


def _reason_for(source: Source, name: str) -> str:
    if PurePosixPath(name).suffix.lower() in _SUFFIXES:
        if _CHAT_LIST.search(source.head_text(name)):
            return "list of chats without their messages"
        return "not a chat file"
    return "media file"
