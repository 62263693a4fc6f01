"""Write the schema of each released format, with rows in it, as SQL text for the tests.

A dump is written once, when its format is released, and never again: the tests load
it, upgrade it, and compare every row. Run it after a new revision:

    python scripts/dump_schema.py
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from alembic import command  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402

from persona_vault.store import driver, migrate  # noqa: E402

FOLDER = ROOT / "tests" / "store" / "schemas"
VAULT_ID = "0123456789abcdef" * 2
N_ROWS = 3

# Tables that the program or SQLite fills by itself.
_DERIVED = ("row_hash", "sqlite_", "alembic_version", "message_fts")
_JSON = {"ledger": "{}", "manifest": "{}", "user_names": '["Sam"]', "own_names": "[]"}
_FIXED = {
    ("message", "role"): ["user", "persona", "user"],
    ("message", "time_quality"): ["exact", "minute", "none"],
    ("message", "local_at"): ["2024-03-01T12:00:00"] * 3,
    ("model_claim", "claim_source"): ["message", "swipe", "conversation"],
    ("model_claim", "part"): ["answered", "requested", "default"],
    ("event", "precision"): ["day", "month", "exact"],
}


def released(version: int, folder: Path) -> Iterator[str]:
    """The statements that make a database of a format, rows included."""
    place = folder / f"{version}.db"
    driver.make_file(place)
    engine = driver.make_engine(place, None)
    with engine.connect() as connection:
        config = migrate.alembic_config(connection)
        revisions = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
        command.upgrade(config, revisions[version - 1].revision)
        connection.commit()
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        _fill(raw)
        if raw.execute("PRAGMA foreign_key_check").fetchone() is not None:
            sys.exit(f"format {version}: a row names another that is not there")
        yield from _statements(raw, version)
    engine.dispose()


def _tables(raw: Any) -> list[str]:
    names = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [n for (n,) in names if not n.startswith(_DERIVED)]


def _fill(raw: Any) -> None:
    for table in _tables(raw):
        columns = raw.execute(f'PRAGMA table_info("{table}")').fetchall()
        marks = ", ".join("?" * len(columns))
        for number in range(1, N_ROWS + 1):
            row = [_cell(table, column, number) for column in columns]
            raw.execute(f'INSERT INTO "{table}" VALUES ({marks})', row)  # noqa: S608
    raw.execute(
        "UPDATE setting SET key = 'vault_id', value = ? WHERE key = 'key 1'",
        (VAULT_ID,),
    )
    raw.execute("INSERT INTO message_fts(message_fts) VALUES ('rebuild')")


def _cell(table: str, column: Any, number: int) -> Any:
    """A value of the column's kind; what names a row of another table is 1, 2 or 3."""
    _, name, kind, _, _, _ = column
    if name in _JSON:
        return _JSON[name]
    if (table, name) in _FIXED:
        return _FIXED[table, name][number - 1]
    if kind == "INTEGER":
        if name.endswith("_at") or name in ("at", "valid_from"):
            return 1_700_000_000_000_000 + number
        return number if name == "id" or name.endswith("_id") else 1
    if kind == "BLOB":
        return bytes([number]) * 16
    return (
        f"{name} {number}, \u00e9\u4e2d\U0001f6a2 'it''s'"
        if name == "text"
        else (f"{name} {number}")
    )


def _statements(raw: Any, version: int) -> Iterator[str]:
    yield f"PRAGMA application_id={driver.APPLICATION_ID};"
    yield f"PRAGMA user_version={version};"
    schema = raw.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
    ).fetchall()
    own = [
        (kind, sql)
        for kind, name, sql in schema
        if not name.startswith(("sqlite_", "message_fts_"))
    ]
    yield from (f"{sql};" for kind, sql in own if kind == "table")
    yield "INSERT INTO message_fts(message_fts, rank) VALUES ('secure-delete', 1);"
    filled = [n for (k, n, _) in schema if k == "table"]
    for table in filled:
        if table.startswith("message_fts"):
            continue
        if table == "sqlite_sequence":
            yield "DELETE FROM sqlite_sequence;"
        for row in raw.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
            cells = ", ".join(
                raw.execute("SELECT quote(?)", (cell,)).fetchone()[0] for cell in row
            )
            yield f'INSERT INTO "{table}" VALUES ({cells});'  # noqa: S608
    yield "INSERT INTO message_fts(message_fts) VALUES ('rebuild');"
    # Last, so that loading the rows sets no trigger off.
    yield from (f"{sql};" for kind, sql in own if kind != "table")


def main() -> None:
    """Write the dumps that are not there yet."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    for version in range(1, migrate.SCHEMA_VERSION + 1):
        target = FOLDER / f"format-{version}.sql"
        if target.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = "\n".join(released(version, Path(folder))) + "\n"
        target.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{target.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
