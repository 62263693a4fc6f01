"""`conversations`: list them."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, print_json, print_table, print_text


@click.command("conversations", short_help="List conversations")
@click.option("--persona", metavar="NAME", help="Only this companion's")
@with_common_options
def command(persona: str | None) -> None:
    """List conversations with their counts and dates, first one first."""
    with opened_vault() as vault:
        found = vault.conversations(vault.persona(persona).name if persona else None)
    if common().json:
        print_json({"conversations": found})
        return
    if not found:
        print_text("The vault holds no conversation yet.")
        return
    print_table(
        ("id", "companion", "app", "messages", "first", "last", "title"),
        [
            (
                c.id,
                c.persona,
                c.app,
                c.n_messages,
                day(c.first_at),
                day(c.last_at),
                c.title,
            )
            for c in found
        ],
    )
