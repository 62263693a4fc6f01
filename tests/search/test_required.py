"""Rules of what every hit must hold: quoted words, and beginnings of words."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.search import embed_messages, search_messages
from persona_vault.search.holding import find_holding
from persona_vault.search.query import parse_query
from persona_vault.search.required import find_required

from .conftest import START, add_talk

LINES = [
    ("user", "Kayaking, tomorrow at the lake?"),
    ("persona", "Your kayak is in the shed."),
    ("user", "I ran; running late, as the runners do."),
    ("persona", "A run, then rune stones."),
    ("user", "Kay sent café pictures, our cafés!"),
    ("persona", "By the OLD, harbour wall."),
    ("user", "The harbour is old."),
    ("persona", "我们去海边散步吧 ❤️"),
]


def held(vault, query, mode="hybrid", **asked):
    """Places of the hits in the lines, in order."""
    ids = sorted(m.id for m in vault.messages("Mira", shown_only=False))
    result = search_messages(vault, query, mode=mode, context=0, fold=False, **asked)
    return sorted(ids.index(hit.message_id) for hit in result)


@pytest.fixture
def talk(vault, counting):
    """The lines, embedded."""
    add_talk(vault, LINES)
    embed_messages(vault, counting)
    return vault


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("kay*", [0, 1, 4]),
        ("kayaki*", [0]),
        ("KAYAK*", [0, 1]),
        ("runn*", [2]),
        ("running*", [2]),
        ("run*", [2, 3]),
        ("caf*", [4]),
        ("cafés*", [4]),
        ('"cafe pictures"', [4]),
        ('"old harbour"', [5]),
        ('"running late" kayak*', []),
        ('"running late" run* kayak', [2]),
        ('"kayak"', [1]),
        ('"kayaks"', []),
        ("xylo*", []),
        ('"xylophone" harbour', []),
        ('"harbour" -"old harbour"', [6]),
        ("kay* -kayaki*", [1, 4]),
        ('"海边"', [7]),
        ('"❤️"', [7]),
        ("k*", [0, 1, 4]),
    ],
)
def test_every_hit_holds_what_is_quoted_or_begun(talk, counting, mode, query, places):
    """Also where stems differ, and not for the turn before; other words only rank.

    The index stems kay to kai and running to run; neither may show.
    """
    asked = {} if mode == "keyword" else {"embedder": counting}
    assert held(talk, query, mode, **asked) == places


def test_other_words_rank_what_is_held(talk, counting):
    """Of two messages with the beginning the one with the other word is first."""
    asked = {"embedder": counting, "context": 0}
    for query, place in (("kay* shed", 1), ("kay* pictures", 4)):
        first = search_messages(talk, query, **asked).hits[0]
        assert first.text == LINES[place][1]


def test_nothing_that_holds_it_is_told_and_nothing_else_listed(talk, counting):
    """No list of what merely lies near stands in for the words that were asked for."""
    for query, told in (
        ("xylo*", 'No message holds a word that begins with "xylo".'),
        ('"Kayak of bread"', 'No message holds "Kayak of bread" as it stands.'),
        (
            '"a lake" xylo*',
            'No message holds "a lake" as it stands and '
            'a word that begins with "xylo".',
        ),
    ):
        found = search_messages(talk, query, embedder=counting)
        assert (found.hits, found.warnings) == ((), (told,))
        assert not search_messages(talk, query, mode="keyword").hits
    assert search_messages(talk, "kayak of bread", embedder=counting).hits


def test_what_is_held_outside_of_the_search_is_told_as_that(talk):
    """`No message holds` would be false where another companion's message does."""
    add_talk(talk, [("user", "A xylophone!")], persona="Nox", thread="n", start=START)
    found = search_messages(talk, "xylo*", persona="Mira", mode="keyword")
    assert not found.hits
    assert found.warnings[0].startswith(
        '1 message holds a word that begins with "xylo", but not among those'
    )


def test_by_meaning_alone_it_is_no_condition_and_told(talk, counting):
    """A search by meaning has hits without the words, and says so."""
    found = search_messages(talk, "xylo*", mode="semantic", embedder=counting)
    assert found.hits
    assert "need not hold" in found.warnings[0]
    assert found.required == ()
    assert search_messages(talk, "run*", mode="keyword").required == ("run",)


def test_forgetting_by_a_beginning_takes_no_other_word(talk):
    """What is taken out for good goes by letters, not by stems."""
    texts = {m.id: m.text for m in talk.messages("Mira")}
    for query, places in (
        ("running*", [2]),
        ("kay* shed", [1]),
        ('"old harbour"', [5]),
        ("kay*", [0, 1, 4]),
    ):
        assert [texts[i] for i in find_holding(talk, query)] == [
            LINES[place][1] for place in places
        ]
    assert find_holding(talk, "kay*", persona="Mira") == find_holding(talk, "kay*")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
@given(st.text("abeginrsy", min_size=1, max_size=8))
def test_a_beginning_finds_each_word_that_begins_so(vault, start):
    """The stems of the index hide no word, whatever its ending."""
    words = "singing sings singer bees being agreed agrees saying says rays nearing"
    texts = [f"They {word} here" for word in words.split()]
    if not vault.personas():
        add_talk(vault, [("user", text) for text in texts])
    ids = sorted(m.id for m in vault.messages("Mira"))
    with vault.read() as connection:
        found = find_required(connection, parse_query(f"{start}*").required).ids
    expected = [
        number
        for number, text in zip(ids, texts, strict=True)
        if re.search(rf"\b{start}", text.lower())
    ]
    assert list(found) == expected
