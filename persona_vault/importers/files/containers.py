"""Where bytes come from: one file, a zip read in place, or a folder.

Every limit on names, sizes and counts stands here; nothing is written to disk.
"""

import lzma
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import IO, Protocol

from persona_vault.errors import InputRejectedError

MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 4 * 1024**3  # read from one member; the largest known export is 1 GB
MAX_TOTAL_BYTES = 64 * 1024**3  # declared by a whole zip, pictures and videos included
MAX_RATIO = 200  # chat as JSON packs 5 to 50 times, a zip bomb 1,000 times
RATIO_FROM_BYTES = 64 * 1024**2  # below this a high ratio does no harm

_SECRET = re.compile(
    r"""(?ix) (?: .*\.ini | (?:.*\.)?env | nomi_cloud_keys\.json
    | (?:.*[^a-z])? (?:auth|authentication|authorization|billing) (?:[^a-z].*)? \.json
    )""",
)
_DRIVE = re.compile(r"[A-Za-z]:")
_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}  # controls, lone surrogates, line separators
_METHODS = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
}
# What zipfile and its codecs were seen to raise on damaged input.
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
_DAMAGED_HINT = "Download or copy the export again; this copy cannot be read."


def safe_name(name: str) -> str:
    r"""The name without what cannot be stored or shown: `\x1b` in place of ESC.

    A file name may hold line breaks and, on Linux, bytes that are no text.
    """
    if name.isprintable():
        return name
    return "".join(
        c if unicodedata.category(c) not in _UNSAFE else _spelled(c) for c in name
    )


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def secret_reason(name: str) -> str:
    """Why a file of this name is never read, or "" where it may be."""
    if _SECRET.fullmatch(name.rsplit("/", 1)[-1]):
        return "may hold a login, key or payment data"
    return ""


class Stream:
    """A member being read: counts what is unpacked and turns damage into one error.

    Attributes:
        n_read: Bytes read so far.
    """

    def __init__(self, raw: IO[bytes], name: str) -> None:
        self._raw = raw
        self._name = name
        self.n_read = 0

    def read(self, n_bytes: int) -> bytes:
        """At most `n_bytes`; empty at the end.

        Raises:
            InputRejectedError: The member is damaged, or larger than may be read.
        """
        try:
            data = self._raw.read(n_bytes)
        except _READ_ERRORS:
            raise InputRejectedError(
                f"{self._name} is damaged after byte {self.n_read}",
                hint=_DAMAGED_HINT,
            ) from None
        self.n_read += len(data)
        if self.n_read > MAX_MEMBER_BYTES:
            raise InputRejectedError(
                f"{self._name} is larger than {MAX_MEMBER_BYTES // 1024**3} GiB",
                hint="Split the export and import the parts.",
            )
        return data

    def close(self) -> None:
        """Close the member."""
        self._raw.close()


