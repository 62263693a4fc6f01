"""What a sweep is given, and the line of the table that it gives back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_SHOWN_MOST = 300  # letters of a fault that are printed


@dataclass(slots=True)
class Task:
    """One sweep's share of the run.

    Attributes:
        folder: Empty, its own.
        n: How many rounds are wanted.
        ends_at: When no further round is begun, by `time.monotonic`.
    """

    folder: Path
    n: int
    chance: Random
    ends_at: float

    def numbers(self, n: int | None = None) -> Iterator[int]:
        """0, 1, 2 as far as wanted and the time lasts; the first one always."""
        for number in range(self.n if n is None else n):
            if number and time.monotonic() > self.ends_at:
                return
            yield number

    def share(self, part: int, n_parts: int, n: int | None = None) -> Task:
        """The part-th (from 0) of several parts, with its share of the time left."""
        left = max(0.0, self.ends_at - time.monotonic()) / (n_parts - part)
        rounds = -(-self.n // n_parts) if n is None else n
        ends_at = time.monotonic() + left
        return Task(self.folder, max(1, rounds), self.chance, ends_at)


@dataclass(slots=True)
class Row:
    """One line of the table.

    Attributes:
        losses: What was lost, doubled, half there, or would not open.
        leaks: Where something stood that must not.
        tracebacks: Ends without one clean sentence.
        told: What else is worth a word.
    """

    sweep: str
    what: str
    rounds: int = 0
    losses: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    seconds: float = 0.0
    told: str = ""
    began: float = field(default_factory=time.monotonic)

    def done(self, told: str = "") -> Row:
        """The row with its time and its last word."""
        self.seconds = time.monotonic() - self.began
        self.told = told or self.told
        return self

    @property
    def n_wrong(self) -> int:
        """Everything that may not be."""
        return len(self.losses) + len(self.leaks) + len(self.tracebacks)

    def faults(self) -> Iterator[str]:
        """Each thing that was wrong, in one line."""
        for kind in ("losses", "leaks", "tracebacks"):
            for one in getattr(self, kind):
                said = " ".join(one.split())[:_SHOWN_MOST]
                yield f"{self.sweep}, {self.what}: {kind}: {said}"


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as Markdown."""
    yield "| sweep | what | rounds | losses | leaks | tracebacks | s | |"
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    for row in rows:
        counts = (row.rounds, len(row.losses), len(row.leaks), len(row.tracebacks))
        cells = " | ".join(f"{n:,}" for n in counts)
        yield (
            f"| {row.sweep} | {row.what} | {cells} | {row.seconds:.0f} | {row.told} |"
        )
