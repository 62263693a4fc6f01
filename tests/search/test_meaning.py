"""Search by meaning with the packaged model: questions in other words."""

import numpy as np
import pytest

from persona_vault.embedders.sentence import SentenceEmbedder
from persona_vault.search import embed_messages, search_messages
from persona_vault.search.query import parse_query

from .conftest import add_talk

TALK = [
    ("user", "Good evening, are you around?"),
    ("persona", "Always. Tell me how the day went."),
    ("user", "Our old spaniel stopped breathing last night, we buried him at dawn."),
    ("persona", "Oh Sam, he was with you for fourteen years."),
    ("user", "On another note, the landlord raised what we owe him each month again."),
    ("persona", "That is the second time since spring."),
    ("user", "I burned the lentil soup and set off the smoke alarm."),
    ("persona", "Did the neighbours come running?"),
    ("user", "No. Remind me to water the ferns on Thursday."),
    ("persona", "I will."),
    ("user", "I passed the driving test at the third attempt!"),
    ("persona", "Congratulations, the open road is yours now."),
    ("user", "My knee swells up whenever I take the stairs."),
    ("persona", "Have you shown it to somebody?"),
    ("user", "My sister gave birth to twins on Sunday."),
    ("persona", "Two at once, what a surprise."),
    ("user", "We fly to Lisbon in June and I have packed nothing."),
    ("persona", "Take a hat, the sun is strong there."),
    ("user", "The violin teacher says my bowing got smoother."),
    ("persona", "I would like to hear it one evening."),
    ("user", "My boss handed me the notice, Friday is my last day at the plant."),
    ("persona", "After nine years. I am sorry."),
    ("user", "It snowed so hard that the buses stood still."),
    ("persona", "Then it is a day for staying in."),
    ("user", "I finally told Jonas that I am in love with him."),
    ("persona", "That took courage. What did he say?"),
    ("user", "He laughed, then he took my hand."),
    ("persona", "I am smiling."),
    ("user", "Good night then."),
    ("persona", "Good night, Sam."),
]
QUESTIONS = {
    "dog died": 2,
    "rent increase": 4,
    "cooking accident in the kitchen": 6,
    "new baby in the family": 14,
    "holiday in Portugal": 16,
    "practising a musical instrument": 18,
    "lost my job": 20,
    "winter weather and public transport": 22,
    "confessing romantic feelings": 24,
    "pain in my leg": 12,
}


@pytest.fixture
def talk(vault, packaged):
    """The talk, embedded; gives the ids of its messages."""
    ids = add_talk(vault, TALK)
    assert embed_messages(vault, packaged).n_left == 0
    return ids


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_other_words_find_the_message_that_is_meant(vault, packaged, talk, mode):
    """No word is shared, and still the message that is meant is found.

    The reply to it holds the same words in its passage: it may pass the message once
    in ten times (by passages alone it does nine times), and nothing else may.
    """
    ranks = {}
    for question, place in QUESTIONS.items():
        words = search_messages(vault, question, mode="keyword")
        assert talk[place] not in {h.message_id for h in words}, question
        hits = search_messages(vault, question, mode=mode, embedder=packaged).hits
        found = [h.message_id for h in hits]
        ranks[question] = found.index(talk[place]) + 1
        assert set(found[: ranks[question] - 1]) <= {talk[place + 1]}, question
    assert sum(rank > 1 for rank in ranks.values()) <= 1, ranks


def test_a_rare_word_still_leads_a_hybrid_search(vault, packaged, talk):
    """A name that only one message holds is what the user is after."""
    hits = search_messages(vault, "Jonas", embedder=packaged).hits
    assert hits[0].message_id == talk[24]
    assert parse_query("Jonas").is_in(hits[0].text)


@pytest.mark.parametrize("k", [10, 60])
def test_a_shortcut_that_gives_other_vectors_is_left(vault, packaged, talk, k):
    """A stored vector, made anew beside each query, tells; the whole model answers.

    Also where so many hits are asked for that their texts go to the whole model.
    """
    add_talk(vault, TALK * 2, thread="again")
    embed_messages(vault, packaged)
    question = "holiday in Portugal"
    asked = {"mode": "semantic", "k": k, "fold": False}
    right = search_messages(vault, question, embedder=packaged, **asked)
    draw = np.random.default_rng(3)

    class Wrong:
        def encode(self, texts):
            found = draw.standard_normal((len(texts), packaged.dim), dtype=np.float32)
            return found / np.linalg.norm(found, axis=1, keepdims=True)

    broken = SentenceEmbedder()
    broken._light = Wrong()
    found = search_messages(vault, question, embedder=broken, **asked)
    assert broken._light is None
    assert [h.message_id for h in found.hits] == [h.message_id for h in right.hits]
