"""Looking first, and looking faster, loses no match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.dimensions.hints import factored, hinted, register_hints
from persona_vault.dimensions.row import finder


@pytest.mark.parametrize(
    ("hint", "text", "held"),
    [
        ("proud", "So proudly", True),
        ("proud", "pro ud", False),
        ("not ", "I cannot", True),
        ("not ", "nothing", False),
        (" hey", "Hey you", True),
        (" hey", "they", False),
        ("i", "I'm here", True),
        ("i", "his", False),
        ("world to", "the whole world", True),
        ("proud", "*is proud of you*", False),
    ],
)
def test_hints_are_pieces_ends_or_whole_words(hint: str, text: str, held: bool) -> None:
    """A blank behind means the end of a word, one before a whole word."""
    bit = register_hints((hint,))
    assert bool(hinted(text) & bit) is held


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\ba|\bb|c|\bd", r"\b(?:a|b)|c|\b(?:d)"),
        (r"\b(?:a|b)|\b[|)]x", r"\b(?:(?:a|b)|[|)]x)"),
        (r"a\|\bb", r"a\|\bb"),
        (r"\bx\(|\by", r"\b(?:x\(|y)"),
        (r"\b", r"\b"),
    ],
)
def test_alternatives_share_their_word_edge(written: str, expected: str) -> None:
    """Only neighbours at the top level are taken together; the order stays."""
    assert factored(re.compile(written)).pattern == expected


@given(st.text(alphabet="abc |(", max_size=30))
def test_the_factored_pattern_matches_the_same(text: str) -> None:
    """Spans and named groups are those of the pattern as written."""
    pattern = re.compile(r"\bab?|\b(?P<name>b+)c|c\||\bc\(|\bcb")
    both = [
        [(m.span(), m.lastgroup) for m in p.finditer(text)]
        for p in (pattern, factored(pattern))
    ]
    assert both[0] == both[1]


def test_a_finder_looks_up_to_a_place_and_for_phrases() -> None:
    """Matches that begin later are left out; a phrase hints where no word does."""
    find = finder(re.compile(r"\bme and you\b|\bsea\b"), ("sea",), ("me and",))
    assert find("Me and you") == ((0, 10),)
    assert find("the sea, the sea", 8) == ((4, 7),)
    assert find("nothing here") == ()
