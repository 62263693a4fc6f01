"""`report`: write the comparison as a report to read."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._compare import Asked, compared, comparison_options
from persona_vault.cli._options import common, with_common_options
from persona_vault.cli._output import print_json, print_raw, print_text, wrapped
from persona_vault.cli._written import noted_quotes
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from persona_vault.findings import PersonaDiff

NAMELESS = "the companion"


@click.command("report", short_help="Write the comparison as a report to read")
@comparison_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "md", "json"]),
    default="html",
    show_default=True,
    help="For a browser, as plain text, or for programs",
)
@click.option("--quotes/--no-quotes", default=True, help="With or without chat text")
@click.option(
    "--discreet", is_flag=True, help="Without the companion's name, but for quotes"
)
@click.option("-o", "--output", metavar="FILE", help="The file; - for standard output")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists")
@with_common_options
def command(
    format_: str,
    quotes: bool,
    discreet: bool,
    output: str | None,
    force: bool,
    **asked: Any,
) -> None:
    """Write one file that opens in any browser, with no network and no script.

    The periods are chosen as for `persona-vault diff`.
    """
    from persona_vault.reports import render_report, report_formats
    from persona_vault.store.written import REPORT

    if output == "-" and common().json and format_ != "json":
        raise UsageError(
            "--json and a report on standard output are two results",
            hint="Name a file with -o, or add --format json.",
        )
    path = Path(output or f"report{report_formats()[format_].suffix}")
    if output != "-" and path.exists() and not force:
        raise taken(path)  # before the measuring, which takes its time
    with compared(Asked(**asked), quotes=quotes) as (found, vault):
        shown = _nameless(found) if discreet else found
        text = render_report(shown, format=format_, quotes=quotes)
        if output == "-":
            print_raw(text)
            return
        n_quotes = _n_quotes(found) if quotes else None
        with noted_quotes(vault, REPORT, path, n_quotes=n_quotes):
            write_report(path, text, force=force)
    if common().json:
        print_json(
            {"file": str(path), "verdict": found.verdict, "summary": found.summary}
        )
        return
    print_text(wrapped(found.summary))
    print_text(f"The report is in {path}")


def _nameless(found: "PersonaDiff") -> "PersonaDiff":
    sources = [
        {**source, "persona": NAMELESS} if "persona" in source else source
        for source in found.read.get("sources", ())
    ]
    events = tuple(
        _nameless_event(event, found.persona) for event in found.coincides_with
    )
    return replace(
        found,
        persona=NAMELESS,
        read={**found.read, "sources": sources},
        coincides_with=events,
    )


def _nameless_event(event: "Mapping[str, Any]", name: str) -> "Mapping[str, Any]":
    from persona_vault.store.words import folded, replaced, word_pattern, words_in

    title = str(event["title"])
    if words_in(folded(name)):
        title = replaced(title, word_pattern(name), NAMELESS)
    named = {"persona": NAMELESS} if event.get("persona") else {}
    return {**event, **named, "title": title}


def _n_quotes(found: "PersonaDiff") -> int:
    """How many messages stand in a comparison word for word."""
    quotes = [row.counter_example for row in found.changes]
    for pair in (pair for row in found.changes for pair in row.evidence):
        quotes += [pair.before, pair.after]
    return len({quote.message_id for quote in quotes if quote is not None})


def write_report(path: Path, text: str, *, force: bool) -> None:
    """Write a report; one that is there already is kept unless `force`.

    Raises:
        UsageError: There is a file of that name.
    """
    from persona_vault.store.whole import write_whole

    try:
        write_whole(path, (text.encode(),), replace=force)
    except FileExistsError as error:
        raise taken(path) from error


def taken(path: Path) -> UsageError:
    """The refusal to overwrite a file."""
    return UsageError(
        f"{path} exists already", hint="Name another file, or add --force."
    )
