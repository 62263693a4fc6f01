"""Vaults of earlier formats, from their dumps; and upgrades that end in the middle.

The suite lets an upgrade end at a few points; a sweep calls `die_during_upgrade` with
many, and `state_of` before and after.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from persona_vault.store import driver
from persona_vault.store.header import Header, write_header

ROOT = Path(__file__).resolve().parents[2]
DUMPS = Path(__file__).with_name("schemas")
VAULT_ID = "0123456789abcdef" * 2
DIED = 70

_CHILD = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from persona_vault.store.vault import open_vault
left = int(sys.argv[2])
@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if not left:
        os._exit(70)
open_vault(Path(sys.argv[1])).close()
"""


def versions() -> list[int]:
    """The formats there is a dump of."""
    return sorted(int(path.stem.partition("-")[2]) for path in DUMPS.glob("*.sql"))


def load(folder: Path, version: int) -> Path:
    """A plain vault of an earlier format, three rows in every table."""
    folder.mkdir()
    place = folder / "vault.db"
    driver.make_file(place)
    raw = driver.connect(place, None)
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("PRAGMA journal_mode=WAL")
    dump = (DUMPS / f"format-{version}.sql").read_text(encoding="utf-8")
    raw.executescript(dump)
    raw.close()
    write_header(
        folder,
        Header(
            vault_id=VAULT_ID, created_at="2025-01-01T00:00:00+00:00", encrypted=False
        ),
    )
    return folder


def columns_of(place: Path) -> dict[str, list[str]]:
    """Tables that hold what was imported or typed, and their columns."""
    raw = driver.connect(place, None)
    names = raw.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
        " AND name NOT LIKE 'message_fts%' AND name NOT LIKE 'row_hash%'"
        " AND name NOT LIKE 'alembic%'"
    ).fetchall()
    found = {
        name: [row[1] for row in raw.execute(f'PRAGMA table_info("{name}")')]
        for (name,) in names
    }
    raw.close()
    return found


def row_hashes(place: Path, columns: dict[str, list[str]]) -> dict[str, str]:
    """A hash over all rows of each table, in these columns only."""
    raw = driver.connect(place, None)
    found = {}
    for table, names in columns.items():
        listed = ", ".join(f'"{name}"' for name in names)
        rows: list[Any] = raw.execute(f'SELECT {listed} FROM "{table}"').fetchall()  # noqa: S608
        told = "\n".join(sorted(map(repr, rows)))
        found[table] = hashlib.sha256(told.encode()).hexdigest()
    raw.close()
    return found


def state_of(folder: Path) -> tuple[Any, ...]:
    """Format number, every statement of the schema, every row."""
    place = folder / "vault.db"
    raw = driver.connect(place, None)
    version = raw.execute("PRAGMA user_version").fetchone()[0]
    schema = sorted(map(repr, raw.execute("SELECT * FROM sqlite_schema").fetchall()))
    raw.close()
    return version, schema, row_hashes(place, columns_of(place))


def die_during_upgrade(folder: Path, n_statements: int) -> bool:
    """Open a vault in a process that ends at once at its n-th statement.

    Returns:
        Whether it died; False where it was done before.

    Raises:
        AssertionError: It failed in another way.
    """
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder), str(n_statements)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, DIED), done.stderr.decode()
    return done.returncode == DIED
