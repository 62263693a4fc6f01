"""Run a folder of before/after cases whose truth is known; print truth beside verdict.

Each case is a folder: `messages.jsonl` (id, conversation, timestamp, speaker, text),
`case.json` ({"persona", "update_at"}) and `truth.json` ({"family", "expected":
{"must_report": [{"feature", "direction", "detectable"}]}}).

    python scripts/cases.py FOLDER [--family null-exact ...] [--embed] [--half 0]

Every case is imported into a vault of its own as a plain JSON Lines export and compared
at its date, as two or three commands of the command line would do it. Last come counts
by family, and the two errors that trade against each other when both sides of a talk
move: the user moved and the companion is blamed; both moved and the change is excused.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from persona_vault.diff import around_date, diff_periods
from persona_vault.embedders import load_embedder
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.ingest import import_file
from persona_vault.snapshot.sentences import embed_said
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
USER_ONLY = ("null-user-edited", "null-user-topic")
BOTH = ("planted-user-shift", "update-assistant", "update-long-talks", "update-writing")
NULLS = ("null-exact", "null-unbalanced")
AT_LEAST = 200
EXCUSED = (RowVerdict.EXPLAINED_BY_YOUR_SIDE, RowVerdict.CANNOT_SEPARATE)


@dataclass(frozen=True, slots=True)
class Case:
    """One case with what was found.

    Attributes:
        changed: Row -> direction, for the rows called `changed`.
        missed: Features that a sound test can see and that were not named with the
            right sign.
        wrong: Features named with the wrong sign.
        excused: Features that a sound test can see and that went with the user's side.
        right: Features named with the right sign.
    """

    name: str
    truth: dict[str, Any]
    found: PersonaDiff
    changed: dict[str, str]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]
    excused: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether the user's side was found to have moved."""
        return bool(
            (self.found.method["adjusted_for_your_side"] or {}).get("your_side_moved")
        )


def run_case(folder: Path, *, embed: bool = False) -> Case:
    """Import one case into a new vault and compare at its date."""
    task = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    at = datetime.fromisoformat(task["update_at"])
    with (
        tempfile.TemporaryDirectory() as place,
        open_vault(Path(place) / "vault", create=True) as vault,
    ):
        import_file(vault, folder / "messages.jsonl", persona=task["persona"])
        if embed:
            embed_said(vault, load_embedder())
        before, after = around_date(at, window=None)
        found = diff_periods(vault, task["persona"], before, after)
    changed = {
        c.dimension: c.direction
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.CHANGED
    }
    verdicts = {c.dimension: c.verdict for c in found.changes}
    sorted_out: dict[str, list[str]] = {
        k: [] for k in ("missed", "wrong", "excused", "right")
    }
    for feature in truth["expected"].get("must_report") or []:
        name, rows = feature["feature"], ROWS.get(feature["feature"], ())
        ways = {changed[r] for r in rows if r in changed}
        if ways - {feature["direction"]}:
            sorted_out["wrong"].append(name)
        elif ways:
            sorted_out["right"].append(name)
        elif feature.get("detectable"):
            sorted_out["missed"].append(name)
            if any(verdicts.get(r) in EXCUSED for r in rows):
                sorted_out["excused"].append(name)
    return Case(
        folder.name,
        truth,
        found,
        changed,
        **{key: tuple(names) for key, names in sorted_out.items()},
    )


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
    marks += [f"excused {x}" for x in case.excused]
    marks += ["your side moved"] if case.moved else []
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


def errors_table(cases: Sequence[Case]) -> Iterator[str]:
    """The errors of the adjustment, as counts; few cases say little about a rate."""

    def of(*families: str, **level: str) -> list[Case]:
        return [
            c
            for c in cases
            if c.truth["family"] in families
            and all(c.truth.get(k) == v for k, v in level.items())
        ]

    def share(found: Sequence[bool]) -> str:
        return f"{sum(found)} of {len(found)}"

    user_only = of(*USER_ONLY)
    yield f"user moved, companion blamed: {share([bool(c.changed) for c in user_only])}"
    both = [c for c in of(*BOTH) if c.right or c.missed or c.wrong]
    gone = [not c.right and bool(c.missed) for c in both]
    yield f"both moved, no true row left: {share(gone)}"
    blamed = [not c.right and bool(c.excused) for c in both]
    yield f"  of these put down to the user: {share(blamed)}"
    nulls = of(*NULLS)
    yield f"nothing moved, a row named: {share([bool(c.changed) for c in nulls])}"
    for strength in ("strong", "medium", "weak"):
        seen = [
            c
            for c in of("planted", "planted-user-shift", level=strength)
            if min(c.truth["n"]["before"], c.truth["n"]["after"]) >= AT_LEAST
            and (c.right or c.missed or c.wrong)
        ]
        named = share([bool(c.right) for c in seen])
        yield f"planted {strength}, {AT_LEAST} messages a side or more, named: {named}"
    yield f"wrong signs: {sum(len(c.wrong) for c in cases)}"


def main() -> None:
    """Run the cases and print one line each, then counts by family and the errors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", action="append", default=[])
    parser.add_argument("--embed", action="store_true", help="use the sentence model")
    parser.add_argument(
        "--half", type=int, choices=(0, 1), help="only even or odd ones"
    )
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"there is no folder {options.folder}")
    print("case | family | messages in talks | truth (? = not detectable) | verdict |")
    cases: list[Case] = []
    for number, folder in enumerate(sorted(options.folder.iterdir())):
        truth = folder / "truth.json"
        if not truth.is_file() or options.half not in (None, number % 2):
            continue
        family = json.loads(truth.read_text(encoding="utf-8"))["family"]
        if family.startswith("cp-") or (
            options.family and family not in options.family
        ):
            continue
        cases.append(run_case(folder, embed=options.embed))
        print(line(cases[-1]), flush=True)
    by_family: dict[str, Counter[str]] = {}
    for case in cases:
        tally = by_family.setdefault(case.truth["family"], Counter())
        tally["cases"] += 1
        tally[case.found.verdict.value] += 1
        tally["rows called changed"] += len(case.changed)
        tally["missed"] += len(case.missed)
        tally["excused"] += len(case.excused)
        tally["wrong sign"] += len(case.wrong)
        tally["your side moved"] += case.moved
    for family, tally in sorted(by_family.items()):
        print(family, dict(tally))
    for said in errors_table(cases):
        print(said)


if __name__ == "__main__":
    main()
