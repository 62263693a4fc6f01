"""Looking first, and looking faster, loses no match."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.dimensions.hints import factored, hinted, register_hints
from persona_vault.dimensions.registry import dimensions
from persona_vault.dimensions.row import finder, made_finders
from persona_vault.dimensions.starts import gated, starts
from persona_vault.dimensions.text import folded


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
    assert factored(written) == expected


@given(st.text(alphabet="abc |(", max_size=30))
def test_the_factored_pattern_matches_the_same(text: str) -> None:
    """Spans and named groups are those of the pattern as written."""
    pattern = re.compile(r"\bab?|\b(?P<name>b+)c|c\||\bc\(|\bcb")
    both = [
        [(m.span(), m.lastgroup) for m in p.finditer(text)]
        for p in (pattern, re.compile(factored(pattern.pattern)))
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bab|c", "(?:[c]|[a][b])"),
        (r"(?<!x)(?:a|bc)?d", "(?:[d]|[b][c][d]|[a][d])"),
        (r"(?:^|(?<=[.!] ))(?P<name>no+|\d)", r"(?:[\d]|[n][o])"),
        (r"a{0,2}b|c+d", "(?:[b]|[a](?:[b]|[a][ab])|[c](?:[d]|[c][cd]))"),
        (r"abcd|xbcd", "[ax][b][c]"),
        (r"a.c|b\s?d", r"(?:[a]|[b](?:[d]|[\s][d]))"),
        (r"[—-]x|y", r"(?:[y]|[—\-][x])"),
        (r"(?=a)b", "[b]"),
        (r"a?", None),
        (r"$|a", None),
        (r".b", None),
        (r"[^a]b", None),
        (r"(?i:a)", None),
        (r"(a)\1|\1", None),
    ],
)
def test_what_begins_a_match_is_read_off_the_pattern(
    pattern: str, expected: str | None
) -> None:
    """None where it could be any character, or none at all."""
    assert starts(pattern) == expected


# All that `starts` reads of a pattern, put together in every way.
PIECES = st.sampled_from(
    (*"abc ", r"\b", "^", "$", ".", "[ab]", "[^a]", r"\w", "[-c]", "(?!ab)", "(?<=a)")
)
PATTERNS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=4).map(lambda p: f"(?:{'|'.join(p)})"),
        st.tuples(inner, st.sampled_from(("?", "*", "+", "{2}", "{0,2}?"))).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(PATTERNS, st.text(alphabet="abc -\n", max_size=20))
def test_a_gated_pattern_matches_the_same(pattern: str, text: str) -> None:
    """Whatever is read off it: no match is lost, none is moved."""
    both = [[m.span() for m in re.finditer(p, text)] for p in (pattern, gated(pattern))]
    assert both[0] == both[1]


LABELLED = sorted((Path(__file__).parent / "labelled").rglob("*.tsv"))
SAID = sorted(
    {
        line.rpartition("\t")[2]
        for path in LABELLED
        for line in path.read_text(encoding="utf-8").splitlines()
    }
)
WORDS = sorted({word for line in SAID for word in line.split()})
dimensions()  # makes every pattern of the catalogue


@settings(deadline=None)  # the first text waits for all patterns to be made
@given(
    st.sampled_from(SAID),
    st.lists(st.sampled_from(WORDS), max_size=8),
    st.sampled_from((" ", "\n", "  ", " *", "’", "")),
)
def test_every_row_finds_what_its_pattern_alone_finds(
    line: str, words: list[str], between: str
) -> None:
    """Hints, shared edges and three characters change no match of any finder."""
    text = f"{line}{between}{' '.join(words)}"
    said = folded(text)
    for pattern, search in made_finders():
        alone = tuple(m.span(m.lastgroup or 0) for m in pattern.finditer(said))
        assert search(text) == alone, pattern.pattern[:60]


def test_a_finder_looks_up_to_a_place_and_for_phrases() -> None:
    """Matches that begin later are left out; a phrase hints where no word does."""
    find = finder(re.compile(r"\bme and you\b|\bsea\b"), ("sea",), ("me and",))
    assert find("Me and you") == ((0, 10),)
    assert find("the sea, the sea", 8) == ((4, 7),)
    assert find("nothing here") == ()
