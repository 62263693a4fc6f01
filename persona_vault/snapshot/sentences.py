"""Vectors of the user's bare words, kept in the vault for comparisons.

Search keeps vectors of messages together with the words before them; a comparison needs
the user's words alone. They are made once by `embed` and kept under the digest of the
very text; a comparison only reads them, so that it never waits for a model.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text

from persona_vault.embedders import Embedder, load_embedder
from persona_vault.embedders.anchors import SentenceColumns
from persona_vault.embedders.index import PRECISION, pack_vectors, unpack_vectors
from persona_vault.errors import NoModelError
from persona_vault.store.passages import text_digest
from persona_vault.store.vault import Vault

SHARD = 2_048
_FOUND = text(
    """
    SELECT digest, data FROM vector WHERE model_id = :model_id
      AND precision = :precision
      AND digest IN (SELECT unhex(value) FROM json_each(:digests))
    """
)
_KEEP = text(
    """
    INSERT INTO vector (digest, model_id, precision, data)
    VALUES (:digest, :model_id, :precision, :data) ON CONFLICT DO NOTHING
    """
)
_TEXTS = text("SELECT text FROM message")
# Ids are never given twice, so a message that went and one that came show here.
_STATE = text("SELECT (SELECT count(*) FROM message), (SELECT max(id) FROM message)")
_SAID = text("SELECT DISTINCT text FROM message WHERE role = 'user' AND shown")
_REMEMBERED = text("SELECT value FROM setting WHERE key = 'embedder'")
_MODELS = text("SELECT DISTINCT model_id FROM vector")


def stored_sentences(vault: Vault) -> list[SentenceColumns]:
    """The sentence model whose vectors the vault holds; none where it has no model."""
    with vault.read() as connection:
        models = set(connection.scalars(_MODELS))
    if not models:
        return []
    try:
        embedder = vault_embedder(vault)
    except NoModelError:
        return []
    if embedder.model_id not in models:
        return []
    return [
        SentenceColumns(embedder, lambda texts: kept_vectors(vault, embedder, texts))
    ]


def vault_embedder(vault: Vault) -> Embedder:
    """The sentence model that the vault remembers, else the default.

    Raises:
        NoModelError: It is not on this machine, or is not the one expected.
    """
    with vault.read() as connection:
        remembered = connection.scalar(_REMEMBERED)
    return _loaded(remembered)


@lru_cache(maxsize=1)
def _loaded(spec: str | None) -> Embedder:
    """Its files are checked once a process: that takes longer than reading vectors."""
    return load_embedder(spec)


def embed_said(
    vault: Vault,
    embedder: Embedder,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Embed the user's bare messages, as far as that was not done yet.

    Returns:
        How many texts the model read.
    """
    with vault.read() as connection:
        wanted = sorted(t for t in connection.scalars(_SAID) if t.strip())
    return embed_texts(vault, embedder, wanted, progress=progress)


def embed_texts(
    vault: Vault,
    embedder: Embedder,
    wanted: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Embed bare texts of the vault, as far as that was not done yet.

    Returns:
        How many texts the model read.
    """
    known = kept_vectors(vault, embedder, wanted)
    # By length: texts that the model reads together are then alike.
    missing = sorted((t for t in wanted if t not in known), key=len)
    seen: Row[Any] | None = None
    there: set[str] = set()
    for start in range(0, len(missing), SHARD):
        part = missing[start : start + SHARD]
        packed = pack_vectors(embedder.encode(part))
        with vault.write() as connection:
            # A text that was forgotten while the model read leaves no vector behind.
            # To look for it reads all messages, so only where any came or went.
            if (state := connection.execute(_STATE).one()) != seen:
                left = set(missing[start:])
                there = {t for t in connection.scalars(_TEXTS) if t in left}
                seen = state
            rows = [
                {
                    "digest": text_digest(t),
                    "model_id": embedder.model_id,
                    "precision": PRECISION,
                    "data": data,
                }
                for t, data in zip(part, packed, strict=True)
                if t in there
            ]
            if rows:
                connection.execute(_KEEP, rows)
        if progress:
            progress(min(start + SHARD, len(missing)), len(missing))
    return len(missing)


def kept_vectors(
    vault: Vault, embedder: Embedder, texts: Sequence[str]
) -> Mapping[str, NDArray[np.float16]]:
    """The vectors that the vault holds, by text."""
    by_digest = {text_digest(t): t for t in texts}
    key = {
        "model_id": embedder.model_id,
        "precision": PRECISION,
        "digests": json.dumps([d.hex() for d in by_digest]),
    }
    with vault.read() as connection:
        rows = connection.execute(_FOUND, key).all()
    vectors = unpack_vectors([row.data for row in rows], embedder.dim)
    return {by_digest[r.digest]: v for r, v in zip(rows, vectors, strict=True)}
