"""How much of a question the messages found by its words hold.

One stray word of a question in other words is no answer to it: the rank of such a hit
says little, and that of one that holds all of its words says much.
"""

import json
from collections.abc import Collection
from math import log

from sqlalchemy import Connection, text

from persona_vault.search.query import Query

# What one letter pair of an unspaced script, or one emoji, weighs beside a rare word,
# which in bm25 scores and here weighs about 10.
LITERAL_WEIGHT = 4.0
_N_PASSAGES = text("SELECT count(*) FROM passage")
# One pass over the term's list gives both numbers; FILTER does not narrow that pass.
_HOLDING = text(
    """
    SELECT count(*), json_group_array(rowid) FILTER (
      WHERE rowid IN (SELECT value FROM json_each(:ids)))
    FROM message_fts WHERE message_fts MATCH :term
    """
)
_LITERALS = text(
    """
    SELECT message.id, (
      SELECT count(*) FROM json_each(:literals) WHERE instr(message.text, value) > 0
    )
    FROM message WHERE message.id IN (SELECT value FROM json_each(:ids))
    """
)


def read_coverage(
    connection: Connection, query: Query, found: Collection[int], exact: Collection[int]
) -> dict[int, float]:
    """The share of the question's words that each passage holds, by message id.

    A word counts the more, the fewer passages of the vault hold it (log of the inverse
    share, as in bm25), and most where none does: then its hits hold little of it.

    Args:
        connection: To read with.
        query: Whose words.
        found: Messages that hold some of them.
        exact: Those that hold the phrases meant; they hold all that was asked for.

    Returns:
        For each of `found` a share from 0 to 1.
    """
    ids = json.dumps(sorted(found))
    n_passages: int = connection.scalar(_N_PASSAGES) or 0
    held = dict.fromkeys(found, 0.0)
    asked = len(query.literals) * LITERAL_WEIGHT
    for term in query.terms:
        row = connection.execute(_HOLDING, {"term": term, "ids": ids}).one()
        n_holding, holding = int(row[0]), json.loads(row[1])
        weight = log(1 + (n_passages - n_holding + 0.5) / (n_holding + 0.5))
        asked += weight
        for message_id in holding:
            held[message_id] += weight
    if query.literals:
        values = {"literals": json.dumps(query.literals), "ids": ids}
        for message_id, n in connection.execute(_LITERALS, values):
            held[message_id] += n * LITERAL_WEIGHT
    return {
        message_id: 1.0 if message_id in exact else share / asked if asked else 0.0
        for message_id, share in held.items()
    }
