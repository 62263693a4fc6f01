"""Make a vault's folder and files, and check them before anything is read."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from persona_vault.errors import (
    ForeignVaultError,
    NoVaultError,
    UsageError,
    VaultDamagedError,
    VaultLockedError,
    WrongKeyError,
)
from persona_vault.store import driver, exposure, migrate
from persona_vault.store.header import (
    DB_NAME,
    HEADER_NAME,
    Header,
    prepare_header,
    read_header,
    sync_folder,
    write_header,
)

if TYPE_CHECKING:
    from persona_vault.store import keys

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
    path: Path,
    *,
    passphrase: str | None = None,
    recovery_code: str | None = None,
    cost: "keys.Cost | None" = None,
) -> bytes | None:
    """Make a new vault in a folder, which is made if need be.

    The database gets its name last but one, the header last, and both are whole by
    then: a crash before leaves no vault, one between the two leaves a vault that the
    next opening brings to its end.

    Args:
        path: Where; must hold no vault yet.
        passphrase: None for a plain vault.
        recovery_code: Opens it as well, as `recovery.new_code` makes it.
        cost: What one try of the passphrase costs; None = measured on this machine.

    Returns:
        The data key, so that opening need not stretch the passphrase once more.

    Raises:
        UsageError: There is a vault already, the passphrase cannot serve, or others
            can write in the folder.
        DiskFullError: Nothing was kept.
    """
    for name in (HEADER_NAME, DB_NAME):
        if (_folder(path) / name).exists():
            raise UsageError(
                f"{path} already holds a vault ({name}); nothing was changed.",
                hint="Open it, or name another folder with --vault.",
            )
    if passphrase is not None:
        from persona_vault.store import keys  # noqa: PLC0415

        keys.check_passphrase(passphrase)
    header, key = _new_header(passphrase, recovery_code, cost)
    with driver.translated(path / DB_NAME):
        exposure.make_private_folder(path)
        fresh = _fresh_db(path, header, key)
        try:
            prepared = prepare_header(path, header)
            fresh.replace(path / DB_NAME)
            try:
                prepared.replace(path / HEADER_NAME)
            except FileNotFoundError:
                read_header(path)  # an opening that came by has done it
            sync_folder(path)
        except BaseException:
            _sweep(path)
            for name in (HEADER_NAME, DB_NAME):  # empty, and in the way
                (path / name).unlink(missing_ok=True)
            raise
    return key


def _new_header(
    passphrase: str | None, recovery_code: str | None, cost: "keys.Cost | None"
) -> tuple[Header, bytes | None]:
    bare = Header(
        vault_id=uuid.uuid4().hex,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        encrypted=passphrase is not None,
    )
    if passphrase is None:
        return bare, None
    from persona_vault.store import keys  # noqa: PLC0415

    key = keys.new_data_key()
    slots = [keys.make_slot(bare, key, passphrase, cost=cost)]
    if recovery_code is not None:
        slots.append(keys.make_code_slot(bare, key, recovery_code))
    return replace(bare, slots=tuple(slots)), key


def _fresh_db(folder: Path, header: Header, key: bytes | None) -> Path:
    """A database without a message, beside its place."""
    fresh = folder / f"{DB_NAME}.new"
    _sweep(folder)  # a creation may have been killed
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
    except BaseException:
        _sweep(folder)
        raise
    return fresh


def _sweep(folder: Path) -> None:
    """Remove what a creation has made that got no name."""
    for name in (DB_NAME, HEADER_NAME):
        for leftover in folder.glob(f"{name}.new*"):
            leftover.unlink()


def open_parts(
    path: Path, passphrase: str | None, *, key: bytes | None = None
) -> tuple[Header, Engine]:
    """Check a vault's files, unlock it, bring it up to date.

    Args:
        path: The vault's folder.
        passphrase: For an encrypted vault; its recovery code will do.
        key: The data key, where it is known already.

    Raises:
        NoVaultError, WrongKeyError, VaultDamagedError, ForeignVaultError,
        NewerVaultError, VaultLockedError: As `open_vault`; nothing was changed.
        UsageError: Others can change the vault, or it has no slot of this kind.
    """
    header, _, engine = open_unlocked(path, passphrase, key=key)
    return header, engine


def open_unlocked(
    path: Path, secret: str | None, *, key: bytes | None = None
) -> "tuple[Header, keys.Unlocked | None, Engine]":
    """As `open_parts`, with what the secret opened (None for a plain vault).

    A change of keys that was cut short is brought to its end, or taken back.
    """
    folder = _folder(path)
    header = read_header(folder)
    exposure.refuse_writable(folder)
    place = folder / DB_NAME
    with driver.translated(place):
        _check_file(place)
        _check_disguise(place, header)
        unlocked = _unlocked(place, header, secret, key)
        engine = driver.make_engine(place, None if unlocked is None else unlocked.key)
        try:
            _check_contents(engine, place, header)
            migrate.upgrade_existing(
                engine, place, None if unlocked is None else unlocked.key
            )
            driver.keep_log(engine)
            if header.pending and unlocked is not None:
                header = _settled(engine, folder, header, unlocked)
        except VaultDamagedError as error:
            engine.dispose()
            if read_header(folder) != header:  # it waited while the keys were changed
                raise keys_changed(folder) from error
            raise
        except BaseException:
            engine.dispose()
            raise
    return header, unlocked, engine


def _unlocked(
    place: Path, header: Header, secret: str | None, key: bytes | None
) -> "keys.Unlocked | None":
    if not header.encrypted:
        return None
    from persona_vault.store import keys  # noqa: PLC0415 - loads a cipher library

    if key is None:
        found = keys.open_slots(header, secret)
    else:
        found = (keys.Unlocked(key=key, slot_id="", kind=""),)
    if not header.pending:
        return found[0]
    for unlocked in found:
        if driver.opens(place, unlocked.key):
            return unlocked
    if len(found) == 1:
        raise WrongKeyError(
            "A change of this vault's keys was cut short, and what was typed belongs to"
            " the other side of it.",
            hint="Type the other passphrase, or the other recovery code: the one from"
            " before the change, or the one after it.",
        )
    raise driver.damaged(place)


def _settled(
    engine: Engine, folder: Path, header: Header, unlocked: "keys.Unlocked"
) -> Header:
    """The header after a change of keys that was cut short: one set of slots stays."""
    slots = header.pending if unlocked.pending else header.slots
    settled = replace(header, slots=slots, pending=())
    return replace_header(engine, folder, header, settled)


def replace_header(
    engine: Engine, folder: Path, expected: Header, fresh: Header
) -> Header:
    """Write the header under the database's write lock; gives what then stands.

    Raises:
        VaultLockedError: It is not what was expected: somebody else changed it.
    """
    connection = engine.connect().execution_options(**{driver.IMMEDIATE: True})
    with connection, connection.begin():
        found = read_header(folder)
        if found != fresh:
            if found != expected:
                raise keys_changed(folder)
            write_header(folder, fresh)
    return fresh


def keys_changed(folder: Path) -> VaultLockedError:
    """Another program was faster."""
    return VaultLockedError(
        f"Another program was changing the keys of the vault {folder}.",
        hint="Run the same command again.",
    )


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
