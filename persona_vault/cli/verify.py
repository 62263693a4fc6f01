"""`verify`: look for damage in the vault, and rebuild what is derived."""

from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_text, wrapped
from persona_vault.errors import VaultDamagedError

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault
    from persona_vault.store.verify import Damage, NotCompared

_BEGINS = {
    "structure": "Looking at pages, indexes and the schema.",
    "hashes": "Comparing every row with the hash that was written with it.",
    "content": "Comparing what is derived with the messages it is made from.",
    "vectors": "Comparing a few vectors with those that the model makes now.",
    "records": "Comparing messages with the records they were read from.",
}
# What a kind of damage is called, for one and for many.
_KINDS = {
    "pages": ("place in the file does", "places in the file do", "not fit the rest"),
    "index": ("entry is", "entries are", "wrong in the index {table}"),
    "reference": ("row of {table} names", "rows of {table} name", "what is not there"),
    "schema": ("part of the schema is", "parts of the schema are", "not as written"),
    "numbering": ("counter of ids is", "counters of ids are", "wrong"),
    "encrypted_pages": ("page is", "pages are", "not as written"),
    "changed": ("row of {table} is", "rows of {table} are", "not as written"),
    "lost": ("row of {table} is", "rows of {table} are", "gone"),
    "unreadable": ("row of {table} is", "rows of {table} are", "not readable"),
    "hash_damaged": (
        "row of {table} has",
        "rows of {table} have",
        "a damaged hash, so that they could not be checked",
    ),
    "passage": ("search text is", "search texts are", "not that of the message"),
    "full_text": ("place of the word index is", "places of the word index are", "off"),
    "vector": ("vector is", "vectors are", "none any more"),
    "vector_part": (
        "part of the index by meaning is",
        "parts of the index by meaning are",
        "not what their vectors give",
    ),
    "vector_text": (
        "of the vectors compared is",
        "of the vectors compared are",
        "not what the model makes of the text",
    ),
    "file": ("kept attachment is", "kept attachments are", "not as written"),
    "record": ("row of {table} does", "rows of {table} do", "not say what was read"),
    "unfinished": ("check", "checks", "broke off, and what is behind it is not known"),
}
# Why something was not compared: behind "of APP".
_REASONS = {
    "whole_file": "the reader of that format needs the whole file",
    "other_version": "another version of the reader has read them; `persona-vault"
    " reimport` reads them again",
    "no_reader": "their reader is not installed any more",
    "no_record": "no record of theirs alone was kept",
    "no_model": "the model is not on this machine",
    "no_text": "no message has these words any more; `persona-vault verify --repair`"
    " removes them",
    "record_alone": "their record alone does not say enough",
}
_COUNTED = {
    "message": ("message", "messages"),
    "vector": ("vector", "vectors"),
    "persona_input": ("instruction or memory", "instructions or memories"),
}
_UNUSED = "vector_of_no_text"  # what a repair removed
_MOST_NUMBERS = 12


@click.command("verify", short_help="Look for damage in the vault")
@click.option("--quick", is_flag=True, help="Only the structure, not every row")
@click.option("--repair", is_flag=True, help="Rebuild what can be made again")
@with_common_options
def command(quick: bool, repair: bool) -> int:
    """Look for damage: in the file, in every row, and in what is made from the rows.

    Says where it is, never what is written there, and exits with 7 if there is any.
    With --repair, indexes, search texts, hashes and damaged vectors are made again;
    messages are left as they are.
    """
    with opened_vault() as vault:
        levels = ["structure"] if quick else list(_BEGINS)
        sources = _source_names(vault)
        found, left_out = _find(vault, quick=quick)
        repaired: list[str] = []
        if repair and _can_mend(found, left_out):
            repaired = _mend(vault, found, left_out)
            note("Looking once more, after the repair.")
            found, left_out = _find(vault, quick=quick)
        facts = {
            "vault": str(vault.path),
            "encrypted": vault.encrypted,
            "levels": levels,
            "n_damaged": sum(damage.n for damage in found),
            "damage": found,
            "not_compared": left_out,
            "repaired": repaired,
        }
    if common().json:
        print_json(facts)
    else:
        _print(found, repaired, sources, quick=quick)
        for each in left_out:
            _print_not_compared(each)
    return VaultDamagedError.exit_code if found else 0


