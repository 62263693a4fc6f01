"""`forget`: undo an import."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, print_json, print_table


@click.command("forget")
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
        if not yes:
            click.confirm(f"Take source {source_id} out?", abort=True, err=True)
        counts = vault.forget_source(source_id)
    if common().json:
        print_json({"source_id": source_id, "removed": counts})
        return
    print_table(("removed", "number"), list(counts.items()))
    note("Backups of the vault and the export file itself still hold it.")
