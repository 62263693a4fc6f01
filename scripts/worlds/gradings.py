"""Power, signs, coverage and dates: one planted voice in parts, many sizes.

The planted changes are the ones that the goals name: emoji and pet names halved,
replies 30 % shorter, 5 points more refusals, and exclamation marks halved.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from typing import Any

from persona_vault.diff import diff_snapshots, find_changes
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.model import Persona, Role, StoredMessage
from persona_vault.model import TimeQuality as Quality
from persona_vault.snapshot import Snapshot
from persona_vault.snapshot.take import measure_messages
from worlds.claims import Answer, firm_dates
from worlds.material import COMPANION, USER
from worlds.style import BOUND
from worlds.talk import MAIN, Line, Shape, Talk, build_talk
from worlds.voices import Scene, Voice

# Full strength of each planted change; a strength of 1 is the goal's size.
GOAL = Voice(n_sentences=2.1, emoji=0.15, pet=0.15, exclaim=0.25, refuse=0.1)
STRONG = Voice(n_sentences=1.4, emoji=0.05, pet=0.05, exclaim=0.08, refuse=0.4)
STRENGTHS = {
    "half the goal": Voice().toward(GOAL, 0.5),
    "the goal": GOAL,
    "strong": STRONG,
}
MOVES = {
    "message_length": "down",
    "emoji_rate": "down",
    "pet_names": "down",
    "exclamation_rate": "down",
    "refusal": "up",
}
SIZES = (8, 14, 30)
# Sessions a side from which the true size of each row's difference is taken.
N_TRUTH = 250
WHO = Persona(id=1, name=COMPANION, user_names=(USER,))


@dataclass(frozen=True, slots=True)
class Grade:
    """One cell of the power table."""

    strength: str
    n: int

    @property
    def name(self) -> str:
        """Of its file of results."""
        return f"power {self.strength} {self.n}"


GRADES = tuple(Grade(strength, n) for strength in STRENGTHS for n in SIZES)


def two_snapshots(talk: Talk, at: datetime) -> tuple[Snapshot, Snapshot]:
    """The two sides of a talk, measured without a vault."""
    lines = talk.lines
    sides = (
        [line for line in lines if line.sent_at < at],
        [line for line in lines if line.sent_at >= at],
    )
    before, after = (measure_messages(_stored(side), WHO) for side in sides)
    return before, after


def _stored(lines: list[Line]) -> list[StoredMessage]:
    threads: dict[str, int] = {}
    return [
        StoredMessage(
            id=i,
            conversation_id=threads.setdefault(line.conversation, len(threads) + 1),
            conversation=line.conversation,
            threaded=line.conversation != MAIN,
            app="",
            native_id=line.id,
            role=Role(line.speaker),
            speaker=line.speaker,
            text=line.text,
            sent_at=line.sent_at,
            local_at=None,
            time_quality=Quality.EXACT,
            kind="text",
            shown=True,
            position=i,
        )
        for i, line in enumerate(lines)
    ]


def _sides(seed: int, strength: str, n: int) -> tuple[Snapshot, Snapshot]:
    after = Scene(voice=STRENGTHS[strength])
    talk = build_talk(seed, [Scene()] * n + [after] * n)
    return two_snapshots(talk, talk.start(n))


def one_grade(seed: int, grade: Grade, truth: dict[str, Any]) -> dict[str, Any]:
    """One talk of that strength and length: rows named, signs, intervals that hold."""
    found = diff_snapshots(*_sides(seed, grade.strength, grade.n), seed=seed)
    rows = {c.dimension: c for c in found.changes}
    changed = {
        name: row.direction
        for name, row in rows.items()
        if row.headline and row.verdict is RowVerdict.CHANGED
    }
    return {
        "verdict": found.verdict.value,
        "named": [r for r, way in MOVES.items() if changed.get(r) == way],
        "wrong": [r for r, way in MOVES.items() if r in changed and changed[r] != way],
        "untold": [r for r in MOVES if rows[r].verdict is RowVerdict.NOT_ENOUGH_DATA],
        "extra": sorted(set(changed) - MOVES.keys() - BOUND - {"refusal_all"}),
        "covered": covered(found, truth),
    }


def covered(found: PersonaDiff, truth: dict[str, Any]) -> dict[str, bool]:
    """Headline row -> whether its 95 % interval holds the true difference."""
    held = {}
    for row in found.changes:
        low, high = row.delta.low, row.delta.high
        true = truth.get(row.dimension)
        enough = row.verdict is not RowVerdict.NOT_ENOUGH_DATA
        if row.headline and enough and true is not None and low is not None:
            held[row.dimension] = high is not None and low <= true <= high
    return held


def true_sizes(seed: int, strength: str) -> dict[str, Any]:
    """Each row's difference in a talk so long that chance hardly counts."""
    found = diff_snapshots(*_sides(seed, strength, N_TRUTH), seed=seed)
    return {
        c.dimension: c.delta.value
        for c in found.changes
        if c.headline and c.delta.value is not None and isfinite(c.delta.value)
    }


@cache
def no_difference() -> dict[str, Any]:
    """The true sizes where nothing changed, by the kind of delta of each row."""
    talk = build_talk(1, [Scene()] * 8)
    found = diff_snapshots(*two_snapshots(talk, talk.start(4)))
    ways = {"difference": 0.0, "ratio": 1.0}
    return {
        c.dimension: ways[c.delta.kind] for c in found.changes if c.delta.kind in ways
    }


DATES = ("none", "none, days alike", *(s for s in STRENGTHS if s != "half the goal"))
N_DATES = 40


def one_date(seed: int, kind: str) -> dict[str, Any]:
    """A search for an unknown date; the step, if any, lies at two fifths."""
    none = kind.startswith("none")
    before = 2 * (2 * N_DATES) // 5
    after = Scene() if none else Scene(voice=STRENGTHS[kind])
    scenes = [Scene()] * before + [after] * (2 * N_DATES - before)
    shape = Shape(rho=0.3) if kind.endswith("alike") else Shape()
    talk = build_talk(seed, scenes, shape)
    found = find_changes(measure_messages(_stored(list(talk.lines)), WHO), seed=seed)
    at = talk.start(before)
    points = found.change_points
    dates = firm_dates(Answer(changes=found))
    return {
        "n_dates": len(dates),
        "gradual": found.gradual,
        "n_candidates": len(points),
        "errors": []
        if none
        else [abs((d - at).total_seconds()) / 86_400 for d in dates],
        "in_range": any(
            p.low is not None and p.high is not None and p.low <= at <= p.high
            for p in points
        ),
    }
