"""Rules of sorting messages into topics."""

import random
from datetime import timedelta

import pytest

from persona_vault.errors import UsageError
from persona_vault.model import Period, Role
from persona_vault.search import embed_messages, find_topics
from persona_vault.store.chosen import Kind, Wanted

from .conftest import START, add_talk, edit_message

WORDS = {
    "garden": "tomatoes compost seedlings watering beans trellis weeds spade",
    "music": "violin bowing rehearsal scales orchestra tuning melody sonata",
    "sea": "harbour tide sails mooring lighthouse gulls anchor breakwater",
    "work": "deadline meeting manager invoice payroll overtime office report",
}


def line(rng, topic):
    """A sentence of five words of the topic, between words that all share."""
    words = rng.sample(WORDS[topic].split(), 5)
    return f"then we had {' '.join(words)}, Mira"


@pytest.fixture
def talk(vault, counting):
    """Each topic in its own month; ids by topic."""
    rng = random.Random(4)
    ids = {}
    for number, topic in enumerate(WORDS):
        lines = [(("user", "persona")[n % 2], line(rng, topic)) for n in range(40)]
        ids[topic] = add_talk(
            vault, lines, thread=topic, start=START + timedelta(days=31 * number)
        )
    add_talk(vault, [("user", "ok"), ("persona", "Good night, Sam")], thread="short")
    embed_messages(vault, counting)
    return ids


def test_what_was_talked_of_together_is_a_topic(vault, counting, talk):
    """Planted topics come back, named by their own words and shown by their own."""
    found = find_topics(vault, n=4, embedder=counting)
    assert (found.n_messages, found.n_short, found.n_not_embedded) == (160, 2, 0)
    assert sum(topic.n_messages for topic in found.topics) == 160
    assert found.steadiness > 0.8
    assert found.note == ""
    seen = set()
    for topic in found.topics:
        (name,) = [n for n, words in WORDS.items() if topic.words[0] in words.split()]
        seen.add(name)
        assert set(topic.words) <= set(WORDS[name].split())
        assert {m.message_id for m in topic.messages} <= set(talk[name])
        assert len({m.text for m in topic.messages}) == len(topic.messages) == 3
        assert max(topic.months, key=lambda m: m.n_messages).share > 0.8
    assert seen == set(WORDS)


def test_the_same_seed_gives_the_same_topics(vault, counting, talk):
    """Who looks again sees the same; names of the two are never a topic's words."""
    first = find_topics(vault, embedder=counting, seed=3)
    assert find_topics(vault, embedder=counting, seed=3) == first
    assert not {"mira", "sam"} & {w for t in first.topics for w in t.words}
    assert [t.n_messages for t in first.topics] == sorted(
        (t.n_messages for t in first.topics), reverse=True
    )
    body = first.to_dict()
    assert {"topics", "n_messages", "steadiness", "model_id", "note"} <= set(body)
    assert {"id", "words", "share", "months", "messages"} <= set(body["topics"][0])


def test_topics_need_no_model(vault, counting, talk, tmp_path):
    """They are made of stored vectors: the model's folder may be gone."""
    found = find_topics(vault, n=3, embedder=counting)
    vault.set_setting("embedder", str(tmp_path / "gone"))
    assert find_topics(vault, n=3) == found


def test_too_little_is_said_and_not_sorted(vault, counting, talk):
    """Below a hundred messages any heap would be chance."""
    period = Period(since=START, until=START + timedelta(days=20))
    found = find_topics(vault, embedder=counting, period=period)
    assert found.topics == ()
    assert found.steadiness is None
    assert "Too little to sort: 40" in found.note
    assert find_topics(vault, n=30, embedder=counting).topics == ()
    half = find_topics(vault, n=2, embedder=counting, role=Role.USER)
    assert half.topics == ()
    assert "80" in half.note


def test_loose_borders_are_said(vault, counting):
    """Where the same words stand in all messages, no sorting is firm."""
    rng = random.Random(1)
    words = " ".join(WORDS.values()).split()
    lines = [("user", " ".join(rng.sample(words, 6))) for _ in range(200)]
    add_talk(vault, lines)
    embed_messages(vault, counting)
    found = find_topics(vault, n=12, embedder=counting)
    assert found.steadiness < 0.5
    assert "loose" in found.note


def test_a_message_of_self_harm_is_never_shown_as_typical(vault, counting):
    """Such a message counts, and is quoted nowhere."""
    rng = random.Random(2)
    lines = [("user", f"{line(rng, 'sea')} I want to die") for _ in range(60)]
    lines += [("user", line(rng, "music")) for _ in range(60)]
    add_talk(vault, lines)
    embed_messages(vault, counting)
    found = find_topics(vault, n=2, embedder=counting)
    assert sum(topic.n_messages for topic in found.topics) == 120
    quoted = [m.text for topic in found.topics for m in topic.messages]
    assert len(quoted) == 3
    assert not any("die" in text for text in quoted)


