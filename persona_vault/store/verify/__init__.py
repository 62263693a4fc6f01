"""Look for damage in a vault, level by level, and rebuild what is derived.

Kinds of damage: `pages`, `index`, `reference`, `schema`, `numbering` (structure);
`encrypted_pages`, `changed`, `lost`, `unreadable`, `hash_damaged` (hashes); `passage`,
`full_text`, `vector`, `file`, `unreadable`, `record` (content).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from persona_vault.store.verify import derived as content
from persona_vault.store.verify import rows, structure
from persona_vault.store.verify.damage import CONTENT, HASHES, STRUCTURE, Damage, Reader
from persona_vault.store.verify.repair import repair

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

__all__ = ["CONTENT", "HASHES", "STRUCTURE", "Damage", "find_damage", "repair"]


def find_damage(
    vault: "Vault",
    *,
    quick: bool = False,
    derived: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Damage]:
    """What is damaged; the vault is not changed.

    Args:
        vault: Open. Others may write to it meanwhile.
        quick: Only the structure, without a reading of every row.
        derived: Also what can be made anew from the rest.
        progress: Called with each level as it begins.

    Raises:
        VaultLockedError: Another process has been writing for 30 seconds.
    """
    seen: set[tuple[str, str]] = set()
    tell = progress or (lambda _: None)
    for damage in _all_damage(vault, quick=quick, derived=derived, tell=tell):
        # An unreadable page is met by every check that comes by.
        if (damage.kind, damage.table) not in seen:
            yield damage
        seen.add((damage.kind, damage.table))


def _all_damage(
    vault: "Vault", *, quick: bool, derived: bool, tell: Callable[[str], None]
) -> Iterator[Damage]:
    reader = Reader(vault)
    try:
        tell(STRUCTURE)
        yield from structure.check_pages(reader, quick=quick)
        yield from structure.check_schema(reader)
        yield from structure.check_numbering(reader)
        if quick:
            return
        yield from structure.check_references(reader)
        tell(HASHES)
        if vault.encrypted:
            yield from structure.check_cipher(reader)
        yield from rows.check_rows(reader)
        if not derived:
            return
        tell(CONTENT)
        yield from content.check_passages(reader)
        yield from content.check_vectors(reader)
        yield from content.check_files(reader)
        reader.close()
        yield from content.check_full_text(vault)
    finally:
        reader.close()
