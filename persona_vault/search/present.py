"""Ranked messages as hits to show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from persona_vault.search.choose import Candidate, Chosen
from persona_vault.search.hits import Hit, Line
from persona_vault.store.cells import role_cell
from persona_vault.store.clock import from_micros
from persona_vault.store.vault import Vault

Ranked = Sequence[tuple[int, float]]

_HITS = text(
    """
    SELECT message.id, message.native_id, message.role, message.speaker, message.text,
      message.sent_at, message.local_at, conversation.native_id AS conversation,
      conversation.id AS conversation_id, conversation.title,
      conversation.app, persona.name AS persona
    FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    JOIN persona ON persona.id = conversation.persona_id
    WHERE message.id IN (SELECT value FROM json_each(:ids))
    """
)
# The messages around each hit, in one statement: one by one, ten hits took 30 ms.
_BESIDE = text(
    """
    SELECT hit.id AS hit,
      (other.position, other.id) < (hit.position, hit.id) AS is_before,
      other.id, other.native_id, other.role, other.speaker, other.sent_at,
      other.local_at, other.text
    FROM json_each(:ids) AS asked
    CROSS JOIN message AS hit ON hit.id = asked.value
    CROSS JOIN message AS other ON other.id IN (
      SELECT id FROM (
        SELECT id FROM message
        WHERE conversation_id = hit.conversation_id AND shown = 1
          AND (position, id) < (hit.position, hit.id)
        ORDER BY position DESC, id DESC LIMIT :n
      )
      UNION ALL
      SELECT id FROM (
        SELECT id FROM message
        WHERE conversation_id = hit.conversation_id AND shown = 1
          AND (position, id) > (hit.position, hit.id)
        ORDER BY position, id LIMIT :n
      )
    )
    ORDER BY other.position, other.id
    """
)


def read_rows(
    connection: Connection, message_ids: Sequence[int]
) -> dict[int, Row[Any]]:
    """What is shown of messages, by id; those that are gone are left out."""
    found = connection.execute(_HITS, {"ids": json.dumps(list(message_ids))})
    return {row.id: row for row in found}


def candidates(ranked: Ranked, rows: Mapping[int, Row[Any]]) -> list[Candidate]:
    """What is ranked and still there; best first."""
    there = (rows[message_id] for message_id, _ in ranked if message_id in rows)
    return [
        Candidate(row.id, row.conversation_id, (row.persona, row.role), row.text)
        for row in there
    ]


def make_hits(
    chosen: Sequence[Chosen],
    scores: Mapping[int, float],
    rows: Mapping[int, Row[Any]],
    kind: str,
) -> list[Hit]:
    """The chosen messages as hits, ranked from 1, without their neighbours."""
    hits = []
    for rank, one in enumerate(chosen, start=1):
        row = rows[one.candidate.message_id]
        hits.append(
            Hit(
                rank=rank,
                score=scores[row.id],
                score_kind=kind,
                message_id=row.id,
                native_id=row.native_id,
                persona=row.persona,
                app=row.app,
                conversation=row.conversation,
                conversation_id=row.conversation_id,
                title=row.title,
                role=role_cell(row.role),
                speaker=row.speaker,
                sent_at=_time(row.sent_at),
                local_at=row.local_at,
                text=row.text,
                alike=tuple(one.alike),
            )
        )
    return hits


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


def with_context(vault: Vault, hits: Sequence[Hit], n: int) -> list[Hit]:
    """The hits with so many shown messages on either side, in reading order."""
    if not n or not hits:
        return list(hits)
    asked = {"ids": json.dumps([hit.message_id for hit in hits]), "n": n}
    beside: dict[tuple[int, bool], list[Line]] = {}
    with vault.read() as connection:
        for row in connection.execute(_BESIDE, asked):
            line = Line(
                row.id,
                row.native_id,
                role_cell(row.role),
                row.speaker,
                _time(row.sent_at),
                row.local_at,
                row.text,
            )
            beside.setdefault((row.hit, bool(row.is_before)), []).append(line)
    return [
        replace(
            hit,
            before=tuple(beside.get((hit.message_id, True), ())),
            after=tuple(beside.get((hit.message_id, False), ())),
        )
        for hit in hits
    ]
