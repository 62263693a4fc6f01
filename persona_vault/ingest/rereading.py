"""Kept raw records, read again by a better parser: no file is needed."""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from persona_vault.errors import UsageError, VaultDamagedError
from persona_vault.findings import plain
from persona_vault.importers.base import Importer, RereadingImporter
from persona_vault.importers.registry import importers
from persona_vault.ingest.identity import (
    AMBIGUOUS,
    NATIVE,
    NEIGHBOURS,
    TIMED,
    Instant,
    input_digest,
    instant_of,
    load_zone,
    scalar,
    words_digest,
)
from persona_vault.ingest.upkeep import put_in_order, refresh_dates
from persona_vault.model import Message, PersonaInput, ReadOptions, TimeQuality
from persona_vault.store.cells import ROTTEN, json_cell
from persona_vault.store.clock import micros
from persona_vault.store.passages import refresh_passages
from persona_vault.store.vault import Vault

# What only the surroundings of a record tell: it stays as it was.
_OF_PLACE = frozenset({"branch", "edited", "orphan", "regenerated", "time_demoted"})

_COLUMNS = (
    *("conversation_id", "identity", "native_id", "role", "speaker", "text"),
    *("sent_at", "local_at", "time_quality", "zone", "kind", "shown", "flags"),
)
_NAMES, _SET = ", ".join(_COLUMNS), ", ".join(f"{name} = ?" for name in _COLUMNS)
_KEPT = f"SELECT id, {_NAMES} FROM message WHERE id = ?"  # noqa: S608 - our names
_UPDATE = f"UPDATE message SET {_SET} WHERE id = ?"  # noqa: S608
_RAW = """
SELECT id, message_id, persona_input_id, place, data FROM raw_record
WHERE source_id = ? AND id > ? ORDER BY id LIMIT 500
"""


# Identity, kind, title, text, start of a persona input.
_Input = tuple[str, str, str, str, int | None]


class _Row(NamedTuple):
    """A kept message: its id, then `_COLUMNS`."""

    id: int
    conversation_id: int
    identity: str
    native_id: str | None
    role: str
    speaker: str
    text: str
    sent_at: int | None
    local_at: str | None
    time_quality: str
    zone: str | None
    kind: str
    shown: int
    flags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadReport:
    """What reading a source's raw records again did.

    Attributes:
        version_before, version: Of the importer, when the source was read and now.
        n_records: Raw records that were kept of it.
        n_changed: Messages and persona inputs that are read otherwise now.
        n_left: Records that stayed as they were since they alone do not say enough.
        reason: Why nothing was read again, "" where it was.
    """

    source_id: int
    name: str
    importer: str
    version_before: int
    version: int | None
    n_records: int
    n_changed: int
    n_same: int
    n_left: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def reread_source(vault: Vault, source_id: int) -> RereadReport:
    """Read a source's raw records again, where its importer has another version now.

    Messages are changed in place: none comes, none goes, and the raw records stay. In
    one transaction: all of it or nothing.

    Raises:
        UsageError: There is no such source.
    """
    source = next((s for s in vault.sources() if s.id == source_id), None)
    if source is None:
        raise UsageError(
            f"There is no source {source_id} in this vault.",
            hint="`persona-vault sources` lists them with their numbers.",
        )
    reader = find_reader(source.importer)
    reason = _why_not(reader, source.importer, source.importer_version)
    n_records, counts = 0, Counter[str]()
    if isinstance(reader, RereadingImporter) and not reason:
        with vault.write() as connection:
            work = _Rereading(connection, reader, source_id, source.ledger, vault.zone)
            counts = work.run()
    else:
        with vault.read() as connection:
            n_records = connection.exec_driver_sql(
                "SELECT count(*) FROM raw_record WHERE source_id = ?", (source_id,)
            ).scalar_one()
    return RereadReport(
        source_id=source_id,
        name=source.name,
        importer=source.importer,
        version_before=source.importer_version,
        version=None if reader is None else reader.version,
        n_records=n_records or counts.total(),
        n_changed=counts["changed"],
        n_same=counts["same"],
        n_left=counts["left"],
        reason=reason,
    )


