"""What is made from messages, against the messages; and kept files by their hash."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from persona_vault.errors import VaultDamagedError
from persona_vault.store.passages import TURNS, compare_turns, text_digest
from persona_vault.store.vector_parts import (
    VECTORS,
    quantised,
    split_digests,
    vectors_key,
)
from persona_vault.store.verify.damage import (
    CONTENT,
    Damage,
    Reader,
    UnreadableError,
    first_ids,
)

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault

_FULL_TEXT = "INSERT INTO message_fts(message_fts, rank) VALUES ('integrity-check', 1)"
_VECTORS = "SELECT model_id, precision, data FROM vector ORDER BY model_id, precision"
_PART = "SELECT model_id, digests, error, scales, codes FROM vector_part WHERE id = ?"
_SUMS = 1e-6
_NUMBER_BYTES = 2  # float16
_LONGEST = 1.02  # a unit vector in float16 is off by less than a thousandth


def check_passages(reader: Reader) -> Iterator[Damage]:
    """What search sees of each message, against the messages it is made from."""
    wrong: list[object] = []
    try:
        threads = [row[0] for row in reader.rows("SELECT id FROM conversation")]
        for thread in threads:
            wrong += _stale_passages(reader, thread)
        wrong += [
            message_id
            for message_id, text, digest in reader.stream(
                "SELECT message_id, text, digest FROM passage"
            )
            if digest != _digest(text)
        ]
    except UnreadableError:
        yield Damage(level=CONTENT, kind="unreadable", table="passage", n=1)
        return
    if wrong:
        ids = set(wrong)
        yield Damage(
            level=CONTENT,
            kind="passage",
            table="passage",
            n=len(ids),
            ids=first_ids(ids),
            rebuildable=True,
        )


def _stale_passages(reader: Reader, thread: object) -> list[object]:
    rows = reader.rows(TURNS, (thread,))
    try:
        return [row[0] for row in compare_turns(rows) if row[1] != row[2]]
    except (AttributeError, TypeError):  # a cell that is no text: the hashes say which
        return [row[0] for row in rows]


def _digest(text: object) -> bytes | None:
    try:
        return text_digest(text) if isinstance(text, str) else None
    except UnicodeEncodeError:
        return None


def check_full_text(vault: "Vault") -> Iterator[Damage]:
    """The full-text index against the passages; needs the write lock for a moment."""
    try:
        with vault.write() as connection:
            connection.exec_driver_sql(_FULL_TEXT)
            connection.rollback()
    except VaultDamagedError:
        yield Damage(
            level=CONTENT, kind="full_text", table="message_fts", n=1, rebuildable=True
        )


def check_vectors(reader: Reader) -> Iterator[Damage]:
    """Vectors are of one length for each model, finite, and no longer than 1."""
    n_bytes: Counter[tuple[object, object, int]] = Counter()
    usual: dict[tuple[object, object], int] = {}
    n_wrong = 0
    try:
        for model_id, precision, n, n_rows in reader.rows(
            "SELECT model_id, precision, octet_length(data), count(*) FROM vector"
            " GROUP BY 1, 2, 3"
        ):
            n_bytes[model_id, precision, n] = n_rows
        for model_id, precision, n in sorted(n_bytes, key=n_bytes.__getitem__):
            usual[model_id, precision] = n
        for model_id, precision, data in reader.stream(_VECTORS):
            n_wrong += not is_vector(data, usual[model_id, precision])
    except UnreadableError:
        n_wrong += 1
    if n_wrong:
        yield Damage(
            level=CONTENT, kind="vector", table="vector", n=n_wrong, rebuildable=True
        )


def check_vector_parts(reader: Reader) -> Iterator[Damage]:
    """Quantised vectors, against the vectors that they are made of."""
    n_wrong = 0
    try:
        for (part_id,) in reader.rows("SELECT id FROM vector_part"):
            ((model_id, *kept),) = reader.rows(_PART, (part_id,))
            n_wrong += not _is_part(reader, model_id, kept)
    except UnreadableError:
        n_wrong += 1
    if n_wrong:
        yield Damage(
            level=CONTENT,
            kind="vector_part",
            table="vector_part",
            n=n_wrong,
            rebuildable=True,
        )


def _is_part(reader: Reader, model_id: object, kept: list[object]) -> bool:
    """Whether a part is what its vectors give once more."""
    try:
        digests = list(split_digests(kept[0]))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    rows = dict(reader.rows(VECTORS, vectors_key(str(model_id), digests)))
    try:
        part = quantised(digests, [rows[digest] for digest in digests])
        # A sum may end otherwise on another processor.
        is_near = abs(float(kept[1]) - part.error) < _SUMS  # type: ignore[arg-type]
    except (KeyError, ValueError, TypeError):
        return False
    return is_near and kept[2:] == [part.scales, part.codes]


def is_vector(data: object, n_bytes: int) -> bool:
    """Whether stored bytes are a vector of the length that the others have."""
    if not isinstance(data, bytes) or len(data) != n_bytes or n_bytes % _NUMBER_BYTES:
        return False
    import numpy as np  # noqa: PLC0415

    numbers = np.frombuffer(data, dtype="<f2").astype(np.float64)
    length = float(np.sqrt((numbers * numbers).sum()))
    return bool(length <= _LONGEST)  # False for what is no number, too


def check_files(reader: Reader) -> Iterator[Damage]:
    """The bytes of kept attachments, by their hash; and that all are there."""
    wrong: set[object] = set()
    try:
        names = {row[0] for row in reader.rows("SELECT sha256 FROM file_chunk")}
        for name in names:
            if not _is_whole(reader, name):
                wrong.add(name)
        kept = "SELECT sha256 FROM attachment WHERE kept = 1"
        wrong |= {row[0] for row in reader.rows(kept)} - names
        if not wrong:
            return
        ids = [
            row[1]
            for row in reader.rows("SELECT sha256, message_id FROM attachment")
            if row[0] in wrong
        ]
    except UnreadableError:
        yield Damage(level=CONTENT, kind="unreadable", table="file_chunk", n=1)
        return
    yield Damage(
        level=CONTENT,
        kind="file",
        table="attachment",
        n=len(wrong),
        ids=first_ids(set(ids)),
    )


def _is_whole(reader: Reader, name: object) -> bool:
    digest = hashlib.sha256()
    numbers = reader.rows(
        "SELECT id FROM file_chunk WHERE sha256 = ? ORDER BY number", (name,)
    )
    for (chunk_id,) in numbers:
        ((data,),) = reader.rows(
            "SELECT data FROM file_chunk WHERE id = ?", (chunk_id,)
        )
        if not isinstance(data, bytes):
            return False
        digest.update(data)
    return digest.hexdigest() == name
