"""Which matches of the index stand in the message itself, not in the turn before it."""

from sqlalchemy import Connection, text

# Set round each match; a chat that holds them merely gets no raise.
OPEN, CLOSE = "\ufdd0", "\ufdd1"

_ALL = text(
    """
    SELECT message.id, message.text,
      highlight(message_fts, 0, :opening, :closing) AS marked
    FROM message_fts CROSS JOIN message ON message.id = message_fts.rowid
    WHERE message_fts MATCH :expression
    """
)


def own_share(marked: str, own: str) -> float:
    """Share of the marked matches that stand in the message itself, which ends it."""
    head, *matches = marked.split(OPEN)
    plain_length = len(marked) - marked.count(OPEN) - marked.count(CLOSE)
    own_start = plain_length - len(own)
    place, n_own = len(head), 0
    for match in matches:
        n_own += place >= own_start
        place += len(match) - match.count(CLOSE)
    return n_own / len(matches) if matches else 0.0


def own_matches(connection: Connection, expression: str) -> list[int]:
    """Ids of the messages that match by their own words, by id."""
    found = connection.execute(
        _ALL, {"expression": expression, "opening": OPEN, "closing": CLOSE}
    )
    return sorted(row.id for row in found if own_share(row.marked, row.text) > 0)
