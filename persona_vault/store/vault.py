"""The vault: open it, look things up in it, write to it in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from persona_vault.model import Event, Period, Persona, Role, StoredMessage
from persona_vault.store import driver, events, personas, reading
from persona_vault.store.header import DB_NAME, Header
from persona_vault.store.listing import (
    ConversationSummary,
    SourceSummary,
    list_conversations,
    list_sources,
    vault_info,
)
from persona_vault.store.migrate import upgrade_copies
from persona_vault.store.opening import create_vault, open_parts
from persona_vault.store.schema import setting

if TYPE_CHECKING:
    from persona_vault.store.chosen import Wanted
    from persona_vault.store.receipt import ForgetReceipt

__all__ = ["ConversationSummary", "SourceSummary", "Vault", "open_vault"]

_ZONE = "zone"


def open_vault(
    path: Path, *, create: bool = False, passphrase: str | None = None
) -> "Vault":
    """Open a vault folder; an older one is upgraded, its copy kept beside it.

    Args:
        path: The folder with `vault.json` and `vault.db`.
        create: Make a new vault there; never overwrites one. Encrypted when a
            passphrase is given, else plain.
        passphrase: For an encrypted vault; its recovery code will do.

    Raises:
        NoVaultError: There is none (and `create` is False).
        WrongKeyError: The passphrase opens no slot.
        VaultDamagedError, ForeignVaultError, NewerVaultError, VaultLockedError.
        UsageError: There is one already (and `create` is True), other accounts can
            change it, or a recovery code was given and it has none.
    """
    key = create_vault(path, passphrase=passphrase) if create else None
    header, engine = open_parts(path, passphrase, key=key)
    return Vault(path, header, engine)


class Vault:
    """An open vault; use as a context manager.

    Attributes:
        path: Its folder.
        vault_id: Random id from the header.
        encrypted: Whether the database is.
        engine: The SQLAlchemy engine; reading code may use it, all writing goes
            through `write()`.
    """

    def __init__(self, path: Path, header: Header, engine: Engine) -> None:
        self.path = path
        self.vault_id = header.vault_id
        self.encrypted = header.encrypted
        self.engine = engine
        self._open = True
        driver.hold(path / DB_NAME)

    def __repr__(self) -> str:
        kind = "encrypted" if self.encrypted else "plain"
        return f"<Vault {str(self.path)!r} {kind}{'' if self._open else ' closed'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the lock and the connections."""
        if self._open:
            self._open = False
            self.engine.dispose()
            driver.release(self.path / DB_NAME)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with a consistent view for as long as it is open."""
        with self._connect() as connection:
            yield connection

    def _connect(self) -> Connection:
        if not self._open:
            raise RuntimeError("the vault is closed")
        return self.engine.connect()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction (BEGIN IMMEDIATE): all of it is kept, or nothing.

        Not to be nested: the inner one would wait for the outer one.

        Raises:
            VaultLockedError: Another process has been writing for 30 seconds.
            DiskFullError: Nothing was kept.
        """
        with self._connect() as connection:
            connection.execution_options(**{driver.IMMEDIATE: True})
            with connection.begin():
                yield connection

    def setting(self, key: str) -> str | None:
        """A setting of the vault, None where it was never set."""
        with self.read() as connection:
            return connection.scalar(
                select(setting.c.value).where(setting.c.key == key)
            )

    def set_setting(self, key: str, value: str | None) -> None:
        """Keep a setting; None drops it."""
        with self.write() as connection:
            if value is None:
                connection.execute(delete(setting).where(setting.c.key == key))
                return
            connection.execute(
                upsert(setting)
                .values(key=key, value=value)
                .on_conflict_do_update(index_elements=["key"], set_={"value": value})
            )

    @property
    def zone(self) -> str | None:
        """IANA zone of the vault's owner, None if never named."""
        return self.setting(_ZONE)

    def set_zone(self, zone: str | None) -> None:
        """Name the zone in which bare dates and zone-less times are read."""
        self.set_setting(_ZONE, zone)

    def personas(self) -> list[Persona]:
        """All companions, by name."""
        with self.read() as connection:
            return personas.list_personas(connection)

    def persona(self, name: str | None = None) -> Persona:
        """The companion of that name; without one, the only companion there is.

        Raises:
            UnknownPersonaError: None of that name, or several and none was named.
        """
        with self.read() as connection:
            return personas.find_persona(connection, name)

    def set_persona(
        self,
        name: str,
        *,
        new_name: str | None = None,
        pronoun: str | None = None,
        user_names: tuple[str, ...] | None = None,
        own_names: tuple[str, ...] | None = None,
    ) -> Persona:
        """Change a companion's settings; None leaves one as it is.

        Raises:
            UnknownPersonaError: None of that name.
            UsageError: The new name is empty or taken.
        """
        wanted = {
            "name": new_name,
            "pronoun": pronoun,
            "user_names": user_names,
            "own_names": own_names,
        }
        values = {
            column: value for column, value in wanted.items() if value is not None
        }
        with self.write() as connection:
            found = personas.find_persona(connection, name)
            personas.change_persona(connection, found.id, values)
            return personas.find_persona(connection, new_name or found.name)

    def conversations(self, persona: str | None = None) -> list[ConversationSummary]:
        """Conversations with counts of shown messages, in reading order.

        Raises:
            UnknownPersonaError: None of that name.
        """
        with self.read() as connection:
            found = (
                None if persona is None else personas.find_persona(connection, persona)
            )
            return list_conversations(connection, None if found is None else found.id)

    def move_conversation(self, conversation_id: int, persona: str) -> None:
        """Give a conversation to another companion, which is made if new.

        Raises:
            UsageError: No such conversation, or the companion already has it.
        """
        with self.write() as connection:
            personas.move_conversation(connection, conversation_id, persona)

    def sources(self) -> list[SourceSummary]:
        """What was imported, oldest first."""
        with self.read() as connection:
            return list_sources(connection)

    def forget_source(self, source_id: int, *, dry_run: bool = False) -> dict[str, int]:
        """Undo an import: everything that only this source holds goes.

        Args:
            source_id: Row id.
            dry_run: Count only; everything stays.

        Returns:
            Counts of what went, by kind; no content.

        Raises:
            UsageError: There is no such source.
        """
        from persona_vault.store.forgetting import forget_source  # noqa: PLC0415

        with self.write() as connection:
            counts = forget_source(connection, source_id)
            if dry_run:
                connection.rollback()
        if not dry_run:
            self.compact()
        return counts

    def compact(self) -> tuple[bool, bool]:
        """Clear the traces that deleted rows leave in file and log.

        Returns:
            Whether the file was written anew, and whether the log is empty; another
            program that has the vault open can be in the way of both.
        """
        # Only now, as below: a search must not pay for what forgetting takes.
        from persona_vault.store.receipt import compact  # noqa: PLC0415

        return compact(self.engine, self.path / DB_NAME)

    def forget(
        self, wanted: "Wanted", *, leave_marks: bool = True, dry_run: bool = False
    ) -> "ForgetReceipt":
        """Take messages out for good, with all that hangs on them.

        Args:
            wanted: What goes.
            leave_marks: Leave keyed hashes, so that an overlapping export does not
                bring it back unseen.
            dry_run: Count only; everything stays.

        Raises:
            UnknownPersonaError, UsageError: There is no such companion, message, ...
        """
        from persona_vault.store.receipt import make_receipt  # noqa: PLC0415

        with self.write() as connection:
            receipt = make_receipt(
                connection, self.path, wanted, leave_marks=leave_marks, dry_run=dry_run
            )
            if dry_run:
                connection.rollback()
        if dry_run:
            return receipt
        compacted, emptied = self.compact()
        return replace(receipt, compacted=compacted, log_emptied=emptied)

    def messages(
        self,
        persona: str | None = None,
        *,
        role: Role | None = None,
        period: Period | None = None,
        conversation_id: int | None = None,
        shown_only: bool = True,
    ) -> Iterator[StoredMessage]:
        """Messages grouped by conversation (by first message), in reading order.

        `period` by time leaves out messages without `sent_at`; by number it counts
        the persona's shown messages of both sides in this very order, and what is not
        counted goes with the message before it.

        Raises:
            UnknownPersonaError: None of that name; or the period is by number, none
                was named and there are several.
        """
        wanted = reading.MessageFilter(
            role=role,
            period=period,
            conversation_id=conversation_id,
            shown_only=shown_only,
        )
        if persona is not None or wanted.numbered:
            wanted = wanted.of_persona(self.persona(persona).id)
        return self._stream(wanted)

    def _stream(self, wanted: reading.MessageFilter) -> Iterator[StoredMessage]:
        with self.read() as connection:
            yield from reading.read_messages(connection, wanted)

    def message(self, message_id: int) -> StoredMessage:
        """One message.

        Raises:
            UsageError: There is none with that id.
        """
        with self.read() as connection:
            return reading.read_message(connection, message_id)

    def around(
        self, message_id: int, *, before: int = 2, after: int = 2
    ) -> tuple[list[StoredMessage], list[StoredMessage]]:
        """The shown messages just before and just after one, in reading order.

        Raises:
            UsageError: There is no message with that id.
        """
        with self.read() as connection:
            return reading.read_around(
                connection, message_id, before=before, after=after
            )

    def events(self, persona: str | None = None) -> list[Event]:
        """Dated events, oldest first; for a companion also those of no companion.

        Raises:
            UnknownPersonaError: None of that name.
        """
        with self.read() as connection:
            return events.read_events(connection, persona)

    def add_event(self, event: Event) -> Event:
        """Keep an event; its id is given by the vault.

        Raises:
            UnknownPersonaError: It names a companion that is not there.
        """
        with self.write() as connection:
            return events.add_event(connection, event)

    def change_event(self, event: Event) -> None:
        """Write an event anew under its id.

        Raises:
            UsageError: There is none with that id.
            UnknownPersonaError: It names a companion that is not there.
        """
        with self.write() as connection:
            events.change_event(connection, event)

    def remove_event(self, event_id: int) -> None:
        """Drop an event.

        Raises:
            UsageError: There is none with that id.
        """
        with self.write() as connection:
            events.remove_event(connection, event_id)

    def info(self) -> dict[str, Any]:
        """Personas, sources, counts, first and last date, models seen, zone."""
        with self.read() as connection:
            return {
                "path": str(self.path),
                "vault_id": self.vault_id,
                "encrypted": self.encrypted,
                "copies": [one.name for one in upgrade_copies(self.path)],
                **vault_info(connection),
            }
