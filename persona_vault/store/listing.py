"""Lists and counts over a whole vault: conversations, sources, what it holds."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from persona_vault.errors import UsageError
from persona_vault.store.cells import json_cell
from persona_vault.store.clock import from_micros
from persona_vault.store.reading import conversation_order
from persona_vault.store.schema import (
    attachment,
    conversation,
    conversation_ledger,
    event,
    message,
    model_claim,
    passage,
    persona,
    persona_input,
    revision,
    source,
    vector,
)

_NOT_EMBEDDED = """
SELECT count(*) FROM passage WHERE NOT EXISTS (
  SELECT 1 FROM vector WHERE vector.digest = passage.digest)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """A conversation as `conversations` lists it; `n_messages` are the shown ones."""

    id: int
    persona: str
    app: str
    native_id: str
    title: str
    group: str
    n_messages: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLedger:
    """What a source told of a conversation, as its import counted it.

    `ledger` is an entry of the list `conversations` of `import --json`.
    """

    source_id: int
    conversation_id: int
    ledger: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """A source as `sources` lists it; `ledger` is the JSON of the import.

    It lacks the list `conversations`, which `list_ledgers` gives.
    """

    id: int
    name: str
    sha256: str
    n_bytes: int
    importer: str
    importer_version: int
    app: str
    persona: str
    imported_at: datetime
    ledger: dict[str, Any] = field(default_factory=dict)


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


def _text(value: int | None) -> str | None:
    """A time for JSON, in UTC."""
    if value is None:
        return None
    return from_micros(value).isoformat().replace("+00:00", "Z")


def list_conversations(
    connection: Connection, persona_id: int | None
) -> list[ConversationSummary]:
    """Conversations in reading order; None = of every companion."""
    n_shown = func.coalesce(func.sum(message.c.shown), 0)
    query = (
        select(
            conversation,
            persona.c.name.label("persona"),
            n_shown.label("n_messages"),
            func.min(message.c.sent_at).label("first_at"),
            func.max(message.c.sent_at).label("last_at"),
        )
        .join(persona, conversation.c.persona_id == persona.c.id)
        .outerjoin(message, message.c.conversation_id == conversation.c.id)
        .group_by(conversation.c.id)
        .order_by(conversation_order().asc().nulls_last(), conversation.c.id)
    )
    if persona_id is not None:
        query = query.where(conversation.c.persona_id == persona_id)
    return [
        ConversationSummary(
            id=row.id,
            persona=row.persona,
            app=row.app,
            native_id=row.native_id,
            title=row.title,
            group=row.group_name,
            n_messages=row.n_messages,
            first_at=_time(row.first_at),
            last_at=_time(row.last_at),
        )
        for row in connection.execute(query)
    ]


def list_sources(connection: Connection) -> list[SourceSummary]:
    """What was imported, oldest first."""
    query = (
        select(source, persona.c.name.label("persona"))
        .join(persona, source.c.persona_id == persona.c.id)
        .order_by(source.c.imported_at, source.c.id)
    )
    return [
        SourceSummary(
            id=row.id,
            name=row.name,
            sha256=row.sha256,
            n_bytes=row.n_bytes,
            importer=row.importer,
            importer_version=row.importer_version,
            app=row.app,
            persona=row.persona,
            imported_at=from_micros(row.imported_at),
            ledger=json_cell(row.ledger),
        )
        for row in connection.execute(query)
    ]


def require_source(connection: Connection, source_id: int) -> int:
    """The id of a source, if there is one of it.

    Raises:
        UsageError: There is none.
    """
    if connection.scalar(select(source.c.id).where(source.c.id == source_id)) is None:
        raise UsageError(
            f"There is no source {source_id} in this vault.",
            hint="`persona-vault sources` lists them with their numbers.",
        )
    return source_id


def list_ledgers(
    connection: Connection, persona_id: int | None
) -> list[ConversationLedger]:
    """The ledgers of all conversations (of one companion), sources oldest first."""
    query = (
        select(conversation_ledger)
        .join(source, source.c.id == conversation_ledger.c.source_id)
        .where(
            conversation_ledger.c.ledger != "{}"
        )  # of an import before there were any
        .order_by(source.c.imported_at, source.c.id)
    )
    if persona_id is not None:
        query = query.join(
            conversation, conversation.c.id == conversation_ledger.c.conversation_id
        ).where(conversation.c.persona_id == persona_id)
    return [
        ConversationLedger(
            source_id=row.source_id,
            conversation_id=row.conversation_id,
            ledger=json_cell(row.ledger),
        )
        for row in connection.execute(query)
    ]


def _persona_rows(connection: Connection) -> list[dict[str, Any]]:
    shown = and_(message.c.shown == 1)
    query = (
        select(
            persona.c.name,
            func.count(conversation.c.id.distinct()).label("n_conversations"),
            func.count(case((shown, message.c.id))).label("n_messages"),
            func.count(
                case((and_(shown, message.c.role == "persona"), message.c.id))
            ).label("n_replies"),
            func.min(message.c.sent_at).label("first_at"),
            func.max(message.c.sent_at).label("last_at"),
        )
        .outerjoin(conversation, conversation.c.persona_id == persona.c.id)
        .outerjoin(message, message.c.conversation_id == conversation.c.id)
        .group_by(persona.c.id)
        .order_by(persona.c.name)
    )
    return [
        {
            "name": row.name,
            "n_conversations": row.n_conversations,
            "n_messages": row.n_messages,
            "n_replies": row.n_replies,
            "first_at": _text(row.first_at),
            "last_at": _text(row.last_at),
        }
        for row in connection.execute(query)
    ]


def vault_info(connection: Connection) -> dict[str, Any]:
    """What the vault holds, ready for JSON; counts of shown and of all messages."""
    counted = {
        "n_conversations": conversation,
        "n_messages": message,
        "n_revisions": revision,
        "n_attachments": attachment,
        "n_persona_inputs": persona_input,
        "n_events": event,
        "n_passages": passage,
    }
    counts = {
        name: connection.scalar(select(func.count()).select_from(table))
        for name, table in counted.items()
    }
    first_at, last_at = connection.execute(
        select(func.min(message.c.sent_at), func.max(message.c.sent_at))
    ).one()
    models = connection.execute(
        select(model_claim.c.value, func.count())
        .group_by(model_claim.c.value)
        .order_by(func.count().desc(), model_claim.c.value)
    )
    vectors = connection.execute(
        select(vector.c.model_id, func.count()).group_by(vector.c.model_id)
    )
    zone = connection.exec_driver_sql(
        "SELECT value FROM setting WHERE key = 'zone'"
    ).scalar()
    return {
        "zone": zone,
        "personas": _persona_rows(connection),
        "sources": [
            {
                "id": s.id,
                "name": s.name,
                "importer": s.importer,
                "app": s.app,
                "persona": s.persona,
                "imported_at": s.imported_at.isoformat().replace("+00:00", "Z"),
            }
            for s in list_sources(connection)
        ],
        **counts,
        "n_shown": connection.scalar(select(func.count()).where(message.c.shown == 1)),
        "first_at": _text(first_at),
        "last_at": _text(last_at),
        "models": {row[0]: row[1] for row in models},
        "vectors": {row[0]: row[1] for row in vectors},
        "n_not_embedded": connection.exec_driver_sql(_NOT_EMBEDDED).scalar_one(),
    }
