"""Rules of the real embedding model."""

import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from scipy import special

from persona_vault.embedders import sentence
from persona_vault.embedders.light import (
    _ROWS,
    _WORTH_TWO,
    LightEncoder,
    _gelu,
    _mapped,
)
from persona_vault.embedders.sentence import SentenceEmbedder, plan_batches
from persona_vault.embedders.weights import ModelFolder, find_model
from persona_vault.errors import NoModelError

TEXTS = ["The kettle is on.", "Somebody boils water.", "Trams run until midnight.", ""]

OFFLINE = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError("network")
sys.addaudithook(refuse)
from persona_vault.embedders import load_embedder
embedder = load_embedder()
assert "torch" not in sys.modules, "loaded before it is needed"
assert embedder.encode(["a", "b"] * 20).shape == (40, 384)
import os
for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY",
             "DO_NOT_TRACK"):
    assert os.environ[name] == "1", name
import huggingface_hub.constants
assert huggingface_hub.constants.HF_HUB_OFFLINE
"""


def test_the_model_loads_and_runs_without_network_or_noise(packaged):
    """No address is looked up, nothing is printed, and nothing loads before its use."""
    del packaged  # skips where there is no model
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_vectors_are_unit_float32_in_the_order_given(packaged):
    """Shape, type, length and order are those that the seam promises."""
    vectors = packaged.encode(TEXTS)
    assert vectors.shape == (4, packaged.dim) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    backwards = packaged.encode(TEXTS[::-1])[::-1]
    assert np.einsum("ij,ij->i", vectors, backwards).min() > 0.999
    assert packaged.encode([]).shape == (0, 384)


def test_half_precision_says_the_same(packaged):
    """Vectors computed in both precisions may stand in one index."""
    half = SentenceEmbedder(precision="bf16").encode(TEXTS)
    exact = packaged.encode(TEXTS)
    assert np.einsum("ij,ij->i", half, exact).min() >= 0.999
    assert np.allclose(np.linalg.norm(half, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("speedup", "cosine", "chosen"),
    [(2.0, 1.0, "bf16"), (1.1, 1.0, "fp32"), (2.0, 0.9, "fp32")],
)
def test_half_precision_is_taken_if_faster_and_equal(
    monkeypatch, speedup, cosine, chosen
):
    """The choice follows a test on this machine's own texts, and only on long runs."""
    folder = ModelFolder(Path("nowhere"), "stand-in", 2)
    monkeypatch.setattr(sentence, "find_model", lambda spec, wait: folder)
    clock, used = [0.0], []

    def encode(texts, precision):
        used.append(precision)
        clock[0] += len(texts) / (speedup if precision == "bf16" else 1.0)
        turn = 1.0 if precision == "fp32" else cosine
        return np.array([[turn, (1 - turn**2) ** 0.5]] * len(texts), dtype=np.float32)

    embedder = SentenceEmbedder()
    monkeypatch.setattr(embedder, "_encode", encode)
    monkeypatch.setattr(sentence.time, "perf_counter", lambda: clock[0])
    embedder.encode(["short"])
    assert used == ["fp32"]
    embedder.encode(["long"] * 1000)
    assert used[-1] == chosen
    n_tests = len(used)
    embedder.encode(["long"] * 1000)
    assert used[n_tests:] == [chosen]


def test_a_model_that_cannot_be_loaded_is_a_usage_error(tmp_path):
    """Files that only look like a model end in a sentence, not in a traceback."""
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    (tmp_path / "config.json").write_text(
        '{"model_type": "bert", "hidden_size": 8}', encoding="utf-8"
    )
    with pytest.raises(NoModelError, match="cannot be loaded"):
        SentenceEmbedder(str(tmp_path)).encode(["a"])


def test_the_small_encoder_gives_the_vectors_of_the_large_one(packaged):
    """A query done in numpy meets messages done by sentence-transformers."""
    texts = [
        *TEXTS,
        "Good night, Mira! 🌧️ See you at the café…",
        "我们去海边散步吧",
        "word " * 600,
        "Sam: It's Anne-Marie's 2nd e-mail (v1.0), isn't it?\n\tYes\u200b.",
    ]
    light = LightEncoder(find_model().path).encode(texts)
    assert light.dtype == np.float32
    assert np.einsum("ij,ij->i", light, packaged.encode(texts)).min() > 0.99999
    # So many that two threads share them.
    assert len(texts) >= _WORTH_TWO
    alone = [LightEncoder(find_model().path).encode([text])[0] for text in texts]
    assert np.abs(light - np.stack(alone)).max() < 1e-5


def test_a_few_texts_need_no_large_library(packaged):
    """A search from the command line must not wait for torch to be imported."""
    del packaged  # skips where there is no model
    script = (
        "import sys; from persona_vault.embedders import load_embedder as e\n"
        "assert e().encode(['where is the kayak?']).shape == (1, 384)\n"
        "sys.exit(str({'torch', 'transformers'} & set(sys.modules) or '') or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@given(st.lists(st.integers(0, 300), max_size=80), st.integers(1, 900))
def test_batches_hold_every_text_once_and_no_more_than_fits(sizes, most):
    """Padded to its longest text a batch stays in its bounds, and is filled up."""
    batches = plan_batches(sizes, most)
    assert sorted(place for batch in batches for place in batch) == list(
        range(len(sizes))
    )
    for batch, following in zip_longest(batches, batches[1:]):
        longest = max(1, *(sizes[place] for place in batch))
        assert len(batch) == 1 or len(batch) * longest <= most
        assert following is None or (len(batch) + 1) * longest > most


def test_many_batches_give_the_vectors_of_one(packaged, monkeypatch):
    """How texts are put together does not show in their vectors."""
    texts = [" ".join(["tea"] * n) for n in (1, 40, 3, 17, 8, 2, 25)]
    whole = packaged.encode(texts)
    monkeypatch.setitem(sentence._BATCH_PIECES, "fp32", 45)
    parts = packaged.encode(texts)
    assert np.einsum("ij,ij->i", whole, parts).min() > 0.99999


def test_the_activation_is_that_of_the_error_function():
    """Of any number of rows, and in the place of what is given."""
    draw = np.random.default_rng(3)
    for n in (0, 1, _ROWS - 1, _ROWS, 3 * _ROWS + 1):
        given = draw.normal(0, 3, (n, 40)).astype(np.float32)
        exact = 0.5 * given * (1 + special.erf(given / 2**0.5))
        found = _gelu(given)
        assert found is given
        assert np.abs(found - exact).max(initial=0) < 3e-6


def test_mapped_weights_are_those_that_the_library_reads(packaged):
    """Every tensor of the file, to the bit."""
    del packaged  # skips where there is no model
    file = find_model().path / "model.safetensors"
    read = {name: value for name, value in load_file(file).items() if value.ndim}
    mapped = _mapped(file)
    assert sum(value.dtype == np.float32 for value in read.values()) == len(mapped) > 90
    for name, value in mapped.items():
        assert np.array_equal(value, read[name])
