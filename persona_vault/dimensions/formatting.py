"""Replies laid out as a document: lists, headings, bold, tables, code."""

import re

from persona_vault.dimensions.base import Measurement
from persona_vault.dimensions.row import Spans, TurnRow, share
from persona_vault.dimensions.text import actions
from persona_vault.turns import Turn

_ONE_IS_ENOUGH = re.compile(
    r"^[ \t]*(?:```|~~~).*$"
    # "# of cookies" is no heading, "# Plan" is.
    r"|^(?:#{2,6} \S|# [A-Z\d]).*$"
    r"|(?<![*\w])\*{2,3}(?=[^\s*])[^*\n]*(?<=[^\s*])\*{2,3}(?![*\w])"
    # __name__ is a word of a program, __Note:__ is bold.
    r"|(?<![_\w])__(?=[^\s_])[^_\n]*[^\w\n][^_\n]*__(?![_\w])",
    re.MULTILINE,
)
_ONE_OF = ("**", "__", "```", "~~~", "#")  # in every match
# A single line of these kinds may be dialogue, a date or a minus sign.
_TWO_MAKE_A_LIST = (
    re.compile(r"^[ \t]*[-*+•][ \t]+\S.*$", re.MULTILINE),
    re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+\S.*$", re.MULTILINE),
    re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*$", re.MULTILINE),
)
# French and Spanish dialogue opens its lines with a dash: two are talk, three a list.
_DASHED = re.compile(r"^[ \t]*–[ \t]+\S.*$", re.MULTILINE)


def _markdown(turn: Turn) -> Measurement:
    if not any(mark in turn.text for mark in _ONE_OF):
        return share(())
    return share(tuple(m.span() for m in _ONE_IS_ENOUGH.finditer(turn.text)))


def _lists(turn: Turn) -> Measurement:
    text = turn.text
    if "\n" not in text:
        return share(())
    acted = {start for start, _ in actions(text)}
    spans = [s for p in _TWO_MAKE_A_LIST for s in _at_least(p, text, 2, acted)]
    spans += _at_least(_DASHED, text, 3, acted)
    return share(tuple(sorted(spans)))


def _at_least(
    pattern: re.Pattern[str], text: str, n_lines: int, acted: set[int]
) -> Spans:
    found = tuple(m.span() for m in pattern.finditer(text) if m.start() not in acted)
    return found if len(found) >= n_lines else ()


# Two rows, not one: in the long talks that were tried, one real update brought bold and
# headings from 5 to 41 of 100 replies while lists stayed; one row for both hid it.
ROWS = (
    TurnRow(
        name="markdown",
        family="formatting",
        title="replies with bold, headings or code",
        unit="per 100 replies",
        definition=(
            "Replies with bold text, a heading or a code block, out of all replies."
        ),
        source="own; the marks are those of CommonMark",
        of=_markdown,
    ),
    TurnRow(
        name="lists",
        family="formatting",
        title="replies with a list or a table",
        unit="per 100 replies",
        definition=(
            "Replies with a list or table of two or more lines, out of all replies."
        ),
        source="own; the marks are those of CommonMark",
        of=_lists,
    ),
)
