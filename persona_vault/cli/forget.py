"""`forget`: undo an import."""

import sys

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_table
from persona_vault.errors import UsageError


@click.command("forget", short_help="Undo an import")
@click.option(
    "--source", "source_id", type=int, required=True, help="Id from `sources`"
)
@click.option("--yes", is_flag=True, help="Do not ask")
@with_common_options
def command(source_id: int, yes: bool) -> None:
    """Take an imported file out of the vault again.

    Messages that another imported file holds too stay. This cannot be undone, but the
    file can be imported again.
    """
    with opened_vault() as vault:
        source = next((s for s in vault.sources() if s.id == source_id), None)
        if source is not None and not yes:
            _confirm(f"{source.name} ({source.persona})")
        counts = vault.forget_source(source_id)
    if common().json:
        print_json({"source_id": source_id, "removed": counts})
        return
    rows = [(k.removeprefix("n_").replace("_", " "), n) for k, n in counts.items() if n]
    print_table(("removed", "number"), rows)
    note("Backups of the vault and the export file itself still hold it.")


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask at; nothing was taken out",
            hint="Add --yes if you are sure.",
        )
    click.confirm(one_line(f"Take {what} out of the vault?"), abort=True, err=True)
