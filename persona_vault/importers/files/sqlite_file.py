"""SQLite files of strangers: opened to be read, with nothing in them run.

Views, triggers, virtual tables and functions of the file have no part in a reading; a
file that needs them, or that is damaged, is refused.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.texts import MAX_ELEMENT
from persona_vault.importers.source import Source

MAGIC = b"SQLite format 3\x00"

_MAX_IN_MEMORY = 256 * 1024**2  # of a member of a zip, which cannot be read in place
_STEP = 10_000  # instructions between two looks at the budget
# A plain scan takes well under one instruction for each byte of the file.
_BUDGET_PER_BYTE = 4
_LEAST_BUDGET = 50_000_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_ELEMENT,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1024**2,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
}
# What a damaged or hostile file was seen to raise.
_ERRORS = (sqlite3.Error, OverflowError, MemoryError, ValueError)


class Database:
    """An open file; use `open_database`.

    Attributes:
        name: The member's name, for errors.
        names: Every table, in the order of the file; virtual ones are never read.
        tables: Column names by name of each plain table.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        self.tables: dict[str, list[str]] = {}
        self.names: list[str] = []
        listed = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        for table, statement in list(self._rows(f"{listed} ORDER BY rowid")):
            if not isinstance(table, str):
                continue
            self.names.append(table)
            is_virtual = str(statement).upper().lstrip().startswith("CREATE VIRTUAL")
            if not is_virtual:
                self.tables[table] = []

    def has(self, table: str, columns: Sequence[str]) -> bool:
        """Whether there is a plain table with at least these columns."""
        return table in self.tables and set(columns) <= set(self.columns(table))

    def columns(self, table: str) -> list[str]:
        """The column names of a plain table, in its order.

        Empty for a table with a column that is computed, since the file's own
        functions would run when it is read.
        """
        if not self.tables[table]:
            found = list(self._rows(f"PRAGMA table_xinfo({_quoted(table)})"))
            is_plain = all(each[6] == 0 for each in found)
            self.tables[table] = [each[1] for each in found] if is_plain else []
        return self.tables[table]

    def select(self, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every row in the order in which the rows were written.

        Columns that the table has not are None, bytes are read as text, and numbers
        are finite. Text holds no NUL and no surrogates.

        Raises:
            InputRejectedError: The file is damaged or does more than hold data.
        """
        present = [name for name in columns if name in self.columns(table)]
        if not present:
            return
        listed = ", ".join(f'"{name}"' for name in present)
        order = f'SELECT {listed} FROM "{table}" ORDER BY rowid'  # noqa: S608 - names of this program's own
        missing = dict.fromkeys(columns)
        for values in self._rows(order):
            plain = map(_plain, values)
            yield {**missing, **dict(zip(present, plain, strict=True))}

    def n_rows(self, table: str) -> int:
        """How many rows a plain table has.

        Raises:
            InputRejectedError: The file is damaged.
        """
        ((n_rows,),) = self._rows(f"SELECT count(*) FROM {_quoted(table)}")  # noqa: S608 - quoted
        return int(n_rows)

    def first_rows(self, table: str, n_most: int) -> Iterator[tuple[Any, ...]]:
        """The first rows of a plain table, values in the types that the file gives.

        Raises:
            InputRejectedError: The file is damaged or does more than hold data.
        """
        if self.columns(table):
            yield from self._rows(f"SELECT * FROM {_quoted(table)} LIMIT {n_most:d}")  # noqa: S608 - quoted

    def _rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        with self._guarded():
            cursor = self._connection.execute(statement)
        while True:
            with self._guarded():
                row = cursor.fetchone()
            if row is None:
                return
            yield row

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except _ERRORS:
            raise refused(self.name) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def refused(name: str) -> InputRejectedError:
    """The error for a file that cannot be read as plain tables."""
    return InputRejectedError(
        f"{name} is a damaged SQLite file, or does more than hold data",
        hint="Copy it again while the program that writes it is closed.",
    )


def is_sqlite(source: Source, member: str) -> bool:
    """Whether a member begins as a SQLite file does."""
    with source.stream(member) as stream:
        return stream.read(len(MAGIC)) == MAGIC


def has_log_beside(source: Source, member: str) -> bool:
    """Whether changes that were not yet written into the file stand beside it."""
    for ending in ("-wal", "-journal"):
        if source.kind == "file":
            beside = Path(f"{source.path}{ending}")
            with suppress(OSError):
                if beside.is_file() and beside.stat().st_size > 0:
                    return True
        elif any(
            each.name == member + ending and each.n_bytes for each in source.members()
        ):
            return True
    return False


@contextmanager
def open_database(source: Source, member: str) -> Iterator[Database]:
    """Open a member for reading; nothing is written, not even a lock.

    Raises:
        InputRejectedError: It is damaged, or too large to be read inside a zip.
    """
    connection = _connected(source, member)
    try:
        n_bytes = {each.name: each.n_bytes for each in source.members()}[member]
        _restrict(connection, member, n_bytes)
        yield Database(connection, member)
    finally:
        connection.close()


def _connected(source: Source, member: str) -> sqlite3.Connection:
    try:
        if source.kind == "zip":
            connection = sqlite3.connect(":memory:", isolation_level=None)
            connection.deserialize(_whole(source, member))
            return connection
        path = source.path if source.kind == "file" else source.path / member
        # Immutable: no lock, no journal, and no file made beside it.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(address, uri=True, isolation_level=None)
    except (*_ERRORS, OSError):
        raise refused(member) from None


def _whole(source: Source, member: str) -> bytes:
    with source.stream(member) as stream:
        data = stream.read(_MAX_IN_MEMORY + 1)
    if len(data) > _MAX_IN_MEMORY:
        raise InputRejectedError(
            f"{member} is too large to be read inside a zip",
            hint="Unpack the zip and name the file itself.",
        )
    return data


def _restrict(connection: sqlite3.Connection, name: str, n_bytes: int) -> None:
    """Take from the connection everything but reading plain tables."""
    connection.text_factory = _as_text
    n_steps = max(_LEAST_BUDGET, n_bytes * _BUDGET_PER_BYTE) // _STEP

    def stop_when_used_up() -> int:
        nonlocal n_steps
        n_steps -= 1
        return int(n_steps < 0)

    try:
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA mmap_size = 0")
    except _ERRORS:
        raise refused(name) from None
    connection.set_progress_handler(stop_when_used_up, _STEP)
    connection.set_authorizer(_only_reading)


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _plain(value: Any) -> Any:
    """Any value may stand in any column; what JSON has no form for is changed."""
    if isinstance(value, bytes):
        return _as_text(value)
    return None if isinstance(value, float) and not isfinite(value) else value


def _only_reading(
    action: int,
    first: str | None,
    second: str | None,
    _database: str | None,
    inside: str | None,
) -> int:
    """Whether SQLite may do this: reading, asked for by us and not by a view."""
    is_reading = (
        action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
        or (action == sqlite3.SQLITE_PRAGMA and first == "table_xinfo")
        or (action == sqlite3.SQLITE_FUNCTION and second == "count")
    )
    return sqlite3.SQLITE_OK if is_reading and inside is None else sqlite3.SQLITE_DENY
