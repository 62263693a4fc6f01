"""Which files with words of the talk were written from a vault, quotes included.

The vault notes where and when, so that a forgetting can name them. The notes stand
among the settings, so in an encrypted vault nobody else reads them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from persona_vault.errors import VaultError
from persona_vault.plain import plain
from persona_vault.store import driver
from persona_vault.store.cells import json_cell
from persona_vault.store.hashing import WRITTEN_FILES

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

BACKUP, SNAPSHOT, REPORT, EXPORT = "backup", "snapshot", "report", "export"
# An import holds the lock for as long as it takes; a backup shall not wait for that.
WAIT_MS = 3_000

_READ = "SELECT value FROM setting WHERE key = ?"
_KEEP = (
    "INSERT INTO setting (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file that was written from the vault.

    Attributes:
        kind: "backup", "snapshot", "report" or "export".
        path: Absolute, as it was then; a forgotten name in it is blotted.
        at: ISO 8601, UTC.
        n_quotes: Messages or parts of them that stand in it word for word; 0 for a
            backup, which holds all.
    """

    kind: str
    path: str
    at: str
    n_quotes: int = 0

    @property
    def is_there(self) -> bool:
        """Whether a file is at that place now."""
        return os.path.exists(self.path)  # noqa: PTH110 - False where we may not look

    def to_dict(self) -> dict[str, Any]:
        """The note as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def read_written(connection: Connection) -> tuple[WrittenFile, ...]:
    """The files that this vault knows of, oldest first."""
    text = connection.exec_driver_sql(_READ, (WRITTEN_FILES,)).scalar()
    names = [field.name for field in fields(WrittenFile)]
    return tuple(
        WrittenFile(**{name: one[name] for name in names})
        for one in json_cell(text or "[]")
    )


def is_noted(connection: Connection, path: Path) -> bool:
    """Whether the vault has a note of that file."""
    return any(one.path == absolute(path) for one in read_written(connection))


def absolute(path: Path) -> str:
    """The path as it is noted: from the root, with links as they were named."""
    return os.path.abspath(path)  # noqa: PTH100 - resolving would follow the links


def keep_written(connection: Connection, files: tuple[WrittenFile, ...]) -> None:
    """Write the notes anew, in the caller's transaction."""
    told = json.dumps([asdict(one) for one in files])
    connection.exec_driver_sql(_KEEP, (WRITTEN_FILES, told))


@contextmanager
def noted_file(
    vault: "Vault", kind: str, path: Path, *, n_quotes: int = 0
) -> Iterator[bool]:
    """Note a file while it is written: before it is there, so that none is left out.

    Gives whether that could be done: another program may be writing to the vault, or
    it may lie on a disk that takes nothing. The file is worth more than its note. If
    the writing fails, the note is dropped.
    """
    place = absolute(path)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    file = WrittenFile(kind=kind, path=place, at=moment, n_quotes=n_quotes)
    noted = _change(vault, place, file)
    try:
        yield noted
    except BaseException:
        if noted and not file.is_there:
            _change(vault, place, None)
        raise


def _change(vault: "Vault", place: str, file: WrittenFile | None) -> bool:
    """Put a note in the place of an earlier one of the same path; False: not now."""
    try:
        with vault.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA busy_timeout={WAIT_MS:d}")
            try:
                connection.execution_options(**{driver.IMMEDIATE: True})
                with connection.begin():
                    others = (o for o in read_written(connection) if o.path != place)
                    keep_written(connection, (*others, *([file] if file else [])))
            finally:
                raw.execute(f"PRAGMA busy_timeout={driver.BUSY_TIMEOUT_MS:d}")
    except VaultError:
        return False
    return True
