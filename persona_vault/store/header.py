"""`vault.json`: says that a vault is here, which one, and holds its key slots."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from persona_vault.errors import (
    ForeignVaultError,
    NewerVaultError,
    NoVaultError,
    VaultDamagedError,
    VaultError,
)

FORMAT = "persona-vault"
FORMAT_VERSION = 1
HEADER_NAME = "vault.json"
DB_NAME = "vault.db"
_MAX_BYTES = 64 * 1024
MAX_SLOTS = 16
_PENDING = "pending_slots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What `vault.json` says.

    Attributes:
        vault_id: 32 hexadecimal digits, made at random.
        created_at: ISO 8601, UTC.
        encrypted: Whether `vault.db` is.
        slots: Key slots as `store.keys` makes them; empty for a plain vault.
        pending: While `rekey` moves the data to a new key, the slots of that key; the
            database tells which of the two it is under.
    """

    vault_id: str
    created_at: str
    encrypted: bool
    slots: tuple[dict[str, Any], ...] = ()
    pending: tuple[dict[str, Any], ...] = ()

    def fields(self) -> dict[str, Any]:
        """Everything but the slots: what every slot is bound to."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "vault_id": self.vault_id,
            "created_at": self.created_at,
            "encrypted": self.encrypted,
        }


def canonical(value: dict[str, Any]) -> bytes:
    """One spelling for one meaning, for checksums and associated data."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    ).encode("ascii")


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def write_header(folder: Path, header: Header) -> None:
    """Write `vault.json` so that a crash leaves the old one or the new one."""
    fresh = prepare_header(folder, header)
    try:
        fresh.replace(folder / HEADER_NAME)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def prepare_header(folder: Path, header: Header) -> Path:
    """Write it beside its place, whole and lasting; the file that is to be renamed."""
    content = {**header.fields(), "slots": list(header.slots)}
    if header.pending:
        content[_PENDING] = list(header.pending)
    content["checksum"] = _checksum(content)
    text = json.dumps(content, indent=2) + "\n"
    fresh = folder / f"{HEADER_NAME}.new"
    fresh.unlink(missing_ok=True)
    try:
        write_private(fresh, text)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def _finished(folder: Path) -> bool:
    """Bring to its end the making of a vault that stopped before its last step.

    The header stands whole beside its place before the database has its name. Gives
    whether the header is in its place now.
    """
    place, fresh = folder / HEADER_NAME, folder / f"{HEADER_NAME}.new"
    try:
        _parse(_read(fresh), fresh)
        fresh.replace(place)
    except (OSError, VaultError):
        return place.is_file()  # another process may have done it
    sync_folder(folder)
    return True


def _read(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def write_private(path: Path, text: str) -> None:
    """A new file that its owner alone may read, from its first byte on, and lasting.

    Raises:
        FileExistsError: There is one already.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut; Windows has no such call."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_header(folder: Path) -> Header:
    """Read and check `vault.json`.

    Raises:
        NoVaultError: Neither header nor database is there.
        VaultDamagedError: One of the two is missing, or the header is not whole.
        ForeignVaultError: It is some other program's `vault.json`.
        NewerVaultError: Its format is newer than this program.
    """
    place = folder / HEADER_NAME
    if not place.is_file():
        if not (folder / DB_NAME).is_file():
            raise NoVaultError(
                f"There is no vault in {folder}.",
                hint="Make one with `persona-vault init`, or name another folder with"
                " --vault.",
            )
        if not _finished(folder):
            raise VaultDamagedError(
                f"{folder} holds {DB_NAME} but no {HEADER_NAME}, which has the keys.",
                hint=f"Put {HEADER_NAME} back from a backup of the same vault.",
            )
    return _parse(_read(place), place)


def newer(folder: Path, what: str) -> NewerVaultError:
    """The refusal of a vault from the future."""
    return NewerVaultError(
        f"The vault {folder} was written by a newer program ({what}).",
        hint="Update persona-vault; the vault was not changed.",
    )


def _damaged(place: Path) -> VaultDamagedError:
    return VaultDamagedError(
        f"{place} is damaged or was changed by hand.",
        hint=f"Put {place.name} back from a backup of the same vault.",
    )


def _parse(data: bytes, place: Path) -> Header:
    try:
        content = json.loads(data) if len(data) <= _MAX_BYTES else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _damaged(place)
    if content.get("format") != FORMAT:
        raise ForeignVaultError(
            f"{place} was not made by persona-vault.",
            hint="Name another folder with --vault; this one was not changed.",
        )
    version = content.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise newer(
            place.parent,
            f"header format {version}, this program knows {FORMAT_VERSION}",
        )
    checksum = content.pop("checksum", None)
    if version != FORMAT_VERSION or checksum != _checksum(content):
        raise _damaged(place)
    return _checked(content, place)


def _checked(content: dict[str, Any], place: Path) -> Header:
    slots, pending = content.get("slots"), content.get(_PENDING, [])
    vault_id, created_at = content.get("vault_id"), content.get("created_at")
    encrypted = content.get("encrypted")
    if (
        not isinstance(vault_id, str)
        or not isinstance(created_at, str)
        or not isinstance(encrypted, bool)
        or not _are_slots(slots)
        or not _are_slots(pending)
        or encrypted != bool(slots)
        or bool(pending) > encrypted
    ):
        raise _damaged(place)
    return Header(
        vault_id=vault_id,
        created_at=created_at,
        encrypted=encrypted,
        slots=tuple(slots),
        pending=tuple(pending),
    )


def _are_slots(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return (
        isinstance(value, list)
        and len(value) <= MAX_SLOTS
        and all(isinstance(slot, dict) for slot in value)
    )
