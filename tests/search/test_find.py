"""Rules of search by meaning and of joining both lists, with a stand-in model."""

from datetime import timedelta
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.errors import NoModelError, UsageError, VaultDamagedError
from persona_vault.model import Role
from persona_vault.search import (
    embed_messages,
    find,
    load_index,
    search_messages,
    vectors,
)
from persona_vault.store import schema
from persona_vault.store.vault import open_vault

from .conftest import START, CountingEmbedder, add_talk

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
def test_lists_are_joined_by_rank_and_weight(words, meaning):
    """A message's score is weight/(10 + rank), summed over the lists it stands in."""
    weighed = [(message_id, message_id / 30) for message_id in words]
    joined = find.join_by_rank([weighed, [(message_id, 1.0) for message_id in meaning]])
    assert set(joined) == set(words) | set(meaning)
    for message_id, score in joined.items():
        expected = 0.0
        if message_id in words:
            expected += message_id / 30 / (11 + words.index(message_id))
        if message_id in meaning:
            expected += 1 / (11 + meaning.index(message_id))
        assert score == pytest.approx(expected)


def test_a_hybrid_score_is_the_sum_over_both_lists(vault, counting):
    """The score that is shown can be worked out from the two single searches.

    The words' part is 2.5/(10 + rank), times the share of the question that is held.
    """
    ids = add_talk(vault, LINES)
    embed_messages(vault, counting)
    asked = {"embedder": counting, "k": 9}
    both = search_messages(vault, "bread kayak", **asked)
    words = [
        h.message_id for h in search_messages(vault, "bread kayak", mode="keyword")
    ]
    near = search_messages(vault, "bread kayak", mode="semantic", **asked)
    meaning = [h.message_id for h in near]
    assert (both.mode, both.warnings) == ("hybrid", ())
    kayak, bread = log(1 + 1.5 / 3.5), log(1 + 3.5 / 1.5)  # in 3 and 1 of 4 passages
    held = {ids[0]: kayak, ids[1]: kayak, ids[3]: kayak + bread}
    assert set(words) == set(held)
    for hit in both:
        expected = 1 / (11 + meaning.index(hit.message_id))
        if hit.message_id in words:
            share = held[hit.message_id] / (kayak + bread)
            expected += 2.5 * share / (11 + words.index(hit.message_id))
        assert hit.score == pytest.approx(expected)
        assert hit.score_kind == "rrf"


def test_a_stray_word_does_not_stand_above_what_is_meant(vault, monkeypatch):
    """Hits that hold one common word of four do not push the nearest message down."""
    meant = add_talk(vault, [("user", "My dinghy sank."), ("persona", "No!")])
    lines = [("user", f"The old clock said {n} again.") for n in range(20)]
    add_talk(vault, lines, thread="clock")
    stray = "old wooden vessel foundering"

    class Knowing(HashingEmbedder):
        """Knows that the question means the dinghy."""

        def encode(self, texts):
            known = {stray: "My dinghy sank."}
            return super().encode([known.get(one, one) for one in texts])

    embed_messages(vault, Knowing())
    words = search_messages(vault, stray, mode="keyword", fold=False)
    assert len(words) == 10
    hits = search_messages(vault, stray, embedder=Knowing(), fold=False).hits
    assert hits[0].message_id == meant[0]
    monkeypatch.setattr(find, "WORDS_WEIGHT", 25.0)
    hits = search_messages(vault, stray, embedder=Knowing(), fold=False).hits
    assert hits[0].message_id in {hit.message_id for hit in words}


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


def test_a_model_named_is_named_in_the_next_step_too(vault, counting):
    """`embed` alone would go on with the vault's own model and help nothing."""
    add_talk(vault, LINES)
    with pytest.raises(UsageError) as none:
        search_messages(vault, "bakery", mode="semantic", embedder="hashing")
    assert "Run persona-vault embed --embedder hashing first" in none.value.hint
    embed_messages(vault, counting)
    with pytest.raises(UsageError) as other:
        search_messages(vault, "bakery", mode="semantic", embedder="hashing")
    assert "persona-vault embed --embedder hashing first" in other.value.hint
    assert "Or leave --embedder out" in other.value.hint


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


