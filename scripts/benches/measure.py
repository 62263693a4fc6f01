"""Figures: taken in rounds, held against a goal, never better than they were.

Standard library only, and never heavy: a process inherits its parent's peak of memory.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parent.parent / "bench.py"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a whole process took.

    Attributes:
        wall, processor: Seconds; the processor's None where the system does not tell.
        peak_mib: Most memory it held at once, None where the system does not tell.
    """

    wall: float
    processor: float | None
    peak_mib: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio, and the goal it is held against.

    Attributes:
        goal: Number in the list of goals, with a letter; "" for what has none.
        what: What is compared with what.
        ratios: One for each round.
        wanted: None where there is no goal.
        at_least: Whether `wanted` is the least or the most it may be.
        told: The absolute figures behind it.
    """

    goal: str
    what: str
    ratios: tuple[float, ...]
    wanted: float | None
    at_least: bool
    told: str

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """Whether the goal is met, else how far it is; "" without a goal."""
        if self.wanted is None:
            return ""
        if self.ratio >= self.wanted if self.at_least else self.ratio <= self.wanted:
            return "met"
        if not self.wanted or not self.ratio:
            return "not met"
        short = self.ratio / self.wanted
        return f"not met: {short:.2f} x the goal"

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON types."""
        return {
            "goal": self.goal,
            "what": self.what,
            "ratio": self.ratio,
            "ratios": list(self.ratios),
            "wanted": self.wanted,
            "at_least": self.at_least,
            "verdict": self.verdict,
            "told": self.told,
        }


def at_least(
    goal: str, what: str, ratios: Sequence[float], wanted: float, told: str = ""
) -> Figure:
    """A ratio that should be large."""
    return Figure(goal, what, tuple(ratios), wanted, True, told)


def at_most(
    goal: str, what: str, ratios: Sequence[float], wanted: float, told: str = ""
) -> Figure:
    """A ratio that should be small."""
    return Figure(goal, what, tuple(ratios), wanted, False, told)


def without_goal(what: str, ratios: Sequence[float], told: str = "") -> Figure:
    """A ratio to be known."""
    return Figure("", what, tuple(ratios), None, True, told)


def paired(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round, so that a slow moment of the machine hits both."""
    return [one / two for one, two in zip(above, below, strict=True)]


def spread(values: Sequence[float], unit: str = "", places: int = 2) -> str:
    """The median, and lowest and highest where there are several."""
    middle = f"{statistics.median(values):,.{places}f}"
    if len(values) > 1:
        low, high = min(values), max(values)
        middle += f" ({low:,.{places}f}-{high:,.{places}f})"
    return f"{middle} {unit}".rstrip()


def run_whole(command: Sequence[str], given: str | None = None) -> Spent:
    """Run a program to its end and account for it.

    Args:
        command: Program and arguments.
        given: For its standard input.

    Raises:
        RuntimeError: It failed; with the end of what it printed.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdin.write(given or "")
        process.stdin.close()
        said = process.stdout.read()
        used = _wait(process)
        wall = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{said[-3000:]}")
    return Spent(wall, *used)


def _wait(process: subprocess.Popen[str]) -> tuple[float | None, float | None]:
    """Processor seconds and peak memory of a process that has closed its output."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None, None
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, _as_mib(used.ru_maxrss)


def _as_mib(maxrss: float) -> float:
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def forget_peak() -> None:
    """Let `peak_mib` begin anew, at what is held now; only Linux can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mib() -> float | None:
    """Most memory this process held so far; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return _as_mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def run_task(name: str, **given: Any) -> dict[str, Any]:
    """What a task of `tasks_*` gives, run in a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--task", name],
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The task {name} failed; its own words stand above.")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def task_command(name: str, given: Mapping[str, Any]) -> tuple[list[str], str]:
    """Command and input of a task whose whole process is to be timed."""
    return [sys.executable, str(SCRIPT), "--task", name], json.dumps(given)
