"""The bytes of attachments: each content once, by SHA-256, in pieces."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from persona_vault.errors import UsageError, VaultDamagedError

CHUNK_BYTES = 1024 * 1024

_NOTE = """
INSERT INTO attachment_source (attachment_id, source_id, sha256, kept)
VALUES (?, ?, ?, ?)
ON CONFLICT (attachment_id, source_id) DO UPDATE
SET sha256 = excluded.sha256, kept = max(kept, excluded.kept)
"""
# What is known of an attachment, without what one source says.
_FALL_BACK = """
UPDATE attachment SET
  sha256 = (SELECT other.sha256 FROM attachment_source AS other
    WHERE other.attachment_id = attachment.id AND other.source_id <> ?
    ORDER BY other.kept DESC, other.source_id LIMIT 1),
  kept = coalesce((SELECT max(other.kept) FROM attachment_source AS other
    WHERE other.attachment_id = attachment.id AND other.source_id <> ?), 0)
WHERE id IN (SELECT attachment_id FROM attachment_source WHERE source_id = ?)
"""
_UNUSED = """
FROM file_chunk WHERE NOT EXISTS (SELECT 1 FROM attachment_source AS held
  WHERE held.sha256 = file_chunk.sha256 AND held.kept = 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """A file that a message names.

    Attributes:
        n_bytes: Its size, None where neither the export nor its bytes told it.
        sha256: Of its bytes; None where no export brought them.
        kept: Whether the vault holds the bytes.
    """

    id: int
    message_id: int
    name: str
    media_type: str
    n_bytes: int | None
    sha256: str | None
    kept: bool


def list_attachments(
    connection: Connection, message_id: int
) -> tuple[StoredAttachment, ...]:
    """The files that a message names, in its own order.

    Raises:
        UsageError: There is no message with that id.
    """
    run = connection.exec_driver_sql
    if run("SELECT 1 FROM message WHERE id = ?", (message_id,)).first() is None:
        raise UsageError(
            f"There is no message {message_id}.",
            hint="`persona-vault search` and `read` show the numbers of messages.",
        )
    rows = run(
        "SELECT id, message_id, name, media_type, n_bytes, sha256, kept"
        " FROM attachment WHERE message_id = ? ORDER BY id",
        (message_id,),
    )
    return tuple(
        StoredAttachment(
            id=row.id,
            message_id=row.message_id,
            name=row.name,
            media_type=row.media_type,
            n_bytes=row.n_bytes,
            sha256=row.sha256,
            kept=bool(row.kept),
        )
        for row in rows
    )


def holds_bytes(connection: Connection, sha256: str) -> bool:
    """Whether the vault has the bytes with this hash."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM file_chunk WHERE sha256 = ? LIMIT 1", (sha256,)
    )
    return found.first() is not None


def write_bytes(connection: Connection, sha256: str, pieces: Iterable[bytes]) -> None:
    """Keep bytes under their hash; the pieces are of at most `CHUNK_BYTES`."""
    for number, data in enumerate(pieces):
        connection.exec_driver_sql(
            "INSERT INTO file_chunk (sha256, number, data) VALUES (?, ?, ?)",
            (sha256, number, data),
        )


def read_bytes(connection: Connection, sha256: str) -> Iterator[bytes]:
    """The bytes kept under a hash, piece by piece; checked when the last one is read.

    Raises:
        VaultDamagedError: They are not, or no longer, those of the hash.
    """
    digest = hashlib.sha256()
    rows = connection.exec_driver_sql(
        "SELECT data FROM file_chunk WHERE sha256 = ? ORDER BY number", (sha256,)
    )
    for (data,) in rows.yield_per(1):
        digest.update(data)
        yield data
    if digest.hexdigest() != sha256:
        raise VaultDamagedError(
            "A kept attachment is damaged inside the vault.",
            hint="Restore the vault from a backup, or import its export again.",
        )


def note_bytes(
    connection: Connection,
    attachment_id: int,
    source_id: int,
    *,
    sha256: str,
    n_bytes: int,
    kept: bool,
) -> None:
    """Note which bytes a source brought for an attachment, and if they are kept."""
    connection.exec_driver_sql(_NOTE, (attachment_id, source_id, sha256, kept))
    connection.exec_driver_sql(
        "UPDATE attachment SET sha256 = CASE WHEN kept > ? THEN sha256 ELSE ? END,"
        " n_bytes = CASE WHEN kept > ? THEN n_bytes ELSE ? END,"
        " kept = max(kept, ?) WHERE id = ?",
        (kept, sha256, kept, n_bytes, kept, attachment_id),
    )


def forget_bytes(connection: Connection, source_id: int) -> None:
    """Drop what a source said of attachments; others may still say the same.

    The bytes themselves go with `drop_unused_bytes`, when attachments are gone too.
    """
    connection.exec_driver_sql(_FALL_BACK, (source_id, source_id, source_id))
    connection.exec_driver_sql(
        "DELETE FROM attachment_source WHERE source_id = ?", (source_id,)
    )


def drop_unused_bytes(connection: Connection) -> int:
    """Drop bytes that no source brought any more; how many contents went."""
    run = connection.exec_driver_sql
    gone = run(f"SELECT count(DISTINCT sha256) {_UNUSED}").scalar_one()
    run(f"DELETE {_UNUSED}")
    return int(gone)
