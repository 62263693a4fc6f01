"""`init`: make a vault."""

import os
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from persona_vault.cli._codes import (
    NO_CODE_MEANS,
    at_terminal,
    check_recovery_options,
    recovery_options,
    settled_code,
    withdrawn_on_failure,
)
from persona_vault.cli._options import (
    ask_passphrase,
    common,
    warn_if_exposed,
    with_common_options,
)
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
BOTH_LOST_MEANS = (
    "Without the passphrase and without the recovery code nobody can open this vault, "
    "we cannot either. Keep both where only you find them, and not together."
)


@click.command("init", short_help="Make a vault")
@click.option("--plain", is_flag=True, help="Do not encrypt")
@click.option(
    "--timezone", "zone", metavar="ZONE", help="Your zone, such as Europe/Berlin"
)
@recovery_options
@with_common_options
def command(
    plain: bool, zone: str | None, recovery_file: str | None, no_code: bool
) -> None:
    """Make a vault, encrypted unless --plain is given.

    Its recovery code is shown once, to be written on paper, and asked back. The zone
    is used for dates you type and for exports whose times name no zone.
    """
    if plain and (common().passphrase_file or recovery_file):
        raise UsageError(
            "A plain vault has no passphrase and no recovery code",
            hint="Leave out --plain to encrypt it, or leave out the files.",
        )
    path = common().vault_path()
    if (path / "vault.json").exists():
        raise UsageError(
            f"There is a vault already at {path}", hint="Name another folder: --vault."
        )
    check_recovery_options(recovery_file, no_code)
    chosen = _zone(zone)
    passphrase = None
    if not plain:
        passphrase = ask_passphrase("New passphrase", confirm=True)
        # A script that names neither option gets a vault, and is told what it lacks.
        no_code = no_code or not (recovery_file or at_terminal())
    with withdrawn_on_failure(recovery_file):
        found = _make(path, passphrase, recovery_file, chosen, no_code=no_code)
    _say(found)


def _make(
    path: Path,
    passphrase: str | None,
    recovery_file: str | None,
    chosen: str | None,
    *,
    no_code: bool,
) -> dict[str, Any]:
    """Make the vault; gives what is said of it."""
    from persona_vault.store.keys import check_passphrase
    from persona_vault.store.opening import create_vault, open_parts
    from persona_vault.store.vault import Vault

    code = None
    if passphrase is not None:
        check_passphrase(passphrase)
        code = settled_code(recovery_file, no_code=no_code)
    key = create_vault(path, passphrase=passphrase, recovery_code=code)
    # With the key at hand the passphrase need not be stretched once more.
    with Vault(path, *open_parts(path, None, key=key)) as vault:
        vault.set_zone(chosen)
        return {
            "vault": str(path),
            "vault_id": vault.vault_id,
            "encrypted": vault.encrypted,
            "has_recovery_code": code is not None,
            "recovery_file": recovery_file,
            "timezone": chosen,
        }


def _say(found: dict[str, Any]) -> None:
    if common().json:
        print_json(found)
    else:
        print_text(f"Made a vault at {found['vault']}")
        print_text("Next: persona-vault import FILE --persona NAME")
    warn_if_exposed(Path(found["vault"]))
    if not found["encrypted"]:
        warn(PLAIN_MEANS)
    elif found["has_recovery_code"]:
        note(BOTH_LOST_MEANS)
    else:
        note(LOST_MEANS)
        note(NO_CODE_MEANS)
    if found["timezone"] is None:
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
