"""One file that holds a whole vault, and the way back from it.

A zip archive with `vault.json`, `vault.db` and a manifest of their hashes: any
unpacking program makes a vault of it. An encrypted vault stays encrypted in it, under
the same passphrase and recovery code.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from persona_vault.errors import (
    ForeignVaultError,
    NoVaultError,
    UsageError,
    VaultDamagedError,
    VaultLockedError,
)
from persona_vault.plain import plain
from persona_vault.store import driver, migrate
from persona_vault.store.hashing import content_hash
from persona_vault.store.header import (
    DB_NAME,
    HEADER_NAME,
    newer,
    read_header,
    sync_folder,
    write_private,
)
from persona_vault.store.workshop import sweep, workshop
from persona_vault.store.written import BACKUP, noted_file

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

SUFFIX = ".pvbackup"
FORMAT = "persona-vault-backup"
FORMAT_VERSION = 1
_MANIFEST = "manifest.json"
_LETTER = "HOW-TO-OPEN.txt"
_MOST_SMALL = 1024 * 1024
_PIECE = 1024 * 1024
_HOW_TO_OPEN = """\
This archive is a backup of a persona-vault, made with `persona-vault backup`.

    persona-vault restore FILE --vault NEW-FOLDER

brings it back. Without that: unpack vault.json and vault.db into one folder, which is
then the vault. vault.db is an SQLite database; if vault.json says "encrypted": true it
is a SQLCipher 4 database, which the vault's passphrase or its recovery code opens.
manifest.json holds the SHA-256 of both files.
"""
# What zipfile raises for an archive that is not whole.
_BROKEN = (
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A backup, as its manifest tells.

    Attributes:
        path: The file.
        n_bytes: Its size.
        made_at: ISO 8601, UTC.
        schema_version: Of the database in it.
        files: Name -> {"n_bytes", "sha256"}.
        content_sha256: `content_hash` of it; None for an encrypted one, of whose
            content nothing may be said in the open.
    """

    path: str
    n_bytes: int
    made_at: str
    vault_id: str
    encrypted: bool
    schema_version: int
    files: dict[str, dict[str, Any]]
    content_sha256: str | None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        body: dict[str, Any] = plain(self)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """A vault that was made from a backup.

    Attributes:
        path: Its folder.
        n_messages: Hidden ones too.
        content_sha256: `content_hash` of it.
    """

    path: str
    vault_id: str
    encrypted: bool
    made_at: str
    n_messages: int
    content_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        body: dict[str, Any] = plain(self)
        return body


def write_backup(vault: "Vault", path: Path) -> BackupReport:
    """Write the whole vault, as it is at this moment, into one new file.

    Others may write to the vault meanwhile. The copy is read once before it counts.
    The vault notes the file, so that a forgetting can name it, unless another program
    is writing just then (`written.read_written` has the notes).

    Args:
        vault: Open.
        path: The file; there must be none. It appears when it is whole.

    Raises:
        UsageError: There is such a file, or no folder for it.
        VaultLockedError: The keys were changed meanwhile; run it again.
        VaultDamagedError: Something in the vault is not as it was written.
        DiskFullError: Nothing was kept.
    """
    if path.exists():
        sweep(path)  # a run may have been ended after its last step
        raise UsageError(
            f"{path} exists; nothing was written over it.",
            hint="Name another file.",
        )
    if not path.parent.is_dir():
        raise UsageError(
            f"There is no folder {path.parent}.", hint="Make it, or name another one."
        )
    _refuse_damaged(vault)
    with driver.translated(path), workshop(path) as folder:
        header = (vault.path / HEADER_NAME).read_bytes()
        content = _copy_database(vault, folder / DB_NAME)
        if (vault.path / HEADER_NAME).read_bytes() != header:
            raise VaultLockedError(
                f"The keys of the vault {vault.path} were changed during the backup.",
                hint="Run the same command again.",
            )
        write_private(folder / HEADER_NAME, header.decode("utf-8"))
        files = {name: _measured(folder / name) for name in (HEADER_NAME, DB_NAME)}
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "vault_id": vault.vault_id,
            "encrypted": vault.encrypted,
            "schema_version": migrate.SCHEMA_VERSION,
            "content_sha256": None if vault.encrypted else content,
            "files": files,
        }
        _pack(folder, manifest, folder / path.name)
        if path.exists():  # somebody made it meanwhile
            raise UsageError(f"{path} exists; nothing was written over it.")
        with noted_file(vault, BACKUP, path):
            (folder / path.name).rename(path)
        sync_folder(path.parent)
    return _report(path, manifest)


