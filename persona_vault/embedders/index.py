"""The vectors of a vault in memory, searched exactly.

Built anew from the database wherever it is needed: an index file beside an encrypted
vault would hold its content in the open, and a damaged one loads without a word.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRECISION = "fp16"
_STORED = np.dtype("<f2")
_CHUNK = 16_384
# FAISS leaves one query to one thread: two, each over its half, take half the time.
_HALVES = 2
# So few that they stay in the processor's cache and are left to one thread: several
# wait for each other longer than all of it takes (100,000: .38 s against .02).
_BLOCK = 256


def pack_vectors(vectors: NDArray[np.float32]) -> list[bytes]:
    """Vectors as they are stored: little-endian float16, one blob a row."""
    return [row.tobytes() for row in vectors.astype(_STORED)]


def unpack_vectors(blobs: Sequence[bytes], dim: int) -> NDArray[np.float16]:
    """Stored blobs as an array of shape (len(blobs), dim).

    Raises:
        ValueError: A blob does not hold `dim` numbers.
    """
    if set(map(len, blobs)) - {dim * _STORED.itemsize}:
        raise ValueError(f"a stored vector does not hold {dim} numbers")
    flat = np.frombuffer(b"".join(blobs), dtype=_STORED)
    return flat.reshape(len(blobs), dim)


class Index:
    """Exact search by inner product over unit vectors.

    The first search goes over the vectors as they are; FAISS takes over from the second
    on, since to import and fill it takes longer than one search.

    Args:
        ids: What a row is called in results, such as the message's row id.
        vectors: Shape (len(ids), dim), unit length.

    Attributes:
        ids: As given, int64, one for each row.
    """

    def __init__(
        self, ids: NDArray[np.int64], vectors: NDArray[np.float16 | np.float32]
    ) -> None:
        self.ids = ids
        self._vectors: NDArray[np.float16 | np.float32] | None = vectors
        self._used = False
        self._faiss: Any = None
        self._halves: list[Any] = []
        self._pool: Any = None

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
        mask = None if allowed is None else np.isin(self.ids, allowed)
        k = min(k, len(self.ids) if mask is None else int(mask.sum()))
        if k < 1:
            return []
        row = np.ascontiguousarray(query, dtype=np.float32)
        if self._used and self._vectors is not None:
            self._fill(self._vectors)
        if self._vectors is None:
            places, scores = self._ask(row, k, mask)
        else:
            places, scores = _scan(self._vectors, row, k, mask)
        self._used = True
        # Rounded: equal vectors may differ in the last bit by where they stand.
        found = [
            (int(self.ids[place]), round(float(score), 6))
            for place, score in zip(places, scores, strict=True)
            if place >= 0
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def _fill(self, vectors: NDArray[np.float16 | np.float32]) -> None:
        import faiss  # noqa: PLC0415  (0.14 s, not needed for one search)

        self._faiss = faiss
        for half in np.array_split(vectors, _HALVES):
            index = faiss.IndexScalarQuantizer(
                vectors.shape[1],
                faiss.ScalarQuantizer.QT_fp16,
                faiss.METRIC_INNER_PRODUCT,
            )
            for start in range(0, len(half), _CHUNK):
                part = half[start : start + _CHUNK]
                index.add(np.ascontiguousarray(part, dtype=np.float32))
            self._halves.append(index)
        self._pool = ThreadPoolExecutor(_HALVES)
        self._vectors = None

    def _ask(
        self, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest of each half, in no order, -1 where it has fewer."""
        starts = [0, *np.cumsum([half.ntotal for half in self._halves]).tolist()]

        def ask(number: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
            start, end = starts[number : number + 2]
            params = None
            if mask is not None:
                bits = np.packbits(mask[start:end], bitorder="little")
                params = self._faiss.SearchParameters(
                    sel=self._faiss.IDSelectorBitmap(bits)
                )
            half = self._halves[number]
            scores, places = half.search(query.reshape(1, -1), k, params=params)
            return np.where(places[0] < 0, -1, places[0] + start), scores[0]

        places, scores = zip(*self._pool.map(ask, range(_HALVES)), strict=True)
        return np.concatenate(places), np.concatenate(scores)


def _scan(
    vectors: NDArray[np.float16 | np.float32],
    query: NDArray[np.float32],
    k: int,
    mask: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places and cosines of the k nearest, in no order; k is at least 1."""
    scores = inner_products(vectors, query)
    if mask is not None:
        scores[~mask] = -np.inf
    places = np.argpartition(-scores, k - 1)[:k].astype(np.int64)
    return places, scores[places]


def inner_products(
    vectors: NDArray[np.float16 | np.float32 | np.int8], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Each vector times the query, in single precision; shape (len(vectors),)."""
    scores = np.empty(len(vectors), dtype=np.float32)
    wide = np.empty((_BLOCK, len(query)), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        part = vectors[start : start + _BLOCK]
        exact = wide[: len(part)]
        exact[...] = part
        np.dot(exact, query, out=scores[start : start + _BLOCK])
    return scores
