"""The vault: open it, look things up in it, write to it in one transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine

from persona_vault.model import (
    Event,
    Period,
    Persona,
    Role,
    StoredMessage,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """A conversation as `conversations` lists it."""

    id: int
    persona: str
    app: str
    native_id: str
    title: str
    group: str
    n_messages: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """A source as `sources` lists it; `ledger` is the JSON of the import."""

    id: int
    name: str
    sha256: str
    n_bytes: int
    importer: str
    importer_version: int
    app: str
    persona: str
    imported_at: datetime
    ledger: dict[str, Any] = field(default_factory=dict)


def open_vault(
    path: Path, *, create: bool = False, passphrase: str | None = None
) -> "Vault":
    """Open a vault folder.

    Args:
        path: The folder with `vault.json` and `vault.db`.
        create: Make a new vault there; never overwrites one. Encrypted when a
            passphrase is given, else plain.
        passphrase: For an encrypted vault.

    Raises:
        NoVaultError: There is none (and `create` is False).
        WrongKeyError: The passphrase opens no slot.
        VaultDamagedError, ForeignVaultError, NewerVaultError, VaultLockedError.
    """
    raise NotImplementedError


class Vault:
    """An open vault; use as a context manager.

    Attributes:
        path: Its folder.
        vault_id: Random id from the header.
        encrypted: Whether the database is.
        engine: The SQLAlchemy engine; reading code may use it, all writing goes
            through `write()`.
    """

    path: Path
    vault_id: str
    encrypted: bool
    engine: Engine

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
        raise NotImplementedError

    def read(self) -> AbstractContextManager[Connection]:
        """A connection with a consistent view for as long as it is open."""
        raise NotImplementedError

    def write(self) -> AbstractContextManager[Connection]:
        """One transaction (BEGIN IMMEDIATE): all of it is kept, or nothing."""
        raise NotImplementedError

    @property
    def zone(self) -> str | None:
        """IANA zone of the vault's owner, None if never named."""
        raise NotImplementedError

    def set_zone(self, zone: str | None) -> None:
        """Name the zone in which bare dates and zone-less times are read."""
        raise NotImplementedError

    def personas(self) -> list[Persona]:
        """All companions, by name."""
        raise NotImplementedError

    def persona(self, name: str | None = None) -> Persona:
        """The companion of that name; without one, the only companion there is.

        Raises:
            UnknownPersonaError: None of that name, or several and none was named.
        """
        raise NotImplementedError

    def set_persona(
        self,
        name: str,
        *,
        new_name: str | None = None,
        pronoun: str | None = None,
        user_names: tuple[str, ...] | None = None,
        own_names: tuple[str, ...] | None = None,
    ) -> Persona:
        """Change a companion's settings; None leaves one as it is."""
        raise NotImplementedError

    def conversations(self, persona: str | None = None) -> list[ConversationSummary]:
        """Conversations with counts, by first message."""
        raise NotImplementedError

    def move_conversation(self, conversation_id: int, persona: str) -> None:
        """Give a conversation to another companion, which is made if new."""
        raise NotImplementedError

    def sources(self) -> list[SourceSummary]:
        """What was imported, oldest first."""
        raise NotImplementedError

    def forget_source(self, source_id: int) -> dict[str, int]:
        """Undo an import: everything that only this source holds goes.

        Returns:
            Counts of what went, by kind; no content.
        """
        raise NotImplementedError

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
        the persona's shown messages in this very order.
        """
        raise NotImplementedError

    def message(self, message_id: int) -> StoredMessage:
        """One message.

        Raises:
            UsageError: There is none with that id.
        """
        raise NotImplementedError

    def around(
        self, message_id: int, *, before: int = 2, after: int = 2
    ) -> tuple[list[StoredMessage], list[StoredMessage]]:
        """The shown messages just before and just after one, in reading order."""
        raise NotImplementedError

    def events(self, persona: str | None = None) -> list[Event]:
        """Dated events, oldest first."""
        raise NotImplementedError

    def add_event(self, event: Event) -> Event:
        """Keep an event; its id is given by the vault."""
        raise NotImplementedError

    def remove_event(self, event_id: int) -> None:
        """Drop an event."""
        raise NotImplementedError

    def info(self) -> dict[str, Any]:
        """Personas, sources, counts, first and last date, models seen, zone."""
        raise NotImplementedError
