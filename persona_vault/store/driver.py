"""The one way to the database file: SQLCipher through SQLAlchemy, keyed or plain.

Nothing else in the package opens the file, and every driver error becomes one of ours
here.
"""

import errno
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

import sqlcipher3
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlcipher import SQLiteDialect_pysqlcipher
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import QueuePool

from persona_vault.errors import (
    OF_THE_DISK,
    DiskFullError,
    UsageError,
    VaultDamagedError,
    VaultError,
)
from persona_vault.store import locking
from persona_vault.store.hashing import drop_strange_notes, hash_noted_rows

APPLICATION_ID = 0x50564C54  # "PVLT", at offset 68 of a plain file
MAGIC = b"SQLite format 3\0"
_OLDEST_SQLITE = (3, 51, 3)  # before it two programs at once could corrupt the log
MIN_DB_BYTES = 512  # the smallest page SQLite knows; less is not a database
BUSY_TIMEOUT_MS = 30_000
IMMEDIATE = "persona_vault_immediate"

_PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=FULL",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "temp_store=MEMORY",  # a temporary file on disk would be plain text
)

# Primary result codes of SQLite.
_READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 8, 10, 11, 13, 14, 26
_LOCKED = (5, 6)
# Said without a telling code: a cell that is no text, a schema with a changed letter.
_ROTTEN = (
    "Could not decode to UTF-8",
    "no such column",
    "no such table",
    "unsupported file format",
    "invalid fts5 file format",
)


# Said without any code where a backup from connection to connection fails.
_CODES = {
    "disk I/O error": _IOERR,
    "database or disk is full": _FULL,
    "database disk image is malformed": _CORRUPT,
    "database is locked": _LOCKED[0],
    "unable to open database file": _CANTOPEN,
}


class VaultDialect(SQLiteDialect_pysqlcipher):
    """SQLCipher whose key comes from `connect`, so that no URL ever holds it.

    The parent sends `PRAGMA key` on every connection and fails on an empty one, which
    a plain vault would need.
    """

    supports_statement_cache = True

    def on_connect_url(self, url: URL) -> Callable[[Any], None] | None:
        """What SQLAlchemy itself wants done on a new connection."""
        del url
        return self.on_connect()


registry.register("sqlite.persona_vault", __name__, "VaultDialect")


# For a value of any type but int, float and str the driver looks for a method that no
# value here has, each time: a row with NULLs and bytes took twice as long to write. A
# type that is registered is spared the search; these give back what they are given.
sqlcipher3.register_adapter(type(None), {}.get)
sqlcipher3.register_adapter(bytes, bytes)
sqlcipher3.register_adapter(bool, int)


def _uri(path: Path) -> str:
    posix = path.absolute().as_posix()
    if not posix.startswith("/"):  # a drive letter
        posix = "/" + posix
    return f"file://{quote(os.fsencode(posix))}?mode=rw"


