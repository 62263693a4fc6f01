"""Rows that share a file of labelled lines: each line names every row that it shows.

Run as a script to print the table: `python -m tests.dimensions.test_labelled_kinds`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from persona_vault.dimensions import pressure
from persona_vault.dimensions.emotions import emotion_words
from persona_vault.dimensions.farewell import pulls
from persona_vault.dimensions.formality import find_casual, find_formal
from persona_vault.dimensions.gestures import gestures
from persona_vault.dimensions.letters import (
    capitals,
    find_intensifiers,
    smileys,
    stretched,
)
from persona_vault.dimensions.politeness import find_goodbye_formula, find_greeting
from persona_vault.dimensions.registry import dimensions
from persona_vault.turns import Turn

KINDS = Path(__file__).with_name("labelled") / "kinds"
NOTHING = "-"
Rule = Callable[[str], object]


def row(name: str) -> Rule:
    """Whether a row that has no occasion holds for a text."""
    (dimension,) = [d for d in dimensions() if d.name == name]

    def holds(text: str) -> bool:
        turn = Turn(
            message_id=1,
            text=text,
            heard="",
            n_burst=1,
            first_of_burst=True,
            last_of_burst=True,
            burst_words_text=text,
            block="1",
            language="en",
        )
        return dimension.measure([turn])[0].numerator > 0

    return holds


def _gesture(kind: str) -> Rule:
    return lambda text: any(k == kind for k, _ in gestures(text))


def _tactic(kind: str) -> Rule:
    return lambda text: kind in pulls(text)


def _emotion(kind: str) -> Rule:
    return lambda text: emotion_words(kind, text)


RULES: dict[str, dict[str, Rule]] = {
    "action_verbs": {k: _gesture(k) for k in ("touch", "face", "move", "voice")},
    "emotion_words": {
        k: _emotion(k) for k in ("joy", "sadness", "anger", "fear", "longing")
    },
    "farewell_pull": {
        **{
            k: _tactic(k)
            for k in (
                *("too_soon", "hook", "neglect", "pressure", "restraint", "ignored"),
            )
        },
        NOTHING: lambda text: not pulls(text),
    },
    "formality": {"formal": find_formal, "informal": find_casual},
    "letters": {
        "smiley": smileys,
        "all_caps": capitals,
        "stretched": stretched,
        "intensifier": find_intensifiers,
    },
    "politeness": {
        "thanks": row("thanks"),
        "please": row("please"),
        "greeting": find_greeting,
        "goodbye": find_goodbye_formula,
    },
    "pressure": {
        "absence_reproach": pressure.find_reproach,
        "jealousy": pressure.find_jealousy,
        "exclusivity": row("exclusivity"),
        "isolation": pressure.find_against,
        "reliance": row("reliance"),
        "demand": row("demands"),
        "sentience": row("sentience_claims"),
        "people_pointer": pressure.find_pointer,
    },
    "tone": {"positive": row("positive_share"), "negative": row("negative_share")},
}
CASES = [(name, kind) for name, rules in RULES.items() for kind in rules]


def read_kinds(name: str) -> list[tuple[frozenset[str], str]]:
    """The labels and text of each line of a file."""
    lines = (KINDS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    return [(frozenset(labels.split("+")), text) for labels, text in cells]


def score(name: str, kind: str) -> tuple[float, float]:
    """Precision and recall of one rule over all lines of its file."""
    found = [
        (kind in labels, bool(RULES[name][kind](t))) for labels, t in read_kinds(name)
    ]
    hits = sum(want and got for want, got in found)
    return hits / sum(got for _, got in found), hits / sum(want for want, _ in found)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_precision_and_recall(name: str, kind: str) -> None:
    """Over all labelled lines, precision is at least .90 and recall at least .80."""
    precision, recall = score(name, kind)
    assert precision >= 0.90
    assert recall >= 0.80


def test_every_line_is_once_and_every_label_has_a_rule() -> None:
    """A file has 100 lines or more, each label 15 or more, and none without a rule."""
    assert {p.stem for p in KINDS.glob("*.tsv")} == set(RULES)
    for name, rules in RULES.items():
        lines = read_kinds(name)
        assert len(lines) >= 100
        assert len({text for _, text in lines}) == len(lines)
        assert set().union(*(labels for labels, _ in lines)) <= {*rules, NOTHING}
        assert all(sum(kind in labels for labels, _ in lines) >= 15 for kind in rules)


if __name__ == "__main__":
    for name, kind in CASES:
        precision, recall = score(name, kind)
        n = sum(kind in labels for labels, _ in read_kinds(name))
        sys.stdout.write(
            f"| {name}: {kind} | {n} of {len(read_kinds(name))} "
            f"| {precision:.2f} | {recall:.2f} |\n"
        )
