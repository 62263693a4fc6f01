"""Take things out of the vault: an import, or messages with all that hangs on them.

Undoing an import takes what only that source holds; what others hold stays, and the
file can be imported again. What is forgotten by name, words, date, ... leaves marks
(`store.forgotten`), so that the next overlapping export does not bring it back unseen.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from persona_vault.errors import UsageError
from persona_vault.store.chosen import Found, Kind, Wanted, choose
from persona_vault.store.files import drop_unused_bytes, forget_bytes
from persona_vault.store.forgotten import keep_places, mark_gone
from persona_vault.store.hashing import WRITTEN_FILES
from persona_vault.store.passages import (
    drop_passages,
    rebuild_index,
    refresh_passages,
    text_digest,
)
from persona_vault.store.revisions import forget_texts
from persona_vault.store.traces import (
    blot_labels,
    blot_written,
    count_ids,
    shared_records,
)
from persona_vault.store.vector_parts import add_missing_parts, models_with_parts
from persona_vault.store.words import folded, word_pattern, words_in

# Taking one passage out of the index costs about as much as putting twenty in.
REBUILD_RATIO = 20

_TEMPORARY = ("touched", "gone", "gone_input", "emptied", "held", "asked")

_HELD = """
CREATE TEMP TABLE touched AS
SELECT message_source.message_id AS id, message.conversation_id
FROM message_source JOIN message ON message.id = message_source.message_id
WHERE message_source.source_id = ?
UNION SELECT id, conversation_id FROM message WHERE source_id = ?
"""
_ONLY_HERE = """
CREATE TEMP TABLE gone AS
SELECT touched.id FROM touched WHERE NOT EXISTS (
  SELECT 1 FROM message_source
  WHERE message_source.message_id = touched.id AND message_source.source_id <> ?)
"""
_ONLY_HERE_INPUT = """
CREATE TEMP TABLE gone_input AS
SELECT id FROM persona_input WHERE source_id = ? AND NOT EXISTS (
  SELECT 1 FROM persona_input_source AS other
  WHERE other.persona_input_id = persona_input.id AND other.source_id <> ?)
"""
# Threads that never had a message too: nothing says which source named them.
_EMPTIED = """
CREATE TEMP TABLE emptied AS
SELECT id, persona_id FROM conversation
WHERE (persona_id = ? OR id IN (SELECT conversation_id FROM touched))
  AND NOT EXISTS (SELECT 1 FROM message WHERE conversation_id = conversation.id)
"""
# First seen there, but held elsewhere too: the next source that has it answers for it.
_HAND_OVER = """
UPDATE message SET source_id = (
  SELECT min(source_id) FROM message_source
  WHERE message_id = message.id AND source_id <> ?)
WHERE source_id = ? AND id NOT IN (SELECT id FROM gone)
"""
_HAND_OVER_INPUT = """
UPDATE persona_input SET source_id = (
  SELECT min(source_id) FROM persona_input_source
  WHERE persona_input_id = persona_input.id AND source_id <> ?)
WHERE source_id = ? AND id NOT IN (SELECT id FROM gone_input)
"""
# A companion whom the user has dated events or snapshots for is not empty.
_EMPTY_PERSONAS = """
DELETE FROM persona WHERE id IN (SELECT persona_id FROM emptied UNION SELECT ?)
  AND NOT EXISTS (SELECT 1 FROM conversation WHERE persona_id = persona.id)
  AND NOT EXISTS (SELECT 1 FROM source WHERE persona_id = persona.id)
  AND NOT EXISTS (SELECT 1 FROM persona_input WHERE persona_id = persona.id)
  AND NOT EXISTS (SELECT 1 FROM event WHERE persona_id = persona.id)
  AND NOT EXISTS (SELECT 1 FROM snapshot WHERE persona_id = persona.id)
"""
# Conversations, sources and companions that hold nothing any more, once the messages
# of `touched` are gone.
_EMPTIED_CHOSEN = """
CREATE TEMP TABLE emptied AS
SELECT id, persona_id FROM conversation
WHERE id IN (SELECT conversation_id FROM touched UNION SELECT id FROM asked)
  AND NOT EXISTS (SELECT 1 FROM message WHERE conversation_id = conversation.id)
