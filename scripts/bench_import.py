"""How fast an import is, beside bare SQLite writing the same rows, and what it takes.

    python scripts/bench_import.py [--messages 100000] [--rounds 3] [--json FILE]

Figures are of this machine and this moment: read the ratios. Every round runs all
cases once, so that a busy moment hits all of them; the table shows medians. Memory is
measured in one process for each size.
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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlcipher3

from persona_vault.ingest import import_file
from persona_vault.store.vault import open_vault

PASSPHRASE = "a passphrase of the bench"  # noqa: S105 - the vault lives for seconds
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


def import_into(folder: Path, talk: Path, *, encrypted: bool) -> tuple[float, float]:
    """Seconds of a first import and of the same file again."""
    secret = PASSPHRASE if encrypted else None
    with open_vault(folder, create=True, passphrase=secret) as vault:
        first = _timed(lambda: import_file(vault, talk, persona="Ava"))
        again = _timed(lambda: import_file(vault, talk, persona="Ava"))
    return first, again


def _timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def bare_insert(folder: Path, vault: Path) -> tuple[float, float]:
    """Seconds in which bare SQLite writes the vault's rows, journal off, one go.

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
) -> float:
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

    seconds = _timed(write)
    connection.close()
    return seconds


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
            import_file(vault, small, persona="Ava")
            before = _peak_mib()
            import_file(vault, large, persona="Ava")
            print(before, _peak_mib())


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def measure(n_messages: int, rounds: int) -> dict[str, float]:
    """Messages per second of every case, medians over the rounds."""
    found: dict[str, list[float]] = {}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            talk = folder / "talk.jsonl"
            write_talk(talk, n_messages, seed=number)
            plain = import_into(folder / "plain", talk, encrypted=False)
            keyed = import_into(folder / "keyed", talk, encrypted=True)
            bare = bare_insert(folder, folder / "plain")
            names = (
                "bare SQLite, message rows only, no index",
                "bare SQLite, the vault's rows, indexes and full text",
                "import, plain vault",
                "the same file again, plain vault",
                "import, encrypted vault",
                "the same file again, encrypted vault",
            )
            for case, seconds in zip(names, (*bare, *plain, *keyed), strict=True):
                found.setdefault(case, []).append(n_messages / seconds)
    return {case: statistics.median(rates) for case, rates in found.items()}


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
    rates = measure(options.messages, options.rounds)
    only_rows, all_rows, *_ = rates.values()
    print(
        f"{options.messages:,} messages, {options.rounds} rounds, {os.cpu_count()} cores"
    )
    print(f"{'':54}{'messages/s':>11}{'of rows':>9}{'of all':>8}")
    for case, rate in rates.items():
        print(f"{case:54}{rate:11,.0f}{rate / only_rows:9.2f}{rate / all_rows:8.2f}")
    memory = {n: peak_memory(n) for n in (options.messages // 4, options.messages)}
    for n, (before, after) in memory.items():
        print(
            f"peak memory, {n:,} messages: {after:.0f} MiB, {after - before:+.0f} MiB"
        )
    if options.json:
        figures = {"messages_per_second": rates, "peak_mib": memory}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
