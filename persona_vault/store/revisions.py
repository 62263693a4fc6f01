"""Which source showed which text of a message that was seen with more than one."""

from sqlalchemy import Connection

_NEWEST = """
UPDATE message SET text = (
  SELECT revision.text FROM revision WHERE revision.message_id = message.id
  ORDER BY revision.seen_at DESC, revision.id DESC LIMIT 1)
WHERE id IN (SELECT id FROM temp.touched)
  AND EXISTS (SELECT 1 FROM revision WHERE revision.message_id = message.id)
"""
_SETTLED = """
DELETE FROM revision WHERE message_id IN (SELECT id FROM temp.touched)
  AND NOT EXISTS (SELECT 1 FROM revision AS other
    WHERE other.message_id = revision.message_id AND other.text <> revision.text)
"""


def note_text(
    connection: Connection, message_id: int, *, source_id: int, text: str, seen_at: int
) -> bool:
    """Note the text that a source shows for a message that is kept already.

    Nothing is written while all sources agree. With the first other text every source
    that held the message gets a row for what it showed; the newest text becomes the
    message's. Call it before the new source's row in `message_source` is written.

    Args:
        connection: In a transaction.
        message_id: The message.
        source_id: The source that is being read.
        text: What it shows.
        seen_at: Microseconds since 1970.

    Returns:
        Whether the message now has another text than before.
    """
    current = connection.exec_driver_sql(
        "SELECT text, EXISTS (SELECT 1 FROM revision WHERE message_id = message.id)"
        " FROM message WHERE id = ?",
        (message_id,),
    ).one()
    changed, has_revisions = bool(current[0] != text), bool(current[1])
    if not changed and not has_revisions:
        return False
    if not has_revisions:
        connection.exec_driver_sql(
            "INSERT INTO revision (message_id, source_id, text, seen_at)"
            " SELECT message_source.message_id, source.id, ?, source.imported_at"
            " FROM message_source JOIN source ON source.id = message_source.source_id"
            " WHERE message_source.message_id = ? AND source.id <> ?"
            " ORDER BY source.imported_at, source.id",
            (current[0], message_id, source_id),
        )
    connection.exec_driver_sql(
        "INSERT INTO revision (message_id, source_id, text, seen_at)"
        " VALUES (?, ?, ?, ?)",
        (message_id, source_id, text, seen_at),
    )
    connection.exec_driver_sql(
        "UPDATE message SET text = ? WHERE id = ?", (text, message_id)
    )
    return changed


def forget_texts(connection: Connection, source_id: int) -> int:
    """Drop a source's texts; messages in `temp.touched` fall back to what is left.

    Returns:
        How many rows of that source went.
    """
    gone = connection.exec_driver_sql(
        "DELETE FROM revision WHERE source_id = ?", (source_id,)
    ).rowcount
    connection.exec_driver_sql(_NEWEST)
    connection.exec_driver_sql(_SETTLED)
    return gone