def compared_records(vault: Vault, source_id: int) -> Iterator[tuple[str, str, int]]:
    """Messages and inputs of a source beside what their raw record says.

    Kind, table and id of each that can be compared: "lost" where the row is gone,
    "record" where it says something else, "" where it says the same. Nothing where
    another version of the reader has read the source, or where the reader needs the
    whole file.

    Raises:
        VaultDamagedError: A record, or what it stands for, cannot be read.
    """
    zone = vault.zone
    with vault.read() as connection:
        name, version, ledger = connection.exec_driver_sql(
            "SELECT importer, importer_version, ledger FROM source WHERE id = ?",
            (source_id,),
        ).one()
        reader = find_reader(name)
        if not isinstance(reader, RereadingImporter) or reader.version != version:
            return
        work = _Rereading(connection, reader, source_id, json_cell(ledger), zone)
        yield from work.compared()


def find_reader(name: str) -> Importer | None:
    """The importer of that name, None where it is not installed any more."""
    return next((i for i in importers() if i.name == name), None)


def _why_not(reader: Importer | None, name: str, version: int) -> str:
    if reader is None:
        return f"No reader named {name} is installed any more."
    if reader.version == version:
        return "It was read by this version of its reader already."
    if not isinstance(reader, RereadingImporter):
        return (
            f"The reader {name} needs the whole file; import it again to have it read"
            " by the present version."
        )
    return ""


class _RowGoneError(VaultDamagedError):
    """A record is kept, and what was read from it is not."""

    def __init__(self) -> None:
        super().__init__(
            "A message or text of this source is gone from the vault, though its record"
            " is there; nothing was changed.",
            hint="`persona-vault verify` says which; restore the vault from a backup.",
        )


