"""The goals that were set beforehand, each with what was counted for it.

Most is counted from the other parts' results; three things need runs of their own:
drift of voices near and far, a new voice met in a few long talks, and quotes.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from persona_vault.comparison import compare_periods
from persona_vault.diff import diff_snapshots
from persona_vault.evidence import MOST_ROWS, add_evidence
from persona_vault.findings import Change, Quote, RowVerdict
from persona_vault.ingest import import_file
from persona_vault.model import Period
from persona_vault.store.vault import Vault, open_vault
from worlds.catalogue import NULLS
from worlds.gradings import DATES, GOAL, GRADES, MOVES, STRONG, two_snapshots
from worlds.material import COMPANION, USER
from worlds.schedule import Job, Keeper, Result
from worlds.tables import share, whole
from worlds.talk import build_talk, write_jsonl
from worlds.voices import Scene, Voice

# Nobody would take it for the first voice: the other vendor's.
OTHER = Voice(
    n_sentences=5.0,
    exclaim=0.05,
    contract=0.2,
    pet=0.01,
    name=0.4,
    emoji=0.02,
    action=0.01,
    ask_back=0.1,
    lower=0.01,
    hedge=0.4,
    formal=0.4,
)
# Enough talks of ten replies for continuity and drift: twelve bags of 25 a side.
N_FAR = 36
LONG = 20.0
FEW = (8, 12)
APART = ("null rho .3", "null rho .6")


def one_order(seed: int) -> Result:
    """How far a talk drifts from itself, from a smaller change, from another voice."""
    first = Scene(n_turns=10)
    found = []
    for voice in (Voice(), GOAL, OTHER):
        then = replace(first, voice=voice)
        talk = build_talk(seed, [first] * N_FAR + [then] * N_FAR)
        diff = diff_snapshots(*two_snapshots(talk, talk.start(N_FAR)), seed=seed)
        found.append(diff.drift_multiple and diff.drift_multiple["value"])
    return {"drift": found}


def one_update(seed: int, n: int) -> Result:
    """A strongly changed voice in so many talks a side of some twenty replies each."""
    first = Scene(n_turns=LONG)
    talk = build_talk(seed, [first] * n + [replace(first, voice=STRONG)] * n)
    diff = diff_snapshots(*two_snapshots(talk, talk.start(n)), seed=seed)
    return {"verdict": diff.verdict.value}


def one_evidence(seed: int) -> Result:
    """The quotes of a comparison held against the vault they come from."""
    n = 20
    talk = build_talk(seed, [Scene()] * n + [Scene(voice=STRONG)] * n)
    at = talk.start(n)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        path = Path(name) / "export.jsonl"
        write_jsonl(path, talk.lines)
        with open_vault(Path(name) / "vault", create=True) as vault:
            vault.set_zone("UTC")
            import_file(vault, path, persona=COMPANION)
            vault.set_persona(COMPANION, user_names=(USER,))
            periods = Period(until=at), Period(since=at)
            diff = compare_periods(vault, COMPANION, *periods, seed=seed)
            rows = [
                c
                for c in add_evidence(diff, vault, *periods).changes
                if c.verdict is RowVerdict.CHANGED
            ][:MOST_ROWS]
            quotes = [q for row in rows for q in _quotes(row)]
            return {
                "rows": len(rows),
                "three_and_one": sum(
                    len(r.evidence) >= 3 and r.counter_example is not None for r in rows
                ),
                "quotes": len(quotes),
                "verbatim": sum(_stands(vault, q) for q in quotes),
            }


def _quotes(row: Change) -> list[Quote]:
    paired = [q for pair in row.evidence for q in (pair.before, pair.after)]
    return [q for q in (*paired, row.counter_example) if q is not None]


def _stands(vault: Vault, quote: Quote) -> bool:
    return vault.message(quote.message_id).text == quote.text


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: what is asked, how much of it, and what counts for it.

    Attributes:
        count: From the results: how often, out of how many.
        least, most: The share that is aimed at.
    """

    asked: str
    count: Callable[[Keeper], tuple[int, int]]
    least: float = 0.0
    most: float = 1.0

    def line(self, keeper: Keeper) -> str:
        """Its row of the table."""
        k, n = self.count(keeper)
        aim = (
            f"{100 * self.least:.0f} % at least"
            if self.least
            else f"{100 * self.most:.0f} % at most"
        )
        if self.least and self.most < 1:
            aim = f"{100 * self.least:.0f} to {100 * self.most:.0f} %"
        met = "-" if not n else "yes" if self.least <= k / n <= self.most else "no"
        return f"| {self.asked} | {aim} | {share(k, n)} | {met} |"


def goal_table(keeper: Keeper) -> Iterator[str]:
    """Each goal, what was aimed at, what was counted, and whether it is met."""
    yield "| goal | aim | counted | met |"
    yield "|---|---|---|---|"
    for goal in _GOALS:
        yield goal.line(keeper)


def goal_jobs(n: int) -> list[Job]:
    """The runs that only the goals need."""
    return [
        Job("goal order", one_order, n),
        *(Job(f"goal update {k}", _Update(k), n) for k in FEW),
        Job("goal evidence", one_evidence, n),
    ]


@dataclass(frozen=True, slots=True)
class _Update:
    n: int

    def __call__(self, seed: int) -> Result:
        return one_update(seed, self.n)


def _runs(keeper: Keeper, *names: str) -> list[Result]:
    return [r for name in names for r in whole(keeper.of(name))]


