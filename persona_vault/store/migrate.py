"""Bring a vault's tables to what this program knows: copy first, check, then keep.

There is only the way up; the copy made before is the way back.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from persona_vault.errors import VaultDamagedError, VaultError
from persona_vault.store import driver
from persona_vault.store.header import newer

# The number of revisions in `migrations/versions`; stands in PRAGMA user_version, so
# that opening an up-to-date vault need not load Alembic.
SCHEMA_VERSION = 5


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
        VaultDamagedError: Rows or references were lost on the way; rolled back.
    """
    from alembic import command  # noqa: PLC0415

    with engine.connect().execution_options(**{driver.IMMEDIATE: True}) as connection:
        raw: Any = connection.connection.dbapi_connection
        # With it on, a batch rebuild of a parent table empties its children, and it
        # can only be changed outside a transaction: hence on the bare connection.
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if schema_version(connection) == SCHEMA_VERSION:
                    return  # another process was faster
                if before is not None:
                    before()
                counts = _row_counts(connection)
                command.upgrade(alembic_config(connection), "head")
                _check(connection, counts, path)
        finally:
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
    copy = path.with_name(f"{path.stem}.before-upgrade-from-{found}{path.suffix}")
    upgrade(engine, path, before=lambda: copy_database(path, copy, key))
    return copy


def copy_database(path: Path, target: Path, key: bytes | None) -> None:
    """A consistent copy under the same key, by SQLite's backup; replaces `target`."""
    target.unlink(missing_ok=True)
    driver.make_file(target)
    with driver.translated(path):
        old = driver.connect(path, key)
        try:
            new = driver.connect(target, key)
            try:
                old.backup(new)
            finally:
                new.close()
        finally:
            old.close()
