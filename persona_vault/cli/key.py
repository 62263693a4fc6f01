"""`key`: what opens the vault: passphrases, the recovery code, the system's keyring."""

from typing import TYPE_CHECKING

import click

from persona_vault.cli._codes import (
    check_recovery_options,
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
from persona_vault.cli._output import note, print_json, print_table, print_text

if TYPE_CHECKING:
    from persona_vault.store.keystore import Keystore

_KNOWN = "Passphrase or recovery code"
_OLD_HEADERS = (
    "An older copy of vault.json still opens the vault with what it knew then;"
    " `persona-vault rekey` ends that for this vault."
)


@click.group("key", invoke_without_command=True, short_help="What opens the vault")
@with_common_options
@click.pass_context
def command(context: click.Context) -> None:
    """List and change what opens the vault; without a further word, list it.

    A vault has slots: passphrases, a recovery code, the system's keyring. Each holds
    the key of the data, locked by its own secret.
    """
    if context.invoked_subcommand is None:
        _list()


@command.command("list", short_help="List what opens the vault")
@with_common_options
def list_() -> None:
    """List the slots: kind, date, and what a try costs. No secret is shown.

    The vault is not opened for it.
    """
    _list()


def _list() -> None:
    from persona_vault.store.slots import list_slots

    found = list_slots(common().vault_path())
    if common().json:
        print_json({"slots": found})
        return
    if not found:
        print_text("This vault is not encrypted; it opens without a key.")
        return
    print_table(
        ("id", "kind", "made", "a try costs"),
        [
            (
                slot.id,
                slot.kind,
                slot.created_at[:10],
                ""
                if slot.cost is None
                else f"{slot.cost.memory_kib // 1024} MiB, {slot.cost.passes} passes",
            )
            for slot in found
        ],
    )


@command.command("passphrase", short_help="Change the passphrase, or add one")
@click.option(
    "--new-passphrase-file",
    "new_file",
    metavar="FILE",
    help="First line of FILE is the new passphrase; - for standard input",
)
@click.option("--add", is_flag=True, help="Keep the others and add this one")
@click.option("--slot", metavar="ID", help="Replace this one, not the one you type")
@with_common_options
def passphrase(new_file: str | None, add: bool, slot: str | None) -> None:
    """Put a new passphrase in the place of the one you type.

    The recovery code may be typed instead, if the passphrase is lost. Only the slot
    is written anew, not the data.
    """
    from persona_vault.store.slots import add_passphrase, change_passphrase

    if add and slot:
        raise click.UsageError("--add and --slot contradict each other.")
    path = require_encrypted()
    known = ask_passphrase(_KNOWN)
    new = ask_new_passphrase(new_file)
    if add:
        add_passphrase(path, known, new)
    else:
        change_passphrase(path, known, new, slot=slot)
    _said("Added a passphrase" if add else "Changed the passphrase")
    if not add:
        note(_OLD_HEADERS)


@command.command("recovery", short_help="Make a new recovery code")
@click.option(
    "--recovery-file",
    metavar="FILE",
    help="Write the code to a new file instead of showing it",
)
@with_common_options
def recovery(recovery_file: str | None) -> None:
    """Make a new recovery code; an earlier one opens the vault no more."""
    from persona_vault.store.slots import set_recovery_code

    path = require_encrypted()
    check_recovery_options(recovery_file, no_code=False)
    known = ask_passphrase(_KNOWN)
    with withdrawn_on_failure(recovery_file):
        set_recovery_code(path, known, lambda: settled_code(recovery_file) or "")
    _said("Made a new recovery code")
    note(_OLD_HEADERS)


@command.command("keyring", short_help="Let the system's keyring open the vault")
@click.argument("what", metavar="add|remove", type=click.Choice(["add", "remove"]))
@with_common_options
def keyring(what: str) -> None:
    """Let the keyring of this system open the vault, or let it do so no more.

    For convenience: who can use your unlocked account can then open the vault. The
    passphrase goes on opening it.
    """
    from persona_vault.store import keystore, slots

    path = require_encrypted()
    if what == "add":
        keyring_here = keystore.system_keystore()
        slots.add_keyring(path, ask_passphrase(_KNOWN), keyring_here)
        _said("The system's keyring now opens this vault")
        return
    slots.remove_keyring(path, ask_passphrase(_KNOWN), _keyring_if_any())
    _said("The system's keyring opens this vault no more")


def _keyring_if_any() -> "Keystore | None":
    from persona_vault.errors import UsageError
    from persona_vault.store.keystore import system_keystore

    try:
        return system_keystore()
    except UsageError:
        return None


@command.command("remove", short_help="Take a passphrase or the code away")
@click.argument("slot", metavar="ID")
@with_common_options
def remove(slot: str) -> None:
    """Take away what opens the vault; ID is that of `persona-vault key list`.

    You are asked for something that will still open it afterwards.
    """
    from persona_vault.store.slots import remove_slot

    path = require_encrypted()
    remove_slot(path, ask_passphrase(_KNOWN), slot)
    _said(f"Took the slot {slot} away")
    note(_OLD_HEADERS)


def _said(what: str) -> None:
    """The slots that there are now, as an object; else a sentence."""
    from persona_vault.store.slots import list_slots

    if common().json:
        print_json({"slots": list_slots(common().vault_path())})
    else:
        print_text(what)
