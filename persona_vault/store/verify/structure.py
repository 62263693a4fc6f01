"""The database as a file: pages, indexes, references, schema, full-text index."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from persona_vault.store import driver, migrate
from persona_vault.store.verify.damage import (
    HASHES,
    STRUCTURE,
    Damage,
    Reader,
    UnreadableError,
    first_ids,
)

_INDEX = re.compile(
    r"(?:wrong # of entries in index|row \d+ missing from index|"
    r"row \d+ values differ from index|rowid not at end-of-record for row \d+ of index"
    r"|non-unique entry in index) (\w+)"
)
_FULL_TEXT = re.compile(r"^(?:malformed inverted index for FTS5 table|fts5: )")
_MOST = 1_000


def check_pages(reader: Reader, *, quick: bool) -> Iterator[Damage]:
    """SQLite's own check of its pages and, unless it is to be quick, its indexes."""
    check = "quick_check" if quick else "integrity_check"
    try:
        said = [str(row[0]) for row in reader.rows(f"PRAGMA {check}({_MOST:d})")]
    except UnreadableError:
        yield Damage(level=STRUCTURE, kind="pages", n=1)
        return
    counts: Counter[tuple[str, str]] = Counter()
    for line in said:
        if line == "ok":
            continue
        index = _INDEX.search(line)
        if index is not None:
            counts["index", index.group(1)] += 1
        elif _FULL_TEXT.search(line):
            counts["full_text", "message_fts"] += 1
        else:
            counts["pages", ""] += 1
    for (kind, name), n in counts.items():
        yield Damage(
            level=STRUCTURE, kind=kind, table=name, n=n, rebuildable=kind != "pages"
        )


def check_references(reader: Reader) -> Iterator[Damage]:
    """Rows that name another row which is not there."""
    ids: dict[str, list[object]] = {}
    try:
        for table, row_id, _parent, _key in reader.rows("PRAGMA foreign_key_check"):
            ids.setdefault(str(table), []).append(row_id)
    except UnreadableError:
        yield Damage(level=STRUCTURE, kind="pages", n=1)
        return
    for table, rows in ids.items():
        known = table if table in driver_tables() else ""
        yield Damage(
            level=STRUCTURE,
            kind="reference",
            table=known,
            n=len(rows),
            ids=first_ids(rows),
        )


def driver_tables() -> frozenset[str]:
    """The names of our tables; what else a damaged schema says is not repeated."""
    from persona_vault.store.schema import metadata  # noqa: PLC0415

    return frozenset(metadata.tables)


_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
_SETTINGS = (
    "PRAGMA encoding",
    "PRAGMA user_version",
    "SELECT version_num FROM alembic_version",
    # Its version rises with the first deletion.
    "SELECT k, v FROM message_fts_config WHERE k <> 'version' OR v NOT IN (4, 5)"
    " ORDER BY k",
)


def check_schema(reader: Reader) -> Iterator[Damage]:
    """The schema and what steers it, statement by statement, against a fresh one."""
    try:
        found = _schema(reader.rows)
    except UnreadableError:
        yield Damage(level=STRUCTURE, kind="schema", n=1)
        return
    wanted = _fresh_schema(migrate.migrations_folder(), migrate.SCHEMA_VERSION)
    differ = set(found) ^ set(wanted)
    if differ:
        yield Damage(level=STRUCTURE, kind="schema", n=len(differ))


def _schema(rows: Any) -> list[str]:
    return [repr(tuple(row)) for say in (_SCHEMA, *_SETTINGS) for row in rows(say)]


@cache
def _fresh_schema(folder_of_revisions: Path, version: int) -> tuple[str, ...]:
    """What this program would make; in a file without content that is then gone."""
    del folder_of_revisions, version  # what the answer hangs on
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "schema.db"
        driver.make_file(place)
        engine = driver.make_engine(place, None)
        try:
            migrate.upgrade(engine, place)
            with engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                return tuple(_schema(lambda say: raw.execute(say).fetchall()))
        finally:
            engine.dispose()


def check_numbering(reader: Reader) -> Iterator[Damage]:
    """The counters of ids that are never given again."""
    behind = 0
    try:
        kept = dict(reader.rows("SELECT name, seq FROM sqlite_sequence"))
        for name in ("source", "conversation", "message", "event"):
            ((most,),) = reader.rows(f"SELECT coalesce(max(id), 0) FROM {name}")  # noqa: S608
            seq = kept.get(name, 0)
            behind += not isinstance(seq, int) or seq < most
    except UnreadableError:
        behind += 1
    if behind:
        yield Damage(
            level=STRUCTURE,
            kind="numbering",
            table="sqlite_sequence",
            n=behind,
            rebuildable=True,
        )


def check_cipher(reader: Reader) -> Iterator[Damage]:
    """The keyed hash of every page of an encrypted file."""
    try:
        bad = set(reader.rows("PRAGMA cipher_integrity_check"))
        if bad:
            # No damage is a page that another process is writing, or was writing as it
            # ended: the log still has it whole, and this check does not know the log.
            reader.read_log_in()
            bad &= set(reader.rows("PRAGMA cipher_integrity_check"))
    except UnreadableError:
        bad = {("",)}
    if bad:
        yield Damage(level=HASHES, kind="encrypted_pages", n=len(bad))
