"""Many runs within a time budget: kept as they come, a stopped one goes on.

The first seed of every job is run before the second of any, and then each job goes on
in proportion to its number of runs, so that a table of a short time has all its rows.
Results are lines of JSON, one file a job; what was kept is not
run again.
"""

import json
import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be run once for each seed; `run` must be picklable."""

    name: str
    run: Callable[[int], Result]
    n_runs: int


@dataclass(slots=True)
class Keeper:
    """The folder of results.

    Attributes:
        folder: Holds a file for each job.
        label: Version, code and first seed of the runs; a folder of another label is
            refused, since a table must not mix them.
    """

    folder: Path
    label: str
    kept: dict[str, dict[int, Result]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        mark = self.folder / "label.txt"
        if mark.exists() and mark.read_text(encoding="utf-8").strip() != self.label:
            raise SystemExit(
                f"{self.folder} holds results of other code or another seed:"
                f" {mark.read_text(encoding='utf-8').strip()}, not {self.label}."
                " Name another folder."
            )
        mark.write_text(f"{self.label}\n", encoding="utf-8")

    def of(self, job: str) -> dict[int, Result]:
        """Seed -> result, as far as there are any; read once."""
        if job not in self.kept:
            self.kept[job] = {row["seed"]: row for row in self._lines(job)}
        return self.kept[job]

    def keep(self, job: str, seed: int, result: Result) -> None:
        """One more result, on disk at once."""
        row = {"seed": seed, **result}
        self.of(job)[seed] = row
        with self._path(job).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _path(self, job: str) -> Path:
        name = "".join(c if c.isalnum() else "_" for c in job)
        return self.folder / f"{name}.jsonl"

    def _lines(self, job: str) -> Iterator[Result]:
        path = self._path(job)
        if not path.exists():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:  # the last line of a run that was killed
                continue


def run_jobs(
    jobs: Sequence[Job],
    keeper: Keeper,
    *,
    seed: int,
    minutes: float | None,
    n_workers: int,
) -> bool:
    """Run what is not yet kept; whether everything was done in time.

    Args:
        jobs: What to run.
        keeper: Where results stand.
        seed: The first one.
        minutes: After which no run is begun; None = no bound.
        n_workers: Processes; 0 = in this one.
    """
    ends = None if minutes is None else time.monotonic() + 60 * minutes
    left = _wanted(jobs, keeper, seed)
    n_all = len(left)
    if not left:
        return True
    if n_workers == 0:
        for done, (job, at) in enumerate(left):
            if ends is not None and time.monotonic() >= ends:
                return False
            keeper.keep(job.name, at, timed(job.run, at))
            _tell(done + 1, n_all)
        return True
    return _in_pool(left, keeper, ends, n_workers)


def _wanted(jobs: Sequence[Job], keeper: Keeper, seed: int) -> list[tuple[Job, int]]:
    """What is left, each job as far along as any other at any time."""
    left = [
        (i / job.n_runs, place, job, seed + i)
        for place, job in enumerate(jobs)
        for i in range(job.n_runs)
        if seed + i not in keeper.of(job.name)
    ]
    return [(job, at) for _, _, job, at in sorted(left, key=lambda cell: cell[:2])]


def _in_pool(
    left: list[tuple[Job, int]], keeper: Keeper, ends: float | None, n_workers: int
) -> bool:
    queue = iter(left)
    running: dict[Future[Result], tuple[Job, int]] = {}
    spawn = multiprocessing.get_context("spawn")
    done, in_time = 0, True
    with ProcessPoolExecutor(n_workers, mp_context=spawn) as pool:
        while True:
            # Only as many are handed over as can begin: the rest may never be begun.
            while len(running) < n_workers:
                if ends is not None and time.monotonic() >= ends:
                    in_time = next(queue, None) is None and in_time
                    break
                following = next(queue, None)
                if following is None:
                    break
                running[pool.submit(timed, following[0].run, following[1])] = following
            if not running:
                return in_time
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, at = running.pop(future)
                keeper.keep(job.name, at, future.result())
                done += 1
                _tell(done, len(left))


def timed(run: Callable[[int], Result], seed: int) -> Result:
    """The result with its seconds, of the clock and of work; a failure is kept."""
    began, busy = time.monotonic(), time.process_time()
    try:
        found = run(seed)
    except Exception:  # noqa: BLE001 - one bad run must not end a night's table
        found = {"failed": traceback.format_exc(limit=-3)}
    return {
        **found,
        "seconds": round(time.monotonic() - began, 2),
        "cpu": round(time.process_time() - busy, 2),
    }


def _tell(done: int, n_all: int) -> None:
    sys.stderr.write(f"\r{done} of {n_all} runs ")
    sys.stderr.flush()
