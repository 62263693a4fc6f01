"""The shape of JSON, JSON Lines and tables: where which kind of value stands."""

from collections.abc import Callable, Mapping
from typing import Any

from persona_vault.importers.describing.values import Field, described
from persona_vault.importers.describing.words import hidden_name, shown_name
from persona_vault.importers.files.jsontext import JsonCursor, NotJsonError, parse_line
from persona_vault.importers.files.jsonwalk import array_places, object_keys

MAX_VALUES = 300_000
MAX_PATHS = 1_200
_MOST_KEYS = 64  # an object with more of them is a map, and its keys are somebody's
_FEWEST_OF_A_MAP = 3
_STREAMED_DEPTH = 5
_DEEPEST = 40


class EnoughError(Exception):
    """So many values were seen that more would say nothing new."""


class Shape:
    """Everything seen at each path of one or several files of a kind.

    A path begins with `$`; `[]` is any element of a list and `.key` a key, of which
    only the words of programs are shown.

    Attributes:
        fields: path -> what was seen there.
        n_paths_not_shown: Paths beyond the number that is kept.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self._hidden: set[int] = set()
        self._n_values = 0

    @property
    def n_paths_not_shown(self) -> int:
        """How many paths beyond the kept ones were met."""
        return len(self._hidden)

    def field(self, path: str) -> Field:
        """The field of a path; beyond the kept number one that nobody sees.

        Raises:
            EnoughError: Enough values were seen.
        """
        self._n_values += 1
        if self._n_values > MAX_VALUES:
            raise EnoughError
        found = self.fields.get(path)
        if found is None:
            found = Field()
            if len(self.fields) < MAX_PATHS:
                self.fields[path] = found
            else:
                self._hidden.add(hash(path))
        return found

    def look(self, value: Any, path: str = "$", depth: int = 0) -> None:
        """Take in a value that is held in memory."""
        if isinstance(value, dict):
            self.field(path).see_container("object", len(value))
            fold = _folding(value)
            if depth < _DEEPEST:
                for key, part in value.items():
                    self.look(part, f"{path}.{fold(key)}", depth + 1)
        elif isinstance(value, list):
            self.field(path).see_container("list", len(value))
            if depth < _DEEPEST:
                for part in value:
                    self.look(part, f"{path}[]", depth + 1)
        else:
            self.field(path).see(value)

    def walk(self, cursor: JsonCursor, path: str = "$", depth: int = 0) -> None:
        """Take in the value at a cursor, which may be larger than the memory.

        Raises:
            InputRejectedError: The text is broken or cut off.
        """
        mark = cursor.peek()
        if depth >= _STREAMED_DEPTH or mark not in ("{", "["):
            value = cursor.value()
            if depth == 0 and isinstance(value, str):
                self._look_inside(value, path)
            self.look(value, path, depth)
            return
        field = self.field(path)
        n_entries = 0
        try:
            if mark == "{":
                for key in object_keys(cursor):
                    n_entries += 1
                    fold = hidden_name if n_entries > _MOST_KEYS else shown_name
                    self.walk(cursor, f"{path}.{fold(key)}", depth + 1)
            else:
                for _number in array_places(cursor):
                    n_entries += 1
                    self.walk(cursor, f"{path}[]", depth + 1)
        finally:
            field.see_container("object" if mark == "{" else "list", n_entries)

    def _look_inside(self, text: str, path: str) -> None:
        """Some programs write JSON as one string that holds JSON."""
        try:
            self.look(parse_line(text), f"{path} (JSON inside a text)")
        except NotJsonError:
            return

    def row(self, cells: Mapping[str, Any]) -> None:
        """Take in a row of a table by its columns, whose names are already folded."""
        for name, cell in cells.items():
            self.field(name).see(cell)

    def to_list(self) -> list[dict[str, Any]]:
        """The fields in the order in which they were met."""
        return described(self.fields)


def _folding(value: dict[str, Any]) -> Callable[[str], str]:
    """How the keys of an object are shown.

    Of a map from ids or names to records of one kind, every key becomes `<key>`.
    """
    if len(value) > _MOST_KEYS:
        return hidden_name
    records = [part for part in value.values() if isinstance(part, dict)]
    if len(value) < _FEWEST_OF_A_MAP or len(records) < len(value):
        return shown_name
    n_known = sum("<" not in shown_name(key) for key in value)
    shared = set.intersection(*(set(record) for record in records))
    is_map = bool(shared) and n_known * 2 < len(value)
    return (lambda _key: "<key>") if is_map else shown_name
