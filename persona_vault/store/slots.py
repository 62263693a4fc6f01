"""What opens a vault: its slots listed, added, changed, taken away.

Only the header is written, never the data: who has an older copy of it, and what opened
that, can still open the vault. A new data key is what `rekeying` makes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from persona_vault.errors import UsageError
from persona_vault.store import driver, keys, opening
from persona_vault.store.header import DB_NAME, MAX_SLOTS, Header, read_header
from persona_vault.store.keystore import Keystore
from persona_vault.store.recovery import new_code

_Slots = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSummary:
    """A slot without its secrets.

    Attributes:
        id: 8 hexadecimal digits.
        kind: "passphrase", "recovery", "keyring", or one that a newer program made.
        created_at: ISO 8601, UTC; "" where the slot does not say.
        cost: None where the secret is random and needs no stretching.
    """

    id: str
    kind: str
    created_at: str
    cost: keys.Cost | None


def list_slots(path: Path) -> tuple[SlotSummary, ...]:
    """What opens the vault, oldest first; needs no passphrase. Empty for a plain one.

    Raises:
        NoVaultError, VaultDamagedError, ForeignVaultError, NewerVaultError: As
        `open_vault`.
    """
    return tuple(_summary(slot) for slot in read_header(path).slots)


def _summary(slot: dict[str, Any]) -> SlotSummary:
    return SlotSummary(
        id=keys.slot_id(slot),
        kind=str(slot.get("kind")),
        created_at=str(slot.get("created_at", "")),
        cost=keys.slot_cost(slot) if slot.get("kind") == keys.PASSPHRASE else None,
    )


def add_passphrase(
    path: Path, known: str, extra: str, *, cost: keys.Cost | None = None
) -> None:
    """Let a further passphrase open the vault as well.

    Raises:
        WrongKeyError: `known` (a passphrase or the recovery code) does not open it.
        UsageError: The vault is plain or has no slot left, or `extra` cannot serve.
    """

    def added(header: Header, unlocked: keys.Unlocked) -> _Slots:
        slot = keys.make_slot(header, unlocked.key, extra, cost=cost)
        return (*header.slots, slot)

    keys.check_passphrase(extra)
    change_slots(path, known, added)


def change_passphrase(
    path: Path,
    known: str,
    new: str,
    *,
    slot: str | None = None,
    cost: keys.Cost | None = None,
) -> None:
    """Put a new passphrase in the place of one.

    Args:
        path: The vault's folder.
        known: A passphrase or the recovery code.
        new: The passphrase from now on.
        slot: Id of the passphrase to replace; None = the one typed or, where the code
            was typed, the only one.
        cost: As for `keys.make_slot`.

    Raises:
        WrongKeyError: `known` does not open it.
        UsageError: The vault is plain, there is no such slot, several could be meant,
            or `new` cannot serve.
    """

    def changed(header: Header, unlocked: keys.Unlocked) -> _Slots:
        old = slot or _meant(header, unlocked)
        if old is not None:
            _kind_of(header, old, keys.PASSPHRASE)
        fresh = keys.make_slot(header, unlocked.key, new, cost=cost)
        if old is None:
            return (*header.slots, fresh)
        return tuple(fresh if keys.slot_id(s) == old else s for s in header.slots)

    keys.check_passphrase(new)
    change_slots(path, known, changed)


def _meant(header: Header, unlocked: keys.Unlocked) -> str | None:
    """The passphrase to replace: the one typed, else the only one, None where none."""
    if unlocked.kind == keys.PASSPHRASE:
        return unlocked.slot_id
    found = [keys.slot_id(s) for s in header.slots if s.get("kind") == keys.PASSPHRASE]
    if len(found) > 1:
        raise UsageError(
            f"The vault has {len(found)} passphrases, and none of them was typed.",
            hint="Name the one to replace by its id from `persona-vault key list`.",
        )
    return found[0] if found else None


def set_recovery_code(path: Path, known: str, make_code: Callable[[], str]) -> None:
    """Let a new code open the vault, and no earlier one.

    Args:
        path: The vault's folder.
        known: A passphrase or the code so far.
        make_code: Called when the vault is unlocked, before anything is written.

    Raises:
        WrongKeyError: `known` does not open it.
        UsageError: The vault is plain, or has no slot left.
    """

    def changed(header: Header, unlocked: keys.Unlocked) -> _Slots:
        kept = (s for s in header.slots if s.get("kind") != keys.RECOVERY)
        return (*kept, keys.make_code_slot(header, unlocked.key, make_code()))

    change_slots(path, known, changed)


def add_keyring(path: Path, known: str, keystore: Keystore) -> None:
    """Let the system's keyring open the vault; an earlier entry is replaced.

    Raises:
        WrongKeyError: `known` does not open it.
        UsageError: The vault is plain, has no slot left, or the keyring refused.
    """

    def changed(header: Header, unlocked: keys.Unlocked) -> _Slots:
        code = new_code()
        slot = keys.make_code_slot(header, unlocked.key, code, kind=keys.KEYRING)
        keystore.keep(header.vault_id, keys.slot_id(slot), code)
        kept = (s for s in header.slots if s.get("kind") != keys.KEYRING)
        return (*kept, slot)

    before, _ = change_slots(path, known, changed)
    forget_entries(before, keystore)


def remove_keyring(path: Path, known: str, keystore: Keystore | None) -> None:
    """Let the keyring open the vault no more.

    Args:
        path: The vault's folder.
        known: A passphrase or the recovery code.
        keystore: None where there is no keyring any more: only the slot goes.

    Raises:
        WrongKeyError: `known` does not open it.
        UsageError: There is no such slot.
    """

    def changed(header: Header, unlocked: keys.Unlocked) -> _Slots:
        del unlocked
        kept = tuple(s for s in header.slots if s.get("kind") != keys.KEYRING)
        if len(kept) == len(header.slots):
            raise UsageError("No keyring opens this vault; nothing was changed.")
        return kept

    before, _ = change_slots(path, known, changed)
    if keystore is not None:
        forget_entries(before, keystore)


def forget_entries(header: Header, keystore: Keystore) -> None:
    """Take the entries of a header's keyring slots out of the keyring."""
    for slot in header.slots:
        if slot.get("kind") == keys.KEYRING:
            keystore.forget(header.vault_id, keys.slot_id(slot))


