"""Search by meaning: vectors of what was said together with the turn before it."""

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text

from persona_vault.embedders import Embedder
from persona_vault.errors import NoModelError, UsageError
from persona_vault.search.embed import PRECISION, resolve_embedder
from persona_vault.search.filters import Filters
from persona_vault.search.vectors import (
    WITH_TEXT,
    StoredModel,
    StoredVectors,
    as_array,
    make_index,
    read_vectors,
)
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


class Searchable(Protocol):
    """What finds the nearest, see `Index`."""

    def search(
        self,
        query: "NDArray[np.float32]",
        k: int,
        allowed: "NDArray[np.int64] | None" = None,
    ) -> Ranked:
        """See `Index.search`."""


def open_index(
    vault: Vault,
    embedder: Embedder | StoredModel,
    filters: Filters,
    index: "Index | None",
) -> tuple[Searchable, "NDArray[np.int64] | None", int]:
    """The index to search, which of its ids may be found, how many have no vector.

    Without a loaded index only what the filters leave is read, and of that no more
    than the answer takes.

    Raises:
        VaultDamagedError: A stored vector has not the model's length.
    """
    if index is None:
        from persona_vault.search.quick import open_quick  # noqa: PLC0415

        quick = open_quick(vault, embedder, filters)
        if quick is not None:
            return quick, None, quick.n_missing
        found = read_vectors(vault, embedder, filters)
        return make_index(found, embedder), None, found.n_missing
    import numpy as np  # noqa: PLC0415

    with vault.read() as connection:
        ids = connection.execute(
            text(WITH_TEXT.format(condition=filters.condition)), filters.values
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

    index: Searchable
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
    index: Searchable,
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
