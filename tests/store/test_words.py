"""Words are found whatever the case, the accents and the markup; the rest stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.store.words import folded, replaced, word_pattern

MARK = "[forgotten]"


@pytest.mark.parametrize(
    ("words", "text", "is_in"),
    [
        ("S\u00f8ren", "SOREN", True),
        ("Lukasz", "\u0141ukasz", True),
        ("Isil", "I\u015f\u0131l", True),
        ("\u0410\u043b\u0435\u043d\u0430", "\u0430\u043b\u0451\u043d\u0430", True),
        ("\u0623\u062d\u0645\u062f", "\u0627\u062d\u0645\u062f", True),
        ("Wilhelmina", "Wil\u00adhelmina", True),
        ("92", "1992", False),
        ("92", "wilhelmina92", True),
        # A vowel or a voiced sign makes another word in these scripts.
        ("\u092e\u0940\u0930\u093e", "\u092f\u0939 \u092e\u0940\u0930\u093e", True),
        ("\u092e\u0940\u0930\u093e", "\u092e\u093e\u0930\u0940", False),
        ("\u0e21\u0e30\u0e25\u0e34", "\u0e21\u0e30\u0e25\u0e30\u0e01\u0e2d", False),
        ("\u30ac", "\u30ab\u3099", True),
        ("\u30ac", "\uff76\uff9e", True),
        ("\u30ab", "\u30ac", False),
    ],
)
def test_spellings_of_a_word(words: str, text: str, is_in: bool) -> None:
    """Strokes, dots and points do not count where they make no other word."""
    assert bool(word_pattern(words).search(folded(text))) is is_in


@pytest.mark.parametrize(
    ("words", "text", "left"),
    [
        ("zoe", "Zo\u00eb und J\u00fcrgen", f"{MARK} und J\u00fcrgen"),
        ("zoe", "Stra\u00dfe: Zoe\u0308! \u00dc", f"Stra\u00dfe: {MARK}! \u00dc"),
        ("zoe", "\u304b\u3099 Zo\u00eb \ufb01x", f"\u304b\u3099 {MARK} \ufb01x"),
        ("ann", "Ann_Chat_ann92.jsonl", f"{MARK}_Chat_{MARK}92.jsonl"),
        ("ann", "Anna", "Anna"),
    ],
)
def test_only_the_words_are_replaced(words: str, text: str, left: str) -> None:
    """What stands round them keeps its accents, whatever length folding gives it."""
    assert replaced(text, word_pattern(words), MARK) == left


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """So what was folded on either side can be compared."""
    assert folded(folded(text)) == folded(text)


@given(
    st.text(), st.sampled_from(["Zo\u00eb", "zoe\u0308", "_Zoe_", "zoe9"]), st.text()
)
def test_what_was_replaced_is_found_no_more(before: str, name: str, after: str) -> None:
    """In whatever letters it stands."""
    pattern = word_pattern("zoe")
    text = f"{before} {name} {after}"
    assert pattern.search(folded(text))
    assert not pattern.search(folded(replaced(text, pattern, MARK)))
