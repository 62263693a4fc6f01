"""`init`: make a vault."""

import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from persona_vault.cli._options import ask_passphrase, common, with_common_options
from persona_vault.cli._output import note, print_json, print_text, warn
from persona_vault.errors import UsageError

PLAIN_MEANS = (
    "This vault is not encrypted: whoever can read this disk, or a copy of it, can "
    "read every message in it."
)
LOST_MEANS = (
    "Without the passphrase nobody can open this vault, we cannot either. Write it "
    "down and keep it where only you find it."
)


@click.command("init", short_help="Make a vault")
@click.option("--plain", is_flag=True, help="Do not encrypt")
@click.option(
    "--timezone", "zone", metavar="ZONE", help="Your zone, such as Europe/Berlin"
)
@with_common_options
def command(plain: bool, zone: str | None) -> None:
    """Make a vault, encrypted unless --plain is given.

    The zone is used for dates you type and for exports whose times name no zone.
    """
    from persona_vault.store.vault import open_vault

    if plain and common().passphrase_file:
        raise UsageError(
            "A plain vault has no passphrase",
            hint="Leave out --plain to encrypt it, or leave out --passphrase-file.",
        )
    path = common().vault_path()
    if (path / "vault.json").exists():
        raise UsageError(
            f"There is a vault already at {path}", hint="Name another folder: --vault."
        )
    chosen = _zone(zone)
    passphrase = None
    if not plain:
        passphrase = ask_passphrase("New passphrase", confirm=True)
    with open_vault(path, create=True, passphrase=passphrase) as vault:
        vault.set_zone(chosen)
        found = {
            "vault": str(path),
            "vault_id": vault.vault_id,
            "encrypted": vault.encrypted,
            "timezone": chosen,
        }
    if common().json:
        print_json(found)
    else:
        print_text(f"Made a vault at {path}")
        print_text("Next: persona-vault import FILE --persona NAME")
    warn(PLAIN_MEANS) if plain else note(LOST_MEANS)
    if chosen is None:
        note("No zone was named, so dates you type are read in UTC; see --timezone.")


def _zone(named: str | None) -> str | None:
    """The zone named, asked for at a terminal, or none."""
    if named is None and sys.stdin.isatty() and not common().quiet:
        named = click.prompt(
            "Your time zone, such as Europe/Berlin",
            default=_system_zone(),
            show_default=True,
            err=True,
        )
    if not named:
        return None
    try:
        ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"{named!r} is no time zone that this machine knows",
            hint="Write it as Area/City, such as Europe/Berlin or America/New_York.",
        ) from error
    return named


def _system_zone() -> str:
    """A guess at this machine's zone, UTC where it cannot be told."""
    named = os.environ.get("TZ", "").lstrip(":")
    if "/" in named:
        return named
    try:
        parts = Path("/etc/localtime").resolve().parts
        return "/".join(parts[parts.index("zoneinfo") + 1 :])
    except (OSError, ValueError):
        return "UTC"