"""
_EMPTY_SOURCES = """
DELETE FROM source WHERE id IN (SELECT id FROM held)
  AND NOT EXISTS (SELECT 1 FROM message_source WHERE source_id = source.id)
  AND NOT EXISTS (SELECT 1 FROM persona_input_source WHERE source_id = source.id)
"""
# What one import brought for a companion who is forgotten may have been moved.
_REHOME_SOURCES = """
UPDATE source SET persona_id = (
  SELECT conversation.persona_id FROM message_source
  JOIN message ON message.id = message_source.message_id
  JOIN conversation ON conversation.id = message.conversation_id
  WHERE message_source.source_id = source.id LIMIT 1)
WHERE persona_id = ? AND EXISTS (
  SELECT 1 FROM message_source WHERE source_id = source.id)
"""
_TOUCHED_CHOSEN = """
CREATE TEMP TABLE touched AS
SELECT id, conversation_id FROM message WHERE id IN (SELECT id FROM gone)
"""
# Sources that held any of it.
_HELD_CHOSEN = """
CREATE TEMP TABLE held AS
SELECT source_id AS id FROM message_source WHERE message_id IN (SELECT id FROM gone)
UNION SELECT source_id FROM persona_input_source
WHERE persona_input_id IN (SELECT id FROM gone_input)
UNION SELECT id FROM source WHERE persona_id = ?
"""
# A thread of which all goes; one endless talk goes on, so it is marked by message.
_WHOLE_THREADS = """
SELECT app, native_id FROM conversation WHERE threaded = 1
  AND (id IN (SELECT id FROM asked)
    OR (? AND id IN (SELECT conversation_id FROM touched)))
