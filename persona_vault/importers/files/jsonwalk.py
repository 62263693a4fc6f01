"""Steps through JSON that is too large to hold, and through the head of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from persona_vault.importers.files.jsontext import JsonCursor, peek_values, value_at


def object_keys(cursor: JsonCursor) -> Iterator[str]:
    """The keys of the object at the cursor, which then stands before their value.

    The caller takes each value before it asks for the next key.

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
        key: str = cursor.value()
        cursor.take(":")
        yield key
        if cursor.take(",}") == "}":
            return


def array_places(cursor: JsonCursor) -> Iterator[int]:
    """The number from 1 of each element of the array at the cursor.

    The caller takes each element before it asks for the next one.

    Raises:
        InputRejectedError: There is no array, or it is broken or cut off.
    """
    cursor.take("[")
    if cursor.peek() == "]":
        cursor.take("]")
        return
    number = 0
    while True:
        number += 1
        yield number
        if cursor.take(",]") == "]":
            return


@dataclass(frozen=True, slots=True)
class Opening:
    """What the head of a file with one JSON object shows.

    Attributes:
        values: Key -> value, of the keys whose value is whole in the head.
        cut_key: The key whose value the end of the head cuts off, "" for none.
        elements: The first whole elements, where that value is an array.
    """

    values: dict[str, Any]
    cut_key: str = ""
    elements: tuple[Any, ...] = ()

    def has(self, *keys: str) -> bool:
        """Whether all of these keys begin inside the head."""
        return all(key in self.values or key == self.cut_key for key in keys)

    def first_of(self, key: str) -> list[Any]:
        """The first elements of the array under a key; empty for all else."""
        if key == self.cut_key:
            return list(self.elements)
        found = self.values.get(key)
        return found[:8] if isinstance(found, list) else []


_SPACE = " \t\r\n"


def opening(head: str) -> Opening:
    """The beginning of a top-level object, for `identify`; empty for other text."""
    values: dict[str, Any] = {}
    at = _skip(head, 0, _SPACE)
    if head[at : at + 1] != "{":
        return Opening({})
    at += 1
    while True:
        at = _skip(head, at, _SPACE + ",")
        found = value_at(head, at) if head[at : at + 1] == '"' else None
        if found is None:
            return Opening(values)
        key, at = found
        at = _skip(head, at, _SPACE)
        if head[at : at + 1] != ":":
            return Opening(values)
        at = _skip(head, at + 1, _SPACE)
        found = value_at(head, at)
        if found is None:
            rest = head[at:]
            elements = peek_values(rest) if rest.startswith("[") else []
            return Opening(values, key, tuple(elements))
        values[key], at = found


def _skip(text: str, at: int, letters: str) -> int:
    while at < len(text) and text[at] in letters:
        at += 1
    return at
