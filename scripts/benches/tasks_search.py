"""Tasks: searching vaults of any size, and the index beside the memory's own limit.

A vault of a hundred thousand messages takes minutes to embed. So vectors are mixed of
two real ones each, with a little noise; they go into the vault by the same way.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benches.measure import peak_mib
from benches.tasks_import import reach_vault
from persona_vault.embedders import load_embedder
from persona_vault.embedders.index import Index
from persona_vault.search import embed_messages, load_index, search_messages

_NOISE = 0.02
_CHUNK = 65_536
_N_NEAREST, _N_QUERIES = 10, 100
_FLOOR_RUNS = 15

Vectors = NDArray[np.float32]


class Mixing:
    """Stands for the default model, but mixes its vectors of vectors made before."""

    def __init__(self, base: Vectors) -> None:
        embedder = load_embedder()
        self.model_id, self.dim = embedder.model_id, embedder.dim
        self._base = base
        self._draw = np.random.default_rng(8)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors that have nothing to do with the texts."""
        return mixed(self._base, len(texts), self._draw)


def mixed(base: Vectors, n: int, draw: np.random.Generator) -> Vectors:
    """So many unit vectors, each of two of the base and noise."""
    one, two = draw.integers(0, len(base), (2, n))
    share = draw.random((n, 1), dtype=np.float32)
    found = share * base[one] + (1 - share) * base[two]
    found += draw.standard_normal(found.shape, dtype=np.float32) * np.float32(
        _NOISE / base.shape[1] ** 0.5
    )
    unit: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def embed_sample(*, folder: str, encrypted: bool) -> dict[str, Any]:
    """Texts a second over one shard of a vault, by the real model, which is warm."""
    embedder = load_embedder()
    embedder.encode(["a text that has the model read into memory"] * 40)
    with reach_vault(Path(folder) / "vault", encrypted=encrypted) as vault:
        began = time.perf_counter()
        report = embed_messages(vault, embedder, limit_shards=1)
        wall = time.perf_counter() - began
    return {"rate": report.n_embedded / wall, "peak_mib": peak_mib()}


def fill_vectors(*, folder: str, encrypted: bool, base: str) -> dict[str, Any]:
    """Vectors for all that has none, and a copy for the searches to compare with."""
    with reach_vault(Path(folder) / "vault", encrypted=encrypted) as vault:
        # The newest for real: a search holds its small encoder against one of them.
        embed_messages(vault, load_embedder(), limit_shards=1)
        mixing = Mixing(np.load(base))
        report = embed_messages(vault, mixing)
        said = [message.text for message in vault.messages()]
    _write_plain_copy(said, mixing.encode(said), Path(folder) / "plain.db")
    return {"n_embedded": report.n_embedded}


def _write_plain_copy(said: Sequence[str], vectors: Vectors, path: Path) -> None:
    """Texts and vectors as a simple program would keep them."""
    copy = sqlite3.connect(path)
    copy.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT, vector BLOB)")
    copy.executemany(
        "INSERT INTO said (text, vector) VALUES (?, ?)",
        (
            (text, vector.tobytes())
            for text, vector in zip(said, vectors.astype("<f2"), strict=True)
        ),
    )
    copy.commit()
    copy.close()


def search_plainly(*, folder: str, query: str) -> dict[str, Any]:
    """The same search through sentence-transformers, a whole process."""
    from benches.tasks_embed import load_sentence_transformer  # noqa: PLC0415

    (vector,) = load_sentence_transformer().encode([query])
    copy = sqlite3.connect(Path(folder) / "plain.db")
    rows = copy.execute("SELECT id, vector FROM said").fetchall()
    table = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f2")
    likeness = table.reshape(len(rows), -1).astype(np.float32) @ vector
    nearest = np.argsort(-likeness)[:_N_NEAREST]
    found = [
        copy.execute("SELECT text FROM said WHERE id = ?", (rows[i][0],)).fetchone()
        for i in nearest
    ]
    return {"n_found": len(found)}


