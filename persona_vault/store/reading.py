"""Messages in reading order, and the lists and counts over them.

Reading order: conversations by the time of their first message (by wall time where
that is all there is; without any time last), then by id; inside one by position.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    Row,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from persona_vault.errors import UsageError
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    ModelClaim,
    Period,
    Role,
    StoredMessage,
    TimeQuality,
)
from persona_vault.store.cells import ROTTEN, damaged_row, json_cell
from persona_vault.store.clock import from_micros, micros
from persona_vault.store.schema import conversation, message, message_source

# Conversations are read together up to about this many messages; a longer one alone,
# as a stream, so that memory stays small and no text is ever sorted.
_BATCH_MESSAGES = 5_000
_FETCH_ROWS = 1_000
_NUMBERED = (Role.USER.value, Role.PERSONA.value)

_CLAIMS: Label[str] = literal_column(
    "(SELECT json_group_array(json_array(c.value, c.claim_source, c.part)"
    " ORDER BY c.id) FROM model_claim AS c WHERE c.message_id = message.id)"
).label("claims")

# What `stored_message` takes, in its order.
STORED: Select[Any] = select(
    message.c.id,
    message.c.conversation_id,
    conversation.c.native_id.label("conversation"),
    conversation.c.threaded,
    conversation.c.app,
    message.c.native_id,
    message.c.role,
    message.c.speaker,
    message.c.text,
    message.c.sent_at,
    message.c.local_at,
    message.c.time_quality,
    message.c.kind,
    message.c.shown,
    message.c.position,
    message.c.flags,
    _CLAIMS,
).join_from(message, conversation)

_ROLES = {role.value: role for role in Role}
_QUALITIES = {quality.value: quality for quality in TimeQuality}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages `read_messages` gives.

    Attributes:
        persona_id: None = of every companion.
        role, period, conversation_id: None = no bound.
        shown_only: Leave out branches and hidden messages.
        source_id: Only what this source brought or has; None = of all.
    """

    persona_id: int | None = None
    role: Role | None = None
    period: Period | None = None
    conversation_id: int | None = None
    shown_only: bool = True
    source_id: int | None = None

    def of_persona(self, persona_id: int) -> "MessageFilter":
        """The same, for one companion."""
        return replace(self, persona_id=persona_id)

    @property
    def numbered(self) -> bool:
        """Whether the period counts messages."""
        period = self.period
        return period is not None and (
            period.first is not None or period.last is not None
        )


def stored_message(values: Sequence[Any]) -> StoredMessage:
    """A row of the reading query as the model's own class."""
    # By place: reading a row's columns by name takes twice as long.
    number, conversation_id, thread, threaded, app, native_id, role, *rest = values
    speaker, text, sent_at, local_at, quality, kind, shown, position, *last = rest
    flags, claims = last
    try:
        return StoredMessage(
            id=number,
            conversation_id=conversation_id,
            conversation=thread,
            threaded=bool(threaded),
            app=app,
            native_id=native_id,
            role=_ROLES[role],
            speaker=speaker,
            text=text,
            sent_at=None if sent_at is None else from_micros(sent_at),
            local_at=local_at,
            time_quality=_QUALITIES[quality],
            kind=kind,
            shown=bool(shown),
            position=position,
            flags=tuple(flags.split()),
            models=() if claims == "[]" else _models(claims),
        )
    except ROTTEN:
        raise damaged_row() from None


def _models(claims: str) -> tuple[ModelClaim, ...]:
    return tuple(
        ModelClaim(value, ClaimSource(source), ClaimPart(part))
        for value, source, part in json_cell(claims)
    )


def conversation_order() -> Any:
    """The key that puts conversations into reading order, over grouped messages."""
    return func.coalesce(
        func.min(message.c.sent_at),
        func.min(func.unixepoch(message.c.local_at)) * 1_000_000,
    )


def _batches(connection: Connection, wanted: MessageFilter) -> Iterator[Sequence[int]]:
    """Conversation ids in reading order, in groups small enough to hold."""
    query = select(message.c.conversation_id, func.count()).group_by(
        message.c.conversation_id
    )
    if wanted.persona_id is not None:
        query = query.join(conversation).where(
            conversation.c.persona_id == wanted.persona_id
        )
    if wanted.conversation_id is not None and not wanted.numbered:
        query = query.where(message.c.conversation_id == wanted.conversation_id)
    query = query.order_by(
        conversation_order().asc().nulls_last(), message.c.conversation_id
    )
    batch: list[int] = []
    held = 0
    for conversation_id, n_messages in connection.execute(query).all():
        if batch and held + n_messages > _BATCH_MESSAGES:
            yield batch
            batch, held = [], 0
        batch.append(conversation_id)
        held += n_messages
    if batch:
        yield batch


