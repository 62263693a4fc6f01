"""A comparison of two stretches of an invented talk, by its rows of memory alone."""

from persona_vault.diff import diff_snapshots
from persona_vault.memory import memory_rows, read_history
from persona_vault.memory.found import compare_facts
from persona_vault.snapshot.take import measure_messages
from tests.memory.worlds import AT
from tests.talk import PERSONA


def periods(messages, at=AT):
    """Ids of the messages before and from a date."""
    return (
        {m.id for m in messages if m.sent_at < at},
        {m.id for m in messages if m.sent_at >= at},
    )


def compared(messages, *, at=AT, more=(), persona=PERSONA):
    """The comparison at a date; `more` are rows to measure beside those of memory."""
    snapshots = []
    for ids in periods(messages, at):
        history = read_history(messages, persona, ids)
        snapshots.append(
            measure_messages(
                [m for m in messages if m.id in ids],
                persona,
                dimensions=(*more, *memory_rows(history)),
                texts=(),
            )
        )
    return diff_snapshots(*snapshots)


def named_facts(messages, *, at=AT, persona=PERSONA):
    """The facts that the comparison names."""
    return compare_facts(read_history(messages, persona), *periods(messages, at))


def row(diff, name):
    """One row of the companion's side."""
    return next(c for c in diff.changes if c.dimension == name)