class _Rereading:
    """One source's raw records, inside the transaction."""

    def __init__(
        self,
        connection: Connection,
        reader: RereadingImporter,
        source_id: int,
        ledger: dict[str, Any],
        vault_zone: str | None,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._source_id = source_id
        told = ledger.get("options", {})
        self._keeps_times = bool(told.get("times_set_aside"))
        self._options = ReadOptions(
            me=tuple(told.get("me", ())),
            them=tuple(told.get("them", ())),
            columns=told.get("columns", {}),
            day_first=told.get("day_first"),
        )
        row = connection.exec_driver_sql(
            "SELECT zone, zone_named FROM source WHERE id = ?", (source_id,)
        ).one()
        self._zone_name: str | None = row[0] if row[1] else row[0] or vault_zone
        self._touched: set[int] = set()
        self._retimed: set[int] = set()

    def run(self) -> Counter[str]:
        """Read all of them; counts of what became of each."""
        counts: Counter[str] = Counter()
        for message_id, input_id, place, data in self._raw_records():
            record = self._reader.reread(_unpacked(data), place, self._options)
            became = "left"
            if isinstance(record, Message) and message_id is not None:
                became = self._message(message_id, record)
            elif isinstance(record, PersonaInput) and input_id is not None:
                became = self._input(input_id, record)
            counts[became] += 1
        for conversation_id in sorted(self._retimed):
            put_in_order(self._connection, conversation_id)
        refresh_passages(self._connection, sorted(self._touched))
        self._connection.exec_driver_sql(
            "UPDATE source SET importer_version = ?,"
            " ledger = json_set(ledger, '$.reread', json(?)) WHERE id = ?",
            (self._reader.version, json.dumps(dict(counts)), self._source_id),
        )
        if self._retimed:
            refresh_dates(self._connection, self._source_id)
        return counts

    def _raw_records(self) -> Iterator[tuple[int | None, int | None, str, bytes]]:
        """Page by page: what is read is being written to meanwhile."""
        last = 0
        while True:
            rows = self._connection.exec_driver_sql(_RAW, (self._source_id, last)).all()
            if not rows:
                return
            for number, *rest in rows:
                message_id, input_id, place, data = rest
                yield message_id, input_id, place, data
                last = number

    def _message(self, message_id: int, record: Message) -> str:
        run = self._connection.exec_driver_sql
        kept, read, when = self._read_again(message_id, record)
        read = read._replace(identity=self._identity(kept, read, when, record))
        if read.identity != kept.identity and self._is_taken(read):
            return "left"
        beside = self._beside(message_id, record)
        rewritten = self._write_text(kept, scalar(record.text))
        if read == kept and not beside and not rewritten:
            return "same"
        run(_UPDATE, (*read[1:], message_id))
        self._touched.add(kept.conversation_id)
        if read.sent_at != kept.sent_at or read.local_at != kept.local_at:
            self._retimed.add(kept.conversation_id)
        return "changed"

    def _read_again(
        self, message_id: int, record: Message
    ) -> tuple[_Row, _Row, Instant | None]:
        """The row as it is kept, and as its record reads now; one identity for both."""
        found = self._connection.exec_driver_sql(_KEPT, (message_id,)).first()
        if found is None:
            raise _RowGoneError
        kept = _Row._make(found)
        timed, when = self._times(kept, record)
        flags = _flags(timed, record)
        read = timed._replace(
            native_id=kept.native_id or record.native_id,
            role=record.role.value,
            speaker=scalar(record.speaker),
            text=self._text(kept, scalar(record.text)),
            kind=record.kind,
            shown=_shown(kept, record),
            flags=kept.flags if set(flags) == set(kept.flags.split()) else _join(flags),
        )
        return kept, read, when

    def compared(self) -> Iterator[tuple[str, str, int]]:
        """Kind of difference, table and id of all that can be; writes nothing."""
        for message_id, input_id, place, data in self._raw_records():
            record = self._reader.reread(_unpacked(data), place, self._options)
            if isinstance(record, Message) and message_id is not None:
                kind = _difference(self._read_again, message_id, record)
                yield kind, "message", message_id
            elif isinstance(record, PersonaInput) and input_id is not None:
                kind = _difference(self._read_input_again, input_id, record)
                yield kind, "persona_input", input_id

    def _times(self, kept: _Row, record: Message) -> tuple[_Row, Instant | None]:
        """The row with the time that the record gives now, if it may be believed."""
        demoted = "time_demoted" in kept.flags.split() or self._keeps_times
        if demoted or record.time_quality is TimeQuality.NONE:
            return kept, None
        name = kept.zone or self._zone_name
        zone: ZoneInfo | None = load_zone(name)
        when = instant_of(record, zone)
        same_wall = record.local_at is not None and record.local_at == kept.local_at
        if same_wall and record.time_quality.value == kept.time_quality:
            return kept, when
        others = [flag for flag in kept.flags.split() if flag != AMBIGUOUS]
        placed_by_zone = record.local_at is not None and record.sent_at is None
        return kept._replace(
            sent_at=when.sent_at,
            local_at=record.local_at,
            time_quality=record.time_quality.value,
            zone=name if placed_by_zone else None,
            flags=_join([*others, *([AMBIGUOUS] if when.ambiguous else [])]),
        ), when

    def _text(self, kept: _Row, text: str) -> str:
        """What the message shows: another source may have a newer wording."""
        own = self._own_text(kept)
        return text if own is None or own == kept.text else kept.text

    def _own_text(self, kept: _Row) -> str | None:
        """The wording that this source told, where more than one is known."""
        found = self._connection.exec_driver_sql(
            "SELECT text FROM revision WHERE message_id = ? AND source_id = ?"
            " ORDER BY id LIMIT 1",
            (kept.id, self._source_id),
        ).first()
        return None if found is None else str(found[0])

    def _write_text(self, kept: _Row, text: str) -> bool:
        """Let this source have told the text as it is read now; whether it changed."""
        own = self._own_text(kept)
        if own is None or own == text:
            return False
        self._connection.exec_driver_sql(
            "UPDATE revision SET text = ? WHERE message_id = ? AND source_id = ?"
            " AND text = ?",
            (text, kept.id, self._source_id, own),
        )
        return True

    def _identity(
        self, kept: _Row, read: _Row, when: Instant | None, record: Message
    ) -> str:
        """Under what the next export will look for the message."""
        if read.native_id is not None:
            return NATIVE + scalar(read.native_id)
        digest = words_digest(read.speaker, scalar(record.text))
        if kept.identity.startswith(NEIGHBOURS) and (when is None or not when.key):
            return f"{NEIGHBOURS}{digest}:{kept.id}"
        key = kept.identity.split(":")[1] if when is None else when.key
        if not key or kept.identity.startswith(NATIVE):
            return kept.identity
        base = f"{TIMED}{key}:{digest}"
        if kept.identity.rpartition(":")[0] == base:
            return kept.identity
        number = 1
        while self._is_taken(read._replace(identity=f"{base}:{number}")):
            number += 1
        return f"{base}:{number}"

    def _is_taken(self, read: _Row) -> bool:
        found = self._connection.exec_driver_sql(
            "SELECT 1 FROM message WHERE conversation_id = ? AND identity = ?"
            " AND id <> ?",
            (read.conversation_id, read.identity, read.id),
        )
        return found.first() is not None

    def _beside(self, message_id: int, record: Message) -> bool:
        """Model names and attachments as they are read now; whether that is news."""
        run = self._connection.exec_driver_sql
        claims = [(c.value, c.source.value, c.part.value) for c in record.models]
        rows = run(
            "SELECT value, claim_source, part FROM model_claim WHERE message_id = ?"
            " ORDER BY id",
            (message_id,),
        )
        changed = [tuple(row) for row in rows] != claims
        if changed:
            run("DELETE FROM model_claim WHERE message_id = ?", (message_id,))
            for claim in claims:
                run(
                    "INSERT INTO model_claim (message_id, value, claim_source, part)"
                    " VALUES (?, ?, ?, ?)",
                    (message_id, *claim),
                )
        known = run("SELECT name FROM attachment WHERE message_id = ?", (message_id,))
        names = set(known.scalars())
        for one in record.attachments:
            if one.name not in names:
                changed = True
                run(
                    "INSERT INTO attachment (message_id, name, media_type, n_bytes,"
                    " kept) VALUES (?, ?, ?, ?, 0)",
                    (message_id, one.name, one.media_type, one.n_bytes),
                )
        return changed

    def _input(self, input_id: int, record: PersonaInput) -> str:
        run = self._connection.exec_driver_sql
        kept, read = self._read_input_again(input_id, record)
        if read == kept:
            return "same"
        taken = run(
            "SELECT 1 FROM persona_input AS other JOIN persona_input AS own"
            " ON own.persona_id = other.persona_id AND own.id <> other.id"
            " WHERE own.id = ? AND other.identity = ?",
            (input_id, read[0]),
        )
        if taken.first() is not None:
            return "left"
        run(
            "UPDATE persona_input SET identity = ?, kind = ?, title = ?, text = ?,"
            " valid_from = ? WHERE id = ?",
            (*read, input_id),
        )
        return "changed"

    def _read_input_again(
        self, input_id: int, record: PersonaInput
    ) -> tuple[_Input, _Input]:
        """Identity, kind, title, text and start: as kept, and as read now."""
        row = self._connection.exec_driver_sql(
            "SELECT identity, kind, title, text, valid_from, native_id"
            " FROM persona_input WHERE id = ?",
            (input_id,),
        ).first()
        if row is None:
            raise _RowGoneError
        identity, kind, title, text, valid_from, native = row
        if record.valid_from is not None and valid_from is None:
            valid_from = micros(record.valid_from)
        read_title, read_text = scalar(record.title), scalar(record.text)
        digest = input_digest(record.kind, read_title, read_text)
        read = f"d:{digest}" if native is None else f"{NATIVE}{native}:{digest}"
        return (
            (identity, kind, title, text, row.valid_from),
            (read, record.kind, read_title, read_text, valid_from),
        )


def _difference(
    read_again: Callable[[int, Any], tuple[Any, ...]], row_id: int, record: Any
) -> str:
    """What is wrong with a row, as a kind of damage; "" for nothing."""
    try:
        kept, read, *_ = read_again(row_id, record)
    except _RowGoneError:
        return "lost"
    except ROTTEN:  # a cell of another type than was written
        return "record"
    return "" if read == kept else "record"


def _flags(timed: _Row, record: Message) -> list[str]:
    kept = timed.flags.split()
    of_place = [flag for flag in kept if flag in _OF_PLACE or flag == AMBIGUOUS]
    return [flag for flag in record.flags if flag not in _OF_PLACE] + of_place


def _join(flags: list[str]) -> str:
    return " ".join(flags)


def _shown(kept: _Row, record: Message) -> int:
    """Hidden or not: a branch stays one, whatever the record alone looks like."""
    if (kept.role, kept.kind) == (record.role.value, record.kind):
        return kept.shown
    on_branch = not kept.shown and not _OF_PLACE.isdisjoint(kept.flags.split())
    return int(record.shown and not on_branch)


def _unpacked(data: bytes) -> str:
    try:
        return zlib.decompress(data).decode("utf-8")
    except (zlib.error, UnicodeDecodeError, TypeError):
        raise VaultDamagedError(
            "A raw record is damaged inside the vault; nothing was changed.",
            hint="Restore the vault from a backup.",
        ) from None
