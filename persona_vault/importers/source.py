"""Bounded, streaming access to what the user named: a file, a zip or a folder.

Nothing is ever unpacked to disk. Every limit and every way a file can be broken ends
here in `InputRejectedError`; importers need no error handling of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a source: its name with forward slashes, its size in bytes."""

    name: str
    n_bytes: int


class Source:
    """A file, a zip archive or a folder, read-only; use as a context manager.

    Attributes:
        path: What the user named.
        name: Its last part, safe to show.
        kind: "file", "zip" or "folder".
    """

    path: Path
    name: str
    kind: str

    @classmethod
    def open(cls, path: Path) -> "Source":
        """Open a path for reading.

        Raises:
            InputRejectedError: It is missing, not a regular file or folder, empty, a
                damaged zip, or a zip with absolute, climbing or doubled names.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive, if one is open."""
        raise NotImplementedError

    def members(self) -> list[Member]:
        """The files inside, by name; for a single file, that file alone."""
        raise NotImplementedError

    def sha256(self) -> str:
        """SHA-256 of the file's bytes; of a folder, of its sorted manifest."""
        raise NotImplementedError

    def n_bytes(self) -> int:
        """Size in bytes; of a folder, of all its files."""
        raise NotImplementedError

    def manifest(self) -> dict[str, str]:
        """SHA-256 of each member by name (for sharded sets and folders)."""
        raise NotImplementedError

    def head(self, member: str | None = None) -> bytes:
        """The first 64 KiB of a member (of the only one, if none is named)."""
        raise NotImplementedError

    def lines(self, member: str | None = None) -> Iterator[tuple[int, str]]:
        r"""(line number from 1, text without its line end), split at \n and \r\n only.

        Decodes UTF-8 with or without BOM, UTF-16 with BOM.

        Raises:
            InputRejectedError: The bytes are in another encoding; says where.
        """
        raise NotImplementedError

    def rows(self, member: str | None = None) -> Iterator[tuple[int, list[str]]]:
        """CSV rows with the line number on which each begins; fields of any length."""
        raise NotImplementedError

    def json_items(
        self, member: str | None = None, *, key: str | None = None
    ) -> Iterator[tuple[str, Any]]:
        """The elements of a top-level JSON array, one at a time: (where, value).

        With `key`, of the array under that key of a top-level object. Memory holds one
        element, not the file. Lone surrogates are replaced by U+FFFD.

        Raises:
            InputRejectedError: Not JSON, cut off, too deep (200 levels), or an integer
                of absurd length; says at which byte.
        """
        raise NotImplementedError

    def json_lines(self, member: str | None = None) -> Iterator[tuple[str, Any]]:
        """The values of a JSON Lines file: (where, value); blank lines are skipped.

        A line that is not JSON gives (where, `BAD_JSON`), so that the reader can
        report it as an issue and go on.
        """
        raise NotImplementedError

    def json_document(self, member: str | None = None) -> Any:
        """One whole JSON document of at most 64 MiB; the same errors as json_items."""
        raise NotImplementedError


class _BadJson:
    """The type of `BAD_JSON`."""

    def __repr__(self) -> str:
        return "BAD_JSON"


BAD_JSON = _BadJson()
