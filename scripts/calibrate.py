"""How often the comparison raises a false alarm, and how often it sees a change.

Tables over invented talks whose truth is known, made by `scripts/worlds` and by the
demo, neither of which shares a rule or a word list with what is calibrated:

    worlds  planted worlds and their mirror images: said what it must, what it must not
    null    nothing changed; talks that hang together in different ways
    power   named rows, signs and intervals by size of the change and amount of text
    dates   unknown dates: how far from the truth, and how often one is made up
    demo    the demo's planted update and its planted shift of the user's side alone
    goals   each goal that was set, met or how far from it, from all results kept

    python scripts/calibrate.py [worlds] [null] [power] [dates] [demo] [goals]
        [--minutes 60] [--keep DIR] [--workers 2] [--seed 1] [-o calibration.md]

Needs the project's environment (`python3 scripts/test.py` makes it). With a folder to
keep results in, a stopped run goes on where it was; a table can be printed from what is
kept by `--minutes 0`. A folder of other code, libraries or seeds is refused; the code
that counts is what a run can reach (`worlds/code.py`). The page names code, versions,
seed, date and runs as it goes into DESIGN.md, where the last tables stand.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from worlds.catalogue import WORLDS
from worlds.code import fingerprint, versions
from worlds.demo_runs import demo_table
from worlds.goals import goal_table
from worlds.jobs import PARTS, jobs_of, truths_of
from worlds.schedule import Job, Keeper, run_jobs
from worlds.tables import (
    coverage_line,
    date_table,
    null_table,
    power_table,
    time_line,
    world_table,
    wrong_sentences,
)

from persona_vault import __version__

TABLES: dict[str, tuple[str, Callable[[Keeper], Iterator[str]]]] = {
    "worlds": ("Planted worlds", world_table),
    "null": ("Nothing changed", null_table),
    "power": ("Planted changes by size and amount of text", power_table),
    "dates": ("The date unknown", date_table),
    "demo": ("The demo", demo_table),
    "goals": ("The goals, counted from all parts", goal_table),
}


def main() -> None:
    """Run what was asked for, as far as the time goes, and print its tables."""
    options = _options()
    parts = options.parts or list(PARTS)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="calibration-"))
    keeper = Keeper(folder, _label(options))
    runs = {part: options.runs or n for part, n in PARTS.items()}
    began = datetime.now(UTC)
    jobs = _jobs(parts, runs, keeper, options)
    done = run_jobs(
        jobs,
        keeper,
        seed=options.seed,
        minutes=options.minutes,
        n_workers=options.workers,
    )
    text = "\n".join(_page(parts, jobs, keeper, began, done))
    print(text)
    if options.output:
        options.output.write_text(f"{text}\n", encoding="utf-8")


def _label(options: argparse.Namespace) -> str:
    """What the results are results of: the code itself, not only its version."""
    model = ", with the sentence model" if options.model else ""
    return (
        f"persona-vault {__version__}, code {fingerprint()}, {versions()}, first seed"
        f" {options.seed}{model}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], help="none = all of them"
    )
    parser.add_argument("--minutes", type=float, help="after which no run is begun")
    parser.add_argument("--runs", type=int, help="seeds of each row of the tables")
    parser.add_argument(
        "--only", action="append", default=[], choices=WORLDS, help="one world's name"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="folder for results; resumes from it")
    parser.add_argument(
        "--model",
        action="store_true",
        help="with the packaged sentence model; its vectors are kept in the folder",
    )
    parser.add_argument("-o", "--output", type=Path, help="also write the tables here")
    return parser.parse_args()


def _jobs(
    parts: list[str], runs: dict[str, int], keeper: Keeper, options: argparse.Namespace
) -> list[Job]:
    truths = {}
    if "power" in parts and options.minutes != 0:
        truths = truths_of(keeper, options.seed, options.workers)
    vectors = (keeper.folder / "vectors.sqlite").resolve() if options.model else None
    return jobs_of(parts, runs, vectors=vectors, truths=truths, only=options.only)


def _page(
    parts: list[str], jobs: list[Job], keeper: Keeper, began: datetime, done: bool
) -> Iterator[str]:
    yield f"{keeper.label}, {began:%d %B %Y}."
    planned = ", ".join(f"{part} {n}" for part, n in _planned(jobs, parts).items())
    yield f"Runs planned for each row: {planned}."
    if not done:
        yield "The time ended first: some rows have fewer runs than planned."
    yield "Shares stand with their 95 % interval after Wilson."
    for part in parts:
        title, table = TABLES[part]
        yield from ("", f"### {title}", "", *table(keeper))
        if part == "worlds":
            yield from ("", "What was said wrongly, first seed each:", "")
            yield from wrong_sentences(keeper)
        if part == "power":
            yield from ("", *coverage_line(keeper))
    yield from ("", *time_line(keeper, [job.name for job in jobs]))


def _planned(jobs: list[Job], parts: list[str]) -> dict[str, int]:
    """Part -> seeds of each of its rows."""
    kinds = {part: jobs_of([part], PARTS, vectors=None, truths={}) for part in parts}
    runs = {job.name: job.n_runs for job in jobs}
    return {
        part: max((runs.get(job.name, 0) for job in mine), default=0)
        for part, mine in kinds.items()
    }


if __name__ == "__main__":
    main()
