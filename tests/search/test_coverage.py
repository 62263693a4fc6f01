"""Rules of the share of a question's words that a message holds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.search.coverage import read_coverage
from persona_vault.search.query import parse_query

from .conftest import add_talk

LINES = [
    ("user", "My aunt left me a blue kayak."),
    ("user", "The kayak is in the shed."),
    ("user", "The shed is blue."),
    ("user", "我们去海边散步吧"),
    ("user", "It was a long day."),
]


def shares(vault, ids, query, exact=()):
    """The share of each line, in order."""
    with vault.read() as connection:
        found = read_coverage(connection, parse_query(query), ids, exact)
    assert list(found) == list(ids)
    return list(found.values())


def test_all_the_words_are_one_and_none_is_nothing(vault):
    """The share runs from 0 to 1, and stop words are no part of it."""
    ids = add_talk(vault, LINES)
    assert shares(vault, ids, "where is the blue kayak") == [
        1.0,
        pytest.approx(0.5),
        pytest.approx(0.5),
        0.0,
        0.0,
    ]


def test_a_rare_word_is_more_of_the_question_than_a_common_one(vault):
    """Aunt stands in one message, blue in two."""
    ids = add_talk(vault, LINES)
    aunt, _, shed, *_ = shares(vault, ids, "aunt shed")
    assert aunt > shed > 0
    assert aunt + shed == pytest.approx(1)


def test_a_word_that_nobody_said_is_missing_from_each_hit(vault):
    """Who finds only kayak was asked for more."""
    ids = add_talk(vault, LINES)
    assert shares(vault, ids, "kayak zeppelin")[0] < 0.5
    assert shares(vault, ids, "kayak -zeppelin")[0] == 1


def test_a_phrase_counts_as_one_word(vault):
    """A quoted phrase is held as it is or not at all."""
    ids = add_talk(vault, LINES)
    assert shares(vault, ids, '"blue kayak"') == [1, 0, 0, 0, 0]


def test_whoever_holds_the_phrase_meant_holds_everything(vault):
    """Words beside a quoted phrase do not count against the message with the phrase."""
    ids = add_talk(vault, LINES)
    query = '"blue kayak" zeppelin'
    assert shares(vault, ids, query, {ids[0]})[:2] == [1, 0]
    assert shares(vault, ids, query)[0] < 1


def test_unspaced_scripts_count_letter_pair_by_letter_pair(vault):
    """Where the index knows no words, the letters are counted."""
    ids = add_talk(vault, LINES)
    assert shares(vault, ids, "海边")[3] == 1
    assert shares(vault, ids, "海边 kayak")[3] == pytest.approx(
        1 - shares(vault, ids, "海边 kayak")[0]
    )


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
@given(st.lists(st.sampled_from("aunt blue kayak shed day fog 海边".split())))
def test_one_more_word_held_is_never_a_smaller_share(vault, words):
    """Adding a word that a message holds raises its share or leaves it."""
    if not vault.personas():
        add_talk(vault, LINES)
    with vault.read() as connection:
        ids = connection.exec_driver_sql("SELECT id FROM message ORDER BY id")
        ids = list(ids.scalars())
    before = shares(vault, ids, " ".join([*words, "fog"]))[1]
    after = shares(vault, ids, " ".join([*words, "fog", "kayak"]))[1]
    assert 0 <= before <= after <= 1
