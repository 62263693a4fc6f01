"""The `llm` command line's `logs.db`, with the tables of 2023 and those of 2026."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told
from persona_vault.importers.files.members import other_members
from persona_vault.importers.files.sqlite_file import (
    Database,
    has_log_beside,
    is_sqlite,
    open_database,
)
from persona_vault.importers.formats.llm_logs.responses import (
    RESPONSES,
    read_responses,
    told_response,
)
from persona_vault.importers.formats.llm_logs.threads import PARTS, TURNS, read_threads
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_object, kept_value
from persona_vault.model import ReadOptions, Record, SourceFact

_SUFFIXES = {".db", ".sqlite", ".sqlite3"}


class LlmLogs:
    """Reads every prompt and response, with the model that answered.

    A file that was used by old and new versions has both kinds of tables; what stands
    in both is read once.
    """

    name: ClassVar[str] = "llm_logs"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "llm"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is a SQLite file with one of the two sets of tables."""
        return bool(_log_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """The older tables, then the newer ones, each in the order of writing.

        Raises:
            InputRejectedError: A file is damaged or does more than hold data.
        """
        names = _log_files(source)
        for name in names:
            if has_log_beside(source, name):
                yield SourceFact("changes_beside", "not read", name)
            with open_database(source, name) as database:
                yield from _records(database)
        beside = {name + ending for name in names for ending in ("-wal", "-shm")}
        yield from other_members(source, {*names, *beside})

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A prompt or a response of the older tables alone; the newer keep no words."""
        return told_response(as_object(kept_value(raw)), where)


def _log_files(source: Source) -> list[str]:
    found = []
    for member in source.members():
        suffix = PurePosixPath(member.name).suffix.lower()
        if source.kind != "file" and suffix not in _SUFFIXES:
            continue
        if is_sqlite(source, member.name) and _has_tables(source, member.name):
            found.append(member.name)
    return found


def _has_tables(source: Source, name: str) -> bool:
    try:
        with open_database(source, name) as database:
            return _has_responses(database) or _has_threads(database)
    except InputRejectedError:
        # Beside others it is another program's; alone, the reason must be told.
        if source.kind == "file":
            raise
        return False


def _has_responses(database: Database) -> bool:
    return database.has("responses", RESPONSES)


def _has_threads(database: Database) -> bool:
    return (
        database.has("threads", ("id",))
        and database.has("turns", TURNS)
        and database.has("messages", ("hash", "parent_hash", "role"))
        and database.has("parts", PARTS)
    )


def _records(database: Database) -> Iterator[Record]:
    known: dict[str, set[tuple[str, str]]] = {}
    in_turns: set[str] = set()
    if _has_threads(database):
        in_turns = {str(row["id"]) for row in database.select("turns", ("id",))}
    if _has_responses(database):
        yield from read_responses(database, in_turns, known)
    if _has_threads(database):
        yield from read_threads(database, known)
