"""Rules of taking a query apart."""

import pytest

from persona_vault.errors import UsageError
from persona_vault.search.query import Required, parse_query


def test_stop_words_go_while_there_are_others():
    """Function words would match every message, so they are only a last resort."""
    assert '"the" OR' not in parse_query("the garden of Elm Street").expression
    assert parse_query("are you there").expression.startswith('"are" OR "you"')


def test_quotes_hold_words_together_and_a_star_leaves_the_end_open():
    """Quoted words are one phrase, straight or curly; * asks for a beginning."""
    assert parse_query('"old harbour" boats').expression == '"old harbour" OR "boats"'
    assert parse_query("“old harbour”").expression == '"old harbour"'
    assert parse_query("harb*").required == (Required("harb", "harb", is_prefix=True),)
    assert parse_query("“Old harbour” boats").required == (
        Required("Old harbour", "old harbour"),
    )
    assert parse_query("boats").required == ()


def test_stars_round_an_action_ask_for_no_ending():
    """Role-play is pasted with its stars; after a word alone it means any ending."""
    assert parse_query("*waves at you* hello").required == ()
    assert parse_query("*waves* harb*").required[0].typed == "harb"
    assert [one.typed for one in parse_query("sail* boat*").required] == [
        "sail",
        "boat",
    ]


def test_operators_are_words():
    """What full text search takes for syntax is a word like any other here."""
    parsed = parse_query("boats NOT (harbour) NEAR text:x ^y - z")
    assert parsed.expression.startswith(
        '"boats" OR "NOT" OR "(harbour)" OR "NEAR" OR "text:x" OR "^y" OR "z"'
    )


def test_unspaced_scripts_and_emoji_are_looked_for_letter_by_letter():
    """Chinese has no spaces: pairs of letters stand for words."""
    assert parse_query("海边散步").literals == ("海边", "边散", "散步")
    assert parse_query("walk 🌧️").literals == ("🌧️",)
    assert parse_query("?!").literals == ("?!",)


@pytest.mark.parametrize("text", ["", "   ", '"', '" "', "*", '"*"', "\x00", "\ud800"])
def test_an_empty_query_is_refused(text):
    """A query without anything in it is a mistake, not a search for all."""
    with pytest.raises(UsageError):
        parse_query(text)


def test_a_query_of_book_length_is_refused():
    """Whole documents pasted by mistake do not reach the database."""
    with pytest.raises(UsageError):
        parse_query("word " * 3000)


@pytest.mark.parametrize(
    ("query", "excluded"),
    [
        ("boats -harbour", '"harbour"'),
        ('boats -"old harbour" -gull -harb*', '"gull"'),
        ("well-known boats", ""),
        ("boats - harbour", ""),
        ("boats -3", ""),
        ('"boats -harbour"', ""),
    ],
)
def test_a_minus_leaves_out_and_only_at_the_start_of_a_word(query, excluded):
    """A hyphen inside a word, a dash and a negative number are no exclusion."""
    parsed = parse_query(query)
    assert parsed.excluded == excluded
    if excluded:
        assert parsed.text.strip() == "boats"
        assert "harb" not in parsed.expression


def test_phrases_and_beginnings_are_left_out_as_they_stand():
    """What is quoted or has a star is no matter of stems where it excludes either."""
    parsed = parse_query('boats -"Old harbour" -gull -harb*')
    assert [(one.words, one.is_prefix) for one in parsed.excluded_required] == [
        ("old harbour", False),
        ("harb", True),
    ]


def test_only_leaving_out_finds_nothing_to_look_for():
    """A query of nothing but exclusions is refused with the next step."""
    with pytest.raises(UsageError, match="only says what to leave out"):
        parse_query('-harbour -"old boats"')


@pytest.mark.parametrize(
    ("query", "text", "exact"),
    [
        ("old harbour", "By the OLD, harbour wall", True),
        ("old harbour", "the harbour is old", False),
        ('"old harbour" boats', "the old harbour", True),
        ('"old harbour" "grey gull"', "the old harbour", False),
        ("cold harbour", "scold harbour", False),
        ("harb*", "harbour", False),
    ],
)
def test_an_exact_find_holds_whole_words_in_order(query, text, exact):
    """Case and punctuation do not matter, order and word borders do."""
    assert parse_query(query).is_in(text) is exact
