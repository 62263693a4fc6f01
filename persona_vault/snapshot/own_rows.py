"""The vault's own rows, ready to measure: a model places the examples of an axis.

A dimension knows no model: it is given where each message of the period stands. The
vectors are those of the bare messages, kept in the vault like the user's own.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from persona_vault.dimensions.base import Dimension
from persona_vault.dimensions.own import FILE_NAME, HIGH, LOW, OwnAxis, own_dimensions
from persona_vault.embedders import Embedder
from persona_vault.errors import InputRejectedError, NoModelError
from persona_vault.model import Period, Persona, Role
from persona_vault.snapshot.sentences import (
    SHARD,
    embed_texts,
    kept_vectors,
    vault_embedder,
)
from persona_vault.store.vault import Vault

# Two sets of examples nearer to each other than this (the cosine distance has no unit)
# are one set to the model.
LEAST_APART = 0.1


def own_rows(vault: Vault, persona: Persona, period: Period) -> tuple[Dimension, ...]:
    """The rows of the file in the vault's folder, in its order.

    Messages of the period that no vector is kept of are embedded first.

    Raises:
        InputRejectedError: The file cannot be read, or the model cannot tell the two
            sets of examples of an axis apart.
        NoModelError: There is an axis, and no model on this machine.
    """
    found = own_dimensions(vault.path / FILE_NAME)
    axes = [row for row in found if isinstance(row, OwnAxis)]
    if not axes:
        return tuple(row for row in found if not isinstance(row, OwnAxis))
    embedder = _model(vault, axes[0])
    lines = [_line(axis, embedder) for axis in axes]
    placed = _placed(vault, embedder, lines, _texts(vault, persona, period))
    made = {
        axis.name: axis.row(embedder.model_id, placed(i)) for i, axis in enumerate(axes)
    }
    return tuple(made[r.name] if isinstance(r, OwnAxis) else r for r in found)


def embed_for_own_rows(
    vault: Vault,
    embedder: Embedder | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Embed all bare messages if a row needs them, so that no comparison has to.

    Args:
        vault: An open vault.
        embedder: None for the one that the vault remembers.
        progress: Called with texts done and texts to do.

    Returns:
        How many texts the model read.

    Raises:
        InputRejectedError, NoModelError: As for `own_rows`.
    """
    found = own_dimensions(vault.path / FILE_NAME)
    axis = next((row for row in found if isinstance(row, OwnAxis)), None)
    if axis is None:
        return 0
    texts = {t for p in vault.personas() for t in _texts(vault, p, Period())}
    model = embedder or _model(vault, axis)
    return embed_texts(vault, model, sorted(texts), progress=progress)


def _model(vault: Vault, axis: OwnAxis) -> Embedder:
    try:
        return vault_embedder(vault)
    except NoModelError as error:
        raise NoModelError(
            f"{axis.place} has examples, which only a sentence model can read."
            f" {error.message}",
            hint=f"{error.hint} Or take this dimension out of the file.",
        ) from error


def _texts(vault: Vault, persona: Persona, period: Period) -> list[str]:
    return sorted(
        {
            m.text
            for m in vault.messages(persona.name, period=period)
            if m.role is not Role.SYSTEM and m.text.strip()
        }
    )


def _line(axis: OwnAxis, embedder: Embedder) -> tuple[NDArray[np.float32], float]:
    """What a vector is multiplied with to give its place, and what is then added."""
    vectors = embedder.encode([*axis.low, *axis.high]).astype(np.float32)
    n = len(axis.low)
    low, high = vectors[:n].mean(axis=0), vectors[n:].mean(axis=0)
    apart = float(np.linalg.norm(high - low))
    if apart < LEAST_APART:
        raise InputRejectedError(
            f"{axis.place}: the model cannot tell the two sets of examples apart.",
            hint="Choose examples that differ more in what the axis is about.",
        )
    # The unit axis, stretched so that the means of both sets are LOW and HIGH.
    stretched = (high - low) / np.float32(apart) * np.float32((HIGH - LOW) / apart)
    return stretched, LOW - float(low @ stretched)


def _placed(
    vault: Vault,
    embedder: Embedder,
    lines: Sequence[tuple[NDArray[np.float32], float]],
    texts: Sequence[str],
) -> Callable[[int], Callable[[str], float | None]]:
    """For the number of an axis: the place of each text on it."""
    embed_texts(vault, embedder, texts)
    directions = np.array([direction for direction, _ in lines])
    starts = np.array([start for _, start in lines])
    places: dict[str, tuple[float, ...]] = {}
    for first in range(0, len(texts), SHARD):
        kept = kept_vectors(vault, embedder, texts[first : first + SHARD])
        if kept:
            table = np.array(list(kept.values()), dtype=np.float32)
            rows = (table @ directions.T + starts).tolist()
            places.update(zip(kept, map(tuple, rows), strict=True))

    def of(number: int) -> Callable[[str], float | None]:
        def place(text: str) -> float | None:
            found = places.get(text)
            return None if found is None else found[number]

        return place

    return of
