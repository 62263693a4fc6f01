"""Rules of storing vectors and of exact search over them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.embedders.index import Index, pack_vectors, unpack_vectors


def unit_rows(n, dim=24, seed=0):
    """Random unit vectors."""
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_stored_vectors_are_little_endian_float16():
    """The bytes mean the same on every machine."""
    blobs = pack_vectors(np.array([[1.0, -2.0]], dtype=np.float32))
    assert blobs == [b"\x00\x3c\x00\xc0"]
    assert unpack_vectors(blobs, 2).tolist() == [[1.0, -2.0]]
    assert unpack_vectors([], 5).shape == (0, 5)


def test_a_blob_of_another_length_is_refused():
    """Two short blobs must not pass as one long one."""
    with pytest.raises(ValueError, match="3 numbers"):
        unpack_vectors([b"\x00" * 4, b"\x00" * 8], 3)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.integers(1, 70), st.sets(st.integers(0, 60)))
def test_the_search_is_exact_among_what_is_allowed(n, k, allowed):
    """Whatever the filter, the answer is the one of comparing all vectors."""
    rows = unit_rows(n, seed=n)
    ids = np.arange(n, dtype=np.int64) * 10 + 7
    query = unit_rows(1, seed=99)[0]
    open_ids = np.array(sorted(i * 10 + 7 for i in allowed), dtype=np.int64)
    index = Index(ids, rows)
    found = index.search(query, k, open_ids)
    again = index.search(query, k, open_ids)  # by FAISS, the first one was without
    assert [score for _, score in again] == pytest.approx(
        [score for _, score in found], abs=2e-3
    )
    cosines = {int(i): float(c) for i, c in zip(ids, rows @ query, strict=True)}
    expected = sorted(
        (c for i, c in cosines.items() if i in set(open_ids.tolist())), reverse=True
    )[:k]
    assert [score for _, score in found] == pytest.approx(expected, abs=2e-3)
    assert all(score == pytest.approx(cosines[i], abs=2e-3) for i, score in found)


def test_equal_vectors_come_in_the_order_of_their_ids():
    """Ties have one order, so that two runs show the same list."""
    row = unit_rows(1)
    index = Index(np.array([5, 3, 4], dtype=np.int64), np.repeat(row, 3, axis=0))
    for _ in range(2):
        assert [i for i, _ in index.search(row[0], 3)] == [3, 4, 5]
    assert len(index) == 3
