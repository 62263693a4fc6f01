"""Rules of search by meaning and of joining both lists, with a stand-in model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from persona_vault.errors import NoModelError, UsageError, VaultDamagedError
from persona_vault.model import Role
from persona_vault.search import embed_messages, find, load_index, search_messages
from persona_vault.store import schema

from .conftest import CountingEmbedder, add_talk

LINES = [
    ("user", "My aunt left me a blue kayak."),
    ("persona", "Where will you keep it?"),
    ("user", "In the shed behind the bakery."),
    ("persona", "The kayak will smell of bread."),
]


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=20),
    st.lists(st.integers(0, 30), unique=True, max_size=20),
)
def test_lists_are_joined_by_rank_alone(words, meaning):
    """A message's score is 2/(10 + rank) for words plus 1/(10 + rank) for meaning."""
    joined = find.join_by_rank([(2.0, words), (1.0, meaning)])
    assert set(joined) == set(words) | set(meaning)
    for message_id, score in joined.items():
        expected = 0.0
        if message_id in words:
            expected += 2 / (11 + words.index(message_id))
        if message_id in meaning:
            expected += 1 / (11 + meaning.index(message_id))
        assert score == pytest.approx(expected)


def test_a_hybrid_score_is_the_sum_over_both_lists(vault, counting):
    """The score that is shown can be worked out from the two single searches."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    asked = {"embedder": counting, "k": 9}
    both = search_messages(vault, "bread kayak", **asked)
    words = [
        h.message_id for h in search_messages(vault, "bread kayak", mode="keyword")
    ]
    near = search_messages(vault, "bread kayak", mode="semantic", **asked)
    meaning = [h.message_id for h in near]
    assert (both.mode, both.warnings) == ("hybrid", ())
    for hit in both:
        expected = 1 / (11 + meaning.index(hit.message_id))
        if hit.message_id in words:
            expected += 2 / (11 + words.index(hit.message_id))
        assert hit.score == pytest.approx(expected)
        assert hit.score_kind == "rrf"


def test_an_exact_phrase_stands_first_whatever_the_vectors_say(vault, counting):
    """No nearness of meaning may push a message that holds the very words down."""
    add_talk(vault, [("user", f"filler number {n}") for n in range(30)], thread="f")
    ids = add_talk(
        vault, [("user", "x " * 200 + "the old harbour"), ("persona", "Yes.")]
    )
    embed_messages(vault, counting)
    for query in ("old harbour", '"old harbour" filler number'):
        hits = search_messages(vault, query, embedder=counting).hits
        assert hits[0].message_id == ids[0]


def test_without_vectors_a_search_goes_by_words_and_says_so(vault):
    """The reader is told that only words were searched, and what to do."""
    add_talk(vault, LINES)
    result = search_messages(vault, "bakery")
    assert result.mode == "keyword"
    assert result.hits[0].score_kind == "bm25"
    assert "Searched by words only" in result.warnings[0]
    assert "embed" in result.warnings[0]
    with pytest.raises(UsageError, match="No message is embedded yet"):
        search_messages(vault, "bakery", mode="semantic")


def test_without_a_model_a_search_goes_by_words_and_says_so(vault, counting, tmp_path):
    """A vault that is opened on a machine without the model can still be searched."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    gone = str(tmp_path / "gone")
    result = search_messages(vault, "bakery", embedder=gone)
    assert (result.mode, len(result.warnings)) == ("keyword", 1)
    with pytest.raises(NoModelError):
        search_messages(vault, "bakery", mode="semantic", embedder=gone)


def test_vectors_of_two_models_are_never_mixed(vault, counting):
    """After a change of model the old vectors find nothing under the new one."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    other = CountingEmbedder("counting-2")
    result = search_messages(vault, "bakery", embedder=other)
    assert result.mode == "keyword"
    assert "counting-1" in result.warnings[0]
    embed_messages(vault, other)
    assert len(load_index(vault, other)) == len(load_index(vault, counting)) == 4
    assert search_messages(vault, "bakery", embedder=other).mode == "hybrid"


def test_what_is_not_embedded_yet_is_counted(vault, counting):
    """A half embedded vault is searched, and the reader told how much is missing."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    add_talk(vault, [("user", "A new thread about owls")], thread="new")
    result = search_messages(vault, "owls", embedder=counting)
    assert result.hits[0].text == "A new thread about owls"
    assert result.warnings[0].startswith("1 message is not embedded yet")


@pytest.mark.parametrize("warm", [False, True])
def test_filters_hold_for_vectors_too(vault, counting, warm):
    """Only what was asked for is found by meaning, with a loaded index or without."""
    add_talk(vault, LINES)
    add_talk(vault, LINES, persona="Nox", thread="n")
    embed_messages(vault, counting)
    index = load_index(vault, counting) if warm else None
    hits = search_messages(
        vault,
        "kayak",
        mode="semantic",
        persona="Nox",
        role=Role.PERSONA,
        embedder=counting,
        index=index,
    ).hits
    assert len(hits) == 2
    assert {(h.persona, h.role) for h in hits} == {("Nox", Role.PERSONA)}
    assert {h.score_kind for h in hits} == {"cosine"}


def test_the_query_is_embedded_as_typed(vault, counting):
    """No speaker and no turn before: the bare question is what the model sees.

    After it only the first candidates are read again, without the turn before them.
    """
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    counting.texts.clear()
    search_messages(vault, "where is the kayak?", embedder=counting)
    assert counting.texts[0] == "where is the kayak?"
    assert sorted(counting.texts[1:]) == sorted(
        f"{'Sam' if role == 'user' else 'Mira'}: {text}" for role, text in LINES
    )


def test_a_damaged_vector_is_said_to_be_one(vault, counting):
    """A vector of the wrong length is damage, never a wrong answer."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    with vault.write() as connection:
        connection.execute(update(schema.vector).values(data=b"\x00" * 7))
    with pytest.raises(VaultDamagedError):
        search_messages(vault, "kayak", embedder=counting)


def test_an_empty_vault_gives_no_hits(vault):
    """Searching where nothing is yet is no error."""
    assert search_messages(vault, "kayak").hits == ()