def test_a_damaged_page_of_vectors_is_said_to_be_one(tmp_path, counting):
    """The driver's rows are read past SQLAlchemy: its errors are ours all the same."""
    place = tmp_path / "vault"
    with open_vault(place, create=True) as vault:
        add_talk(vault, [("user", f"remark {i} about the ferry") for i in range(60)])
        embed_messages(vault, counting)
        with vault.read() as connection:
            one = connection.scalars(select(schema.vector.c.data)).all()[-1]
    data = bytearray((place / "vault.db").read_bytes())
    page = data.index(one) // 4096 * 4096
    data[page : page + 200] = b"\xff" * 200
    (place / "vault.db").write_bytes(data)
    with open_vault(place) as vault, pytest.raises(VaultDamagedError):
        search_messages(vault, "ferry", mode="semantic", embedder=counting)


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


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_what_is_left_out_is_never_a_hit(vault, counting, mode):
    """A hit does not hold the word itself; the turn before it may."""
    ids = add_talk(vault, LINES)
    embed_messages(vault, counting)
    hits = search_messages(vault, "kayak -bread", mode=mode, embedder=counting)
    assert {h.message_id for h in hits} <= set(ids[:3])
    kept = search_messages(vault, "shed bread -bakery", mode=mode, embedder=counting)
    assert ids[3] in {h.message_id for h in kept}
    assert ids[2] not in {h.message_id for h in kept}


def test_letters_of_unspaced_scripts_are_left_out_too(vault):
    """Where no index knows the words, the letters themselves exclude."""
    ids = add_talk(vault, [("user", "我们去海边散步吧"), ("user", "海边很冷")])
    hits = search_messages(vault, "海边 -散步", mode="keyword")
    assert [h.message_id for h in hits] == [ids[1]]


@pytest.mark.parametrize("mode", ["keyword", "semantic"])
def test_dates_and_sources_narrow_the_search(vault, counting, mode):
    """Date words and a source leave only what they name, whatever is nearest."""
    old = add_talk(vault, LINES, thread="old")
    new = add_talk(vault, LINES, thread="new", start=START + timedelta(days=31))
    embed_messages(vault, counting)
    asked = {"mode": mode, "embedder": counting, "fold": False}
    now = START + timedelta(days=60)
    for query in (
        "kayak in 2024-04",
        "kayak last month -nothing",
        "kayak after:2024-03",
    ):
        found = search_messages(vault, query, now=START + timedelta(days=61), **asked)
        assert {h.message_id for h in found} <= set(new), query
        assert found.hits, query
        assert found.date_words, query
    assert search_messages(vault, "kayak yesterday", now=now, **asked).hits == ()
    hits = search_messages(vault, "kayak", source=1, **asked).hits
    assert {h.message_id for h in hits} <= set(old)
    with pytest.raises(UsageError, match="no source 9"):
        search_messages(vault, "kayak", source=9)


def test_a_spoken_date_alone_is_told_to_be_words(vault):
    """How a date was read is said, and so is that it was not read as one."""
    (asked,) = add_talk(vault, [("user", "Yesterday, all my troubles")])
    found = search_messages(vault, "yesterday", mode="keyword")
    assert [h.message_id for h in found] == [asked]
    assert found.warnings[0].startswith('"yesterday" was searched for as words')
    assert search_messages(vault, "troubles", mode="keyword").warnings == ()


def test_repeats_are_one_hit_unless_all_are_asked_for(vault):
    """The same words in three talks take one place of the list."""
    ids = [
        add_talk(vault, [("user", "Good night, sleep well!")], thread=str(n))[0]
        for n in range(3)
    ]
    (hit,) = search_messages(vault, "good night", mode="keyword").hits
    assert {hit.message_id, *hit.alike} == set(ids)
    assert len(search_messages(vault, "good night", mode="keyword", fold=False)) == 3


