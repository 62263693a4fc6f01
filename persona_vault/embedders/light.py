"""The packaged model once more, in numpy alone: for a query that should not wait.

Only for the official weights of all-MiniLM-L6-v2, whose shape is written down here; a
test holds it to the vectors that sentence-transformers gives.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

_LAYERS, _HEADS = 6, 12
_EPSILON = 1e-12
_ROOT_OF_HALF = np.float32(0.5**0.5)
_ERF_FACTORS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_DIM = 384
_STORED = "F32"
# Rows of the widest layer that are 96 KB: larger arrays are fresh memory each time.
_ROWS = 16
_WORTH_TWO = 8  # so many texts are read by two threads
_MAX_PIECES = 256  # max_seq_length of the model's own configuration

Matrix = NDArray[np.float32]


class LightEncoder:
    """A BERT encoder with mean pooling; its files are read at the first `encode`.

    Args:
        folder: Of the packaged model, its hashes checked by the caller.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._weights: dict[str, Matrix] = {}
        self._tokenizer: Any = None

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, float32, shape (len(texts), 384), in the order given."""
        if not self._weights:
            self._read()
        ids = [piece.ids for piece in self._tokenizer.encode_batch(list(texts))]
        # Beside other busy programs the threads of a matrix product wait for each
        # other: one thread was 7 times faster then. Two halves wait for nobody.
        with threadpool_limits(limits=1, user_api="blas"):
            if len(ids) < _WORTH_TWO:
                return self._encode(ids)
            with ThreadPoolExecutor(2) as pool:
                halves = pool.map(self._encode, (ids[::2], ids[1::2]))
                found = np.empty((len(ids), _DIM), dtype=np.float32)
                found[::2], found[1::2] = halves
            return found

    def _read(self) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415

        self._weights = _mapped(self._folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_PIECES)

    def _encode(self, texts: list[list[int]]) -> Matrix:
        """All texts in one row of pieces: nothing is padded, weights are read once."""
        table = self._weights
        ends = np.cumsum([len(ids) for ids in texts])
        texts_at = [
            slice(end - len(ids), end) for end, ids in zip(ends, texts, strict=True)
        ]
        places = np.concatenate([np.arange(len(ids)) for ids in texts])
        pieces = np.concatenate(texts)
        states = (
            table["embeddings.word_embeddings.weight"][pieces]
            + table["embeddings.position_embeddings.weight"][places]
            + table["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normalise(states, "embeddings.LayerNorm")
        for number in range(_LAYERS):
            layer = f"encoder.layer.{number}"
            seen = self._dense(
                self._attend(states, layer, texts_at), f"{layer}.attention.output.dense"
            )
            states = self._normalise(
                states + seen, f"{layer}.attention.output.LayerNorm"
            )
            wide = _gelu(self._dense(states, f"{layer}.intermediate.dense"))
            states = self._normalise(
                states + self._dense(wide, f"{layer}.output.dense"),
                f"{layer}.output.LayerNorm",
            )
        means = np.stack([states[at].mean(axis=0) for at in texts_at])
        unit: Matrix = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit

    def _attend(self, states: Matrix, layer: str, texts_at: list[slice]) -> Matrix:
        """What each piece takes from the others of its own text."""
        parts = [
            self._dense(states, f"{layer}.attention.self.{part}")
            for part in ("query", "key", "value")
        ]
        taken = np.empty_like(states)
        for at in texts_at:
            query, key, value = (
                part[at].reshape(at.stop - at.start, _HEADS, -1).swapaxes(0, 1)
                for part in parts
            )
            scores = query @ key.swapaxes(1, 2) / np.float32(query.shape[-1]) ** 0.5
            shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
            shares /= shares.sum(axis=-1, keepdims=True)
            taken[at] = (shares @ value).swapaxes(0, 1).reshape(len(taken[at]), -1)
        return taken

    def _dense(self, states: Matrix, name: str) -> Matrix:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        moved: Matrix = states @ weight.T
        moved += bias
        return moved

    def _normalise(self, states: Matrix, name: str) -> Matrix:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        normal: Matrix = centred / spread * weight + bias
        return normal


def _mapped(file: Path) -> dict[str, Matrix]:
    """The tensors of a safetensors file as they lie on the disk, by name.

    Mapped, where the library copies: of half the file few rows are ever needed.
    Eight bytes say how long the JSON is that names each one's place behind it.
    """
    whole: NDArray[np.uint8] = np.memmap(file, dtype=np.uint8, mode="r")
    start = 8 + int(whole[:8].view("<u8")[0])
    found = {}
    for name, told in json.loads(bytes(whole[8:start])).items():
        if told.get("dtype") == _STORED:
            first, last = told["data_offsets"]
            data = whole[start + first : start + last].view("<f4")
            found[name] = data.reshape(told["shape"])
    return found


def _gelu(states: Matrix) -> Matrix:
    """The same array with the activation in place of each number.

    A few rows at a time, so that intermediate results stay in the processor's cache:
    all at once took four times as long (DESIGN.md, section 9).
    """
    for start in range(0, len(states), _ROWS):
        rows = states[start : start + _ROWS]
        curved = _erf(rows * _ROOT_OF_HALF)
        curved += 1
        rows *= np.float32(0.5)
        rows *= curved
    return states


def _erf(values: Matrix) -> Matrix:
    """The error function within 5e-7 (Abramowitz and Stegun, 7.1.26).

    SciPy has it to the last bit, but its import would take longer than the query.
    """
    size = np.abs(values)
    step = size * np.float32(0.3275911)
    step += 1
    np.divide(1, step, out=step)
    total = np.zeros_like(step)
    for factor in _ERF_FACTORS:
        total += np.float32(factor)
        total *= step
    size *= size
    np.negative(size, out=size)
    total *= np.exp(size, out=size)
    np.subtract(1, total, out=total)
    found: Matrix = np.copysign(total, values, out=total)
    return found
