"""An even sample of what the replies answer, as vectors: for the common ground."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from persona_vault.embedders.anchors import Heard, token_columns
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.errors import NoModelError

# Enough for a share to a few points; the table of likeness stays under 20 MB.
MOST_TEXTS = 1_500


@dataclass(frozen=True, slots=True)
class HeardSample:
    """Vectors of the user's words, in memory only.

    Attributes:
        name: Of the way they were made; two names are never compared.
        vectors: Unit length or zero, float32, shape (n, dim).
        blocks: The number of the block of each, (n,).
    """

    name: str
    vectors: NDArray[np.float32]
    blocks: NDArray[np.intp]


def heard_sample(heard: Sequence[Heard], blocks: NDArray[np.intp]) -> HeardSample:
    """An even sample of the words that replies answer.

    Args:
        heard: The messages that each reply answers.
        blocks: The number of the block of each reply.
    """
    said = np.flatnonzero([len(messages) > 0 for messages in heard])
    if len(said) > MOST_TEXTS:
        said = said[np.linspace(0, len(said) - 1, MOST_TEXTS).round().astype(int)]
    texts = [heard[i] for i in said.tolist()]
    try:
        tokens = token_columns()
    except NoModelError:
        hashing = HashingEmbedder()
        vectors = hashing.encode(["\n".join(messages) for messages in texts])
        return HeardSample(hashing.model_id, vectors, blocks[said])
    return HeardSample(tokens.name, tokens.vectors(texts), blocks[said])
