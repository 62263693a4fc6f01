"""Hits of a measure that the user marked wrong: they are no longer counted.

A mark belongs to a message as it was worded then: under another wording it rests, and
counts again should that wording come back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select

from persona_vault.errors import UsageError
from persona_vault.store.clock import from_micros, now_micros
from persona_vault.store.passages import text_digest
from persona_vault.store.schema import message, wrong_hit
from persona_vault.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongHit:
    """A hit that was marked wrong.

    Attributes:
        message_id: Row id of the message.
        row: Name of the measure.
        marked_at: Aware UTC.
        rests: Whether the message has another text by now.
    """

    message_id: int
    row: str
    marked_at: datetime
    rests: bool


def mark_wrong(connection: Connection, message_id: int, row: str) -> bool:
    """Mark a message's hit of a row; whether it was not marked before.

    Raises:
        UsageError: There is no such message.
    """
    text = connection.scalar(select(message.c.text).where(message.c.id == message_id))
    if text is None:
        raise UsageError(
            f"There is no message {message_id}.",
            hint="`persona-vault search` and `persona-vault read` show their numbers.",
        )
    digest = text_digest(text)
    kept = connection.scalar(
        select(wrong_hit.c.text_digest).where(_is(message_id, row))
    )
    if kept == digest:
        return False
    connection.execute(delete(wrong_hit).where(_is(message_id, row)))
    connection.execute(
        insert(wrong_hit).values(
            message_id=message_id, row=row, text_digest=digest, marked_at=now_micros()
        )
    )
    return True


def undo_mark(connection: Connection, message_id: int, row: str) -> None:
    """Count the hit again.

    Raises:
        UsageError: It was not marked.
    """
    gone = connection.execute(delete(wrong_hit).where(_is(message_id, row)))
    if gone.rowcount == 0:
        raise UsageError(
            f"Message {message_id} is not marked wrong for {row}.",
            hint="`persona-vault mark --list` shows what is marked.",
        )


def read_marks(connection: Connection) -> list[WrongHit]:
    """All marks, by message and row."""
    query = (
        select(wrong_hit, message.c.text)
        .join(message, message.c.id == wrong_hit.c.message_id)
        .order_by(wrong_hit.c.message_id, wrong_hit.c.row)
    )
    return [
        WrongHit(
            message_id=found.message_id,
            row=found.row,
            marked_at=from_micros(found.marked_at),
            rests=text_digest(found.text) != found.text_digest,
        )
        for found in connection.execute(query)
    ]


def wrong_hits(vault: Vault) -> Mapping[str, frozenset[int]]:
    """Row -> messages whose hit does not count."""
    by_row: dict[str, set[int]] = {}
    with vault.read() as connection:
        for mark in read_marks(connection):
            if not mark.rests:
                by_row.setdefault(mark.row, set()).add(mark.message_id)
    return {row: frozenset(ids) for row, ids in by_row.items()}


def _is(message_id: int, row: str) -> ColumnElement[bool]:
    return and_(wrong_hit.c.message_id == message_id, wrong_hit.c.row == row)
