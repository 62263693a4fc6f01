"""Versions of a message that are not shown: answers set aside, words before an edit."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

# What an importer calls a message in whose place another one is shown.
_REPLACED = frozenset({"regenerated", "earlier_wording", "edited"})
_TALKS = """
SELECT id, conversation_id, role, shown, parent, flags FROM message
WHERE conversation_id IN (
  SELECT conversation_id FROM message WHERE id IN (SELECT id FROM temp.gone))
ORDER BY conversation_id, position, id
"""
_GONE = "SELECT id FROM temp.gone"


def other_versions(connection: Connection) -> set[int]:
    """Ids of versions of the shown messages in `temp.gone` that do not stand there.

    A version answers the same message, where the file says what it answers; else it
    stands next to the message, with nothing of the other side and no other shown
    message between.
    """
    gone = set(connection.exec_driver_sql(_GONE).scalars())
    rows = connection.exec_driver_sql(_TALKS).yield_per(1_000)
    found: set[int] = set()
    for _, talk in groupby(rows, key=lambda row: row.conversation_id):
        found.update(_of_talk(list(talk), gone))
    return found - gone


def _of_talk(rows: Sequence[Any], gone: set[int]) -> Iterator[int]:
    answered = {
        (row.role, row.parent)
        for row in rows
        if row.shown and row.parent and row.id in gone
    }
    # Once in reading order, once back: a version stands before or after.
    for ordered in (rows, rows[::-1]):
        role, goes = None, False
        for row in ordered:
            if row.shown or row.role != role:
                role, goes = row.role, bool(row.shown) and row.id in gone
            if row.shown or _REPLACED.isdisjoint(row.flags.split()):
                continue
            if (row.role, row.parent) in answered or (goes and not row.parent):
                yield row.id