def open_and_search(
    *, folder: str, encrypted: bool, queries: Sequence[str]
) -> dict[str, Any]:
    """Seconds to open a vault with its index, then milliseconds of warm searches."""
    began = time.perf_counter()
    with reach_vault(Path(folder) / "vault", encrypted=encrypted) as vault:
        embedder = load_embedder()
        index = load_index(vault, embedder)
        opened = time.perf_counter() - began
        search_messages(vault, queries[0], embedder=embedder, index=index)
        taken = []
        for query in queries:
            began = time.perf_counter()
            search_messages(vault, query, embedder=embedder, index=index)
            taken.append(1_000 * (time.perf_counter() - began))
    return {
        "open": opened,
        "warm_ms": statistics.median(taken),
        "peak_mib": peak_mib(),
    }


def search_warm(*, vault: str, queries: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of a search by meaning in a process that has all at hand."""
    with reach_vault(Path(vault), encrypted=False) as opened:
        embedder = load_embedder()
        index = load_index(opened, embedder)
        wanted: dict[str, Any] = {"embedder": embedder, "index": index}
        wanted |= {"mode": "semantic", "fold": False}  # as the others do it
        search_messages(opened, queries[0], **wanted)
        found, taken = [], []
        for query in queries:
            began = time.perf_counter()
            hits = search_messages(opened, query, **wanted).hits
            taken.append(1_000 * (time.perf_counter() - began))
            found.append([hit.native_id for hit in hits])
    return {"ids": found, "warm_ms": statistics.median(taken)}


def compare_index(*, base: str, n_vectors: int, n_rounds: int) -> dict[str, Any]:
    """Milliseconds of a search and of reading as much memory; recall of the exact ten.

    Each round is the median over all queries, and the fastest of fifteen readings.
    """
    known: Vectors = np.load(base)
    stored = np.empty((n_vectors, known.shape[1]), dtype=np.float16)
    for at, part in _parts(known, n_vectors):
        stored[at : at + len(part)] = part
    index = Index(np.arange(n_vectors, dtype=np.int64), stored)
    queries = mixed(known, _N_QUERIES, np.random.default_rng(10))
    searches, floors = [], []
    for _ in range(n_rounds):
        floors.append(_reading_ms(stored.nbytes))
        taken = []
        for query in queries:
            began = time.perf_counter()
            index.search(query, _N_NEAREST)
            taken.append(1_000 * (time.perf_counter() - began))
        searches.append(statistics.median(taken))
    return {
        "search_ms": searches,
        "floor_ms": floors,
        "recall": _recall(index, known, n_vectors, queries),
        "peak_mib": peak_mib(),
    }


def _parts(base: Vectors, n: int) -> Iterator[tuple[int, Vectors]]:
    """The same vectors each time, without all of them in memory."""
    draw = np.random.default_rng(7)
    for at in range(0, n, _CHUNK):
        yield at, mixed(base, min(_CHUNK, n - at), draw)


def _reading_ms(n_bytes: int) -> float:
    """The fastest reading of so much memory, with one thread or with all."""
    numbers = np.ones(n_bytes // 4, dtype=np.float32)
    taken = []
    for limit in (1, None):
        with threadpool_limits(limits=limit, user_api="blas"):
            for _ in range(_FLOOR_RUNS):
                began = time.perf_counter()
                np.dot(numbers, numbers)
                taken.append(1_000 * (time.perf_counter() - began))
    return min(taken)


def _recall(index: Index, base: Vectors, n: int, queries: Vectors) -> float:
    """Share of the exact ten nearest, in single precision, that the index finds."""
    best = np.full((len(queries), _N_NEAREST), -2.0, dtype=np.float32)
    places = np.zeros(best.shape, dtype=np.int64)
    for at, part in _parts(base, n):
        likeness = np.concatenate([best, queries @ part.T], axis=1)
        here = np.broadcast_to(np.arange(at, at + len(part)), (len(queries), len(part)))
        numbers = np.concatenate([places, here], axis=1)
        top = np.argpartition(-likeness, _N_NEAREST, axis=1)[:, :_N_NEAREST]
        best = np.take_along_axis(likeness, top, axis=1)
        places = np.take_along_axis(numbers, top, axis=1)
    same = 0
    for query, exact in zip(queries, places, strict=True):
        found = {number for number, _ in index.search(query, _N_NEAREST)}
        same += len(found & set(exact.tolist()))
    return same / (len(queries) * _N_NEAREST)


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "embed_sample": embed_sample,
    "fill_vectors": fill_vectors,
    "search_plainly": search_plainly,
    "open_and_search": open_and_search,
    "search_warm": search_warm,
    "compare_index": compare_index,
}
