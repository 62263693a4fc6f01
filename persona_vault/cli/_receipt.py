"""What `forget` shows: what would go, what went, and where it may still stand."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from persona_vault.cli._options import common
from persona_vault.cli._output import note, one_line, print_table, print_text, wrapped
from persona_vault.cli.read import speaker_name, spoken_at

if TYPE_CHECKING:
    from persona_vault.store.receipt import FilesBefore, ForgetReceipt
    from persona_vault.store.vault import Vault

# An example is a reminder, not a reading: so much of it stands on its line.
_MOST_LETTERS = 44
_N_EXAMPLES = 3
_MOST_FILES = 10

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


def print_messages(vault: "Vault", ids: Iterable[int], *, whole: bool) -> None:
    """Each message with its number, time and speaker; its first words, or all."""
    from persona_vault.search.present import read_rows
    from persona_vault.store.cells import role_cell
    from persona_vault.store.clock import from_micros

    wanted = tuple(ids)
    with vault.read() as connection:
        rows = read_rows(connection, wanted)
    for message_id in wanted:
        if message_id not in rows:  # another program took it out just now
            continue
        row = rows[message_id]
        at = None if row.sent_at is None else from_micros(row.sent_at)
        who = speaker_name(role_cell(row.role), row.speaker, row.persona)
        text = row.text if whole else _first_words(row.text)
        lead = f"{message_id}  {spoken_at(at, row.local_at)}  {who}: "
        print_text(wrapped(one_line(lead + text)))


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= _MOST_LETTERS:
        return line
    cut = line[:_MOST_LETTERS]
    whole_words, space, _ = cut.rpartition(" ")
    return f"{whole_words if space else cut} ..."


def print_examples(vault: "Vault", ids: Iterable[int]) -> None:
    """The first, a middle and the last of some messages that would go.

    None that speaks of self-harm is shown unasked.
    """
    from persona_vault.crisis import mentions_crisis
    from persona_vault.search.present import read_rows

    wanted = tuple(ids)
    with vault.read() as connection:
        rows = read_rows(connection, wanted)
    calm = [i for i in wanted if i in rows and not mentions_crisis(rows[i].text)]
    if len(calm) > _N_EXAMPLES:
        calm = [calm[0], calm[len(calm) // 2], calm[-1]]
    if calm and not common().quiet:
        print_text("Among them:" if len(wanted) > len(calm) else "These would go:")
        print_messages(vault, calm, whole=False)
        print_text()


def print_counts(counts: Mapping[str, int], head: str) -> None:
    """How much of each kind; a kind of which there is nothing is left out."""
    rows = [
        (n, one if n == 1 else many)
        for key, (one, many) in _NAMED.items()
        if (n := counts.get(key, 0))
    ]
    if rows:
        print_table(("number", head), rows)
    else:
        print_text("Nothing in the vault is named by that.")


def print_plan(planned: "ForgetReceipt") -> None:
    """What would go, and what about it one could not know."""
    print_counts(planned.removed, "would go")
    if planned.n_spoken:
        note(f"{planned.n_spoken:,} of the messages are by a speaker of that name.")
    if planned.n_without_time:
        messages = "message" if planned.n_without_time == 1 else "messages"
        stay = "stays" if planned.n_without_time == 1 else "stay"
        note(f"{planned.n_without_time:,} {messages} without a time {stay}.")
    if planned.n_versions:
        note(
            f"{planned.n_versions:,} of the messages are answers set aside, or wordings"
            " before an edit, in whose place another one of them is shown."
        )
    if planned.versions_left:
        again = " ".join(f"--message {number}" for number in planned.versions_left)
        note(
            "Answers set aside, or wordings before an edit, stand in the same place"
            f" and stay; they can be named too: {again}"
        )
    if planned.n_titles:
        one = planned.n_titles == 1
        note(
            f"{planned.n_titles:,} {'title stays' if one else 'titles stay'}, of"
            f" {'a conversation' if one else 'conversations'} that other messages are"
            " in; `forget --phrase` takes words out of titles."
        )
    if planned.removed.get("n_shared_records"):
        note(
            "A vendor's record can hold several messages; where one of them goes, the"
            " record goes whole. The other messages stay, but cannot be read anew from"
            " it by a later version."
        )


def print_receipt(receipt: "ForgetReceipt") -> None:
    """What went, and where it may still stand."""
    print_counts(receipt.removed, "forgotten")
    if not any(receipt.removed.values()):
        return
    if receipt.n_marks:
        note(
            f"{receipt.n_marks:,} {'mark' if receipt.n_marks == 1 else 'marks'} without"
            " words will keep it out of the next import."
        )
    if receipt.removed.get("n_vectors") and receipt.kind not in ("all", "persona"):
        note(
            "Vectors of messages beside them were made of both, so these went as well;"
            " `persona-vault embed` makes them anew."
        )
    if receipt.n_ids:
        note(
            "These words also stand in the id that the export gave to"
            f" {receipt.n_ids:,} of the conversations; the id stays, since the next"
            " import needs it."
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
        note(f"It came from: {', '.join(dict.fromkeys(receipt.sources))}.")
    note_files(receipt)
    note("This program cannot reach, and these may still hold it:")
    for sentence in receipt.beyond:
        note(f"  {sentence}")


def note_files(files: "FilesBefore | ForgetReceipt") -> None:
    """Name what was written from the vault before, and what lies beside it."""
    if files.copies:
        note(
            "Copies and backups of the vault were made before, and still hold it;"
            " remove them once you no longer need them:"
        )
        _note_each(files.copies)
    if files.snapshots:
        note(
            "Exports, and reports and snapshots with quotes, were written before; look"
            " whether it stands in them:"
        )
        _note_each(files.snapshots)
    if files.not_found:
        note(
            "These were written before too, but are not where they were put. If they"
            " are elsewhere now, they may still hold it:"
        )
        _note_each(
            f"{one.path} ({one.kind} of {one.at[:10]})" for one in files.not_found
        )


def _note_each(names: Iterable[str]) -> None:
    """The latest, which come last, are named if there are many."""
    listed = list(names)
    for name in listed[-_MOST_FILES:]:
        note(f"  {one_line(name)}")
    if len(listed) > _MOST_FILES:
        note(f"  and {len(listed) - _MOST_FILES:,} earlier ones; --json lists all.")
