"""One companion under two names becomes one; two under one name become two."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from persona_vault.errors import UsageError
from persona_vault.ingest.alignment import align
from persona_vault.ingest.settle import Rank, source_ranks
from persona_vault.ingest.upkeep import put_in_order
from persona_vault.model import Persona
from persona_vault.plain import plain
from persona_vault.store.passages import drop_passages, refresh_passages
from persona_vault.store.personas import change_persona, ensure_persona, find_persona
from persona_vault.store.vault import Vault

_SAME = """
SELECT going.id, kept.id FROM message AS going
JOIN message AS kept ON kept.identity = going.identity
WHERE going.conversation_id = ? AND kept.conversation_id = ?
  AND going.identity NOT GLOB 's:*'
"""
_BY_NEIGHBOURS = """
SELECT id, substr(identity, 3, 32) FROM message
WHERE conversation_id = ? AND identity GLOB 's:*' ORDER BY position, id
"""
# With a second wording every source that held one gets a row with what it showed.
_TEXTS_OF_ALL = """
INSERT INTO revision (message_id, source_id, text, seen_at)
SELECT message.id, source.id, message.text, source.imported_at
FROM message JOIN message_source AS held ON held.message_id = message.id
JOIN source ON source.id = held.source_id
WHERE message.id = ?
  AND NOT EXISTS (SELECT 1 FROM revision WHERE message_id = message.id)
ORDER BY source.imported_at, source.id
"""
_TOLD_APART = """
SELECT going.text <> kept.text
  OR EXISTS (SELECT 1 FROM revision WHERE message_id IN (going.id, kept.id))
FROM message AS going, message AS kept WHERE going.id = ? AND kept.id = ?
"""
# (what hangs on the message that goes -> the one that stays), each with both ids.
_HAND_OVER = (
    "INSERT OR IGNORE INTO message_source (message_id, source_id)"
    " SELECT :kept, source_id FROM message_source WHERE message_id = :going",
    "UPDATE revision SET message_id = :kept WHERE message_id = :going",
    "UPDATE raw_record SET message_id = :kept WHERE message_id = :going",
    "UPDATE model_claim SET message_id = :kept WHERE message_id = :going"
    " AND NOT EXISTS (SELECT 1 FROM model_claim AS other"
    " WHERE other.message_id = :kept AND other.value = model_claim.value"
    " AND other.claim_source = model_claim.claim_source"
    " AND other.part = model_claim.part)",
    "INSERT OR IGNORE INTO attachment_source (attachment_id, source_id, sha256, kept)"
    " SELECT ours.id, held.source_id, held.sha256, held.kept"
    " FROM attachment AS theirs"
    " JOIN attachment AS ours ON ours.name = theirs.name AND ours.message_id = :kept"
    " JOIN attachment_source AS held ON held.attachment_id = theirs.id"
    " WHERE theirs.message_id = :going",
    "UPDATE attachment SET sha256 = (SELECT held.sha256 FROM attachment_source AS held"
    " WHERE held.attachment_id = attachment.id ORDER BY held.kept DESC LIMIT 1),"
    " kept = coalesce((SELECT max(held.kept) FROM attachment_source AS held"
    " WHERE held.attachment_id = attachment.id), 0) WHERE message_id = :kept",
    "UPDATE attachment SET message_id = :kept WHERE message_id = :going"
    " AND name NOT IN (SELECT name FROM attachment WHERE message_id = :kept)",
    "INSERT OR IGNORE INTO wrong_hit (message_id, row, text_digest, marked_at)"
    " SELECT :kept, row, text_digest, marked_at FROM wrong_hit"
    " WHERE message_id = :going",
    # A wall time that only the other side could place.
    "UPDATE message SET sent_at = theirs.sent_at, zone = theirs.zone,"
    " flags = theirs.flags FROM message AS theirs WHERE message.id = :kept"
    " AND theirs.id = :going AND message.sent_at IS NULL"
    " AND theirs.sent_at IS NOT NULL",
    "DELETE FROM message WHERE id = :going",
)
_CLAIMS = """
UPDATE model_claim SET conversation_id = ? WHERE conversation_id = ?
  AND NOT EXISTS (SELECT 1 FROM model_claim AS other
    WHERE other.conversation_id = ? AND other.value = model_claim.value
      AND other.claim_source = model_claim.claim_source
      AND other.part = model_claim.part)
