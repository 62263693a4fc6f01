"""What a text is about: likeness to fixed sentences, the same on every machine."""

import hashlib

import numpy as np
import pytest

from persona_vault.embedders.anchors import (
    ANCHORS,
    N_ANCHORS,
    SentenceColumns,
    WordColumns,
    offline_columns,
)
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.errors import NoModelError

HEARD = [
    ("Did the team win the football game?",),
    ("My dog is ill.", "The doctor said so."),
    (),
    ("zzz qqq",),
]


def place(word):
    """The anchor that holds a word."""
    return next(i for i, a in enumerate(ANCHORS) if word in a)


@pytest.mark.parametrize("way", offline_columns(), ids=lambda w: w.name)
def test_a_text_is_nearest_to_the_sentence_of_its_subject(way):
    """Football to football, a dog to animals; nothing said gives zeros."""
    found = way.columns(HEARD)

    assert found.shape == (4, N_ANCHORS)
    assert found.dtype == np.float32
    assert found[0].argmax() == place("football")
    assert found[1][[place("dog"), place("doctor")]].min() > np.median(found[1])
    assert not found[2].any()
    assert (np.abs(found) <= 1 + 1e-5).all()


@pytest.mark.parametrize("way", offline_columns(), ids=lambda w: w.name)
def test_columns_of_a_text_do_not_depend_on_the_others(way):
    """No direction is fitted: two periods measured years apart fit together."""
    alone = np.concatenate([way.columns([heard]) for heard in HEARD])

    assert way.columns(HEARD) == pytest.approx(alone, abs=1e-6)


def test_words_are_cosines_of_weighted_stems():
    """By hand: one shared stem of weight 1 in texts of known length."""
    (found,) = WordColumns().columns([("guitars guitars",)])

    i = place("guitar")
    lengths = {}
    for n, anchor in enumerate(ANCHORS):
        if "guitar" in anchor:
            # song, music, band, guitar, concert, singer: 1 each; the common ones:
            # I, like, this, the (five times), and.
            common = [1, 1, 1, 1 + np.log(5), 1]
            lengths[n] = np.sqrt(6 + sum((0.2 * w) ** 2 for w in common))
    assert found[i] == pytest.approx(1 / lengths[i], rel=1e-6)
    assert np.delete(found, i).max() == 0


def test_sentences_need_a_vector_of_every_message():
    """One that is missing: this way is not gone at all, rather than half."""
    model = HashingEmbedder()
    texts = sorted({t for heard in HEARD for t in heard})
    vectors = dict(zip(texts, model.encode(texts).astype(np.float16), strict=True))

    def some(wanted):
        return {t: vectors[t] for t in wanted if t in vectors}

    found = SentenceColumns(model, some).columns(HEARD)
    del vectors["zzz qqq"]

    mean = model.encode(list(HEARD[1])).mean(axis=0)
    expected = model.encode(ANCHORS) @ mean / np.linalg.norm(mean)
    assert found[1] == pytest.approx(expected, abs=2e-3)
    assert not found[2].any()
    assert SentenceColumns(model, some).columns(HEARD) is None


def test_without_the_packaged_model_words_are_left(monkeypatch):
    """The extra is optional; a comparison then knows one way less."""

    def missing():
        raise NoModelError("none")

    monkeypatch.setattr("persona_vault.embedders.anchors.token_columns", missing)

    assert [way.name for way in offline_columns()] == ["words-1"]


def test_the_sentences_are_those_of_their_version():
    """A changed sentence changes every number: raise ANCHORS_VERSION with it."""
    digest = hashlib.sha256("\n".join(ANCHORS).encode()).hexdigest()

    assert digest[:16] == "097edd00d42fa430"
