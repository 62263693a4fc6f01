"""Cells that no spreadsheet takes for a formula, and that come back as they were."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from persona_vault.portable import escaped, guarded, unguarded
from tests.kits.talks import FORMULAS, HOSTILE

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
cells = st.one_of(
    st.text(),
    st.text(alphabet="'=+-@\t\r\n \uff1d\ufeffa"),
    st.sampled_from(HOSTILE),
)


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_formula_cell_begins_as_one(cell: str) -> None:
    """S8: each of the twelve begins with an apostrophe, and comes back."""
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@given(cells)
@example("'=1")
@example("'")
def test_every_cell_is_safe_and_comes_back(text: str) -> None:
    """No sign, tab or line end in front, whatever is stripped first; reversible."""
    cell = guarded(text)

    assert unguarded(cell) == text
    assert not cell.startswith(tuple(SIGNS))
    assert not cell.lstrip(" \ufeff\u200b\x00").startswith(tuple(SIGNS))


@given(cells, cells)
def test_two_texts_are_two_cells(one: str, other: str) -> None:
    """What is guarded cannot be taken for another text that was not."""
    assert (guarded(one) == guarded(other)) == (one == other)


@pytest.mark.parametrize("text", ["'tis", "it's", "''", "a=b", "", "1-2"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    """An apostrophe is added only where something would be taken for a formula."""
    assert guarded(text) == text == unguarded(text)


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_lines_hold_nothing_hidden(text: str) -> None:
    """One line of JSON without controls or direction marks, and the same text."""
    line = escaped(json.dumps(text, ensure_ascii=False))

    assert json.loads(line) == text
    assert len(line.splitlines()) == 1
    assert not set(line) & set("\x00\x1b\x7f\x85\u202e\u2066\u2028\ufeff\ud800")
