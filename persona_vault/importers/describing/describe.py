"""`describe`: keys, types, counts and forms of any export, never its content.

Vendors change their exports several times a year. What this tells about a file can be
pasted into a public report: words of programs are shown, all others are folded.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from persona_vault.errors import VaultError
from persona_vault.importers.describing.kinds import (
    Facts,
    describe_csv,
    describe_html,
    describe_json,
    describe_jsonl,
    describe_png,
    describe_sqlite,
    describe_text,
    kind_of,
)
from persona_vault.importers.describing.shape import Shape
from persona_vault.importers.describing.words import hidden_name, shown_path
from persona_vault.importers.registry import importers
from persona_vault.importers.source import Member, Source
from persona_vault.model import ReadOptions

FORMAT_VERSION = 1
_MOST_GROUPS = 60
_MOST_OF_A_GROUP = 3
_MOST_NAMES = 24  # of one folder; with more of them they are titles of talks
_DESCRIBED: dict[str, Callable[[Source, str, Shape], Facts]] = {
    "json": describe_json,
    "jsonl": describe_jsonl,
    "csv": describe_csv,
    "text": describe_text,
    "html": describe_html,
    "png": describe_png,
    "sqlite": describe_sqlite,
}
_BOMS = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(slots=True)
class _Group:
    """Files whose names are the same once they are folded."""

    name: str
    members: list[Member] = field(default_factory=list)


def describe(path: Path) -> dict[str, Any]:
    """What a file, zip or folder is made of, as JSON types.

    Keys: `format`, `format_version`, `name`, `kind`, `n_bytes`, `n_files`,
    `recognised_as` (names of importers), `skipped` (reason -> files never opened),
    `files` (one entry for all files of one folded name), `n_files_not_described`.

    Raises:
        InputRejectedError: It is missing, empty, or a damaged or unsafe zip.
    """
    with Source.open(path) as source:
        groups = _groups(source)
        shown = groups[:_MOST_GROUPS]
        skipped = Counter(reason for _name, reason in source.skipped_members())
        n_shown = sum(len(group.members) for group in shown)
        return {
            "format": "export-description",
            "format_version": FORMAT_VERSION,
            "name": shown_path(source.name),
            "kind": source.kind,
            "n_bytes": source.n_bytes(),
            "n_files": len(source.members()),
            "recognised_as": _recognised_as(source),
            "skipped": dict(skipped),
            "files": [_described(source, group) for group in shown],
            "n_files_not_described": len(source.members()) - n_shown,
        }


def _recognised_as(source: Source) -> list[str]:
    """Importers that take the source for theirs, without any option of the user."""
    found = []
    for importer in importers():
        try:
            if importer.identify(source, ReadOptions()):
                found.append(importer.name)
        except VaultError:
            continue
    return found


def _groups(source: Source) -> list[_Group]:
    """Files by folded name, texts before media, in the order of their names."""
    names: dict[str, set[str]] = {}
    for member in source.members():
        folder, _slash, _name = shown_path(member.name).rpartition("/")
        names.setdefault(folder, set()).add(shown_path(member.name))
    groups: dict[str, _Group] = {}
    for member in source.members():
        shown = shown_path(member.name)
        folder, slash, last = shown.rpartition("/")
        if len(names[folder]) > _MOST_NAMES:
            suffix = f".{last.rpartition('.')[2]}" if "." in last else ""
            stem = member.name.rpartition("/")[2].partition(".")[0]
            shown = f"{folder}{slash}{hidden_name(stem)}{suffix}"
        groups.setdefault(shown, _Group(shown)).members.append(member)
    return sorted(groups.values(), key=lambda group: _is_media(group.name))


def _is_media(name: str) -> bool:
    return name.rpartition(".")[2] not in (
        *("json", "jsonl", "csv", "tsv", "txt", "md", "html", "db", "sqlite", "af"),
        *("log", "ndjson", "sqlite3"),
    )


def _described(source: Source, group: _Group) -> dict[str, Any]:
    sizes = [member.n_bytes for member in group.members]
    found: dict[str, Any] = {
        "name": group.name,
        "n_files": len(group.members),
        "n_bytes": [min(sizes), max(sizes)],
    }
    shape = Shape()
    facts: list[Facts] = []
    for member in group.members[:_MOST_OF_A_GROUP]:
        try:
            facts.append(_facts(source, member, shape))
        except VaultError:
            facts.append({"type": "unknown", "problem": "cannot be read"})
    found["described"] = facts
    if fields := shape.to_list():
        found["fields"] = fields
    if shape.n_paths_not_shown:
        found["n_fields_not_shown"] = shape.n_paths_not_shown
    return found


def _facts(source: Source, member: Member, shape: Shape) -> Facts:
    head = source.head(member.name)
    text = source.head_text(member.name)
    kind = kind_of(head if not text else text.encode("utf-8", "replace"), text)
    found: Facts = {"type": kind}
    if kind in ("json", "jsonl", "csv", "text", "html"):
        bom = next((name for mark, name in _BOMS if head.startswith(mark)), "")
        found["byte_order_mark"] = bom or "none"
        found["line_ends"] = _line_ends(text)
    read = _DESCRIBED.get(kind)
    return found if read is None else found | read(source, member.name, shape)


def _line_ends(text: str) -> str:
    n_crlf, n_lf = text.count("\r\n"), text.count("\n")
    if not n_crlf:
        return "LF" if n_lf else "none"
    return "CRLF" if n_crlf == n_lf else "CRLF and LF"