"""
_LOST_PASSAGES = (
    "SELECT message_id, text FROM passage WHERE message_id IN (SELECT id FROM gone)"
)
_BESIDE = ("revision", "attachment", "model_claim", "raw_record")
_TITLES_LEFT = """
SELECT id FROM conversation
WHERE title <> '' AND id IN (SELECT conversation_id FROM touched)
"""
_WITH_WORDS = """
SELECT id FROM message WHERE id IN (SELECT id FROM gone) AND trim(text) <> ''
ORDER BY sent_at, conversation_id, position, id
"""
# Of no passage: either of what went, or of a bare message, for comparisons.
_WITHOUT_PASSAGE = """
SELECT DISTINCT digest FROM vector WHERE NOT EXISTS (
  SELECT 1 FROM passage WHERE passage.digest = vector.digest)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What a forgetting did, before it is kept or undone; no content.

    Attributes:
        removed: Counts by kind. `n_shared_records` are vendor's records of messages
            that stay, which held forgotten words too; `n_labels` titles and notes in
            which a mark stands now.
        n_marks: Marks left for the next import.
        n_ids: Conversations whose id, given by the export, holds the words and stays.
        n_titles: Titles of conversations of which other messages stay; by words none,
            since these are blotted.
        source_ids: Sources that held any of it.
    """

    removed: dict[str, int]
    n_marks: int
    n_ids: int
    n_titles: int
    found: Found
    source_ids: tuple[int, ...]
    source_names: tuple[str, ...]


def forget_source(connection: Connection, source_id: int) -> dict[str, int]:
    """Undo an import, in the caller's transaction.

    A message whose newest text only this source had falls back to the text that the
    others have.

    Returns:
        Counts of what went, by kind.

    Raises:
        UsageError: There is no such source.
    """
    persona_id = connection.exec_driver_sql(
        "SELECT persona_id FROM source WHERE id = ?", (source_id,)
    ).scalar()
    if persona_id is None:
        raise UsageError(
            f"There is no source {source_id} in this vault.",
            hint="`persona-vault sources` lists them with their numbers.",
        )
    _drop_temporary(connection)
    connection.exec_driver_sql(_HELD, (source_id, source_id))
    connection.exec_driver_sql(_ONLY_HERE, (source_id,))
    _keep_places(connection, leave_marks=False)
    n_passages, index = _take_out_passages(connection)
    forget_bytes(connection, source_id)
    counts = {"n_passages": n_passages, **_forget_messages(connection, source_id)}
    counts["n_persona_inputs"] = _forget_inputs(connection, source_id)
    counts["n_raw_records"] += _delete(
        connection, "DELETE FROM raw_record WHERE source_id = ?", source_id
    )
    counts["n_files"] = drop_unused_bytes(connection)
    _delete(connection, "DELETE FROM source WHERE id = ?", source_id)
    connection.exec_driver_sql(_EMPTIED, (persona_id,))
    counts["n_conversations"] = _delete(
        connection, "DELETE FROM conversation WHERE id IN (SELECT id FROM emptied)"
    )
    counts["n_personas"] = _delete(connection, _EMPTY_PERSONAS, persona_id)
    counts["n_vectors"] = _derive_anew(connection, index=index)
    _drop_temporary(connection)
    return counts


def forget_chosen(
    connection: Connection, wanted: Wanted, *, leave_marks: bool = True
) -> Forgetting:
    """Take messages out with all that hangs on them, in the caller's transaction.

    Args:
        connection: In a transaction; a dry run rolls it back.
        wanted: What goes.
        leave_marks: Leave marks, so that the next import leaves it out and says so.
            Where the whole vault goes there are none: it is as new.

    Raises:
        UnknownPersonaError, UsageError: As `chosen.choose`.
    """
    run = connection.exec_driver_sql
    _drop_temporary(connection)
    found = choose(connection, wanted)
    run("CREATE TEMP TABLE asked (id INTEGER PRIMARY KEY)")
    if wanted.kind is Kind.CONVERSATION:
        run("INSERT OR IGNORE INTO asked VALUES (?)", [(i,) for i in wanted.ids])
    run(_TOUCHED_CHOSEN)
    persona_id = found.persona_id if wanted.kind is Kind.PERSONA else None
    run(_HELD_CHOSEN, (persona_id,))
    sources = run(
        "SELECT id, name FROM source WHERE id IN (SELECT id FROM held) ORDER BY id"
    ).all()
    n_marks = 0
    if leave_marks and wanted.kind is not Kind.ALL:
        whole = wanted.kind is Kind.PERSONA
        threads = [(app, thread) for app, thread in run(_WHOLE_THREADS, (whole,))]
        n_marks = mark_gone(connection, threads=threads)
    n_marks += _keep_places(connection, leave_marks=leave_marks)
    n_paths = 0 if persona_id is None else _blot_paths(connection, persona_id)
    removed = _remove_chosen(connection, found)
    removed["n_labels"] += n_paths
    if wanted.kind is Kind.ALL:
        _remove_all(connection, removed)
    elif persona_id is not None:
        _remove_persona(connection, persona_id, removed)
    index = removed.pop("index")
    removed["n_vectors"] = _derive_anew(connection, index=bool(index))
    n_ids = 0 if found.pattern is None else count_ids(connection, found.pattern)
    n_titles = 0 if found.pattern else _count(connection, _TITLES_LEFT)
    _drop_temporary(connection)
    return Forgetting(
        removed=removed,
        n_marks=0 if wanted.kind is Kind.ALL else n_marks,
        n_ids=n_ids,
        n_titles=n_titles,
        found=found,
        source_ids=tuple(row[0] for row in sources),
        source_names=tuple(row[1] for row in sources),
    )


def sample_chosen(connection: Connection, wanted: Wanted, *, n: int) -> tuple[int, ...]:
    """Ids of up to `n` messages with words that `forget_chosen` would take out.

    The earliest, the latest and others evenly between; nothing is changed.

    Raises:
        UnknownPersonaError, UsageError: As `chosen.choose`.
    """
    _drop_temporary(connection)
    choose(connection, wanted)
    return _sample(connection, n)


def sample_of_source(
    connection: Connection, source_id: int, *, n: int
) -> tuple[int, ...]:
    """The same of what `forget_source` would take out; none of an unknown source."""
    _drop_temporary(connection)
    connection.exec_driver_sql(_HELD, (source_id, source_id))
    connection.exec_driver_sql(_ONLY_HERE, (source_id,))
    return _sample(connection, n)


def _sample(connection: Connection, n: int) -> tuple[int, ...]:
    ids = connection.exec_driver_sql(_WITH_WORDS).scalars().all()
    _drop_temporary(connection)
    last = len(ids) - 1
    if last < n:
        return tuple(ids)
    return tuple(ids[place * last // (n - 1)] for place in range(n))


def _remove_chosen(connection: Connection, found: Found) -> dict[str, int]:
    """Delete what was chosen; counts of it, and whether the index is still right."""
    run = connection.exec_driver_sql
    counts = {
        f"n_{table}s": _count(
            connection,
            f"SELECT id FROM {table} WHERE message_id IN (SELECT id FROM gone)",  # noqa: S608
        )
        for table in _BESIDE
    }
    counts["n_wrong_hits"] = _count(
        connection,
        "SELECT message_id FROM wrong_hit WHERE message_id IN (SELECT id FROM gone)",
    )
    shared = shared_records(connection, found.pattern)
    if shared:
        run("DELETE FROM raw_record WHERE id = ?", [(i,) for i in shared])
    counts["n_shared_records"] = len(shared)
    counts["n_passages"], index = _take_out_passages(connection)
    counts["index"] = index
    for table in _BESIDE:
        _delete(
            connection,
            f"DELETE FROM {table} WHERE message_id IN (SELECT id FROM gone)",  # noqa: S608
        )
    counts["n_messages"] = _delete(
        connection, "DELETE FROM message WHERE id IN (SELECT id FROM gone)"
    )
    counts["n_raw_records"] += _delete(
        connection,
        "DELETE FROM raw_record WHERE persona_input_id IN (SELECT id FROM gone_input)",
    )
    counts["n_persona_inputs"] = _delete(
        connection, "DELETE FROM persona_input WHERE id IN (SELECT id FROM gone_input)"
    )
    counts["n_files"] = drop_unused_bytes(connection)
    counts["n_labels"] = (
        0 if found.pattern is None else blot_labels(connection, found.pattern)
    )
    run(_EMPTIED_CHOSEN)
    counts["n_conversations"] = _delete(
        connection, "DELETE FROM conversation WHERE id IN (SELECT id FROM emptied)"
    )
    counts["n_sources"] = _delete(connection, _EMPTY_SOURCES)
    counts["n_personas"] = _delete(connection, _EMPTY_PERSONAS, 0)
    counts["n_events"] = 0
    return counts


def _blot_paths(connection: Connection, persona_id: int) -> int:
    """A companion's name goes from the paths of files that were written; how many."""
    name = connection.exec_driver_sql(
        "SELECT name FROM persona WHERE id = ?", (persona_id,)
    ).scalar_one()
    if not words_in(folded(name)):
        return 0
    return blot_written(connection, word_pattern(name))


