"""`import`: read chat exports into the vault."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._listing import print_listing
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    as_sentence,
    day,
    note,
    one_line,
    print_error,
    print_json,
    print_text,
    progress,
    warn,
    wrapped,
)
from persona_vault.errors import NoModelError, UsageError, VaultError
from persona_vault.model import ReadOptions

if TYPE_CHECKING:
    from persona_vault.ingest import ImportReport
    from persona_vault.store.vault import Vault

DONE_WITH_ISSUES = 4
MOST_ISSUES = 10


@click.command("import", short_help="Read chat exports into the vault")
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
    multiple=True,
    metavar="FIELD=COLUMN,...",
    help="Columns of a CSV or JSONL file; repeat",
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
@click.option(
    "--with-attachments", is_flag=True, help="Keep attached files in the vault too"
)
@click.option("--bring-back", is_flag=True, help="Take in again what you had forgotten")
@click.option("--dry-run", is_flag=True, help="Say what would be read, keep nothing")
@click.option("--no-embed", is_flag=True, help="Do not embed now; see `embed`")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="As for `embed`")
@with_common_options
def command(
    paths: tuple[str, ...],
    persona: str | None,
    app: str | None,
    importer: str | None,
    timezone: str | None,
    me: tuple[str, ...],
    them: tuple[str, ...],
    columns: tuple[str, ...],
    day_first: bool | None,
    only: tuple[str, ...],
    except_: tuple[str, ...],
    listing: bool,
    with_attachments: bool,
    bring_back: bool,
    dry_run: bool,
    no_embed: bool,
    threads: int | None,
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
        print_listing(paths, importer, options)
        return 0

    def read(vault: "Vault", path: str) -> "ImportReport":
        from persona_vault.ingest import import_file

        return import_file(
            vault,
            Path(path),
            persona=persona,
            importer=importer,
            app=app,
            timezone=timezone,
            options=options,
            only=only,
            except_=except_,
            with_attachments=with_attachments,
            bring_back=bring_back,
            dry_run=dry_run,
            progress=progress("Reading"),
        )

    reports: list[ImportReport] = []
    with opened_vault() as vault:
        for path in paths:
            try:
                report = read(vault, path)
            except VaultError as error:
                return _stop(error, reports)
            reports.append(report)
            if not common().json:
                _print_report(report)
        embedded = None if no_embed or dry_run else _embed(vault, threads)
    if common().json:
        print_json(_as_one([r.to_dict() for r in reports]) | {"embedded": embedded})
    return DONE_WITH_ISSUES if any(r.n_issues for r in reports) else 0


def _as_one(found: list[dict[str, Any]]) -> dict[str, Any]:
    return found[0] if len(found) == 1 else {"sources": found}


def _stop(error: VaultError, reports: "list[ImportReport]") -> int:
    """One file of several was refused; those before it are in the vault."""
    if not reports:
        raise error
    n = len(reports)
    kept = "The file before it was" if n == 1 else f"The {n:,} files before it were"
    if any(r.dry_run for r in reports):
        kept = "Nothing was kept; the files before it can be"
    hint = f"{as_sentence(error.hint)} {kept} read.".lstrip()
    if common().json:
        found = [r.to_dict() for r in reports]
        failed = {
            "message": as_sentence(error.message),
            "hint": hint,
            "exit_code": error.exit_code,
        }
        print_json({"error": failed, "sources": found})
    else:
        print_error(common(), error.message, hint, error.exit_code)
    return error.exit_code


def _mapped(texts: Sequence[str]) -> dict[str, str]:
    """`text=Body,timestamp=When`, or one after another, as a mapping."""
    pairs = [part.partition("=") for text in texts if text for part in text.split(",")]
    columns = {field.strip(): column.strip() for field, _, column in pairs}
    if not all(map(all, columns.items())) or len(columns) < len(pairs):
        raise UsageError(
            "--map could not be read",
            hint="Write --map text=Body,timestamp=When, each field once.",
        )
    return columns


def _print_report(report: "ImportReport") -> None:
    source = report.source
    print_text(
        one_line(f"{source['name']}: read as {source['importer']} for {report.persona}")
    )
    kept = "would be added" if report.dry_run else "added"
    for n, what in (
        (report.n_read, "records read"),
        (report.n_added, kept),
        (report.n_duplicate, "known already"),
        (report.n_revised, "with another text than before; both are kept"),
        (report.n_ignored, "left out"),
        (report.n_issues, "not readable"),
    ):
        if n or what in ("records read", kept):
            print_text(f"  {n:>9,} {what}")
        if what == "left out":
            _print_lines(f"{n:,} {reason}" for reason, n in report.ignored.items())
    shown = report.issues[:MOST_ISSUES]
    _print_lines(f"{issue['where']}: {issue['reason']}" for issue in shown)
    if report.n_issues > len(shown):
        _print_lines([f"and {report.n_issues - len(shown):,} more; see --json"])
    if report.first_at and report.last_at:
        print_text(f"  from {day(report.first_at)} to {day(report.last_at)}")
    for text in report.warnings:
        warn(text)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_text(wrapped(one_line(line), " " * 14))


def _embed(vault: "Vault", threads: int | None) -> dict[str, Any] | None:
    """Embed what is new, with the model in use; without one the import still stands."""
    from persona_vault.cli._languages import language_warnings
    from persona_vault.search import embed_messages
    from persona_vault.search.embed import n_to_embed, resolve_embedder

    try:
        # Not by name: a change to another model goes on with `embed`, which is asked
        # for, and not with an import.
        model = resolve_embedder(vault, None, threads=threads)
        warnings: list[str] = []
        if n_to_embed(vault, model):
            warnings = language_warnings(vault, model)
        if not common().json:
            for text in warnings:
                warn(text)
        found = embed_messages(vault, model, progress=progress("Embedding", timed=True))
    except NoModelError as error:
        note(f"Not embedded: {as_sentence(error.message)} {error.hint}".rstrip())
        return None
    if not common().json and found.n_embedded:
        print_text(f"Embedded {found.n_embedded:,} texts with {found.model_id}")
    return found.to_dict() | {"warnings": warnings}
