"""What every hit must hold itself: quoted words as they stand, beginnings of words.

The index knows stems, and a message together with the turn before it. So it only says
where to look; each message's own words decide.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text

from persona_vault.search.query import (
    Query,
    Required,
    in_index,
    plain_words,
    unspaced_runs,
)
from persona_vault.search.windows import own_matches

# So many of the words that begin in the way asked for are ranked by: a few letters may
# begin thousands.
_MOST_WORDS = 30
# The stemmer leaves words of two letters as they are, and the first two of any other.
_UNSTEMMED = 2

_BY_INDEX = """
    SELECT message.id, message.text
    FROM message_fts
    CROSS JOIN message ON message.id = message_fts.rowid
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    WHERE message_fts MATCH :expression AND {condition}
"""
_BY_LETTERS = """
    SELECT message.id, message.text FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition}
"""
_CONDITION = """
    (:persona_id IS NULL OR conversation.persona_id = :persona_id)
    AND NOT EXISTS (SELECT 1 FROM json_each(:pieces) AS piece
      WHERE instr(message.text, piece.value) = 0)
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """Messages that hold all that is required, hidden ones too.

    Attributes:
        ids: By id.
        words: For each beginning of a word, the words that begin so and in how many
            of the messages.
    """

    ids: tuple[int, ...]
    words: dict[Required, Counter[str]] = field(default_factory=dict)


def find_required(
    connection: Connection,
    required: Sequence[Required],
    *,
    persona_id: int | None = None,
) -> Holding:
    """The messages whose own words hold each of these; at least one must be named."""
    asked = [_index_term(one) for one in required if one.words and not one.is_unspaced]
    pieces = [piece for one in required for piece in _pieces(one)]
    values: dict[str, Any] = {
        "persona_id": persona_id,
        "pieces": json.dumps(pieces, ensure_ascii=False),
    }
    statement = _BY_LETTERS
    if asked:
        statement = _BY_INDEX
        values["expression"] = " AND ".join(asked)
    rows = connection.execute(text(statement.format(condition=_CONDITION)), values)
    patterns = [(one, _beginnings(one)) for one in required if one.is_prefix]
    words: dict[Required, Counter[str]] = {one: Counter() for one, _ in patterns}
    ids = []
    for row in rows:
        own = plain_words(row.text)
        if all(one.is_in(row.text, own) for one in required):
            ids.append(row.id)
            for one, pattern in patterns:
                words[one].update(set(pattern.findall(own)))
    return Holding(tuple(sorted(ids)), words)


def ranked_by(query: Query, holding: Holding) -> Query:
    """The query with the words that begin as asked, by which hits can be ranked."""
    groups = []
    for found in holding.words.values():
        most = [in_index(word) for word, _ in found.most_common(_MOST_WORDS)]
        if most:
            groups.append(f"({' OR '.join(most)})")
    parts = [query.expression] if query.expression else []
    return replace(
        query,
        expression=" OR ".join([*parts, *groups]),
        terms=(*query.terms, *groups),
    )


def find_excluded(connection: Connection, query: Query) -> set[int]:
    """Ids of the messages that hold themselves what is to be left out.

    Without what is excluded letter by letter (`Query.excluded_literals`).
    """
    found: set[int] = set()
    if query.excluded:
        found |= set(own_matches(connection, query.excluded))
    for one in query.excluded_required:
        found |= set(find_required(connection, [one]).ids)
    return found


def nothing_holds(required: Iterable[Required], n_elsewhere: int) -> str:
    """The sentence for a search without a hit; `n_elsewhere` hold it all the same."""
    told = " and ".join(map(_told, required))
    if not n_elsewhere:
        return f"No message holds {told}."
    holds = "message holds" if n_elsewhere == 1 else "messages hold"
    return (
        f"{n_elsewhere:,} {holds} {told}, but not among those that were searched: "
        "an option, a date or a -word leaves them out, or the app does not show them."
    )


def _told(one: Required) -> str:
    if one.is_prefix:
        return f'a word that begins with "{one.typed}"'
    return f'"{one.typed}" as it stands'


def _index_term(one: Required) -> str:
    if not one.is_prefix:
        return in_index(one.typed)
    *whole, last = one.words.split()
    start = f"{in_index(last[:_UNSTEMMED])}*"
    return " AND ".join([*map(in_index, whole), start])


def _pieces(one: Required) -> list[str]:
    """What must stand in the message letter by letter."""
    if not one.words:
        return [one.typed]
    return unspaced_runs(one.typed)


def _beginnings(one: Required) -> re.Pattern[str]:
    last = one.words.split()[-1]
    return re.compile(rf"(?<!\S){re.escape(last)}\w*")
