"""`restore`: a vault out of a backup."""

from pathlib import Path

import click

from persona_vault.cli._options import ask_passphrase, common, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_text


def _moment(made_at: str) -> str:
    """Such as 2025-05-15 18:04 UTC."""
    return f"{made_at[:16].replace('T', ' ')} UTC"


@click.command("restore", short_help="Make a vault of a backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--check", is_flag=True, help="Only read the backup and compare its hashes"
)
@with_common_options
def command(file: Path, check: bool) -> None:
    """Make a vault of the backup FILE, in a folder that is not there yet (--vault).

    Nothing is ever written over. An encrypted backup asks for the passphrase, or the
    recovery code, that the vault had when the backup was made; --check asks for none.
    """
    from persona_vault.store.backup import check_backup, restore_backup
    from persona_vault.store.backup import is_encrypted_backup as is_encrypted
    from persona_vault.store.backup import refuse_occupied as refuse

    if check:
        found = check_backup(file)
        if common().json:
            print_json(found)
        else:
            print_text(
                one_line(f"{file} is whole; it was made on {_moment(found.made_at)}")
            )
            note("Whether the passphrase opens it, only a restore can tell.")
        return
    folder = common().vault_path()
    refuse(folder)  # before anything is asked for
    passphrase = None
    if is_encrypted(file):
        passphrase = ask_passphrase("Passphrase or recovery code")
    report = restore_backup(file, folder, passphrase=passphrase)
    if common().json:
        print_json(report)
        return
    print_text(
        one_line(f"Made the vault {folder}, as it was on {_moment(report.made_at)}")
    )
    print_text(f"  {report.n_messages:>9,} messages")
    note("`persona-vault verify` compares every row with the hash written with it.")
