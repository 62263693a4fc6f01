"""Facts about the user and the companion: told, recalled, asked again, contradicted."""

from persona_vault.memory.facts import facts_in
from persona_vault.memory.history import History, read_history
from persona_vault.memory.rows import MemoryRow, memory_rows
from persona_vault.memory.slots import Slot

__all__ = [
    "History",
    "MemoryRow",
    "Slot",
    "facts_in",
    "memory_rows",
    "read_history",
]
