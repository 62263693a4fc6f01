"""Vectors for what is not embedded yet: newest first, shard by shard, resumable."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from persona_vault.embedders import DEFAULT, Embedder, load_embedder
from persona_vault.errors import NoModelError, UsageError
from persona_vault.plain import plain
from persona_vault.store.vault import Vault
from persona_vault.store.vector_parts import add_missing_parts, digests_in_no_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A few seconds of work each, and nearly all that sorting by length can save.
SHARD = 2048
# So many texts of a shard go to the model at once: a sign of life for who waits.
PIECE = 512
PRECISION = "fp16"  # how vectors are stored, whatever they were computed in
# The model that searches use; and the one that takes its place once it has read all.
_SETTING = "embedder"
_NEXT = "embedder_next"

# One message stands for each text that has no vector: shown ones first, newest first.
_WORK = text(
    """
    SELECT max(passage.message_id)
    FROM passage JOIN message ON message.id = passage.message_id
    WHERE NOT EXISTS (
      SELECT 1 FROM vector WHERE vector.digest = passage.digest
        AND vector.model_id = :model_id AND vector.precision = :precision)
    GROUP BY passage.digest
    ORDER BY max(message.shown) DESC, max(message.sent_at) DESC NULLS LAST,
      max(passage.message_id) DESC
    """
)
_READ = text(
    """
    SELECT digest, text FROM passage
    WHERE message_id IN (SELECT value FROM json_each(:ids))
    """
)
# A text that was forgotten while it was being embedded must leave no vector behind.
_KEEP = text(
    """
    INSERT INTO vector (digest, model_id, precision, data)
    SELECT :digest, :model_id, :precision, :data
    WHERE EXISTS (SELECT 1 FROM passage WHERE digest = :digest)
    ON CONFLICT DO NOTHING
    """
)
# On completion the waiting model moves into the place of the one before.
_MOVE = text(
    """
    INSERT INTO setting (key, value) SELECT :now, value FROM setting WHERE key = :next
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
    """
)
_DROP = text("DELETE FROM setting WHERE key = :next")
_DROP_OTHERS = text("DELETE FROM vector WHERE model_id <> :model_id")
_LEFT = text(
    """
    SELECT count(*), coalesce(sum(NOT EXISTS (
      SELECT 1 FROM vector WHERE vector.digest = passage.digest
        AND vector.model_id = :model_id AND vector.precision = :precision)), 0)
    FROM passage
    """
)


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """What a run of embedding did; the three counts sum to all messages with text.

    Attributes:
        n_embedded: Texts that the model read in this run.
        n_reused: Messages that had a vector already, or share their text with another.
        n_left: Messages still without a vector.
        model_id: The model they belong to.
    """

    n_embedded: int
    n_reused: int
    n_left: int
    model_id: str

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        body: dict[str, Any] = plain(self)
        return body


def embed_messages(
    vault: Vault,
    embedder: Embedder | str | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    limit_shards: int | None = None,
    threads: int | None = None,
) -> EmbedReport:
    """Embed what has no vector of this model yet; what a kill leaves undone stays so.

    A text that stands in several messages is embedded once. Each shard of 2,048 texts
    is one transaction, and the model runs outside of it.

    Where the vault has vectors of another model, those stay and searches keep to them
    until the newly named model has read everything; then they go.

    Args:
        vault: Where the messages stand.
        embedder: A loaded one, or a name as for `load_embedder`, which the vault then
            remembers; None for the one remembered, else the default.
        progress: Called now and then, and after each shard, with texts done and texts
            to do.
        limit_shards: Stop after so many shards; None = all.
        threads: As for `SentenceEmbedder`; nothing for an embedder that is loaded.

    Raises:
        NoModelError: The model is not on this machine, or gives no usable vectors.
        UsageError: Its name is empty.
    """
    chosen = choose_embedder(vault, embedder, threads=threads)
    key = {"model_id": chosen.model_id, "precision": PRECISION}
    with vault.read() as connection:
        work = list(connection.execute(_WORK, key).scalars())
    done = 0
    starts = range(0, len(work), SHARD)
    for start in starts if limit_shards is None else starts[:limit_shards]:
        shard = work[start : start + SHARD]
        done += _embed_shard(vault, chosen, shard, _told(progress, start, len(work)))
        if progress:
            progress(min(start + SHARD, len(work)), len(work))
    _make_searchable(vault, chosen)
    with vault.read() as connection:
        n_all, n_left = connection.execute(_LEFT, key).one()
    if not n_left:
        _take_over(vault, chosen)
    return EmbedReport(done, n_all - n_left - done, n_left, chosen.model_id)


def _make_searchable(vault: Vault, embedder: Embedder) -> None:
    """All that has a vector stands among those that a search reads first."""
    with vault.read() as connection:
        missing = digests_in_no_part(connection, embedder.model_id)
    if missing:
        with vault.write() as connection:
            add_missing_parts(connection, embedder.model_id)


def choose_embedder(
    vault: Vault, embedder: Embedder | str | None, *, threads: int | None = None
) -> Embedder:
    """The embedder to go on with; a name is remembered, as `embed_messages` says.

    Only once its model has read a text: what cannot be loaded must not stand in the
    way of every later search.

    Raises:
        NoModelError, UsageError: As for `embed_messages`.
    """
    if embedder is not None and not isinstance(embedder, str):
        return embedder
    if embedder is None:
        waiting = vault.setting(_NEXT)
        if waiting is None:
            return resolve_embedder(vault, None, threads=threads)
        try:
            return load_embedder(waiting, threads=threads)
        except NoModelError as error:
            kept = vault.setting(_SETTING) or DEFAULT
            raise NoModelError(
                f"The vault was to change to another model. {error.message}",
                hint=f"`persona-vault embed --embedder {kept}` keeps to that in use.",
            ) from error
    if not embedder.strip():
        raise UsageError(
            "The name of the model is empty.",
            hint=f"Name a folder, or {DEFAULT} for the packaged model.",
        )
    chosen = load_embedder(embedder, threads=threads)
    _check(chosen.encode(["A first text."]), 1, chosen)
    _remember(vault, embedder, chosen.model_id)
    return chosen


def n_to_embed(vault: Vault, embedder: Embedder) -> int:
    """How many messages have no vector of this model."""
    key = {"model_id": embedder.model_id, "precision": PRECISION}
    with vault.read() as connection:
        n_left: int = connection.execute(_LEFT, key).one()[1]
    return n_left


def resolve_embedder(
    vault: Vault, embedder: Embedder | str | None, *, threads: int | None = None
) -> Embedder:
    """The embedder meant: given, named, or the one that the vault's searches use.

    Raises:
        NoModelError: It is not on this machine, or is not the one expected.
    """
    if embedder is not None and not isinstance(embedder, str):
        return embedder
    return load_embedder(embedder or vault.setting(_SETTING), threads=threads)


def remembered_embedders(vault: Vault) -> list[Embedder]:
    """The model that searches use and the one to follow it, if they are on here."""
    names = [vault.setting(_SETTING), vault.setting(_NEXT)]
    found = []
    for name in dict.fromkeys((names[0], names[1] or names[0])):
        with suppress(NoModelError):
            found.append(load_embedder(name))
    return found


def _remember(vault: Vault, name: str, model_id: str) -> None:
    """For searches at once where nothing is embedded, else for when all is."""
    folder = Path(name).expanduser()
    value = str(folder.resolve()) if folder.is_dir() else name
    with vault.read() as connection:
        is_first = connection.scalar(text("SELECT 1 FROM vector LIMIT 1")) is None
    if not is_first and value != (vault.setting(_SETTING) or DEFAULT):
        vault.set_setting(_NEXT, value)
        return
    vault.set_setting(_SETTING, value)
    if vault.setting(_NEXT) is not None:  # a change that is given up
        vault.set_setting(_NEXT, None)
        with vault.write() as connection:
            connection.execute(_DROP_OTHERS, {"model_id": model_id})


def _take_over(vault: Vault, chosen: Embedder) -> None:
    """If this model was waiting, searches use it from now on: it has read all."""
    waiting = vault.setting(_NEXT)
    if waiting is None or not _is_named(chosen, waiting):
        return
    with vault.write() as connection:
        connection.execute(_MOVE, {"next": _NEXT, "now": _SETTING})
        connection.execute(_DROP, {"next": _NEXT})
        connection.execute(_DROP_OTHERS, {"model_id": chosen.model_id})


def _is_named(chosen: Embedder, name: str) -> bool:
    try:
        return load_embedder(name).model_id == chosen.model_id
    except NoModelError:
        return False


def _told(
    progress: Callable[[int, int], None] | None, start: int, n: int
) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(start + done, n)


def _embed_shard(
    vault: Vault,
    embedder: Embedder,
    message_ids: Sequence[int],
    tell: Callable[[int], None] | None,
) -> int:
    """Embed the texts of these messages; returns how many vectors are kept."""
    from persona_vault.embedders.index import pack_vectors  # noqa: PLC0415

    with vault.read() as connection:
        rows = connection.execute(_READ, {"ids": json.dumps(list(message_ids))}).all()
    # By length: texts that the model reads together are then alike.
    rows = sorted(rows, key=lambda row: len(row.text))
    pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    # First the middling ones: on these the model's precision is tried out.
    middle = len(pieces) // 2
    pieces = pieces[middle:] + pieces[:middle]
    values: list[dict[str, Any]] = []
    for piece in pieces:
        if tell and values:
            tell(len(values))
        vectors = embedder.encode([row.text for row in piece])
        _check(vectors, len(piece), embedder)
        values += [
            {
                "digest": row.digest,
                "model_id": embedder.model_id,
                "precision": PRECISION,
                "data": data,
            }
            for row, data in zip(piece, pack_vectors(vectors), strict=True)
        ]
    if not values:
        return 0
    with vault.write() as connection:
        return connection.execute(_KEEP, values).rowcount


def _check(vectors: "NDArray[Any]", n: int, embedder: Embedder) -> None:
    import numpy as np  # noqa: PLC0415

    if vectors.shape != (n, embedder.dim) or not np.isfinite(vectors).all():
        raise NoModelError(
            f"The model {embedder.model_id} gives no usable vectors.",
            hint="Choose another model with --embedder FOLDER.",
        )
