"""Persona inputs on their way into the vault: dated versions, each kept once."""

from sqlalchemy import Connection

from persona_vault.ingest.arrival import RAW_RECORD, compressed
from persona_vault.ingest.identity import NATIVE, input_digest, scalar
from persona_vault.ingest.ledger import Became
from persona_vault.model import PersonaInput
from persona_vault.store.clock import micros
from persona_vault.store.forgotten import Forgotten


class InputArrivals:
    """Writes the persona inputs of one source; dated versions, each kept once.

    Attributes:
        became: What became of them, by the conversation's key; None for those
            that belong to none.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        source_id: int,
        persona_id: int,
        forgotten: Forgotten,
    ) -> None:
        self._connection = connection
        self._forgotten = forgotten
        self._source_id = source_id
        self._persona_id = persona_id
        self.became: dict[str | None, Became] = {}

    def add(self, given: PersonaInput) -> bool:
        """Keep a persona input; the same words again only bring an earlier date.

        False where it was forgotten: it stays out.
        """
        thread = given.conversation
        native_id, identity = _identity_of(given)
        if self._forgotten.holds_input(identity):
            return False
        became = self.became.setdefault(
            None if thread is None else thread.key, Became()
        )
        text, title = scalar(given.text), scalar(given.title)
        valid_from = None if given.valid_from is None else micros(given.valid_from)
        other_version = native_id is not None and self._knows(native_id)
        made = self._connection.exec_driver_sql(
            "INSERT INTO persona_input (persona_id, source_id, identity, native_id,"
            " kind, title, text, valid_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (persona_id, identity) DO NOTHING RETURNING id",
            (
                self._persona_id,
                self._source_id,
                identity,
                native_id,
                given.kind,
                title,
                text,
                valid_from,
            ),
        ).scalar()
        if made is None:
            became.n_duplicate += 1
            made = self._told_again(identity, valid_from)
        else:
            became.n_revised += other_version
            became.n_added += not other_version
            if given.raw:
                row = (self._source_id, None, made, given.where, compressed(given.raw))
                self._connection.exec_driver_sql(RAW_RECORD, row)
        self._connection.exec_driver_sql(
            "INSERT INTO persona_input_source (persona_input_id, source_id)"
            " VALUES (?, ?) ON CONFLICT DO NOTHING",
            (made, self._source_id),
        )
        return True

    def _knows(self, native_id: str) -> bool:
        found = self._connection.exec_driver_sql(
            "SELECT 1 FROM persona_input WHERE persona_id = ?"
            " AND identity >= ? AND identity < ? AND native_id = ? LIMIT 1",
            (
                self._persona_id,
                f"{NATIVE}{native_id}:",
                f"{NATIVE}{native_id};",
                native_id,
            ),
        )
        return found.first() is not None

    def _told_again(self, identity: str, valid_from: int | None) -> int:
        found = self._connection.exec_driver_sql(
            "SELECT id FROM persona_input WHERE persona_id = ? AND identity = ?",
            (self._persona_id, identity),
        ).scalar_one()
        if valid_from is not None:
            self._connection.exec_driver_sql(
                "UPDATE persona_input SET valid_from = ?"
                " WHERE id = ? AND (valid_from IS NULL OR valid_from > ?)",
                (valid_from, found, valid_from),
            )
        return int(found)


def _identity_of(given: PersonaInput) -> tuple[str | None, str]:
    """The vendor's id, and under what the next export will look for it."""
    digest = input_digest(given.kind, scalar(given.title), scalar(given.text))
    if given.native_id is None:
        return None, f"d:{digest}"
    native_id = scalar(given.native_id)
    return native_id, f"{NATIVE}{native_id}:{digest}"
