"""Search by words: full text over what was said and the turn before it."""

import json
from typing import Any

from sqlalchemy import Connection, text

from persona_vault.search.coverage import LITERAL_WEIGHT
from persona_vault.search.filters import Filters
from persona_vault.search.query import Query
from persona_vault.search.windows import CLOSE, OPEN, own_share

# How far a match in the message itself is raised over one in the turn before it. On
# LoCoMo (1,531 questions) 0.25 finds most: 69.4 % in the first ten, 68.7 without, 67.0
# with 1, because an answer often holds none of the question's words.
_OWN_WEIGHT = 0.25
# CROSS JOIN keeps the full text index in front: the other way round it would be asked
# once for every message.
_MATCH = """
    SELECT message.id, -bm25(message_fts) AS score
    FROM message_fts
    CROSS JOIN message ON message.id = message_fts.rowid
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    WHERE message_fts MATCH :expression AND {condition}
    ORDER BY score DESC LIMIT :depth
"""
_MARKED = text(
    """
    SELECT message.id, message.text,
      highlight(message_fts, 0, :opening, :closing) AS marked
    FROM message_fts CROSS JOIN message ON message.id = message_fts.rowid
    WHERE message_fts MATCH :expression
      AND +message_fts.rowid IN (SELECT value FROM json_each(:ids))
    """
)
_LITERAL = """
    SELECT message.id, (
      SELECT count(*) FROM json_each(:literals) WHERE instr(message.text, value) > 0
    ) AS n
    FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    JOIN passage ON passage.message_id = message.id
    WHERE n > 0 AND {condition}
    ORDER BY n DESC, message.sent_at DESC, message.id DESC LIMIT :depth
"""
# What holds all that is required and yet no word to rank by: newest first, behind all.
_HELD = """
    SELECT message.id FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition} ORDER BY message.sent_at DESC, message.id DESC LIMIT :depth
"""


def find_by_words(
    connection: Connection, query: Query, filters: Filters, depth: int
) -> tuple[list[tuple[int, float]], set[int]]:
    """Messages that hold words of the query, best first, and the exact finds.

    A match may stand in the message or in the turn before it: what is found in the
    message itself counts up to double, and messages that hold the whole phrase stand
    above all others. Where the query requires something, `filters` must leave only
    what holds it.

    Returns:
        (message id, score) pairs, at most `depth`; ids of messages that hold the
        query's phrases themselves.
    """
    scores: dict[int, float] = {}
    exact: set[int] = set()
    if query.expression:
        scores, exact = _match(connection, query, filters, depth)
    if query.literals:
        for message_id, n in _literal(connection, query, filters, depth):
            scores[message_id] = scores.get(message_id, 0.0) + n * LITERAL_WEIGHT
    if query.required and len(scores) < depth:
        statement = text(_HELD.format(condition=filters.condition))
        held = connection.execute(statement, {"depth": depth} | filters.values)
        for message_id in held.scalars():
            scores.setdefault(message_id, 0.0)
    raise_by = max(scores.values(), default=0.0)
    for message_id in exact:
        scores[message_id] += raise_by
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked[:depth], exact


def _match(
    connection: Connection, query: Query, filters: Filters, depth: int
) -> tuple[dict[int, float], set[int]]:
    values: dict[str, Any] = {"expression": query.expression, "depth": depth}
    statement = text(_MATCH.format(condition=filters.condition))
    found = connection.execute(statement, values | filters.values)
    scores = {row.id: float(row.score) for row in found}
    marked = connection.execute(
        _MARKED,
        {
            "expression": query.expression,
            "ids": json.dumps(list(scores)),
            "opening": OPEN,
            "closing": CLOSE,
        },
    )
    exact = set()
    for row in marked:
        scores[row.id] *= 1.0 + _OWN_WEIGHT * own_share(row.marked, row.text)
        if query.is_in(row.text):
            exact.add(row.id)
    return scores, exact


def _literal(
    connection: Connection, query: Query, filters: Filters, depth: int
) -> list[tuple[int, int]]:
    values: dict[str, Any] = {"literals": json.dumps(query.literals), "depth": depth}
    statement = text(_LITERAL.format(condition=filters.condition))
    found = connection.execute(statement, values | filters.values)
    return [(row.id, row.n) for row in found]
