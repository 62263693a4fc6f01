"""The vectors of messages as they are kept in the vault."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, TextClause, text

from persona_vault.embedders import Embedder
from persona_vault.errors import VaultDamagedError
from persona_vault.search.embed import PRECISION
from persona_vault.search.filters import Filters
from persona_vault.store import driver
from persona_vault.store.header import DB_NAME
from persona_vault.store.vault import Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_vault.embedders.index import Index

WITH_TEXT = """
    SELECT message.id, passage.digest
    FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    JOIN passage ON passage.message_id = message.id
    WHERE {condition}
"""
# Vectors stand in the order of their digests, which is none for messages: to look each
# one up decrypts a page of four vectors for every message. All in their own order, and
# joined here, are 6 to 8 times cheaper (50,000: 2.2 s of a processor against 0.3); few
# are looked up.
_ALL = text(
    "SELECT digest, data FROM vector "
    "WHERE model_id = :model_id AND precision = :precision"
)
_FEW = text(
    """
    SELECT digest, data FROM vector
    WHERE model_id = :model_id AND precision = :precision
      AND digest IN (SELECT unhex(value) FROM json_each(:digests))
    """
)
FEW_MEANS = 8  # one in so many messages
_N_PASSAGES = text("SELECT count(*) FROM passage")
_N_LEFT = """
    SELECT count(*) FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition}
"""
_OF_TEXTS = """
    SELECT message.id, passage.digest
    FROM json_each(:digests) AS asked
    CROSS JOIN passage ON passage.digest = unhex(asked.value)
    CROSS JOIN message ON message.id = passage.message_id
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition}
"""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as far as its stored vectors tell: enough to compare these."""

    model_id: str
    dim: int


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """Vectors of messages as they are kept; `n_missing` more have none yet."""

    ids: list[int]
    blobs: list[bytes]
    n_missing: int


def read_vectors(
    vault: Vault, embedder: Embedder | StoredModel, filters: Filters
) -> StoredVectors:
    """Vectors of the messages that the filters leave, and how many have none yet."""
    values = {"model_id": embedder.model_id, "precision": PRECISION}
    place = vault.path / DB_NAME
    with vault.read() as connection, driver.translated(place):
        messages = text(WITH_TEXT.format(condition=filters.condition))
        wanted = _pairs(connection, messages, filters.values)
        statement = _ALL
        if len(wanted) * FEW_MEANS < n_passages(connection):
            statement = _FEW
            values["digests"] = json.dumps([digest.hex() for _, digest in wanted])
        stored = dict(_pairs(connection, statement, values))
    return _joined(wanted, stored)


def look_up(
    connection: Connection,
    embedder: Embedder | StoredModel,
    filters: Filters,
    digests: Collection[bytes],
) -> StoredVectors:
    """The same of messages of a few texts."""
    asked = json.dumps([digest.hex() for digest in digests])
    key = {
        "model_id": embedder.model_id,
        "precision": PRECISION,
        "digests": asked,
    }
    messages = text(_OF_TEXTS.format(condition=filters.condition))
    wanted = _pairs(connection, messages, filters.values | {"digests": asked})
    return _joined(wanted, dict(_pairs(connection, _FEW, key)))


def _joined(
    wanted: Sequence[tuple[int, bytes]], stored: Mapping[bytes, bytes]
) -> StoredVectors:
    found = [stored.get(digest) for _, digest in wanted]
    return StoredVectors(
        [number for (number, _), blob in zip(wanted, found, strict=True) if blob],
        [blob for blob in found if blob],
        found.count(None),
    )


def is_few(connection: Connection, filters: Filters) -> bool:
    """Whether the filters leave so few messages that these are looked up one by one."""
    if not filters.values:
        return False
    n_left: int = connection.execute(
        text(_N_LEFT.format(condition=filters.condition)), filters.values
    ).scalar_one()
    return n_left * FEW_MEANS < n_passages(connection)


def n_passages(connection: Connection) -> int:
    """How many messages have words to search for."""
    return int(connection.scalar(_N_PASSAGES) or 0)


def _pairs(
    connection: Connection, statement: TextClause, values: Mapping[str, Any]
) -> list[tuple[Any, Any]]:
    """The driver's own rows (and errors): SQLAlchemy's took 0.3 s of 0.8 longer."""
    rows: list[Any] = connection.execute(statement, values).cursor.fetchall()  # type: ignore[assignment]
    return rows


def make_index(found: StoredVectors, embedder: Embedder | StoredModel) -> "Index":
    """The vectors, ready to be searched.

    Raises:
        VaultDamagedError: One of them has not the model's length.
    """
    import numpy as np  # noqa: PLC0415

    from persona_vault.embedders.index import Index  # noqa: PLC0415

    vectors = as_array(found, embedder)
    return Index(np.array(found.ids, dtype=np.int64), vectors)


def as_array(
    found: StoredVectors, embedder: Embedder | StoredModel
) -> "NDArray[np.float16]":
    """The vectors as rows, in the order of their ids.

    Raises:
        VaultDamagedError: One of them has not the model's length.
    """
    from persona_vault.embedders.index import unpack_vectors  # noqa: PLC0415

    try:
        return unpack_vectors(found.blobs, embedder.dim)
    except ValueError as error:
        raise VaultDamagedError(
            f"A stored vector of {embedder.model_id} has not the model's length.",
            hint="Restore the vault from a backup; nothing was changed.",
        ) from error
