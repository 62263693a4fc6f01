"""Rules of embedding what is not embedded yet."""

import numpy as np
import pytest
from sqlalchemy import select

from persona_vault.embedders.index import unpack_vectors
from persona_vault.errors import NoModelError, UsageError
from persona_vault.search import embed, embed_messages, search_messages
from persona_vault.store import schema
from persona_vault.store.passages import text_digest

from .conftest import CountingEmbedder, add_talk, edit_message

LINES = [
    (("user", "persona")[n % 2], f"Line {n} about the {word} on the shelf")
    for n, word in enumerate(
        "atlas bottle candle drum easel fiddle globe hammer inkwell jug".split()
    )
]


@pytest.fixture
def _small_shards(monkeypatch):
    monkeypatch.setattr(embed, "SHARD", 3)


@pytest.fixture
def _any_model(monkeypatch):
    """Any name is a model on this machine."""
    monkeypatch.setattr(
        embed, "load_embedder", lambda spec, threads=None: CountingEmbedder(spec)
    )


def vectors_of(vault, model_id):
    """Digest -> vector, as stored."""
    with vault.read() as connection:
        rows = connection.execute(
            select(schema.vector.c.digest, schema.vector.c.data).where(
                schema.vector.c.model_id == model_id
            )
        ).all()
    array = unpack_vectors([row.data for row in rows], 256).astype(np.float32)
    return dict(zip([row.digest for row in rows], array, strict=True))


@pytest.mark.usefixtures("_small_shards")
def test_a_stopped_run_is_taken_up_where_it_ended(vault, counting):
    """What was kept before a stop is not done again, and the end is the same."""
    add_talk(vault, LINES)
    first = embed_messages(vault, counting, limit_shards=2)
    assert (first.n_embedded, first.n_reused, first.n_left) == (6, 0, 4)
    rest = embed_messages(vault, counting)
    assert (rest.n_embedded, rest.n_reused, rest.n_left) == (4, 6, 0)
    assert len(counting.texts) == len(set(counting.texts)) == len(LINES)
    resumed = vectors_of(vault, counting.model_id)
    at_once = embed_messages(vault, CountingEmbedder("at-once"))
    assert at_once.n_embedded == len(LINES)
    for digest, vector in vectors_of(vault, "at-once").items():
        assert float(vector @ resumed[digest]) >= 0.999


@pytest.mark.usefixtures("_small_shards")
def test_a_shard_that_fails_keeps_the_ones_before_it(vault, counting):
    """A kill in the middle of a run loses no finished shard."""
    add_talk(vault, LINES)
    whole, calls = counting.encode, []

    def stops(texts):
        calls.append(len(texts))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(texts)

    counting.encode = stops
    with pytest.raises(KeyboardInterrupt):
        embed_messages(vault, counting)
    assert len(vectors_of(vault, counting.model_id)) == 6


@pytest.mark.usefixtures("_small_shards")
def test_the_newest_messages_come_first(vault, counting):
    """After an early stop it is the newest talk that can be searched."""
    add_talk(vault, LINES)
    embed_messages(vault, counting, limit_shards=1)
    assert sorted(
        text[-len("on the shelf") - 8 :] for text in counting.texts
    ) == sorted(text[-len("on the shelf") - 8 :] for _, text in LINES[-3:])


def test_a_text_that_stands_twice_is_embedded_once(vault, counting):
    """Vectors belong to texts: the same words after the same words are one text."""
    for thread in ("a", "b", "c"):
        add_talk(vault, LINES[:2], thread=thread)
    report = embed_messages(vault, counting)
    assert (report.n_embedded, report.n_reused, report.n_left) == (2, 4, 0)
    assert len(counting.texts) == 2


def test_an_edited_message_embeds_itself_and_its_reply_anew(vault, counting):
    """Only the texts that really changed are embedded again."""
    ids = add_talk(vault, LINES)
    embed_messages(vault, counting)
    counting.texts.clear()
    edit_message(vault, ids[4], "The easel is gone")
    report = embed_messages(vault, counting)
    assert report.n_embedded == 2
    assert all("The easel is gone" in text for text in counting.texts)


def test_a_text_forgotten_meanwhile_leaves_no_vector(vault, counting):
    """What is forgotten while the model runs must not come back as a vector."""
    ids = add_talk(vault, LINES)
    whole = counting.encode

    def edits_first(texts):
        edit_message(vault, ids[-1], "Something else")
        return whole(texts)

    counting.encode = edits_first
    report = embed_messages(vault, counting)
    assert (report.n_embedded, report.n_left) == (len(LINES) - 1, 1)


def test_progress_ends_at_the_whole(vault, counting, monkeypatch):
    """The caller hears how many texts are done, of how many, after each shard."""
    monkeypatch.setattr(embed, "SHARD", 4)
    add_talk(vault, LINES)
    heard = []
    embed_messages(vault, counting, progress=lambda *seen: heard.append(seen))
    assert heard == [(4, 10), (8, 10), (10, 10)]


