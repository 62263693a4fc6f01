"""Where forgotten words stand beside their messages: vendor's records, titles, names.

A vendor's record is kept as the vendor wrote it, and may hold several messages: all
tries of an answer, a question with its answer, a quoted message. Where one of them is
forgotten the record is dropped whole. It is not rewritten, since a record that we
changed would no longer be the vendor's.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from persona_vault.store.words import folded, replaced, words_in
from persona_vault.store.written import keep_written, read_written

MARK = "[forgotten]"

# So many words in a row are no chance; shorter messages must equal the whole string.
_RUN = 4

_RECORDS_NEAR = """
SELECT raw_record.id, raw_record.data, message.text FROM raw_record
LEFT JOIN message ON message.id = raw_record.message_id
WHERE (message.conversation_id IN (SELECT conversation_id FROM temp.touched)
    OR (raw_record.message_id IS NULL AND raw_record.source_id IN (
      SELECT source_id FROM message_source
      WHERE message_id IN (SELECT id FROM temp.gone))))
  AND coalesce(raw_record.message_id, 0) NOT IN (SELECT id FROM temp.gone)
  AND coalesce(raw_record.persona_input_id, 0) NOT IN (SELECT id FROM temp.gone_input)
"""
_RECORDS_ALL = """
SELECT raw_record.id, raw_record.data, message.text FROM raw_record
LEFT JOIN message ON message.id = raw_record.message_id
WHERE coalesce(message_id, 0) NOT IN (SELECT id FROM temp.gone)
  AND coalesce(persona_input_id, 0) NOT IN (SELECT id FROM temp.gone_input)
"""
_GONE_TEXTS = """
SELECT text FROM message WHERE id IN (SELECT id FROM temp.gone)
UNION SELECT text FROM revision WHERE message_id IN (SELECT id FROM temp.gone)
UNION SELECT text FROM persona_input WHERE id IN (SELECT id FROM temp.gone_input)
"""
# Messages without a record of their own, in conversations of which something stays.
_WITHOUT_RECORD = """
SELECT id, conversation_id, source_id FROM message
WHERE id IN (SELECT id FROM temp.gone)
  AND NOT EXISTS (SELECT 1 FROM raw_record WHERE message_id = message.id)
  AND EXISTS (SELECT 1 FROM message AS kept
    WHERE kept.conversation_id = message.conversation_id
      AND kept.id NOT IN (SELECT id FROM temp.gone))
"""
_NEXT_RECORD = """
SELECT raw_record.id, message.conversation_id, raw_record.source_id, message.id
FROM raw_record JOIN message ON message.id = raw_record.message_id
WHERE raw_record.message_id {sign} ? ORDER BY raw_record.message_id {order} LIMIT 1
"""


def shared_records(
    connection: Connection, pattern: "re.Pattern[str] | None"
) -> set[int]:
    """Ids of vendor's records that stay by themselves and hold what is forgotten.

    Args:
        connection: In a transaction, with `temp.gone`, `gone_input` and `touched`.
        pattern: Words that no record may hold, None for none.
    """
    found = set(_beside(connection))
    lost = _Lost(connection.exec_driver_sql(_GONE_TEXTS).scalars())
    statement = _RECORDS_NEAR if pattern is None else _RECORDS_ALL
    rows = connection.exec_driver_sql(statement)
    for record_id, data, own in rows.yield_per(500):
        if record_id in found:
            continue
        for text in _strings(data):
            if (pattern is not None and pattern.search(text)) or lost.is_in(
                text, own or ""
            ):
                found.add(record_id)
                break
    return found


def _beside(connection: Connection) -> Iterator[int]:
    """Records next to messages that have none: these stand in a neighbour's."""
    run = connection.exec_driver_sql
    for message_id, conversation_id, source_id in run(_WITHOUT_RECORD).all():
        for sign, order in (("<", "DESC"), (">", "ASC")):
            near = run(
                _NEXT_RECORD.format(sign=sign, order=order), (message_id,)
            ).first()
            if near is not None and tuple(near[1:3]) == (conversation_id, source_id):
                yield near[0]


class _Lost:
    """The words of what goes, found fast in many strings."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        self._firsts: set[str] = set()
        self._short: set[tuple[str, ...]] = set()
        for text in texts:
            words = words_in(folded(text))
            if len(words) >= _RUN:
                self._firsts.add(words[0])
                self._runs.setdefault(words[:_RUN], set()).add(words)
            elif words:
                self._short.add(words)

    def is_in(self, text: str, own: str) -> bool:
        """Whether a folded string holds what goes, and the message's own text not."""
        found = self._found(words_in(text))
        if not found:
            return False
        return bool(found - self._found(words_in(folded(own))))

    def _found(self, words: tuple[str, ...]) -> set[tuple[str, ...]]:
        if len(words) < _RUN:
            return {words} & self._short
        found: set[tuple[str, ...]] = set()
        for i, word in enumerate(words):
            if word in self._firsts:
                for whole in self._runs.get(words[i : i + _RUN], ()):
                    if words[i : i + len(whole)] == whole:
                        found.add(whole)
        return found


