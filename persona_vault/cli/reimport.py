"""`reimport`: kept raw records, read again by a better reader."""

from typing import TYPE_CHECKING

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_text
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.ingest.rereading import RereadReport


@click.command("reimport", short_help="Read kept records again, without the files")
@click.option("--source", "source_id", type=int, help="Id from `sources`")
@click.option("--all", "everything", is_flag=True, help="Every source")
@with_common_options
def command(source_id: int | None, everything: bool) -> None:
    """Read the records of imported files again by the present version of their reader.

    The vault keeps each message's own record, so the files are not needed. Messages
    are corrected in place; none comes and none goes. A source that was read by the
    present version is left alone.
    """
    if everything == (source_id is not None):
        raise UsageError(
            "Either --source ID or --all is needed",
            hint="`persona-vault sources` lists the sources with their numbers.",
        )
    from persona_vault.ingest.rereading import reread_source

    with opened_vault() as vault:
        ids = [s.id for s in vault.sources()] if source_id is None else [source_id]
        found = [reread_source(vault, each) for each in ids]
    if common().json:
        print_json({"sources": found})
        return
    if not found:
        print_text("Nothing is imported yet.")
    for report in found:
        _print(report)
    if any(report.n_changed for report in found):
        note("`persona-vault embed` makes the changed messages findable by meaning.")


def _print(report: "RereadReport") -> None:
    print_text(one_line(f"{report.source_id}: {report.name}"))
    if report.reason:
        print_text(f"  {report.reason}")
        return
    print_text(f"  {report.n_records:>9,} records read again")
    print_text(f"  {report.n_changed:>9,} are read otherwise now")
    if report.n_left:
        print_text(f"  {report.n_left:>9,} left as they were: they need the whole file")
