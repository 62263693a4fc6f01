"""Bounded JSON on top of Python's own decoder: one element in memory at a time."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.texts import (
    CHUNK_BYTES,
    MAX_ELEMENT,
    TextReader,
    cut_off,
)

MAX_DEPTH = 200

_SPACE = re.compile(r"[ \t\n\r]*")
_GAP = re.compile(r"[ \t\n\r,]*")
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_UNSAFE_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|\x00")
_UNSAFE_CHARACTER = re.compile("[\ud800-\udfff\x00]")
# What can stand at the very end of a file that was cut inside a word or an escape.
_CUT_WORD = re.compile(
    r"-|t(?:r|ru)?|f(?:a|al|als)?|n(?:u|ul)?|N(?:a)?|-?I[nfity]*|\\u?[0-9a-fA-F]{0,4}"
)
_BROKEN_HINT = "Export it again, or choose another reader with --format."


class NotJsonError(ValueError):
    """The text is not JSON that may be read; says why in a few words."""


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _constant(_name: str) -> None:
    """NaN and Infinity are no JSON; a missing value is what they mean in exports."""


_DECODER = json.JSONDecoder(parse_float=_float, parse_constant=_constant, strict=False)


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)


def raw_text(value: Any) -> str:
    """A record as JSON text on one line, as a message keeps it in `raw`."""
    return _ENCODER.encode(value)


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSAFE_CHARACTER.sub("\ufffd", value)
    if isinstance(value, list):
        return [_scrubbed(part) for part in value]
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(part) for key, part in value.items()}
    return value


def _decode(text: str, start: int) -> tuple[Any, int]:
    """One value and the place behind it.

    Raises:
        json.JSONDecodeError: Not JSON, or not complete.
        NotJsonError: Too deep, or a number of absurd length.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise NotJsonError("a number with too many digits") from None
    written = text if start == 0 and end == len(text) else text[start:end]
    _check_depth(written)
    may_be_unsafe = "\\u" in written or "\x00" in written  # a tenth of the search
    if may_be_unsafe and _UNSAFE_ESCAPE.search(written):
        value = _scrubbed(value)
    return value, end


def value_at(text: str, start: int) -> tuple[Any, int] | None:
    """The value at a place and the place behind it; None where none is whole."""
    try:
        return _decode(text, start)
    except ValueError:
        return None


def parse_line(text: str) -> Any:
    """One JSON value that fills the text.

    Raises:
        NotJsonError: It does not, or may not be read.
    """
    text = text.strip(" \t\r\n")
    try:
        value, end = _decode(text, 0)
    except json.JSONDecodeError:
        raise NotJsonError("not JSON") from None
    if end != len(text):
        raise NotJsonError("more than one value")
    return value


def is_value(text: str) -> bool:
    """Whether the text is one whole JSON value."""
    try:
        parse_line(text)
    except NotJsonError:
        return False
    return True


def peek_values(head: str, n_most: int = 8) -> list[Any]:
    """The first whole values of a head: elements of its array, or its documents.

    For `identify`: what is cut off by the end of the head is left out, and a text that
    is no JSON gives an empty list.
    """
    text = head.lstrip()
    at = 1 if text.startswith("[") else 0
    values: list[Any] = []
    while len(values) < n_most:
        match = _GAP.match(text, at)
        at = match.end() if match else at
        try:
            value, at = _decode(text, at)
        except ValueError:
            break
        values.append(value)
    return values


