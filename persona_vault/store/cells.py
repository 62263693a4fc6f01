"""Cells that hold more than they show: read so that a rotten one is said to be rotten.

A plain vault has no checksum over its pages; a changed bit can leave a row that SQLite
takes for sound.
"""

import json
from typing import Any

from persona_vault.errors import VaultDamagedError
from persona_vault.model import Role

# What Python raises where a cell does not hold what was written there.
ROTTEN = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


def damaged_row() -> VaultDamagedError:
    """The error for a row that this program never wrote."""
    return VaultDamagedError(
        "A row in the database of the vault is damaged.",
        hint="Restore the vault from a backup; this program changed nothing.",
    )


def json_cell(text: str) -> Any:
    """The JSON of a cell.

    Raises:
        VaultDamagedError: It holds none.
    """
    try:
        return json.loads(text)
    except (*ROTTEN, RecursionError):
        # Without its cause, which would quote the cell.
        raise damaged_row() from None


def role_cell(text: str) -> Role:
    """The role that a cell names.

    Raises:
        VaultDamagedError: It names none.
    """
    try:
        return Role(text)
    except ValueError:
        raise damaged_row() from None
