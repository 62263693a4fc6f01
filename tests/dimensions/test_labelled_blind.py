"""What the rules make of lines that were written after them.

`mended.tsv` was read once as it came and then used to mend the rules; `untouched.tsv`
was written after that and never used: its recall is the honest one. Nobody should mend
a rule by it without writing a new file.

Run as a script to print the table: `python -m tests.dimensions.test_labelled_blind`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from persona_vault.dimensions import pressure
from persona_vault.dimensions.distress import find_validation, is_distress
from persona_vault.dimensions.farewell import is_goodbye, pulls
from persona_vault.dimensions.formality import find_casual, find_formal
from persona_vault.dimensions.pushback import find_pushback
from tests.dimensions.test_labelled_kinds import row

BLIND = Path(__file__).with_name("labelled") / "blind"
NOTHING = "-"
RULES: dict[str, Callable[[str], object]] = {
    "distress": is_distress,
    "validation": find_validation,
    "goodbye": is_goodbye,
    "pull": lambda text: pulls(text).keys() - {"ignored"},
    "together": row("togetherness"),
    "pushback": find_pushback,
    "formal": find_formal,
    "casual": find_casual,
    "exclusivity": row("exclusivity"),
    "reliance": row("reliance"),
    "demand": row("demands"),
    "sentience": row("sentience_claims"),
    "pointer": pressure.find_pointer,
    "reproach": pressure.find_reproach,
    "jealous": pressure.find_jealousy,
    "against": pressure.find_against,
}


def read_blind(name: str) -> list[tuple[str, str]]:
    """Label and text of each line."""
    lines = (BLIND / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t") for line in lines)]


def found(name: str, rule: str) -> tuple[int, int]:
    """Lines of a rule, and those of them that it sees."""
    wanted = [text for label, text in read_blind(name) if label == rule]
    return len(wanted), sum(bool(RULES[rule](text)) for text in wanted)


@pytest.mark.parametrize(("name", "least"), [("mended", 0.90), ("untouched", 0.50)])
def test_recall_over_all_rules(name: str, least: float) -> None:
    """Half of freshly worded lines are seen, nine in ten of those used for mending."""
    counts = [found(name, rule) for rule in RULES]
    assert sum(n for _, n in counts) / sum(n for n, _ in counts) >= least


@pytest.mark.parametrize("name", ["mended", "untouched"])
def test_plain_lines_show_nothing(name: str) -> None:
    """At most one look in a hundred at a plain line finds what is not there."""
    plain = [text for label, text in read_blind(name) if label == NOTHING]
    n_false = sum(bool(rule(text)) for text in plain for rule in RULES.values())
    assert len(plain) >= 40
    assert n_false <= len(plain) * len(RULES) / 100


def test_every_label_has_a_rule() -> None:
    """No line is left out by a misspelt label."""
    for name in ("mended", "untouched"):
        assert {label for label, _ in read_blind(name)} == {*RULES, NOTHING}


if __name__ == "__main__":
    for rule in RULES:
        (n_first, seen_first), (n, seen) = (
            found("mended", rule),
            found("untouched", rule),
        )
        sys.stdout.write(f"| {rule} | {seen_first} of {n_first} | {seen} of {n} |\n")