def keyring_secret(header: Header, keystore: Keystore) -> str | None:
    """What the keyring keeps for this vault, None where it keeps nothing."""
    for slot in header.slots:
        if slot.get("kind") == keys.KEYRING:
            found = keystore.look_up(header.vault_id, keys.slot_id(slot))
            if found is not None:
                return found
    return None


def remove_slot(path: Path, known: str, slot: str) -> None:
    """Take a slot away; what was typed must open one that stays.

    Raises:
        WrongKeyError: `known` does not open the vault.
        UsageError: There is no such slot, or it is the one that was typed.
    """

    def changed(header: Header, unlocked: keys.Unlocked) -> _Slots:
        _kind_of(header, slot)
        if slot == unlocked.slot_id:
            raise UsageError(
                "What was typed opens that very slot; nothing was changed.",
                hint="Type what will still open the vault afterwards: another"
                " passphrase, or the recovery code.",
            )
        return tuple(s for s in header.slots if keys.slot_id(s) != slot)

    change_slots(path, known, changed)


def _kind_of(header: Header, slot: str, wanted: str | None = None) -> None:
    kinds = {keys.slot_id(s): s.get("kind") for s in header.slots}
    if slot not in kinds or wanted not in (None, kinds[slot]):
        what = "slot" if wanted is None else wanted
        raise UsageError(
            f"The vault has no {what} with the id {slot!r}; nothing was changed.",
            hint="`persona-vault key list` shows the ids.",
        )


def change_slots(
    path: Path, known: str, change: Callable[[Header, keys.Unlocked], _Slots]
) -> tuple[Header, Header]:
    """Unlock the vault, and write the header with other slots.

    Args:
        path: The vault's folder.
        known: A passphrase or a code.
        change: The slots from now on, given the header and what `known` opened.

    Returns:
        The header before and after.

    Raises:
        VaultLockedError: Another program changed the keys meanwhile.
        UsageError: The vault is plain, or would have more slots than it can.
        WrongKeyError: `known` does not open the vault.
    """
    before, unlocked, engine = opening.open_unlocked(path, known)
    try:
        if unlocked is None:
            raise plain(path)
        after = replace(before, slots=change(before, unlocked))
        if len(after.slots) > MAX_SLOTS:
            raise UsageError(
                f"The vault {path} has {len(before.slots)} slots, as many as it can.",
                hint="Take one away first: `persona-vault key remove`.",
            )
        with driver.translated(path / DB_NAME):
            opening.replace_header(engine, path, before, after)
    finally:
        engine.dispose()
    return before, after


def plain(path: Path) -> UsageError:
    """The refusal of a vault without keys."""
    return UsageError(
        f"The vault {path} is not encrypted and has no passphrase.",
        hint="Make an encrypted one and import the exports there.",
    )
