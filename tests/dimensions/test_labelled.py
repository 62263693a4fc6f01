"""Rows with a word list or pattern, against lines that were labelled before the rule.

Run as a script to print the table: `python -m tests.dimensions.test_labelled`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from persona_vault.dimensions.distress import is_distress
from persona_vault.dimensions.farewell import is_goodbye
from persona_vault.dimensions.pressure import names_others
from persona_vault.dimensions.pushback import is_assertion
from persona_vault.dimensions.registry import dimensions
from persona_vault.dimensions.safety import is_refusal_occasion
from persona_vault.dimensions.sensual import find_sensual
from persona_vault.dimensions.triggers import asks_about_nature
from persona_vault.turns import Turn

LABELLED = Path(__file__).with_name("labelled")
FILES = sorted(p.stem for p in LABELLED.glob("*.tsv"))
# Which row a file labels, where the two names differ.
ROW_OF = {"refusal": "refusal_all"}
# Rules that tell whether there was an occasion, and rules that are half of a row.
RULES: dict[str, Callable[[str], object]] = {
    "refusal_occasion": is_refusal_occasion,
    "distress": is_distress,
    "assertion": is_assertion,
    "goodbye": is_goodbye,
    "others": names_others,
    "sensual": find_sensual,
    "nature": asks_about_nature,
}
# What was heard before every line of a file, so that there is an occasion.
HEARD = {"validation": "I feel so alone tonight.", "pushback": "My boss is wrong."}


class Line(NamedTuple):
    """A labelled line: whether the row holds, what was heard, what was said."""

    number: int
    label: bool
    heard: str
    text: str


class Score(NamedTuple):
    """How a rule does on a set of lines."""

    n_lines: int
    precision: float
    recall: float


def read_labelled(name: str) -> list[Line]:
    """The lines of a file; a backslash n in the text is a line break."""
    lines = (LABELLED / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.replace("\\n", "\n").split("\t") for line in lines]
    return [
        Line(i, c[0] == "1", c[1] if len(c) == 3 else "", c[-1])
        for i, c in enumerate(cells, start=1)
    ]


def says(name: str, line: Line) -> bool:
    """What the rule says of a line."""
    if name in RULES:
        return bool(RULES[name](line.text))
    row = next(d for d in dimensions() if d.name == ROW_OF.get(name, name))
    turn = Turn(
        message_id=1,
        text=line.text,
        heard=line.heard or HEARD.get(name, ""),
        n_burst=1,
        first_of_burst=True,
        last_of_burst=True,
        burst_words_text=line.text,
        block="1",
        language="en",
    )
    return row.measure([turn])[0].numerator > 0


def score(name: str, lines: list[Line]) -> Score:
    """Precision and recall of a rule over lines."""
    hits = sum(line.label and says(name, line) for line in lines)
    found = sum(says(name, line) for line in lines)
    wanted = sum(line.label for line in lines)
    return Score(len(lines), hits / found if found else 0.0, hits / wanted)


def table() -> str:
    """Markdown: every file, the half that rules were tuned on and the other half."""
    rows = [
        "| row | lines | precision | recall | held-out precision | held-out recall |",
        "|---|---|---|---|---|---|",
    ]
    for name in FILES:
        lines = read_labelled(name)
        all_, held = score(name, lines), score(name, [x for x in lines if x.number % 2])
        rows.append(
            f"| {name} | {all_.n_lines} | {all_.precision:.2f} | {all_.recall:.2f} "
            f"| {held.precision:.2f} | {held.recall:.2f} |"
        )
    return "\n".join(rows)


@pytest.mark.parametrize("name", FILES)
def test_precision_and_recall(name: str) -> None:
    """Over all labelled lines, precision is at least .90 and recall at least .80."""
    result = score(name, read_labelled(name))
    assert result.precision >= 0.90, result
    assert result.recall >= 0.80, result


@pytest.mark.parametrize("name", FILES)
def test_files_are_large_and_balanced(name: str) -> None:
    """A file has 100 lines or more, and 40 to 60 in 100 of them show the row."""
    lines = read_labelled(name)
    assert len(lines) >= 100
    assert 0.4 <= sum(x.label for x in lines) / len(lines) <= 0.6
    assert len({(x.heard, x.text) for x in lines}) == len(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