def _find(vault: "Vault", *, quick: bool) -> "tuple[list[Damage], list[NotCompared]]":
    """What is damaged, and what could not be compared."""
    from persona_vault.ingest.checking import Compared, check_records, not_compared
    from persona_vault.search.checking import check_vectors
    from persona_vault.store.verify import CONTENT, find_damage, to_the_end

    found = list(find_damage(vault, quick=quick, progress=_begin))
    if quick:
        return found, []
    left_out: list[NotCompared] = []
    _begin("vectors")
    check = check_vectors(vault, left_out.append)
    found += to_the_end(check, CONTENT, after=bool(found))
    _begin("records")
    compared: Compared = {}
    check = check_records(vault, compared=compared)
    found += to_the_end(check, CONTENT, after=bool(found))
    return found, [*left_out, *not_compared(vault, compared)]


def _can_mend(found: "list[Damage]", left_out: "list[NotCompared]") -> bool:
    return any(damage.rebuildable for damage in found) or _has_unused(left_out)


def _has_unused(left_out: "list[NotCompared]") -> bool:
    return any(each.reason == "no_text" for each in left_out)


def _mend(
    vault: "Vault", found: "list[Damage]", left_out: "list[NotCompared]"
) -> list[str]:
    """Rebuild what can be, and remove what is of no use; kinds of what was done."""
    from persona_vault.store.verify import drop_vectors_of_no_text, repair

    done = repair(vault, found)
    if _has_unused(left_out) and drop_vectors_of_no_text(vault):
        done.append(_UNUSED)
    return done


def _begin(level: str) -> None:
    if not common().json:
        note(_BEGINS[level])


def _source_names(vault: "Vault") -> dict[int, str]:
    try:
        return {source.id: source.name for source in vault.sources()}
    except VaultDamagedError:
        return {}


def _print(
    found: "list[Damage]", repaired: list[str], sources: dict[int, str], *, quick: bool
) -> None:
    made = [each for each in repaired if each != _UNUSED]
    if made:
        print_text(f"Made again: {', '.join(made).replace('_', ' ')}.")
    if "vector" in made:
        note("`persona-vault embed` makes the vectors that were dropped.")
    if _UNUSED in repaired:
        print_text("Vectors of words that no message has any more were removed.")
    if not found:
        print_text(
            "The structure is sound; rows were not compared."
            if quick
            else "No damage was found."
        )
        return
    for damage in found:
        _print_damage(damage, sources)
    _print_next(found)


def _print_damage(damage: "Damage", sources: dict[int, str]) -> None:
    table = damage.table.replace("_", " ") if damage.kind != "index" else damage.table
    one, many, what = _KINDS[damage.kind]
    said = f"{damage.n:,} {one if damage.n == 1 else many} {what}"
    mark = " (can be rebuilt)" if damage.rebuildable else ""
    print_text(wrapped(one_line(said.format(table=table) + mark)))
    names = [f"{i} ({sources[i]})" if i in sources else str(i) for i in damage.sources]
    for label, numbers in (
        (f"{table} ids" if table else "ids", damage.ids),
        ("conversations", damage.conversations),
        ("sources", names),
    ):
        if numbers:
            print_text(wrapped(one_line(f"{label}: {_listed(numbers)}"), "    "))


def _print_not_compared(left_out: "NotCompared") -> None:
    what = _COUNTED[left_out.table][left_out.n != 1]
    with_what = "the vendor's records" if left_out.table != "vector" else "their texts"
    print_text(
        wrapped(
            f"Compared with their hashes, not with {with_what}: "
            f"{left_out.n:,} {what} of {one_line(left_out.of)} "
            f"({_REASONS[left_out.reason]})."
        )
    )


def _listed(numbers: Any) -> str:
    shown = ", ".join(str(each) for each in numbers[:_MOST_NUMBERS])
    more = len(numbers) - _MOST_NUMBERS
    return f"{shown}, and more" if more > 0 else shown


def _print_next(found: "list[Damage]") -> None:
    if any(damage.rebuildable for damage in found):
        print_text("`persona-vault verify --repair` makes again what can be rebuilt.")
    if not all(damage.rebuildable for damage in found):
        print_text(
            "The rest cannot be made from what is here: `persona-vault restore` brings"
            " a backup back into a new folder. Keep this vault until that is done."
        )
