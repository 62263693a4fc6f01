"""`forget`: take an import, or messages by what names them, out of the vault."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._errors import INTERRUPTED
from persona_vault.cli._options import (
    common,
    opened_vault,
    typed,
    with_common_options,
)
from persona_vault.cli._output import note, one_line, print_json, print_text
from persona_vault.cli._receipt import (
    note_files,
    print_counts,
    print_examples,
    print_messages,
    print_plan,
    print_receipt,
)
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.search import Topic
    from persona_vault.store.chosen import Wanted
    from persona_vault.store.receipt import ForgetReceipt
    from persona_vault.store.vault import Vault

# More than are shown, so that some can be passed over.
_N_CANDIDATES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was typed."""

    source_id: int | None
    messages: tuple[int, ...]
    conversations: tuple[int, ...]
    search: str | None
    topics: tuple[str, ...]
    phrase: str | None
    name: str | None
    since: str | None
    until: str | None
    persona: str | None
    everything: bool
    n: int | None
    role: str | None
    seed: int | None
    embedder: str | None

    def ways(self) -> list[str]:
        """The options given that say what goes; --persona only where it is alone."""
        given = [
            option
            for option, value in (
                ("--source", self.source_id is not None),
                ("--message", self.messages),
                ("--conversation", self.conversations),
                ("--search", self.search is not None),
                ("--topic", self.topics),
                ("--phrase", self.phrase is not None),
                ("--name", self.name is not None),
                # Of a topic they say of which messages it was made.
                ("--since", not self.topics and (self.since or self.until)),
                ("--all", self.everything),
            )
            if value
        ]
        return given or ([] if self.persona is None else ["--persona"])

    def one_of(self) -> str:
        """The one option that says what goes.

        Raises:
            UsageError: None of them, or several.
        """
        given = self.ways()
        if len(given) != 1:
            raise UsageError(
                "It was not said what to forget"
                if not given
                else f"{' and '.join(given)} cannot stand together",
                hint="Name one: --message, --conversation, --search, --topic, --phrase,"
                " --name, --since and --until, --persona, --source or --all.",
            )
        self._refuse_beside(given[0])
        return given[0]

    def _refuse_beside(self, way: str) -> None:
        """Options that mean nothing for this way.

        Raises:
            UsageError: One of them was given.
        """
        if self.persona is not None and way in (
            "--source",
            "--message",
            "--conversation",
            "--all",
        ):
            raise UsageError(
                f"--persona and {way} cannot stand together",
                hint="Leave one of the two out.",
            )
        sorting = {
            "-n": self.n,
            "--role": self.role,
            "--seed": self.seed,
            "--embedder": self.embedder,
        }
        given = [option for option, value in sorting.items() if value is not None]
        if given and way != "--topic":
            raise UsageError(
                f"{given[0]} goes with --topic only",
                hint="It repeats how `persona-vault topics` was asked.",
            )


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
@click.option(
    "--topic",
    "topics",
    metavar="KEY",
    multiple=True,
    help="Messages of a topic, by its key in `topics`; repeat",
)
@click.option("-n", type=int, metavar="N", help="With --topic: as for `topics`")
@click.option(
    "--role", type=click.Choice(["user", "persona"]), help="With --topic: as there"
)
@click.option("--seed", type=int, metavar="N", help="With --topic: as there")
@click.option("--embedder", metavar="MODEL", help="With --topic: as there")
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
    yes: bool, dry_run: bool, no_marks: bool, compact: bool, **given: Any
) -> None:
    """Take messages out of the vault for good, with all that was made of them.

    Shows what goes, in numbers and by a few first words, and asks. Words, search
    index, vectors, vendor's records and kept files go; the file is written anew, so
    that no trace stays in it. What is forgotten leaves a mark without words, so that
    the next import leaves it out and says so; `import --bring-back` takes it in again.

    With --source an import is undone: messages that another imported file holds too
    stay, and the file can be imported again. - for a name, phrase or search reads it
    from standard input, so that nobody sees it on the command line.
    """
    for words in ("name", "phrase", "search"):
        if given[words] is not None:
            given[words] = typed(given[words])
    asked = _Asked(**given)
    if compact:
        if asked.ways():
            raise UsageError(
                f"--compact and {asked.ways()[0]} cannot stand together",
                hint="What is forgotten is cleared at once; --compact is for later.",
            )
        _compact()
        return
    kind = asked.one_of()
    with opened_vault() as vault:
        if kind == "--source":
            _undo(vault, asked.source_id or 0, yes=yes, dry_run=dry_run)
            return
        topics = _topics(vault, asked) if kind == "--topic" else []
        wanted = _wanted(vault, asked, kind, topics)
        if dry_run or not yes:
            planned = vault.forget(wanted, leave_marks=not no_marks, dry_run=True)
            if not common().json:
                _print_what(vault, wanted, topics, asked.search)
                print_plan(planned)
            if dry_run or not any(planned.removed.values()):
                _end(planned)
                return
            _confirm("Forget all this?")
        receipt = vault.forget(wanted, leave_marks=not no_marks)
    if not common().json:
        print_receipt(receipt)
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


