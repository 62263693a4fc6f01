"""A folder beside what is being made, and what a killed run left of one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from persona_vault.errors import UsageError

# No vault and no backup of anybody is a folder that holds just this.
_INSIDE = "unfinished"


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
    inside = folder / _INSIDE
    folder.mkdir(mode=0o700)
    try:
        inside.mkdir(mode=0o700)
        yield inside
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(path: Path) -> bool:
    """Remove what a killed run left beside a file or folder; whether nothing is there.

    Only a folder that holds a workshop's inside, or nothing, counts as left by one.
    """
    folder = _place(path)
    if folder.is_symlink() or not folder.is_dir():
        return not folder.exists()
    if all(found.name == _INSIDE for found in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _place(path: Path) -> Path:
    return Path(f"{os.path.abspath(path)}.part")  # noqa: PTH100 - "." has no name
