"""Run a folder of before/after cases whose truth is known; print truth beside verdict.

Each case is a folder: `messages.jsonl` (id, conversation, timestamp, speaker, text),
`case.json` ({"persona", "update_at"}) and `truth.json` ({"family", "expected":
{"must_report": [{"feature", "direction", "detectable"}]}}).

    python scripts/cases.py FOLDER [--family null-exact ...]

Every case is imported into a vault of its own as a plain JSON Lines export and compared
at its date, as two commands of the command line would do it.
"""

import argparse
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from persona_vault.diff import around_date, diff_periods
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.ingest import import_file
from persona_vault.store.vault import open_vault

# The truth's surface features -> rows that measure the same thing.
ROWS = {
    "length_chars": ("message_length",),
    "length_words": ("message_length",),
    "sentences": ("message_length",),
    "question_rate": ("question_rate",),
    "exclaim_rate": ("exclamation_rate",),
    "emoji_rate": ("emoji_rate",),
    "list_rate": ("lists",),
    "markdown_rate": ("markdown",),
    "action_rate": ("action_rate", "action_share"),
    "contraction_rate": ("contractions",),
    "lowercase_start_rate": ("lowercase_starts",),
    "refusal_rate": ("refusal", "refusal_all"),
    "ai_selfref_rate": ("ai_disclosure",),
    "apology_rate": ("apology",),
    "praise_open_rate": ("praise", "agreement_opener"),
    "ellipsis_rate": ("ellipsis_dash_rate",),
}
SIGN = {"up": "+", "down": "-", "none": "~"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case with what was found.

    Attributes:
        changed: Row -> direction, for the rows called `changed`.
        missed: Features that a sound test can see and that were not named with the
            right sign.
        wrong: Features named with the wrong sign.
    """

    name: str
    truth: dict[str, Any]
    found: PersonaDiff
    changed: dict[str, str]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def run_case(folder: Path) -> Case:
    """Import one case into a new vault and compare at its date."""
    task = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    at = datetime.fromisoformat(task["update_at"])
    with (
        tempfile.TemporaryDirectory() as place,
        open_vault(Path(place) / "vault", create=True) as vault,
    ):
        import_file(vault, folder / "messages.jsonl", persona=task["persona"])
        before, after = around_date(at, window=None)
        found = diff_periods(vault, task["persona"], before, after)
    changed = {
        c.dimension: c.direction
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.CHANGED
    }
    expected = truth["expected"].get("must_report") or []
    missed, wrong = [], []
    for item in expected:
        ways = {changed[r] for r in ROWS.get(item["feature"], ()) if r in changed}
        if ways - {item["direction"]}:
            wrong.append(item["feature"])
        elif not ways and item.get("detectable"):
            missed.append(item["feature"])
    return Case(folder.name, truth, found, changed, tuple(missed), tuple(wrong))


def line(case: Case) -> str:
    """Truth beside verdict."""
    truth = case.truth
    what = " ".join(str(truth.get(k) or "") for k in ("plant", "level")).strip()
    expected = [
        f"{i['feature']}{SIGN[i['direction']]}" + ("" if i.get("detectable") else "?")
        for i in truth["expected"].get("must_report") or []
    ]
    named = [f"{row}{SIGN[way]}" for row, way in case.changed.items()]
    marks = [f"missed {x}" for x in case.missed] + [f"WRONG {x}" for x in case.wrong]
    n = truth["n"]
    return " | ".join(
        (
            case.name,
            f"{truth['family']} {what}".strip(),
            f"{n['before']}+{n['after']} in {n['conversations_before']}+"
            f"{n['conversations_after']}",
            ", ".join(expected) or "nothing",
            case.found.verdict.value,
            ", ".join(named) or "nothing",
            ", ".join(marks),
        )
    )


def main() -> None:
    """Run the cases and print one line each, then counts by family."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", action="append", default=[])
    options = parser.parse_args()
    print("case | family | messages in talks | truth (? = not detectable) | verdict |")
    counts: dict[str, Counter[str]] = {}
    for folder in sorted(options.folder.iterdir()):
        truth = folder / "truth.json"
        if not truth.is_file():
            continue
        family = json.loads(truth.read_text(encoding="utf-8"))["family"]
        if family.startswith("cp-") or (
            options.family and family not in options.family
        ):
            continue
        case = run_case(folder)
        print(line(case), flush=True)
        tally = counts.setdefault(family, Counter())
        tally["cases"] += 1
        tally[case.found.verdict.value] += 1
        tally["rows called changed"] += len(case.changed)
        tally["missed"] += len(case.missed)
        tally["wrong sign"] += len(case.wrong)
    for family, tally in sorted(counts.items()):
        print(family, dict(tally))


if __name__ == "__main__":
    main()
