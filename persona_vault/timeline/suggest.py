"""Events that the data or the calendar propose; only the user keeps them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from persona_vault.model import ClaimPart, Event
from persona_vault.store.clock import from_micros
from persona_vault.store.schema import conversation, message
from persona_vault.store.vault import Vault
from persona_vault.timeline.calendar import CalendarRow, read_calendar
from persona_vault.timeline.observed import ModelSwitch, model_switches

# A vendor date this far outside of the kept talk has nothing to say about it.
REACH = timedelta(days=31)
OBSERVED = "observed"
_SAID = {
    ClaimPart.ANSWERED: "The replies name {after} as the model that answered",
    ClaimPart.REQUESTED: "The replies name {after} as the model asked for",
    ClaimPart.DEFAULT: "The conversations name {after} as their default model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An event that could be kept.

    Attributes:
        event: As `Vault.add_event` takes it; its id is 0.
        origin: "observed" in the data, or "calendar".
        reported_by: "data", or as in the calendar.
        n_before, n_after: Replies (or conversations) that bear each name in a row;
            None for a calendar row.
    """

    event: Event
    origin: str
    reported_by: str
    n_before: int | None = None
    n_after: int | None = None


def suggest_events(
    vault: Vault, persona: str | None = None, *, calendar: Path | None = None
) -> list[Suggestion]:
    """What may belong on a companion's timeline and is not on it yet, oldest first.

    Model switches that the data names come with the first reply under the new name.
    Calendar rows come for the apps whose talk is kept, in the time that it covers.

    Raises:
        UnknownPersonaError: No companion was named and there is not exactly one.
        InputRejectedError: The calendar file is none.
    """
    who = vault.persona(persona)
    rows = read_calendar(calendar)
    with vault.read() as connection:
        switches = model_switches(connection, who.id)
        spans = _spans(connection, who.id)
    found = [_from_switch(switch, who.name) for switch in switches]
    found += [_from_row(row, who.name) for row in rows if _concerns(row, spans)]
    kept = {(e.at.date(), e.title) for e in vault.events(who.name)}
    return sorted(
        (s for s in found if (s.event.at.date(), s.event.title) not in kept),
        key=lambda s: (s.event.at, s.event.title),
    )


def _from_switch(switch: ModelSwitch, persona: str) -> Suggestion:
    said = _SAID[switch.part].format(after=switch.after)
    return Suggestion(
        event=Event(
            id=0,
            at=switch.at,
            kind="model_swap",
            title=f"{said}, before it {switch.before}",
            precision="exact",
            source=OBSERVED,
            persona=persona,
        ),
        origin=OBSERVED,
        reported_by="data",
        n_before=switch.n_before,
        n_after=switch.n_after,
    )


def _from_row(row: CalendarRow, persona: str) -> Suggestion:
    return Suggestion(
        event=Event(
            id=0,
            at=row.at,
            kind=row.kind,
            title=row.title,
            precision=row.precision,
            source=row.source,
            persona=persona,
        ),
        origin="calendar",
        reported_by=row.reported_by,
    )


def _spans(
    connection: Connection, persona_id: int
) -> dict[str, tuple[datetime, datetime]]:
    """First and last message of each app's talk."""
    sent_at = message.c.sent_at
    query = (
        select(conversation.c.app, func.min(sent_at), func.max(sent_at))
        .join(message, message.c.conversation_id == conversation.c.id)
        .where(conversation.c.persona_id == persona_id, sent_at.is_not(None))
        .group_by(conversation.c.app)
    )
    return {
        app: (from_micros(first), from_micros(last))
        for app, first, last in connection.execute(query)
    }


def _concerns(row: CalendarRow, spans: dict[str, tuple[datetime, datetime]]) -> bool:
    if row.app not in spans:
        return False
    first, last = spans[row.app]
    return first - REACH <= row.at <= last + REACH
