"""`demo`: see a report on an invented talk first."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import common, with_common_options
from persona_vault.cli._output import day, note, print_json, print_text, wrapped
from persona_vault.cli.report import taken, write_report
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.cli._tour import Tour
    from persona_vault.cli._truth import Checked
    from persona_vault.findings import PersonaDiff

DEFAULT_NAME = "report.html"
BEFOREHAND = (
    "Juniper is invented, and so is Sam, who talks with her: eighteen months of talk, "
    "as three apps would export them. One update is planted, and one change of Sam's "
    "side. This takes one to four minutes. Nothing leaves this machine."
)


@click.command("demo", short_help="See a report on an invented talk first")
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    default=1,
    show_default=True,
    help="Another number invents another talk with the same changes",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The report; without it report.html, or the next free of report-2.html, ...",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists")
@click.option(
    "--keep", metavar="DIR", help="Keep exports, vault and passphrase in this folder"
)
@with_common_options
def command(seed: int, output: str | None, force: bool, keep: str | None) -> None:
    """Invent a talk, plant two changes in it, and hold the comparison against them.

    Writes one report and leaves nothing else behind, unless --keep names a folder. An
    existing report.html is never overwritten without -o and --force.
    """
    from persona_vault.cli._tour import take_tour
    from persona_vault.reports import render_report

    path = Path(output or DEFAULT_NAME)
    if output and path.exists() and not force:
        raise taken(path)
    note(BEFOREHAND)
    with _folder(keep) as folder:
        tour = take_tour(folder, seed, note, keep=keep is not None)
    path = path if output else _next_free(path)
    write_report(path, render_report(tour.update), force=force and output is not None)
    if common().json:
        print_json(_as_json(tour, path, keep))
    else:
        _print(tour, path, keep)


@contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    """The folder to keep, or one that is removed at the end, come what may."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="persona-vault-demo-") as name:
            yield Path(name)
        return
    folder = Path(keep)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} exists already and is not an empty folder",
            hint="Name a new folder with --keep.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _next_free(path: Path) -> Path:
    """The path, or the first of `report-2.html`, `report-3.html`, ... that is free."""
    numbered = (path.with_stem(f"{path.stem}-{n}") for n in count(2))
    return path if not path.exists() else next(p for p in numbered if not p.exists())


def _as_json(tour: "Tour", path: Path, keep: str | None) -> dict[str, Any]:
    world = tour.world
    return {
        "report": str(path.absolute()),
        "kept": str(Path(keep).absolute()) if keep else None,
        "seed": world.seed,
        "planted": world.notes,
        "n_messages": world.n_messages,
        "embedder": tour.embedder or None,
        "searches": tour.searches,
        "update": _compared(tour.update, tour.update_rows)
        | {"at": world.update_at, "may_move": world.update_undecided},
        "user_shift": _compared(tour.user_shift, tour.user_shift_rows)
        | {"at": world.user_shift_at, "until": world.user_shift_until},
    }


def _compared(diff: "PersonaDiff", rows: Sequence["Checked"]) -> dict[str, Any]:
    return {"verdict": diff.verdict, "summary": diff.summary, "rows": rows}


def _print(tour: "Tour", path: Path, keep: str | None) -> None:
    print_text(f"The report is in {path.absolute()}")
    print_text("It compares the replies before and after the planted update.")
    print_text("\nWhat was planted")
    for line in tour.world.notes:
        print_text(_bullet(line))
    _print_searches(tour)
    _print_update(tour)
    _print_user_shift(tour)
    _print_next(keep)


def _bullet(text: str) -> str:
    return "  - " + wrapped(text, "    ").lstrip()


def _print_searches(tour: "Tour") -> None:
    print_text("\nFinding a message again")
    if not tour.embedder:
        print_text("  By words only, as there is no embedding model on this machine.")
    for search in tour.searches:
        how = "by words  " if search.mode == "keyword" else "by meaning"
        print_text(f"  {how}  {search.query}")
        if not search.text:
            print_text("    nothing was found")
            continue
        right = "right" if search.right else "not what was meant"
        print_text(
            wrapped(
                f"> {search.text} ({search.speaker}, {day(search.sent_at)})", "    "
            )
        )
        print_text(f"    {right}")


def _print_update(tour: "Tour") -> None:
    print_text("\nThe planted update, 15 May 2025: truth and verdict")
    print_text(wrapped(tour.update.summary, "  "))
    _print_rows(tour.update_rows)
    n = len(tour.world.update_undecided)
    print_text(
        wrapped(
            f"{n} further ones hang on the planted ones and may move or not; they "
            "count neither for nor against.",
            "  ",
        )
    )


def _print_user_shift(tour: "Tour") -> None:
    print_text("\nOnly Sam's side, 23 September to 15 December 2024: truth and verdict")
    print_text(wrapped(tour.user_shift.summary, "  "))
    print_text(
        wrapped(
            "No reply was changed here. What is planted for the replies follows from "
            "Sam's shorter messages, so the right answer is that it goes with Sam's "
            "side or cannot be separated from it.",
            "  ",
        )
    )
    _print_rows(tour.user_shift_rows)


def _print_rows(rows: Sequence["Checked"]) -> None:
    planted = [r for r in rows if r.planted != "none"]
    print_text("\n  planted  named  outcome    measure, and what was said of it")
    for row in planted:
        whose = "Sam's messages: " if row.side == "user" else ""
        head = f"  {row.planted:<7}  {row.direction:<5}  {row.outcome:<9}  "
        said = f"{row.said}, {row.size}" if row.size else row.said
        body = wrapped(f"{whose}{row.title}: {said}", " " * len(head))
        print_text(head + body.lstrip())
    print_text()
    n_found = sum(r.outcome == "found" for r in planted)
    n_wrong = sum(r.outcome == "wrong" for r in planted)
    n_not = len(planted) - n_found - n_wrong
    print_text(
        f"  Planted in {len(planted)} measures: {n_found} found, {n_not} not found, "
        f"{n_wrong} wrong."
    )
    alone = [r for r in rows if r.planted == "none"]
    named = [r for r in alone if r.outcome == "wrong"]
    told = "none of them was named" if not named else f"{len(named)} named all the same"
    print_text(f"  Left alone in {len(alone)} measures of the replies: {told}.")
    for row in named:
        print_text(_bullet(f"{row.title}: {row.said}, {row.size}"))
    if named:
        print_text(
            wrapped(
                "Chance does that: on average up to 1 in 20 of those called "
                "changed, and up to 1 in 10 of those called probably changed.",
                "  ",
            )
        )


def _print_next(keep: str | None) -> None:
    print_text("\nWith your own export")
    print_text("  persona-vault init --timezone Europe/Berlin")
    print_text("  persona-vault import FILE --persona NAME")
    print_text("  persona-vault report --persona NAME --at 2025-05-15 -o mine.html")
    print_text(
        wrapped(
            "The first line makes an encrypted vault; the date is the one you wonder "
            "about.",
            "  ",
        )
    )
    if keep is None:
        print_text("\nNothing of the demo was kept besides the report.")
        return
    from persona_vault.cli._tour import PASSPHRASE_NAME

    folder = Path(keep).absolute()
    vault = folder / "vault"
    print_text(f"\nThe exports and the vault of the demo are in {folder}")
    print_text(
        f"  persona-vault info --vault {_quoted(vault)} "
        f"--passphrase-file {_quoted(folder / PASSPHRASE_NAME)}"
    )


def _quoted(path: Path) -> str:
    """A path as a shell takes it."""
    if os.name == "nt":
        return f'"{path}"'
    import shlex

    return shlex.quote(str(path))