def _remove_persona(
    connection: Connection, persona_id: int, counts: dict[str, int]
) -> None:
    """What is left of a companion: dated events, snapshots' names, the name itself."""
    _delete(connection, _REHOME_SOURCES, persona_id)
    counts["n_events"] = _delete(
        connection, "DELETE FROM event WHERE persona_id = ?", persona_id
    )
    counts["n_conversations"] += _delete(
        connection, "DELETE FROM conversation WHERE persona_id = ?", persona_id
    )
    counts["n_personas"] += _delete(
        connection, "DELETE FROM persona WHERE id = ?", persona_id
    )


def _remove_all(connection: Connection, counts: dict[str, int]) -> None:
    """Everything but the vault's own settings: its id, its zone, its model.

    Notes of files go: what the vault holds from now on was not in them.
    """
    for table in ("event", "conversation", "source", "persona"):
        counts[f"n_{table}s"] += _delete(connection, f"DELETE FROM {table}")  # noqa: S608
    _delete(connection, "DELETE FROM forgotten")
    connection.exec_driver_sql("DELETE FROM setting WHERE key = ?", (WRITTEN_FILES,))


def _count(connection: Connection, statement: str) -> int:
    counted = f"SELECT count(*) FROM ({statement})"  # noqa: S608 - ours
    return int(connection.exec_driver_sql(counted).scalar_one())


