"""Who else can reach a vault's files: other accounts, and other machines."""

import os
import stat
from pathlib import Path

from persona_vault.errors import UsageError
from persona_vault.store.header import DB_NAME, HEADER_NAME

_FILES = (HEADER_NAME, DB_NAME, f"{DB_NAME}-wal", f"{DB_NAME}-journal")
_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = stat.S_IRGRP | stat.S_IROTH
# How a folder begins that a program copies to other machines -> what people call it.
_SYNCED = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "googledrive": "Google Drive",
    "google drive": "Google Drive",
    "mobile documents": "iCloud Drive",
    "icloud": "iCloud Drive",
    "cloudstorage": "a cloud service",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "pcloud": "pCloud",
    "megasync": "MEGA",
    "syncthing": "Syncthing",
    "box sync": "Box",
    "yandex.disk": "Yandex Disk",
}


def make_private_folder(folder: Path) -> None:
    """The vault's folder, for its owner alone; an empty one that is there is tightened.

    Raises:
        UsageError: It is there with content, and others can write in it.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        return
    if os.name == "posix" and not any(folder.iterdir()):
        folder.chmod(0o700)  # nothing is in it yet that could be seen
    refuse_writable(folder)


def refuse_writable(folder: Path) -> None:
    """Refuse a vault that another account could change.

    Raises:
        UsageError: Its folder or one of its files can be written by others.
    """
    if os.name != "posix":
        return
    ours = {os.geteuid(), 0}
    for place in (folder, *(folder / name for name in _FILES)):
        try:
            found = place.stat()
        except FileNotFoundError:
            continue
        if found.st_mode & _WRITE:
            raise UsageError(
                f"Other accounts of this machine can change {place}.",
                hint=f'Take that away with `chmod -R go= "{folder}"`; on a disk that'
                " keeps no owners, move the vault to one that does.",
            )
        if os.geteuid() != 0 and found.st_uid not in ours:
            raise UsageError(
                f"{place} belongs to another account of this machine.",
                hint="Open the vault from that account, or make its files yours.",
            )


def exposures(folder: Path) -> tuple[str, ...]:
    """Sentences on who else can read the vault; empty where we know of nobody."""
    found = []
    if _others_read(folder):
        found.append(
            f"Other accounts of this machine can read files of this vault;"
            f' `chmod -R go= "{folder}"` ends that.'
        )
    service = _synced_by(folder)
    if service is not None:
        found.append(
            f"This vault lies in a folder that {service} may copy to other machines:"
            " what is in it leaves this one, and a copy taken while the vault is open"
            " may be incomplete. A folder that is not synced is safer."
        )
    return tuple(found)


def _others_read(folder: Path) -> bool:
    if os.name != "posix":
        return False
    try:
        if not folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH):
            return False  # nobody else gets in
        places = (folder / name for name in _FILES)
        return any(p.stat().st_mode & _READ for p in places if p.exists())
    except OSError:
        return False


def _synced_by(folder: Path) -> str | None:
    for part in folder.resolve().parts:
        name = part.casefold()
        for begin, service in _SYNCED.items():
            if name.startswith(begin):
                return service
    return None