class JsonCursor:
    """A place in a JSON text that is decoded window by window."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._text = ""
        self._at = 0
        self._dropped = reader.start
        self._ended = False

    def _more(self) -> None:
        """Read on, at least doubling what is unread, so that retries stay linear."""
        self._dropped += self._reader.n_bytes(self._text[: self._at])
        pieces = [self._text[self._at :]]
        self._at = 0
        wanted = max(CHUNK_BYTES, len(pieces[0]))
        while wanted > 0 and not self._ended:
            piece = self._reader.read()
            pieces.append(piece)
            wanted -= len(piece)
            self._ended = not piece
        self._text = "".join(pieces)

    def byte(self, at: int | None = None) -> int:
        """The byte in the file of a place in the window (of the cursor, if None)."""
        end = self._at if at is None else at
        return self._dropped + self._reader.n_bytes(self._text[:end])

    def refuse(self, what: str, at: int | None = None) -> InputRejectedError:
        """The error for a text that cannot be read here."""
        return InputRejectedError(
            f"{self._reader.name}: {what} at byte {self.byte(at)}", hint=_BROKEN_HINT
        )

    def _cut(self) -> InputRejectedError:
        return cut_off(self._reader.name, f"at byte {self.byte(len(self._text))}")

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def take(self, wanted: str) -> str:
        """Step over one of the wanted characters and return it.

        Raises:
            InputRejectedError: Something else stands there, or the text ends.
        """
        found = self.peek()
        if not found:
            raise self._cut()
        if found not in wanted:
            raise self.refuse("not valid JSON")
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value, whole.

        Raises:
            InputRejectedError: Not JSON, cut off, too deep, or too large.
        """
        if not self.peek():
            raise self._cut()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                self._go_on_or_refuse(error.msg, error.pos)
                continue
            except NotJsonError as error:
                raise self.refuse(str(error)) from None
            # A number at the end of the window may have more digits behind it.
            at_edge = end == len(self._text) and not self._ended
            if at_edge and self._text[-1] not in ']}"':
                self._more()
                continue
            self._at = end
            return value

    def _go_on_or_refuse(self, problem: str, at: int) -> None:
        open_string = problem.startswith("Unterminated string")
        if self._ended:
            rest = self._text[at:].strip()
            if open_string or not rest or _CUT_WORD.fullmatch(rest):
                raise self._cut() from None
            raise self.refuse("not valid JSON", at) from None
        # An error far from the end of the window will not be mended by reading on.
        if not open_string and at + 16 < len(self._text):
            raise self.refuse("not valid JSON", at) from None
        if len(self._text) - self._at > MAX_ELEMENT:
            raise self.refuse("an element of more than 64 MiB") from None
        self._more()


def array_items(cursor: JsonCursor) -> Iterator[Any]:
    """The elements of the array at the cursor, one at a time.

    Raises:
        InputRejectedError: There is no array, or it is broken or cut off.
    """
    cursor.take("[")
    if cursor.peek() == "]":
        cursor.take("]")
        return
    while True:
        yield cursor.value()
        if cursor.take(",]") == "]":
            return


def find_key(cursor: JsonCursor, key: str) -> bool:
    """Step into a top-level object to the value of a key; False if it is not there.

    The values before it are read one by one and dropped.
    """
    cursor.take("{")
    if cursor.peek() == "}":
        return False
    while True:
        if cursor.peek() != '"':
            raise cursor.refuse("not valid JSON")
        found = cursor.value()
        cursor.take(":")
        if found == key:
            return True
        cursor.value()
        if cursor.take(",}") == "}":
            return False


def finish_object(cursor: JsonCursor) -> None:
    """Read the rest of the object around the array just read, to see it is whole."""
    while cursor.take(",}") == ",":
        cursor.value()
        cursor.take(":")
        cursor.value()


def object_entries(cursor: JsonCursor) -> Iterator[tuple[str, int, Any]]:
    """(key, number, value) of a top-level object; a list gives one entry per element.

    The number counts the elements of a list from 1 and is 0 for any other value.

    Raises:
        InputRejectedError: There is no object, or it is broken or cut off.
    """
    cursor.take("{")
    if cursor.peek() == "}":
        cursor.take("}")
        return
    while True:
        if cursor.peek() != '"':
            raise cursor.refuse("not valid JSON")
        key = cursor.value()
        cursor.take(":")
        if cursor.peek() == "[":
            for number, value in enumerate(array_items(cursor), 1):
                yield key, number, value
        else:
            yield key, 0, cursor.value()
        if cursor.take(",}") == "}":
            return
