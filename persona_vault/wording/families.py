"""Sentences about families of measures taken as one; they never stand for a row."""

from persona_vault.findings import FamilyFinding, PersonaDiff, RowVerdict
from persona_vault.wording.numbers import count, listed
from persona_vault.wording.rows import MOVED, verdict_label

TITLE = "Families of measures"

_NAMES = {
    "length": "length",
    "emoji": "emoji",
    "punctuation": "punctuation",
    "affect": "mood of the words",
    "register": "formal and casual wording",
    "rituals": "greetings and goodbyes",
    "roleplay": "acted-out gestures",
    "address": "forms of address",
    "initiative": "questions and telling of itself",
    "warmth": "warmth",
    "agreement": "agreement and praise",
    "safety": "refusals and reminders of being an AI",
    "farewell": "goodbyes that hold on",
    "pressure": "pressure",
    "repetition": "repetition",
    "vocabulary": "choice of words",
    "accommodation": "how the wording follows yours",
    "language": "language",
    "formatting": "lists and formatting",
    "memory": "memory",
}


def family_name(family: str) -> str:
    """What the measures of a family are about."""
    return _NAMES.get(family, family.replace("_", " "))


def families_sentence(diff: PersonaDiff) -> str:
    """The families that differ though no row of theirs stands out; "" for none."""
    found = [f for f in diff.families if f.verdict in MOVED and not f.stands_out]
    firm = [f for f in found if f.verdict is RowVerdict.CHANGED]
    maybe = [f for f in found if f.verdict is RowVerdict.PROBABLY_CHANGED]
    parts = [_said(firm, "changed"), _said(maybe, "probably changed")]
    return " ".join(part for part in parts if part)


def _said(found: list[FamilyFinding], what: str) -> str:
    if not found:
        return ""
    names = listed([f"“{family_name(f.family)}” (p = {_p(f)})" for f in found])
    one = len(found) == 1
    return (
        f"Taken as a family, the measures of {names} {what}, though no single one of "
        f"{'it' if one else 'them'} stands out; p allows for the number of families."
    )


def families_table(diff: PersonaDiff) -> dict[str, str]:
    """Family -> what was found, for the method section."""
    return {family_name(f.family): _line(f) for f in diff.families}


def _line(found: FamilyFinding) -> str:
    label = verdict_label(found.verdict).lower()
    if found.p_adjusted is None:
        return label
    rows = count(found.n_rows, "measure")
    return f"{label}; {rows}, p = {_p(found)} allowing for the number of families"


def _p(found: FamilyFinding) -> str:
    p = found.p_adjusted or 0.0
    return "under 0.001" if p < 0.001 else f"{p:.2g}"