class Container(Protocol):
    """What a source reads from.

    Attributes:
        kind: "file", "zip" or "folder".
        sizes: Size in bytes by name, in name order.
        skipped: (name, reason) of what is there and is never read.
    """

    kind: str
    sizes: dict[str, int]
    skipped: list[tuple[str, str]]

    def open(self, name: str) -> Stream:
        """A member for reading."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def open_regular(path: Path, name: str, *, follow: bool) -> IO[bytes]:
    """Open a regular file without ever blocking on a pipe or a device.

    Raises:
        InputRejectedError: It is something else, or cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        raise InputRejectedError(
            f"{name} cannot be opened", hint="Check the name and its permissions."
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputRejectedError(
            f"{name} is not a regular file", hint="Name a file, a zip or a folder."
        )
    return os.fdopen(descriptor, "rb")


class FileContainer:
    """One plain file."""

    kind = "file"

    def __init__(self, path: Path, n_bytes: int) -> None:
        self._path = path
        self.sizes = {safe_name(path.name): n_bytes}
        self.skipped: list[tuple[str, str]] = []

    def open(self, name: str) -> Stream:
        """The file itself."""
        return Stream(open_regular(self._path, name, follow=True), name)

    def close(self) -> None:
        """Nothing is kept open."""


class FolderContainer:
    """A folder with all its regular files; symbolic links are not followed."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._paths: dict[str, Path] = {}
        self.skipped: list[tuple[str, str]] = []
        found: dict[str, int] = {}
        waiting = [path]
        while waiting:
            self._scan(waiting.pop(), found, waiting)
            if len(found) + len(waiting) > MAX_MEMBERS:
                raise InputRejectedError(
                    f"{safe_name(path.name)} holds more than {MAX_MEMBERS} files",
                    hint="Name the folder of the export itself.",
                )
        self.sizes = dict(sorted(found.items()))
        self.skipped.sort()

    def _scan(self, folder: Path, found: dict[str, int], waiting: list[Path]) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._sort_in(entry, found, waiting)
        except OSError:
            name = safe_name(folder.relative_to(self._path).as_posix())
            self.skipped.append((name, "cannot be opened"))

    def _sort_in(
        self, entry: os.DirEntry[str], found: dict[str, int], waiting: list[Path]
    ) -> None:
        name = safe_name(Path(entry.path).relative_to(self._path).as_posix())
        if entry.is_symlink():
            self.skipped.append((name, "symbolic link"))
        elif entry.is_dir(follow_symlinks=False):
            waiting.append(Path(entry.path))
        elif not entry.is_file(follow_symlinks=False):
            self.skipped.append((name, "not a regular file"))
        elif reason := secret_reason(name):
            self.skipped.append((name, reason))
        else:
            found[name] = entry.stat(follow_symlinks=False).st_size
            self._paths[name] = Path(entry.path)

    def open(self, name: str) -> Stream:
        """One file of the folder."""
        return Stream(open_regular(self._paths[name], name, follow=False), name)

    def close(self) -> None:
        """Nothing is kept open."""


class ZipContainer:
    """A zip archive, read in place."""

    kind = "zip"

    def __init__(self, path: Path) -> None:
        self._name = safe_name(path.name)
        self._file = open_regular(path, self._name, follow=True)
        self.skipped: list[tuple[str, str]] = []
        try:
            try:
                self._zip = zipfile.ZipFile(self._file)
            except _READ_ERRORS:
                raise InputRejectedError(
                    f"{self._name} is a damaged or cut-off zip", hint=_DAMAGED_HINT
                ) from None
            self._entries = self._checked_entries(path.stat().st_size)
        except InputRejectedError:
            self._file.close()
            raise
        self.sizes = {name: info.file_size for name, info in self._entries.items()}

    def _refuse(self, what: str) -> InputRejectedError:
        return InputRejectedError(
            f"{self._name} {what}",
            hint="Such a zip is not an untouched export; unpack and check it first.",
        )

    def _checked_entries(self, n_bytes: int) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise self._refuse(f"holds more than {MAX_MEMBERS} entries")
        self._check_sizes(infos, n_bytes)
        entries: dict[str, zipfile.ZipInfo] = {}
        seen: set[str] = set()
        for number, info in enumerate(infos, 1):
            name = safe_name(info.filename.replace("\\", "/"))
            self._check_name(name, number)
            self._check_entry(info, number)
            if name in seen:
                raise self._refuse(f"holds two entries of one name (entry {number})")
            seen.add(name)
            if name.endswith("/") or name.startswith("__MACOSX/"):
                continue
            if reason := secret_reason(name):
                self.skipped.append((name, reason))
            else:
                entries[name] = info
        self.skipped.sort()
        return dict(sorted(entries.items()))

    def _check_sizes(self, infos: list[zipfile.ZipInfo], n_bytes: int) -> None:
        total = sum(info.file_size for info in infos)
        if total > MAX_TOTAL_BYTES:
            raise self._refuse(f"unpacks to more than {MAX_TOTAL_BYTES // 1024**3} GiB")
        if total > RATIO_FROM_BYTES and total > MAX_RATIO * n_bytes:
            raise self._refuse(f"unpacks to more than {MAX_RATIO} times its size")
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise self._refuse("has overlapping entries")
            # 30 bytes of fixed local header; the name stands there a second time.
            end = info.header_offset + 30 + len(info.orig_filename)
            end += info.compress_size
        if end > n_bytes:
            raise self._refuse("has entries beyond its end")

    def _check_name(self, name: str, number: int) -> None:
        parts = name.split("/")
        if not name or name.startswith("/") or _DRIVE.match(name) or ".." in parts:
            raise self._refuse(f"has an unsafe name at entry {number}")

    def _check_entry(self, info: zipfile.ZipInfo, number: int) -> None:
        if info.flag_bits & 0x1:
            raise InputRejectedError(
                f"{self._name} entry {number} is locked with a password",
                hint="Unpack it with the password and import the folder.",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise self._refuse(f"has a symbolic link at entry {number}")
        if info.compress_type not in _METHODS:
            raise self._refuse(f"uses an unknown packing method at entry {number}")

    def open(self, name: str) -> Stream:
        """One member, unpacked while it is read."""
        try:
            return Stream(self._zip.open(self._entries[name]), name)
        except _READ_ERRORS:
            raise InputRejectedError(
                f"{self._name}: {name} is damaged", hint=_DAMAGED_HINT
            ) from None

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()
        self._file.close()


def open_container(path: Path) -> Container:
    """The container for a path, decided by what stands there, not by its name.

    Raises:
        InputRejectedError: Missing, empty, a device, a damaged or unsafe zip, or a
            file that may hold a login.
    """
    name = safe_name(path.name or str(path))
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        raise InputRejectedError(
            f"There is no file or folder {name} that can be opened",
            hint="Check the path and its permissions.",
        ) from None
    if is_folder:
        return FolderContainer(path)
    if reason := secret_reason(name):
        raise InputRejectedError(
            f"{name} {reason} and is not read", hint="Name the chat file itself."
        )
    with open_regular(path, name, follow=True) as file:
        magic = file.read(4)
        n_bytes = os.fstat(file.fileno()).st_size
    if not magic:
        raise InputRejectedError(f"{name} is empty", hint="Export it again.")
    if magic in (b"PK\x03\x04", b"PK\x05\x06"):
        return ZipContainer(path)
    return FileContainer(path, n_bytes)
