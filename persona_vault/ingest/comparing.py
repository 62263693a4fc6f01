"""What is kept beside what its raw record says: nothing is written."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from persona_vault.importers.alone import Told
from persona_vault.importers.base import Importer, RereadingImporter, TellingImporter
from persona_vault.ingest.identity import scalar
from persona_vault.ingest.raw_records import RawRecords, Row, RowGoneError
from persona_vault.ingest.rereading import find_reader
from persona_vault.model import Conversation, Message, PersonaInput, Role
from persona_vault.store.cells import ROTTEN, json_cell
from persona_vault.store.vault import Vault

_ANY = Conversation()


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
        if reader is not None and reader.version == version:
            about = (source_id, json_cell(ledger), zone)
            yield from _Comparing(reader, connection, *about).compared()


class _Comparing(RawRecords):
    """One source's raw records and what was kept of them."""

    def __init__(self, reader: Importer, connection: Connection, *about: Any) -> None:
        super().__init__(connection, *about)
        self._reader = reader

    def compared(self) -> Iterator[tuple[str, str, int]]:
        """Kind of difference, table and id of all that can be."""
        for message_id, input_id, place, raw in self.raw_records():
            said = self._said(raw, place)
            if message_id is not None and isinstance(said, Message | Told):
                kind = self._difference("message", message_id, said)
                yield kind, "message", message_id
            elif input_id is not None and isinstance(said, PersonaInput | Told):
                kind = self._difference("persona_input", input_id, said)
                yield kind, "persona_input", input_id

    def _said(self, raw: str, place: str) -> Any:
        """A record of the reader's where the raw one stands for itself, else `Told`."""
        reader = self._reader
        if isinstance(reader, RereadingImporter):
            read = reader.reread(raw, place, self._options)
            if isinstance(read, Message | PersonaInput):
                return read
        if isinstance(reader, TellingImporter):
            return reader.tell(raw, place, self._options)
        return None

    def _difference(self, table: str, row_id: int, said: Any) -> str:
        """What is wrong with a row, as a kind of damage; "" for nothing."""
        is_same = self._is_message if table == "message" else self._is_input
        try:
            return "" if is_same(row_id, said) else "record"
        except RowGoneError:
            return "lost"
        except ROTTEN:  # a cell of another type than was written
            return "record"

    def _is_message(self, message_id: int, said: Message | Told) -> bool:
        kept = self.kept_message(message_id)
        record = said if isinstance(said, Message) else self._filled(said, kept)
        read, _when = self.message_again(kept, record)
        return read == kept

    def _filled(self, told: Told, kept: Row) -> Message:
        """A message that says what the record tells, and for the rest what is kept."""
        own = self.own_text(kept)
        return Message(
            conversation=_ANY,
            role=told.role or Role(kept.role),
            speaker=kept.speaker if told.speaker is None else told.speaker,
            text=_words(told, kept.text if own is None else own),
            where="",
            sent_at=told.sent_at,
            local_at=told.local_at,
            time_quality=told.time_quality,
            kind=kept.kind,
            flags=tuple(kept.flags.split()),
        )

    def _is_input(self, input_id: int, said: PersonaInput | Told) -> bool:
        if isinstance(said, PersonaInput):
            kept, read = self.input_again(input_id, said)
            return kept == read
        text: str = self.kept_input(input_id, "text")[0]
        return scalar(_words(said, text)) == text


def _words(told: Told, kept: str) -> str:
    """What the record says, or what is kept where that is what it may say as well."""
    is_part = told.has_more and kept in scalar(told.text)
    return kept if is_part or kept in map(scalar, told.others) else told.text
