"""Quantised vectors: the answers of all vectors, and never older than these."""

import random
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from persona_vault.model import Role
from persona_vault.search import embed, embed_messages, quick, search_messages
from persona_vault.search.filters import Filters
from persona_vault.search.vectors import make_index, read_vectors
from persona_vault.store import vector_parts
from persona_vault.store.vault import open_vault
from persona_vault.store.vector_parts import (
    digests_in_no_part,
    quantised,
    read_parts,
    split_digests,
)
from persona_vault.store.verify import find_damage, repair

from .conftest import CountingEmbedder, add_talk

ALL = Filters("message.shown = 1", {})
OF_USER = Filters("message.shown = 1 AND message.role = :role", {"role": "user"})
WORDS = "harbour lantern rope bread kayak gull winter letter shed aunt tide oar".split()
N, PART = 700, 512


def lines(n: int, seed: int = 3) -> list[tuple[str, str]]:
    """Turns of both sides, of some of the words and a number of their own."""
    draw = random.Random(seed)
    return [
        (role, f"{' '.join(draw.choices(WORDS, k=draw.randint(3, 9)))} {number}")
        for number in range(n)
        for role in [("user", "persona")[number % 2]]
    ]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A vault of two parts, one of them not full; nobody writes to it."""
    place = tmp_path_factory.mktemp("quick") / "vault"
    with pytest.MonkeyPatch.context() as patch, open_vault(place, create=True) as vault:
        patch.setattr(vector_parts, "N_VECTORS", PART)
        add_talk(vault, lines(N))
        embed_messages(vault, CountingEmbedder())
    return place


@pytest.fixture
def big(template, tmp_path, monkeypatch):
    """A copy of it."""
    monkeypatch.setattr(vector_parts, "N_VECTORS", PART)
    with open_vault(shutil.copytree(template, tmp_path / "big")) as vault:
        yield vault


def digests(vault, model_id: str = "counting-1") -> list[set[bytes]]:
    """Of each part."""
    with vault.read() as connection:
        parts = read_parts(connection, model_id, CountingEmbedder().dim)
    return [set(split_digests(part.digests)) for part in parts]


def whole(vault, counting, filters=ALL):
    """The index over all vectors."""
    return make_index(read_vectors(vault, counting, filters), counting)


VECTORS = arrays(
    np.float16,
    st.tuples(st.integers(1, 9), st.just(12)),
    elements=st.floats(-1, 1, width=16),
)


def same(found, wanted) -> bool:
    """The same messages in the same order; a sum may end otherwise in its last bits."""
    assert [cosine for _, cosine in found] == pytest.approx(
        [cosine for _, cosine in wanted], abs=3e-6
    )
    return [number for number, _ in found] == [number for number, _ in wanted]


@given(VECTORS)
def test_what_is_quantised_is_off_by_half_a_step_at_most(vectors):
    """Each number within half its vector's step; all within the part's error."""
    names = [bytes([n]) * 16 for n in range(len(vectors))]
    part = quantised(names, [row.astype("<f2").tobytes() for row in vectors])
    scales = np.frombuffer(part.scales, "<f4")[:, None]
    codes = np.frombuffer(part.codes, np.int8).reshape(vectors.shape)
    off = scales.astype(np.float64) * codes - vectors
    assert (np.abs(off) <= scales * 0.5001).all()
    assert np.linalg.norm(off, axis=1).max() == pytest.approx(part.error, abs=1e-6)
    assert part.digests == b"".join(names)


@pytest.mark.parametrize("data", [b"\x00\x7e" * 4, b"\x00\x3c" * 3, b""])
def test_what_is_no_vector_is_not_quantised(data):
    """No number, or of another length."""
    with pytest.raises(ValueError, match="no vectors"):
        quantised([b"a" * 16, b"b" * 16], [b"\x00\x3c" * 4, data])


@pytest.mark.parametrize("filters", [ALL, OF_USER])
@pytest.mark.parametrize("k", [1, 5])
def test_the_answer_is_that_of_all_vectors(big, counting, monkeypatch, filters, k):
    """Number by number, without having read them all."""
    index = whole(big, counting, filters)
    opened = quick.open_quick(big, counting, filters)
    monkeypatch.setattr(quick, "read_vectors", None)
    for query in ("a lantern in winter", "bread 17", "nothing of the kind"):
        (vector,) = counting.encode([query])
        assert same(opened.search(vector, k), index.search(vector, k))


def test_what_takes_too_many_candidates_is_read_whole(big, counting):
    """Deep lists, and those of a filter that leaves few."""
    index, opened = whole(big, counting), quick.open_quick(big, counting, ALL)
    (vector,) = counting.encode(["the tide"])
    assert same(opened.search(vector, 600), index.search(vector, 600))
    few = Filters("message.id < :most", {"most": 30})
    assert quick.open_quick(big, counting, few) is None


def test_equal_vectors_beyond_the_candidates_are_read_whole(vault, counting):
    """Where more texts are equally near than candidates are taken."""
    add_talk(vault, [("user", "good night")] * 200)
    embed_messages(vault, counting)
    (vector,) = counting.encode(["good night"])
    opened = quick.open_quick(vault, counting, ALL)
    found, index = opened.search(vector, 20), whole(vault, counting)
    assert len({number for number, _ in found}) == 20
    assert {cosine for _, cosine in found} == {index.search(vector, 1)[0][1]}


def test_all_that_has_a_vector_stands_in_a_part_after_embedding(big, counting):
    """In as many parts as it takes, and what is new in one of its own."""
    first, second = digests(big)
    assert (len(first), len(first) + len(second)) == (PART, N)
    add_talk(big, [("user", "A heron stood by the water")], thread="other")
    opened = quick.open_quick(big, counting, ALL)
    assert opened.n_missing == 1
    embed_messages(big, counting)
    assert [len(part) for part in digests(big)] == [PART, N - PART, 1]
    assert embed_messages(big, counting).n_embedded == 0
    assert len(digests(big)) == 3


def test_what_stands_in_no_part_is_found(big, counting):
    """Vectors that were written since, of which no part was made yet."""
    add_talk(big, lines(60, seed=5), thread="other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embed, "add_missing_parts", lambda *_: None)
        embed_messages(big, counting)
    opened = quick.open_quick(big, counting, ALL)
    assert (sum(map(len, digests(big))), opened.n_missing) == (N, 0)
    index = whole(big, counting)
    for query in ("a lantern in winter", lines(60, seed=5)[7][1]):
        (vector,) = counting.encode([query])
        assert same(opened.search(vector, 10), index.search(vector, 10))


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM vector WHERE digest = (SELECT min(digest) FROM vector)",
        "UPDATE vector SET data = zeroblob(length(data)) WHERE digest IN"
        " (SELECT digest FROM vector LIMIT 1)",
    ],
)
def test_no_part_outlives_a_vector(big, counting, change):
    """Where one goes or changes, all parts of that model go, and are made again."""
    other = CountingEmbedder("counting-2")
    embed_messages(big, other)
    with big.write() as connection:
        connection.exec_driver_sql(f"{change} AND model_id = 'counting-1'")
    assert digests(big) == []
    assert sum(map(len, digests(big, "counting-2"))) == N
    found = search_messages(big, "lantern", embedder=counting, mode="semantic")
    assert len(found) == 10
    embed_messages(big, counting)
    assert sum(map(len, digests(big))) == N


def test_after_forgetting_the_parts_hold_what_is_left(big, counting):
    """Nothing of what was forgotten, and all else at once."""
    add_talk(big, lines(90, seed=4), thread="other")
    embed_messages(big, counting)
    with big.read() as connection:
        before = digests_in_no_part(connection, counting.model_id)
    big.forget_source(1)
    with big.read() as connection:
        there = set(connection.exec_driver_sql("SELECT digest FROM passage").scalars())
        assert before == digests_in_no_part(connection, counting.model_id) == set()
    assert set.union(*digests(big)) == there
    assert len(there) == 90


def test_a_text_that_two_processes_embed_is_one_hit(big, counting):
    """Each may have written a part that holds it."""
    with big.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vector_part (model_id, digests, error, scales, codes)"
            " SELECT model_id, digests, error, scales, codes FROM vector_part"
        )
    (vector,) = counting.encode(["a lantern in winter"])
    opened = quick.open_quick(big, counting, ALL)
    assert same(opened.search(vector, 10), whole(big, counting).search(vector, 10))


@pytest.mark.parametrize(
    "rot",
    [
        "codes = zeroblob(length(codes))",
        "codes = substr(codes, 2)",
        "scales = zeroblob(4)",
        "error = 'none'",
        "digests = substr(digests, 2)",
        "digests = CAST('word' AS TEXT)",
    ],
)
def test_a_damaged_part_is_found_and_made_again(big, counting, rot):
    """A search goes on without it wherever it can be seen to be none."""
    asked = {"embedder": counting, "mode": "semantic", "role": Role.USER}
    sound = search_messages(big, "a lantern in winter", **asked).hits
    with big.write() as connection:
        connection.exec_driver_sql(f"UPDATE vector_part SET {rot} WHERE id = 1")  # noqa: S608
    if "zeroblob(length" not in rot:
        assert search_messages(big, "a lantern in winter", **asked).hits == sound
        embed_messages(big, counting)
    found = list(find_damage(big))
    assert [(each.kind, each.table) for each in found] == [("vector_part",) * 2]
    assert repair(big, found) == ["vector_part"]
    assert list(find_damage(big)) == []
    assert search_messages(big, "a lantern in winter", **asked).hits == sound


@given(
    st.lists(st.sampled_from([b"\0" * 16, b"\xff" * 16, b"a" * 16, b"a" * 15 + b"\0"])),
    st.lists(st.binary(min_size=16, max_size=16), max_size=30),
    st.randoms(),
)
def test_what_is_in_no_part_is_what_sets_say(alike, various, draw):
    """Also digests of one half in common, several times, and none at all."""
    halves = [one[:8] + two[8:] for one in various[:5] for two in various[:5]]
    pool = [*alike, *various, *halves]
    there = draw.choices(pool, k=draw.randint(0, 40)) if pool else []
    asked = draw.choices(pool, k=draw.randint(0, 40)) if pool else []

    class Connection:
        """Gives the digests of the texts."""

        def exec_driver_sql(self, _statement):
            return self

        def scalar(self):
            return b"".join(asked).hex()

    found = vector_parts.missing_digests(Connection(), b"".join(there))
    assert found == set(asked) - set(there)


def test_digests_that_are_cut_off_are_damaged():
    """A part whose last digest is short tells nothing."""
    with pytest.raises(ValueError, match="cut off"):
        vector_parts._halves(b"a" * 17)
