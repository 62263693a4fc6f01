"""`backup`: the whole vault in one file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_text, warn
from persona_vault.cli._written import tell_noted


@click.command("backup", short_help="Write the whole vault into one file")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--discreet", is_flag=True, help="Where FILE is a folder: a name that tells nothing"
)
@with_common_options
def command(file: Path, discreet: bool) -> None:
    """Write the whole vault into one new FILE, while others may go on using it.

    An encrypted vault stays encrypted: FILE opens with its passphrase or its recovery
    code, on any machine. Where FILE is a folder, a name with the day is chosen.
    """
    from persona_vault.dimensions.own import FILE_NAME
    from persona_vault.store.backup import SUFFIX, write_backup
    from persona_vault.store.written import is_noted

    if file.is_dir():
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        name = f"archive-{day}.zip" if discreet else f"persona-vault-{day}{SUFFIX}"
        file = file / name
    with opened_vault() as vault:
        report = write_backup(vault, file)
        own_rows = (vault.path / FILE_NAME).is_file()
        with vault.read() as connection:
            noted = is_noted(connection, file)
    if common().json:
        print_json(report)
    else:
        print_text(one_line(f"Wrote {file} ({report.n_bytes:,} bytes)"))
    if report.encrypted:
        note(
            "It opens with the passphrase or the recovery code that the vault has now."
        )
    else:
        warn(
            "This backup is not encrypted: whoever can read the file can read every"
            " message in it."
        )
    if own_rows:
        note(f"Your own measures ({FILE_NAME}) are not in it: copy that file as well.")
    note("What you forget in the vault later stays in the backups made before.")
    tell_noted(noted)
