"""Make a vault's folder and files, and check them before anything is read."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from persona_vault.errors import (
    ForeignVaultError,
    NoVaultError,
    UsageError,
    VaultDamagedError,
)
from persona_vault.store import driver, keys, migrate
from persona_vault.store.header import (
    DB_NAME,
    HEADER_NAME,
    MAX_SLOTS,
    Header,
    read_header,
    write_header,
)

_VAULT_ID = "vault_id"  # in the table of settings: which header belongs to it


def is_encrypted(path: Path) -> bool:
    """Whether the vault in this folder asks for a passphrase; opens no database.

    Raises:
        NoVaultError: There is none.
        VaultDamagedError, ForeignVaultError, NewerVaultError: As `open_vault`.
    """
    return read_header(_folder(path)).encrypted


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise NoVaultError(
            f"{path} is a file; a vault is a folder.",
            hint="Name the folder with --vault.",
        )
    return path


def create_vault(
    path: Path, *, passphrase: str | None = None, cost: keys.Cost | None = None
) -> bytes | None:
    """Make a new vault in a folder, which is made if need be.

    The header is written last: a crash before that leaves no vault.

    Args:
        path: Where; must hold no vault yet.
        passphrase: None for a plain vault.
        cost: What one try of the passphrase costs; None = measured on this machine.

    Returns:
        The data key, so that opening need not stretch the passphrase once more.

    Raises:
        UsageError: There is a vault already, or the passphrase cannot serve.
        DiskFullError: Nothing was kept.
    """
    for name in (HEADER_NAME, DB_NAME):
        if (_folder(path) / name).exists():
            raise UsageError(
                f"{path} already holds a vault ({name}); nothing was changed.",
                hint="Open it, or name another folder with --vault.",
            )
    if passphrase is not None:
        keys.check_passphrase(passphrase)
    header, key = _new_header(passphrase, cost)
    with driver.translated(path / DB_NAME):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_db(path, header, key)
        try:
            write_header(path, header)
        except BaseException:
            (path / DB_NAME).unlink()  # empty, and in the way of the next try
            raise
    return key


def _new_header(
    passphrase: str | None, cost: keys.Cost | None
) -> tuple[Header, bytes | None]:
    bare = Header(
        vault_id=uuid.uuid4().hex,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        encrypted=passphrase is not None,
    )
    if passphrase is None:
        return bare, None
    key = keys.new_data_key()
    slot = keys.make_slot(bare, key, passphrase, cost=cost)
    return replace(bare, slots=(slot,)), key


def _create_db(folder: Path, header: Header, key: bytes | None) -> None:
    fresh = folder / f"{DB_NAME}.new"
    for leftover in folder.glob(f"{DB_NAME}.new*"):  # of a creation that was killed
        leftover.unlink()
    driver.make_file(fresh)
    try:
        raw = driver.connect(fresh, key)
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute(f"PRAGMA application_id={driver.APPLICATION_ID:d}")
        finally:
            raw.close()
        engine = driver.make_engine(fresh, key)
        try:
            migrate.upgrade(engine, fresh)
            with engine.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO setting (key, value) VALUES (?, ?)",
                    (_VAULT_ID, header.vault_id),
                )
        finally:
            engine.dispose()
        _check_disguise(fresh, header)
        fresh.replace(folder / DB_NAME)
    except BaseException:
        for leftover in folder.glob(f"{DB_NAME}.new*"):
            leftover.unlink()
        raise


def add_passphrase(
    path: Path, known: str, extra: str, *, cost: keys.Cost | None = None
) -> None:
    """Let a second passphrase (a recovery code, say) open the vault as well.

    Raises:
        WrongKeyError: `known` does not open it.
        UsageError: The vault is plain or has no slot left, or `extra` cannot serve.
    """
    header, key = _unlocked(path, known)
    if len(header.slots) >= MAX_SLOTS:
        raise UsageError(
            f"The vault {path} has {len(header.slots)} passphrases, as many as it can.",
            hint="Change the passphrase: that drops all others.",
        )
    slot = keys.make_slot(header, key, extra, cost=cost)
    with driver.translated(path / DB_NAME):
        write_header(path, replace(header, slots=(*header.slots, slot)))


def change_passphrase(
    path: Path, old: str, new: str, *, cost: keys.Cost | None = None
) -> None:
    """Let the new passphrase open the vault, and no other one.

    The data keeps its key: who has an older copy of `vault.json` and its passphrase
    can still open it.

    Raises:
        WrongKeyError: `old` does not open it.
        UsageError: The vault is plain, or `new` cannot serve.
    """
    header, key = _unlocked(path, old)
    slot = keys.make_slot(header, key, new, cost=cost)
    with driver.translated(path / DB_NAME):
        write_header(path, replace(header, slots=(slot,)))


def _unlocked(path: Path, passphrase: str) -> tuple[Header, bytes]:
    header = read_header(_folder(path))
    if not header.encrypted:
        raise UsageError(
            f"The vault {path} is not encrypted and has no passphrase.",
            hint="Make an encrypted one and import the exports there.",
        )
    return header, keys.unlock(header, passphrase)


def open_parts(
    path: Path, passphrase: str | None, *, key: bytes | None = None
) -> tuple[Header, Engine]:
    """Check a vault's files, unlock it, bring it up to date.

    Args:
        path: The vault's folder.
        passphrase: For an encrypted vault.
        key: The data key, where it is known already.

    Raises:
        NoVaultError, WrongKeyError, VaultDamagedError, ForeignVaultError,
        NewerVaultError, VaultLockedError: As `open_vault`; nothing was changed.
    """
    folder = _folder(path)
    header = read_header(folder)
    place = folder / DB_NAME
    with driver.translated(place):
        _check_file(place)
        _check_disguise(place, header)
        if header.encrypted and key is None:
            key = keys.unlock(header, passphrase)
        engine = driver.make_engine(place, key)
        try:
            _check_contents(engine, place, header)
            migrate.upgrade_existing(engine, place, key)
        except BaseException:
            engine.dispose()
            raise
    return header, engine


def _check_file(place: Path) -> None:
    if not place.is_file():
        raise VaultDamagedError(
            f"{place.parent} holds {HEADER_NAME} but no {DB_NAME}.",
            hint=f"Put {DB_NAME} back from a backup of the same vault.",
        )
    if place.stat().st_size < driver.MIN_DB_BYTES:
        # SQLite would take it for a new, empty database.
        raise VaultDamagedError(
            f"{place} was cut to {place.stat().st_size} bytes.",
            hint="Restore the vault from a backup; this program changed nothing.",
        )


def _check_disguise(place: Path, header: Header) -> None:
    """Encryption that was asked for must be there, and none that was not."""
    first = driver.first_bytes(place)
    if first is None:
        return
    looks_plain = first == driver.MAGIC
    if looks_plain != header.encrypted:
        return
    found, said = ("is not", "is") if header.encrypted else ("is", "is not")
    what = "encrypted, or it is no database" if not header.encrypted else "encrypted"
    raise VaultDamagedError(
        f"{place} {found} {what}, and {HEADER_NAME} says that it {said}.",
        hint="Restore both files from the same backup; this program changed nothing.",
    )


def _check_contents(engine: Engine, place: Path, header: Header) -> None:
    with engine.connect() as connection:
        application = connection.exec_driver_sql("PRAGMA application_id").scalar()
        version = migrate.schema_version(connection)
        if application != driver.APPLICATION_ID:
            raise ForeignVaultError(
                f"{place} is a database of another program.",
                hint="Name another folder with --vault; this one was not changed.",
            )
        if version > migrate.SCHEMA_VERSION:
            return  # the caller refuses it; its tables are not ours to read
        found = connection.exec_driver_sql(
            "SELECT value FROM setting WHERE key = ?", (_VAULT_ID,)
        ).scalar()
    if found != header.vault_id:
        raise VaultDamagedError(
            f"{HEADER_NAME} and {DB_NAME} in {place.parent} are of two vaults.",
            hint="Restore both files from the same backup; this program changed"
            " nothing.",
        )
