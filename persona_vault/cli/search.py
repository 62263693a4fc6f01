"""`search`: find messages by words and by meaning."""

import click

from persona_vault.cli._dates import parse_date
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import minute, print_json, print_text, warn, wrapped
from persona_vault.model import Period, Role


@click.command("search")
@click.argument("query")
@click.option("-k", default=10, show_default=True, help="How many hits")
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "semantic", "keyword"]),
    default="hybrid",
    show_default=True,
)
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--role", type=click.Choice(["user", "persona"]), help="Only this side")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option("--app", metavar="APP", help="Only from this app")
@click.option("--model", metavar="NAME", help="Only messages that name this model")
@click.option("--context", default=2, show_default=True, help="Messages on either side")
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
        period = Period(
            since=parse_date(since, vault.zone) if since is not None else None,
            until=parse_date(until, vault.zone) if until is not None else None,
        )
        found = search_messages(
            vault,
            query,
            k=k,
            mode=mode,  # type: ignore[arg-type]
            persona=persona,
            role=Role(role) if role else None,
            period=period if since or until else None,
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
        when = minute(hit.sent_at) if hit.sent_at else (hit.local_at or "no time")
        print_text(f"{hit.rank}. {hit.speaker} · {when} · message {hit.message_id}")
        for line in hit.before:
            print_text(_beside(line.speaker, line.text))
        print_text(wrapped(hit.text, "  > "))
        for line in hit.after:
            print_text(_beside(line.speaker, line.text))
        print_text()


def _beside(speaker: str, text: str) -> str:
    return wrapped(f"{speaker}: {text}", "    ")
