"""`export`: write everything out again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, print_json, print_text, progress, wrapped
from persona_vault.cli._written import tell_noted
from persona_vault.model import Period

if TYPE_CHECKING:
    from persona_vault.kits import ExportReport

# Reason -> what is left out, with the next step where there is one.
_LEFT_OUT = {
    "hidden": "hidden, or set aside for another answer; --all writes them too",
    "other_source": "not from that import",
    "without_time": "without a time, so in no period",
    "outside_period": "outside the period",
    "not_an_example": "not chosen as an example of how the companion talked",
}
# The same for what the companion was told to be.
_INPUTS = {
    "empty": "left out, without a word",
    "later": "left out, from after the period",
    "not_in_this_format": "left out, since the format has no place; a backup has all",
    "older_version": "left out, since a newer version is there",
}


@click.command("export", short_help="Write everything out again")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl", "md", "card"]),
    required=True,
    help="A table, lines with all that is known, a diary, a character card",
)
@click.option("-o", "--output", required=True, metavar="PATH", help="The new file")
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option(
    "--source", type=int, metavar="ID", help="Only what this import brought or has"
)
@click.option(
    "--all", "everything", is_flag=True, help="Hidden messages and other answers too"
)
@with_common_options
def command(
    format_: str,
    output: str,
    persona: str | None,
    since: str | None,
    until: str | None,
    source: int | None,
    everything: bool,
) -> None:
    """Write messages into one new file, for other programs or to read.

    csv and jsonl are read back by `persona-vault import`, one companion at a time;
    md is a diary to read. card is a character card of version 2: what the companion
    was told to be, each text in its newest version, and the latest short exchanges.
    The file is not encrypted: it holds the talk word for word.
    """
    from persona_vault.kits import export_talk

    with opened_vault() as vault:
        period = make_period(since, until, vault.zone)
        written = export_talk(
            vault,
            output,
            format=format_,
            persona=persona,
            period=None if period == Period() else period,
            source=source,
            shown_only=not everything,
            progress=progress("Writing messages"),
        )
        tell_noted(written.noted)
    if common().json:
        print_json(written.to_dict())
    else:
        _print_written(written)


def _print_written(written: "ExportReport") -> None:
    messages = _counted(written.n_messages, "message")
    talks = _counted(written.n_conversations, "conversation")
    told = _counted(written.n_persona_inputs, "text")
    more = f", and {told} of what the companion was told to be"
    print_text(
        wrapped(
            f"Wrote {written.path}: {messages} of {talks}"
            f"{more if written.n_persona_inputs else ''}."
        )
    )
    _tell_left_out(written.n_left_out)
    for reason, n in written.n_inputs_left_out.items():
        told = _counted(n, "text")
        note(f"Of what the companion was told to be, {told}: {_INPUTS[reason]}.")
    note("The file is not encrypted, and only your account can read it.")


def _tell_left_out(left_out: Mapping[str, int]) -> None:
    for reason, n in left_out.items():
        note(f"Left out: {_counted(n, 'message')} {_LEFT_OUT[reason]}.")


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
