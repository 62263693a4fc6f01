"""`search`: find messages by words and by meaning."""

from typing import TYPE_CHECKING

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    inert,
    one_line,
    print_json,
    print_text,
    warn,
    wrapped,
)
from persona_vault.cli.read import speaker_name, spoken_at
from persona_vault.model import Period, Role

if TYPE_CHECKING:
    from persona_vault.search import Hit, Line


@click.command("search", short_help="Find messages by words and by meaning")
@click.argument("query")
@click.option(
    "-k",
    type=click.IntRange(1),
    metavar="N",
    default=10,
    show_default=True,
    help="How many hits",
)
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "semantic", "keyword"]),
    default="hybrid",
    show_default=True,
    help="By words and meaning, by meaning, or by words",
)
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--role", type=click.Choice(["user", "persona"]), help="Only this side")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option("--app", metavar="APP", help="Only from this app")
@click.option("--model", metavar="NAME", help="Only messages that name this model")
@click.option(
    "--context",
    type=click.IntRange(0),
    metavar="N",
    default=2,
    show_default=True,
    help="Messages on either side",
)
@click.option("--embedder", metavar="MODEL", help="As for `embed`")
@with_common_options
def command(
    query: str,
    k: int,
    mode: str,
    persona: str | None,
    role: str | None,
    since: str | None,
    until: str | None,
    app: str | None,
    model: str | None,
    context: int,
    embedder: str | None,
) -> None:
    """Find messages, best first; "quoted words" are taken as they stand.

    Each hit shows its number; `persona-vault show NUMBER` opens it where it stands.
    """
    from persona_vault.search import search_messages

    with opened_vault() as vault:
        period = make_period(since, until, vault.zone)
        found = search_messages(
            vault,
            query,
            k=k,
            mode=mode,  # type: ignore[arg-type]
            persona=persona,
            role=Role(role) if role else None,
            period=None if period == Period() else period,
            app=app,
            model=model,
            context=context,
            embedder=embedder,
        )
    if common().json:
        print_json(found.to_dict())
        return
    for text in found.warnings:
        warn(text)
    if not found.hits:
        print_text("Nothing was found.")
    for hit in found.hits:
        _print_hit(hit)


def _print_hit(hit: "Hit") -> None:
    who = speaker_name(hit.role, hit.speaker, hit.persona)
    when = spoken_at(hit.sent_at, hit.local_at)
    if hit.rank > 1:
        print_text()
    print_text(one_line(f"{hit.rank}. {who} · {when} · message {hit.message_id}"))
    for line in hit.before:
        print_text(_beside(line, hit.persona))
    print_text(wrapped(inert(hit.text), "  > "))
    for line in hit.after:
        print_text(_beside(line, hit.persona))


def _beside(line: "Line", persona: str) -> str:
    who = speaker_name(line.role, line.speaker, persona)
    return wrapped(inert(f"{who}: {line.text or '(no text)'}"), "    ")
