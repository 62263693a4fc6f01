"""A message taken apart into signs, whatever its language."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.phrases.words import Kind, signs


def forms(text, kind=Kind.WORD):
    """The matching forms of one kind of sign."""
    return [s.form for s in signs(text) if s.kind is kind]


def shape(text):
    """The kinds of all signs, a letter each."""
    return "".join("-^{}wlE"[s.kind] for s in signs(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good Night, my love!", ["good", "night", "my", "love"]),
        ("I’m here; it's fine", ["i'm", "here", "it's", "fine"]),
        ("Größe und ÜBERMUT", ["größe", "und", "übermut"]),
        ("cafe\u0301 at 3.5 km", ["caf\u00e9", "at", "3", "5", "km"]),
        ("Привет, солнце", ["привет", "солнце"]),
        ("see `x = 1` and https://example.org/a", ["see", "and"]),
        ("שלום עליכם", ["שלום", "עליכם"]),
        ("मैं यहाँ हूँ", ["मैं", "यहाँ", "हूँ"]),
    ],
)
def test_words_are_folded_and_whole(text, words):
    """Case, quote form and accents' spelling do not part a word; code is no talk."""
    assert forms(text) == words


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("你好。今天", ["你", "好", "今", "天"]),
        ("ありがとう", list("ありがとう")),
        ("ที่รัก", ["ที่", "รั", "ก"]),
    ],
)
def test_scripts_without_blanks_go_letter_by_letter(text, letters):
    """Han, Kana and Thai, marks with their letter."""
    assert forms(text, Kind.LETTER) == letters


def test_sentences_actions_and_emoji_have_edges():
    """No phrase runs over the end of a sentence, into an action or past an emoji."""
    assert shape("Hi you. Well then") == "^ww-^ww-"
    assert shape("Hi *hugs you tight.* there") == "^w--{www}-^w-"
    assert shape("so good 🌙 night") == "^ww-E-w-"
    assert shape("I 你 go") == "^w-l-w-"
    assert shape("one, two - three") == "^ww-w-"


def test_the_keycap_of_an_emoji_is_no_word():
    """A digit that is part of a picture is counted as the picture alone."""
    assert forms("step 1\ufe0f\u20e3 now") == ["step", "now"]


@given(st.text(max_size=80))
def test_any_text_is_read_and_every_sign_stands_where_it_says(text):
    """Spans are inside the message and in order; edges are empty or marks."""
    found = signs(text)

    assert all(0 <= s.start <= s.end <= len(text) for s in found)
    shown = [s for s in found if s.form]
    assert all(a.end <= b.start for a, b in pairwise(shown))
    assert sum(s.kind is Kind.OPEN for s in found) == sum(
        s.kind is Kind.CLOSE for s in found
    )
