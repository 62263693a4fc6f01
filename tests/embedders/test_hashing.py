"""Rules of the embedder without a model."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.embedders import load_embedder


@given(st.lists(st.text(max_size=50), max_size=5))
def test_vectors_have_unit_length_whatever_the_text(texts):
    """Also a text without words is a unit vector, so that no score is undefined."""
    vectors = load_embedder("hashing").encode(texts)
    assert vectors.shape == (len(texts), 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_shared_words_and_spellings_bring_texts_together():
    """Same words are nearest, then the same stem, then nothing in common."""
    embedder = load_embedder("hashing")
    one, same, stem, other = embedder.encode(
        ["Walking home", "home, walking!", "walked home", "purple umbrella"]
    )
    assert one @ same > 0.999
    assert one @ same > one @ stem > one @ other + 0.2


def test_vectors_are_the_same_in_every_process():
    """Nothing hangs on the seed that Python draws for its own hashes."""
    script = (
        "from persona_vault.embedders import load_embedder as e\n"
        "print(e('hashing').encode(['the old harbour']).tobytes().hex())"
    )
    here = load_embedder("hashing").encode(["the old harbour"]).tobytes().hex()
    there = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here
