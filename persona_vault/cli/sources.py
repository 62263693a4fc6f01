"""`sources`: list what was imported."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, print_json, print_table, print_text


@click.command("sources", short_help="List what was imported")
@with_common_options
def command() -> None:
    """List imported files with what was read of each, oldest import first."""
    with opened_vault() as vault:
        found = vault.sources()
    if common().json:
        print_json({"sources": found})
        return
    if not found:
        print_text("Nothing is imported yet.")
        return
    print_table(
        ("id", "imported", "companion", "format", "read", "added", "issues", "name"),
        [
            (
                s.id,
                day(s.imported_at),
                s.persona,
                s.importer,
                s.ledger.get("n_read", ""),
                s.ledger.get("n_added", ""),
                s.ledger.get("n_issues", ""),
                s.name,
            )
            for s in found
        ],
    )
