"""Which messages hold all the words of a query themselves: for what must be exact.

A search ranks, and finds a message by the turn before it too. Where every hit is to be
acted on, a message counts only if all the words stand in its own text.
"""

import json
from collections.abc import Mapping

from sqlalchemy import Connection

from persona_vault.search.query import Query, parse_query, plain_words
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
# Of a message that changed: the wordings that do not stand there now.
_EARLIER = """
SELECT DISTINCT message.id, revision.text FROM revision
JOIN message ON message.id = revision.message_id
JOIN conversation ON conversation.id = message.conversation_id
WHERE revision.text <> message.text AND (?1 IS NULL OR conversation.persona_id = ?1)
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

    In the text that stands there now, or in one earlier wording of it.

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
        found = (found or set()) - _left_out(connection, parsed)
    return tuple(sorted(found.union(find_earlier(vault, query, persona=persona))))


def find_earlier(
    vault: Vault, query: str, *, persona: str | None = None
) -> tuple[int, ...]:
    """Ids of the messages of which an earlier wording holds every word of a query.

    What a -word excludes may stand neither in that wording nor in the text now.

    Raises:
        UsageError: The query is empty.
        UnknownPersonaError: None of that name.
    """
    parsed = parse_query(query)
    persona_id = None if persona is None else vault.persona(persona).id
    with vault.read() as connection:
        rows = connection.exec_driver_sql(_EARLIER, (persona_id,)).all()
        texts = {
            place: row[1] for place, row in enumerate(rows) if _holds(parsed, row[1])
        }
        if texts and parsed.terms:
            held = _matching(connection, " AND ".join(parsed.terms), texts)
            texts = {place: texts[place] for place in held}
        if texts and parsed.excluded:
            for place in _matching(connection, parsed.excluded, texts):
                del texts[place]
        found = {rows[place][0] for place in texts}
        if found:
            found -= _left_out(connection, parsed)
    return tuple(sorted(found))


def _left_out(connection: Connection, parsed: Query) -> set[int]:
    """Ids of the messages whose text now holds what is excluded."""
    found = find_excluded(connection, parsed)
    if parsed.excluded_literals:
        rows = connection.exec_driver_sql(
            _ANY_LITERAL, (json.dumps(parsed.excluded_literals),)
        )
        found |= {row[0] for row in rows}
    return found


def _holds(parsed: Query, text: str) -> bool:
    """Whether a text holds what the index need not be asked for."""
    if not (parsed.terms or parsed.literals or parsed.required):
        return False
    words = plain_words(text)
    return (
        all(piece in text for piece in parsed.literals)
        and all(one.is_in(text, words) for one in parsed.required)
        and not any(piece in text for piece in parsed.excluded_literals)
        and not any(one.is_in(text, words) for one in parsed.excluded_required)
    )


def _by_terms(
    connection: Connection, expression: str, persona_id: int | None
) -> set[int]:
    rows = connection.exec_driver_sql(_CANDIDATES, (expression, persona_id)).all()
    return _matching(connection, expression, {row[0]: row[1] for row in rows})


def _matching(
    connection: Connection, expression: str, texts: Mapping[int, str]
) -> set[int]:
    """Which of the texts match by themselves."""
    if not texts:
        return set()
    run = connection.exec_driver_sql
    run(_OWN_INDEX)
    try:
        run("INSERT INTO temp.own_words (rowid, text) VALUES (?, ?)", [*texts.items()])
        own = run(
            "SELECT rowid FROM temp.own_words WHERE own_words MATCH ?", (expression,)
        )
        return set(own.scalars())
    finally:
        run("DROP TABLE temp.own_words")
