"""Tasks: embedding beside plain sentence-transformers and the processor's own limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benches.measure import peak_mib
from benches.talk import texts
from persona_vault.embedders import load_embedder
from persona_vault.embedders.weights import find_model

NAIVE_BATCH = 32
_N_NEAREST, _N_QUERIES = 10, 200
_ROWS, _WIDTH, _WIDE = 4_096, 384, 1_536
_LAYERS = 6
# Multiplied and added for each piece: four square layers and two wide ones.
_DENSE = 2 * _LAYERS * (4 * _WIDTH * _WIDTH + 2 * _WIDTH * _WIDE)
_LIMIT_SECONDS = 0.5
_HALF = {"bf16": torch.bfloat16}

Vectors = NDArray[np.float32]


def load_sentence_transformer() -> Any:
    """The packaged weights, through the library as anyone would use it."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    return SentenceTransformer(str(find_model().path), device="cpu")


def compare_embedding(*, n_texts: int, n_rounds: int) -> dict[str, Any]:
    """Texts a second of three ways in each round; likeness; share of the limit."""
    model, ours = load_sentence_transformer(), load_embedder()
    said = list(texts(n_texts, seed=5))
    model.encode(said[:64])
    ours.encode(said)  # also chooses its precision
    precision = str(getattr(ours, "_precision", "fp32")).replace("auto", "fp32")
    ways: dict[str, Callable[[], Vectors]] = {
        "ours": lambda: ours.encode(said),
        "sentence-transformers": lambda: model.encode(said),
        "naive": lambda: _naive(model, said),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    limits: list[float] = []
    found: dict[str, Vectors] = {}
    for _ in range(n_rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            found[name] = way()
            rates[name].append(n_texts / (time.perf_counter() - began))
        limits.append(_multiplied_in_a_second(precision))
    flops = _flops([len(ids) for ids in model.tokenizer(said)["input_ids"]])
    return {
        "rates": rates,
        "precision": precision,
        "gflops": [limit / 1e9 for limit in limits],
        "shares": [
            rate / n_texts * flops / limit
            for rate, limit in zip(rates["ours"], limits, strict=True)
        ],
        "overlap": _overlap(found["ours"], found["sentence-transformers"]),
        "threads": torch.get_num_threads(),
    }


def _naive(model: Any, said: Sequence[str]) -> Vectors:
    """As a simple importer does it: batch by batch, in the order of arrival."""
    parts = [
        model.encode(list(said[start : start + NAIVE_BATCH]))
        for start in range(0, len(said), NAIVE_BATCH)
    ]
    return np.concatenate(parts)


def _flops(sizes: Sequence[int]) -> float:
    """What the model multiplies and adds for texts of so many pieces, unpadded."""
    kept = np.minimum(np.array(sizes, dtype=np.float64), 256)
    attention = 2 * _LAYERS * 2 * _WIDTH * kept * kept
    return float((kept * _DENSE + attention).sum())


def _multiplied_in_a_second(precision: str) -> float:
    kind = _HALF.get(precision, torch.float32)
    rows = torch.randn(_ROWS, _WIDTH).to(kind)
    weights = torch.randn(_WIDTH, _WIDE).to(kind)
    rows @ weights
    n, began = 0, time.perf_counter()
    while time.perf_counter() - began < _LIMIT_SECONDS:
        rows @ weights
        n += 1
    each = 2 * _ROWS * _WIDTH * _WIDE
    return n * each / (time.perf_counter() - began)


def _overlap(ours: Vectors, exact: Vectors) -> float:
    """Share of the ten nearest that are the same."""
    same = 0
    n = min(_N_QUERIES, len(exact))
    for number in range(n):
        same += len(_nearest(ours, number) & _nearest(exact, number))
    return same / (n * _N_NEAREST)


def _nearest(vectors: Vectors, number: int) -> set[int]:
    likeness = vectors @ vectors[number]
    likeness[number] = -1.0
    return set(np.argpartition(-likeness, _N_NEAREST)[:_N_NEAREST].tolist())


def base_vectors(*, path: str, n_texts: int) -> dict[str, Any]:
    """Vectors of real texts, from which those of large vaults are mixed."""
    vectors = load_embedder().encode(list(texts(n_texts, seed=6)))
    np.save(Path(path), vectors)
    return {"peak_mib": peak_mib()}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "compare_embedding": compare_embedding,
    "base_vectors": base_vectors,
}
