"""Real and planted before/after cases with their truth, where samples are at hand."""

import json
import sys
from pathlib import Path

from persona_vault.findings import Verdict

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from cases import Case, run_case


def cases(samples: Path, family: str, **wanted) -> list[Case]:
    """The cases of one family, run."""
    found = []
    for folder in sorted((samples / "drift").iterdir()):
        if not (folder / "truth.json").is_file():
            continue
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        if truth["family"] == family and all(
            truth.get(k) == v for k, v in wanted.items()
        ):
            found.append(run_case(folder))
    return found


def test_exact_nulls_bring_at_most_one_false_row(samples):
    """Twenty random splits of one speaker's talks: one false row at most, in all."""
    found = cases(samples, "null-exact")

    false_rows = [(c.name, row) for c in found for row in c.changed]
    assert len(found) >= 20
    assert len(false_rows) <= 1, false_rows


def test_real_updates_in_long_talks_are_found(samples):
    """Every real update with ten talks a side or more is called changed."""
    found = cases(samples, "update-long-talks")

    enough = [c for c in found if c.truth["n"]["conversations_before"] >= 10]
    assert len(enough) >= 2
    assert {c.found.verdict for c in enough} == {Verdict.CHANGED}
    assert not [c.name for c in enough if c.missed or c.wrong]


def test_strong_plants_are_named_with_the_right_sign(samples):
    """Strong plants at 200 messages a side: every detectable row, and its direction."""
    found = [
        c
        for c in cases(samples, "planted", level="strong")
        if c.truth["n"]["before"] >= 200
    ]

    assert len(found) >= 5
    assert {c.name: (c.missed, c.wrong) for c in found if c.missed or c.wrong} == {}
