"""A new data key for a whole vault, so that a kill at any moment loses nothing.

The header first takes the slots of both keys; then SQLCipher encrypts every page anew
in one transaction with a rollback journal; then the header drops the old slots. Killed
before the transaction's end, the vault is under the old key, after it under the new
one, and what is typed at the next opening finds out which.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlcipher3

from persona_vault.errors import UsageError, VaultError
from persona_vault.store import driver, keys, opening
from persona_vault.store.header import DB_NAME, Header, read_header, write_header
from persona_vault.store.keystore import Keystore
from persona_vault.store.recovery import new_code
from persona_vault.store.slots import forget_entries, plain

# Made by `migrate.upgrade_existing`, under the key of that day.
_COPIES = f"{Path(DB_NAME).stem}.before-upgrade-from-*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What a change of the data key did.

    Attributes:
        n_bytes: Size of the database that was encrypted anew.
        dropped: Kinds of the slots for which nothing new was given.
        n_copies_removed: Copies from before an upgrade, which only the old key opened.
    """

    n_bytes: int
    dropped: tuple[str, ...]
    n_copies_removed: int


def rekey_vault(
    path: Path,
    known: str,
    *,
    passphrase: str | None = None,
    recovery_code: str | None = None,
    keystore: Keystore | None = None,
    cost: keys.Cost | None = None,
    on_step: Callable[[str], object] | None = None,
) -> Rekeyed:
    """Give a vault a new data key; slots whose secret is not given fall away.

    Args:
        path: The vault's folder; nobody else may have it open.
        known: A passphrase or the recovery code.
        passphrase: From now on; None = the one in `known`.
        recovery_code: From now on, as `recovery.new_code` makes it; None = none.
        keystore: Where a keyring slot gets its new secret; None = it falls away.
        cost: As for `keys.make_slot`.
        on_step: Told "noted" when the header has both keys, "moved" when the data is
            under the new one, "settled" when the header has only that.

    Raises:
        WrongKeyError: `known` does not open the vault.
        VaultLockedError: Somebody else has it open; nothing was changed.
        UsageError: The vault is plain, or a code was typed and no passphrase given.
        DiskFullError, VaultDamagedError: The vault is under its old key.
    """
    header, unlocked, engine = opening.open_unlocked(path, known)
    engine.dispose()
    if unlocked is None:
        raise plain(path)
    if passphrase is None and unlocked.kind != keys.PASSPHRASE:
        raise UsageError(
            "A recovery code was typed, and no passphrase to go on with was given.",
            hint="Choose a passphrase for the new keys.",
        )
    data_key = keys.new_data_key()
    slots = [keys.make_slot(header, data_key, passphrase or known, cost=cost)]
    if recovery_code is not None:
        slots.append(keys.make_code_slot(header, data_key, recovery_code))
    if keystore is not None and keys.KEYRING in _kinds(header):
        slots.append(_keyring_slot(header, data_key, keystore))
    after = replace(header, slots=tuple(slots))
    move = _Move(path, header, after, unlocked.key, data_key)
    try:
        move.carry_out(on_step or (lambda _step: None))
    except BaseException:
        if read_header(path).slots == header.slots:
            _forget(after, keystore)
        raise
    _forget(header, keystore)
    return Rekeyed(
        n_bytes=(path / DB_NAME).stat().st_size,
        dropped=tuple((Counter(_kinds(header)) - Counter(_kinds(after))).elements()),
        n_copies_removed=_remove_copies(path),
    )


def _kinds(header: Header) -> list[str]:
    return [str(slot.get("kind")) for slot in header.slots]


def _keyring_slot(
    header: Header, data_key: bytes, keystore: Keystore
) -> dict[str, Any]:
    code = new_code()
    slot = keys.make_code_slot(header, data_key, code, kind=keys.KEYRING)
    keystore.keep(header.vault_id, keys.slot_id(slot), code)
    return slot


def _forget(header: Header, keystore: Keystore | None) -> None:
    """Drop the keyring's entries of a header that does not hold any more."""
    if keystore is not None:
        with suppress(UsageError):  # it opens nothing now, so it may as well stay
            forget_entries(header, keystore)


def _remove_copies(folder: Path) -> int:
    copies = [file for file in folder.glob(_COPIES) if file.suffix == ".db"]
    for file in folder.glob(_COPIES):  # with what a log may have left beside them
        file.unlink()
    return len(copies)


@dataclass(frozen=True, slots=True)
class _Move:
    """The way of a vault's data from one key to another."""

    folder: Path
    before: Header
    after: Header
    old_key: bytes = field(repr=False)
    new_key: bytes = field(repr=False)

    def carry_out(self, on_step: Callable[[str], object]) -> None:
        """Move, or leave everything under the old key."""
        place = self.folder / DB_NAME
        both = replace(self.before, pending=self.after.slots)
        try:
            with driver.translated(place), driver.alone(place, self.old_key) as raw:
                self._check_unchanged()
                write_header(self.folder, both)
                on_step("noted")
                driver.change_key(raw, place, self.new_key)
                on_step("moved")
                write_header(self.folder, self.after)
                on_step("settled")
        except BaseException:
            # What fails here as well, the next opening does.
            with suppress(VaultError, OSError, sqlcipher3.Error):
                self._settle(place, both)
            raise

    def _check_unchanged(self) -> None:
        if read_header(self.folder) != self.before:
            raise opening.keys_changed(self.folder)

    def _settle(self, place: Path, both: Header) -> None:
        if read_header(self.folder) != both:
            return
        moved = driver.opens(place, self.new_key)
        engine = driver.make_engine(place, self.new_key if moved else self.old_key)
        try:
            driver.keep_log(engine)
            right = self.after if moved else self.before
            opening.replace_header(engine, self.folder, both, right)
        finally:
            engine.dispose()
