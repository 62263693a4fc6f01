"""`events`: the dated timeline of updates and edits."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from persona_vault.cli._dates import is_bare_date, parse_date
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, print_json, print_table, print_text
from persona_vault.errors import UsageError
from persona_vault.model import Event

if TYPE_CHECKING:
    from persona_vault.timeline import Suggestion

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
            (e.id, _date(e), e.kind, e.persona or "all", e.source, e.title)
            for e in found
        ],
    )


def _date(event: Event) -> str:
    from persona_vault.wording.numbers import is_calendar_day

    if event.precision == "month":
        return f"{event.at:%Y-%m}"
    cited = is_calendar_day(event.at, event.source)
    return f"{event.at:%Y-%m-%d}" if cited else day(event.at)


@command.command("add", short_help="Keep an event")
@click.argument("title")
@click.option("--at", required=True, metavar="DATE", help="When it happened")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    default="other",
    show_default=True,
    help="One of those above",
)
@click.option("--persona", metavar="NAME", help="Only for this companion")
@with_common_options
def add(title: str, at: str, kind: str, persona: str | None) -> None:
    """Keep an event; reports name it beside a change near its date.

    \b
    Kinds:
      model_swap      another model answers
      silent_update   an update under the same name
      safety_route    single replies come from another model
      filter_change   other filters
      memory_loss     entries of its memory were lost
      reset_delete    a reset or a deletion
      persona_edit    you changed its description or settings
      steered_reply   you rewrote or steered replies
      migration       you moved to another app
      shutdown        the service closed
      tier_change     another subscription
      pressure_shift  another tone around goodbyes
      user_change     something changed on your side
      export_artifact the export breaks here: a gap, another form
      other           anything else
    """  # noqa: D301 - the mark is click's, and must be the character itself
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
        print_text(f"Kept as event {found.id}: {_date(found)} {found.title}")


@command.command("edit", short_help="Change an event")
@click.argument("event_id", type=int)
@click.option("--title", help="What happened")
@click.option("--at", metavar="DATE", help="When it happened")
@click.option(
    "--kind", type=click.Choice(KINDS), metavar="KIND", help="As for `events add`"
)
@click.option("--persona", metavar="NAME", help="Only for this companion")
@with_common_options
def edit(
    event_id: int,
    title: str | None,
    at: str | None,
    kind: str | None,
    persona: str | None,
) -> None:
    """Change an event; what is not named stays as it is."""
    if title is not None and not title.strip():
        raise UsageError("An event needs a title", hint="Say what happened, shortly.")
    if title is at is kind is persona is None:
        raise UsageError(
            "Nothing to change was named", hint="See `events edit --help`."
        )
    with opened_vault() as vault:
        found = next((e for e in vault.events() if e.id == event_id), None)
        if found is None:
            raise UsageError(
                f"There is no event {event_id}.",
                hint="`persona-vault events` lists them with their numbers.",
            )
        if at is not None:
            found = replace(
                found,
                at=parse_date(at, vault.zone),
                precision="day" if is_bare_date(at) else "exact",
            )
        found = replace(
            found,
            title=title or found.title,
            kind=kind or found.kind,
            persona=vault.persona(persona).name if persona else found.persona,
        )
        vault.change_event(found)
    if common().json:
        print_json(found)
    else:
        print_text(f"Event {found.id} is now: {_date(found)} {found.title}")


@command.command("suggest", short_help="Propose events from the data and the calendar")
@click.option("--persona", metavar="NAME", help="The companion")
@click.option(
    "--calendar",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A calendar of your own instead of the shipped one",
)
@click.option("--keep", multiple=True, type=int, metavar="N", help="Keep this one")
@click.option("--keep-all", is_flag=True, help="Keep every one of them")
@with_common_options
def suggest(
    persona: str | None, calendar: Path | None, keep: tuple[int, ...], keep_all: bool
) -> None:
    """Propose dates: model switches in the data, and publicly known vendor dates.

    Nothing is kept unless asked for. A vendor date says what its source says; whether
    it touched this talk is another question, which `diff --event` can answer.
    """
    from persona_vault.timeline import suggest_events

    with opened_vault() as vault:
        found = suggest_events(vault, persona, calendar=calendar)
        unknown = [n for n in keep if not 1 <= n <= len(found)]
        if unknown:
            raise UsageError(
                f"There is no suggestion {unknown[0]}",
                hint="`persona-vault events suggest` lists them with their numbers.",
            )
        wanted = range(1, len(found) + 1) if keep_all else sorted(set(keep))
        kept = [vault.add_event(found[n - 1].event) for n in wanted]
    if common().json:
        print_json({"suggestions": found, "kept": kept})
    elif kept:
        for event in kept:
            print_text(f"Kept as event {event.id}: {_date(event)} {event.title}")
    else:
        _print_suggestions(found)


def _print_suggestions(found: "list[Suggestion]") -> None:
    if not found:
        print_text(
            "No date is proposed: the data names no lasting model switch, and the"
            " calendar has no other date for these apps in this time."
        )
        return
    print_table(
        ("n", "date", "kind", "told by", "title", "source"),
        [
            (
                n,
                _date(s.event),
                s.event.kind,
                s.reported_by,
                s.event.title,
                s.event.source,
            )
            for n, s in enumerate(found, 1)
        ],
    )
    print_text("Keep one with --keep N; compare around it with `diff --event ID`.")


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