@pytest.fixture
def repeated(vault, counting):
    """Forty talks that begin with one good night, and three with another; embedded."""
    for n in range(40):
        add_talk(vault, [("user", "Good night, sleep well!")], thread=f"same{n}")
    ids = [
        add_talk(vault, [("user", f"It was a good night for {what}")], thread=what)[0]
        for what in ("comets", "trains", "theatres")
    ]
    embed_messages(vault, counting)
    return ids


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_repeats_hide_no_other_answer(vault, counting, repeated, monkeypatch, mode):
    """Where they fill the list it is read on, and all of them are counted."""
    monkeypatch.setattr(find, "DEPTH", 8)
    asked = {"mode": mode, "embedder": counting, "context": 0}
    found = search_messages(vault, "good night sleep well", k=4, **asked)
    assert {h.message_id for h in found} >= set(repeated)
    counts = [len(h.alike) for h in found]
    assert sorted(counts)[-1] == 39
    assert not found.is_cut


def test_repeats_hide_no_other_conversation(vault, repeated, monkeypatch):
    """By conversation, too, those with other answers are found."""
    monkeypatch.setattr(find, "DEPTH", 8)
    asked = {"mode": "keyword", "by": "conversation", "context": 0}
    found = search_messages(vault, '"good night"', k=4, **asked)
    assert {h.message_id for h in found} >= set(repeated)
    assert len({h.conversation_id for h in found}) == 4


def test_a_list_with_hits_enough_is_read_once(vault, counting, repeated, monkeypatch):
    """The usual search pays nothing; of its repeats there may be more, and it says so.

    By conversation it is read no deeper than there are conversations to be found.
    """
    depths = []
    read = find.find_by_words

    def counted(connection, query, filters, depth):
        depths.append(depth)
        return read(connection, query, filters, depth)

    monkeypatch.setattr(find, "find_by_words", counted)
    monkeypatch.setattr(find, "DEPTH", 8)
    found = search_messages(vault, "good night", embedder=counting, k=1)
    assert (depths, found.is_cut, len(found)) == ([8], True, 1)
    add_talk(
        vault,
        [("user", f"a walk in wood number {n}") for n in range(30)],
        persona="Nox",
        thread="walks",
    )
    depths.clear()
    asked = {"mode": "keyword", "by": "conversation", "persona": "Nox"}
    assert len(search_messages(vault, "walk", **asked)) == 3
    assert depths == [10]


def test_hits_by_conversation_stand_together(vault):
    """Each conversation names itself with its best hits."""
    add_talk(vault, LINES, thread="a")
    add_talk(vault, [("user", "A kayak race on the lake")], thread="b")
    found = search_messages(
        vault, "kayak", mode="keyword", by="conversation", k=2, context=0
    )
    order = [h.conversation for h in found]
    assert sorted(order, key=order.index) == order
    assert set(order) == {"a", "b"}
    assert [h.rank for h in found] == list(range(1, len(found) + 1))


def test_after_forgetting_and_importing_anew_index_and_messages_agree(vault, counting):
    """What is gone is found by nothing, what came back by both words and meaning."""
    add_talk(vault, LINES, thread="a")
    kept = add_talk(vault, [("user", "A heron stood by the water")], thread="b")
    embed_messages(vault, counting)
    vault.forget_source(1)
    assert len(load_index(vault, counting)) == 1
    assert search_messages(vault, "kayak", mode="keyword").hits == ()
    near = search_messages(vault, "kayak", mode="semantic", embedder=counting)
    assert [h.message_id for h in near] == kept
    back = add_talk(vault, LINES, thread="a")
    embed_messages(vault, counting)
    index = load_index(vault, counting)
    assert sorted(index.ids.tolist()) == sorted([*kept, *back])
    assert search_messages(vault, "kayak", embedder=counting).hits[0].message_id in back


def test_few_vectors_are_read_as_many_are(vault, counting, monkeypatch):
    """Looked up one by one or read in their own order, the answer is the same."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    asked = {"mode": "semantic", "embedder": counting, "role": Role.USER}
    whole = search_messages(vault, "bread", **asked).hits
    monkeypatch.setattr(vectors, "FEW_MEANS", 1)
    assert search_messages(vault, "bread", **asked).hits == whole != ()
