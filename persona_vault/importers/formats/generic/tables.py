"""Tables of messages (CSV, JSON Lines, JSON lists) whose columns have common names."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from persona_vault.errors import VaultError
from persona_vault.importers.formats.generic.named_text import NamedText
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.columns import (
    FIELDS,
    REQUIRED,
    Part,
    Speakers,
    choose_columns,
    detect_columns,
    has_messages,
    other_columns,
)
from persona_vault.importers.talk.timecolumn import TimeColumn, TimeWatch
from persona_vault.importers.values import as_object, compact, kept_value
from persona_vault.model import (
    COLUMNS_FACT,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    ReadOptions,
    Record,
    Role,
    SourceFact,
)

__all__ = ["GenericCsv", "GenericJsonl", "NamedText", "as_cells", "headers"]

_N_PROBED = 50
# Spreadsheets part columns by semicolons where a comma is the decimal sign, and by tabs
# in what they call Unicode text.
_DELIMITERS = (",", ";", "\t")
_MOST_KINDS = 1_000
_EXCEL_SAYS = "sep="  # a first line that names the delimiter and is no header

Row = tuple[str, Mapping[str, Any] | ImportIssue]


class GenericCsv:
    """Reads tables with a header row, parted by commas, semicolons or tabs.

    Columns are found by common names or taken from `options.columns`. Without a
    conversation column the file is one endless talk.
    """

    name: ClassVar[str] = "csv"
    version: ClassVar[int] = 2
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "generic"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether the first row names a speaker and a text, or chosen columns."""
        if len(source.members()) != 1:
            return False
        if source.head_text()[:1] in ("{", "[", "<", ""):
            return False
        return any(_is_table(header, options) for _mark, header in headers(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every row under the header.

        Raises:
            InputRejectedError: Not CSV, or the times cannot be understood.
            UsageError: A chosen column does not exist, or a needed one is not found.
        """
        name = source.members()[0].name
        mark, n_before = _layout(source, options)

        def all_rows() -> Iterator[tuple[int, list[str]]]:
            return islice(source.rows(delimiter=mark), n_before, None)

        header = next((cells for _line, cells in all_rows()), [])

        def rows() -> Iterator[Row]:
            for line, cells in islice(all_rows(), 1, None):
                where = f"{name} line {line}"
                yield where, as_cells(header, cells, where)

        columns = choose_columns(header, options.columns, name)
        yield from _Table(rows, columns, options, name).records()

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A row alone; None where its columns or its time need the rows around it."""
        return _reread(raw, where, options, of_objects=False)


class GenericJsonl:
    """Reads JSON Lines, or one JSON list, of flat objects: one message each.

    An object without the key that holds the speaker or the text in the others is read
    by another key of its own that may.
    """

    name: ClassVar[str] = "jsonl"
    version: ClassVar[int] = 2
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "generic"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether the first objects have a speaker and a text, or chosen keys."""
        if len(source.members()) != 1:
            return False
        head = source.head_text().lstrip()
        if not head.startswith("{") and not head[1:].lstrip().startswith("{"):
            return False
        return _is_table(_probed_keys(head), options)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every object of the file.

        Raises:
            InputRejectedError: A list is not JSON, or the times cannot be understood.
            UsageError: A chosen key does not exist, or a needed one is not found.
        """
        head = source.head_text().lstrip()

        def rows() -> Iterator[Row]:
            values = source.json_items if head[:1] == "[" else source.json_lines
            for where, value in values():
                yield where, _as_row(value, where)

        # Nearly always the head tells which key holds the times, so that keys and
        # times are learned together.
        likely = {**detect_columns(_probed_keys(head)), **options.columns}
        seen = _SeenTimes(likely.get("timestamp") or None)
        keys: dict[str, None] = {}
        for _where, row in rows():
            if isinstance(row, ImportIssue):
                continue
            if not row.keys() <= keys.keys():
                keys |= dict.fromkeys(row)
            seen.see(row)
        name = source.members()[0].name
        columns = choose_columns(list(keys), options.columns, name)
        yield from _Table(rows, columns, options, name, seen, list(keys)).records()

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """An object alone; None where its keys or its time need those around it."""
        return _reread(raw, where, options, of_objects=True)


def headers(source: Source) -> list[tuple[str, list[str]]]:
    """(delimiter, header) for every delimiter that the first row may be parted by."""
    first, second = [*source.head_text().split("\n", 2), ""][:2]
    marks: tuple[str, ...] = _DELIMITERS
    if said := _said_delimiter(first):
        first, marks = second, (said,)
    found = []
    for mark in marks:
        try:
            cells = next(csv.reader([first.strip("\r")], delimiter=mark), [])
        except csv.Error:
            continue
        found.append((mark, cells))
    return found


def _said_delimiter(first: str) -> str:
    """The delimiter that a first line such as `sep=;` names, else ""."""
    mark = first.strip("\r")[len(_EXCEL_SAYS) :]
    is_said = first.casefold().startswith(_EXCEL_SAYS) and mark in _DELIMITERS
    return mark if is_said else ""


def _layout(source: Source, options: ReadOptions) -> tuple[str, int]:
    """The delimiter, and how many rows stand before the header.

    Where no header names messages, the delimiter is the one that gives most columns.
    """
    found = headers(source)
    n_before = 1 if _said_delimiter(source.head_text().partition("\n")[0]) else 0
    for mark, header in found:
        if _is_table(header, options):
            return mark, n_before
    widest = max(found, key=lambda pair: len(pair[1]), default=(",", []))
    return widest[0], n_before


def _reread(
    raw: str, where: str, options: ReadOptions, *, of_objects: bool
) -> Record | None:
    row = as_object(kept_value(raw))
    # By what the whole file chose, where its ledger tells that.
    found = options.found_columns or detect_columns(row)
    columns = {f: name for f, name in {**found, **options.columns}.items() if name}
    if not columns.keys() >= set(REQUIRED):
        return None
    rows: list[Row] = [(where, row)]
    names = list(row) if of_objects else []
    try:
        table = _Table(lambda: iter(rows), columns, options, where, None, names)
        return next(table.records())
    except VaultError:
        return None


def _is_table(names: list[str], options: ReadOptions) -> bool:
    # Where only some of the chosen columns exist, `read` says which are missing.
    chosen = {column for column in options.columns.values() if column}
    return has_messages(names) or not chosen.isdisjoint(names)


def _probed_keys(head: str) -> list[str]:
    """Keys of the first objects in a head, which ends anywhere."""
    decoder = json.JSONDecoder(strict=False)
    keys: dict[str, None] = {}
    place = 1 if head.startswith("[") else 0
    for _ in range(_N_PROBED):
        while head[place : place + 1] in (" ", "\t", "\r", "\n", ","):
            place += 1
        try:
            value, place = decoder.raw_decode(head, place)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            keys |= dict.fromkeys(value)
    return list(keys)


def as_cells(
    header: list[str], cells: list[str], where: str
) -> Mapping[str, Any] | ImportIssue:
    """A row by the names of its columns; of columns named alike the first counts."""
    if any(cell.strip() for cell in cells[len(header) :]):
        # A delimiter outside quotes: to go on would cut the text off in silence.
        return ImportIssue("row with more fields than the header", where)
    named: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=False):
        named.setdefault(name, cell)
    return named


def _as_text(value: Any) -> str:
    """A field as text; "" for what is missing or no text and no number."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _as_row(value: Any, where: str) -> Mapping[str, Any] | ImportIssue:
    if value is BAD_JSON:
        return ImportIssue("line is not JSON", where)
    if not isinstance(value, dict):
        return ImportIssue("not an object with named fields", where)
    return value


class _SeenTimes:
    """What all rows of a file together tell about the times in one of its columns."""

    def __init__(self, column: str | None) -> None:
        self.column = column
        self._watch = TimeWatch()

    def see(self, row: Mapping[str, Any]) -> None:
        """Look at the next row."""
        if self.column is not None:
            self._watch.see(row.get(self.column))

    def decide(self, day_first: bool | None, source_name: str) -> TimeColumn:
        """How the column is read, once all rows were seen."""
        return self._watch.decide(day_first, source_name)


class _Table:
    """The rows of one file on their way to records; they are read twice.

    The first pass learns what only all rows together tell about the times; where that
    was done for the right column already (`seen`), they are read once. `names` are the
    keys of all objects: one may hold what the chosen one lacks in some.
    """

    def __init__(
        self,
        rows: Callable[[], Iterator[Row]],
        columns: Mapping[str, str],
        options: ReadOptions,
        source_name: str,
        seen: _SeenTimes | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._name = source_name
        self._chosen = options.columns
        self._spare = {
            field: other_columns(names, field, columns[field])
            for field in REQUIRED
            if not options.columns.get(field)
        }
        self._kinds: set[int] = set()  # hashes of the names of a row
        self._speakers = Speakers(options)
        column = self._columns.get("timestamp")
        if seen is None or seen.column != column:
            seen = _SeenTimes(column)
            for _where, row in rows():
                if not isinstance(row, ImportIssue):
                    seen.see(row)
        self._times = seen.decide(options.day_first, source_name)
        self._conversations: dict[str, Conversation] = {}

    def records(self) -> Iterator[Record]:
        """One record for each row; then the columns, if a row alone shows others."""
        is_even, columns = True, frozenset(self._columns.values())
        for where, row in self._rows():
            if isinstance(row, ImportIssue):
                yield row
                continue
            if is_even and not columns <= row.keys():
                is_even = self._tells_columns(tuple(row))
            yield self._record(row, where)
        if not is_even:
            told = {field: self._columns.get(field, "") for field in FIELDS}
            # As it stands, so that a forgetting finds a name in it.
            value = json.dumps(told, ensure_ascii=False)
            yield SourceFact(COLUMNS_FACT, value, self._name)

    def _tells_columns(self, names: tuple[str, ...]) -> bool:
        """Whether a row of these names, read alone, is read by the same columns."""
        kind = hash(names)
        if kind in self._kinds:
            return True
        self._kinds.add(kind)
        alone = {**detect_columns(names), **self._chosen}
        return len(self._kinds) < _MOST_KINDS and all(
            not name or name == self._columns.get(field)
            for field, name in alone.items()
        )

    def _value(self, row: Mapping[str, Any], field: str) -> Any:
        column = self._columns.get(field)
        if column is None:
            return None
        value = row.get(column)
        return self._spared(row, field) if value is None else value

    def _spared(self, row: Mapping[str, Any], field: str) -> str | None:
        """What another key of this row says, where the chosen one says nothing."""
        values = map(row.get, self._spare.get(field, ()))
        return next((value for value in values if isinstance(value, str)), None)

    def _word(self, row: Mapping[str, Any], field: str) -> str:
        """A field as text; "" for what is missing or no text and no number."""
        return _as_text(self._value(row, field))

    def _record(self, row: Mapping[str, Any], where: str) -> Record:
        said = self._value(row, "text")
        if isinstance(said, (list, dict, bool)):
            return ImportIssue("the text is not plain text", where)
        text = _as_text(said)
        speaker = self._word(row, "speaker")
        part = self._speakers.part(speaker)
        if not text.strip() and (part is None or not self._has_place(row)):
            return Ignored("empty text", where)
        if part is None:
            reason = "unknown speaker" if speaker.strip() else "no speaker"
            return ImportIssue(reason, where)
        stamp, flags = self._times.read(self._value(row, "timestamp"))
        return Message(
            conversation=self._conversation(row),
            role=part.role,
            speaker=speaker,
            text=text,
            where=where,
            native_id=self._word(row, "id").strip() or None,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind=part.kind,
            shown=part.shown,
            models=self._claims(row, part),
            flags=flags,
            raw=compact(row),
        )

    def _has_place(self, row: Mapping[str, Any]) -> bool:
        """Whether a row without words still says when something was sent, or its id.

        Such a picture or lost text parts two replies, which are no burst then.
        """
        return any(self._word(row, field).strip() for field in ("id", "timestamp"))

    def _conversation(self, row: Mapping[str, Any]) -> Conversation:
        key = self._word(row, "conversation").strip() or "main"
        if key not in self._conversations:
            threaded = "conversation" in self._columns
            self._conversations[key] = Conversation(native_id=key, threaded=threaded)
        return self._conversations[key]

    def _claims(self, row: Mapping[str, Any], part: Part) -> tuple[ModelClaim, ...]:
        value = self._word(row, "model").strip()
        if not value:
            return ()
        # In the user's own message no model has answered yet.
        is_answer = part.role is not Role.USER
        claim = ClaimPart.ANSWERED if is_answer else ClaimPart.REQUESTED
        return (ModelClaim(value, ClaimSource.MESSAGE, claim),)
