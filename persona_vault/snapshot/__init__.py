"""Persona snapshots: a period of a talk as sums by block, with no text in it.

The public names below are loaded when they are first used: a process that only measures
loads no vault.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from persona_vault.snapshot.body import Snapshot
    from persona_vault.snapshot.file import read_snapshot, write_snapshot
    from persona_vault.snapshot.sums import BlockInfo, RowSpec, RowSums
    from persona_vault.snapshot.take import take_snapshot

__all__ = [
    "BlockInfo",
    "RowSpec",
    "RowSums",
    "Snapshot",
    "read_snapshot",
    "take_snapshot",
    "write_snapshot",
]

_HOMES = {
    "BlockInfo": "sums",
    "RowSpec": "sums",
    "RowSums": "sums",
    "Snapshot": "body",
    "read_snapshot": "file",
    "take_snapshot": "take",
    "write_snapshot": "file",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found  # the next look finds it without this function
    return found
