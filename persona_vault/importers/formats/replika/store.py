"""The stores of a Replika export extension: text with local dates, JSON cells.

Its builds differ. One writes the service's own objects; a later one writes every entry
as lines, the first of which opens with the browser's date, and for JSON and CSV cuts
them into the first line and the rest.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import parse_line, peek_values
from persona_vault.importers.files.texts import cut_off
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.dates import NO_TIME, from_text
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.talk.two_names import roles_of
from persona_vault.importers.values import as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
)

RAW_CSV = {"id", "content", "meta"}

_NAME = re.compile(r"replika-\w+-export-")
_PAIR = {"time", "message"}
_LABELS = {"Diary Entry: ": "diary", "Memory: ": "memory"}
_MEDIA = ("Voice Message URL: ", "Image: ")
_SAID = re.compile(r"([^\s:][^:]{0,63}):(?: (.*))?", re.DOTALL)
# The heading of the table stands in such cells as well, but is no date.
_ROW_TIME = re.compile(r"\s*<th>[^<]*\d[^<]*</th>\s*$")
_ROW = re.compile(
    r"<th>(?P<time>[^<]*)</th>\s*<td>(?P<name>[^\n]*?)</td>\s*"
    r"<td>(?P<text>.*)</td>\s*</tr>",
    re.DOTALL,
)
_MOST_LINES = 10_000  # of a row; a damaged one is not gathered without end
_MOST_WORDS = 6  # of a date, such as "Jan 5, 2023, 10:01:00 AM"
_DECODER = json.JSONDecoder(strict=False)
_Lines = tuple[str, list[str]]


def store_kind(name: str, head: str) -> str:
    """The shape of a store's file, "" for none.

    Lines that open with a date are written by many programs, so for these the name
    that the extension gives must agree with the content.
    """
    header, _, rest = head.partition("\n")
    columns = header.strip().split(",")
    if set(columns) >= RAW_CSV and rest.lstrip()[:1] in ('"', "{"):
        return "raw_csv"
    if not _NAME.search(PurePosixPath(name).name):
        return ""
    if head.startswith("<table>") and "<th>Author</th>" in head:
        return "html_table"
    if set(columns) == _PAIR and rest.startswith('"'):
        return "cut_csv"
    if head.startswith("["):
        first = as_object(next(iter(peek_values(head, 1)), None))
        return "cut_json" if first.keys() == _PAIR else ""
    return "dated_text" if _is_dated(header, rest) else ""


def _is_dated(first: str, rest: str) -> bool:
    opened = _opened(first)
    if opened is None:
        return False
    is_entry = rest.startswith((*_LABELS, *_MEDIA))
    return is_entry or _SAID.fullmatch(opened[1]) is not None


def json_cells(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """(where, record by column name) of a CSV whose cells are JSON values.

    Each row is one line; a comma between quotes or brackets parts no cells, and an
    empty cell is a missing value. Another row gives an `ImportIssue` in its place.
    """
    columns: list[str] = []
    for number, line in source.lines(name):
        where = f"{name} line {number}"
        if not columns:
            columns = line.strip().split(",")
        elif line.strip():
            cells = _cells(line.strip())
            if cells is None or len(cells) != len(columns):
                yield where, ImportIssue("wrong number of columns", where)
            else:
                yield where, dict(zip(columns, cells, strict=True))


def _cells(line: str) -> list[Any] | None:
    cells: list[Any] = []
    at = 0
    while True:
        begins = at
        if line[at : at + 1] not in (",", ""):
            try:
                # Only for the end of the cell; its value is read by the safe reader.
                _value, at = _DECODER.raw_decode(line, at)
                cells.append(parse_line(line[begins:at]))
            except (ValueError, RecursionError):
                return None
        else:
            cells.append(None)
        if at == len(line):
            return cells
        if line[at] != ",":
            return None
        at += 1


@dataclass(slots=True)
class _Entry:
    """One entry of a store as lines.

    Attributes:
        time: The browser's date as written.
        opening: What stands behind the date on its line: "" or `Name: text`.
        rest: The lines below.
        is_lossy: Whether line breaks of the rest were lost.
    """

    where: str
    time: str
    opening: str
    rest: list[str] = field(default_factory=list)
    is_lossy: bool = False


def _opened(line: str) -> tuple[str, str] | None:
    """(date as written, what follows) of a line that opens with a date, else None."""
    if not any(letter.isdigit() for letter in line[:16]):
        return None
    words = line.split(" ", _MOST_WORDS)
    for n_words in range(min(_MOST_WORDS, len(words)), 0, -1):
        time = " ".join(words[:n_words])
        for order in (True, False):
            if (from_text(time, day_first=order) or NO_TIME) is not NO_TIME:
                return time, " ".join(words[n_words:])
    return None


def _text_entries(source: Source, name: str) -> Iterator[_Entry | ImportIssue]:
    entry: _Entry | None = None
    is_stray = False
    for number, line in source.lines(name):
        where = f"{name} line {number}"
        opened = _opened(line)
        if opened and (not opened[1] or _SAID.fullmatch(opened[1])):
            if entry is not None:
                yield entry
            entry = _Entry(where, *opened)
        elif entry is not None:
            entry.rest.append(line)
        elif line.strip() and not is_stray:
            is_stray = True
            yield ImportIssue("text before the first date", where)
    if entry is not None:
        yield entry


def _html_entries(source: Source, name: str) -> Iterator[_Entry | ImportIssue]:
    """The rows of the older build's HTML, whose words are written as they are."""
    row: list[str] = []
    begins = 0
    for number, line in source.lines(name):
        if not row and not _ROW_TIME.match(line):
            continue
        begins = begins if row else number
        row.append(line)
        if line.strip() != "</tr>" and len(row) <= _MOST_LINES:
            continue
        found = _ROW.fullmatch("\n".join(row).strip())
        where, row = f"{name} line {begins}", []
        if found is None:
            yield ImportIssue("row in an unknown shape", where)
        else:
            first, *rest = found["text"].split("\n")
            yield _Entry(where, found["time"], f"{found['name']}: {first}", rest)
    if row:
        raise cut_off(name, f"inside the row of line {begins}")