def _refuse_damaged(vault: "Vault") -> None:
    """What nobody could restore, or only with other words in it, is no backup."""
    from persona_vault.store.verify import find_damage  # noqa: PLC0415

    if any(True for _ in find_damage(vault, content=False)):
        raise VaultDamagedError(
            f"The vault {vault.path} is damaged; no backup was written.",
            hint="`persona-vault verify` says what is damaged and what can be mended."
            " Backups made before are older, and whole. To keep the vault as it is"
            " now, copy its folder.",
        )


def _copy_database(vault: "Vault", copy: Path) -> str:
    """A copy without what was deleted, under the same key; its content's hash."""
    driver.make_file(copy)
    with vault.read() as connection:
        raw: Any = connection.connection.dbapi_connection
        with driver.translated(vault.path / DB_NAME):
            raw.execute("VACUUM INTO ?", (str(copy),))
            raw.execute("ATTACH ? AS copy", (str(copy),))
        try:
            return content_hash(connection, schema="copy")
        finally:
            connection.rollback()
            raw.execute("DETACH copy")


def _measured(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {"n_bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _pack(folder: Path, manifest: dict[str, Any], target: Path) -> None:
    when = datetime.fromisoformat(manifest["made_at"]).timetuple()[:6]
    driver.make_file(target)
    with target.open("r+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            told = json.dumps(manifest, indent=2) + "\n"
            for name, data in ((_MANIFEST, told), (_LETTER, _HOW_TO_OPEN)):
                archive.writestr(_entry(name, when), data.encode("ascii"))
            for name in (HEADER_NAME, DB_NAME):
                with (
                    (folder / name).open("rb") as source,
                    archive.open(_entry(name, when), "w", force_zip64=True) as into,
                ):
                    shutil.copyfileobj(source, into, _PIECE)
        file.flush()
        os.fsync(file.fileno())


def _entry(name: str, when: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, when)  # type: ignore[arg-type]
    entry.external_attr = 0o600 << 16
    return entry


def check_backup(path: Path) -> BackupReport:
    """Read a backup to its end and compare it with its manifest; needs no passphrase.

    Raises:
        NoVaultError: There is no such file.
        ForeignVaultError: It is no backup of this program.
        VaultDamagedError: It is not what was written.
        NewerVaultError: A newer program wrote it.
    """
    with _opened(path) as (archive, manifest):
        for name in (HEADER_NAME, DB_NAME):
            _unpack(archive, name, manifest, None)
        archive.read(_LETTER)  # checked by the archive's own sum
    return _report(path, manifest)


def restore_backup(
    path: Path, folder: Path, *, passphrase: str | None = None
) -> RestoreReport:
    """Make a vault of a backup, in a folder that is not there yet.

    It is unpacked beside that folder, compared with its manifest, opened and looked
    over; only then it takes its place, in one step.

    Args:
        path: The backup.
        folder: Where the vault is to be; nothing may be there, or an empty folder.
        passphrase: For an encrypted one; its recovery code will do.

    Raises:
        UsageError: There is something in the folder.
        WrongKeyError: The passphrase does not open it.
        NoVaultError, ForeignVaultError, VaultDamagedError, NewerVaultError: As
            `check_backup`.
        DiskFullError: Nothing was kept.
    """
    refuse_occupied(folder)
    place = folder.absolute()  # "." cannot be replaced under that name
    with driver.translated(folder / DB_NAME):
        place.parent.mkdir(parents=True, exist_ok=True)
        with workshop(place) as beside:
            fresh = beside / "vault"
            fresh.mkdir(mode=0o700)
            with _opened(path) as (archive, manifest):
                for name in (HEADER_NAME, DB_NAME):
                    _unpack(archive, name, manifest, fresh / name)
            report = _looked_over(fresh, folder, passphrase, manifest)
            sync_folder(fresh)
            refuse_occupied(folder)
            if place.exists():
                place.rmdir()
            fresh.rename(place)
            sync_folder(place.parent)
    return report


def refuse_occupied(folder: Path) -> None:
    """Refuse a place for a vault where something is already.

    What a killed restore left beside it is removed.

    Raises:
        UsageError: A file, or a folder that is not empty, is there.
    """
    if not folder.exists():
        return
    if folder.is_dir() and not any(folder.iterdir()):
        return
    sweep(folder)  # a restore may have been ended after its last step
    raise UsageError(
        f"There is something at {folder} already; nothing was written over it.",
        hint="Name a folder that is not there yet with --vault.",
    )


def is_encrypted_backup(path: Path) -> bool:
    """Whether a backup asks for a passphrase.

    Raises:
        NoVaultError, ForeignVaultError, VaultDamagedError, NewerVaultError: As
            `check_backup`.
    """
    with _opened(path) as (_, manifest):
        return bool(manifest["encrypted"])


def _looked_over(
    fresh: Path, folder: Path, passphrase: str | None, manifest: dict[str, Any]
) -> RestoreReport:
    """Open what was unpacked, and look at its structure and its content."""
    from persona_vault.store.vault import open_vault  # noqa: PLC0415
    from persona_vault.store.verify import find_damage  # noqa: PLC0415

    if read_header(fresh).encrypted != manifest["encrypted"]:
        raise VaultDamagedError(
            "The backup's manifest and the vault in it do not belong together.",
            hint="Take another backup; nothing was kept of this one.",
        )
    with open_vault(fresh, passphrase=passphrase) as vault:
        if any(True for _ in find_damage(vault, quick=True)):
            raise VaultDamagedError(
                "The vault in the backup was damaged when the backup was made.",
                hint="Take an older backup. With any unpacking program the files of"
                " this one can still be taken out.",
            )
        with vault.read() as connection:
            content = content_hash(connection)
            n_messages = connection.exec_driver_sql(
                "SELECT count(*) FROM message"
            ).scalar_one()
        return RestoreReport(
            path=str(folder),
            vault_id=vault.vault_id,
            encrypted=vault.encrypted,
            made_at=manifest["made_at"],
            n_messages=n_messages,
            content_sha256=content,
        )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The archive and its manifest; what is not whole becomes an error of ours."""
    if not path.is_file():
        raise NoVaultError(
            f"There is no file {path}.", hint="Check the name of the backup."
        )
    if not zipfile.is_zipfile(path):
        raise _foreign(path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _read_manifest(archive, path)
    except _BROKEN as error:
        raise _damaged(path) from error


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    names = sorted(archive.namelist())
    if _MANIFEST not in names:
        raise _foreign(path)
    entry = archive.getinfo(_MANIFEST)
    if entry.file_size > _MOST_SMALL:
        raise _damaged(path)
    manifest = json.loads(archive.read(entry))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _foreign(path)
    if int(manifest["format_version"]) > FORMAT_VERSION:
        raise newer(path, f"backup format {manifest['format_version']:d}")
    if names != sorted((_MANIFEST, _LETTER, HEADER_NAME, DB_NAME)):
        raise _damaged(path)
    _require_shape(manifest)
    return manifest


def _require_shape(manifest: dict[str, Any]) -> None:
    """A manifest may come from anywhere.

    Raises:
        ValueError: It is not of the shape that this program writes.
    """
    files = manifest["files"]
    told = [
        (files[name]["n_bytes"], files[name]["sha256"])
        for name in (HEADER_NAME, DB_NAME)
    ]
    fits = (
        all(isinstance(n, int) and isinstance(s, str) for n, s in told)
        and isinstance(manifest["encrypted"], bool)
        and isinstance(manifest["vault_id"], str)
        and isinstance(manifest["schema_version"], int)
    )
    datetime.fromisoformat(manifest["made_at"])
    if not fits:
        raise ValueError("a field of the manifest has another type")


def _unpack(
    archive: zipfile.ZipFile, name: str, manifest: dict[str, Any], target: Path | None
) -> None:
    """Read an entry to its end, into a file if one is named, and compare its hash.

    Raises:
        BadZipFile: It is not what the manifest says.
    """
    told = manifest["files"][name]
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != told["n_bytes"]:
        raise zipfile.BadZipFile(name)
    with archive.open(entry) as source:
        if target is None:
            digest = _hashed(source, None)
        else:
            driver.make_file(target)
            with target.open("r+b") as into:
                digest = _hashed(source, into)
                into.flush()
                os.fsync(into.fileno())
    if digest != told["sha256"]:
        raise zipfile.BadZipFile(name)


def _hashed(source: Any, into: BinaryIO | None) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        if into is not None:
            into.write(piece)
    return digest.hexdigest()


def _report(path: Path, manifest: dict[str, Any]) -> BackupReport:
    return BackupReport(
        path=str(path),
        n_bytes=path.stat().st_size,
        made_at=manifest["made_at"],
        vault_id=manifest["vault_id"],
        encrypted=manifest["encrypted"],
        schema_version=manifest["schema_version"],
        files=manifest["files"],
        content_sha256=manifest.get("content_sha256"),
    )


def _foreign(path: Path) -> ForeignVaultError:
    return ForeignVaultError(
        f"{path} is no backup of a persona-vault, or it is damaged.",
        hint="Name a file that `persona-vault backup` has written.",
    )


def _damaged(path: Path) -> VaultDamagedError:
    return VaultDamagedError(
        f"The backup {path} is damaged: it is not what was written.",
        hint="Take another backup; nothing was changed.",
    )
