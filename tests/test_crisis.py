"""Looking for a piece of a phrase first loses no phrase."""

from hypothesis import given
from hypothesis import strategies as st

from persona_vault.crisis import _PATTERN, _PHRASES, mentions_crisis


@given(
    st.lists(st.sampled_from((*_PHRASES, "i", "life", "myself", "don’t", "SelF-")))
    .map(" ".join)
    .flatmap(lambda t: st.sampled_from((t, t.upper(), t.title(), t.replace(" ", "")))),
)
def test_a_phrase_is_found_as_the_pattern_alone_finds_it(text: str) -> None:
    """Case and apostrophe form aside."""
    alone = _PATTERN.search(text.casefold().replace("’", "'"))
    assert mentions_crisis(text) is (alone is not None)


def test_each_phrase_is_found() -> None:
    """In the middle of other words, in any case."""
    for phrase in _PHRASES:
        assert mentions_crisis(f"So I {phrase.upper()}.")
    assert not mentions_crisis("I want to diet for my lifetime.")
