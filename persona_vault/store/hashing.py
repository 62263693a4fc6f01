"""A short hash beside every row that a reader could see, kept in blocks of rows.

SQLite has no checksum over a plain file: of 200 flipped bits its own check found 11.
Triggers note which block of rows a statement touched, whoever wrote it; at each commit
the blocks noted are hashed anew. So no writer has to think of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from persona_vault.store.schema import HASHED, metadata

DIGEST_BYTES = 8  # against rot, not against a forger: he could write hashes too

_NOTED = "SELECT table_name, block FROM row_hash_stale ORDER BY table_name, block"
_KEEP = """
INSERT INTO row_hash (table_name, block, digests) VALUES (?, ?, ?)
ON CONFLICT (table_name, block) DO UPDATE SET digests = excluded.digests
"""
_DROP = "DELETE FROM row_hash WHERE table_name = ? AND block = ?"
# What would differ between two imports of the same files.
_OF_THE_DAY = frozenset(
    {("source", "imported_at"), ("revision", "seen_at"), ("wrong_hit", "marked_at")}
)
_HEADER_ID = "vault_id"
WRITTEN_FILES = "written_files"  # of `store.written`: where backups were put

Block = int | bytes


@dataclass(frozen=True, slots=True)
class HashedTable:
    """How the rows of one table are read for their hashes.

    Attributes:
        key: SQL of what tells a row from others, for a report: a number, else NULL.
        block: SQL of the block that a row belongs to.
        rows: SQL that gives key and canonical bytes of a block's rows, in order; its
            two parameters are the bounds of the block.
    """

    name: str
    key: str
    block: str
    rows: str

    def bounds(self, block: Block) -> tuple[object, object]:
        """The parameters of `rows` for a block; the upper bound is outside."""
        if isinstance(block, bytes):
            above = int.from_bytes(block, "big") + 1
            most = above >= 1 << 8 * len(block)
            return block, b"\xff" * 32 if most else above.to_bytes(len(block), "big")
        if self.name == "setting":
            return 0, 1
        return block << 8, (block + 1) << 8


def canonical(columns: Iterable[str]) -> str:
    """SQL for one spelling of a row: type, length and bytes of every cell.

    As bytes, so that a cell that is no text any more can be hashed all the same.
    """
    cells = ", ".join(
        f'substr(typeof("{c}"), 1, 1), octet_length("{c}"), \':\', "{c}"'
        for c in columns
    )
    return f"CAST(concat({cells}) AS BLOB)"


def _table(name: str) -> HashedTable:
    table = metadata.tables[name]
    keys = [column.name for column in table.primary_key]
    # The bytes of files are checked by their own SHA-256.
    columns = [
        c.name for c in table.columns if (name, c.name) != ("file_chunk", "data")
    ]
    first, order = keys[0], ", ".join(f'"{k}"' for k in keys)
    within = f'"{first}" >= ? AND "{first}" < ?'
    if name == "setting":
        within = "0 >= ? AND 0 < ?"
    numbered = name not in ("setting", "vector")
    key = f'"{first}"' if numbered else "NULL"
    return HashedTable(
        name=name,
        key=key,
        block=HASHED[name].format(row=""),
        rows=f'SELECT {key}, {canonical(columns)} FROM "{name}" WHERE {within}'  # noqa: S608
        f" ORDER BY {order}",
    )


TABLES: dict[str, HashedTable] = {name: _table(name) for name in HASHED}


def row_digest(data: bytes) -> bytes:
    """The hash of one row in its canonical spelling."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def seal(table: str, block: Block, digests: Sequence[bytes]) -> bytes:
    """The hashes of a block's rows behind a hash over them: they can rot as well."""
    joined = b"".join(digests)
    return _own_digest(table, block, joined) + joined


def unseal(table: str, block: Block, sealed: object) -> list[bytes] | None:
    """The hashes of a block's rows, None where they are themselves damaged."""
    if not isinstance(sealed, bytes) or len(sealed) % DIGEST_BYTES:
        return None
    own, joined = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:]
    if own != _own_digest(table, block, joined):
        return None
    return [
        joined[start : start + DIGEST_BYTES]
        for start in range(0, len(joined), DIGEST_BYTES)
    ]


def _own_digest(table: str, block: Block, joined: bytes) -> bytes:
    place = f"{table}:{block!r}:".encode()
    return hashlib.blake2b(place + joined, digest_size=DIGEST_BYTES).digest()


def hash_noted_rows(raw: Any) -> None:
    """Hash every block that the transaction has touched; to be called as it ends.

    Args:
        raw: The driver's own connection: the rows of a whole import pass here.
    """
    noted = _noted(raw)
    if noted:
        _hash_blocks(raw, noted)
        raw.execute("DELETE FROM row_hash_stale")


def drop_strange_notes(raw: Any) -> None:
    """Drop notes that stand there before a transaction of ours; as it begins.

    They are of another program, which hashed nothing: to hash its rows for it would
    take for good what `verify` is to find.
    """
    if _noted(raw):
        raw.execute("DELETE FROM row_hash_stale")


def _noted(raw: Any) -> list[tuple[str, Block]]:
    kept = raw.execute("SELECT 1 FROM sqlite_schema WHERE name = 'row_hash_stale'")
    if kept.fetchone() is None:  # in a step to this format
        return []
    noted: list[tuple[str, Block]] = raw.execute(_NOTED).fetchall()
    return noted


def _hash_blocks(raw: Any, blocks: Iterable[tuple[str, Block]]) -> None:
    """Write the hashes of these blocks of rows as they are now."""
    for name, block in blocks:
        table = TABLES.get(name)
        digests: list[bytes] = []
        if table is not None:
            rows = raw.execute(table.rows, table.bounds(block))
            digests = [row_digest(data) for _, data in rows]
        if digests:
            raw.execute(_KEEP, (name, block, seal(name, block, digests)))
        else:
            raw.execute(_DROP, (name, block))


def content_hash(connection: Connection, *, schema: str = "main") -> str:
    """One SHA-256 over all that a reader could see; nothing derived is in it.

    Equal for a vault and its backup, and for two vaults that the same files were
    brought into in the same order: when that was, the vault's id, and where its
    backups were put, do not count.

    Args:
        connection: Its view of the database is hashed.
        schema: An attached database instead of the vault's own.
    """
    digest = hashlib.sha256()
    for name in TABLES:
        if name == "vector":
            continue
        table = metadata.tables[name]
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        columns = [c.name for c in table.columns if (name, c.name) not in _OF_THE_DAY]
        which = (
            f"WHERE key NOT IN ('{_HEADER_ID}', '{WRITTEN_FILES}')"
            if name == "setting"
            else ""
        )
        statement = (
            f'SELECT {canonical(columns)} FROM "{schema}"."{name}" {which}'  # noqa: S608
            f" ORDER BY {keys}"
        )
        digest.update(f"{name}\n".encode())
        for (data,) in connection.exec_driver_sql(statement).yield_per(1_000):
            digest.update(b"%d:" % len(data))
            digest.update(data)
    return digest.hexdigest()