"""
_INPUTS = (
    "INSERT OR IGNORE INTO persona_input_source (persona_input_id, source_id)"
    " SELECT :kept, source_id FROM persona_input_source"
    " WHERE persona_input_id = :going",
    "UPDATE raw_record SET persona_input_id = :kept WHERE persona_input_id = :going",
    "UPDATE persona_input SET valid_from = theirs.valid_from"
    " FROM persona_input AS theirs WHERE persona_input.id = :kept"
    " AND theirs.id = :going AND theirs.valid_from IS NOT NULL"
    " AND (persona_input.valid_from IS NULL"
    " OR persona_input.valid_from > theirs.valid_from)",
    "DELETE FROM persona_input WHERE id = :going",
)
_SPEAKERS = """
SELECT conversation.id, json_group_array(DISTINCT message.speaker)
FROM conversation JOIN message ON message.conversation_id = conversation.id
WHERE conversation.persona_id = ? AND message.role = 'persona'
GROUP BY conversation.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinReport:
    """What joining did.

    Attributes:
        joined, into: Names; the first is gone, and is another name of the second.
        n_conversations: That came over whole.
        n_merged: Conversations that both had, now one.
        n_same: Messages of those that both had; each stands once.
    """

    joined: str
    into: str
    n_conversations: int
    n_merged: int
    n_messages: int
    n_same: int
    n_sources: int

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def join_personas(vault: Vault, name: str, into: str) -> JoinReport:
    """Give everything of one companion to another, and merge what both have.

    Messages are told apart as at an import: one that both have stands once; of two
    wordings the one of the newer source is shown and both are kept.

    Raises:
        UnknownPersonaError: One of them is not there.
        UsageError: They are the same.
    """
    with vault.write() as connection:
        going, kept = find_persona(connection, name), find_persona(connection, into)
        if going.id == kept.id:
            raise UsageError(
                f"{name} cannot be joined with itself.", hint="Name two companions."
            )
        n_messages = connection.exec_driver_sql(
            "SELECT count(*) FROM message JOIN conversation"
            " ON conversation.id = conversation_id WHERE persona_id = ?",
            (going.id,),
        ).scalar_one()
        n_sources = _move_rows(connection, going.id, kept.id)
        n_merged = n_same = 0
        threads = connection.exec_driver_sql(
            "SELECT id FROM conversation WHERE persona_id = ?", (going.id,)
        )
        ids = threads.scalars().all()
        for conversation_id in ids:
            merged = give_conversation(connection, conversation_id, kept.id)
            n_merged += merged is not None
            n_same += merged or 0
        _move_inputs(connection, going.id, kept.id)
        connection.exec_driver_sql("DELETE FROM persona WHERE id = ?", (going.id,))
        change_persona(connection, kept.id, _names(going, kept))
    return JoinReport(
        joined=name,
        into=into,
        n_conversations=len(ids) - n_merged,
        n_merged=n_merged,
        n_messages=n_messages,
        n_same=n_same,
        n_sources=n_sources,
    )


def _names(going: Persona, kept: Persona) -> dict[str, Any]:
    own = dict.fromkeys((*kept.own_names, going.name, *going.own_names))
    own.pop(kept.name, None)
    users = dict.fromkeys((*kept.user_names, *going.user_names))
    return {
        "own_names": tuple(own),
        "user_names": tuple(users),
        "pronoun": kept.pronoun or going.pronoun,
    }


def _move_rows(connection: Connection, going: int, kept: int) -> int:
    """Sources, events and snapshots; the number of sources."""
    run = connection.exec_driver_sql
    for table in ("event", "snapshot"):
        run(f"UPDATE {table} SET persona_id = ? WHERE persona_id = ?", (kept, going))  # noqa: S608
    moved = run("UPDATE source SET persona_id = ? WHERE persona_id = ?", (kept, going))
    return moved.rowcount


def _move_inputs(connection: Connection, going: int, kept: int) -> None:
    same = connection.exec_driver_sql(
        "SELECT theirs.id, ours.id FROM persona_input AS theirs"
        " JOIN persona_input AS ours ON ours.identity = theirs.identity"
        " WHERE theirs.persona_id = ? AND ours.persona_id = ?",
        (going, kept),
    ).all()
    for going_id, kept_id in same:
        _run_all(connection, _INPUTS, going_id, kept_id)
    connection.exec_driver_sql(
        "UPDATE persona_input SET persona_id = ? WHERE persona_id = ?", (kept, going)
    )


def _run_all(
    connection: Connection, statements: Sequence[str], going: int, kept: int
) -> None:
    for statement in statements:
        names = {"going": going, "kept": kept}
        connection.exec_driver_sql(statement, names)


def give_conversation(
    connection: Connection, conversation_id: int, persona_id: int
) -> int | None:
    """Give a conversation to a companion; where it has the same one, merge both.

    Returns:
        None where it came over whole; else how many messages both had.
    """
    twin = connection.exec_driver_sql(
        "SELECT kept.id FROM conversation AS going JOIN conversation AS kept"
        " ON kept.app = going.app AND kept.native_id = going.native_id"
        " WHERE going.id = ? AND kept.persona_id = ? AND kept.id <> going.id",
        (conversation_id, persona_id),
    ).scalar()
    if twin is None:
        connection.exec_driver_sql(
            "UPDATE conversation SET persona_id = ? WHERE id = ?",
            (persona_id, conversation_id),
        )
        return None
    return _merge(connection, conversation_id, twin)


