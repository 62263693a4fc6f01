"""What search sees of a message: `speaker: previous turn + turn`; and its index.

The full-text index holds no text of its own: it can only forget a row while it is told
the very text that the row was made from. So passages change nowhere but here.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from persona_vault.model import Role

# A model reads some 250 word pieces: of a long turn before only the end may stay in,
# or the vector would be of that turn instead of this one.
PREVIOUS_CHARACTERS = 400

# So many changed passages are held before they are written: a few megabytes.
_BATCH = 10_000

TURNS = """
SELECT message.id, message.speaker, message.text,
  message.role, message.shown, passage.text
FROM message LEFT JOIN passage ON passage.message_id = message.id
WHERE message.conversation_id = ? ORDER BY message.position, message.id
"""
_FORGET = "INSERT INTO message_fts(message_fts, rowid, text) VALUES ('delete', ?, ?)"
_LEARN = "INSERT INTO message_fts(rowid, text) VALUES (?, ?)"
_REMOVE = "DELETE FROM passage WHERE message_id = ?"
_ADD = "INSERT INTO passage (message_id, text, digest) VALUES (?, ?, ?)"


def passage_text(speaker: str, previous: str, text: str) -> str:
    """The words that stand for a message in search.

    Args:
        speaker: As written, "" where unknown.
        previous: The other side's last shown turn before it, "" at the start.
        text: The message.
    """
    lead = f"{speaker}: " if speaker else ""
    if not previous:
        return f"{lead}{text}"
    return f"{lead}{_end_of(previous)}\n{text}"


def _end_of(previous: str) -> str:
    if len(previous) <= PREVIOUS_CHARACTERS:
        return previous
    end = previous[-PREVIOUS_CHARACTERS:]
    _, space, whole_words = end.partition(" ")
    return whole_words if space else end


def text_digest(text: str) -> bytes:
    """The key under which a text's vector is kept: blake2b, 128 bits."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def refresh_passages(
    connection: Connection, conversation_ids: Iterable[int], *, index: bool = True
) -> int:
    """Make passages and index agree with the messages of these conversations.

    To be called in the transaction that adds, changes or removes messages, once per
    conversation that it touched. Messages of the two sides that have text have a
    passage, hidden ones too; what the software says has none.

    Args:
        connection: In a transaction.
        conversation_ids: Row ids.
        index: False where `rebuild_index` follows in the same transaction.

    Returns:
        How many passages were added or changed.
    """
    n_changed = 0
    stale: list[tuple[int, str]] = []
    fresh: list[tuple[int, str]] = []
    for conversation_id in conversation_ids:
        for message_id, wanted, found in _compared(connection, conversation_id):
            if wanted == found:
                continue
            if found is not None:
                stale.append((message_id, found))
            if wanted is not None:
                fresh.append((message_id, wanted))
            if len(stale) + len(fresh) >= _BATCH:
                n_changed += _write(connection, stale, fresh, index=index)
                stale, fresh = [], []
    return n_changed + _write(connection, stale, fresh, index=index)


def _write(
    connection: Connection,
    stale: list[tuple[int, str]],
    fresh: list[tuple[int, str]],
    *,
    index: bool,
) -> int:
    """Exchange passages; the index writes itself out at every id that falls."""
    drop_passages(connection, stale, index=index)
    if fresh:
        fresh.sort()
        rows = [(number, text, text_digest(text)) for number, text in fresh]
        connection.exec_driver_sql(_ADD, rows)
        if index:
            connection.exec_driver_sql(_LEARN, fresh)
    return len(fresh)


def _compared(
    connection: Connection, conversation_id: int
) -> Iterator[tuple[int, str | None, str | None]]:
    """Message id, the passage it should have, the one it has."""
    rows = connection.exec_driver_sql(TURNS, (conversation_id,))
    return compare_turns(rows.yield_per(1_000))


def compare_turns(
    rows: Iterable[Sequence[Any]],
) -> Iterator[tuple[int, str | None, str | None]]:
    """Message id, the passage it should have, the one it has, for rows of `TURNS`."""
    last_turn = {Role.USER.value: "", Role.PERSONA.value: ""}
    other = {Role.USER.value: Role.PERSONA.value, Role.PERSONA.value: Role.USER.value}
    for message_id, speaker, text, role, shown, found in rows:
        wanted = None
        if role in other and text.strip():
            wanted = passage_text(speaker, last_turn[other[role]], text)
            if shown:
                last_turn[role] = text
        yield message_id, wanted, found


def drop_passages(
    connection: Connection, passages: list[tuple[int, str]], *, index: bool = True
) -> None:
    """Take passages out of the index and the table; before their messages go.

    Args:
        connection: In a transaction.
        passages: Message id and the text of its passage.
        index: False where `rebuild_index` follows in the same transaction.
    """
    if passages:
        passages.sort()
        if index:
            connection.exec_driver_sql(_FORGET, passages)
        connection.exec_driver_sql(_REMOVE, [(number,) for number, _ in passages])


def rebuild_index(connection: Connection) -> None:
    """Make the full-text index anew from the passages; for many changes at once."""
    connection.exec_driver_sql(
        "INSERT INTO message_fts(message_fts) VALUES ('rebuild')"
    )
