"""The seam to embedding models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # search by words must not pay for numpy
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns texts into unit vectors.

    Attributes:
        model_id: Names the very weights: vectors of two ids are never mixed.
        dim: Length of a vector.
    """

    model_id: str
    dim: int

    def encode(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors, float32, shape (len(texts), dim), in the order given."""
        ...
