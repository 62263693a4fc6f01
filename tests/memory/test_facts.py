"""The fact patterns against lines that were labelled before them.

Run as a script to print the table: `python -m tests.memory.test_facts`.
"""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.memory.facts import _RULES, _plain, _stated, facts_in
from persona_vault.memory.questions import slots_asked
from persona_vault.memory.slots import Stated
from persona_vault.model import Role

LABELLED = Path(__file__).with_name("labelled")
ROLES = {"u": Role.USER, "p": Role.PERSONA}


def rows(name):
    """The cells of a labelled file, line by line."""
    lines = (LABELLED / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


def spelled(stated: Stated) -> str:
    """A fact as the labels write it: subject.kind.key=value."""
    slot = stated.slot
    parts = [slot.subject.value, slot.kind]
    if slot.key and slot.kind not in ("like", "dislike"):
        parts.append(slot.key)
    return f"{'.'.join(parts)}={stated.value}"


def wanted(cell):
    """The labelled facts of a line; values may hold blanks."""
    if cell == "-":
        return set()
    cut = cell.replace(" user.", "\tuser.").replace(" persona.", "\tpersona.")
    return set(cut.split("\t"))


def score_facts():
    """(hits, false, missed), as (line, fact)."""
    hits, false, missed = [], [], []
    for speaker, cell, text in rows("facts"):
        found = {spelled(s) for s in facts_in(text, ROLES[speaker])}
        want = wanted(cell)
        hits += [(text, f) for f in found & want]
        false += [(text, f) for f in found - want]
        missed += [(text, f) for f in want - found]
    return hits, false, missed


def score_questions():
    """The same for the questions of the companion."""
    hits, false, missed = [], [], []
    for cell, text in rows("questions"):
        found = {".".join(p for p in (k, key) if p) for k, key, _ in slots_asked(text)}
        want = set() if cell == "-" else {cell}
        hits += [(text, f) for f in found & want]
        false += [(text, f) for f in found - want]
        missed += [(text, f) for f in want - found]
    return hits, false, missed


SCORES = {"facts": score_facts, "questions": score_questions}


def ratios(name):
    """(precision, recall) of a labelled file."""
    hits, false, missed = (len(x) for x in SCORES[name]())
    return hits / (hits + false), hits / (hits + missed)


@pytest.mark.parametrize("name", SCORES)
def test_what_is_read_is_right_and_little_is_missed(name):
    """Precision .90 and recall .80 on lines that were written before the rules."""
    precision, recall = ratios(name)
    assert precision >= 0.90
    assert recall >= 0.80


SAID = [line[-1] for name in SCORES for line in rows(name)]
WORDS = sorted({word for line in SAID for word in line.split()})


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(SAID), st.sampled_from((*WORDS, "ı", "İ'm", "ım"))),
        max_size=6,
    ),
    st.sampled_from((" ", "\n", "  ", ", ")),
    st.sampled_from(Role),
)
def test_hints_lose_no_fact(parts, between, speaker):
    """Every rule tried on every text finds the same, real lines and odd ones."""
    text = between.join(parts)
    found = {}
    if speaker is not Role.SYSTEM:
        for rule in _RULES:
            for stated in _stated(rule, text, _plain(text), speaker):
                found.setdefault((stated.slot, stated.value), stated)
    assert facts_in(text, speaker) == tuple(
        sorted(found.values(), key=lambda s: s.span)
    )


if __name__ == "__main__":
    for file, score in SCORES.items():
        precision, recall = ratios(file)
        sys.stdout.write(
            f"{file}: {len(rows(file))} lines, precision {precision:.2f}, "
            f"recall {recall:.2f}\n"
        )
        for label, lines in zip(("false", "missed"), score()[1:], strict=True):
            for text, fact in lines:
                sys.stdout.write(f"  {label}: {fact} | {text}\n")
