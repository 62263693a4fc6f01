"""The dated timeline of a vault: events kept by the user or taken from suggestions."""

from dataclasses import replace

from sqlalchemy import Connection, delete, insert, or_, select, update

from persona_vault.errors import UsageError
from persona_vault.model import Event
from persona_vault.store import personas
from persona_vault.store.clock import from_micros, micros
from persona_vault.store.schema import event, persona


def read_events(connection: Connection, name: str | None) -> list[Event]:
    """Events, oldest first; for a companion also those of no companion.

    Raises:
        UnknownPersonaError: None of that name.
    """
    query = (
        select(event, persona.c.name.label("persona"))
        .outerjoin(persona, event.c.persona_id == persona.c.id)
        .order_by(event.c.at, event.c.id)
    )
    if name is not None:
        persona_id = _persona_id(connection, name)
        query = query.where(
            or_(event.c.persona_id == persona_id, event.c.persona_id.is_(None))
        )
    return [
        Event(
            id=row.id,
            at=from_micros(row.at),
            kind=row.kind,
            title=row.title,
            precision=row.precision,
            source=row.source,
            persona=row.persona,
        )
        for row in connection.execute(query)
    ]


def add_event(connection: Connection, wanted: Event) -> Event:
    """Keep an event; its id is given by the vault.

    Raises:
        UnknownPersonaError: It names a companion that is not there.
    """
    query = insert(event).values(_values(connection, wanted)).returning(event.c.id)
    return replace(wanted, id=connection.execute(query).scalar_one())


def change_event(connection: Connection, wanted: Event) -> None:
    """Write an event anew under its id.

    Raises:
        UsageError: There is none with that id.
        UnknownPersonaError: It names a companion that is not there.
    """
    values = _values(connection, wanted)
    changed = connection.execute(
        update(event).where(event.c.id == wanted.id).values(values)
    )
    if changed.rowcount == 0:
        raise no_event(wanted.id)


def remove_event(connection: Connection, event_id: int) -> None:
    """Drop an event.

    Raises:
        UsageError: There is none with that id.
    """
    gone = connection.execute(delete(event).where(event.c.id == event_id))
    if gone.rowcount == 0:
        raise no_event(event_id)


def no_event(event_id: int) -> UsageError:
    """The error for an id that no event has."""
    return UsageError(
        f"There is no event {event_id}.",
        hint="`persona-vault events` lists them with their numbers.",
    )


def _values(connection: Connection, wanted: Event) -> dict[str, object]:
    return {
        "persona_id": _persona_id(connection, wanted.persona),
        "at": micros(wanted.at),
        "kind": wanted.kind,
        "title": wanted.title,
        "precision": wanted.precision,
        "source": wanted.source,
    }


def _persona_id(connection: Connection, name: str | None) -> int | None:
    return None if name is None else personas.find_persona(connection, name).id