def read_messages(
    connection: Connection, wanted: MessageFilter
) -> Iterator[StoredMessage]:
    """The wanted messages in reading order, streamed."""
    rows = rows_in_order(connection, wanted)
    if wanted.numbered:
        rows = _numbered(rows, wanted)
    return map(stored_message, rows)


def rows_in_order(
    connection: Connection, wanted: MessageFilter, query: Select[Any] = STORED
) -> Iterator[Row[Any]]:
    """The rows of a query that begins as `STORED` does, in reading order, streamed."""
    query = _restricted(query, wanted)
    for batch in _batches(connection, wanted):
        found = connection.execute(
            query.where(message.c.conversation_id.in_(batch)).order_by(
                message.c.conversation_id, message.c.position, message.c.id
            )
        )
        if len(batch) == 1:
            yield from found.yield_per(_FETCH_ROWS)
            continue
        by_conversation: dict[int, list[Row[Any]]] = {}
        for row in found:
            by_conversation.setdefault(row[1], []).append(row)
        for conversation_id in batch:
            yield from by_conversation.get(conversation_id, ())


def _restricted(query: Select[Any], wanted: MessageFilter) -> Select[Any]:
    if wanted.numbered:  # the numbers count what the filter would hide: see _numbered
        return query
    if wanted.shown_only:
        query = query.where(message.c.shown == 1)
    if wanted.role is not None:
        query = query.where(message.c.role == wanted.role.value)
    if wanted.source_id is not None:
        query = query.where(held_by(wanted.source_id))
    period = wanted.period
    if period is not None and period.since is not None:
        query = query.where(message.c.sent_at >= micros(period.since))
    if period is not None and period.until is not None:
        query = query.where(message.c.sent_at < micros(period.until))
    return query


def held_by(source_id: int) -> ColumnElement[bool]:
    """Whether a source brought a message or has it too."""
    return exists().where(
        message_source.c.message_id == message.c.id,
        message_source.c.source_id == source_id,
    )


def _numbered(rows: Iterator[Row[Any]], wanted: MessageFilter) -> Iterator[Row[Any]]:
    """Keep the rows whose number is inside; what is not counted has the one before."""
    period = wanted.period or Period()
    first = period.first if period.first is not None else 0
    number = 0
    for row in rows:
        if row.shown and row.role in _NUMBERED:
            number += 1
        if period.last is not None and number > period.last:
            return
        if number >= first and _wanted(row, wanted):
            yield row


def _wanted(row: Row[Any], wanted: MessageFilter) -> bool:
    return (
        (bool(row.shown) or not wanted.shown_only)
        and (wanted.role is None or row.role == wanted.role.value)
        and wanted.conversation_id in (None, row.conversation_id)
    )


def read_message(connection: Connection, message_id: int) -> StoredMessage:
    """One message.

    Raises:
        UsageError: There is none with that id.
    """
    row = connection.execute(STORED.where(message.c.id == message_id)).first()
    if row is None:
        raise UsageError(
            f"There is no message {message_id} in this vault.",
            hint="The numbers stand in the results of `persona-vault search`.",
        )
    return stored_message(row)


def read_around(
    connection: Connection, message_id: int, *, before: int, after: int
) -> tuple[list[StoredMessage], list[StoredMessage]]:
    """The shown messages just before and just after one, in reading order.

    Raises:
        UsageError: There is no message with that id.
    """
    centre = read_message(connection, message_id)
    shown = STORED.where(
        message.c.conversation_id == centre.conversation_id, message.c.shown == 1
    )
    place, number = message.c.position, message.c.id
    earlier = shown.where(
        or_(
            place < centre.position,
            and_(place == centre.position, number < message_id),
        )
    ).order_by(place.desc(), number.desc())
    later = shown.where(
        or_(
            place > centre.position,
            and_(place == centre.position, number > message_id),
        )
    ).order_by(place, number)
    rows_before = connection.execute(earlier.limit(max(before, 0))).all()
    rows_after = connection.execute(later.limit(max(after, 0))).all()
    return (
        [stored_message(row) for row in reversed(rows_before)],
        [stored_message(row) for row in rows_after],
    )
