"""Vectors of the user's bare words: made once by `embed`, read by comparisons."""

from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.snapshot import take_snapshot
from persona_vault.snapshot.sentences import embed_said, stored_sentences
from persona_vault.store.chosen import Kind, Wanted
from persona_vault.store.passages import text_digest
from tests.search.conftest import add_talk

LINES = [
    ("user", "Did it rain?"),
    ("persona", "A little."),
    ("user", "And now?"),
    ("persona", "Now it is dry."),
    ("user", "And now?"),
    ("persona", "Still dry."),
]


class Counting(HashingEmbedder):
    """Counts the texts it reads."""

    def __init__(self):
        super().__init__()
        self.n_read = 0

    def encode(self, texts):
        """As the plain one."""
        self.n_read += len(texts)
        return super().encode(texts)


def test_each_text_is_read_once_and_only_what_the_user_said(vault):
    """Two of three lines are one text; the replies are no part of it."""
    add_talk(vault, LINES)
    model = Counting()

    assert embed_said(vault, model) == 2
    assert embed_said(vault, model) == 0
    assert model.n_read == 2


def test_a_snapshot_uses_them_only_where_all_are_there(vault):
    """A sentence way appears once every message has a vector, and leaves with one."""
    vault.set_setting("embedder", "hashing")
    add_talk(vault, LINES)
    assert stored_sentences(vault) == []

    embed_said(vault, HashingEmbedder())
    whole = take_snapshot(vault).covariates.texts
    add_talk(vault, [("user", "Something new."), ("persona", "Oh?")], thread="two")
    partly = take_snapshot(vault).covariates.texts

    assert [name for name in whole if name.startswith("sentences")]
    assert not [name for name in partly if name.startswith("sentences")]


def test_a_vault_without_any_vector_loads_no_model(vault, monkeypatch):
    """A comparison never waits for a model that was never asked for."""

    def refuse(_spec):
        raise AssertionError

    monkeypatch.setattr("persona_vault.snapshot.sentences.load_embedder", refuse)
    add_talk(vault, LINES)

    assert stored_sentences(vault) == []


def test_what_is_forgotten_meanwhile_leaves_no_vector(vault):
    """The model reads outside of any transaction; what went then is not kept."""
    ids = add_talk(vault, LINES)

    class Slow(HashingEmbedder):
        """Reads while the user lets the vault forget a message."""

        def encode(self, texts):
            """As the plain one."""
            vault.forget(Wanted(kind=Kind.MESSAGE, ids=(ids[0],)))
            return super().encode(texts)

    embed_said(vault, Slow())
    with vault.read() as connection:
        left = connection.exec_driver_sql("SELECT digest FROM vector").scalars().all()
    assert left == [text_digest("And now?")]


def test_what_is_forgotten_between_two_parts_leaves_no_vector(vault, monkeypatch):
    """The first part was written already; the second is looked for once more."""
    monkeypatch.setattr("persona_vault.snapshot.sentences.SHARD", 1)
    ids = add_talk(vault, [("user", "One."), ("user", "Another one.")])

    class Slow(Counting):
        """Reads the second text while the user lets the vault forget it."""

        def encode(self, texts):
            """As the plain one."""
            if self.n_read:
                vault.forget(Wanted(kind=Kind.MESSAGE, ids=(ids[1],)))
            return super().encode(texts)

    assert embed_said(vault, Slow()) == 2
    with vault.read() as connection:
        left = connection.exec_driver_sql("SELECT digest FROM vector").scalars().all()
    assert left == [text_digest("One.")]


def test_odd_characters_are_found_again(vault):
    """What is asked by way of JSON is the very text, also with a NUL in it."""
    add_talk(vault, [("user", 'a "quoted" \\ and \x00 and \u2028 💛'), ("user", "é")])
    assert embed_said(vault, HashingEmbedder()) == 2
    assert embed_said(vault, HashingEmbedder()) == 0
