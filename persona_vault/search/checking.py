"""A sample of stored vectors against their texts: the model reads these once more."""

import json
import random
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text

from persona_vault.embedders import Embedder
from persona_vault.errors import NoModelError
from persona_vault.search.embed import PRECISION, remembered_embedders
from persona_vault.store.forgetting import unused_digests
from persona_vault.store.passages import text_digest
from persona_vault.store.vault import Vault
from persona_vault.store.verify import CONTENT, Damage, NotCompared

# So few the small encoder reads in a second.
N_SAMPLED = 32
# Half precision and another library give 0.999; other words seldom come near this.
_MIN_COSINE = 0.99

_MODELS = text("SELECT model_id, count(*) FROM vector GROUP BY 1 ORDER BY 1")
_DIGESTS = text("SELECT digest FROM vector WHERE model_id = :model_id ORDER BY digest")
_DATA = text(
    """
    SELECT digest, data FROM vector WHERE model_id = :model_id
      AND precision = :precision
      AND digest IN (SELECT unhex(value) FROM json_each(:digests))
    """
)
_PASSAGES = text(
    """
    SELECT message_id, text FROM passage
    WHERE digest IN (SELECT unhex(value) FROM json_each(:digests))
    """
)
_MESSAGES = text("SELECT id, text FROM message")

Row = tuple[int, str, bytes]  # message, its passage or own words, vector


def check_vectors(
    vault: Vault, leave_out: Callable[[NotCompared], None]
) -> Iterator[Damage]:
    """Vectors that are not those of their texts, in a sample of each model.

    Args:
        vault: Open; it is not changed.
        leave_out: Called with what cannot be compared: vectors of a model that is not
            on this machine, and of texts that no message has any more.

    Raises:
        VaultDamagedError: Rows cannot be read.
    """
    with vault.read() as connection:
        models = connection.execute(_MODELS).all()
        unused = unused_digests(connection)
        samples = {}
        for model_id, n in models:
            digests = connection.execute(_DIGESTS, {"model_id": model_id}).scalars()
            used = [digest for digest in digests if digest not in unused]
            samples[model_id] = _sample(connection, model_id, used)
            if len(used) < n:
                leave_out(_left_out(model_id, n - len(used), "no_text"))
    known = {each.model_id: each for each in remembered_embedders(vault)}
    for model_id, n in models:
        try:
            wrong = _wrong(known[model_id], samples[model_id])
        except (KeyError, NoModelError):
            leave_out(_left_out(model_id, n, "no_model"))
            continue
        if wrong:
            yield Damage(
                level=CONTENT,
                kind="vector_text",
                table="vector",
                n=len(wrong),
                ids=tuple(sorted(wrong)),
                rebuildable=True,
            )


def _left_out(model_id: str, n: int, reason: str) -> NotCompared:
    # A cell that rotted may hold anything.
    return NotCompared(table="vector", of=str(model_id), n=n, reason=reason)


def _sample(connection: Connection, model_id: str, digests: list[bytes]) -> list[Row]:
    """The same ones each time, so that a second look sees what the first one saw."""
    chosen = set(random.Random(0).sample(digests, min(N_SAMPLED, len(digests))))
    key = {
        "model_id": model_id,
        "precision": PRECISION,
        "digests": json.dumps([digest.hex() for digest in chosen]),
    }
    data = {row.digest: row.data for row in connection.execute(_DATA, key)}
    said: dict[bytes, tuple[int, str]] = {}
    for statement in (_PASSAGES, _MESSAGES):
        if len(said) == len(chosen):
            break
        for message_id, words in connection.execute(statement, key):
            # A passage that rotted is told elsewhere, and its vector may be sound.
            digest = text_digest(words)
            if digest in chosen:
                said.setdefault(digest, (message_id, words))
    return [(*said[each], data[each]) for each in sorted(said.keys() & data.keys())]


def _wrong(embedder: Embedder, rows: list[Row]) -> list[int]:
    """Messages whose vector is not the one that the model gives now."""
    import numpy as np  # noqa: PLC0415

    from persona_vault.embedders.index import unpack_vectors  # noqa: PLC0415

    n_bytes = embedder.dim * np.dtype("<f2").itemsize  # another length is told before
    rows = [row for row in rows if len(row[2]) == n_bytes]
    if not rows:
        return []
    kept = unpack_vectors([row[2] for row in rows], embedder.dim).astype(np.float32)
    anew = embedder.encode([row[1] for row in rows])
    cosines = np.einsum("ij,ij->i", kept, anew)
    # Also what is no number is not near enough.
    pairs = zip(rows, cosines, strict=True)
    return [row[0] for row, cosine in pairs if not cosine >= _MIN_COSINE]
