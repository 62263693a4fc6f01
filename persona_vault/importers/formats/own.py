"""What `persona-vault export` wrote: its table and its lines, read back."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.generic.tables import as_cells, headers
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_size,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
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
    TimeQuality,
)
from persona_vault.portable import (
    COLUMNS,
    FORMAT_KEY,
    FORMAT_VERSION,
    NO,
    YES,
    text_of,
)

_LINE = re.compile(rf'\s*\{{\s*"{FORMAT_KEY}"\s*:')
_FLAGS = {YES: True, NO: False}
# Given anew where a wall time is placed in a zone.
_PLACED_FLAG = "time_ambiguous"


class OwnExport:
    """Reads the CSV and the JSON Lines that `kits` writes, one companion at a time.

    A table is known by its exact header row; spreadsheets may have parted it anew by
    semicolons or tabs. Each conversation names its app. Wall times are placed in the
    zone of the vault that reads them.
    """

    name: ClassVar[str] = "persona_vault"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether the header row is ours, or the first object has our first key."""
        if len(source.members()) != 1:
            return False
        return bool(_LINE.match(source.head_text())) or _delimiter(source) is not None

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message; with names in `options.them` only of those companions.

        Raises:
            InputRejectedError: Not CSV, another version of the lines, or several
                companions and none was chosen.
        """
        reader = _Reader(options, source.name)
        for where, value in _values(source):
            yield (
                value if isinstance(value, ImportIssue) else reader.record(value, where)
            )

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A line or a row by itself: each says all that there is."""
        reader = _Reader(ReadOptions(), where)
        try:
            return reader.record(as_object(kept_value(raw)), where)
        except InputRejectedError:
            return None


def _delimiter(source: Source) -> str | None:
    """What parts the columns of our table, None where it is none."""
    for mark, header in headers(source):
        if tuple(header) == COLUMNS:
            return mark
    return None


def _values(source: Source) -> Iterator[tuple[str, dict[str, Any] | ImportIssue]]:
    """(where, a line as it stands or a row by its columns) of either form."""
    mark = _delimiter(source)
    if mark is None:
        for where, value in source.json_lines():
            if value is BAD_JSON:
                yield where, ImportIssue("line is not JSON", where)
            else:
                yield where, as_object(value)
        return
    name = source.members()[0].name
    header = list(COLUMNS)
    rows = source.rows(delimiter=mark)
    # A spreadsheet may have put a line with the delimiter above the header.
    for _line, cells in rows:
        if cells == header:
            break
    for line, cells in rows:
        where = f"{name} line {line}"
        row = as_cells(header, cells, where)
        yield where, row if isinstance(row, ImportIssue) else dict(row)