@pytest.mark.parametrize("n", [0, 1, 51])
def test_an_impossible_number_is_refused(vault, n):
    """One topic is no sorting, and hundreds are no overview."""
    with pytest.raises(UsageError):
        find_topics(vault, n=n)


@pytest.mark.parametrize("seed", [-1, 2**32 - 1])
def test_an_impossible_start_is_refused(vault, seed):
    """What the sorting could not start from is said in a sentence."""
    with pytest.raises(UsageError):
        find_topics(vault, seed=seed)


def test_a_key_stands_for_these_messages_as_they_are_worded(vault, counting, talk):
    """The same sorting finds it; another one, or another wording, does not."""
    found = find_topics(vault, n=4, embedder=counting)
    topic = found.topics[1]
    assert found.by_key(f" {topic.key.upper()} ") is topic
    assert len({t.key for t in found.topics}) == 4
    assert len(topic.message_ids) == topic.n_messages
    assert {m.message_id for m in topic.messages} <= set(topic.message_ids)
    assert "message_ids" not in found.to_dict()["topics"][0]
    other = find_topics(vault, n=7, embedder=counting)
    edit_message(vault, topic.message_ids[0], "and then we had another wording of it")
    embed_messages(vault, counting)
    for later in (other, find_topics(vault, n=4, embedder=counting)):
        with pytest.raises(UsageError, match="now"):
            later.by_key(topic.key)
    with pytest.raises(UsageError, match="not by its place"):
        found.by_key("2")


def test_a_topic_can_be_forgotten(vault, counting, talk):
    """All its messages go, of both sides, and what else was said stays."""
    topic = find_topics(vault, n=4, embedder=counting).topics[0]
    n_before = len(list(vault.messages()))
    roles = {vault.message(number).role for number in topic.message_ids}
    assert roles == {Role.USER, Role.PERSONA}
    done = vault.forget(Wanted(kind=Kind.TOPIC, ids=topic.message_ids))
    assert (done.kind, done.n_versions) == ("topic", 0)
    assert done.removed["n_messages"] == topic.n_messages
    left = {m.id for m in vault.messages()}
    assert len(left) == n_before - topic.n_messages
    assert not left & set(topic.message_ids)


def _set_aside(vault, message_id, *, flags, parent=None):
    """Make a message one that is not shown."""
    with vault.write() as connection:
        connection.exec_driver_sql(
            "UPDATE message SET shown = 0, flags = ?, parent = ? WHERE id = ?",
            (flags, parent, message_id),
        )


def test_answers_set_aside_go_with_the_one_that_is_shown(vault):
    """Nobody sees them in `topics`: left behind they would be a trace unseen."""
    lines = [
        ("user", "one"),
        ("persona", "a first try"),
        ("persona", "the answer"),
        ("persona", "a third try"),
        ("persona", "a note of the software"),
        ("user", "two"),
        ("persona", "another first try"),
        ("persona", "the other answer"),
    ]
    ids = add_talk(vault, lines)
    for place, flags in ((1, "regenerated"), (3, "regenerated"), (4, "hidden")):
        _set_aside(vault, ids[place], flags=flags)
    _set_aside(vault, ids[6], flags="regenerated")
    named = vault.forget(Wanted(kind=Kind.MESSAGE, ids=(ids[2],)), dry_run=True)
    assert named.removed["n_messages"] == 1
    assert named.versions_left == (ids[1], ids[3])
    wanted = Wanted(kind=Kind.TOPIC, ids=(ids[2],))
    planned = vault.forget(wanted, dry_run=True)
    assert (planned.removed["n_messages"], planned.n_versions) == (3, 2)
    vault.forget(wanted)
    left = {m.text for m in vault.messages(shown_only=False)}
    assert left == {lines[place][1] for place in (0, 4, 5, 6, 7)}


def test_a_version_is_known_by_what_it_answers(vault):
    """Where the file says what a message answers, its place says nothing."""
    lines = [("persona", f"try {n}") for n in range(4)]
    ids = add_talk(vault, lines)
    with vault.write() as connection:
        connection.exec_driver_sql(
            "UPDATE message SET parent = 'q' WHERE id = ?", (ids[0],)
        )
    for place, parent in ((1, "other"), (2, "q"), (3, "other")):
        _set_aside(vault, ids[place], flags="regenerated branch", parent=parent)
    planned = vault.forget(Wanted(kind=Kind.TOPIC, ids=(ids[0],)))
    assert planned.n_versions == 1
    left = [m.text for m in vault.messages(shown_only=False)]
    assert left == ["try 1", "try 3"]
