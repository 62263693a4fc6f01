"""`snapshot`: write a text-free snapshot of a period."""

from pathlib import Path

import click

from persona_vault.cli._dates import make_period, parse_numbers
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_text, progress
from persona_vault.cli._written import noted_quotes
from persona_vault.errors import UsageError


@click.command("snapshot", short_help="Write a text-free snapshot of a period")
@click.option("--persona", metavar="NAME", help="The companion")
@click.option("--since", metavar="DATE", help="From this date on")
@click.option("--until", metavar="DATE", help="Up to this date, not included")
@click.option("--messages", metavar="1..500", help="By message number instead of dates")
@click.option(
    "--quotes",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    show_default=True,
    help="Replies kept word for word",
)
@click.option("--names", is_flag=True, help="Keep the companion's name in the file")
@click.option("-o", "--output", required=True, metavar="FILE", help="The new file")
@with_common_options
def command(
    persona: str | None,
    since: str | None,
    until: str | None,
    messages: str | None,
    quotes: int,
    names: bool,
    output: str,
) -> None:
    """Measure a period and write it as one portable file.

    The file holds sums and counts; no message text and no name unless you ask.
    """
    from persona_vault.snapshot import take_snapshot, write_snapshot
    from persona_vault.snapshot.processes import usable_cores
    from persona_vault.store.written import SNAPSHOT

    if messages and (since or until):
        raise UsageError(
            "A period is given by dates or by message numbers, not both",
            hint="Leave out --messages, or --since and --until.",
        )
    path = Path(output)
    if path.exists():
        raise UsageError(f"{path} exists already", hint="Name another file.")
    with opened_vault() as vault:
        period = (
            parse_numbers(messages)
            if messages
            else make_period(since, until, vault.zone)
        )
        found = take_snapshot(
            vault,
            persona,
            period,
            quotes=quotes,
            progress=progress("Measuring talks"),
            processes=usable_cores(),
        )
        with noted_quotes(vault, SNAPSHOT, path, n_quotes=len(found.quotes) or None):
            write_snapshot(found, path, names=names)
    if common().json:
        print_json(
            {
                "file": output,
                "n_messages": found.n_messages,
                "n_user_messages": found.n_user_messages,
                "n_blocks": len(found.blocks),
                "n_quotes": len(found.quotes),
                "excluded": found.excluded,
            }
        )
    else:
        print_text(
            f"Wrote {output}: {found.n_messages:,} replies in "
            f"{len(found.blocks):,} talks, {len(found.quotes):,} quoted."
        )
