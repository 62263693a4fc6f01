"""Rules of finding more messages like one."""

import pytest

from persona_vault.errors import NoModelError, UsageError
from persona_vault.model import Role
from persona_vault.search import (
    embed_messages,
    find_similar,
    load_index,
    similar,
)

from .conftest import CountingEmbedder, add_talk

BOATS = [
    ("user", "The grey boat rocked beside the harbour wall all night."),
    ("persona", "Did the ropes of the grey boat hold?"),
    ("user", "They did."),
    ("persona", "Good."),
]
BREAD = [
    ("user", "I baked rye bread with caraway seeds this morning."),
    ("persona", "Bread with caraway smells of winter."),
]


@pytest.fixture
def talks(vault, counting):
    """Three talks, embedded: ids by name."""
    ids = {
        "boats": add_talk(vault, BOATS, thread="a"),
        "bread": add_talk(vault, BREAD, thread="b"),
        "again": add_talk(
            vault,
            [
                ("user", "A grey boat rocked in the harbour, I heard the ropes."),
                ("persona", "Boats are never quite still."),
            ],
            thread="c",
        ),
        "repeat": add_talk(vault, BOATS[:1], thread="d"),
    }
    embed_messages(vault, counting)
    return ids


def test_the_nearest_talk_comes_first_and_never_itself(vault, counting, talks):
    """Neither the message nor its neighbours nor its repeats are like it."""
    asked = talks["boats"][0]
    found = find_similar(vault, asked, embedder=counting)
    ids = [h.message_id for h in found]
    assert ids[0] == talks["again"][0]
    assert not {*talks["boats"][:3], *talks["repeat"]} & set(ids)
    assert found.alike == tuple(talks["repeat"])
    assert (found.mode, found.hits[0].score_kind) == ("semantic", "cosine")
    assert [h.rank for h in found] == list(range(1, len(ids) + 1))
    scores = [h.score for h in found]
    assert scores == sorted(scores, reverse=True)


def test_each_repeat_is_a_hit_where_none_is_folded(vault, counting, talks):
    """Asked one by one, a repeat of the message itself is the nearest there is."""
    found = find_similar(vault, talks["boats"][0], embedder=counting, fold=False)
    assert found.hits[0].message_id == talks["repeat"][0]
    assert found.alike == ()


def test_its_own_repeats_hide_no_other_message(vault, counting, talks, monkeypatch):
    """A greeting of every evening is counted whole, and others are found behind it."""
    monkeypatch.setattr(similar, "DEPTH", 8)
    for n in range(40):
        add_talk(vault, BOATS[:1], thread=f"again{n}")
    embed_messages(vault, counting)
    found = find_similar(vault, talks["boats"][0], k=3, embedder=counting)
    assert found.hits[0].message_id == talks["again"][0]
    assert len(found.alike) == 41
    assert not found.is_cut
    few = find_similar(vault, talks["boats"][0], k=1, embedder=counting)
    assert few.is_cut or len(few.alike) == 41


def test_filters_and_a_loaded_index_hold_here_too(vault, counting, talks):
    """A side and a warm index give the same messages as the search without."""
    asked = {"embedder": counting, "role": Role.PERSONA, "k": 2}
    found = find_similar(vault, talks["bread"][0], **asked)
    assert {h.role for h in found} == {Role.PERSONA}
    warm = find_similar(
        vault, talks["bread"][0], index=load_index(vault, counting), **asked
    )
    assert [h.message_id for h in warm] == [h.message_id for h in found]


def test_what_cannot_be_compared_is_said(vault, counting, talks):
    """A missing message, one without words and a vault without vectors."""
    with pytest.raises(UsageError, match="no message 999"):
        find_similar(vault, 999, embedder=counting)
    (empty,) = add_talk(vault, [("user", "  ")], thread="e")
    with pytest.raises(UsageError, match="no words"):
        find_similar(vault, empty, embedder=counting)
    with pytest.raises(UsageError):
        find_similar(vault, talks["bread"][0], k=0, embedder=counting)


def test_vectors_that_are_stored_need_no_model(vault, counting, talks, tmp_path):
    """Nothing is embedded anew; the model's folder may be gone, unless it is needed.

    It is needed for a message that is not embedded yet, and where it was named.
    """
    asked = talks["boats"][0]
    counting.texts.clear()
    ids = [h.message_id for h in find_similar(vault, asked, embedder=counting)]
    assert counting.texts == []
    gone = str(tmp_path / "gone")
    vault.set_setting("embedder", gone)
    assert [h.message_id for h in find_similar(vault, asked)] == ids
    with pytest.raises(NoModelError):
        find_similar(vault, asked, embedder=gone)
    (new,) = add_talk(vault, [("user", "Fog over the harbour")], thread="new")
    with pytest.raises(NoModelError):
        find_similar(vault, new)
    assert find_similar(vault, new, embedder=counting).hits
    embed_messages(vault, CountingEmbedder("counting-2"))
    with pytest.raises(NoModelError):  # which of both is meant, nobody can tell
        find_similar(vault, asked)


def test_nothing_embedded_is_a_next_step(vault, counting):
    """Without vectors the reader is told to embed."""
    ids = add_talk(vault, BREAD)
    with pytest.raises(UsageError, match="No message is embedded yet"):
        find_similar(vault, ids[0], embedder=counting)
