"""Compare two periods of one persona's talk: what changed, and how sure that is."""

from persona_vault.diff.changes import find_change_points, find_changes
from persona_vault.diff.compare import diff_snapshots
from persona_vault.diff.periods import around_date, diff_periods, refuse_same_talk

__all__ = [
    "around_date",
    "diff_periods",
    "diff_snapshots",
    "find_change_points",
    "find_changes",
    "refuse_same_talk",
]
