"""What the calibration runs: worlds, nulls, power, dates, each once for every seed."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from worlds.asking import ask, judge
from worlds.catalogue import NULLS, WORLDS
from worlds.demo_runs import one_demo
from worlds.goals import goal_jobs
from worlds.gradings import (
    DATES,
    GRADES,
    STRENGTHS,
    Grade,
    one_date,
    one_grade,
    true_sizes,
)
from worlds.nulls import one_null
from worlds.schedule import Job, Keeper, Result, run_jobs

# Part -> seeds of a full table.
PARTS = {"worlds": 10, "null": 60, "power": 20, "dates": 20, "demo": 6, "goals": 20}


def one_world(
    seed: int, name: str, *, small: bool = False, vectors: Path | None = None
) -> Result:
    """One world by one seed: what was said of it, held against the truth."""
    planted = WORLDS[name].make(seed, small=small)
    return judge(planted, ask(planted, seed=seed, vectors=vectors))


def jobs_of(
    parts: Sequence[str],
    runs: dict[str, int],
    *,
    vectors: Path | None,
    truths: dict[str, dict[str, Any]],
    only: Sequence[str] = (),
) -> list[Job]:
    """The jobs of these parts.

    Args:
        parts: Of `PARTS`.
        runs: Part -> seeds.
        vectors: Where the sentence model's vectors are kept, None = no model.
        truths: Strength -> row -> true difference, see `truths_of`.
        only: Names of worlds; () = all of them.
    """
    jobs: list[Job] = []
    if "worlds" in parts:
        for name in WORLDS:
            if not only or name in only:
                run = functools.partial(one_world, name=name, vectors=vectors)
                jobs.append(Job(name, run, runs["worlds"]))
    if "null" in parts:
        for name in NULLS:
            jobs.append(Job(name, functools.partial(one_null, name=name), runs["null"]))
    if "power" in parts:
        jobs += [_grade_job(g, runs["power"], truths) for g in GRADES]
    if "dates" in parts:
        jobs += [
            Job(f"dates {kind}", functools.partial(one_date, kind=kind), runs["dates"])
            for kind in DATES
        ]
    if "demo" in parts:
        jobs.append(Job("demo", one_demo, runs["demo"]))
    if "goals" in parts:
        jobs += goal_jobs(runs["goals"])
    return jobs


def _grade_job(grade: Grade, n: int, truths: dict[str, dict[str, Any]]) -> Job:
    truth = truths.get(grade.strength, {})
    return Job(grade.name, functools.partial(one_grade, grade=grade, truth=truth), n)


def truths_of(keeper: Keeper, seed: int, n_workers: int) -> dict[str, dict[str, Any]]:
    """The true sizes for each strength, from one long talk each; kept like a run."""
    jobs = [
        Job(f"truth {name}", functools.partial(one_truth, strength=name), 1)
        for name in STRENGTHS
    ]
    run_jobs(jobs, keeper, seed=seed, minutes=None, n_workers=n_workers)
    found = {name: keeper.of(f"truth {name}").get(seed, {}) for name in STRENGTHS}
    return {name: result.get("sizes", {}) for name, result in found.items()}


def one_truth(seed: int, strength: str) -> Result:
    """The true sizes of one strength."""
    # Another seed than any of the runs that are held against it.
    return {"sizes": true_sizes(seed + 1_000_000, strength)}
