"""Which files of a Claude export hold what, and which are missing."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_list, as_object, as_word
from persona_vault.model import ABSENT_FILE, Ignored, ImportIssue

# Phone numbers, addresses and places of login: not opened, not even to look.
_ACCOUNT = frozenset({"users.json", "user.json", "login_history.json"})
# The parts of an export that hold talk or what the companion was told to be.
_WANTED = ("conversations", "projects", "memories")
_KINDS = ("projects", "memories", "chats")

# Inside a JSON string every quote is escaped, so these only match keys.
_CHATS = re.compile(r'"chat_messages"\s*:\s*\[')
_WRAPPED = re.compile(r'"conversations"\s*:\s*\[')
_MEMORIES = re.compile(r'"(?:conversations_memory|project_memories)"\s*:')
_PROJECT = re.compile(r'"prompt_template"\s*:')
_PROJECT_TOO = re.compile(r'"(?:is_starter_project|is_private|docs)"\s*:')
_MANIFEST = re.compile(r'"data_files"\s*:\s*\[')
_PART = re.compile(r"([a-z_]+)-(\d{1,6})\.(?:zip|json)")
_COPY = re.compile(r" \(\d+\)(?=\.[a-z]+$)")


def _basename(member: str) -> str:
    """The last part of a name, without the number that browsers give to copies."""
    return _COPY.sub("", member.rsplit("/", 1)[-1].lower())


class Files:
    """The members of an export by what they hold.

    Attributes:
        by_kind: Kind ("chats", "projects", "memories", "manifest") -> member names in
            reading order.
        zips: Zips inside the source, which are never opened.
        others: (name, why it is left out) of all other members.
    """

    def __init__(self, source: Source) -> None:
        self.by_kind: dict[str, list[str]] = {}
        self.zips: list[str] = []
        self.others: list[tuple[str, str]] = []
        self._names = [member.name for member in source.members()]
        for name in self._names:
            base = _basename(name)
            if source.kind != "file" and base.endswith(".zip"):
                self.zips.append(name)
            elif base in _ACCOUNT:
                self.others.append((name, "account data, not opened"))
            elif source.kind != "file" and not base.endswith(".json"):
                self.others.append((name, "not a chat file"))
            elif kind := _kind(source.head_text(name).lstrip()):
                self.by_kind.setdefault(kind, []).append(name)
            else:
                self.others.append((name, "not a chat file"))
        for names in self.by_kind.values():
            names.sort(key=_order)

    def contents(self) -> Iterator[tuple[str, str]]:
        """(kind, member) of everything to read: projects name what follows."""
        for kind in _KINDS:
            for member in self.by_kind.get(kind, ()):
                yield kind, member

    def left_out(self) -> Iterator[Ignored | ImportIssue]:
        """A record for each member that is not read."""
        for name in self.by_kind.get("manifest", ()):
            yield Ignored("list of the export's files", name)
        for name in self.zips:
            yield ImportIssue("a zip inside is not opened, import it by itself", name)
        for name, reason in self.others:
            yield Ignored(reason, name)

    def absent(self, source: Source) -> Iterator[ImportIssue]:
        """An issue for each part that the list or the numbering promises in vain."""
        told = set()
        for member in self.by_kind.get("manifest", ()):
            try:
                promised = _promised(source.json_document(member))
            except InputRejectedError:
                yield ImportIssue("the list of files could not be read", member)
                continue
            for name in promised:
                if name not in told and not self._is_here(name, promised):
                    told.add(name)
                    yield ImportIssue(ABSENT_FILE, name)
        for name in self._gaps():
            if name not in told:
                yield ImportIssue(ABSENT_FILE, name)

    def _is_here(self, promised: str, all_promised: list[str]) -> bool:
        """Whether a part lies here: as such, unpacked to a folder, or unpacked flat."""
        stem, category = promised.rpartition(".")[0], promised.partition("-")[0]
        n_alike = sum(name.startswith(f"{category}-") for name in all_promised)
        for name in self._names:
            *folders, base = name.lower().split("/")
            if _basename(base) == promised or stem in map(_basename, folders):
                return True
            is_of_it = base == f"{category}.json" or category in folders
            if is_of_it and n_alike == 1:
                return True
        return False

    def _gaps(self) -> Iterator[str]:
        """Numbers left out between the first and the last shard of a folder.

        Each part of an export can be imported by itself, so nothing is missing before
        the first one.
        """
        numbers: dict[str, set[int]] = {}
        for name in self.by_kind.get("chats", ()):
            found = _PART.fullmatch(_basename(name))
            if found:
                folder = name.rpartition("/")[0]
                numbers.setdefault(folder, set()).add(int(found[2]))
        for present in numbers.values():
            for number in range(min(present), min(max(present), min(present) + 10_000)):
                if number not in present:
                    yield f"conversations-{number:03d}.json"


def _kind(head: str) -> str:
    if head[:1] not in ("[", "{"):
        return ""
    if _CHATS.search(head):
        return "chats"
    if _MEMORIES.search(head):
        return "memories"
    if _PROJECT.search(head) and _PROJECT_TOO.search(head):
        return "projects"
    is_manifest = _MANIFEST.search(head) and "-000." in head
    return "manifest" if is_manifest else ""


def _order(member: str) -> tuple[str, int, str]:
    path = PurePosixPath(member)
    found = _PART.fullmatch(_basename(member))
    return str(path.parent), int(found[2]) if found else -1, path.name


def _promised(manifest: Any) -> list[str]:
    """Names of the wanted parts; the links beside them are never looked at."""
    found: dict[str, None] = {}
    for entry in map(as_object, as_list(as_object(manifest).get("data_files"))):
        name = as_word(entry.get("filename")).lower()
        part = _PART.fullmatch(name)
        if part and part[1] in _WANTED:
            found[name] = None
    return list(found)


def listed(source: Source, member: str) -> Iterator[tuple[str, Any]]:
    """(where, value) of a list, of a list under "conversations", or of one object."""
    head = source.head_text(member).lstrip()
    if not head.startswith("{"):
        yield from source.json_items(member)
        return
    wrapped, chats = _WRAPPED.search(head), _CHATS.search(head)
    if wrapped and chats and wrapped.start() < chats.start():
        yield from source.json_items(member, key="conversations")
    else:
        yield f"{member} item 1", source.json_document(member)
