"""Forget for good: rows, pages and log; and say what still may hold it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from persona_vault.errors import VaultError
from persona_vault.plain import plain
from persona_vault.store import driver, locking
from persona_vault.store.chosen import Wanted
from persona_vault.store.forgetting import Forgetting, forget_chosen
from persona_vault.store.header import DB_NAME
from persona_vault.store.whole import unfinished
from persona_vault.store.written import BACKUP, WrittenFile, absolute, read_written

# Up to this size the file is written anew in memory; above it by way of a temporary
# file, which SQLCipher encrypts with the key of the vault (measured).
MOST_IN_MEMORY = 128 * 1024**2

_BEYOND = (
    "The export file itself, wherever you keep it.",
    "Reports, snapshots with quotes and other files that were written from the vault.",
    "Backups and copies of the vault that were made before; there it stays until you"
    " remove them.",
    "The copy that the vendor keeps.",
    "Traces that a disk keeps by its own workings: flash storage and file systems with"
    " snapshots hold overwritten data for a while.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReceipt:
    """What was forgotten, in numbers only.

    Attributes:
        kind: What named it, as in `chosen.Kind`.
        dry_run: Whether nothing was kept of it.
        removed: Counts by kind.
        n_marks: Marks that keep it out of the next import; they hold no word.
        n_spoken: Of the messages: those whose speaker bears the name.
        n_without_time: Messages that no span of dates can hold, so they stayed.
        n_versions: Of the messages: answers set aside and wordings before an edit,
            which go with the message of a topic or span that stands in their place.
        versions_left: Ids of such versions of messages that were named; they stay.
        n_titles: Titles of conversations of which other messages stay.
        n_ids: Conversations whose id, given by the export, holds the words and stays.
        sources: Names of the export files that brought any of it, as recorded.
        snapshots: Paths of exports, and of snapshots and reports with quotes, that
            were written before and are still there, of whatever companion; also of what
            a run left that was killed.
        copies: Names of copies and backups in the vault's folder, and paths of backups
            elsewhere, that were made before and are still there.
        not_found: Such files that are no longer where they were put.
        beyond: Sentences on what this program cannot reach.
        compacted: Whether the file was written anew, without the freed pages.
        log_emptied: Whether the write-ahead log was cut to nothing.
    """

    kind: str
    at: datetime
    dry_run: bool
    removed: Mapping[str, int]
    n_marks: int
    n_spoken: int
    n_without_time: int
    n_versions: int
    versions_left: tuple[int, ...]
    n_titles: int
    n_ids: int
    sources: tuple[str, ...]
    snapshots: tuple[str, ...]
    copies: tuple[str, ...]
    not_found: tuple[WrittenFile, ...]
    beyond: tuple[str, ...] = _BEYOND
    compacted: bool = False
    log_emptied: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The receipt as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def make_receipt(
    connection: Connection,
    folder: Path,
    wanted: Wanted,
    *,
    leave_marks: bool,
    dry_run: bool,
) -> ForgetReceipt:
    """Forget in the caller's transaction; a dry run is rolled back by the caller.

    Raises:
        UnknownPersonaError, UsageError: As `forget_chosen`.
    """
    # Before their paths are blotted: who forgets wants to find them.
    files = files_before(connection, folder)
    done: Forgetting = forget_chosen(connection, wanted, leave_marks=leave_marks)
    return ForgetReceipt(
        kind=wanted.kind.value,
        at=datetime.now(UTC),
        dry_run=dry_run,
        removed=done.removed,
        n_marks=done.n_marks,
        n_spoken=done.found.n_spoken,
        n_without_time=done.found.n_without_time,
        n_versions=done.found.n_versions,
        versions_left=done.found.versions_left,
        n_titles=done.n_titles,
        n_ids=done.n_ids,
        sources=done.source_names,
        snapshots=files.snapshots,
        copies=files.copies,
        not_found=files.not_found,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesBefore:
    """Files that may hold what goes; the fields are those of `ForgetReceipt`."""

    snapshots: tuple[str, ...]
    copies: tuple[str, ...]
    not_found: tuple[WrittenFile, ...]


def files_before(connection: Connection, folder: Path) -> FilesBefore:
    """What was written from the vault before, and what lies beside its database.

    Args:
        connection: Its view of the notes counts.
        folder: The vault's.
    """
    written = read_written(connection)
    there = [one for one in written if one.is_there]
    beside = {
        path.name
        for ending in ("*.db", "*.pvbackup")
        for path in folder.glob(ending)
        if path.is_file() and path.name != DB_NAME
    }
    own = {absolute(folder / name) for name in beside}
    backups = [one.path for one in there if one.kind == BACKUP]
    others = [one for one in written if one.kind != BACKUP]
    begun = [str(unfinished(Path(one.path))) for one in others]
    return FilesBefore(
        snapshots=(
            *(one.path for one in others if one.is_there),
            # What a run left that was killed holds words as well.
            *(path for path in begun if os.path.exists(path)),  # noqa: PTH110
        ),
        copies=(
            *sorted(beside),
            *(path for path in backups if path not in own),
        ),
        not_found=tuple(one for one in written if not one.is_there),
    )


def compact(engine: Engine, path: Path) -> tuple[bool, bool]:
    """Write the file anew without its freed pages, and cut the log to nothing.

    Returns:
        Whether each of the two was done. What was forgotten is gone either way; other
        programs that have the vault open, or a full disk, can be in the way.
    """
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA busy_timeout=1000")
        large = path.stat().st_size > MOST_IN_MEMORY
        try:
            if large:
                raw.execute("PRAGMA temp_store=FILE")
            compacted = _done(raw, "VACUUM", path)
            emptied = _emptied(raw, path)
        finally:
            raw.execute("PRAGMA temp_store=MEMORY")
            raw.execute(f"PRAGMA busy_timeout={driver.BUSY_TIMEOUT_MS:d}")
    return compacted, emptied


def _done(raw: Any, statement: str, path: Path) -> bool:
    try:
        with driver.translated(path), locking.noted(path):
            raw.execute(statement)
    except VaultError:
        return False
    return True


def _emptied(raw: Any, path: Path) -> bool:
    try:
        with driver.translated(path):
            busy, n_frames, _ = raw.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            ).fetchone()
    except VaultError:
        return False
    return not busy and n_frames <= 0
