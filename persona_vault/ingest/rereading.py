"""Kept raw records, read again by a better parser: no file is needed."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from persona_vault.errors import UsageError
from persona_vault.importers.base import Importer, RereadingImporter
from persona_vault.importers.registry import importers
from persona_vault.ingest.identity import (
    NATIVE,
    NEIGHBOURS,
    TIMED,
    Instant,
    scalar,
    words_digest,
)
from persona_vault.ingest.raw_records import COLUMNS, RawRecords, Row
from persona_vault.ingest.upkeep import put_in_order, refresh_dates
from persona_vault.model import Message, PersonaInput
from persona_vault.plain import plain
from persona_vault.store.passages import refresh_passages
from persona_vault.store.vault import Vault

_SET = ", ".join(f"{name} = ?" for name in COLUMNS)
_UPDATE = f"UPDATE message SET {_SET} WHERE id = ?"  # noqa: S608 - our names


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
            about = (source_id, source.ledger, vault.zone)
            work = _Rereading(reader, connection, *about)
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


class _Rereading(RawRecords):
    """One source's raw records read into its rows, inside the transaction."""

    def __init__(
        self, reader: RereadingImporter, connection: Connection, *about: Any
    ) -> None:
        super().__init__(connection, *about)
        self._reader = reader
        self._touched: set[int] = set()
        self._retimed: set[int] = set()

    def run(self) -> Counter[str]:
        """Read all of them; counts of what became of each."""
        counts: Counter[str] = Counter()
        for message_id, input_id, place, raw in self.raw_records():
            record = self._reader.reread(raw, place, self._options)
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

    def _message(self, message_id: int, record: Message) -> str:
        run = self._connection.exec_driver_sql
        kept = self.kept_message(message_id)
        read, when = self.message_again(kept, record)
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

    def _write_text(self, kept: Row, text: str) -> bool:
        """Let this source have told the text as it is read now; whether it changed."""
        own = self.own_text(kept)
        if own is None or own == text:
            return False
        self._connection.exec_driver_sql(
            "UPDATE revision SET text = ? WHERE message_id = ? AND source_id = ?"
            " AND text = ?",
            (text, kept.id, self._source_id, own),
        )
        return True

    def _identity(
        self, kept: Row, read: Row, when: Instant | None, record: Message
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

    def _is_taken(self, read: Row) -> bool:
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
        kept, read = self.input_again(input_id, record)
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
