"""Which messages hold all the words of a query themselves: for what must be exact.

A search ranks, and finds a message by the turn before it too. Where every hit is to be
acted on, a message counts only if all the words stand in its own text.
"""

import json

from sqlalchemy import Connection

from persona_vault.search.query import parse_query
from persona_vault.search.required import find_excluded, find_required
from persona_vault.store.vault import Vault

_CANDIDATES = """
SELECT message.id, message.text FROM message_fts
CROSS JOIN message ON message.id = message_fts.rowid
CROSS JOIN conversation ON conversation.id = message.conversation_id
WHERE message_fts MATCH ?1 AND (?2 IS NULL OR conversation.persona_id = ?2)
"""
_LITERAL = """
SELECT message.id, message.text FROM message
JOIN conversation ON conversation.id = message.conversation_id
WHERE (?2 IS NULL OR conversation.persona_id = ?2)
  AND NOT EXISTS (SELECT 1 FROM json_each(?1) WHERE instr(message.text, value) = 0)
"""
_ANY_LITERAL = """
SELECT message.id FROM message
WHERE EXISTS (SELECT 1 FROM json_each(?1) WHERE instr(message.text, value) > 0)
"""
# The same tokenizer as the index of the vault, over the messages' own words alone.
_OWN_INDEX = """
CREATE VIRTUAL TABLE temp.own_words USING fts5(
  text, tokenize='porter unicode61 remove_diacritics 2'
)
"""


def find_holding(
    vault: Vault, query: str, *, persona: str | None = None
) -> tuple[int, ...]:
    """Ids of all messages, hidden ones too, that hold every word of a query.

    "Quoted phrases" must stand as they are, prefix* stands for any ending of the word
    as it is written, other words for their forms; stop words count only where there
    is nothing else. What a -word excludes is not among them; date words are words here.

    Raises:
        UsageError: The query is empty.
        UnknownPersonaError: None of that name.
    """
    parsed = parse_query(query)
    persona_id = None if persona is None else vault.persona(persona).id
    with vault.read() as connection:
        found: set[int] | None = None
        if parsed.terms:
            found = _by_terms(connection, " AND ".join(parsed.terms), persona_id)
        if parsed.literals:
            rows = connection.exec_driver_sql(
                _LITERAL, (json.dumps(parsed.literals, ensure_ascii=False), persona_id)
            )
            literal = {row[0] for row in rows}
            found = literal if found is None else found & literal
        if parsed.required:
            held = find_required(connection, parsed.required, persona_id=persona_id)
            found = set(held.ids) if found is None else found & set(held.ids)
        found = (found or set()) - find_excluded(connection, parsed)
        if parsed.excluded_literals:
            rows = connection.exec_driver_sql(
                _ANY_LITERAL, (json.dumps(parsed.excluded_literals),)
            )
            found -= {row[0] for row in rows}
    return tuple(sorted(found))


def _by_terms(
    connection: Connection, expression: str, persona_id: int | None
) -> set[int]:
    run = connection.exec_driver_sql
    rows = [
        (row[0], row[1]) for row in run(_CANDIDATES, (expression, persona_id)).all()
    ]
    if not rows:
        return set()
    run(_OWN_INDEX)
    try:
        run("INSERT INTO temp.own_words (rowid, text) VALUES (?, ?)", rows)
        own = run(
            "SELECT rowid FROM temp.own_words WHERE own_words MATCH ?", (expression,)
        )
        return set(own.scalars())
    finally:
        run("DROP TABLE temp.own_words")
