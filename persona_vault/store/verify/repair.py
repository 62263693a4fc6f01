"""Make again what is derived, from messages that are sound; touches nothing else."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from persona_vault.errors import VaultDamagedError
from persona_vault.store.cells import ROTTEN
from persona_vault.store.forgetting import drop_unused_vectors
from persona_vault.store.hashing import (
    TABLES,
    Block,
    row_digest,
    unseal,
)
from persona_vault.store.passages import (
    rebuild_index,
    refresh_passages,
    text_digest,
)
from persona_vault.store.schema import MESSAGE_FTS, MESSAGE_FTS_SECURE
from persona_vault.store.vector_parts import add_missing_parts, models_with_parts
from persona_vault.store.verify.derived import is_vector

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault
    from persona_vault.store.verify.damage import Damage

_NOTE = "INSERT INTO row_hash_stale VALUES (?, ?) ON CONFLICT DO NOTHING"
_DROP_MODELS = """
DELETE FROM vector WHERE model_id IN (SELECT model_id FROM vector WHERE digest = ?)
"""
_NUMBERED = ("source", "conversation", "message", "event")


def repair(vault: "Vault", damages: "list[Damage]") -> list[str]:
    """Rebuild what these damages say can be rebuilt, each kind in one transaction.

    Returns:
        What was made again: kinds of damage, in the order of the work.
    """
    kinds = {damage.kind for damage in damages if damage.rebuildable}
    tables = {damage.table for damage in damages if damage.rebuildable}
    strange = [i for d in damages if d.kind == "vector_text" for i in d.ids]
    steps: list[tuple[str, bool, Callable[[Connection], None]]] = [
        ("index", "index" in kinds, _rebuild_indexes),
        ("numbering", "numbering" in kinds, _raise_numbers),
        ("vector", "vector" in tables, partial(_drop_vectors, message_ids=strange)),
        ("vector_part", "vector_part" in tables, _rebuild_parts),
        ("passage", "passage" in tables, _rebuild_passages),
        ("full_text", "message_fts" in tables | kinds, _rebuild_full_text),
        ("hash_damaged", "hash_damaged" in kinds, _rebuild_hashes),
    ]
    done = []
    for name, wanted, step in steps:
        if not wanted:
            continue
        try:
            with vault.write() as connection:
                step(connection)
        except (VaultDamagedError, SQLAlchemyError, *ROTTEN):
            continue  # what lies beneath is damaged too; the next check says so
        done.append(name)
    return done


def _rebuild_indexes(connection: Connection) -> None:
    connection.exec_driver_sql("REINDEX")


def _raise_numbers(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for name in _NUMBERED:
        most = run(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one()  # noqa: S608
        run("DELETE FROM sqlite_sequence WHERE name = ? AND seq < ?", (name, most))
        run(
            "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
            (name, most, name),
        )


def drop_vectors_of_no_text(vault: "Vault") -> int:
    """Drop vectors of texts that no message has any more; how many went."""
    try:
        with vault.write() as connection:
            return drop_unused_vectors(connection)
    except (VaultDamagedError, SQLAlchemyError, *ROTTEN):
        return 0  # as in `repair`


def _drop_vectors(connection: Connection, message_ids: list[int]) -> None:
    """Vectors that are not what was written; `embed` makes them again.

    Where a sample met others than those of these messages' texts, all of the model go:
    nothing is known of those that were not in it.
    """
    run = connection.exec_driver_sql
    for message_id in message_ids:
        for name, key in (("passage", "message_id"), ("message", "id")):
            said = run(f"SELECT text FROM {name} WHERE {key} = ?", (message_id,))  # noqa: S608
            for text in said.scalars():
                run(_DROP_MODELS, (text_digest(text),))
    table = TABLES["vector"]
    kept = _hashes_of(connection, "vector")
    lengths = run(
        "SELECT model_id, precision, octet_length(data), count(*) FROM vector"
        " GROUP BY 1, 2, 3 ORDER BY 4"
    )
    usual = {(row[0], row[1]): row[2] for row in lengths}
    blocks = run(f"SELECT DISTINCT {table.block} FROM vector").scalars().all()  # noqa: S608
    for block in blocks:
        digests = unseal("vector", block, kept.get(block))
        found = [row_digest(row[1]) for row in run(table.rows, table.bounds(block))]
        if digests == found:
            continue
        run("DELETE FROM vector WHERE substr(digest, 1, 2) = ?", (block,))
    for row in run("SELECT digest, model_id, precision, data FROM vector").all():
        if not is_vector(row[3], usual[row[1], row[2]]):
            run(
                "DELETE FROM vector WHERE digest = ? AND model_id = ?"
                " AND precision = ?",
                tuple(row[:3]),
            )


def _rebuild_parts(connection: Connection) -> None:
    models = models_with_parts(connection)
    connection.exec_driver_sql("DELETE FROM vector_part")
    for model_id in models:
        add_missing_parts(connection, model_id)


def _hashes_of(connection: Connection, name: str) -> dict[Block, object]:
    rows = connection.exec_driver_sql(
        "SELECT block, digests FROM row_hash WHERE table_name = ?", (name,)
    )
    return {row[0]: row[1] for row in rows}


def _rebuild_passages(connection: Connection) -> None:
    run = connection.exec_driver_sql
    rows = run("SELECT message_id, text, digest FROM passage").all()
    wrong = [(row[0],) for row in rows if row[2] != text_digest(row[1])]
    if wrong:
        run("DELETE FROM passage WHERE message_id = ?", wrong)
    threads = run("SELECT id FROM conversation ORDER BY id").scalars().all()
    refresh_passages(connection, threads, index=False)
    _rebuild_full_text(connection)


def _rebuild_full_text(connection: Connection) -> None:
    """From the passages; the table itself anew where it is too far gone."""
    try:
        with connection.begin_nested():
            rebuild_index(connection)
            connection.exec_driver_sql(MESSAGE_FTS_SECURE)
    except VaultDamagedError:
        connection.exec_driver_sql("DROP TABLE message_fts")
        connection.exec_driver_sql(MESSAGE_FTS)
        connection.exec_driver_sql(MESSAGE_FTS_SECURE)
        rebuild_index(connection)


def _rebuild_hashes(connection: Connection) -> None:
    """Hashes that are damaged themselves: the rows are taken as they are."""
    run = connection.exec_driver_sql
    for name, table in TABLES.items():
        kept = _hashes_of(connection, name)
        there = run(f"SELECT DISTINCT {table.block} FROM {name}").scalars()  # noqa: S608
        blocks = [
            block
            for block in {*kept, *there}
            if unseal(name, block, kept.get(block)) is None
        ]
        for block in blocks:
            run(_NOTE, (name, block))  # hashed as the transaction ends
