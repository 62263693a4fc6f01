"""Vectors a second time, for a fast search: a byte a number, many vectors to a row.

To read a hundred thousand rows takes longer than to compare them. A part holds 2,048
vectors in half the bytes, each as whole numbers of -127 to 127 and their scale, so that
scale * numbers is the vector but for `error` at most. A search finds its candidates
here and compares them by the vectors themselves.

Derived, and never relied on: what is in no part is looked up, and a trigger takes all
parts of a model away where one of its vectors goes or changes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from struct import iter_unpack
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_VECTORS = 2048  # of a part, at most
DIGEST_BYTES = 16
_PRECISION = "fp16"
_STORED = "<f2"
_SCALE = "<f4"
_LARGEST = 127

# With `vectors_key`: some vectors of a model.
VECTORS = """
SELECT digest, data FROM vector
WHERE model_id = ? AND precision = ?
  AND digest IN (SELECT unhex(value) FROM json_each(?))
ORDER BY digest
"""
_READ = """
SELECT digests, error, scales, codes FROM vector_part WHERE model_id = ? ORDER BY id
"""
_DIGESTS = "SELECT digests FROM vector_part WHERE model_id = ? ORDER BY id"
# One long text, since a row for each takes three times as long.
_PASSAGES = "SELECT group_concat(hex(digest), '') FROM passage"
_MODELS = "SELECT DISTINCT model_id FROM vector_part"
_KEEP = """
INSERT INTO vector_part (model_id, digests, error, scales, codes)
VALUES (?, ?, ?, ?, ?)
"""


class StoredPart(NamedTuple):
    """Many vectors, quantised, as they are stored.

    Attributes:
        digests: Of their texts, 16 bytes each.
        error: How long scales * codes - vectors is at most, of any of them.
        scales: Little-endian float32, one for each vector.
        codes: int8, one vector after the other.
    """

    digests: bytes
    error: float
    scales: bytes
    codes: bytes


class Part(NamedTuple):
    """The same in numbers: scales of shape (n,), codes of shape (n, dim)."""

    digests: bytes
    error: float
    scales: "NDArray[np.float32]"
    codes: "NDArray[np.int8]"


def quantised(digests: Sequence[bytes], blobs: Sequence[bytes]) -> StoredPart:
    """Stored vectors as whole numbers with a scale each; the same each time.

    Raises:
        ValueError: They are not all of one length, and of finite numbers.
    """
    import numpy as np  # noqa: PLC0415

    exact = np.frombuffer(b"".join(blobs), dtype=_STORED).astype(np.float32)
    if len({len(blob) for blob in blobs}) != 1 or not np.isfinite(exact).all():
        raise ValueError("some of these are no vectors")
    exact = exact.reshape(len(blobs), -1)
    scales = np.abs(exact).max(axis=1) / np.float32(_LARGEST)
    scales[scales == 0] = 1
    codes = np.rint(exact / scales[:, None]).astype(np.int8)
    off = np.linalg.norm(exact - codes * scales[:, None], axis=1)
    return StoredPart(
        b"".join(digests),
        float(off.max()),
        scales.astype(_SCALE).tobytes(),
        codes.tobytes(),
    )


def read_parts(connection: Connection, model_id: str, dim: int) -> list[Part]:
    """All parts of a model.

    Raises:
        ValueError, TypeError: A part does not hold what it should.
    """
    import numpy as np  # noqa: PLC0415

    found = []
    for digests, error, scales, codes in connection.exec_driver_sql(_READ, (model_id,)):
        part = Part(
            digests,
            float(error),
            np.frombuffer(scales, dtype=_SCALE),
            np.frombuffer(codes, dtype=np.int8).reshape(-1, dim),
        )
        n = len(part.scales)
        if len(digests) != n * DIGEST_BYTES or len(part.codes) != n:
            raise ValueError("a part is cut off")
        found.append(part)
    return found


def split_digests(joined: bytes) -> Iterator[bytes]:
    """The digests that stand behind one another.

    Raises:
        ValueError: The last one is cut off.
    """
    if len(joined) % DIGEST_BYTES:
        raise ValueError("a digest is cut off")
    return (digest for (digest,) in iter_unpack(f"{DIGEST_BYTES}s", joined))


def vectors_key(model_id: str, digests: Iterable[bytes]) -> tuple[str, str, str]:
    """What `VECTORS` asks for."""
    return model_id, _PRECISION, json.dumps([digest.hex() for digest in digests])


def missing_digests(connection: Connection, joined: bytes) -> set[bytes]:
    """Of the texts of messages, those that are not among these digests.

    Raises:
        ValueError: The last one is cut off.
    """
    import numpy as np  # noqa: PLC0415

    told: str = connection.exec_driver_sql(_PASSAGES).scalar() or ""
    texts = bytes.fromhex(told)
    there, asked = (_halves(joined), _halves(texts))
    if not len(there):
        return {*split_digests(texts)}
    # By their first halves, and then whole: 100,000 take .02 s, as Python's sets .12.
    order = np.argsort(there[:, 0])
    near = np.searchsorted(there[order, 0], asked[:, 0]).clip(max=len(there) - 1)
    unsure = np.flatnonzero((there[order[near]] != asked).any(axis=1)).tolist()
    if not unsure:
        return set()
    found = {texts[DIGEST_BYTES * n : DIGEST_BYTES * (n + 1)] for n in unsure}
    return found - {*split_digests(joined)}


def _halves(joined: bytes) -> "NDArray[np.uint64]":
    """Digests as numbers that order them, shape (n, 2)."""
    import numpy as np  # noqa: PLC0415

    if len(joined) % DIGEST_BYTES:
        raise ValueError("a digest is cut off")
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def digests_in_no_part(connection: Connection, model_id: str) -> set[bytes]:
    """Of the texts of messages, those that stand in no sound part of a model."""
    parts = connection.exec_driver_sql(_DIGESTS, (model_id,)).scalars()
    sound = [p for p in parts if isinstance(p, bytes) and len(p) % DIGEST_BYTES == 0]
    return missing_digests(connection, b"".join(sound))


def models_with_parts(connection: Connection) -> list[str]:
    """Models of which there is a part."""
    return list(connection.exec_driver_sql(_MODELS).scalars())


def add_missing_parts(connection: Connection, model_id: str) -> int:
    """Quantise what has a vector and is in no part yet; how many vectors that were.

    Args:
        connection: Inside a transaction that writes.
        model_id: Whose vectors.
    """
    missing = sorted(digests_in_no_part(connection, model_id))
    n_added = 0
    for start in range(0, len(missing), N_VECTORS):
        wanted = vectors_key(model_id, missing[start : start + N_VECTORS])
        rows = connection.exec_driver_sql(VECTORS, wanted).all()
        if not rows:
            continue
        try:
            part = quantised([row[0] for row in rows], [row[1] for row in rows])
        except ValueError:
            # Something is damaged: `verify` tells it, and these are looked up.
            continue
        connection.exec_driver_sql(_KEEP, (model_id, *part))
        n_added += len(rows)
    return n_added
