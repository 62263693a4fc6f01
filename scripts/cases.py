"""Run a folder of before/after cases whose truth is known; print truth beside verdict.

Each case is a folder: `messages.jsonl` (id, conversation, timestamp, speaker, text),
`case.json` ({"persona", "update_at"}) and `truth.json` ({"family", "expected":
{"must_report": [{"feature", "direction", "detectable"}], "must_not_report": [feature],
"opposite_direction_is_error": [{"feature", "true_direction"}], "special": a term that
went or facts that are told otherwise, "changepoints": [date]}}).

    python scripts/cases.py FOLDER [--family null-exact ...] [--embed] [--workers 2]

Every case is imported into a vault of its own as a plain JSON Lines export and compared
at its date, or searched for dates where it has none, as two or three commands of the
command line would do it. Last come counts by family, and the two errors that trade
against each other when both sides of a talk move: the user moved and the companion is
blamed; both moved and the change is excused.
"""

import argparse
import json
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from persona_vault.comparison import compare_periods
from persona_vault.diff import around_date, diff_periods, find_change_points
from persona_vault.embedders import load_embedder
from persona_vault.findings import Changes, PersonaDiff, RowVerdict, Verdict
from persona_vault.ingest import import_file
from persona_vault.plain import plain
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
DATED = "cp-"
AT_LEAST = 200
WEEK = timedelta(days=7)
FOUND = (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
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
        untouched: Features that nobody touched, and that were named.
        n_untouched: How many of these a row here measures.
        special: Of the terms or facts that went or came, how many were told, and how
            many there are; None where there are none.
    """

    name: str
    truth: dict[str, Any]
    found: PersonaDiff
    changed: dict[str, str]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]
    excused: tuple[str, ...]
    right: tuple[str, ...]
    untouched: tuple[str, ...]
    n_untouched: int
    special: tuple[int, int] | None

    @property
    def moved(self) -> bool:
        """Whether the user's side was found to have moved."""
        return bool(
            (self.found.method["adjusted_for_your_side"] or {}).get("your_side_moved")
        )

    @property
    def is_hidden(self) -> bool:
        """Whether too little data was said where a sound test could see something."""
        return self.found.verdict is Verdict.NOT_ENOUGH_DATA and bool(self.missed)

    @property
    def size(self) -> int:
        """Messages of the smaller side."""
        n: dict[str, int] = self.truth["n"]
        return min(n["before"], n["after"])


@dataclass(frozen=True, slots=True)
class Dated:
    """One case whose date is to be found.

    Attributes:
        n_planted: Dates that were planted.
        n_named: Of these, within the range of a date that was called (probably)
            changed.
        n_week: Of these, within seven days of one.
        n_claimed: Dates so called.
    """

    name: str
    truth: dict[str, Any]
    n_planted: int
    n_named: int
    n_week: int
    n_claimed: int
    gradual: bool


def run_case(folder: Path, *, embed: bool = False) -> Case | Dated:
    """Import one case into a new vault and compare at its date, or look for dates."""
    task = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with (
        tempfile.TemporaryDirectory() as place,
        open_vault(Path(place) / "vault", create=True) as vault,
    ):
        import_file(vault, folder / "messages.jsonl", persona=task["persona"])
        if embed:
            embed_said(vault, load_embedder())
        if truth["family"].startswith(DATED):
            found = find_change_points(vault, task["persona"])
            return dated(folder.name, truth, found)
        at = datetime.fromisoformat(task["update_at"])
        before, after = around_date(at, window=None)
        # Terms and facts are told by the whole comparison only.
        whole = truth["expected"].get("special")
        compare = compare_periods if whole else diff_periods
        return scored(
            folder.name, truth, compare(vault, task["persona"], before, after)
        )


def dated(name: str, truth: dict[str, Any], found: Changes) -> Dated:
    """A search for dates beside its truth."""
    planted = [datetime.fromisoformat(d) for d in truth["expected"]["changepoints"]]
    firm = [p for p in found.change_points if p.verdict in FOUND and p.at is not None]
    ranges = [(p.low, p.high) for p in firm if p.low and p.high]
    named = [any(low <= d <= high for low, high in ranges) for d in planted]
    week = [any(abs(p.at - d) <= WEEK for p in firm if p.at) for d in planted]
    return Dated(
        name, truth, len(planted), sum(named), sum(week), len(firm), found.gradual
    )


def scored(name: str, truth: dict[str, Any], found: PersonaDiff) -> Case:
    """A comparison beside its truth."""
    expected = truth["expected"]
    changed = {
        c.dimension: c.direction
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.CHANGED
    }
    verdicts = {c.dimension: c.verdict for c in found.changes}
    sorted_out: dict[str, list[str]] = {
        k: [] for k in ("missed", "wrong", "excused", "right")
    }
    for feature in expected.get("must_report") or []:
        rows = ROWS.get(feature["feature"], ())
        ways = {changed[r] for r in rows if r in changed}
        if ways - {feature["direction"]}:
            sorted_out["wrong"].append(feature["feature"])
        elif ways:
            sorted_out["right"].append(feature["feature"])
        elif feature.get("detectable"):
            sorted_out["missed"].append(feature["feature"])
            if any(verdicts.get(r) in EXCUSED for r in rows):
                sorted_out["excused"].append(feature["feature"])
    for feature in expected.get("opposite_direction_is_error") or []:
        ways = {changed[r] for r in ROWS.get(feature["feature"], ()) if r in changed}
        if ways - {feature["true_direction"]}:
            sorted_out["wrong"].append(feature["feature"])
    told = [i["feature"] for i in expected.get("must_report") or []]
    touched = {row for feature in told for row in ROWS.get(feature, ())}
    asked = [
        feature
        for feature in expected.get("must_not_report") or []
        if feature in ROWS and not touched & set(ROWS[feature])
    ]
    return Case(
        name,
        truth,
        found,
        changed,
        **{key: tuple(dict.fromkeys(names)) for key, names in sorted_out.items()},
        untouched=tuple(f for f in asked if any(row in changed for row in ROWS[f])),
        n_untouched=len(asked),
        special=_special(expected.get("special"), found, changed),
    )


def _special(
    special: dict[str, Any] | None, found: PersonaDiff, changed: dict[str, str]
) -> tuple[int, int] | None:
    """Terms and facts that were told, of all that went or came."""
    if not special:
        return None
    if special["type"] == "facts":
        told = {(f.get("before"), f.get("after")) for f in plain(found.facts) or ()}
        wanted = [(f["before"], f["after"]) for f in special["facts"]]
        return sum(pair in told for pair in wanted), len(wanted)
    lists = plain(found.phrases) or {}
    terms = [(special["lost"], "lost"), (special["gained"], "new")]
    asked = [(term.casefold(), kind) for term, kind in terms if term]
    n = 0
    for term, kind in asked:
        listed = [*lists.get(kind, ()), *lists.get("changed", ())]
        by_row = kind == "lost" and changed.get("pet_names") == "down"
        n += by_row or any(term in str(one["text"]).casefold() for one in listed)
    return n, len(asked)


def line(case: Case | Dated) -> str:
    """Truth beside verdict."""
    truth = case.truth
    if isinstance(case, Dated):
        said = "gradual" if case.gradual else f"{case.n_claimed} dates"
        return (
            f"{case.name} | {truth['family']} | dates: {case.n_planted} | {said}; "
            f"{case.n_named} in a range, {case.n_week} within a week"
        )
    what = " ".join(str(truth.get(k) or "") for k in ("plant", "level")).strip()
    expected = [
        f"{i['feature']}{SIGN[i['direction']]}" + ("" if i.get("detectable") else "?")
        for i in truth["expected"].get("must_report") or []
    ]
    named = [f"{row}{SIGN[way]}" for row, way in case.changed.items()]
    marks = [f"missed {x}" for x in case.missed] + [f"WRONG {x}" for x in case.wrong]
    marks += [f"excused {x}" for x in case.excused]
    marks += [f"UNTOUCHED {x}" for x in case.untouched]
    marks += ["your side moved"] if case.moved else []
    if case.special:
        marks.append(f"terms or facts told: {case.special[0]} of {case.special[1]}")
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
    both = [c for c in of(*BOTH) if c.right or c.missed or c.wrong or c.special]
    gone = [not (c.right or (c.special or (0, 0))[0]) for c in both]
    yield f"both moved, no true row left: {share(gone)}"
    blamed = [not c.right and bool(c.excused) for c in both]
    yield f"  of these put down to the user: {share(blamed)}"
    nulls = of(*NULLS)
    yield f"nothing moved, a row named: {share([bool(c.changed) for c in nulls])}"
    for strength in ("strong", "medium", "weak"):
        for where, least, most in (
            (f"{AT_LEAST} or more", AT_LEAST, 10**9),
            (f"under {AT_LEAST}", 0, AT_LEAST),
        ):
            seen = [
                c
                for c in of("planted", "planted-user-shift", level=strength)
                if least <= c.size < most and (c.right or c.missed or c.wrong)
            ]
            named = share([bool(c.right) for c in seen])
            yield f"planted {strength}, {where} messages a side, named: {named}"
    specials = [c.special for c in cases if c.special]
    told = sum(n for n, _ in specials), sum(n for _, n in specials)
    yield f"terms and facts that went or came, told: {told[0]} of {told[1]}"
    n_named = sum(len(c.untouched) for c in cases)
    yield f"untouched features named: {n_named} of {sum(c.n_untouched for c in cases)}"
    hidden = [c.is_hidden for c in cases if c.right or c.missed or c.wrong]
    yield f"too little data said where a sound test sees: {share(hidden)}"
    yield f"wrong signs: {sum(len(c.wrong) for c in cases)}"


def dates_table(cases: Sequence[Dated]) -> Iterator[str]:
    """Dates that were planted beside those that were named."""
    for family in sorted({c.truth["family"] for c in cases}):
        mine = [c for c in cases if c.truth["family"] == family]
        n, named, week, claimed = (
            sum(getattr(c, key) for c in mine)
            for key in ("n_planted", "n_named", "n_week", "n_claimed")
        )
        yield (
            f"{family}, {len(mine)} cases: {named} of {n} dates in a range named, "
            f"{week} within a week; {claimed} named in all; called gradual: "
            f"{sum(c.gradual for c in mine)}"
        )


def main() -> None:
    """Run the cases and print one line each, then counts by family and the errors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", action="append", default=[])
    parser.add_argument("--embed", action="store_true", help="use the sentence model")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"there is no folder {options.folder}")
    print("case | family | messages in talks | truth (? = not detectable) | verdict |")
    folders = []
    for truth in sorted(options.folder.glob("*/truth.json")):
        family = json.loads(truth.read_text(encoding="utf-8"))["family"]
        if not options.family or family in options.family:
            folders.append(truth.parent)
    spawn = multiprocessing.get_context("spawn")
    found: list[Case | Dated] = []
    with ProcessPoolExecutor(options.workers, mp_context=spawn) as pool:
        for case in pool.map(partial(run_case, embed=options.embed), folders):
            found.append(case)
            print(line(case), flush=True)
    cases = [case for case in found if isinstance(case, Case)]
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
    for said in dates_table([case for case in found if isinstance(case, Dated)]):
        print(said)


if __name__ == "__main__":
    main()
