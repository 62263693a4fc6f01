"""`events`: the dated timeline of updates and edits."""

import click

from persona_vault.cli._dates import is_bare_date, parse_date
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, print_json, print_table, print_text
from persona_vault.errors import UsageError
from persona_vault.model import Event

KINDS = (
    "model_swap silent_update safety_route filter_change memory_loss reset_delete "
    "persona_edit steered_reply migration shutdown tier_change pressure_shift "
    "user_change export_artifact other"
).split()


@click.group(
    "events",
    invoke_without_command=True,
    short_help="Keep the dates of updates and edits",
)
@with_common_options
@click.pass_context
def command(context: click.Context) -> None:
    """Keep dates that may matter: updates, filters, your own edits, moves.

    Without a further word they are listed.
    """
    if context.invoked_subcommand is None:
        _list(None)


@command.command("list", short_help="List events")
@click.option("--persona", metavar="NAME", help="Only this companion's")
@with_common_options
def list_(persona: str | None) -> None:
    """List events, oldest first."""
    _list(persona)


def _list(persona: str | None) -> None:
    with opened_vault() as vault:
        found = vault.events(persona)
    if common().json:
        print_json({"events": found})
        return
    if not found:
        print_text("No date is kept yet.")
        return
    print_table(
        ("id", "date", "kind", "companion", "source", "title"),
        [
            (e.id, day(e.at), e.kind, e.persona or "all", e.source, e.title)
            for e in found
        ],
    )


@command.command("add", short_help="Keep an event")
@click.argument("title")
@click.option("--at", required=True, metavar="DATE", help="When it happened")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    default="other",
    show_default=True,
    help="One of the words above",
)
@click.option("--persona", metavar="NAME", help="Only for this companion")
@with_common_options
def add(title: str, at: str, kind: str, persona: str | None) -> None:
    """Keep an event; reports name it beside a change near its date.

    Kinds: model_swap, silent_update, safety_route, filter_change, memory_loss,
    reset_delete, persona_edit, steered_reply, migration, shutdown, tier_change,
    pressure_shift, user_change, export_artifact, other.
    """
    if not title.strip():
        raise UsageError("An event needs a title", hint="Say what happened, shortly.")
    with opened_vault() as vault:
        name = vault.persona(persona).name if persona else None
        wanted = Event(
            id=0,
            at=parse_date(at, vault.zone),
            kind=kind,
            title=title,
            persona=name,
            precision="day" if is_bare_date(at) else "exact",
        )
        found = vault.add_event(wanted)
    if common().json:
        print_json(found)
    else:
        print_text(f"Kept as event {found.id}: {day(found.at)} {found.title}")


@command.command("remove", short_help="Drop an event")
@click.argument("event_id", type=int)
@with_common_options
def remove(event_id: int) -> None:
    """Drop an event."""
    with opened_vault() as vault:
        vault.remove_event(event_id)
    if common().json:
        print_json({"removed": event_id})
    else:
        print_text(f"Removed event {event_id}")
