"""The vectors of a vault in memory, searched exactly.

Built anew from the database wherever it is needed: an index file beside an encrypted
vault would hold its content in the open, and a damaged one loads without a word.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRECISION = "fp16"
_STORED = np.dtype("<f2")
_CHUNK = 65_536


def pack_vectors(vectors: NDArray[np.float32]) -> list[bytes]:
    """Vectors as they are stored: little-endian float16, one blob a row."""
    return [row.tobytes() for row in vectors.astype(_STORED)]


def unpack_vectors(blobs: Sequence[bytes], dim: int) -> NDArray[np.float16]:
    """Stored blobs as an array of shape (len(blobs), dim).

    Raises:
        ValueError: A blob does not hold `dim` numbers.
    """
    if any(len(blob) != dim * _STORED.itemsize for blob in blobs):
        raise ValueError(f"a stored vector does not hold {dim} numbers")
    flat = np.frombuffer(b"".join(blobs), dtype=_STORED)
    return flat.reshape(len(blobs), dim)


class Index:
    """Exact search by inner product over unit vectors.

    Args:
        ids: What a row is called in results, such as the message's row id.
        vectors: Shape (len(ids), dim), unit length.

    Attributes:
        ids: As given, int64, one for each row.
    """

    def __init__(
        self, ids: NDArray[np.int64], vectors: NDArray[np.float16 | np.float32]
    ) -> None:
        import faiss  # noqa: PLC0415  (0.14 s, not needed to read or write vectors)

        self.ids = ids
        self._faiss: Any = faiss
        self._index: Any = faiss.IndexScalarQuantizer(
            vectors.shape[1],
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
        )
        for start in range(0, len(vectors), _CHUNK):
            part = vectors[start : start + _CHUNK]
            self._index.add(np.ascontiguousarray(part, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.ids)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        allowed: NDArray[np.int64] | None = None,
    ) -> list[tuple[int, float]]:
        """The k nearest ids with their cosine, nearest first; ties by id.

        Args:
            query: One unit vector, shape (dim,).
            k: How many at most.
            allowed: Only these ids may be found; None = all. The search among them is
                exact, however few they are.
        """
        params, n_open = None, len(self.ids)
        if allowed is not None:
            mask = np.isin(self.ids, allowed)
            n_open = int(mask.sum())
            params = self._faiss.SearchParameters(
                sel=self._faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
            )
        k = min(k, n_open)
        if k < 1:
            return []
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        scores, places = self._index.search(row, k, params=params)
        found = [
            (int(self.ids[place]), float(score))
            for place, score in zip(places[0], scores[0], strict=True)
            if place >= 0
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))