def _strings(data: bytes) -> Iterator[str]:
    """Every string of a record, folded; the record itself where it is no JSON."""
    try:
        raw = zlib.decompress(data).decode("utf-8", "replace")
    except zlib.error:
        return
    try:
        yield from _leaves(json.loads(raw))
    except (ValueError, RecursionError):
        for line in raw.splitlines():
            yield folded(line)
        yield folded(raw)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield folded(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield folded(key)
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


# Short texts about messages that stay: table, key, column.
_LABELS = (
    ("conversation", "id", "title"),
    ("conversation", "id", "group_name"),
    ("source", "id", "name"),
    ("attachment", "id", "name"),
    ("raw_record", "id", "place"),
    ("event", "id", "title"),
)
_JSON_LABELS = (
    ("source", "id", "ledger"),
    ("source", "id", "manifest"),
    ("persona", "id", "user_names"),
    ("persona", "id", "own_names"),
)
# Objects of a ledger whose keys come from the export; all others are our own fields.
_NAMED_BY_OTHERS = frozenset({"models"})
_LEDGERS = "SELECT source_id, conversation_id, ledger FROM conversation_ledger"
_WRITE_LEDGER = (
    "UPDATE conversation_ledger SET ledger = ?"
    " WHERE source_id = ? AND conversation_id = ?"
)


def blot_labels(connection: Connection, pattern: "re.Pattern[str]") -> int:
    """Put a mark in the place of words in titles, file names and notes that stay.

    Returns:
        How many titles, names and notes were changed.
    """
    run = connection.exec_driver_sql
    changed: list[tuple[str, tuple[Any, ...]]] = []
    for table, key, column in _LABELS:
        for row_id, text in run(f"SELECT {key}, {column} FROM {table}"):  # noqa: S608
            blotted = replaced(text, pattern, MARK)
            if blotted != text:
                statement = f"UPDATE {table} SET {column} = ? WHERE {key} = ?"  # noqa: S608
                changed.append((statement, (blotted, row_id)))
    for table, key, column in _JSON_LABELS:
        for row_id, text in run(f"SELECT {key}, {column} FROM {table}"):  # noqa: S608
            value = _blotted_json(text, pattern)
            if value is not None:
                statement = f"UPDATE {table} SET {column} = ? WHERE {key} = ?"  # noqa: S608
                changed.append((statement, (value, row_id)))
    for source_id, conversation_id, text in run(_LEDGERS):
        value = _blotted_json(text, pattern)
        if value is not None:
            changed.append((_WRITE_LEDGER, (value, source_id, conversation_id)))
    for statement, values in changed:
        run(statement, values)
    return len(changed) + blot_written(connection, pattern)


def blot_written(connection: Connection, pattern: "re.Pattern[str]") -> int:
    """The same in the paths of files that were written; how many were changed."""
    files = read_written(connection)
    blotted = tuple(
        replace(one, path=replaced(one.path, pattern, MARK)) for one in files
    )
    if blotted == files:
        return 0
    keep_written(connection, blotted)
    return sum(one != other for one, other in zip(files, blotted, strict=True))


def count_ids(connection: Connection, pattern: "re.Pattern[str]") -> int:
    """How many conversations bear the words in the id that the export gave them."""
    ids = connection.exec_driver_sql("SELECT native_id FROM conversation").scalars()
    return sum(pattern.search(folded(one)) is not None for one in ids)


def _blotted_json(text: str, pattern: "re.Pattern[str]") -> str | None:
    """The JSON with its strings blotted, None where none holds the words."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    blotted = _blotted_value(value, pattern, keys=not _is_ledger(value))
    return None if blotted == value else json.dumps(blotted, ensure_ascii=False)


def _is_ledger(value: Any) -> bool:
    return isinstance(value, dict) and "n_read" in value


def _blotted_value(value: Any, pattern: "re.Pattern[str]", *, keys: bool) -> Any:
    """With `keys` those of objects too: not where they are our own field names."""
    if isinstance(value, str):
        return replaced(value, pattern, MARK)
    if isinstance(value, dict):
        return {
            replaced(key, pattern, MARK) if keys else key: _blotted_value(
                inner, pattern, keys=keys or key in _NAMED_BY_OTHERS
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_blotted_value(inner, pattern, keys=keys) for inner in value]
    return value
