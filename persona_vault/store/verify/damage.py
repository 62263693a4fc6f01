"""What can be wrong with a vault, and a way to read one in which something is."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlcipher3
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from persona_vault.errors import VaultDamagedError, VaultError
from persona_vault.plain import plain
from persona_vault.store import driver
from persona_vault.store.cells import ROTTEN
from persona_vault.store.header import DB_NAME

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

STRUCTURE = "structure"
HASHES = "hashes"
CONTENT = "content"
MOST_IDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One kind of damage in one place; it holds no word of a chat.

    Attributes:
        level: "structure", "hashes" or "content".
        kind: What is wrong, one of the names in `store.verify`.
        table: Where; "" for the file as a whole.
        n: Rows, pages or places.
        ids: Numbers of the first 100 rows, where the table's rows have numbers.
        conversations, sources: Of damaged messages and raw records, as far as known.
        rebuildable: Whether `repair` can make it whole from what is sound.
    """

    level: str
    kind: str
    n: int
    table: str = ""
    ids: tuple[int, ...] = ()
    conversations: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    rebuildable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        body: dict[str, Any] = plain(self)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """What could not be compared with what it was made from; it is no damage.

    Attributes:
        table: "message" or "persona_input"; "vector" for those of a model.
        of: The app, the reader where that is of no app, or the model.
        n: Rows.
        sources: That held them first, by number.
        reason: "whole_file" (the reader needs the file), "other_version" (another
            version of the reader has read it), "no_reader" (none is installed),
            "no_record" (no record of its own was kept), "record_alone" (it does not
            say enough), "no_model" (it is not on this machine),
            "no_text" (no message has these words any more).
    """

    table: str
    of: str
    n: int
    reason: str
    sources: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        body: dict[str, Any] = plain(self)
        return body


class UnreadableError(Exception):
    """The database would not give what was asked."""


class Reader:
    """Reads a vault that may be damaged: a statement that fails costs only itself.

    All is read in one transaction, so that other processes may write meanwhile; after
    a failure in a new one.
    """

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault
        self._connection: Connection | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.invalidate()  # its text factory is not as others want it
            self._connection.close()
            self._connection = None

    def read_log_in(self) -> None:
        """Bring what stands in the log into the file, where no reader is in the way.

        Raises:
            VaultError: The disk has no room for it.
        """
        self.close()
        with self._readable(), self._vault.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def rows(self, statement: str, parameters: Iterable[object] = ()) -> list[Any]:
        """What a statement gives; text that is no UTF-8 comes with surrogates.

        Raises:
            UnreadableError: SQLite finds the place damaged.
            VaultError: The disk or another process is in the way.
        """
        with self._readable():
            found: list[Any] = (
                self._raw().execute(statement, tuple(parameters)).fetchall()
            )
            return found

    def stream(self, statement: str) -> Iterator[Any]:
        """What a statement gives, bit by bit.

        Raises:
            UnreadableError, VaultError: As `rows`.
        """
        with self._readable():
            cursor = self._raw().execute(statement)
        while True:
            with self._readable():
                some = cursor.fetchmany(1_000)
            if not some:
                return
            yield from some

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (sqlcipher3.Error, VaultDamagedError, UnicodeError) as error:
            self.close()
            problem = driver.translate(error, self._vault.path / DB_NAME)
            if problem is None or isinstance(problem, VaultDamagedError):
                raise UnreadableError from None
            raise problem from error

    def _raw(self) -> Any:
        if self._connection is None:
            self._connection = self._vault.engine.connect()
            raw: Any = self._connection.connection.dbapi_connection
            raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            raw.execute("BEGIN")
        return self._connection.connection.dbapi_connection


def to_the_end(
    check: Iterable[Damage], level: str, *, after: bool = False
) -> Iterator[Damage]:
    """What a check finds; where it breaks off, that is a finding as well.

    So what was found before is never lost.

    Args:
        check: Any one.
        level: The check's.
        after: Whether damage was found already: then a failure that is no damage (a
            full disk, another program) is a finding too.

    Raises:
        VaultError: Such a failure where nothing was found before.
    """
    try:
        for damage in check:
            after = True
            yield damage
    except (SQLAlchemyError, UnreadableError, *ROTTEN):
        pass  # a row that this program never wrote
    except VaultError as error:
        if not after and not isinstance(error, VaultDamagedError):
            raise
    else:
        return
    yield Damage(level=level, kind="unfinished", n=1)


def first_ids(ids: Iterable[object]) -> tuple[int, ...]:
    """The first hundred numbers, in order."""
    return tuple(sorted(i for i in ids if isinstance(i, int))[:MOST_IDS])


def placed(reader: Reader, table: str, ids: Sequence[int]) -> dict[str, Any]:
    """Conversations and sources of messages or raw records, where they can be read."""
    statement = {
        "message": "SELECT conversation_id, source_id FROM message WHERE id = ?",
        "raw_record": "SELECT message.conversation_id, raw_record.source_id"
        " FROM raw_record LEFT JOIN message ON message.id = message_id"
        " WHERE raw_record.id = ?",
    }.get(table)
    if statement is None:
        return {}
    found: list[tuple[object, object]] = []
    for each in ids:
        try:
            found += reader.rows(statement, (each,))
        except UnreadableError:
            continue
    return {
        "conversations": first_ids({row[0] for row in found}),
        "sources": first_ids({row[1] for row in found}),
    }
