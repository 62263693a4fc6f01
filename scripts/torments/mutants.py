"""Many spoiled exports, fast: plain random numbers instead of Hypothesis.

Each case is one file, read as `import` would read it; it must end in records or in an
error of ours, within two seconds, and may not make the process grow by 500 MB. What
breaks that is kept as a file, to become a case of the tests.
"""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from types import FrameType

from persona_vault.model import ReadOptions
from tests.hostile.exports import FORMATS, NAMES, read_or_refuse, spoiled_export
from tests.hostile.mutations import Rolled

LONGEST = 2.0  # seconds of one case
MOST_GROWTH = 500 * 1024**2
_BATCH = 500
_ANY_READER = 3  # one case in so many is read by a reader that it is not meant for
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


class TooLongError(BaseException):
    """A case took longer than it may; no reader catches it."""


@dataclass(slots=True)
class Mutants:
    """What became of the cases of one format.

    Attributes:
        n: Cases.
        n_read: Of these, read to their end; the others were refused.
        slowest: Seconds of processor.
        findings: What broke, and the file kept of it.
    """

    format_: str
    n: int = 0
    n_read: int = 0
    slowest: float = 0.0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Mutants) -> None:
        """Join what became of further cases."""
        self.n += other.n
        self.n_read += other.n_read
        self.slowest = max(self.slowest, other.slowest)
        self.findings += other.findings


def sweep(
    n: int, seed: int, keep: Path, *, formats: Sequence[str] = (), minutes: float = 1e9
) -> Iterator[Mutants]:
    """So many cases of each format, in two processes; each format when it is done."""
    ends = time.time() + 60 * minutes
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for format_ in formats or FORMATS:
            found = Mutants(format_)
            batches = [
                pool.submit(_batch, f"{seed} {format_} {at}", n - at, keep, ends)
                for at in range(0, n, _BATCH)
            ]
            for batch in as_completed(batches):
                found.add(batch.result())
            yield found


def _batch(seed: str, n: int, keep: Path, ends: float) -> Mutants:
    """The next cases of a format; `seed` is the run's, the format, and the first."""
    _, format_, first = seed.split()
    found = Mutants(format_)
    chance = Rolled(seed)
    signal.signal(signal.SIGALRM, _too_long)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(min(n, _BATCH)):
            if time.time() > ends:
                break
            name, data, options = spoiled_export(chance, format_)
            reader = None if chance.below(_ANY_READER) else chance.pick(NAMES)
            path = Path(folder) / name
            path.write_bytes(data)
            if broken := _examine(found, path, options, reader):
                keep.mkdir(parents=True, exist_ok=True)
                kept = keep / f"{format_}-{first}-{number}-{name}"
                kept.write_bytes(data)
                found.findings.append(f"{broken} (reader {reader}): {kept}")
    return found


def _examine(
    found: Mutants, path: Path, options: ReadOptions, reader: str | None
) -> str:
    """One case; what it broke, or ""."""
    began, held = time.process_time(), _held()
    broken = ""
    signal.setitimer(signal.ITIMER_REAL, 10 * LONGEST)  # others may be busy
    try:
        found.n_read += read_or_refuse(path, options, reader)
    except TooLongError:
        broken = "did not end"
    except BaseException as error:  # noqa: BLE001 - that is what is sought
        place = traceback.extract_tb(error.__traceback__)[-1]
        broken = f"{type(error).__name__}, {Path(place.filename).name}:{place.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    took, grown = time.process_time() - began, _held() - held
    found.n += 1
    found.slowest = max(found.slowest, took)
    if not broken and took > LONGEST:
        broken = f"took {took:.1f} s"
    if not broken and grown > MOST_GROWTH:
        broken = f"took {grown / 1024**2:.0f} MB"
    return broken


def _held() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TooLongError


def told(n: int, seed: int, keep: Path, minutes: float, words: str) -> int:
    """Run it and print a row a format; 1 where something broke."""
    formats = [name for name in FORMATS if words in name]
    print(f"Seed {seed}; up to {n:,} of each of {len(formats)} formats.\n")
    print("| format | files | read to the end | slowest, s | broken |")
    print("|---|---:|---:|---:|---:|")
    rows = []
    for row in sweep(n, seed, keep, formats=formats, minutes=minutes):
        rows.append(row)
        print(
            f"| {row.format_} | {row.n:,} | {row.n_read:,} | {row.slowest:.2f} |"
            f" {len(row.findings)} |",
            flush=True,
        )
    findings = [one for row in rows for one in row.findings]
    print(f"\n{len(findings)} broken of {sum(row.n for row in rows):,} files.")
    for one in findings:
        print(f"  {one}")
    return int(bool(findings))
