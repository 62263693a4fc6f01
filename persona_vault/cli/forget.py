"""`forget`: take an import, or messages by what names them, out of the vault."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._errors import INTERRUPTED
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    minute,
    note,
    one_line,
    print_json,
    print_table,
    print_text,
    wrapped,
)
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.store.chosen import Wanted
    from persona_vault.store.receipt import ForgetReceipt
    from persona_vault.store.vault import Vault

_NAMED = {
    "n_messages": ("message", "messages"),
    "n_persona_inputs": ("memory or instruction", "memories and instructions"),
    "n_conversations": ("conversation", "conversations"),
    "n_personas": ("companion", "companions"),
    "n_sources": ("entry of an import", "entries of imports"),
    "n_events": ("dated event", "dated events"),
    "n_revisions": ("earlier wording", "earlier wordings"),
    "n_attachments": ("attachment", "attachments"),
    "n_files": ("kept file", "kept files"),
    "n_raw_records": ("record of the vendor", "records of the vendor"),
    "n_shared_records": (
        "record of the vendor, of a message that stays",
        "records of the vendor, of messages that stay",
    ),
    "n_labels": ("title or name, blotted", "titles and names, blotted"),
    "n_wrong_hits": ("hit marked wrong", "hits marked wrong"),
    "n_model_claims": ("named model", "named models"),
    "n_passages": ("text for search", "texts for search"),
    "n_vectors": ("vector", "vectors"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was typed."""

    source_id: int | None
    messages: tuple[int, ...]
    conversations: tuple[int, ...]
    search: str | None
    phrase: str | None
    name: str | None
    since: str | None
    until: str | None
    persona: str | None
    everything: bool

    def one_of(self) -> str:
        """The one option that says what goes.

        Raises:
            UsageError: None of them, or several.
        """
        given = [
            option
            for option, value in (
                ("--source", self.source_id is not None),
                ("--message", self.messages),
                ("--conversation", self.conversations),
                ("--search", self.search is not None),
                ("--phrase", self.phrase is not None),
                ("--name", self.name is not None),
                ("--since", self.since or self.until),
                ("--all", self.everything),
            )
            if value
        ]
        if not given and self.persona is not None:
            return "--persona"
        if len(given) != 1:
            raise UsageError(
                "It was not said what to forget"
                if not given
                else f"{' and '.join(given)} cannot stand together",
                hint="Name one: --message, --conversation, --search, --phrase, --name,"
                " --since and --until, --persona, --source or --all.",
            )
        if self.persona is not None and given[0] in (
            "--source",
            "--message",
            "--conversation",
            "--all",
        ):
            raise UsageError(
                f"--persona and {given[0]} cannot stand together",
                hint="Leave one of the two out.",
            )
        return given[0]


@click.command("forget", short_help="Take messages or an import out for good")
@click.option(
    "--message", "messages", type=int, multiple=True, help="A message; repeat"
)
@click.option(
    "--conversation", "conversations", type=int, multiple=True, help="One whole; repeat"
)
@click.option(
    "--search", metavar="QUERY", help="Messages that hold all words of a search"
)
@click.option("--phrase", metavar="WORDS", help="Messages with these words in a row")
@click.option("--name", metavar="NAME", help="Messages with, or by, a person")
@click.option("--since", metavar="DATE", help="Messages from this date on")
@click.option("--until", metavar="DATE", help="Messages before this date")
@click.option(
    "--persona", metavar="NAME", help="A companion; with the above: only there"
)
@click.option(
    "--source", "source_id", type=int, help="Undo an import: id from `sources`"
)
@click.option("--all", "everything", is_flag=True, help="Everything in the vault")
@click.option("--compact", is_flag=True, help="Only clear traces left by a busy vault")
@click.option(
    "--no-marks", is_flag=True, help="Leave no mark; the next import brings it back"
)
@click.option("--dry-run", is_flag=True, help="Only say what would go")
@click.option("--yes", is_flag=True, help="Do not ask")
@with_common_options
def command(
    yes: bool, dry_run: bool, no_marks: bool, compact: bool, **typed: Any
) -> None:
    """Take messages out of the vault for good, with all that was made of them.

    Shows in numbers what goes, and asks. Words, search index, vectors, vendor's
    records and kept files go; the file is written anew, so that no trace stays in it.
    What is forgotten leaves a mark without words, so that the next import leaves it
    out and says so; `import --bring-back` takes it in again.

    With --source an import is undone: messages that another imported file holds too
    stay, and the file can be imported again.
    """
    asked = _Asked(**typed)
    if compact:
        _compact()
        return
    kind = asked.one_of()
    _require_an_answer(yes=yes, dry_run=dry_run)
    with opened_vault() as vault:
        if kind == "--source":
            _undo(vault, asked.source_id or 0, yes=yes, dry_run=dry_run)
            return
        wanted = _wanted(vault, asked, kind)
        if dry_run or not yes:
            planned = vault.forget(wanted, leave_marks=not no_marks, dry_run=True)
            if not common().json:
                _print_hits(vault, wanted)
                _print_plan(planned)
            if dry_run:
                _end(planned)
                return
            if not _something(planned):
                return
            _confirm("Forget all this?")
        receipt = vault.forget(wanted, leave_marks=not no_marks)
    if not common().json:
        _print_receipt(receipt)
    _end(receipt)


def _compact() -> None:
    """Write the file anew and empty the log; nothing else."""
    with opened_vault() as vault:
        compacted, emptied = vault.compact()
    if common().json:
        print_json({"compacted": compacted, "log_emptied": emptied})
    elif compacted and emptied:
        print_text("The vault's file was written anew and its log is empty.")
    else:
        print_text("Another program has the vault open; nothing is lost, try later.")


