"""Bring a vault's tables to what this program knows: copy first, check, then keep.

There is only the way up; the copy made before is the way back.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import Connection, Engine, StaticPool, create_engine

from persona_vault.errors import VaultDamagedError, VaultError
from persona_vault.store import driver
from persona_vault.store.header import newer, sync_folder

# The number of revisions in `migrations/versions`; stands in PRAGMA user_version, so
# that opening an up-to-date vault need not load Alembic.
SCHEMA_VERSION = 6

_COPY = ".before-upgrade-from-"
_SCHEMA = """
SELECT type, name, tbl_name, sql FROM sqlite_schema
WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'alembic_version%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeCopy:
    """A copy of the vault's database as it was before an upgrade; the way back.

    Attributes:
        name: File name, beside the database.
        version: The number of the format that it has.
    """

    name: str
    version: int
    n_bytes: int


def migrations_folder() -> Path:
    """Where the revisions are: inside the wheel, or beside the package in a checkout.

    Raises:
        VaultError: The installation lacks them.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise VaultError(
        f"The installation in {package} is incomplete: its migrations are missing.",
        hint="Install persona-vault again.",
    )


def alembic_config(connection: Connection | None = None) -> Any:
    """Alembic's configuration, made without an ini file.

    Args:
        connection: What the revisions run on; None where they are only listed.
    """
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # The value goes through configparser, which reads a lone % as its own.
    config.set_main_option(
        "script_location", str(migrations_folder()).replace("%", "%%")
    )
    config.attributes["connection"] = connection
    return config


def schema_version(connection: Connection) -> int:
    """The number of the newest revision that the database has seen, 0 for none."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def upgrade(
    engine: Engine, path: Path, *, before: Callable[[], object] | None = None
) -> None:
    """Run every missing revision in one transaction; a failure leaves no trace.

    Args:
        engine: On the database at `path`.
        path: Named in errors only.
        before: Called under the write lock, where there is something to do.

    Raises:
        VaultDamagedError: The tables are not those of their format, or rows or
            references were lost on the way; rolled back.
    """
    from alembic import command  # noqa: PLC0415

    with engine.connect().execution_options(**{driver.IMMEDIATE: True}) as connection:
        raw: Any = connection.connection.dbapi_connection
        # With it on, a batch rebuild of a parent table empties its children, and it
        # can only be changed outside a transaction: hence on the bare connection.
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                found = schema_version(connection)
                if found == SCHEMA_VERSION:
                    return  # another process was faster
                _check_schema(connection, found, path)
                if before is not None:
                    before()
                counts = _row_counts(connection)
                command.upgrade(alembic_config(connection), "head")
                _check(connection, counts, path)
                if found:  # else it is what it would be compared with
                    _check_schema(connection, SCHEMA_VERSION, path)
        finally:
            if not connection.invalidated:  # an interrupt closes the bare connection
                raw.execute("PRAGMA foreign_keys=ON")


def _row_counts(connection: Connection) -> dict[str, int]:
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_fts%'"
        " AND name <> 'alembic_version'"
    ).scalars()
    return {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()  # noqa: S608
        for name in names.all()
    }


def _check(connection: Connection, before: dict[str, int], path: Path) -> None:
    after = _row_counts(connection)
    lost = [name for name, n in before.items() if name in after and after[name] < n]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost or orphans is not None:
        raise VaultDamagedError(
            f"Bringing {path} to the present format would have lost rows"
            f" ({', '.join(lost) or 'references'}); nothing was changed.",
            hint="Keep this vault as it is and report the problem.",
        )


def schema_of(connection: Connection) -> dict[tuple[str, str], list[str]]:
    """Every statement of the schema: tables, indexes, triggers, full-text tables.

    Returns:
        (type, name) -> the statement without its layout; constraints in no order.
    """
    found = {}
    for kind, name, table, sql in connection.exec_driver_sql(_SCHEMA):
        head, *constraints = " ".join((sql or "").split()).split(" CONSTRAINT ")
        found[kind, name] = [
            table,
            head.rstrip(" ,)"),
            *sorted(each.rstrip(" ,)") for each in constraints),
        ]
    return found


def fresh_schema(version: int) -> dict[tuple[str, str], list[str]]:
    """What the revisions up to a format make of nothing; for comparison."""
    return _made_schema(migrations_folder(), version) if version > 0 else {}


@lru_cache(maxsize=8)
def _made_schema(
    folder_of_revisions: Path, version: int
) -> dict[tuple[str, str], list[str]]:
    from alembic import command  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    del folder_of_revisions  # `alembic_config` asks for it again
    engine = create_engine(
        "sqlite+persona_vault://",
        module=sqlcipher3,
        creator=lambda: sqlcipher3.connect(":memory:", isolation_level=None),
        poolclass=StaticPool,
    )
    with engine.connect() as connection:
        config = alembic_config(connection)
        revisions = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
        command.upgrade(config, revisions[version - 1].revision)
        found = schema_of(connection)
    engine.dispose()
    return found


def _check_schema(connection: Connection, version: int, path: Path) -> None:
    """Refuse tables that are not those of the format: a half-made upgrade, say."""
    found, wanted = schema_of(connection), fresh_schema(version)
    differ = {
        name
        for name in found.keys() | wanted.keys()
        if found.get(name) != wanted.get(name)
    }
    if differ:
        raise VaultDamagedError(
            f"The tables in {path} are not those of format {version}, in"
            f" {len(differ)} {'place' if len(differ) == 1 else 'places'}; nothing was"
            " changed.",
            hint="Restore the vault from a backup, or from a copy named"
            f" {path.stem}{_COPY}... beside it.",
        )


def upgrade_copies(folder: Path) -> list[UpgradeCopy]:
    """The copies made before upgrades, oldest format first; kept until removed."""
    found = []
    for path in folder.glob(f"*{_COPY}*.db"):
        number = path.name.partition(_COPY)[2].partition("-")[0].partition(".")[0]
        if number.isascii() and number.isdigit():
            found.append(
                UpgradeCopy(
                    name=path.name, version=int(number), n_bytes=path.stat().st_size
                )
            )
    return sorted(found, key=lambda one: (one.version, one.name))


def upgrade_existing(engine: Engine, path: Path, key: bytes | None) -> Path | None:
    """Upgrade an older vault, keeping a copy of it; nothing to do for a current one.

    Returns:
        Where the copy is, or None where no upgrade was needed.

    Raises:
        NewerVaultError: The vault was written by a newer program; unchanged.
    """
    with engine.connect() as connection:
        found = schema_version(connection)
    if found > SCHEMA_VERSION:
        raise newer(path.parent, f"format {found}, this program knows {SCHEMA_VERSION}")
    if found == SCHEMA_VERSION:
        return None
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    copy = path.with_name(f"{path.stem}{_COPY}{found}-{today}{path.suffix}")
    upgrade(engine, path, before=lambda: copy_database(path, copy, key))
    return copy


def copy_database(path: Path, target: Path, key: bytes | None) -> None:
    """A consistent copy under the same key, by SQLite's backup; replaces `target`.

    On the disk before it has its name: a copy of that name is whole.
    """
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    with driver.translated(path):
        driver.make_file(fresh)
        old = driver.connect(path, key)
        try:
            new = driver.connect(fresh, key)
            try:
                old.backup(new)
            finally:
                new.close()
        except BaseException:
            fresh.unlink()
            raise
        finally:
            old.close()
        _sync(fresh)
        fresh.replace(target)
        sync_folder(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
