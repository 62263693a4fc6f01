"""What is looked for in a quicker way is found as by the plain pattern."""

import re

from hypothesis import given
from hypothesis import strategies as st

from persona_vault.dimensions import affect, letters, repetition
from persona_vault.dimensions import text as shared

SIGNS = "aSK.!?…؟。！？｡\n\"'”’»)]*_」』） `<>{}[E:/w"
PIECES = ("www.", "WwW.", "://", "http", "HTTPS", "{{a}}", "<AB>", "[CD 1]", "`x`")
TEXTS = st.lists(st.sampled_from((*SIGNS, *PIECES)), max_size=40).map("".join)
PLAIN_END = re.compile(
    r"(?P<mark>[.!?…؟]++)[\"'”’»)\]*_]*(?!\w)|(?P<wide>[。！？｡]+)[」』）”]*|\n+"
)


@given(TEXTS)
def test_sentences_end_where_the_plain_pattern_says(text: str) -> None:
    """With the same marks."""
    plain = [(m.span(), m["mark"] or m["wide"] or "") for m in PLAIN_END.finditer(text)]
    found = [
        (m.span(), m[0].rstrip(shared._NO_MARKS))
        for m in shared._SENTENCE_END.finditer(text)
    ]
    assert found == plain


@given(TEXTS)
def test_what_is_blanked_is_what_the_patterns_fit(text: str) -> None:
    """Code, addresses and placeholders, whatever is looked for first."""
    plain = text
    for pattern in (shared._CODE, shared._ADDRESS, shared._TOKEN):
        plain = pattern.sub(shared._blank, plain)
    assert shared.visible(text) == plain


@given(TEXTS, st.text(alphabet=";:=^_<(xXdDuUwWoOTQ)/*- ", max_size=12))
def test_a_face_holds_one_of_its_signs(text: str, face: str) -> None:
    """So that texts without them need no look."""
    said = f"{text} {face}"
    if letters._HELD.search(said):
        held = letters._SIGN.search(said)
        assert held or any(piece in said.lower() for piece in letters._SPELLED)


@given(st.data())
def test_a_near_repeat_is_found_as_by_holding_it_against_each(
    data: st.DataObject,
) -> None:
    """Whatever is left out of the looking."""
    some = st.frozensets(st.integers(0, 24), min_size=5, max_size=24)
    pairs, recent = data.draw(some), data.draw(st.lists(some, max_size=5))
    if recent and data.draw(st.booleans()):
        pairs = recent[0] ^ data.draw(st.frozensets(st.integers(0, 24), max_size=5))
    expected = any(
        2 * len(pairs & other) >= repetition.NEAR * (len(pairs) + len(other))
        for other in recent
    )
    known = {99}.union(*recent)
    assert not pairs or repetition._has_near(pairs, recent, known) is expected


READER = affect._reader()
WORDS = ("not", "no", "GREAT", "great,", "but", "least", "at", "hate", "the", "bomb!?")
MORE = ("so", "isn't", ":)", "(cried)", "never", "this", "kiss", "of", "death", "VERY")


@given(st.lists(st.sampled_from((*WORDS, *MORE)), max_size=9).map(" ".join))
def test_the_tone_is_that_of_all_rules(said: str) -> None:
    """What is passed over would say nothing."""
    assert READER.compound(said) == READER.polarity_scores(said)["compound"]
