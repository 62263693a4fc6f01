"""What is looked for in a quicker way is found as by the plain pattern."""

import re

from hypothesis import given
from hypothesis import strategies as st

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
