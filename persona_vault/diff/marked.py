"""How many hits of each row the user marked wrong, told beside what was measured."""

from collections.abc import Sequence
from dataclasses import replace

from persona_vault.findings import Change
from persona_vault.snapshot import Snapshot


def with_marks(
    changes: Sequence[Change], before: Snapshot, after: Snapshot, side: str
) -> tuple[Change, ...]:
    """The rows of one side ("persona" or "user") with these counts."""
    sides = {
        when: snapshot.marked.get(side, {})
        for when, snapshot in (("before", before), ("after", after))
    }
    if not any(sides.values()):
        return tuple(changes)
    return tuple(
        replace(
            change,
            n_marked_wrong={
                when: counts.get(change.dimension, 0) for when, counts in sides.items()
            },
        )
        if any(change.dimension in counts for counts in sides.values())
        else change
        for change in changes
    )
