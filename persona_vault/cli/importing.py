"""`import`: read chat exports into the vault."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    day,
    note,
    one_line,
    print_json,
    print_table,
    print_text,
    progress,
    warn,
)
from persona_vault.errors import NoModelError, UsageError
from persona_vault.model import ReadOptions

if TYPE_CHECKING:
    from persona_vault.ingest import ImportReport
    from persona_vault.store.vault import Vault

DONE_WITH_ISSUES = 4
MOST_ISSUES = 10


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--persona", metavar="NAME", help="The companion; made if new")
@click.option("--app", metavar="APP", help="The app, where the file cannot say")
@click.option("--format", "importer", metavar="NAME", help="Read as this format")
@click.option("--timezone", metavar="ZONE", help="Zone of times that name none")
@click.option(
    "--me", multiple=True, metavar="NAME", help="Your name in the file; repeat"
)
@click.option(
    "--them", multiple=True, metavar="NAME", help="The companion's name in it; repeat"
)
@click.option(
    "--map",
    "columns",
    metavar="FIELD=COLUMN,...",
    help="Columns of a CSV or JSONL file",
)
@click.option(
    "--day-first/--month-first", default=None, help="How 3/4/2025 is to be read"
)
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Take these conversations"
)
@click.option(
    "--except", "except_", multiple=True, metavar="PATTERN", help="Leave these"
)
@click.option(
    "--list", "listing", is_flag=True, help="List conversations, import nothing"
)
@click.option("--dry-run", is_flag=True, help="Say what would be read, keep nothing")
@click.option("--no-embed", is_flag=True, help="Do not embed now; see `embed`")
@with_common_options
def command(
    paths: tuple[str, ...],
    persona: str | None,
    app: str | None,
    importer: str | None,
    timezone: str | None,
    me: tuple[str, ...],
    them: tuple[str, ...],
    columns: str | None,
    day_first: bool | None,
    only: tuple[str, ...],
    except_: tuple[str, ...],
    listing: bool,
    dry_run: bool,
    no_embed: bool,
) -> int:
    """Read files, zip archives or folders into the vault.

    The format is known by the content. Reading a file again adds only what is new.
    Conversations are chosen by id, title (with * and ?), GPT or project; --list shows
    them. Exit code 4 says that some records could not be read; all others were kept.
    """
    if not all(path.strip() for path in paths):
        raise UsageError(
            "A path is empty", hint="Name a file, a zip or a folder; . is this folder."
        )
    options = ReadOptions(
        me=me, them=them, columns=_mapped(columns), day_first=day_first
    )
    if listing:
        _list(paths, importer, options)
        return 0
    reports: list[ImportReport] = []
    with opened_vault() as vault:
        for path in paths:
            from persona_vault.ingest import import_file

            report = import_file(
                vault,
                Path(path),
                persona=persona,
                importer=importer,
                app=app,
                timezone=timezone,
                options=options,
                only=only,
                except_=except_,
                dry_run=dry_run,
                progress=progress("Reading"),
            )
            reports.append(report)
            if not common().json:
                _print_report(report.to_dict(), dry_run=dry_run)
        if not (no_embed or dry_run):
            _embed(vault)
    if common().json:
        found = [r.to_dict() for r in reports]
        print_json(found[0] if len(found) == 1 else {"sources": found})
    return DONE_WITH_ISSUES if any(r.n_issues for r in reports) else 0


def _mapped(text: str | None) -> dict[str, str]:
    """`text=Body,timestamp=When` as a mapping."""
    if not text:
        return {}
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(field.strip() and column.strip() for field, _, column in pairs):
        raise UsageError(
            "--map could not be read", hint="Write --map text=Body,timestamp=When."
        )
    return {field.strip(): column.strip() for field, _, column in pairs}


def _list(paths: tuple[str, ...], importer: str | None, options: ReadOptions) -> None:
    from persona_vault.ingest import list_conversations

    found = [
        c
        for path in paths
        for c in list_conversations(Path(path), importer=importer, options=options)
    ]
    if common().json:
        print_json({"conversations": found})
        return
    print_table(
        ("messages", "first", "last", "group", "id", "title"),
        [
            (
                c.n_messages,
                day(c.first_at),
                day(c.last_at),
                c.group,
                c.native_id,
                c.title,
            )
            for c in found
        ],
    )


def _print_report(report: dict[str, Any], *, dry_run: bool) -> None:
    source = report["source"]
    kept = "would be added" if dry_run else "added"
    print_text(one_line(f"{source['name']}: read as {source['importer']}"))
    print_text(
        f"  {report['n_read']:,} records = {report['n_added']:,} {kept}"
        f" + {report['n_duplicate']:,} known already + {report['n_revised']:,} revised"
        f" + {report['n_ignored']:,} left out + {report['n_issues']:,} not readable"
    )
    for reason, n in report["ignored"].items():
        print_text(one_line(f"  left out: {n:,} ({reason})"))
    for issue in report["issues"][:MOST_ISSUES]:
        print_text(one_line(f"  not readable: {issue['where']}: {issue['reason']}"))
    if report["n_issues"] > MOST_ISSUES:
        print_text(f"  ... and {report['n_issues'] - MOST_ISSUES:,} more; see --json")
    first, last = report["first_at"], report["last_at"]
    if first:
        print_text(f"  from {first[:10]} to {last[:10]}")
    for text in report["warnings"]:
        warn(text)


def _embed(vault: "Vault") -> None:
    """Embed what is new; without a model the import still stands."""
    from persona_vault.search import embed_messages

    try:
        embed_messages(vault, progress=progress("Embedding"))
    except NoModelError as error:
        note(f"Not embedded: {error.message}. {error.hint}")