def _firm(result: Result) -> bool:
    return any(what.startswith("changed") for what in result["named"].values())


def _false_alarms(*names: str) -> Callable[[Keeper], tuple[int, int]]:
    def count(keeper: Keeper) -> tuple[int, int]:
        found = _runs(keeper, *names)
        return sum(map(_firm, found)), len(found)

    return count


def _answers(*verdicts: str, of: Sequence[str]) -> Callable[[Keeper], tuple[int, int]]:
    def count(keeper: Keeper) -> tuple[int, int]:
        found = _runs(keeper, *of)
        return sum(r["verdict"] in verdicts for r in found), len(found)

    return count


def _steady(keeper: Keeper) -> tuple[int, int]:
    given = [
        v
        for r in _runs(keeper, "null 40+40")
        for v in r["verdicts"].values()
        if v != "not_enough_data"
    ]
    return given.count("steady"), len(given)


def _coverage(keeper: Keeper) -> tuple[int, int]:
    names = [*(g.name for g in GRADES), *(n for n in NULLS if n not in APART)]
    held = [v for r in _runs(keeper, *names) for v in r["covered"].values()]
    return sum(held), len(held)


def _named(strength: str, n: int) -> Callable[[Keeper], tuple[int, int]]:
    def count(keeper: Keeper) -> tuple[int, int]:
        found = _runs(keeper, f"power {strength} {n}")
        asked = [row for r in found for row in MOVES if row not in r["untold"]]
        return sum(len(r["named"]) for r in found), len(asked)

    return count


def _wrong_signs(keeper: Keeper) -> tuple[int, int]:
    found = _runs(keeper, *(g.name for g in GRADES))
    return sum(len(r["wrong"]) for r in found), len(found) * len(MOVES)


def _near(keeper: Keeper) -> tuple[int, int]:
    found = _runs(keeper, *(f"dates {d}" for d in DATES if not d.startswith("none")))
    return sum(any(e <= 7 for e in r["errors"]) for r in found), len(found)


def _made_up(keeper: Keeper) -> tuple[int, int]:
    found = _runs(keeper, *(f"dates {d}" for d in DATES if d.startswith("none")))
    return sum(r["n_dates"] > 0 for r in found), len(found)


def _in_band(keeper: Keeper) -> tuple[int, int]:
    told = [r["in_band"] for r in _runs(keeper, *NULLS) if r.get("in_band") is not None]
    return sum(told), len(told)


def _in_order(keeper: Keeper) -> tuple[int, int]:
    found = [r["drift"] for r in _runs(keeper, "goal order")]
    told = [values for values in found if None not in values]
    return sum(all(a < b for a, b in pairwise(v)) for v in told), len(told)


def _evidence(part: str, of: str) -> Callable[[Keeper], tuple[int, int]]:
    def count(keeper: Keeper) -> tuple[int, int]:
        found: list[dict[str, Any]] = _runs(keeper, "goal evidence")
        return sum(r[part] for r in found), sum(r[of] for r in found)

    return count


_ALIKE = [name for name in NULLS if name not in APART]
_GOALS = (
    Goal("nothing changed: any measure `changed`", _false_alarms(*_ALIKE), most=0.05),
    Goal("nothing changed, days like neighbours", _false_alarms(*APART), most=0.05),
    Goal(
        "slow drift: a date named",
        lambda k: (
            sum(
                any(said for claim, said in r["blurted"].items() if "date" in claim)
                for r in _runs(k, "5", "5 mirrored")
            ),
            len(_runs(k, "5", "5 mirrored")),
        ),
        most=0.10,
    ),
    Goal("subjects 20/80: `changed`", _false_alarms("4d", "4d mirrored"), most=0.05),
    Goal(
        "subjects wholly others: `confounded`",
        _answers("confounded", of=("4e", "4e mirrored")),
        least=0.90,
    ),
    Goal(
        "subjects wholly others: `changed`",
        _false_alarms("4e", "4e mirrored"),
        most=0.10,
    ),
    *(
        Goal(
            f"strongly changed voice, {n} talks of 20 replies a side: said",
            _answers("changed", "probably_changed", of=(f"goal update {n}",)),
            least=aim,
        )
        for n, aim in zip(FEW, (0.90, 0.99), strict=True)
    ),
    Goal("planted, the goal's size, 14 talks: rows named", _named("the goal", 14), 0.9),
    Goal("planted, the goal's size, 30 talks: rows named", _named("the goal", 30), 0.9),
    Goal("planted, strong, 14 talks: rows named", _named("strong", 14), least=0.90),
    Goal("planted: wrong signs", _wrong_signs, most=0.0),
    Goal("intervals that hold the truth", _coverage, least=0.93, most=0.97),
    Goal("nothing changed, 40 + 40 talks: rows `steady`", _steady, least=0.70),
    Goal("a step: a date within 7 days", _near, least=0.80),
    Goal("nothing changed: a date made up", _made_up, most=0.10),
    Goal("nothing changed: continuity inside its band", _in_band, least=0.95),
    Goal("drift: itself < the goal's size < another voice", _in_order, least=0.95),
    Goal(
        "three talks a side: `not_enough_data`",
        _answers("not_enough_data", of=("min", "min mirrored")),
        least=1.0,
    ),
    Goal("quotes that stand so in the vault", _evidence("verbatim", "quotes"), 1.0),
    Goal(
        "changed rows with three pairs and a counter-example",
        _evidence("three_and_one", "rows"),
        least=1.0,
    ),
)
