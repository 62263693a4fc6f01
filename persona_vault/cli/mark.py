"""`mark`: say that a measure counted a message wrongly."""

from typing import TYPE_CHECKING

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, note, print_json, print_table, print_text
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault


@click.command("mark", short_help="Say that a measure counted a message wrongly")
@click.argument("message_id", type=int, required=False)
@click.option("--row", metavar="NAME", help="The measure, as `mark NUMBER` names it")
@click.option("--wrong", is_flag=True, help="Leave this hit out of the count")
@click.option("--undo", is_flag=True, help="Count it again")
@click.option("--list", "listed", is_flag=True, help="Show all that is marked")
@with_common_options
def command(
    message_id: int | None, row: str | None, wrong: bool, undo: bool, listed: bool
) -> None:
    """Mark a hit of a measure as wrong, so that snapshots and reports leave it out.

    Rules find cues by words, and are sometimes mistaken. With a message's number alone,
    the measures that count it are shown with the words they go by. A message stays an
    occasion of the measure; reports say how many hits were marked wrong.
    """
    if listed:
        _refuse_unless(message_id is None and not (row or wrong or undo))
        _show_marks()
        return
    _refuse_unless(message_id is not None and wrong + undo == (row is not None))
    if message_id is None:  # refused above; said for the type checker
        return
    with opened_vault() as vault:
        if row is None:
            _show_hits(vault, message_id)
        elif undo:
            _undo(vault, message_id, row)
        else:
            _mark(vault, message_id, row)


def _refuse_unless(clear: bool) -> None:
    if not clear:
        raise UsageError(
            "What is to be marked is not clear",
            hint="Write `mark NUMBER`, `mark NUMBER --row NAME --wrong` (or --undo),"
            " or `mark --list`.",
        )


def _show_hits(vault: "Vault", message_id: int) -> None:
    from persona_vault.plain import plain
    from persona_vault.snapshot.hits import hits_of
    from persona_vault.store.marks import wrong_hits

    hits = hits_of(vault, message_id)
    wrong = {row for row, ids in wrong_hits(vault).items() if message_id in ids}
    if common().json:
        told = [{**plain(hit), "marked": hit.row in wrong} for hit in hits]
        print_json({"message_id": message_id, "hits": told})
        return
    if not hits:
        print_text(f"No measure counts a word of message {message_id}.")
        return
    print_table(
        ("row", "counts", "by the words", "marked"),
        [
            (
                hit.row,
                hit.title,
                "; ".join(hit.words),
                "wrong" if hit.row in wrong else "",
            )
            for hit in hits
        ],
    )
    note(
        f"If one was counted by mistake: persona-vault mark {message_id} --row NAME"
        " --wrong leaves it out."
    )


def _mark(vault: "Vault", message_id: int, row: str) -> None:
    from persona_vault.snapshot.hits import cue_row, hits_of
    from persona_vault.store.marks import mark_wrong

    title = cue_row(vault, row).title
    if row not in {hit.row for hit in hits_of(vault, message_id)}:
        raise UsageError(
            f"Message {message_id} is no hit of {row}.",
            hint=f"`persona-vault mark {message_id}` names the measures that count it.",
        )
    with vault.write() as connection:
        mark_wrong(connection, message_id, row)
    if common().json:
        print_json({"message_id": message_id, "row": row, "marked": True})
    else:
        print_text(
            f"Message {message_id} no longer counts as a hit of “{title}”;"
            " reports say that hits were marked."
        )


def _undo(vault: "Vault", message_id: int, row: str) -> None:
    from persona_vault.store.marks import undo_mark

    with vault.write() as connection:
        undo_mark(connection, message_id, row)
    if common().json:
        print_json({"message_id": message_id, "row": row, "marked": False})
    else:
        print_text(f"Message {message_id} counts again for {row}.")


def _show_marks() -> None:
    from persona_vault.store.marks import read_marks

    with opened_vault() as vault, vault.read() as connection:
        marks = read_marks(connection)
    if common().json:
        print_json({"marked": marks})
        return
    if not marks:
        print_text("No hit is marked wrong.")
        return
    print_table(
        ("message", "row", "marked", "note"),
        [
            (
                m.message_id,
                m.row,
                day(m.marked_at),
                "rests: the message reads otherwise now" if m.rests else "",
            )
            for m in marks
        ],
    )
