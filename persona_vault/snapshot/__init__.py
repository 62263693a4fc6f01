"""Persona snapshots: a period of a talk as sums by block, with no text in it.

The public names below are loaded when they are first used: a process that only measures
loads no vault.
"""

from typing import TYPE_CHECKING

from persona_vault.late import loader

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
__getattr__ = loader(__name__, _HOMES)