def _merge(connection: Connection, going: int, kept: int) -> int:
    run = connection.exec_driver_sql
    pairs = _same_messages(connection, going, kept)
    order = run(
        "SELECT id FROM message WHERE conversation_id = ? ORDER BY position, id",
        (going,),
    )
    told = order.scalars().all()
    ranks = source_ranks(connection)
    _drop_passages_of(connection, list(pairs))
    for going_id, kept_id in pairs.items():
        _join_messages(connection, going_id, kept_id, ranks)
    arrived = {i for i in told if i not in pairs}
    run(
        "UPDATE message SET conversation_id = ? WHERE conversation_id = ?",
        (kept, going),
    )
    run(
        "UPDATE OR IGNORE conversation_ledger SET conversation_id = ?"
        " WHERE conversation_id = ?",
        (kept, going),
    )
    run(_CLAIMS, (kept, going, kept))
    run("DELETE FROM conversation WHERE id = ?", (going,))
    put_in_order(connection, kept, [pairs.get(i, i) for i in told], arrived)
    refresh_passages(connection, [kept])
    return len(pairs)


def _same_messages(connection: Connection, going: int, kept: int) -> dict[int, int]:
    """Messages that both conversations have: id of the one that goes -> that stays."""
    run = connection.exec_driver_sql
    pairs: dict[int, int] = {row[0]: row[1] for row in run(_SAME, (going, kept))}
    theirs = run(_BY_NEIGHBOURS, (going,)).all()
    ours = run(_BY_NEIGHBOURS, (kept,)).all()
    places = align([row[1] for row in ours], [row[1] for row in theirs])
    for row, place in zip(theirs, places, strict=True):
        if place is not None:
            pairs[row[0]] = ours[place][0]
    return pairs


def _drop_passages_of(connection: Connection, message_ids: Sequence[int]) -> None:
    lost = []
    for message_id in message_ids:
        found = connection.exec_driver_sql(
            "SELECT message_id, text FROM passage WHERE message_id = ?", (message_id,)
        ).first()
        if found is not None:
            lost.append((found[0], found[1]))
    drop_passages(connection, lost)


def _join_messages(
    connection: Connection, going: int, kept: int, ranks: Mapping[int, Rank]
) -> None:
    """Let one message stand for two, with all that hangs on either."""
    run = connection.exec_driver_sql
    apart = run(_TOLD_APART, (going, kept)).scalar()
    if apart:
        run(_TEXTS_OF_ALL, (going,))
        run(_TEXTS_OF_ALL, (kept,))
    if _newest(connection, going, ranks) > _newest(connection, kept, ranks):
        run(
            "UPDATE message SET shown = (SELECT shown FROM message WHERE id = ?)"
            " WHERE id = ?",
            (going, kept),
        )
    _run_all(connection, _HAND_OVER, going, kept)
    if apart:
        _decide_text(connection, kept, ranks)


def _newest(connection: Connection, message_id: int, ranks: Mapping[int, Rank]) -> Rank:
    holders = connection.exec_driver_sql(
        "SELECT source_id FROM message_source WHERE message_id = ?", (message_id,)
    )
    return max((ranks.get(i, (-1, 0)) for i in holders.scalars()), default=(-1, 0))


def _decide_text(
    connection: Connection, message_id: int, ranks: Mapping[int, Rank]
) -> None:
    run = connection.exec_driver_sql
    rows = run(
        "SELECT source_id, text FROM revision WHERE message_id = ? ORDER BY id DESC",
        (message_id,),
    ).all()
    newest = max(rows, key=lambda row: ranks.get(row[0], (-1, 0)))
    run("UPDATE message SET text = ? WHERE id = ?", (newest[1], message_id))
    if len({row[1] for row in rows}) == 1:
        run("DELETE FROM revision WHERE message_id = ?", (message_id,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReport:
    """What splitting did.

    Attributes:
        n_conversations: That went to the other companion.
        n_shared: Conversations with this speaker that stayed, since others of the
            companion's side speak in them too.
    """

    speaker: str
    to: str
    n_conversations: int
    n_shared: int

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def split_persona(vault: Vault, name: str, *, speaker: str, to: str) -> SplitReport:
    """Give the conversations in which only this speaker answers to another companion.

    Conversations with several speakers stay: which of them the user spoke to, a log
    does not say.

    Raises:
        UnknownPersonaError: There is no companion of that name.
        UsageError: No conversation is this speaker's alone; nothing was changed.
    """
    with vault.write() as connection:
        found = find_persona(connection, name)
        alone, n_shared = [], 0
        for conversation_id, told in connection.exec_driver_sql(
            _SPEAKERS, (found.id,)
        ).all():
            speakers = json.loads(told)
            if speakers == [speaker]:
                alone.append(conversation_id)
            n_shared += len(speakers) > 1 and speaker in speakers
        if not alone:
            raise UsageError(
                f"No conversation of {name} has {speaker} as its only other side"
                f" (with others: {n_shared}); nothing was changed.",
                hint=f"Import the file once more with --persona {to} --them {speaker},"
                " and choose its conversations with --only.",
            )
        target = ensure_persona(connection, to)
        if target == found.id:
            raise UsageError(
                f"These conversations are those of {to} already.",
                hint="Name another companion with --to.",
            )
        for conversation_id in alone:
            give_conversation(connection, conversation_id, target)
    return SplitReport(
        speaker=speaker, to=to, n_conversations=len(alone), n_shared=n_shared
    )
