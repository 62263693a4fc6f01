"""Undo an import: what only that source holds goes, what others hold stays."""

from sqlalchemy import Connection

from persona_vault.errors import UsageError
from persona_vault.store.files import drop_unused_bytes, forget_bytes
from persona_vault.store.passages import (
    drop_passages,
    rebuild_index,
    refresh_passages,
)
from persona_vault.store.revisions import forget_texts

# Taking one passage out of the index costs about as much as putting twenty in.
REBUILD_RATIO = 20

_TEMPORARY = ("touched", "gone", "gone_input", "emptied")

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
_UNUSED_VECTORS = """
DELETE FROM vector WHERE NOT EXISTS (
  SELECT 1 FROM passage WHERE passage.digest = vector.digest)
"""


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
    lost = _find_messages(connection, source_id)
    n_passages = connection.exec_driver_sql("SELECT count(*) FROM passage").scalar_one()
    index = len(lost) * REBUILD_RATIO < n_passages
    drop_passages(connection, lost, index=index)
    forget_bytes(connection, source_id)
    counts = {"n_passages": len(lost), **_forget_messages(connection, source_id)}
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
    touched = connection.exec_driver_sql(
        "SELECT DISTINCT conversation_id FROM touched"
    ).scalars()
    # A neighbour's passage holds the turn before it, so it may hold a forgotten one.
    refresh_passages(connection, touched.all(), index=index)
    if not index:
        rebuild_index(connection)
    counts["n_vectors"] = _delete(connection, _UNUSED_VECTORS)
    connection.exec_driver_sql(
        "INSERT INTO message_fts(message_fts) VALUES ('optimize')"
    )
    _drop_temporary(connection)
    return counts


def _delete(connection: Connection, statement: str, *values: int) -> int:
    return connection.exec_driver_sql(statement, values).rowcount


def _drop_temporary(connection: Connection) -> None:
    for name in _TEMPORARY:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{name}")


def _find_messages(connection: Connection, source_id: int) -> list[tuple[int, str]]:
    """Fill `touched` and `gone`; the passages of the messages that will go."""
    connection.exec_driver_sql(_HELD, (source_id, source_id))
    connection.exec_driver_sql(_ONLY_HERE, (source_id,))
    lost = connection.exec_driver_sql(
        "SELECT message_id, text FROM passage WHERE message_id IN (SELECT id FROM gone)"
    )
    return [(row[0], row[1]) for row in lost]


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
