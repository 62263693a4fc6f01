"""Nomi: what archive tools save, as the vendor has no export of chats.

This file knows the shapes apart; the records themselves are read in `nomi_vault`,
`nomi_page` and `nomi_manager`.
"""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told
from persona_vault.importers.files.jsonwalk import opening
from persona_vault.importers.formats.nomi.manager import (
    is_backup,
    is_chats,
    is_profile,
    read_backup,
    read_chats,
    read_profile,
)
from persona_vault.importers.formats.nomi.page import is_page, read_page
from persona_vault.importers.formats.nomi.vault import (
    is_cache,
    read_cache,
    told_record,
)
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_object, kept_value
from persona_vault.model import Ignored, ImportIssue, ReadOptions, Record

_Reader = Callable[[Source, str, ReadOptions], Iterator[Record]]
_READERS: dict[str, _Reader] = {
    "cache": read_cache,
    "page": read_page,
    "chats": read_chats,
    "profile": read_profile,
    "backup": read_backup,
}
_SUFFIXES = {".json", ".html"}
# Names of the copy that Nomi Manager keeps in the cloud; they hold no talk, and the
# settings may hold a key.
_OTHERS = {
    "index.json": "list of the other files",
    "settings.json": "settings of the tool, which may hold a key",
    "chat_rooms.json": "list of group chats",
}


class Nomi:
    """Archives of Nomi talk: NomiVault caches and pages, Nomi Manager's files."""

    name: ClassVar[str] = "nomi"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "nomi"
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
        for name, kind in kinds.items():
            if not kind:
                yield Ignored(_reason_for(name), name)
            elif kind == "page" and _has_cache(name, kinds):
                yield Ignored("same records as another file of the export", name)
            elif len(kinds) == 1:
                yield from _READERS[kind](source, name, options)
            else:
                yield from _to_the_end(_READERS[kind](source, name, options), name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """The words of a message, a term or a section; who speaks, its file tells."""
        return told_record(as_object(kept_value(raw)), where)


def _to_the_end(records: Iterator[Record], name: str) -> Iterator[Record]:
    """One broken file among many is an issue: the others are still whole."""
    try:
        yield from records
    except InputRejectedError:
        yield ImportIssue("file cannot be read to its end", name)


def _has_cache(name: str, kinds: dict[str, str]) -> bool:
    """Whether the cache from which a page was made stands beside it."""
    stem = name.removesuffix(".html")
    beside = (f"{stem}.json", f"{stem.removesuffix('-chat')}.json")
    return any(kinds.get(cache) == "cache" for cache in beside)


def _kind(source: Source, name: str) -> str:
    """The shape of a member by its content, "" for none."""
    path = PurePosixPath(name)
    if source.kind != "file" and path.suffix.lower() not in _SUFFIXES:
        return ""
    if path.name in _OTHERS:
        return ""
    head = source.head_text(name).lstrip()
    if head.startswith("<"):
        return "page" if is_page(head) else ""
    found = opening(head)
    for kind, is_it in (
        ("cache", is_cache),
        ("chats", is_chats),
        ("profile", is_profile),
        ("backup", is_backup),
    ):
        if is_it(found):
            return kind
    return ""


def _reason_for(name: str) -> str:
    path = PurePosixPath(name)
    if path.name in _OTHERS:
        return _OTHERS[path.name]
    return "not a chat file" if path.suffix.lower() in _SUFFIXES else "media file"
