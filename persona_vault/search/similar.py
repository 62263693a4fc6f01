"""More like this: messages whose talk is nearest to that of one message."""

from typing import TYPE_CHECKING

from sqlalchemy import text

from persona_vault.embedders import Embedder
from persona_vault.errors import UsageError
from persona_vault.model import Period, Role
from persona_vault.search.choose import choose, is_enough
from persona_vault.search.embed import PRECISION
from persona_vault.search.filters import build_filters
from persona_vault.search.find import DEPTH
from persona_vault.search.hits import SearchResult
from persona_vault.search.meaning import (
    embedder_with_vectors,
    model_of_vectors,
    open_index,
)
from persona_vault.search.present import candidates, make_hits, read_rows, with_context
from persona_vault.search.query import ANYTHING
from persona_vault.search.vectors import StoredVectors, as_array
from persona_vault.store.vault import Vault

if TYPE_CHECKING:
    from persona_vault.embedders.index import Index

# So many turns on either side share words with the message in what search sees of them.
_BESIDE = 2
_PASSAGE = text(
    """
    SELECT passage.text, (
      SELECT vector.data FROM vector
      WHERE vector.digest = passage.digest AND vector.model_id = :model_id
        AND vector.precision = :precision
    ) AS data
    FROM passage WHERE passage.message_id = :id
    """
)


def find_similar(  # noqa: PLR0913 - every filter is a question of its own
    vault: Vault,
    message_id: int,
    *,
    k: int = 10,
    persona: str | None = None,
    role: Role | None = None,
    period: Period | None = None,
    app: str | None = None,
    source: int | None = None,
    context: int = 2,
    fold: bool = True,
    embedder: Embedder | str | None = None,
    index: "Index | None" = None,
) -> SearchResult:
    """Find messages that speak of the same as this one, nearest first.

    The message itself, its neighbours and near repeats of it are no hits.

    Args:
        vault: Where to search.
        message_id: As `search_messages` and `Vault.messages` give it.
        k: How many hits at most.
        persona: As the following, as for `search_messages`.
        role: Only this side; None = both.
        period: Only messages sent in it; None = all.
        app: Only this app; None = all.
        source: Only messages that this source holds; None = all.
        context: How many shown messages to give before and after each hit.
        fold: Whether near repeats are folded.
        embedder: As for `embed_messages`.
        index: From `load_index`.

    Raises:
        UsageError: There is no such message, app or source, the message has no words,
            or nothing is embedded.
        UnknownPersonaError: There is no such persona.
        NoModelError: The message is not embedded yet and the model is not on this
            machine, nor one that was named.
    """
    if k < 1 or context < 0:
        raise UsageError(
            f"There is no search with k {k} and context {context}.",
            hint="k starts at 1, the context at 0.",
        )
    before, after = vault.around(message_id, before=_BESIDE, after=_BESIDE)
    chosen = model_of_vectors(vault, embedder)
    key = {"model_id": chosen.model_id, "precision": PRECISION}
    with vault.read() as connection:
        passage = connection.execute(_PASSAGE, {"id": message_id} | key).one_or_none()
        own = read_rows(connection, [message_id])
    if passage is None:
        raise UsageError(
            f"Message {message_id} has no words that could be compared.",
            hint="Choose a message with text of one of the two sides.",
        )
    filters = build_filters(
        vault,
        query=ANYTHING,
        source=source,
        persona=persona,
        role=role,
        period=period,
        app=app,
        model=None,
        shown_only=True,
    )
    opened, allowed, n_left = open_index(vault, chosen, filters, index)
    if passage.data is not None:
        (vector,) = as_array(StoredVectors([message_id], [passage.data], 0), chosen)
    else:
        (vector,) = embedder_with_vectors(vault, embedder).encode([passage.text])
    not_hits = {message_id, *(m.id for m in (*before, *after))}
    depth, is_cut = max(DEPTH, k), True
    while True:
        nearest = opened.search(vector, depth, allowed)
        is_cut = len(nearest) >= depth
        nearest = [(i, cosine) for i, cosine in nearest if i not in not_hits]
        with vault.read() as connection:
            rows = read_rows(connection, [number for number, _ in nearest]) | own
        # First of all the message itself, so that its repeats stand behind it and go.
        ranked = [(message_id, 1.0), *nearest]
        own_repeats, *found = choose(candidates(ranked, rows), k + 1, fold=fold)
        if not is_cut or is_enough(found, k):
            break
        depth *= 2
    hits = make_hits(found, dict(nearest), rows, "cosine")
    warnings = () if not n_left else (f"{n_left:,} messages are not embedded yet.",)
    return SearchResult(
        f"message {message_id}",
        "semantic",
        tuple(with_context(vault, hits, context)),
        warnings,
        period,
        alike=tuple(own_repeats.alike),
        is_cut=is_cut,
    )