def _as_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table under the keys of a line."""
    cells = {name: text_of(name, as_word(row.get(name))) for name in COLUMNS}
    line: dict[str, Any] = dict(cells)
    for name in ("shown", "threaded"):
        line[name] = _FLAGS.get(cells[name].strip().casefold())
    line["flags"] = cells["flags"].split()
    # Which model was asked for, and which answered, a single column does not say.
    is_user = cells["role"] == Role.USER
    part = ClaimPart.REQUESTED if is_user else ClaimPart.ANSWERED
    model = {"value": cells["model"], "source": "message", "part": part}
    line["models"] = [model] if cells["model"] else []
    return line


class _Reader:
    """Turns lines into records; conversations and the companion are remembered."""

    def __init__(self, options: ReadOptions, source_name: str) -> None:
        self._chosen = {name.strip().casefold() for name in options.them}
        self._source_name = source_name
        self._persona: str | None = None
        self._conversations: dict[str, Conversation] = {}

    def record(self, value: Mapping[str, Any], where: str) -> Record:
        """One message, or why it is none."""
        is_line = FORMAT_KEY in value
        if is_line and value[FORMAT_KEY] != FORMAT_VERSION:
            raise InputRejectedError(
                f"{where} is of a version that this program does not know",
                hint="Read it with the program that wrote it, or a newer one.",
            )
        if not is_line and set(value) != set(COLUMNS):
            return ImportIssue("not a message that was exported", where)
        line = dict(value) if is_line else _as_line(value)
        if not self._is_wanted(as_word(line.get("persona"))):
            return Ignored("another companion", where)
        if as_word(line.get("role")) not in set(Role):
            return ImportIssue("unknown role", where)
        if not isinstance(line.get("text"), str):
            return ImportIssue("the text is not plain text", where)
        return self._message(line, where, compact(value))

    def _is_wanted(self, persona: str) -> bool:
        """Whether a line belongs to the companion that is read.

        Raises:
            InputRejectedError: None was chosen, and it is the second one.
        """
        if self._chosen:
            return persona.strip().casefold() in self._chosen
        if self._persona is None:
            self._persona = persona
        if persona != self._persona:
            raise InputRejectedError(
                f"{self._source_name} holds the talk of several companions",
                hint="Read them one by one: --them NAME chooses one of them.",
            )
        return True

    def _message(self, line: Mapping[str, Any], where: str, raw: str) -> Message:
        quality, sent_at, local_at = _time(line)
        flags = [flag for flag in as_list(line.get("flags")) if as_word(flag)]
        if quality is TimeQuality.LOCAL and _PLACED_FLAG in flags:
            flags.remove(_PLACED_FLAG)
        return Message(
            conversation=self._conversation(line),
            role=Role(line["role"]),
            speaker=as_word(line.get("speaker")),
            text=line["text"],
            where=where,
            native_id=as_word(line.get("native_id")) or None,
            sent_at=sent_at,
            local_at=local_at,
            time_quality=quality,
            kind=as_word(line.get("kind")) or "text",
            shown=line.get("shown") is not False,
            parent=as_word(line.get("parent")) or None,
            models=_claims(line.get("models")),
            attachments=_attachments(line.get("attachments")),
            flags=tuple(flags),
            raw=raw,
        )

    def _conversation(self, line: Mapping[str, Any]) -> Conversation:
        told = Conversation(
            native_id=as_word(line.get("conversation")) or "main",
            title=as_word(line.get("title")),
            group=as_word(line.get("group")),
            threaded=line.get("threaded") is not False,
            models=_claims(line.get("default_models")),
            app=as_word(line.get("app")),
        )
        return self._conversations.setdefault(told.key, told)


def _time(
    line: Mapping[str, Any],
) -> tuple[TimeQuality, datetime | None, str | None]:
    """Quality, instant and wall time; what does not fit together is no time."""
    named = as_word(line.get("time_quality"))
    quality = TimeQuality(named) if named in set(TimeQuality) else TimeQuality.NONE
    if quality is TimeQuality.LOCAL:
        wall = _parsed(line.get("local_at"))
        if wall is not None and wall.tzinfo is None:
            return quality, None, as_word(line.get("local_at"))
    elif quality is not TimeQuality.NONE:
        sent = _parsed(line.get("sent_at"))
        if sent is not None and sent.tzinfo is not None:
            return quality, sent.astimezone(UTC), None
    return TimeQuality.NONE, None, None


def _parsed(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(as_word(value))
        if moment.tzinfo is not None:
            moment.astimezone(UTC)  # the first and last days of the calendar may not
    except (ValueError, OverflowError):
        return None
    return moment


def _claims(value: Any) -> tuple[ModelClaim, ...]:
    claims = []
    for told in map(as_object, as_list(value)):
        name = as_word(told.get("value"))
        source, part = as_word(told.get("source")), as_word(told.get("part"))
        if name and source in set(ClaimSource) and part in set(ClaimPart):
            claims.append(ModelClaim(name, ClaimSource(source), ClaimPart(part)))
    return tuple(claims)


def _attachments(value: Any) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            as_word(told.get("name")),
            as_word(told.get("media_type")),
            as_size(told.get("n_bytes")),
        )
        for told in map(as_object, as_list(value))
    )
