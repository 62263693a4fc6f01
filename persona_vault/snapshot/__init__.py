"""Persona snapshots: a period of a talk as sums by block, with no text in it."""

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