def _topics(vault: "Vault", asked: _Asked) -> "list[Topic]":
    """The topics as they are sorted now.

    Raises:
        UsageError: One is not as it was listed.
    """
    from persona_vault.cli.topics import sorted_topics

    found = sorted_topics(
        vault,
        n=asked.n,
        persona=asked.persona,
        role=asked.role,
        since=asked.since,
        until=asked.until,
        seed=asked.seed or 0,
        embedder=asked.embedder,
    )
    return [found.by_key(key) for key in dict.fromkeys(asked.topics)]


def _wanted(
    vault: "Vault", asked: _Asked, kind: str, topics: "list[Topic]"
) -> "Wanted":
    from persona_vault.cli._dates import make_period
    from persona_vault.store.chosen import Kind, Wanted

    if topics:
        ids = tuple(number for topic in topics for number in topic.message_ids)
        return Wanted(kind=Kind.TOPIC, ids=ids)
    if kind == "--search":
        from persona_vault.search.holding import find_holding

        ids = find_holding(vault, asked.search or "", persona=asked.persona)
        return Wanted(kind=Kind.SEARCH, ids=ids, persona=asked.persona)
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
    from persona_vault.store.forgetting import sample_of_source
    from persona_vault.store.receipt import files_before

    source = next((s for s in vault.sources() if s.id == source_id), None)
    if source is not None and (dry_run or not yes) and not common().json:
        with vault.read() as connection:
            ids = sample_of_source(connection, source_id, n=_N_CANDIDATES)
        print_examples(vault, ids)
    if source is not None and not yes and not dry_run:
        if not common().json:
            print_counts(vault.forget_source(source_id, dry_run=True), "would go")
        _confirm(f"Take {source.name} ({source.persona}) out of the vault?")
    # Where there is no such source, this says so.
    counts = vault.forget_source(source_id, dry_run=dry_run)
    with vault.read() as connection:
        files = files_before(connection, vault.path)
    if common().json:
        print_json(
            {
                "kind": "source",
                "source_id": source_id,
                "dry_run": dry_run,
                "removed": counts,
                "copies": files.copies,
                "snapshots": files.snapshots,
                "not_found": [one.to_dict() for one in files.not_found],
            }
        )
        return
    print_counts(counts, "would go" if dry_run else "removed")
    if not dry_run:
        note("Backups of the vault and the export file itself still hold it.")
        note_files(files)


def _confirm(question: str) -> None:
    """Go on if the answer is yes.

    Raises:
        UsageError: There is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask at; nothing was taken out",
            hint="See what would go with --dry-run; add --yes if you are sure.",
        )
    # With --json the answer "no" is told as an error object, as any other stop is.
    if not click.confirm(one_line(question), abort=common().json, err=True):
        print_text("Nothing was taken out.")
        raise click.exceptions.Exit(INTERRUPTED)


def _print_what(
    vault: "Vault", wanted: "Wanted", topics: "list[Topic]", query: str | None
) -> None:
    """Words of what goes, for the person who asked; they stand in no receipt."""
    from persona_vault.store.chosen import Kind
    from persona_vault.store.forgetting import sample_chosen

    if topics:
        from persona_vault.cli.topics import print_topic

        for topic in topics:
            print_topic(topic)
        note(
            "A topic is drawn by nearness: other topics may touch the same thing, and"
            " messages of fewer than five words are in none. They stay; `forget"
            " --search` or `--phrase` finds them by their words."
        )
        return
    if wanted.kind is Kind.SEARCH:
        # Every hit: a search may well find what nobody meant.
        print_messages(vault, wanted.ids, whole=True)
        _note_earlier(vault, query or "", wanted.persona)
        return
    with vault.read() as connection:
        ids = sample_chosen(connection, wanted, n=_N_CANDIDATES)
    print_examples(vault, ids)


def _note_earlier(vault: "Vault", query: str, persona: str | None) -> None:
    """Say of which hits the words need not stand in the text that is shown."""
    from persona_vault.search.holding import find_earlier

    ids = find_earlier(vault, query, persona=persona)
    if ids:
        holds = "message holds" if len(ids) == 1 else "messages hold"
        numbers = ", ".join(map(str, ids))
        note(
            f"{len(ids):,} {holds} it in an earlier wording ({numbers}), which goes"
            " too; shown is the text that stands there now."
        )