def make_file(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its log the same mode.

    Raises:
        FileExistsError: There is one already.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@cache
def check_driver() -> None:
    """Refuse a driver that cannot encrypt, or whose SQLite may corrupt its log.

    Raises:
        VaultError: It is one of these; nothing was opened.
    """
    memory = sqlcipher3.connect(":memory:")
    try:
        encrypts = memory.execute("PRAGMA cipher_version").fetchone()
    finally:
        memory.close()
    if not encrypts or not encrypts[0]:
        # Without it `PRAGMA key` does nothing, and says nothing.
        raise VaultError(
            "The installed `sqlcipher3` cannot encrypt; nothing was opened.",
            hint="Install the package `sqlcipher3` anew.",
        )
    if sqlcipher3.sqlite_version_info < _OLDEST_SQLITE:
        raise VaultError(
            f"The installed `sqlcipher3` brings SQLite {sqlcipher3.sqlite_version},"
            " which can damage a vault; nothing was opened.",
            hint="Update the package `sqlcipher3`.",
        )


def connect(path: Path, key: bytes | None) -> Any:
    """A driver connection to an existing file, in autocommit, with all guards set.

    Args:
        path: The database; never made by opening.
        key: The raw 256-bit key, None for a plain vault.
    """
    check_driver()
    connection = sqlcipher3.connect(
        _uri(path), uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")  # it would write to stderr
        if key is not None:
            connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def opens(path: Path, key: bytes) -> bool:
    """Whether this key opens the database; a change that was cut short is undone.

    Raises:
        sqlcipher3.Error: It could not be tried: locked, or not readable.
    """
    try:
        connect(path, key).close()
    except sqlcipher3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == _NOTADB:
            return False
        raise
    return True


def keep_log(engine: Engine) -> None:
    """Back to the write-ahead log, where a change of keys was cut short without it."""
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if _journal(raw) == "wal":
            return
        raw.execute("PRAGMA busy_timeout=1000")
        try:
            _journal(raw, "WAL")
        except sqlcipher3.OperationalError:
            pass  # somebody else is at work; the next opening will do it
        finally:
            raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")


def _journal(raw: Any, wanted: str | None = None) -> str:
    say = "" if wanted is None else f"={wanted}"
    return str(raw.execute(f"PRAGMA journal_mode{say}").fetchone()[0]).casefold()


@contextmanager
def alone(path: Path, key: bytes) -> Iterator[Any]:
    """A connection while nobody else has the database open, or can open it.

    A connection in the log's mode holds a lock for as long as it lives, so leaving that
    mode succeeds for the only one, and the exclusive lock then keeps all others out.

    Raises:
        VaultLockedError: Somebody else has it open.
    """
    raw = connect(path, key)
    try:
        if _journal(raw) != "wal":
            raise locking.locked(path)
        raw.execute("PRAGMA locking_mode=EXCLUSIVE")
        if _journal(raw, "DELETE") != "delete":
            raise locking.locked(path)
        raw.execute("BEGIN EXCLUSIVE")
        raw.execute("COMMIT")
        with locking.noted(path):
            yield raw
        raw.execute("PRAGMA locking_mode=NORMAL")
        _journal(raw, "WAL")
    finally:
        raw.close()


def change_key(raw: Any, path: Path, key: bytes) -> None:
    """Encrypt every page anew, in one transaction of the connection of `alone`.

    Raises:
        VaultDamagedError: A page cannot be read; nothing was changed.
        DiskFullError: The pages or their journal could not be written; likewise.
    """
    # On a failure SQLCipher rolls back and gives no reason: an error without a code,
    # or an answer other than "ok". This connection must then write nothing more: it
    # would do so under the new key.
    said = None
    with suppress(sqlcipher3.OperationalError):
        said = raw.execute(f"PRAGMA rekey=\"x'{key.hex()}'\"").fetchone()
    if said is not None and said[0] == "ok":
        # It says so as well where the transaction's end failed.
        if _is_hot(path):
            raise disk_full(path)
        return
    rotten = raw.execute("PRAGMA cipher_integrity_check").fetchone()
    raise disk_full(path) if rotten is None else damaged(path)


def _is_hot(path: Path) -> bool:
    """Whether a rollback journal stands beside a database: the next opening undoes it.

    A finished one is gone, empty, or begins with zeros (SQLite's file format, 3).
    """
    try:
        with path.with_name(f"{path.name}-journal").open("rb") as journal:
            return journal.read(1) not in (b"", b"\0")
    except FileNotFoundError:
        return False


def make_engine(path: Path, key: bytes | None) -> Engine:
    """An engine on an existing database; transactions begin where we say so.

    With the execution option `IMMEDIATE` a transaction takes the write lock at once.
    """
    engine = create_engine(
        "sqlite+persona_vault://",
        module=sqlcipher3,
        creator=lambda: connect(path, key),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=28,
        hide_parameters=True,  # else an error lists the bound values: chat text
    )

    noted: WeakSet[Connection] = WeakSet()

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(IMMEDIATE, False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with translated(path):
            drop_strange_notes(connection.connection.dbapi_connection)
        locking.lay_note(path)
        noted.add(connection)

    def end(connection: Connection) -> None:
        if connection in noted:  # else it is another process's note
            noted.discard(connection)
            locking.take_note_away(path)

    def hash_rows(connection: Connection) -> None:
        with translated(path):
            hash_noted_rows(connection.connection.dbapi_connection)

    def handle(context: ExceptionContext) -> VaultError | None:
        return translate(context.original_exception, path)

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", hash_rows)
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", end)
    event.listen(engine, "handle_error", handle, retval=True)
    return engine


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the bare driver or the file system raises into errors of ours."""
    try:
        yield
    except (sqlcipher3.Error, OSError, UnicodeDecodeError) as error:
        ours = translate(error, path)
        if ours is None:
            raise
        raise ours from error


def translate(error: BaseException, path: Path) -> VaultError | None:
    """The error of ours that a failure of driver or file system stands for, or None."""
    if isinstance(error, OSError):
        return _translate_os(error, path)
    if isinstance(error, OverflowError | UnicodeEncodeError):
        # Importers scrub what they read, so this came with the call.
        return UsageError(
            "A number or a word that was given cannot stand in any vault.",
            hint="Numbers have at most 18 digits, words are valid Unicode text.",
        )
    if isinstance(error, UnicodeDecodeError):  # names in the schema that are no text
        return damaged(path)
    if not isinstance(error, sqlcipher3.Error):
        return None
    if str(error).startswith(_ROTTEN):
        return damaged(path)
    code = getattr(error, "sqlite_errorcode", 0) or _CODES.get(str(error), 0)
    return _translate_code(int(code), path)


def _translate_code(extended: int, path: Path) -> VaultError | None:
    code = extended & 0xFF
    if code in _LOCKED:
        return locking.locked(path)
    if code == _FULL:
        return disk_full(path)
    if code == _IOERR:
        # A limit on file sizes or a full quota arrives so; rot does not (measured).
        return disk_refuses(path)
    if code in (_CORRUPT, _NOTADB):
        return damaged(path)
    if code in (_READONLY, _CANTOPEN):
        return _not_allowed(path)
    return None


def damaged(path: Path) -> VaultDamagedError:
    """The database is not what its key and its format ask for."""
    return VaultDamagedError(
        f"The database of the vault is damaged: {path}.",
        hint="Restore the vault from a backup; this program changed nothing.",
    )


def _translate_os(error: OSError, path: Path) -> VaultError | None:
    if error.errno in OF_THE_DISK:
        return disk_refuses(path) if error.errno == errno.EIO else disk_full(path)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return _not_allowed(path)
    return None


def disk_full(path: Path) -> DiskFullError:
    """The disk under `path` takes no more."""
    return DiskFullError(
        f"The disk that holds {path.parent} takes no more data; nothing of this step"
        " was kept.",
        hint="Free some space and run the same command again.",
    )


def disk_refuses(path: Path) -> DiskFullError:
    """The disk under `path` fails, or a limit on files was met."""
    return DiskFullError(
        f"The disk that holds {path.parent} would not take or give data; nothing of"
        " this step was kept.",
        hint="Check that it is connected and has free space, and run the same command"
        " again.",
    )


def _not_allowed(path: Path) -> UsageError:
    return UsageError(
        f"The vault {path.parent} cannot be opened for writing.",
        hint="Check that the folder and its files belong to you and are writable.",
    )


# POSIX drops all of a process's locks on a file when any handle to it is closed, so a
# database that this process holds open must never be opened beside the driver.
_open_here: Counter[Path] = Counter()
_open_lock = threading.Lock()


def hold(path: Path) -> None:
    """Note that this process has the database open."""
    with _open_lock:
        _open_here[path.resolve()] += 1


def release(path: Path) -> None:
    """Note that a holder of the database has closed it."""
    with _open_lock:
        _open_here[path.resolve()] -= 1


def first_bytes(path: Path) -> bytes | None:
    """The first 16 bytes of a database file, None where this process has it open."""
    with _open_lock:
        if _open_here[path.resolve()] > 0:
            return None
        with path.open("rb") as file:
            return file.read(len(MAGIC))
