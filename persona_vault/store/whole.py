"""Files that are there whole or not at all, and stay through a power cut."""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from persona_vault.store.header import sync_folder


def write_whole(path: Path, pieces: Iterable[bytes], *, replace: bool = False) -> None:
    """Write beside the place, bring it to the disk, then give it its name.

    Only its owner may read it, from its first byte on.

    Args:
        path: The file; what is no regular file (a pipe, a terminal) is written into.
        pieces: Its content, in order.
        replace: Whether a file that is there gives way.

    Raises:
        FileExistsError: There is one, and it shall not give way.
        OSError: It could not be written; what was there is still there.
    """
    if replace and path.exists():
        path = path.resolve()
        if not path.is_file():
            with path.open("wb") as other:
                other.writelines(pieces)
            return
    _refuse_existing(path, replace=replace)
    fresh = path.with_name(f"{path.name}.part")
    fresh.unlink(missing_ok=True)  # of a run that was killed
    try:
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path, replace=replace)  # somebody made it meanwhile
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


_BINARY = getattr(os, "O_BINARY", 0)


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if not replace and (path.exists() or path.is_symlink()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
