"""The table in a program that parts columns by another sign than the comma.

Quotes are read in two ways: a quoted cell ends at the first quotation mark that is not
doubled, or only at one behind which a mark or the end of the line follows.
"""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from persona_vault.kits.table import as_table
from persona_vault.portable import COLUMNS, TEXT, cell_of, text_of
from tests.kits.talks import HOSTILE

MARKS = (";", "\t", ";\t", ",;\t", ",")
PIECES = st.text(alphabet=";\t\r\n\"'=+-@, \ufeffa(", max_size=12)
texts = st.one_of(st.sampled_from(HOSTILE), PIECES)
# What a program may strip, and then a sign of a formula.
FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
# Never a word of the talk, and never empty.
OWN = {"message_id": "7", "role": "user", "time_quality": "none", "shown": "yes"}


def cells(table: str, marks: str, *, patient: bool) -> Iterator[str]:
    """Each cell as a program with these marks would hold it."""
    cell, is_first, is_quoted, at = "", True, False, 0
    while at < len(table):
        sign, behind = table[at], table[at + 1 : at + 2]
        at += 1
        if is_quoted and sign == '"' and behind == '"':
            cell, at = cell + sign, at + 1
        elif is_quoted and sign == '"':
            is_quoted = patient and bool(behind) and behind not in f"{marks}\r\n"
        elif is_first and sign == '"':
            is_quoted, is_first = True, False
        elif not is_quoted and sign in f"{marks}\r\n":
            yield cell
            cell, is_first = "", True
        else:
            cell, is_first = cell + sign, False
    yield cell


def formulas(rows: list[dict[str, str]], marks: str, *, patient: bool) -> list[str]:
    """Cells that would begin as formulas."""
    table = "".join(as_table(rows)).removeprefix("\ufeff")
    return [c for c in cells(table, marks, patient=patient) if FORMULA.match(c)]


@pytest.mark.parametrize("patient", [False, True])
@pytest.mark.parametrize("marks", MARKS)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, texts)), max_size=3))
@example([dict.fromkeys(COLUMNS, ";=1+1")] * 2)
@example([dict.fromkeys(COLUMNS, ';"=1+1')] * 2)
@example([dict.fromkeys(COLUMNS, 'x";=1+1;"')] * 2)
@example([dict.fromkeys(COLUMNS, "\n=1+1\t@A1\r-1")] * 2)
def test_no_cell_is_a_formula_under_any_mark(
    marks: str, patient: bool, rows: list[dict[str, str]]
) -> None:
    """Words in every place; the last column is a number of ours."""
    rows = [{**row, **OWN} for row in rows]
    assert formulas(rows, marks, patient=patient) == []


def test_the_look_finds_formulas_where_there_are_some() -> None:
    """Else it would prove nothing: the same text unquoted, under a semicolon."""
    table = 'a,"b;=1+1",c;=2\r\n'
    assert list(cells(table, ",", patient=False))[:3] == ["a", "b;=1+1", "c;=2"]
    assert list(cells(table, ";", patient=False))[1:3] == ['=1+1",c', "=2"]


@given(st.sampled_from(COLUMNS), texts)
@example("title", "  \n=")
@example("title", ";'=;''=")
@example("title", '\t"')
def test_every_text_comes_back_from_every_column(column: str, text: str) -> None:
    """Also where whole cell and pieces of it are guarded at once."""
    assert text_of(column, cell_of(column, text)) == text


@given(st.sampled_from(COLUMNS), texts, texts)
def test_two_texts_are_two_cells(column: str, one: str, other: str) -> None:
    """In no column can a text be taken for another one."""
    same = cell_of(column, one) == cell_of(column, other)
    assert same == (one == other)


@pytest.mark.parametrize("text", ["ok ;-) then", "tea;\n- or milk\n- or both", "a\t-b"])
def test_smiles_and_lists_stay_as_they_are(text: str) -> None:
    """What quotes protect needs no apostrophes."""
    assert cell_of(TEXT, text) == text
