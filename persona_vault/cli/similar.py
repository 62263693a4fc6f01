"""`similar`: more messages like one."""

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_text, wrapped
from persona_vault.cli.search import alike_told, print_found
from persona_vault.model import Period, Role


@click.command("similar", short_help="Find more messages like one")
@click.argument("message_id", type=int)
@click.option(
    "-k",
    type=click.IntRange(1),
    metavar="N",
    default=10,
    show_default=True,
    help="How many hits",
)
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--role", type=click.Choice(["user", "persona"]), help="Only this side")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option("--app", metavar="APP", help="Only from this app")
@click.option(
    "--context",
    type=click.IntRange(0),
    metavar="N",
    default=2,
    show_default=True,
    help="Messages on either side",
)
@click.option(
    "--source", type=int, metavar="ID", help="Only what this import brought or has"
)
@click.option("--all", "show_all", is_flag=True, help="Near repeats one by one too")
@click.option("--embedder", metavar="MODEL", help="As for `embed`")
@with_common_options
def command(
    message_id: int,
    k: int,
    persona: str | None,
    role: str | None,
    since: str | None,
    until: str | None,
    app: str | None,
    context: int,
    source: int | None,
    show_all: bool,
    embedder: str | None,
) -> None:
    """Find messages that speak of the same as one does, nearest first.

    The id is that of `persona-vault search`. Needs `persona-vault embed` first. The
    two messages on either side of it are no hits; near repeats are counted.
    """
    from persona_vault.search import find_similar

    narrowed = any((persona, role, since, until, app, source is not None))
    with opened_vault() as vault:
        period = make_period(since, until, vault.zone)
        found = find_similar(
            vault,
            message_id,
            k=k,
            persona=persona,
            role=Role(role) if role else None,
            period=None if period == Period() else period,
            app=app,
            context=context,
            source=source,
            fold=not show_all,
            embedder=embedder,
        )
    if common().json:
        print_json(found.to_dict())
        return
    print_found(found, where_empty=_where_empty(narrowed))
    if found.alike:
        to = f"message {message_id}"
        told = alike_told(found.alike, to=to, is_cut=found.is_cut)
        print_text("\n" + wrapped(f"Left out: {told}"))


def _where_empty(narrowed: bool) -> str:
    """The next step where no message is like it."""
    if narrowed:
        return (
            "Leave out what narrows it: --persona, --role, --app, --source, --since "
            "or --until."
        )
    return (
        "Beside this message, those next to it and near repeats of it, the vault "
        "holds none that is embedded; `persona-vault embed` adds what is not yet."
    )