def _cut_entries(records: Iterator[tuple[str, Any]]) -> Iterator[_Entry | ImportIssue]:
    for where, record in records:
        if isinstance(record, ImportIssue):
            yield record
            continue
        fields = as_object(record) if record is not BAD_JSON else {}
        first, rest = as_word(fields.get("time")), as_word(fields.get("message"))
        opened = _opened(first)
        if opened is None and not first.startswith(_MEDIA):
            yield ImportIssue("time cannot be read", where)
            continue
        time, opening = opened or ("", first)
        yield _Entry(where, time, opening, [rest] if rest else [], is_lossy=bool(rest))


def read_dated_text(
    source: Source, name: str, talk: Conversation, options: ReadOptions
) -> Iterator[Record]:
    """The entries of a text file."""
    return _read(lambda: _text_entries(source, name), name, talk, options)


def read_html_table(
    source: Source, name: str, talk: Conversation, options: ReadOptions
) -> Iterator[Record]:
    """The rows of an HTML file of the older build.

    Raises:
        InputRejectedError: The file ends inside a row.
    """
    return _read(lambda: _html_entries(source, name), name, talk, options)


def read_cut_json(
    source: Source, name: str, talk: Conversation, options: ReadOptions
) -> Iterator[Record]:
    """The entries of a JSON file of the later build."""
    return _read(lambda: _cut_entries(source.json_items(name)), name, talk, options)


def read_cut_csv(
    source: Source, name: str, talk: Conversation, options: ReadOptions
) -> Iterator[Record]:
    """The entries of a CSV file of the later build."""
    return _read(lambda: _cut_entries(json_cells(source, name)), name, talk, options)


def _read(
    entries: Callable[[], Iterator[_Entry | ImportIssue]],
    name: str,
    talk: Conversation,
    options: ReadOptions,
) -> Iterator[Record]:
    """Records of entries that are read twice: dates and names need the whole file.

    Raises:
        InputRejectedError: The order of day and month cannot be decided.
    """
    authors: set[str] = set()

    def times() -> Iterator[str]:
        for entry in entries():
            if isinstance(entry, _Entry):
                said = _SAID.fullmatch(entry.opening)
                if said and not entry.opening.startswith(_MEDIA):
                    authors.add(said[1].casefold())
                yield entry.time

    column = TimeColumn.decide(times(), options.day_first, name)
    roles = roles_of(authors, options)
    for entry in entries():
        if isinstance(entry, ImportIssue):
            yield entry
        else:
            yield _record(entry, column, roles, talk)


def told_stored(kept: dict[str, Any], where: str) -> Told | None:
    """The words of an entry; all of the file tells its time and its sides."""
    opening, _, below = as_word(kept.get("text")).partition("\n")
    rest = [below or as_word(kept.get("message"))]
    entry = _Entry(where, as_word(kept.get("time")), opening, rest)
    roles = {opening.partition(":")[0].casefold(): Role.SYSTEM}
    told = told_by([_record(entry, TimeColumn(), roles, Conversation())])
    return told and Told(text=told.text, speaker=told.speaker)


def _record(
    entry: _Entry, column: TimeColumn, roles: dict[str, Role], talk: Conversation
) -> Record:
    whole = "\n".join([entry.opening, *entry.rest]).strip("\n")
    if whole.startswith(_MEDIA):
        return Ignored("address or bytes of media", entry.where)
    for label, kind in _LABELS.items():
        if not entry.opening and whole.startswith(label):
            return PersonaInput(
                kind=kind,
                text=whole.removeprefix(label).strip(),
                raw=compact({"time": entry.time, "message": whole}),
                where=entry.where,
            )
    said = _SAID.fullmatch(entry.opening)
    if said is None:
        return ImportIssue("no speaker", entry.where)
    role = roles.get(said[1].casefold())
    if role is None:
        return ImportIssue("speaker not named by the user", entry.where)
    text = "\n".join([said[2] or "", *entry.rest]).strip("\n")
    if not text.strip():
        return Ignored("empty text", entry.where)
    stamp, flags = column.read(entry.time)
    return Message(
        conversation=talk,
        role=role,
        speaker=said[1],
        text=text,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        flags=(*flags, "lossy_newlines") if entry.is_lossy else flags,
        raw=compact({"time": entry.time, "text": whole}),
        where=entry.where,
    )
