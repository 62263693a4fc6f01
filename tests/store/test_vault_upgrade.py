"""Every format that was ever released is brought up without losing a row."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from persona_vault.errors import (
    DiskFullError,
    ForeignVaultError,
    NewerVaultError,
    VaultDamagedError,
    VaultError,
)
from persona_vault.store import driver, migrate
from persona_vault.store.vault import Vault, open_vault
from tests.store.released import (
    columns_of,
    die_during_upgrade,
    load,
    row_hashes,
    state_of,
    versions,
)

OLDER = [number for number in versions() if number < migrate.SCHEMA_VERSION]


class InterruptedError_(BaseException):  # noqa: N801 - as an interrupt
    """What ends an upgrade in the middle."""


def file_hash(folder: Path) -> str:
    """SHA-256 of the database file."""
    return hashlib.sha256((folder / "vault.db").read_bytes()).hexdigest()


def change(folder: Path, *statements: str) -> None:
    """Do something to the database behind the program's back."""
    raw = driver.connect(folder / "vault.db", None)
    for statement in statements:
        raw.execute(statement)
    raw.close()


def test_every_format_has_its_dump() -> None:
    """`scripts/dump_schema.py` was run after the newest revision."""
    assert versions() == list(range(1, migrate.SCHEMA_VERSION + 1))


@pytest.mark.parametrize("version", versions())
def test_a_dump_is_what_its_revisions_make(tmp_path: Path, version: int) -> None:
    """The text of a dump is the format's own schema, triggers and indexes included."""
    folder = load(tmp_path / "vault", version)
    engine = driver.make_engine(folder / "vault.db", None)
    with engine.connect() as connection:
        assert migrate.schema_version(connection) == version
        assert migrate.schema_of(connection) == migrate.fresh_schema(version)
    engine.dispose()


@pytest.mark.parametrize("version", OLDER)
def test_an_older_vault_loses_no_row(tmp_path: Path, version: int) -> None:
    """Row hashes are equal in every old column; the copy is the vault as it was."""
    folder = load(tmp_path / "vault", version)
    place = folder / "vault.db"
    columns = columns_of(place)
    before, whole = row_hashes(place, columns), state_of(folder)
    with open_vault(folder) as vault:
        assert vault.message(2).text.startswith("text 2, \u00e9\u4e2d\U0001f6a2")
        with vault.write() as connection:
            run = connection.exec_driver_sql
            assert run("PRAGMA foreign_key_check").first() is None
            run(
                "INSERT INTO message_fts(message_fts, rank)"
                " VALUES ('integrity-check', 1)"
            )
            assert migrate.schema_of(connection) == migrate.fresh_schema(
                migrate.SCHEMA_VERSION
            )
    assert row_hashes(place, columns) == before
    [copy] = migrate.upgrade_copies(folder)
    assert (copy.version, copy.n_bytes > 0) == (version, True)
    assert f"from-{version}-20" in copy.name
    # The way back.
    (folder / copy.name).replace(place)
    assert state_of(folder) == whole
    open_vault(folder).close()


def stopped_at(folder: Path, n_statements: int) -> int:
    """Open a vault, stop it at its n-th statement (0 = never); statements so far."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == n_statements:
            raise InterruptedError_

    event.listen(Engine, "before_cursor_execute", count)
    try:
        open_vault(folder).close()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return seen[0]


def test_an_upgrade_that_is_stopped_changes_nothing(tmp_path: Path) -> None:
    """Schema and rows are those from before, at whatever statement it ends."""
    stopped_at(load(tmp_path / "first", 1), 0)  # what is compared with is known now
    n_all = stopped_at(load(tmp_path / "second", 1), 0)
    folder = load(tmp_path / "vault", 1)
    before = state_of(folder)
    for share in (0.02, 0.1, 0.4, 0.7, 0.95):
        with pytest.raises(InterruptedError_):
            stopped_at(folder, max(1, int(n_all * share)))
        assert state_of(folder) == before
    with open_vault(folder) as vault:
        assert vault.message(1).id == 1


@pytest.mark.slow
def test_an_upgrade_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    """The same with a real process that ends without a word."""
    folder = load(tmp_path / "vault", 1)
    before = state_of(folder)
    assert die_during_upgrade(folder, 120)
    assert state_of(folder) == before
    open_vault(folder).close()


def test_a_newer_vault_is_refused_unchanged(tmp_path: Path) -> None:
    """One sentence, exit code 8, and the file is the same to the last bit."""
    folder = load(tmp_path / "vault", migrate.SCHEMA_VERSION)
    change(folder, f"PRAGMA user_version={migrate.SCHEMA_VERSION + 1}")
    before = file_hash(folder)
    with pytest.raises(NewerVaultError) as caught:
        open_vault(folder)
    assert caught.value.exit_code == 8
    assert file_hash(folder) == before
    assert migrate.upgrade_copies(folder) == []


@pytest.mark.parametrize(
    "half",
    [
        "CREATE TABLE _alembic_tmp_source (id INTEGER)",
        "ALTER TABLE source ADD COLUMN zone_named INTEGER DEFAULT 0 NOT NULL",
        "DROP INDEX ix_message_sent_at",
        "CREATE TRIGGER stray AFTER DELETE ON event BEGIN DELETE FROM event; END",
    ],
)
def test_a_half_made_upgrade_is_refused_unchanged(tmp_path: Path, half: str) -> None:
    """Tables that are not those of their format are touched by no revision."""
    folder = load(tmp_path / "vault", 1)
    change(folder, half)
    before = file_hash(folder)
    with pytest.raises(VaultDamagedError, match="not those of format 1"):
        open_vault(folder)
    assert file_hash(folder) == before
    assert migrate.upgrade_copies(folder) == []


def test_foreign_and_empty_files_are_refused_unchanged(tmp_path: Path) -> None:
    """Another program's database, and a file cut to nothing."""
    folder = load(tmp_path / "vault", 1)
    change(folder, "PRAGMA application_id=1")
    before = file_hash(folder)
    with pytest.raises(ForeignVaultError):
        open_vault(folder)
    assert file_hash(folder) == before
    (folder / "vault.db").write_bytes(b"")
    with pytest.raises(VaultDamagedError):
        open_vault(folder)
    assert (folder / "vault.db").read_bytes() == b""


def test_without_room_for_the_copy_nothing_is_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy comes first: where it fails, no half copy and no upgrade is left."""
    folder = load(tmp_path / "vault", 1)
    before = state_of(folder)

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrate, "_sync", full)
    with pytest.raises((DiskFullError, OSError)):
        open_vault(folder)
    assert state_of(folder) == before
    assert migrate.upgrade_copies(folder) == []


def test_copies_have_a_list(
    vault: Vault, encrypted_vault: Callable[..., Vault]
) -> None:
    """By format; files of other names are not of them."""
    for name in ("2-2026-01-02", "1", "x", "-1"):
        (vault.path / f"vault.before-upgrade-from-{name}.db").write_bytes(b"12")
    found = [(one.name, one.version) for one in migrate.upgrade_copies(vault.path)]
    assert found == [
        ("vault.before-upgrade-from-1.db", 1),
        ("vault.before-upgrade-from-2-2026-01-02.db", 2),
    ]
    assert vault.info()["copies"] == [name for name, _ in found]
    assert migrate.upgrade_copies(encrypted_vault().path) == []


def test_errors_are_ours() -> None:
    """All three refusals are of the tree that the command line knows."""
    for kind in (NewerVaultError, VaultDamagedError, ForeignVaultError):
        assert issubclass(kind, VaultError)
