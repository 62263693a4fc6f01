"""`rekey`: a new key for the whole vault."""

import time
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._codes import (
    check_recovery_options,
    recovery_options,
    settled_code,
    withdrawn_on_failure,
)
from persona_vault.cli._options import (
    ask_new_passphrase,
    ask_passphrase,
    common,
    require_encrypted,
    with_common_options,
)
from persona_vault.cli._output import note, print_json, print_text, warn

if TYPE_CHECKING:
    from pathlib import Path

    from persona_vault.store.keystore import Keystore
    from persona_vault.store.rekeying import Rekeyed

_OLD_COPIES = (
    "Backups and other copies of this vault from before still open with what opened "
    "them then: make new ones, and remove those that should not."
)
_AS_BEFORE = (
    "The vault is under its old key: what opened it before still does, and a recovery "
    "code that was made just now does not."
)
_AS_AFTER = (
    "The vault had already moved to its new key: open it with the passphrase and the "
    "recovery code of just now."
)
_LOST = {
    "passphrase": "Other passphrases than this one open the vault no more.",
    "recovery": "The recovery code opens the vault no more, and there is no new one.",
    "keyring": "The system's keyring opens the vault no more.",
}


@click.command("rekey", short_help="Encrypt the vault anew under a new key")
@click.option(
    "--new-passphrase-file",
    "new_file",
    metavar="FILE",
    help="Change the passphrase too: first line of FILE; - for standard input",
)
@recovery_options
@with_common_options
def command(new_file: str | None, recovery_file: str | None, no_code: bool) -> None:
    """Encrypt the whole vault under a new random key.

    For when somebody may have seen the passphrase or the recovery code, and a copy of
    the vault. The passphrase stays unless a new one is named; a new recovery code
    takes the place of the old one; further passphrases go. Nobody else may have the
    vault open. If it is cut short, the vault opens as before or as after, and the
    next command tells which.
    """
    path = require_encrypted()
    check_recovery_options(recovery_file, no_code)
    known = ask_passphrase("Passphrase or recovery code")
    passphrase, had_code = _prepared(path, known, new_file)
    if not had_code and recovery_file is None:
        no_code = True  # a vault without a code stays one, unless it is asked for
    started = time.monotonic()
    with withdrawn_on_failure(recovery_file):
        code = settled_code(recovery_file, no_code=no_code)
        note("Encrypting the vault anew; this is best left to finish.")
        done = _carried_out(path, known, passphrase=passphrase, recovery_code=code)
    _say(done, time.monotonic() - started)


def _prepared(
    path: "Path", known: str, new_file: str | None
) -> tuple[str | None, bool]:
    """The new passphrase, None to keep the typed one; whether there is a code now.

    The vault is opened for it, so that a slip shows before a new code is on paper.
    """
    from persona_vault.store.keys import PASSPHRASE, RECOVERY, check_passphrase
    from persona_vault.store.opening import open_unlocked

    header, unlocked, engine = open_unlocked(path, known)
    engine.dispose()
    had_code = any(slot.get("kind") == RECOVERY for slot in header.slots)
    if new_file is None and unlocked is not None and unlocked.kind == PASSPHRASE:
        return None, had_code
    passphrase = ask_new_passphrase(new_file)
    check_passphrase(passphrase)
    return passphrase, had_code


def _carried_out(path: "Path", known: str, **wanted: Any) -> "Rekeyed":
    from persona_vault.store.rekeying import rekey_vault
    from persona_vault.store.slots import list_slots

    before = list_slots(path)
    try:
        return rekey_vault(path, known, keystore=_keystore(path), **wanted)
    except KeyboardInterrupt:
        warn(_AS_BEFORE if list_slots(path) == before else _AS_AFTER)
        raise


def _keystore(path: "Path") -> "Keystore | None":
    from persona_vault.errors import UsageError
    from persona_vault.store.keys import KEYRING
    from persona_vault.store.keystore import system_keystore
    from persona_vault.store.slots import list_slots

    if all(slot.kind != KEYRING for slot in list_slots(path)):
        return None
    try:
        return system_keystore()
    except UsageError:
        return None  # the slot goes, and that is said


def _say(done: "Rekeyed", seconds: float) -> None:
    from persona_vault.store.slots import list_slots

    if common().json:
        print_json(
            {
                "n_bytes": done.n_bytes,
                "seconds": round(seconds, 3),
                "dropped": list(done.dropped),
                "n_copies_removed": done.n_copies_removed,
                "slots": list_slots(common().vault_path()),
            }
        )
    else:
        size = max(done.n_bytes // 1_000_000, 1)
        print_text(f"Encrypted {size:,} MB anew under a new key")
    for kind in dict.fromkeys(done.dropped):
        note(_LOST.get(kind, f"What opened the vault as {kind} does so no more."))
    if done.n_copies_removed:
        note("Copies from before an upgrade went: only the old key opened them.")
    note(_OLD_COPIES)
