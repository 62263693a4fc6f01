"""Vectors by a sentence-transformers model that lies on this machine."""

import copy
import time
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from persona_vault.embedders.light import LightEncoder
from persona_vault.embedders.weights import find_model, keep_offline
from persona_vault.errors import NoModelError

Precision = Literal["auto", "fp32", "bf16"]

# So few texts, such as a query, are done by the small encoder before the libraries
# behind sentence-transformers are imported: 4 s on a fast machine, 15 on a slow one.
_FEW = 32
# Half precision is worth its test only for a long run; a query never waits for it.
_LONG_RUN = 512
_N_PROBES = 64
_FIRST_LOOK = 8
_MIN_SPEEDUP = 1.2
_MIN_COSINE = 0.999
# Texts of one batch are padded to the longest: so many pieces in all, padding included,
# keep the processor busy and its caches warm (2.5 to 3.2 times plain `encode`).
_BATCH_PIECES = {"fp32": 2_048, "bf16": 4_096}
_LETTERS_A_PIECE = 4


class SentenceEmbedder:
    """A sentence-transformers model; it is read into memory at the first `encode`.

    Args:
        spec: None for the packaged model, a folder, or a hub id already on this disk.
        precision: What to compute in. "auto" leaves a few texts to the small encoder
            where the model is the packaged one and not in memory yet, and takes bf16
            for long runs where a test on the first texts finds it faster by 1.2 and
            equal to a cosine of 0.999; so vectors of all may stand in one index.
        threads: How many the large libraries may compute with, for the whole process;
            None leaves it to them. One is faster beside other busy programs.

    Attributes:
        languages: What the model's card says it reads, () where it does not say.

    Raises:
        NoModelError: It is not on this machine; that it is not the one expected may
            come out at the first `encode`.
    """

    def __init__(
        self,
        spec: str | None = None,
        *,
        precision: Precision = "auto",
        threads: int | None = None,
    ) -> None:
        folder = find_model(spec, wait=False)
        self._check = folder.check
        self.model_id = folder.model_id
        self.languages = folder.languages
        self._path = folder.path
        self._light: LightEncoder | None = None
        if folder.official:
            self._light = LightEncoder(folder.path)
        self._is_proven = False
        self._models: dict[str, Any] = {}
        self._precision = precision
        self._threads = threads
        self.dim = folder.dim or self._measured_dim()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, shape (len(texts), dim), in the order given.

        Raises:
            NoModelError: The model's files cannot be loaded, or are not the official
                ones that they should be.
        """
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        self._check()
        small = len(texts) <= _FEW and self._precision == "auto" and not self._models
        if self._light and small:
            return self._light.encode(texts)
        if self._precision == "auto" and len(texts) >= _LONG_RUN:
            self._precision = self._calibrate(texts[:_N_PROBES])
        chosen = "fp32" if self._precision == "auto" else self._precision
        return self._encode(texts, chosen)

    @property
    def has_unproven_shortcut(self) -> bool:
        """Whether few texts go to the small encoder, which nobody has tried yet."""
        return self._light is not None and not self._is_proven

    def prove_shortcut(self, text: str, vector: NDArray[np.float16]) -> None:
        """Leave all texts to the whole model unless the small encoder says the same.

        Args:
            text: Any text.
            vector: What was kept of it, unit length, shape (dim,).
        """
        self._is_proven = True
        self._check()
        if self._light and float(self._light.encode([text])[0] @ vector) < _MIN_COSINE:
            self._light = None

    def _encode(self, texts: Sequence[str], precision: str) -> NDArray[np.float32]:
        model = self._model(precision)
        exact = np.empty((len(texts), self.dim), dtype=np.float32)
        sizes = _n_pieces(model, texts)
        for places in plan_batches(sizes, _BATCH_PIECES[precision]):
            found = model.encode(
                [texts[place] for place in places],
                batch_size=len(places),
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            if found.shape[1] != self.dim:
                raise NoModelError(
                    f"The model in {self._path} gives vectors of another length than "
                    "its files say.",
                    hint="Choose another model with --embedder FOLDER.",
                )
            exact[places] = found
        # A model without a last normalising step, and the rounding of half precision.
        lengths = np.linalg.norm(exact, axis=1, keepdims=True)
        unit: NDArray[np.float32] = exact / np.maximum(lengths, 1e-12)
        return unit

    def _calibrate(self, probes: Sequence[str]) -> Literal["fp32", "bf16"]:
        """The faster of both precisions, if it says the same."""
        # A CPU without half precision imitates it at a fifth of the speed: a first
        # look at a few texts spares it the whole test.
        for n in (_FIRST_LOOK, len(probes)):
            if not self._is_worth_it(probes[:n]):
                return "fp32"
        return "bf16"

    def _is_worth_it(self, probes: Sequence[str]) -> bool:
        seconds, vectors = {}, {}
        for precision in ("fp32", "bf16"):
            self._encode(probes[:1], precision)  # the first call also warms up
            started = time.perf_counter()
            vectors[precision] = self._encode(probes, precision)
            seconds[precision] = time.perf_counter() - started
        cosines = np.einsum("ij,ij->i", vectors["fp32"], vectors["bf16"])
        faster = seconds["fp32"] >= _MIN_SPEEDUP * seconds["bf16"]
        return bool(faster and cosines.min() >= _MIN_COSINE)

    def _model(self, precision: str) -> Any:
        if precision not in self._models:
            exact = self._models.get("fp32") or self._load()
            self._models["fp32"] = exact
            if precision == "bf16":
                self._models["bf16"] = copy.deepcopy(exact).bfloat16()
        return self._models[precision]

    def _load(self) -> Any:
        keep_offline()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
            from transformers.utils import logging  # noqa: PLC0415

            logging.set_verbosity_error()
            logging.disable_progress_bar()
            if self._threads is not None:
                import torch  # noqa: PLC0415

                torch.set_num_threads(self._threads)
            try:
                return SentenceTransformer(
                    str(self._path),
                    device="cpu",
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
            except Exception as error:  # a model folder can fail in any library below
                raise NoModelError(
                    f"The model in {self._path} cannot be loaded.",
                    hint="Choose another model with --embedder FOLDER.",
                ) from error

    def _measured_dim(self) -> int:
        return int(self._model("fp32").encode(["a"], show_progress_bar=False).shape[1])


def plan_batches(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Places of texts in batches, the longest first, each at most `most` padded.

    Args:
        sizes: Word pieces of each text.
        most: Pieces of a batch, where each text counts as much as its longest; a text
            that is longer alone is a batch of its own.
    """
    batches: list[list[int]] = []
    longest = 0
    for place in sorted(range(len(sizes)), key=lambda place: -sizes[place]):
        if not batches or (len(batches[-1]) + 1) * longest > most:
            batches.append([])
            longest = max(sizes[place], 1)
        batches[-1].append(place)
    return batches


def _n_pieces(model: Any, texts: Sequence[str]) -> list[int]:
    """How many word pieces the model reads of each text, guessed if it cannot say."""
    most = model.get_max_seq_length() or 512
    try:
        found = model.tokenizer(list(texts), truncation=True, max_length=most)
        return [len(ids) for ids in found["input_ids"]]
    except (TypeError, KeyError, ValueError, AttributeError):
        return [min(most, len(text) // _LETTERS_A_PIECE + 2) for text in texts]
