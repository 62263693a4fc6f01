"""Files that are there whole or not at all, and stay through a power cut."""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from persona_vault.store.header import sync_folder

_LETTERS = 40  # of a name; with the rest of it no file system finds it too long
_BINARY = getattr(os, "O_BINARY", 0)


def unfinished(path: Path) -> Path:
    """Where a file is written before it has its name; a kill leaves it there.

    A name of its own: what somebody else calls NAME.part is theirs. It says nothing of
    this program, since a report may have been asked for discreetly.
    """
    mark = blake2b(os.fsencode(path.name), digest_size=6).hexdigest()
    return path.with_name(f"{path.name[:_LETTERS]}.{mark}.part")


def write_whole(path: Path, pieces: Iterable[bytes], *, replace: bool = False) -> None:
    """Write beside the place, bring it to the disk, then give it its name.

    Only its owner may read it, from its first byte on. What a run left that was killed
    is cleared away first.

    Args:
        path: The file; what is no regular file (a pipe, a terminal) is written into.
        pieces: Its content, in order.
        replace: Whether a file that is there gives way.

    Raises:
        FileExistsError: There is one, and it shall not give way, or another program
            writes it now.
        OSError: It could not be written; what was there is still there.
    """
    if replace and path.exists():
        path = path.resolve()
        if not path.is_file():
            with path.open("wb") as other:
                other.writelines(pieces)
            return
    _refuse_existing(path, replace=replace)
    fresh = unfinished(path)
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600)
    own = os.fstat(handle)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path, replace=replace)  # somebody made it meanwhile
        _require_own(fresh, own, path)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            if _is(fresh, own):
                fresh.unlink()
        raise
    sync_folder(path.parent)


def _require_own(fresh: Path, own: os.stat_result, path: Path) -> None:
    """Refuse to name what the same call in another process has put in its place."""
    if not _is(fresh, own):
        raise _exists(path)


def _is(path: Path, own: os.stat_result) -> bool:
    """Whether that is still the file that we opened."""
    try:
        return os.path.samestat(path.lstat(), own)
    except FileNotFoundError:
        return False


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if not replace and (path.exists() or path.is_symlink()):
        raise _exists(path)


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
