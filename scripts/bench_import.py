"""How fast an import is, beside bare SQLite writing the same rows, and what it takes.

    python scripts/bench_import.py [--messages 100000] [--rounds 3] [--json FILE]
    python scripts/bench_import.py --chatgpt 200    # megabytes; that part alone

Figures are of this machine and this moment: read the ratios, which go by processor
time, so that other programs count little. Every round runs all cases once, so that a
busy moment hits all of them; the table shows medians. Memory is measured in a process
of its own for each size. The ChatGPT part imports invented exports, one file and
shards, of half the size and of the whole, each in a process of its own.
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

_WHOLE = "conversations.json"
SHARD = 100  # conversations in a shard, as in the exports of 2026
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


def write_chatgpt(place: Path, megabytes: float, *, sharded: bool) -> Path:
    """An invented ChatGPT export: `conversations.json`, or a folder of shards.

    As in real ones a node is mostly bookkeeping: about 1.5 KB for 40 words.
    """
    draw = random.Random(7)
    folder = place / "shards"
    folder.mkdir(parents=True)
    wanted = megabytes * 1_000_000
    names: list[str] = []
    n_bytes, number = 0, 0
    while n_bytes < wanted:
        name = f"conversations-{len(names):03d}.json" if sharded else _WHOLE
        names.append(name)
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write("[")
            n_here = 0
            while n_bytes < wanted and (n_here < SHARD or not sharded):
                text = json.dumps(_conversation(draw, number))
                file.write(("," if n_here else "") + text)
                n_bytes += len(text)
                number += 1
                n_here += 1
            file.write("]")
    if not sharded:
        return folder / names[0]
    files = {"files": names, "sharded": True}
    manifest = {"version": 1, "logical_files": {_WHOLE: files}}
    (folder / "export_manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def _conversation(draw: random.Random, number: int) -> dict[str, Any]:
    """Sixty messages in a row; every tenth question has an answer that was left."""
    at = 1_672_531_200 + number * 40_000
    mapping: dict[str, Any] = {
        "root": {"id": "root", "message": None, "parent": None, "children": []}
    }
    above = "root"
    for place in range(60):
        for copy in range(2 if place % 20 == 1 else 1):
            key = f"{number:08x}-{place:04x}-{copy:04x}-8000-000000000000"
            words = draw.choices(_WORDS, k=draw.randint(10, 70))
            mapping[key] = _node(key, above, " ".join(words), at + place * 60, place)
            mapping[above]["children"].append(key)
        above = f"{number:08x}-{place:04x}-0000-8000-000000000000"
    return {
        "title": f"Talk {number}",
        "create_time": at,
        "update_time": at + 3600,
        "mapping": mapping,
        "current_node": above,
        "conversation_id": f"talk-{number}",
        "default_model_slug": "model-a",
    }


def _node(key: str, above: str, text: str, at: float, place: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "request_id": f"request-{key}",
        "timestamp_": "absolute",
        "message_type": "next",
        "citations": [],
        "content_references": [],
        "finish_details": {"type": "stop", "stop_tokens": [200_002]},
        "padding": "a" * 500,
    }
    if place % 2:
        metadata["model_slug"] = "model-b"
    message = {
        "id": key,
        "author": {
            "role": "assistant" if place % 2 else "user",
            "name": None,
            "metadata": {},
        },
        "create_time": at,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": metadata,
        "recipient": "all",
        "channel": None,
    }
    return {"id": key, "message": message, "parent": above, "children": []}


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


def _measure_chatgpt(megabytes: float, shape: str) -> None:
    """Import one invented export; prints figures as one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = write_chatgpt(folder, megabytes, sharded=shape == "shards")
        with open_vault(folder / "vault", create=True) as vault:
            before = _peak_mib()
            reports: list[Any] = []
            spent = _timed(
                lambda: reports.append(import_file(vault, export, persona="Ava"))
            )
        (report,) = reports
        found = {
            "megabytes": megabytes,
            "shape": shape,
            "n_messages": report.n_messages_added,
            "n_conversations": report.n_conversations,
            "wall": spent.wall,
            "processor": spent.processor,
            "peak_mib_before": before,
            "peak_mib": _peak_mib(),
        }
    print(json.dumps(found))


def measure_chatgpt(megabytes: float) -> list[dict[str, Any]]:
    """Half the size and the whole, as one file and as shards."""
    found = []
    for shape in ("single", "shards"):
        for size in (megabytes / 2, megabytes):
            done = subprocess.run(
                [sys.executable, __file__, "--chatgpt-of", str(size), shape],
                check=True,
                capture_output=True,
                text=True,
            )
            found.append(json.loads(done.stdout))
    return found


def _print_chatgpt(found: list[dict[str, Any]]) -> None:
    for one in found:
        what = f"{one['megabytes']:5.0f} MB {one['shape']:7}"
        what += f"{one['n_messages']:9,} messages"
        print(
            f"{what}{one['wall']:8.1f} s{one['processor']:8.1f} s of processor"
            f"{one['peak_mib']:7.0f} MiB at most"
        )
    for half, whole in zip(found[::2], found[1::2], strict=True):
        ratio = whole["processor"] / half["processor"]
        print(f"twice as much, {whole['shape']}: {ratio:.2f} times the processor time")


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
    parser.add_argument("--chatgpt", type=float, metavar="MB", help="that part alone")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--chatgpt-of", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        _measure_memory(options.memory_of)
        return
    if options.chatgpt_of:
        _measure_chatgpt(float(options.chatgpt_of[0]), options.chatgpt_of[1])
        return
    if options.chatgpt:
        found = measure_chatgpt(options.chatgpt)
        _print_chatgpt(found)
        if options.json:
            options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
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
