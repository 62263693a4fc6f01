"""Search by meaning: vectors of what was said together with the turn before it."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, TextClause, text

from persona_vault.embedders import Embedder
from persona_vault.errors import NoModelError, UsageError, VaultDamagedError
from persona_vault.search.embed import PRECISION, resolve_embedder
from persona_vault.search.filters import Filters
from persona_vault.store import driver
from persona_vault.store.header import DB_NAME
from persona_vault.store.vault import Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_vault.embedders.index import Index

Ranked = list[tuple[int, float]]

# The vector of a reply holds the words it answers as well, and a short reply such as
# "I will." would stand above the message that is meant. So the first ones are compared
# once more without the turn before. On LoCoMo (1,531 questions) this puts the right
# one first in 22.5 % instead of 20.1, in the first ten in 49.6 % instead of 47.2.
_AGAIN = 20
_OWN_WEIGHT = 0.5

_ANY = text("SELECT 1 FROM vector LIMIT 1")
_ONE_OF_EACH = text(
    "SELECT model_id, min(length(data)) / 2 FROM vector "
    "WHERE precision = :precision GROUP BY model_id LIMIT 2"
)
_OF_MODEL = text("SELECT 1 FROM vector WHERE model_id = :model_id LIMIT 1")
_MODELS = text("SELECT DISTINCT model_id FROM vector ORDER BY model_id")
_WITH_TEXT = """
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
_FEW_MEANS = 8  # one in so many messages
_N_PASSAGES = text("SELECT count(*) FROM passage")
_OWN = text(
    """
    SELECT id, speaker, text FROM message
    WHERE id IN (SELECT value FROM json_each(:ids))
    """
)
# Read back from the newest message, which is the first to be embedded.
_NEWEST = text(
    """
    SELECT passage.text, vector.data
    FROM passage JOIN vector ON vector.digest = passage.digest
    WHERE vector.model_id = :model_id AND vector.precision = :precision
    ORDER BY passage.message_id DESC LIMIT 1
    """
)
_EMBED_NEXT = "Run {command} first; it can be stopped and taken up again."


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as far as its stored vectors tell: enough to compare these."""

    model_id: str
    dim: int


def model_of_vectors(
    vault: Vault, embedder: Embedder | str | None
) -> Embedder | StoredModel:
    """What the vectors meant were made with, for work that embeds nothing new.

    Where no model was named and the vault has vectors of one only, that model need not
    be on this machine any more.

    Raises:
        NoModelError, UsageError: As `embedder_with_vectors`.
    """
    try:
        return embedder_with_vectors(vault, embedder)
    except NoModelError:
        if embedder is not None:
            raise
        with vault.read() as connection:
            there = connection.execute(_ONE_OF_EACH, {"precision": PRECISION}).all()
        if len(there) != 1:
            raise
        return StoredModel(*there[0])


def embedder_with_vectors(vault: Vault, embedder: Embedder | str | None) -> Embedder:
    """The embedder meant, if there are vectors of it; its model is not read for that.

    Raises:
        NoModelError: It is not on this machine, or is not the one expected.
        UsageError: No message is embedded with it.
    """
    with vault.read() as connection:
        if not connection.scalar(_ANY):
            raise UsageError("No message is embedded yet.", hint=_embed_next(embedder))
    chosen = resolve_embedder(vault, embedder)
    with vault.read() as connection:
        if connection.scalar(_OF_MODEL, {"model_id": chosen.model_id}):
            return chosen
        there = ", ".join(connection.execute(_MODELS).scalars())
    hint = _embed_next(embedder)
    if isinstance(embedder, str):
        hint += " Or leave --embedder out."
    raise UsageError(
        f"No message is embedded with {chosen.model_id} yet, only with {there}.",
        hint=hint,
    )


def _embed_next(embedder: Embedder | str | None) -> str:
    """The command that embeds with the model that was asked for."""
    named = isinstance(embedder, str)
    option = f" --embedder {shlex.quote(str(embedder))}" if named else ""
    return _EMBED_NEXT.format(command=f"persona-vault embed{option}")


def load_index(vault: Vault, embedder: Embedder) -> "Index":
    """All vectors of this model in memory, by message id, for a long-lived process.

    Raises:
        VaultDamagedError: A stored vector has not the model's length.
    """
    return make_index(read_vectors(vault, embedder, Filters("1", {})), embedder)


def open_index(
    vault: Vault,
    embedder: Embedder | StoredModel,
    filters: Filters,
    index: "Index | None",
) -> tuple["Index", "NDArray[np.int64] | None", int]:
    """The index to search, which of its ids may be found, how many have no vector.

    Without a loaded index only what the filters leave is read.

    Raises:
        VaultDamagedError: A stored vector has not the model's length.
    """
    if index is None:
        found = read_vectors(vault, embedder, filters)
        return make_index(found, embedder), None, found.n_missing
    import numpy as np  # noqa: PLC0415

    with vault.read() as connection:
        ids = connection.execute(
            text(_WITH_TEXT.format(condition=filters.condition)), filters.values
        ).scalars()
        allowed = np.fromiter(ids, dtype=np.int64)
    return index, allowed, int((~np.isin(allowed, index.ids)).sum())


@dataclass(slots=True)
class Nearness:
    """The messages nearest to a query; to read deeper does not ask the model again.

    Attributes:
        index: What is searched.
        vector: Of the query.
        allowed: Only these may be found; None = all.
        nearest: With their cosine, best first.
        depth: How many were asked for.
    """

    index: "Index"
    vector: "NDArray[np.float32]"
    allowed: "NDArray[np.int64] | None"
    nearest: Ranked
    depth: int

    def read(self, depth: int) -> Ranked:
        """At most `depth` of them; those that were known keep their places."""
        if depth > self.depth:
            known = {message_id for message_id, _ in self.nearest}
            found = self.index.search(self.vector, depth, self.allowed)
            # Of equally near ones a shorter list may hold others than a longer one.
            more = [pair for pair in found if pair[0] not in known]
            self.nearest = (self.nearest + more)[:depth]
            self.depth = depth
        return self.nearest[:depth]


def find_by_meaning(
    vault: Vault,
    embedder: Embedder,
    query: str,
    index: "Index",
    *,
    depth: int,
    n_again: int = _AGAIN,
    allowed: "NDArray[np.int64] | None" = None,
) -> Nearness:
    """The nearest messages with their cosine, best first, at first `depth` of them.

    The cosine of the first `n_again` is the mean of two: of the message with the turn
    before it, and of the message alone.

    Where a shortcut of the embedder gives another vector than one that is kept, the
    whole model reads the query.
    """
    _prove(vault, embedder)
    (vector,) = embedder.encode([query])
    nearest = index.search(vector, depth, allowed)
    first = dict(nearest[: max(n_again, _AGAIN)])
    with vault.read() as connection:
        rows = connection.execute(_OWN, {"ids": json.dumps(list(first))}).all()
    alone = embedder.encode([f"{row.speaker}: {row.text}" for row in rows]) @ vector
    for row, cosine in zip(rows, alone, strict=True):
        first[row.id] += _OWN_WEIGHT * (float(cosine) - first[row.id])
    again = sorted(first.items(), key=lambda pair: (-pair[1], pair[0]))
    return Nearness(index, vector, allowed, again + nearest[len(again) :], depth)


def _prove(vault: Vault, embedder: Embedder) -> None:
    """Hold an embedder's shortcut against a vector that its whole model has made."""
    if not getattr(embedder, "has_unproven_shortcut", False):
        return
    key = {"model_id": embedder.model_id, "precision": PRECISION}
    with vault.read() as connection:
        kept = connection.execute(_NEWEST, key).first()
    if kept is not None:
        (vector,) = as_array(StoredVectors([0], [kept.data], 0), embedder)
        embedder.prove_shortcut(kept.text, vector)  # type: ignore[attr-defined]


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
        messages = text(_WITH_TEXT.format(condition=filters.condition))
        wanted = _pairs(connection, messages, filters.values)
        statement = _ALL
        n_passages: int = connection.scalar(_N_PASSAGES) or 0
        if len(wanted) * _FEW_MEANS < n_passages:
            statement = _FEW
            values["digests"] = json.dumps([digest.hex() for _, digest in wanted])
        stored = dict(_pairs(connection, statement, values))
    found = [stored.get(key) for _, key in wanted]
    return StoredVectors(
        [number for (number, _), blob in zip(wanted, found, strict=True) if blob],
        [blob for blob in found if blob],
        found.count(None),
    )


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
