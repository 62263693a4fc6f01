"""A folder beside what is being made, and what a killed run left of one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from persona_vault.errors import UsageError
from persona_vault.store.header import DB_NAME, HEADER_NAME

_INSIDE = "vault"


@contextmanager
def workshop(path: Path) -> Iterator[Path]:
    """A new folder beside a file or folder that is being made; gone afterwards.

    Raises:
        UsageError: A folder of that name is there, and not one of ours.
    """
    folder = _place(path)
    if not sweep(path):
        raise UsageError(
            f"There is something at {folder} already, and not from a run that was"
            " ended before its time.",
            hint="Move it away, or name another place.",
        )
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def room_for_a_vault(folder: Path) -> Path:
    """Where in a workshop a vault is put together; made."""
    place = folder / _INSIDE
    place.mkdir(mode=0o700)
    return place


def sweep(path: Path) -> bool:
    """Remove what a killed run left beside a file or folder; whether nothing is there.

    Only what holds nothing but names of ours counts as left by one.
    """
    folder = _place(path)
    if folder.is_symlink() or not folder.is_dir():
        return not folder.exists()
    ours = {path.name, _INSIDE, HEADER_NAME}
    if all(p.name in ours or p.name.startswith(DB_NAME) for p in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _place(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
