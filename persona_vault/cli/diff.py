"""`diff`: compare two periods or two snapshots."""

from typing import Any

import click

from persona_vault.cli._compare import Asked, compare, comparison_options
from persona_vault.cli._options import common, with_common_options
from persona_vault.cli._output import print_raw, print_text, wrapped
from persona_vault.findings import PersonaDiff, RowVerdict, Verdict

CHANGED = 10


@click.command("diff")
@comparison_options
@click.option(
    "--quotes/--no-quotes", default=True, help="Show the replies behind a row"
)
@click.option("--exit-code", is_flag=True, help="Exit with 10 when a change was found")
@with_common_options
def command(quotes: bool, exit_code: bool, **asked: Any) -> int:
    """Say what changed between two periods of a companion's messages.

    With --at DATE all before the date is compared with the 90 days after it.
    """
    found = compare(Asked(**asked), quotes=quotes)
    if common().json:
        from persona_vault.reports import dump_diff

        print_raw(dump_diff(found))
    else:
        _print(found)
    changed = found.verdict in (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
    return CHANGED if exit_code and changed else 0


def _print(found: PersonaDiff) -> None:
    from persona_vault.wording import row_label, row_sentence

    print_text(wrapped(found.summary))
    for verdict in RowVerdict:
        rows = [c for c in found.changes if c.verdict is verdict and c.headline]
        if not rows or verdict is RowVerdict.NOT_ENOUGH_DATA:
            continue
        print_text(f"\n{row_label(rows[0])}")
        for row in rows:
            print_text(wrapped(row_sentence(row), "  "))
    missing = [
        c.title
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.NOT_ENOUGH_DATA
    ]
    if missing:
        print_text("\nToo little to compare")
        print_text(wrapped(", ".join(missing) + ".", "  "))
