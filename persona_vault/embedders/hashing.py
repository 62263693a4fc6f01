"""Vectors from hashed words and letter groups: no model, the same on every machine.

It sees shared words and spellings, not meaning: for tests, and for a machine on which
no model can be had.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_LETTER_GROUPS = (3, 4)
_LETTER_WEIGHT = 0.3
_DIM = 256


class HashingEmbedder:
    """Feature hashing of words and letter groups, signed, unit length."""

    def __init__(self) -> None:
        self.model_id = f"hashing-{_DIM}-1"
        self.dim = _DIM

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, shape (len(texts), 256); also for an empty text."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                place, sign = _place(feature)
                row[place] += sign * weight
            if not row.any():  # no word at all, or words that cancel out
                row[0] = 1.0
        unit: NDArray[np.float32] = vectors / np.linalg.norm(
            vectors, axis=1, keepdims=True
        )
        return unit


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text.casefold()):
        yield word, 1.0
        padded = f"<{word}>"
        for size in _LETTER_GROUPS:
            for start in range(len(padded) - size + 1):
                yield f"{size}:{padded[start : start + size]}", _LETTER_WEIGHT


@lru_cache(maxsize=100_000)
def _place(feature: str) -> tuple[int, float]:
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return int.from_bytes(digest[:4], "little") % _DIM, 1.0 if digest[4] & 1 else -1.0
