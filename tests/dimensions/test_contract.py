"""What every row owes its callers, whatever the text."""

import math
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.dimensions.base import Dimension, Measurement, Scale
from persona_vault.dimensions.registry import dimensions
from persona_vault.dimensions.text import (
    actions,
    folded,
    n_words,
    sentences,
    spoken,
    visible,
    word_spans,
    words,
)
from persona_vault.dimensions.vocabulary import WINDOW, RichnessRow
from persona_vault.turns import Turn

ROWS = dimensions()
# Pieces that the rules look at, so that random texts hold them.
PIECES = (
    *("*hugs you*", "**bold**", "_", "*", "((", "))", "`", "```", "\n- ", "\n1. ", "#"),
    *("I don't", "i’m", "sorry", "my love", ", honey", "Will", "Ana", "A\u0301na", "?"),
    *(
        "!",
        "...",
        "…",
        " — ",
        "。",
        "？",
        "👩‍👩‍👧",
        "👍🏽",
        "❤",
        "❤️",
        "日本",
        "https://a.b/?",
    ),
    *(
        "{{user}}",
        "<START>",
        "[REDACTED]",
        "as an AI",
        "therapist",
        "ﬁ",
        "İ",
        "ß",
        "\x00",
    ),
)
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=30
).map(" ".join) | st.text(max_size=80)


def turn(
    text: str, heard: str = "", *, language: str = "en", names: tuple[str, ...] = ()
) -> Turn:
    """A turn on its own."""
    return Turn(
        message_id=1,
        text=text,
        heard=heard,
        n_burst=1,
        first_of_burst=True,
        last_of_burst=True,
        burst_words_text=text,
        block="1",
        language=language,
        addressee_names=names,
    )


def check(row: Dimension, one: Turn, got: Measurement) -> None:
    """One measurement keeps the contract of the seam."""
    assert math.isfinite(got.numerator)
    assert math.isfinite(got.denominator)
    assert got.denominator >= 0
    if row.scale is Scale.RATE:
        assert 0 <= got.numerator <= got.denominator
    if got.denominator == 0:
        assert got.numerator == 0
        assert got.spans == ()
    for start, end in got.spans:
        assert 0 <= start < end <= len(one.text)
        assert one.text[start:end].strip()
    if row.scale is Scale.DISTRIBUTION and got.denominator:
        assert got.counts
        assert sum(got.counts.values()) == got.numerator
    if row.scale is not Scale.DISTRIBUTION:
        assert got.counts is None


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_every_row_keeps_the_contract(texts: list[tuple[str, str]]) -> None:
    """One finite measurement per turn, evidence inside the text, the same each time."""
    turns = [turn(text, heard, names=("Ana", "Will")) for text, heard in texts]
    for row in ROWS:
        got = row.measure(turns)
        assert len(got) == len(turns)
        assert got == row.measure(turns)
        for one, measured in zip(turns, got, strict=True):
            check(row, one, measured)


@settings(deadline=None)
@given(TEXTS)
def test_masks_keep_length_and_only_blank(text: str) -> None:
    """Masked text is as long as the message and differs from it only by blanks."""
    for mask in (visible, spoken):
        masked = mask(text)
        assert len(masked) == len(text)
        assert all(m == c or m.isspace() for m, c in zip(masked, text, strict=True))
    assert len(folded(text)) == len(text)


@settings(deadline=None)
@given(TEXTS)
def test_spans_of_sentences_and_actions_are_in_order(text: str) -> None:
    """Sentences and actions neither overlap nor reach outside the text."""
    for spans in ([s[:2] for s in sentences(text)], list(actions(text))):
        last = 0
        for start, end in spans:
            assert last <= start < end <= len(text)
            last = end


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
@pytest.mark.parametrize(
    "text",
    ["", " \n", "a" * 200_000, "*a " * 30_000, "((" * 50_000, "you, " * 40_000],
    ids=["empty", "blank", "one word", "open stars", "brackets", "commas"],
)
def test_empty_and_huge_texts(row: Dimension, text: str) -> None:
    """Blank texts are no occasion; huge ones end, and keep the contract."""
    one = turn(text, "hello", names=("Ana",))
    (got,) = row.measure([one])
    check(row, one, got)
    if not text.strip() and row.name not in {"burst_size", "length_ratio"}:
        assert got.denominator == 0


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
@pytest.mark.parametrize("language", ["de", "und", "ja"])
def test_other_languages_are_no_occasion(row: Dimension, language: str) -> None:
    """A row with a word list is silent in another language, never a 0."""
    text = "Sorry honey, I love you, I don't think I can't help with that! Maybe?"
    (got,) = row.measure([turn(text, "please", language=language)])
    if row.languages is not None:
        assert got.denominator == 0


def test_catalogue_is_explicit_unique_and_plain() -> None:
    """Names are unique and snake_case, titles lower case; 15 headline rows or more."""
    names = [row.name for row in ROWS]
    assert max(Counter(names).values()) == 1
    assert all(name.isidentifier() and name == name.lower() for name in names)
    assert sum(row.headline for row in ROWS) >= 15
    assert ROWS is dimensions()
    for row in ROWS:
        assert row.title[0].islower()
        assert row.definition.endswith(".")
        assert row.unit
        assert row.source
        assert row.material > 0
        assert row.twin == "" or row.twin in names
        assert row.languages is None or row.languages == {"en"}


def test_no_title_uses_words_that_hurt_or_claim() -> None:
    """Titles and definitions keep to the language guide."""
    banned = "soul dead killed real-her feels misses addiction unhealthy trapped healed"
    for row in ROWS:
        said = f"{row.title} {row.definition}".lower().split()
        assert not set(banned.split()) & set(said)


def _brute_force_mattr(texts: list[str]) -> list[tuple[float, int]]:
    run: list[str] = []
    out = []
    for text in texts:
        total, n = 0.0, 0
        for word in words(text):
            run.append(word)
            if len(run) >= WINDOW:
                total += len(set(run[-WINDOW:])) / WINDOW
                n += 1
        out.append((total, n))
    return out


@given(
    st.lists(
        st.lists(st.sampled_from("the sea is wide and i am here with you".split()))
        .map(" ".join)
        .filter(bool),
        max_size=30,
    )
)
def test_richness_equals_brute_force(texts: list[str]) -> None:
    """The sliding count gives the mean of every window of 50 words."""
    got = RichnessRow().measure([turn(t) for t in texts])
    for measured, (total, n) in zip(got, _brute_force_mattr(texts), strict=True):
        assert measured.denominator == n
        assert measured.numerator == pytest.approx(total)


@given(st.text(alphabet="aeéuüo’' ñç", max_size=60))
def test_words_do_not_depend_on_unicode_form(text: str) -> None:
    """Composed and decomposed letters give the same words."""
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert words(composed) == words(apart)
    assert n_words(composed) == n_words(apart)


@given(st.text(alphabet="aZ09_'-. \n\t~", max_size=20))
def test_ascii_words_are_those_of_any_text(text: str) -> None:
    """The quick pattern for ASCII finds what the one for all scripts finds."""
    # With a word apart that is not ASCII all of it is read as any text.
    assert word_spans(text) == word_spans(f"{text} \u00c9")[:-1]
