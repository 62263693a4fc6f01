"""Messages with all that is known of them, for what leaves the vault.

And what the companion was told to be, each in its newest version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    Select,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    ModelClaim,
    Period,
    StoredMessage,
)
from persona_vault.store.cells import json_cell
from persona_vault.store.clock import from_micros, micros
from persona_vault.store.reading import (
    STORED,
    MessageFilter,
    held_by,
    rows_in_order,
    stored_message,
)
from persona_vault.store.schema import (
    conversation,
    message,
    model_claim,
    persona,
    persona_input,
    source,
)

# Why a message stays behind, in the order in which it is asked.
HIDDEN, OTHER_SOURCE = "hidden", "other_source"
WITHOUT_TIME, OUTSIDE_PERIOD = "without_time", "outside_period"
_LEAVES = ""


def _listed(name: str, query: str) -> Label[str]:
    return literal_column(f"({query})").label(name)


_ALL: Select[Any] = STORED.add_columns(
    message.c.parent,
    message.c.zone,
    _listed(
        "attachments",
        "SELECT json_group_array(json_object('name', a.name, 'media_type',"
        " a.media_type, 'n_bytes', a.n_bytes, 'sha256', a.sha256) ORDER BY a.id)"
        " FROM attachment AS a WHERE a.message_id = message.id",
    ),
    _listed(
        "sources",
        "SELECT json_group_array(s.source_id ORDER BY s.source_id)"
        " FROM message_source AS s WHERE s.message_id = message.id",
    ),
    _listed(
        "other_texts",
        "SELECT json_group_array(text) FROM (SELECT r.text FROM revision AS r"
        " WHERE r.message_id = message.id AND r.text <> message.text"
        " GROUP BY r.text ORDER BY min(r.id))",
    ),
)
_N_STORED = len(STORED.selected_columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFacts:
    """What stands beside every message of a conversation.

    Attributes:
        persona: Name of the companion.
        title, group: As for a conversation.
        default_models: Claims about the whole thread.
    """

    persona: str
    title: str
    group: str
    default_models: tuple[ModelClaim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message with all that the vault knows of it.

    Attributes:
        message: As everywhere else.
        about: Its conversation.
        parent: native_id of the message that it answers, None where unknown.
        zone: IANA zone in which its wall time was placed, None where it was not.
        attachments: name, media_type, n_bytes, sha256 of each file that it names.
        sources: Ids of the imports that brought it or have it too.
        other_texts: Words that it had in other imports, oldest first.
    """

    message: StoredMessage
    about: ConversationFacts
    parent: str | None
    zone: str | None
    attachments: tuple[Mapping[str, Any], ...]
    sources: tuple[int, ...]
    other_texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCounts:
    """How much leaves, and what stays behind for which reason."""

    n_messages: int
    n_conversations: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingInput:
    """What the companion was told to be.

    Attributes:
        id: Row id.
        kind, title, text, native_id, valid_from: As for a persona input.
        importer: Name of the format that brought it.
        seen_at: When its first source was imported.
    """

    id: int
    kind: str
    title: str
    text: str
    native_id: str | None
    valid_from: datetime | None
    importer: str
    seen_at: datetime


def read_outgoing(
    connection: Connection, wanted: MessageFilter
) -> Iterator[OutgoingMessage]:
    """The wanted messages in reading order, streamed; memory holds some thousands."""
    about = _conversations(connection, wanted)
    for row in rows_in_order(connection, wanted, _ALL):
        stored = stored_message(row[:_N_STORED])
        parent, zone, attachments, sources, other_texts = row[_N_STORED:]
        yield OutgoingMessage(
            message=stored,
            about=about[stored.conversation_id],
            parent=parent,
            zone=zone,
            attachments=tuple(json_cell(attachments)),
            sources=tuple(json_cell(sources)),
            other_texts=tuple(json_cell(other_texts)),
        )


def _conversations(
    connection: Connection, wanted: MessageFilter
) -> dict[int, ConversationFacts]:
    query = select(
        conversation.c.id,
        persona.c.name,
        conversation.c.title,
        conversation.c.group_name,
    ).join(persona, conversation.c.persona_id == persona.c.id)
    if wanted.persona_id is not None:
        query = query.where(conversation.c.persona_id == wanted.persona_id)
    claims: dict[int, list[ModelClaim]] = {}
    told = select(model_claim).where(model_claim.c.conversation_id.is_not(None))
    for row in connection.execute(told.order_by(model_claim.c.id)):
        claim = ModelClaim(
            row.value, ClaimSource(row.claim_source), ClaimPart(row.part)
        )
        claims.setdefault(row.conversation_id, []).append(claim)
    return {
        number: ConversationFacts(
            persona=name,
            title=title,
            group=group,
            default_models=tuple(claims.get(number, ())),
        )
        for number, name, title, group in connection.execute(query)
    }


def count_outgoing(connection: Connection, wanted: MessageFilter) -> OutgoingCounts:
    """What `read_outgoing` gives, counted, and what stays behind by its reason."""
    conditions = list(_reasons(wanted))
    reason = case(*conditions, else_=_LEAVES) if conditions else literal(_LEAVES)
    query = (
        select(
            reason.label("reason"),
            func.count(),
            func.count(message.c.conversation_id.distinct()),
        )
        .join_from(message, conversation)
        .group_by("reason")
    )
    if wanted.persona_id is not None:
        query = query.where(conversation.c.persona_id == wanted.persona_id)
    found = {told: (n, n_talks) for told, n, n_talks in connection.execute(query)}
    n_messages, n_conversations = found.pop(_LEAVES, (0, 0))
    return OutgoingCounts(
        n_messages=n_messages,
        n_conversations=n_conversations,
        left_out={told: found[told][0] for told in sorted(found)},
    )


def _reasons(wanted: MessageFilter) -> Iterator[tuple[ColumnElement[bool], str]]:
    """(which messages, why they stay); the first that applies counts."""
    if wanted.shown_only:
        yield message.c.shown == 0, HIDDEN
    if wanted.source_id is not None:
        yield ~held_by(wanted.source_id), OTHER_SOURCE
    period = wanted.period or Period()
    outside = []
    if period.since is not None:
        outside.append(message.c.sent_at < micros(period.since))
    if period.until is not None:
        outside.append(message.c.sent_at >= micros(period.until))
    if outside:
        yield message.c.sent_at.is_(None), WITHOUT_TIME
        yield or_(*outside), OUTSIDE_PERIOD


def read_inputs(connection: Connection, persona_id: int) -> tuple[OutgoingInput, ...]:
    """All that a companion was told to be, oldest version first."""
    query = (
        select(persona_input, source.c.importer, source.c.imported_at)
        .join(source, persona_input.c.source_id == source.c.id)
        .where(persona_input.c.persona_id == persona_id)
        # What bears no date counts as older than all that do.
        .order_by(
            persona_input.c.valid_from.asc().nulls_first(),
            source.c.imported_at,
            persona_input.c.id,
        )
    )
    return tuple(
        OutgoingInput(
            id=row.id,
            kind=row.kind,
            title=row.title,
            text=row.text,
            native_id=row.native_id,
            valid_from=None if row.valid_from is None else from_micros(row.valid_from),
            importer=row.importer,
            seen_at=from_micros(row.imported_at),
        )
        for row in connection.execute(query)
    )


def count_inputs(connection: Connection, persona_id: int | None) -> int:
    """How many dated versions of such words there are; None = of every companion."""
    query = select(func.count()).select_from(persona_input)
    if persona_id is not None:
        query = query.where(persona_input.c.persona_id == persona_id)
    return connection.scalar(query) or 0
