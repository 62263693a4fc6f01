"""Look for damage in a vault, level by level, and rebuild what is derived.

Kinds of damage: `pages`, `index`, `reference`, `schema`, `numbering` (structure);
`encrypted_pages`, `changed`, `lost`, `unreadable`, `hash_damaged` (hashes); `passage`,
`full_text`, `vector`, `vector_part`, `vector_text`, `file`, `unreadable`, `record`,
`lost` (content).
At any level: `unfinished`, a check that broke off.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from persona_vault.store.verify import derived, rows, structure
from persona_vault.store.verify.damage import (
    CONTENT,
    HASHES,
    STRUCTURE,
    Damage,
    NotCompared,
    Reader,
    to_the_end,
)
from persona_vault.store.verify.repair import drop_vectors_of_no_text, repair

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

__all__ = [
    "CONTENT",
    "HASHES",
    "STRUCTURE",
    "Damage",
    "NotCompared",
    "drop_vectors_of_no_text",
    "find_damage",
    "repair",
    "to_the_end",
]


def find_damage(
    vault: "Vault",
    *,
    quick: bool = False,
    content: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Damage]:
    """What is damaged; the vault is not changed.

    Args:
        vault: Open. Others may write to it meanwhile.
        quick: Only the structure, without a reading of every row.
        content: Also what can be made anew from the rest.
        progress: Called with each level as it begins.

    Raises:
        VaultError: Another process has been writing for 30 seconds, or the disk
            fails, and no damage was found before; else that is told as `unfinished`.
    """
    seen: set[tuple[str, str]] = set()
    begun = ""
    reader = Reader(vault)
    try:
        for level, check in _checks(vault, reader, quick=quick):
            if level == CONTENT and not content:
                break
            if level != begun and progress is not None:
                progress(level)
            begun = level
            for damage in to_the_end(check, level, after=bool(seen)):
                # An unreadable page is met by every check that comes by.
                if (damage.kind, damage.table) not in seen:
                    yield damage
                seen.add((damage.kind, damage.table))
    finally:
        reader.close()


def _checks(
    vault: "Vault", reader: Reader, *, quick: bool
) -> Iterator[tuple[str, Iterator[Damage]]]:
    """All checks in their order, each with its level."""
    yield STRUCTURE, structure.check_pages(reader, quick=quick)
    yield STRUCTURE, structure.check_schema(reader)
    yield STRUCTURE, structure.check_numbering(reader)
    if quick:
        return
    yield STRUCTURE, structure.check_references(reader)
    if vault.encrypted:
        yield HASHES, structure.check_cipher(reader)
    yield HASHES, rows.check_rows(reader)
    yield CONTENT, derived.check_passages(reader)
    yield CONTENT, derived.check_vectors(reader)
    yield CONTENT, derived.check_vector_parts(reader)
    yield CONTENT, derived.check_files(reader)
    reader.close()
    yield CONTENT, derived.check_full_text(vault)