def _delete(connection: Connection, statement: str, *values: int) -> int:
    return connection.exec_driver_sql(statement, values).rowcount


def _drop_temporary(connection: Connection) -> None:
    for name in _TEMPORARY:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{name}")


def _take_out_passages(connection: Connection) -> tuple[int, bool]:
    """Passages of `gone` go; how many, and whether the index still fits the others."""
    lost = [(row[0], row[1]) for row in connection.exec_driver_sql(_LOST_PASSAGES)]
    n_all = connection.exec_driver_sql("SELECT count(*) FROM passage").scalar_one()
    index = len(lost) * REBUILD_RATIO < n_all
    drop_passages(connection, lost, index=index)
    return len(lost), index


def _derive_anew(connection: Connection, *, index: bool) -> int:
    """Passages, index and vectors for what is left; how many vectors went."""
    touched = connection.exec_driver_sql(
        "SELECT DISTINCT conversation_id FROM touched"
    ).scalars()
    # A neighbour's passage holds the turn before it, so it may hold a forgotten one.
    refresh_passages(connection, touched.all(), index=index)
    if not index:
        rebuild_index(connection)
    n_vectors = drop_unused_vectors(connection)
    connection.exec_driver_sql(
        "INSERT INTO message_fts(message_fts) VALUES ('optimize')"
    )
    return n_vectors


def unused_digests(connection: Connection) -> set[bytes]:
    """Of vectors whose text stands in no passage and is no message's own any more."""
    run = connection.exec_driver_sql
    unused = set(run(_WITHOUT_PASSAGE).scalars())
    if unused:
        for text in run("SELECT text FROM message").scalars().yield_per(1_000):
            unused.discard(text_digest(text))
    return unused


def drop_unused_vectors(connection: Connection) -> int:
    """Drop the vectors of `unused_digests`, and make parts anew; how many went."""
    run = connection.exec_driver_sql
    models = models_with_parts(connection)
    # Digests repeat where several models have read a text.
    rows = [(digest,) for digest in unused_digests(connection)]
    if not rows:
        return 0
    n_before = _count(connection, "SELECT 1 FROM vector")
    run("DELETE FROM vector WHERE digest = ?", rows)
    for model_id in models:
        add_missing_parts(connection, model_id)
    return n_before - _count(connection, "SELECT 1 FROM vector")


def _keep_places(connection: Connection, *, leave_marks: bool) -> int:
    """Marks of messages known by their neighbours, where some of `gone` are such."""
    rows = connection.exec_driver_sql(
        "SELECT message.conversation_id, message.id FROM message"
        " WHERE message.id IN (SELECT id FROM gone)"
        " AND message.identity >= 's:' AND message.identity < 's;'"
    )
    by_thread: dict[int, set[int]] = {}
    for conversation_id, message_id in rows:
        by_thread.setdefault(conversation_id, set()).add(message_id)
    return sum(
        keep_places(connection, thread, gone=gone, leave_marks=leave_marks)
        for thread, gone in by_thread.items()
    )


def _forget_messages(connection: Connection, source_id: int) -> dict[str, int]:
    connection.exec_driver_sql(_HAND_OVER, (source_id, source_id))
    _delete(connection, "DELETE FROM message_source WHERE source_id = ?", source_id)
    counts = {"n_revisions": forget_texts(connection, source_id)}
    for table in ("attachment", "model_claim", "raw_record"):
        counts[f"n_{table}s"] = _delete(
            connection,
            f"DELETE FROM {table} WHERE message_id IN (SELECT id FROM gone)",  # noqa: S608
        )
    counts["n_messages"] = _delete(
        connection, "DELETE FROM message WHERE id IN (SELECT id FROM gone)"
    )
    return counts


def _forget_inputs(connection: Connection, source_id: int) -> int:
    connection.exec_driver_sql(_ONLY_HERE_INPUT, (source_id, source_id))
    connection.exec_driver_sql(_HAND_OVER_INPUT, (source_id, source_id))
    return _delete(
        connection, "DELETE FROM persona_input WHERE id IN (SELECT id FROM gone_input)"
    )
