"""Bounded, streaming access to what the user named: a file, a zip or a folder.

Nothing is ever unpacked to disk. Every limit and every way a file can be broken ends
here in `InputRejectedError`; importers need no error handling of their own.
"""

import csv
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.containers import (
    Container,
    Stream,
    open_container,
    safe_name,
)
from persona_vault.importers.files.jsontext import (
    JsonCursor,
    NotJsonError,
    array_items,
    find_key,
    finish_object,
    is_value,
    object_entries,
    parse_line,
)
from persona_vault.importers.files.texts import (
    CHUNK_BYTES,
    MAX_ELEMENT,
    TextReader,
    cut_off,
    split_lines,
)

HEAD_BYTES = 64 * 1024
_HEADS_KEPT = 32
# A line no export holds, put behind the last one: inside an open quote it is swallowed.
_END_LINE = "\ufdd0end\n"


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
        container: Where the bytes come from.
    """

    path: Path
    name: str
    kind: str
    container: Container

    def __init__(self, path: Path, container: Container) -> None:
        self.path = path
        self.name = safe_name(path.name or path.resolve().name)
        self.kind = container.kind
        self.container = container
        # Some forty readers look at the same few files one after the other.
        self._heads: dict[str, bytes] = {}

    @classmethod
    def open(cls, path: Path) -> "Source":
        """Open a path for reading.

        Raises:
            InputRejectedError: It is missing, not a regular file or folder, empty, a
                damaged zip, or a zip with absolute, climbing or doubled names.
        """
        return cls(path, open_container(path))

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
        self.container.close()

    def members(self) -> list[Member]:
        """The files inside, by name; for a single file, that file alone.

        Files that may hold a login, and links, are not among them.
        """
        return [Member(name, size) for name, size in self.container.sizes.items()]

    def has(self, member: str) -> bool:
        """Whether there is a readable member of this name."""
        return member in self.container.sizes

    def skipped_members(self) -> list[tuple[str, str]]:
        """(name, reason) of what is there and is never read, for the ledger."""
        return list(self.container.skipped)

    def sha256(self) -> str:
        """SHA-256 of the file's bytes; of a folder, of its sorted manifest."""
        if self.kind == "folder":
            lines = [f"{value}  {name}\n" for name, value in self.manifest().items()]
            return hashlib.sha256("".join(lines).encode()).hexdigest()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def n_bytes(self) -> int:
        """Size in bytes; of a folder, of all its files."""
        if self.kind == "zip":
            return self.path.stat().st_size
        return sum(self.container.sizes.values())

    def manifest(self) -> dict[str, str]:
        """SHA-256 of each member by name (for sharded sets and folders)."""
        return {name: self._member_sha256(name) for name in self.container.sizes}

    def _member_sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        with self.stream(name) as stream:
            while data := stream.read(CHUNK_BYTES):
                digest.update(data)
        return digest.hexdigest()

    @contextmanager
    def stream(self, name: str) -> Iterator[Stream]:
        """A member's bytes, for formats that are neither text, CSV nor JSON."""
        stream = self.container.open(name)
        try:
            yield stream
        finally:
            stream.close()

    def _member_name(self, member: str | None) -> str:
        names = self.container.sizes
        if member is None and len(names) == 1:
            return next(iter(names))
        if member is None:
            raise InputRejectedError(
                f"{self.name} holds {len(names)} files, not one",
                hint="Name the one file with the chat.",
            )
        if member not in names:
            raise InputRejectedError(
                f"{self.name} holds no {member}",
                hint="Check that the export is complete.",
            )
        return member

    @contextmanager
    def _text(self, member: str | None) -> Iterator[TextReader]:
        name = self._member_name(member)
        with self.stream(name) as stream:
            yield TextReader(stream, name)

    def head(self, member: str | None = None) -> bytes:
        """The first 64 KiB of a member (of the only one, if none is named)."""
        name = self._member_name(member)
        if name not in self._heads:
            with self.stream(name) as stream:
                data = stream.read(HEAD_BYTES)
            if len(self._heads) == _HEADS_KEPT:
                self._heads.clear()
            self._heads[name] = data
        return self._heads[name]

    def head_text(self, member: str | None = None) -> str:
        """The head decoded leniently, without BOM, for `identify`; "" if not text."""
        data = self.head(member)
        for bom, encoding in (
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"),
        ):
            if data.startswith(bom):
                return data[len(bom) :].decode(encoding, "ignore")
        return "" if b"\x00" in data[:2] else data.decode("utf-8", "ignore")

    def lines(self, member: str | None = None) -> Iterator[tuple[int, str]]:
        r"""(line number from 1, text without its line end), split at \n and \r\n only.

        Decodes UTF-8 with or without BOM, UTF-16 with BOM.

        Raises:
            InputRejectedError: The bytes are in another encoding; says where.
        """
        with self._text(member) as reader:
            for number, line in enumerate(split_lines(reader), 1):
                yield number, line.removesuffix("\n").removesuffix("\r")

    def rows(
        self, member: str | None = None, *, delimiter: str = ","
    ) -> Iterator[tuple[int, list[str]]]:
        """CSV rows with the line number on which each begins; fields of any length.

        Raises:
            InputRejectedError: Not CSV, or cut off inside a quoted field.
        """
        csv.field_size_limit(MAX_ELEMENT)
        with self._text(member) as reader:
            rows = csv.reader(_lines_and_end(reader), delimiter=delimiter)
            begins = 1
            while True:
                try:
                    row = next(rows)
                except csv.Error:
                    raise InputRejectedError(
                        f"{reader.name} line {begins} is not CSV",
                        hint="Save it as comma-separated UTF-8 text.",
                    ) from None
                if row and row[-1].endswith(_END_LINE):
                    raise cut_off(reader.name, f"inside the row of line {begins}")
                if row == [_END_LINE.rstrip("\n")]:
                    return
                if row:
                    yield begins, row
                begins = rows.line_num + 1

    def json_items(
        self, member: str | None = None, *, key: str | None = None
    ) -> Iterator[tuple[str, Any]]:
        """The elements of a top-level JSON array, one at a time: (where, value).

        With `key`, of the array under that key of a top-level object. Memory holds one
        element, not the file. Lone surrogates and NUL are replaced by U+FFFD, NaN and
        infinite numbers by None.

        Raises:
            InputRejectedError: Not JSON, cut off, too deep (200 levels), or an integer
                of absurd length; says at which byte.
        """
        with self._text(member) as reader:
            cursor = JsonCursor(reader)
            if key is not None and not find_key(cursor, key):
                raise InputRejectedError(
                    f"{reader.name} holds no list named {key}",
                    hint="Choose another reader with --format.",
                )
            for number, value in enumerate(array_items(cursor), 1):
                yield f"{reader.name} item {number}", value
            if key is not None:
                finish_object(cursor)
            if cursor.peek():
                raise cursor.refuse("more text after the end of the list")

    def json_fields(self, member: str | None = None) -> Iterator[tuple[str, str, Any]]:
        """(key, where, value) of one top-level object, in file order.

        A list gives one entry for each of its elements, so that memory holds one
        element, not the file; an empty list gives none.

        Raises:
            InputRejectedError: As for `json_items`.
        """
        with self._text(member) as reader:
            cursor = JsonCursor(reader)
            for key, number, value in object_entries(cursor):
                place = f"{reader.name} {key}"
                yield key, f"{place} {number}" if number else place, value
            if cursor.peek():
                raise cursor.refuse("more text after the end of the object")

    def json_values(self, member: str | None = None) -> Iterator[tuple[str, Any]]:
        """JSON values written one behind the other, over any number of lines.

        One whole document of at most 64 MiB is such a file with a single value.

        Raises:
            InputRejectedError: As for `json_items`.
        """
        with self._text(member) as reader:
            cursor = JsonCursor(reader)
            number = 0
            while cursor.peek():
                number += 1
                yield f"{reader.name} item {number}", cursor.value()

    def json_lines(self, member: str | None = None) -> Iterator[tuple[str, Any]]:
        """The values of a JSON Lines file: (where, value); blank lines are skipped.

        A line that is not JSON gives (where, `BAD_JSON`), so that the reader can
        report it as an issue and go on.
        """
        name = self._member_name(member)
        for number, line in self.lines(name):
            if not line or line.isspace():
                continue
            try:
                value = parse_line(line)
            except NotJsonError:
                value = BAD_JSON
            yield f"{name} line {number}", value

    def json_records(self, member: str | None = None) -> Iterator[tuple[str, Any]]:
        """The values of an array, of JSON Lines, or written one behind the other.

        Only JSON Lines can give `BAD_JSON`; the other two raise as `json_items` does.
        """
        name = self._member_name(member)
        head = self.head_text(name).lstrip()
        if head.startswith("["):
            yield from self.json_items(name)
        elif name.endswith(".jsonl") or is_value(head.partition("\n")[0]):
            yield from self.json_lines(name)
        else:
            yield from self.json_values(name)

    @contextmanager
    def json_cursor(self, member: str | None = None) -> Iterator[JsonCursor]:
        """A place at the start of a JSON text, to be walked with `jsonwalk`.

        For lists that stand deep inside a document too large to be held.
        """
        with self._text(member) as reader:
            yield JsonCursor(reader)

    def json_document(self, member: str | None = None) -> Any:
        """One whole JSON document of at most 64 MiB; the same errors as json_items."""
        with self._text(member) as reader:
            cursor = JsonCursor(reader)
            value = cursor.value()
            if cursor.peek():
                raise cursor.refuse("more text after the end")
            return value


def _lines_and_end(reader: TextReader) -> Iterator[str]:
    for line in split_lines(reader):
        yield line if line.endswith("\n") else line + "\n"
    yield _END_LINE


class _BadJson:
    """The type of `BAD_JSON`."""

    def __repr__(self) -> str:
        return "BAD_JSON"


BAD_JSON = _BadJson()