def test_nothing_to_do_asks_nothing_of_the_model(vault, counting):
    """A second run over the same messages computes no vector."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    counting.texts.clear()
    report = embed_messages(vault, counting)
    assert (report.n_embedded, report.n_reused, report.n_left) == (0, 10, 0)
    assert counting.texts == []


def test_useless_vectors_are_not_kept(vault, counting):
    """A model that gives no numbers must not spoil the searches to come."""
    add_talk(vault, LINES)
    counting.encode = lambda texts: np.full((len(texts), 256), np.nan, np.float32)
    with pytest.raises(NoModelError):
        embed_messages(vault, counting)
    assert vectors_of(vault, counting.model_id) == {}


def test_a_named_model_is_remembered_for_searches(vault):
    """Who embeds with a model of their own choice need not name it at each search."""
    add_talk(vault, LINES)
    embed_messages(vault, "hashing")
    assert embed.resolve_embedder(vault, None).model_id.startswith("hashing")


@pytest.mark.usefixtures("_small_shards", "_any_model")
def test_a_new_model_takes_over_only_when_it_has_read_everything(vault):
    """While another model is being made ready, searches keep to the complete one.

    A run without a name goes on with the new model, and the vectors of the one before
    go when it is done.
    """
    add_talk(vault, LINES)
    embed_messages(vault, "first")
    embed_messages(vault, "second", limit_shards=2)
    result = search_messages(vault, "atlas", mode="semantic")
    assert (len(result), result.warnings) == (len(LINES), ())
    assert embed.resolve_embedder(vault, None).model_id == "first"
    report = embed_messages(vault)
    assert (report.model_id, report.n_left) == ("second", 0)
    assert embed.resolve_embedder(vault, None).model_id == "second"
    assert vectors_of(vault, "first") == {}
    assert embed_messages(vault).model_id == "second"


@pytest.mark.usefixtures("_small_shards", "_any_model")
def test_back_to_the_model_in_use_ends_the_change(vault):
    """Who changes their mind in the middle has the model in use go on as it was."""
    add_talk(vault, LINES)
    embed_messages(vault, "first")
    embed_messages(vault, "second", limit_shards=1)
    assert embed_messages(vault, "first").n_embedded == 0
    assert embed_messages(vault).model_id == "first"
    assert vectors_of(vault, "second") == {}


@pytest.mark.usefixtures("_small_shards", "_any_model")
def test_a_change_goes_on_only_where_it_is_asked_for(vault):
    """An import embeds with the model in use, and the change waits."""
    add_talk(vault, LINES)
    embed_messages(vault, "first")
    embed_messages(vault, "second", limit_shards=1)
    add_talk(vault, [("user", "One more line about the kettle")], thread="two")
    found = embed_messages(vault, embed.resolve_embedder(vault, None))
    assert (found.model_id, found.n_embedded, found.n_left) == ("first", 1, 0)
    assert len(vectors_of(vault, "second")) == 3
    assert embed_messages(vault).model_id == "second"
    assert vectors_of(vault, "first") == {}


@pytest.mark.parametrize("name", ["", " "])
def test_a_model_without_a_name_changes_nothing(vault, name):
    """Such as an unset variable of a shell; Path("") would be the folder one is in."""
    add_talk(vault, LINES)
    embed_messages(vault, "hashing")
    with pytest.raises(UsageError, match="empty"):
        embed_messages(vault, name)
    assert embed.resolve_embedder(vault, None).model_id.startswith("hashing")


def test_a_model_that_cannot_be_read_is_not_remembered(vault, monkeypatch):
    """Later searches and imports go on with the one that works."""

    class Broken(CountingEmbedder):
        def encode(self, texts):
            raise NoModelError("The model cannot be loaded.")

    add_talk(vault, LINES)
    embed_messages(vault, "hashing")
    whole = embed.load_embedder
    monkeypatch.setattr(embed, "load_embedder", lambda *_, **__: Broken("broken"))
    with pytest.raises(NoModelError):
        embed_messages(vault, "broken")
    monkeypatch.setattr(embed, "load_embedder", whole)
    assert embed_messages(vault).model_id.startswith("hashing")


def test_a_model_that_went_away_in_the_middle_of_a_change_is_told(vault, tmp_path):
    """With the way back to the one in use."""
    add_talk(vault, LINES)
    embed_messages(vault, "hashing")
    vault.set_setting("embedder_next", str(tmp_path / "gone"))
    with pytest.raises(NoModelError) as told:
        embed_messages(vault)
    assert "--embedder hashing" in told.value.hint
    assert embed_messages(vault, "hashing").n_left == 0
    assert embed_messages(vault).n_left == 0


def test_a_shard_goes_to_the_model_by_length(vault, counting, monkeypatch):
    """Texts that are read together are alike in length, and all come back in place."""
    monkeypatch.setattr(embed, "PIECE", 4)
    add_talk(vault, [("user", "x " * n) for n in (9, 2, 14, 5, 1, 30, 3, 21, 7, 4)])
    heard = []
    embed_messages(vault, counting, progress=lambda *seen: heard.append(seen))
    pieces = [counting.texts[:4], counting.texts[4:6], counting.texts[6:]]
    assert [sorted(p, key=len) for p in pieces] == pieces
    assert len(pieces[2][-1]) <= len(pieces[0][0])
    assert heard == [(4, 10), (6, 10), (10, 10)]
    for text in counting.texts:
        kept = vectors_of(vault, counting.model_id)[text_digest(text)]
        (fresh,) = CountingEmbedder().encode([text])
        assert float(kept @ fresh) > 0.999
