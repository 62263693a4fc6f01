"""How fast an import is, beside bare SQLite writing the same rows, and what it takes.

    python scripts/bench_import.py [--messages 100000] [--rounds 3] [--json FILE]

Figures are of this machine and this moment: read the ratios, which go by processor
time, so that other programs count little. Every round runs all cases once, so that a
busy moment hits all of them; the table shows medians. Memory is measured in a process
of its own for each size.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlcipher3

from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.ingest import import_file
from persona_vault.model import ReadOptions
from persona_vault.store.vault import open_vault

PASSPHRASE = "a passphrase of the bench"  # noqa: S105 - the vault lives for seconds
_CASES = (
    "bare SQLite, message rows only, no index",
    "bare SQLite, the vault's rows, indexes and full text",
    "import, plain vault",
    "the same file again, plain vault",
    "import, encrypted vault",
    "the same file again, encrypted vault",
    "reading the file, nothing stored",
)
_WORDS = (
    "I was thinking about the garden and what you said when it rained last night so "
    "maybe we could read a little more of that book tomorrow after tea if you like "
    "because it made me laugh and then we both went quiet for a while did you sleep"
).split()


def write_talk(path: Path, n_messages: int, seed: int) -> None:
    """An invented talk of about 20 words a message as JSON Lines."""
    draw = random.Random(seed)
    at = datetime(2023, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_messages):
            at += timedelta(seconds=draw.randint(5, 600))
            words = draw.choices(_WORDS, k=draw.randint(3, 40))
            record = {
                "id": f"{seed}-{number:08x}",
                "role": "assistant" if number % 2 else "user",
                "name": "Ava" if number % 2 else "Sam",
                "text": f"{' '.join(words)} {number}",
                "timestamp": at.isoformat().replace("+00:00", "Z"),
            }
            file.write(json.dumps(record) + "\n")


class Spent(NamedTuple):
    """What a piece of work took, in seconds."""

    wall: float
    processor: float


def import_into(folder: Path, talk: Path, *, encrypted: bool) -> tuple[Spent, Spent]:
    """What a first import takes, and the same file again."""
    secret = PASSPHRASE if encrypted else None
    with open_vault(folder, create=True, passphrase=secret) as vault:
        first = _timed(lambda: import_file(vault, talk, persona="Ava"))
        again = _timed(lambda: import_file(vault, talk, persona="Ava"))
    return first, again


def read_only(talk: Path) -> Spent:
    """What the importer takes, with nothing stored."""

    def read() -> None:
        with Source.open(talk) as source:
            reader = find_importer(source, ReadOptions())
            deque(reader.read(source, ReadOptions()), maxlen=0)

    return _timed(read)


def _timed(work: Callable[[], Any]) -> Spent:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def bare_insert(folder: Path, vault: Path) -> tuple[Spent, Spent]:
    """What bare SQLite takes for the vault's rows, journal off, in one go.

    Returns:
        The message rows alone; then all rows of all tables and the full-text index,
        with the vault's own keys and indexes.
    """
    origin = sqlcipher3.connect(str(vault / "vault.db"))
    schema = origin.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite_%' AND name NOT GLOB 'message_fts_*'"
    ).fetchall()
    names = [name for kind, name, _ in schema if kind == "table"]
    rows = {
        name: origin.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
        for name in names
        if name != "message_fts"
    }
    origin.close()
    alone = _bare(
        folder / "alone.db", [_plain_table(rows)], {"message": rows["message"]}
    )
    statements = [sql for _, _, sql in schema]
    everything = _bare(folder / "all.db", statements, rows, full_text=True)
    return alone, everything


def _plain_table(rows: dict[str, list[Any]]) -> str:
    columns = ", ".join(f"c{i}" for i in range(len(rows["message"][0])))
    return f"CREATE TABLE message ({columns})"


def _bare(
    path: Path,
    statements: list[str],
    rows: dict[str, list[Any]],
    *,
    full_text: bool = False,
) -> Spent:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    for statement in statements:
        connection.execute(statement)

    def write() -> None:
        connection.execute("BEGIN")
        for name, values in rows.items():
            if values:
                marks = ", ".join("?" * len(values[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)  # noqa: S608
        if full_text:
            connection.execute("INSERT INTO message_fts(message_fts) VALUES('rebuild')")
        connection.execute("COMMIT")

    spent = _timed(write)
    connection.close()
    return spent


def peak_memory(n_messages: int) -> tuple[float, float]:
    """Peak resident MiB of a process before and after importing so many messages."""
    done = subprocess.run(
        [sys.executable, __file__, "--memory-of", str(n_messages)],
        check=True,
        capture_output=True,
        text=True,
    )
    before, after = done.stdout.split()
    return float(before), float(after)


def _measure_memory(n_messages: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "small.jsonl", folder / "large.jsonl"
        write_talk(small, 100, seed=1)
        write_talk(large, n_messages, seed=2)
        with open_vault(folder / "vault", create=True) as vault:
            import_file(vault, small, persona="Noor")
            before = _peak_mib()
            import_file(vault, large, persona="Ava")
            print(before, _peak_mib())


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def measure(n_messages: int, rounds: int) -> dict[str, Spent]:
    """What each case takes, medians over the rounds."""
    found: dict[str, list[Spent]] = {}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            talk = folder / "talk.jsonl"
            write_talk(talk, n_messages, seed=number)
            plain = import_into(folder / "plain", talk, encrypted=False)
            keyed = import_into(folder / "keyed", talk, encrypted=True)
            bare = bare_insert(folder, folder / "plain")
            cases = (*bare, *plain, *keyed, read_only(talk))
            for case, spent in zip(_CASES, cases, strict=True):
                found.setdefault(case, []).append(spent)
    return {
        case: Spent(
            statistics.median(one.wall for one in spent),
            statistics.median(one.processor for one in spent),
        )
        for case, spent in found.items()
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        _measure_memory(options.memory_of)
        return
    n = options.messages
    # First: a process inherits its parent's peak.
    memory = {size: peak_memory(size) for size in (n // 4, n)}
    spent = measure(n, options.rounds)
    only_rows, all_rows, *_ = spent.values()
    print(f"{n:,} messages, {options.rounds} rounds, {os.cpu_count()} cores")
    print(f"{'':54}{'messages/s':>11}{'of rows':>9}{'of all':>8}")
    for case, one in spent.items():
        of_rows = only_rows.processor / one.processor
        of_all = all_rows.processor / one.processor
        print(f"{case:54}{n / one.wall:11,.0f}{of_rows:9.2f}{of_all:8.2f}")
    for size, (before, after) in memory.items():
        grown = after - before
        print(f"peak memory, {size:,} messages: {after:.0f} MiB, {grown:+.0f} MiB")
    if options.json:
        seconds = {case: one._asdict() for case, one in spent.items()}
        figures = {"n_messages": n, "seconds": seconds, "peak_mib": memory}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