def _end(receipt: "ForgetReceipt") -> None:
    if common().json:
        print_json(receipt.to_dict())


def _require_an_answer(*, yes: bool, dry_run: bool) -> None:
    if not yes and not dry_run and not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask at; nothing was taken out",
            hint="See what would go with --dry-run; add --yes if you are sure.",
        )


def _wanted(vault: "Vault", asked: _Asked, kind: str) -> "Wanted":
    from persona_vault.cli._dates import make_period
    from persona_vault.store.chosen import Kind, Wanted

    if kind == "--search":
        from persona_vault.search.holding import find_holding

        ids = find_holding(vault, asked.search or "", persona=asked.persona)
        return Wanted(kind=Kind.SEARCH, ids=ids)
    if kind == "--since":
        return Wanted(
            kind=Kind.PERIOD,
            period=make_period(asked.since, asked.until, vault.zone),
            persona=asked.persona,
        )
    made = {
        "--message": Wanted(kind=Kind.MESSAGE, ids=asked.messages),
        "--conversation": Wanted(kind=Kind.CONVERSATION, ids=asked.conversations),
        "--phrase": Wanted(
            kind=Kind.PHRASE, words=asked.phrase or "", persona=asked.persona
        ),
        "--name": Wanted(kind=Kind.NAME, words=asked.name or "", persona=asked.persona),
        "--persona": Wanted(kind=Kind.PERSONA, persona=asked.persona),
        "--all": Wanted(kind=Kind.ALL),
    }
    return made[kind]


def _undo(vault: "Vault", source_id: int, *, yes: bool, dry_run: bool) -> None:
    """Undo an import."""
    from persona_vault.store.receipt import known_copies

    source = next((s for s in vault.sources() if s.id == source_id), None)
    if source is not None and dry_run:
        counts = vault.forget_source(source_id, dry_run=True)
    else:
        if source is not None and not yes:
            _confirm(f"Take {source.name} ({source.persona}) out of the vault?")
        counts = vault.forget_source(source_id)
    copies = known_copies(vault.path)
    if common().json:
        print_json(
            {
                "kind": "source",
                "source_id": source_id,
                "dry_run": dry_run,
                "removed": counts,
                "copies": copies,
            }
        )
        return
    _print_counts(counts, "would go" if dry_run else "removed")
    if not dry_run:
        note("Backups of the vault and the export file itself still hold it.")
        _note_copies(copies)


def _confirm(question: str) -> None:
    # With --json the answer "no" is told as an error object, as any other stop is.
    if not click.confirm(one_line(question), abort=common().json, err=True):
        print_text("Nothing was taken out.")
        raise click.exceptions.Exit(INTERRUPTED)


def _something(receipt: "ForgetReceipt") -> bool:
    return any(receipt.removed.values())


def _print_hits(vault: "Vault", wanted: "Wanted") -> None:
    """Every hit of a search, so that nothing goes unseen."""
    if wanted.kind.value != "search":
        return
    for message_id in wanted.ids:
        found = vault.message(message_id)
        lead = f"{message_id}  {minute(found.sent_at)}  {found.speaker}: "
        print_text(wrapped(one_line(lead + found.text)))


def _print_counts(counts: Any, head: str) -> None:
    rows = [
        (n, one if n == 1 else many)
        for key, (one, many) in _NAMED.items()
        if (n := counts.get(key, 0))
    ]
    if rows:
        print_table(("number", head), rows)
    else:
        print_text("Nothing in the vault is named by that.")


def _print_plan(planned: "ForgetReceipt") -> None:
    _print_counts(planned.removed, "would go")
    if planned.n_spoken:
        note(f"{planned.n_spoken:,} of the messages are by a speaker of that name.")
    if planned.n_without_time:
        note(f"{planned.n_without_time:,} messages without a time stay.")
    if planned.removed.get("n_shared_records"):
        note(
            "A vendor's record can hold several messages; where one of them goes, the"
            " record goes whole. The other messages stay, but cannot be read anew from"
            " it by a later version."
        )


def _print_receipt(receipt: "ForgetReceipt") -> None:
    _print_counts(receipt.removed, "forgotten")
    if receipt.n_marks:
        note(
            f"{receipt.n_marks:,} {'mark' if receipt.n_marks == 1 else 'marks'} without"
            " words will keep it out of the next import."
        )
    if receipt.n_ids:
        note(
            f"{receipt.n_ids:,} conversations bear these words in the id that the"
            " export gave them; the id stays, since the next import needs it."
        )
    if receipt.removed.get("n_messages") and not receipt.compacted:
        note(
            "The file could not be written anew now, since another program has it open"
            " or the disk is full; a few traces may stay in it. Run `persona-vault"
            " forget --compact` later."
        )
    if not receipt.log_emptied:
        note(
            "Another program has the vault open, so its log may hold traces until that"
            " one closes it."
        )
    if receipt.sources:
        note(f"It came from: {', '.join(receipt.sources)}.")
    _note_copies(receipt.copies)
    if receipt.snapshots:
        note(f"Snapshots with quotes: {', '.join(receipt.snapshots)}.")
    note("This program cannot reach, and these may still hold it:")
    for sentence in receipt.beyond:
        note(f"  {sentence}")


def _note_copies(copies: tuple[str, ...]) -> None:
    if copies:
        note(
            f"Beside the vault lie older copies of it ({', '.join(copies)}), which"
            " still hold it; remove them once you no longer need them."
        )
