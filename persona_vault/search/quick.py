"""The nearest messages without reading every vector: exact, from quantised ones.

Each vector stands in the vault a second time in half the bytes, many to a row (see
`store.vector_parts`). That gives each text a cosine which is off by a known amount at
most, and so the candidates; their own vectors decide, and tell when enough were read.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from persona_vault.embedders import Embedder
from persona_vault.embedders.index import inner_products
from persona_vault.search.filters import Filters
from persona_vault.search.vectors import (
    FEW_MEANS,
    StoredModel,
    StoredVectors,
    as_array,
    is_few,
    look_up,
    make_index,
    n_passages,
    read_vectors,
)
from persona_vault.store.vault import Vault
from persona_vault.store.vector_parts import (
    DIGEST_BYTES,
    Part,
    missing_digests,
    read_parts,
)

if TYPE_CHECKING:
    from persona_vault.embedders.index import Index

# So many candidates at first for each message that is asked for.
_CANDIDATES = 5
# Beside the error of a part: sums in single precision.
_ROUNDING = 1e-5


def open_quick(
    vault: Vault, embedder: Embedder | StoredModel, filters: Filters
) -> "QuickIndex | None":
    """The messages that the filters leave; None where to read them all is no slower.

    Raises:
        VaultDamagedError: A stored vector has not the model's length.
    """
    with vault.read() as connection:
        if is_few(connection, filters):
            return None
        try:
            parts = read_parts(connection, embedder.model_id, embedder.dim)
            missing = missing_digests(connection, b"".join(p.digests for p in parts))
        except (
            ValueError,
            TypeError,
        ):  # damaged, which `verify` tells; they are not needed
            return None
        if len(missing) * FEW_MEANS > n_passages(connection):
            return None
        rest = look_up(connection, embedder, filters, missing)
    return QuickIndex(vault, embedder, filters, parts, rest)


class QuickIndex:
    """Searched as an `Index`, with the same answers.

    Args:
        vault: Where the vectors of candidates are looked up.
        embedder: Whose vectors.
        filters: Which messages may be found.
        parts: Of that model.
        rest: Messages that are in no part.

    Attributes:
        n_missing: Messages without a vector, which cannot be found.
    """

    def __init__(
        self,
        vault: Vault,
        embedder: Embedder | StoredModel,
        filters: Filters,
        parts: list[Part],
        rest: StoredVectors,
    ) -> None:
        self.n_missing = rest.n_missing
        self._vault, self._embedder, self._filters = vault, embedder, filters
        self._parts, self._rest = parts, rest
        self._error = max((part.error for part in parts), default=0.0) + _ROUNDING
        self._digests = b"".join(part.digests for part in parts)
        self._whole: Index | None = None

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
            allowed: As for `Index.search`; None = those that the filters leave.
        """
        if self._whole is None and allowed is None:
            found = self._search(query, k)
            if found is not None:
                return found
        if self._whole is None:
            every = read_vectors(self._vault, self._embedder, self._filters)
            self._whole = make_index(every, self._embedder)
        return self._whole.search(query, k, allowed)

    def _search(
        self, query: NDArray[np.float32], k: int
    ) -> list[tuple[int, float]] | None:
        """None where so many candidates would be needed that all may be read."""
        near = self._roughly(query)
        n = _CANDIDATES * k
        while n * FEW_MEANS < len(near):
            places = np.argpartition(-near, n)[: n + 1]
            # What was no candidate is no nearer than this.
            least = float(near[places].min()) + self._error
            found = self._exactly(query, places)
            if len(found) >= k and found[k - 1][1] > least:
                return found[:k]
            n *= 4
        return None

    def _roughly(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines of all texts, off by `_error` at most."""
        found = [
            inner_products(part.codes, query) * part.scales for part in self._parts
        ]
        return np.concatenate([np.zeros(0, dtype=np.float32), *found])

    def _exactly(
        self, query: NDArray[np.float32], places: NDArray[np.intp]
    ) -> list[tuple[int, float]]:
        """Messages of these texts, and those in no part, as `Index.search` gives them.

        A message that was forgotten since the parts were read is not among them.
        """
        starts = [DIGEST_BYTES * int(place) for place in places]
        # Two processes that embed at once may write a part each.
        digests = {self._digests[start : start + DIGEST_BYTES] for start in starts}
        with self._vault.read() as connection:
            read = look_up(connection, self._embedder, self._filters, digests)
        both = StoredVectors(
            [*read.ids, *self._rest.ids], [*read.blobs, *self._rest.blobs], 0
        )
        if not both.ids:
            return []
        vectors = as_array(both, self._embedder).astype(np.float32)
        pairs = zip(both.ids, (vectors @ query).tolist(), strict=True)
        found = [(number, round(cosine, 6)) for number, cosine in pairs]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))
