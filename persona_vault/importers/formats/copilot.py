"""Microsoft Copilot: the CSV files of the privacy dashboard."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import Stamp
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import as_object, compact, kept_value
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

# Field -> column, by shape. The main file, then the one of Copilot chats and of
# Copilot inside Microsoft 365 (one shape), as exported in February 2026.
_MAIN = {
    "title": "Conversation",
    "time": "Time",
    "author": "Author",
    "text": "Message",
}
_CHATS = {
    "title": "ChatName",
    "time": "CreatedAt",
    "author": "Author",
    "text": "MessageContent",
}
_PROMPTS_ONLY = {"Timestamp", "ClientApp", "Prompt"}
_USERS = {"user", "human"}
_ASSISTANTS = {"ai", "copilot", "assistant"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One message of a file, with its place in it."""

    message: Message
    order: str


class Copilot:
    """Reads `copilot-activity-history.csv` and the files of the same export.

    The files name conversations by title only, so that talks of one title form one
    thread, cut by its pauses. They hold neither ids nor model names.
    """

    name: ClassVar[str] = "copilot"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "copilot"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member has one of the three header rows, spelled exactly so."""
        return not options.columns and bool(_tables(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every row, oldest first, the user's before the answer of the same second.

        Raises:
            InputRejectedError: A member is not CSV or cut off, or the source holds
                only the user's prompts.
        """
        names = _tables(source)
        shapes = {name: _shape(source.head_text(name)) for name in names}
        if names and not any(shapes.values()):
            raise InputRejectedError(
                f"{names[0]} holds only prompts, without any answer",
                hint="Import copilot-activity-history.csv of the same export instead.",
            )
        for name, columns in shapes.items():
            if columns:
                yield from _records(source, name, columns)
            else:
                yield from _prompts(source, name)
        yield from other_members(source, names)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A row alone, whose columns name its shape."""
        cells = as_object(kept_value(raw))
        columns = _CHATS if _CHATS["text"] in cells else _MAIN
        return _record(cells, columns, where, {})


def _tables(source: Source) -> list[str]:
    return members_like(source, {".csv"}, lambda head: _shape(head) is not None)


def _shape(head: str) -> dict[str, str] | None:
    """Field -> column; empty for the file of prompts, None for another table."""
    lines = csv.reader(head.splitlines(keepends=True))
    try:
        header = {cell.strip() for cell in next(lines, [])}
        first = next(lines, [])
    except csv.Error:
        return None
    if header == _PROMPTS_ONLY:
        return {}
    if header == set(_CHATS.values()):
        return _CHATS
    # These words are common: the first row must look like Copilot's as well.
    if header == set(_MAIN.values()) and (
        not first or {cell.strip().lower() for cell in first} & (_USERS | _ASSISTANTS)
    ):
        return _MAIN
    return None


def _prompts(source: Source, name: str) -> Iterator[Record]:
    for number, (line, _cells) in enumerate(source.rows(name)):
        if number:
            where = f"{name} line {line}"
            yield Ignored("prompt whose answer is not in the export", where)


def _records(source: Source, name: str, columns: dict[str, str]) -> Iterator[Record]:
    """The rows of one file; they are held in memory, as the newest stands first."""
    threads: dict[str, Conversation] = {}
    rows: list[_Row] = []
    header: list[str] = []
    for line, cells in source.rows(name):
        if not header:
            header = [cell.strip() for cell in cells]
            continue
        where = f"{name} line {line}"
        record = _record(
            dict(zip(header, cells, strict=False)), columns, where, threads
        )
        if any(cell.strip() for cell in cells[len(header) :]):
            record = ImportIssue("row with more fields than the header", where)
        if isinstance(record, Message):
            rows.append(_Row(record, _sortable(record)))
        else:
            yield record
    for row in _in_reading_order(rows):
        yield row.message


def _record(
    cells: dict[str, str],
    columns: dict[str, str],
    where: str,
    threads: dict[str, Conversation],
) -> Record:
    title = cells.get(columns["title"], "").strip()
    talk = threads.setdefault(
        title, Conversation(native_id=title or "main", title=title, threaded=False)
    )
    author = cells.get(columns["author"], "").strip()
    role = _role(author, columns)
    if role is None:
        return ImportIssue("unknown speaker" if author else "no speaker", where, talk)
    text = cells.get(columns["text"], "")
    if not text.strip():
        return Ignored("empty text", where, talk)
    stamp, flags = _read_time(cells.get(columns["time"], ""))
    return Message(
        conversation=talk,
        role=role,
        speaker=author,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        flags=flags,
        raw=compact(cells),
    )


def _read_time(text: str) -> tuple[Stamp, tuple[str, ...]]:
    # The files with a slash are written month first, whatever the user's language.
    return TimeColumn(day_first=False).read(text)


def _role(author: str, columns: dict[str, str]) -> Role | None:
    """Whose row it is; the file of chats names the assistant as the user knows it."""
    word = author.lower()
    if word in _USERS:
        return Role.USER
    if word in _ASSISTANTS or (word and columns is _CHATS):
        return Role.PERSONA
    return None


def _sortable(message: Message) -> str:
    if message.sent_at is not None:
        return message.sent_at.isoformat()
    return message.local_at or ""


def _in_reading_order(rows: list[_Row]) -> Iterator[_Row]:
    """Oldest first; of two rows of one second and thread the user's comes first."""
    known = [row.order for row in rows if row.order]
    steps = list(pairwise(known))
    n_falling = sum(later < earlier for earlier, later in steps)
    n_rising = sum(later > earlier for earlier, later in steps)
    prompt: _Row | None = None  # the last one, while its answer is still to come
    reply: _Row | None = None  # held back, as its prompt may stand behind it
    for row in rows[::-1] if n_falling > n_rising else rows:
        if reply is not None and _are_pair(row, reply):
            yield from (row, reply)
            prompt = reply = None
            continue
        if reply is not None:
            yield reply
            reply = None
        if row.message.role is Role.USER:
            prompt = row
            yield row
        elif prompt is not None and _are_pair(prompt, row):
            prompt = None
            yield row
        else:
            reply = row
    if reply is not None:
        yield reply


def _are_pair(prompt: _Row, reply: _Row) -> bool:
    """Whether two neighbours are a prompt and the answer of the same second."""
    return (
        prompt.message.role is Role.USER
        and reply.message.role is Role.PERSONA
        and bool(prompt.order)
        and reply.order == prompt.order
        and reply.message.conversation is prompt.message.conversation
    )
