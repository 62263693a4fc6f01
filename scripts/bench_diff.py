r"""How fast a period is measured and two are compared, and what memory that takes.

    python scripts/bench_diff.py [--messages 50000] [--words 40] [--json FILE]
    python scripts/bench_diff.py --only snapshot    # or diff, or whole
    python scripts/bench_diff.py --processes 1      # as from the Python interface

Figures are of this machine and this moment. The yardstick is one plain pass of
`re.findall(r"\w+")` over the very same texts in the same process: read the ratios,
which go by processor time, so that other programs count little. The talk is invented,
imported into a plain vault by a process of its own, and each part is measured in a
fresh process, as a command of the command line would run it: on one thread each, a
long talk in as many processes as there are cores. Memory is at most the sum of their
peaks; processor time is that of all together.
"""

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from persona_vault.model import Period
from persona_vault.snapshot.processes import usable_cores
from persona_vault.store.vault import Vault, open_vault

PERSONA = "Ava"
PART_OF_TALK = 40  # messages
FIRST = datetime(2023, 1, 2, 19, tzinfo=UTC)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


class Spent(NamedTuple):
    """What a piece of work took, in seconds; the processor's by all processes."""

    wall: float
    processor: float


def write_talk(path: Path, n_messages: int, n_words: int) -> datetime:
    """A talk of messages of so many words; returns the middle of it.

    Sentences of the demo's two sides, drawn anew for each message.
    """
    draw = random.Random(5)
    pools = _sentences(path.parent / "sentences")
    at = FIRST
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_messages):
            new = number % PART_OF_TALK == 0
            at += timedelta(hours=20) if new else timedelta(seconds=45)
            speaker = ("user", "persona")[number % 2]
            record = {
                "id": f"m{number:08x}",
                "conversation": f"talk-{number // PART_OF_TALK}",
                "speaker": speaker,
                "text": _message(pools[speaker], n_words, draw),
                "timestamp": at.isoformat(),
            }
            file.write(json.dumps(record) + "\n")
    return FIRST + (at - FIRST) / 2


def _sentences(folder: Path) -> dict[str, list[str]]:
    """Speaker -> different sentences."""
    # Here: each process that measures runs the head of this file again.
    from persona_vault.demo.null import TalkShape, generate_null  # noqa: PLC0415

    world = generate_null(folder, 1, TalkShape(n_blocks_before=150, n_blocks_after=150))
    found: dict[str, dict[str, None]] = {"user": {}, "persona": {}}
    for line in world.path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found[record["speaker"]] |= dict.fromkeys(_SENTENCE.split(record["text"]))
    return {speaker: list(texts) for speaker, texts in found.items()}


def _message(pool: list[str], n_words: int, draw: random.Random) -> str:
    words: list[str] = []
    while len(words) < n_words:
        words += draw.choice(pool).split()
    return " ".join(words[:n_words])


def _timed(work: Callable[[], Any]) -> tuple[Any, Spent]:
    wall, processor = time.perf_counter(), _processor()
    found = work()
    return found, Spent(time.perf_counter() - wall, _processor() - processor)


def _processor() -> float:
    return sum(os.times()[:4])


def _peak_mib(processes: int) -> float:
    """At most: as if all had their peak at once, and the largest child's."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak = own + processes * child if processes > 1 else own
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _yardstick(vault: Vault) -> Spent:
    """One plain pass over all words; the texts are read beforehand."""
    texts = [m.text for m in vault.messages(PERSONA)]
    word = re.compile(r"\w+")
    return _timed(lambda: sum(len(word.findall(text)) for text in texts))[1]


def _snapshot(folder: Path, _: datetime, processes: int) -> dict[str, Any]:
    from persona_vault.snapshot import take_snapshot, write_snapshot  # noqa: PLC0415

    with open_vault(folder / "vault") as vault:
        found, spent = _timed(
            lambda: take_snapshot(vault, PERSONA, processes=processes)
        )
        _, writing = _timed(lambda: write_snapshot(found, folder / "whole.pvs"))
        peak = _peak_mib(processes)
        return {
            "snapshot": spent,
            "writing": writing,
            "peak_mib": peak,
            "yardstick": _yardstick(vault),
        }


def _write_halves(folder: Path, middle: datetime, processes: int) -> None:
    from persona_vault.snapshot import take_snapshot, write_snapshot  # noqa: PLC0415

    with open_vault(folder / "vault") as vault:
        for name, period in (
            ("before", Period(until=middle)),
            ("after", Period(since=middle)),
        ):
            found = take_snapshot(vault, PERSONA, period, processes=processes)
            write_snapshot(found, folder / f"{name}.pvs")


def _diff(folder: Path, _: datetime, __: int) -> dict[str, Any]:
    from persona_vault.diff import diff_snapshots  # noqa: PLC0415
    from persona_vault.snapshot import read_snapshot  # noqa: PLC0415

    sides = [read_snapshot(folder / f"{name}.pvs") for name in ("before", "after")]
    _, spent = _timed(lambda: diff_snapshots(*sides))
    peak = _peak_mib(1)
    with open_vault(folder / "vault") as vault:
        return {"diff": spent, "peak_mib": peak, "yardstick": _yardstick(vault)}


def _whole(folder: Path, middle: datetime, processes: int) -> dict[str, Any]:
    from persona_vault.comparison import compare_periods  # noqa: PLC0415

    periods = Period(until=middle), Period(since=middle)
    with open_vault(folder / "vault") as vault:
        _, spent = _timed(
            lambda: compare_periods(vault, PERSONA, *periods, processes=processes)
        )
        peak = _peak_mib(processes)
        return {"whole": spent, "peak_mib": peak, "yardstick": _yardstick(vault)}


PARTS = {"snapshot": _snapshot, "diff": _diff, "whole": _whole}


def measure(
    n_messages: int, n_words: int, parts: list[str], processes: int
) -> dict[str, Any]:
    """Part -> what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        middle = write_talk(folder / "talk.jsonl", n_messages, n_words)
        _in_process("import", folder, middle, processes)
        if "diff" in parts:
            _in_process("halves", folder, middle, processes)
        return {part: _in_process(part, folder, middle, processes) for part in parts}


def _in_process(part: str, folder: Path, middle: datetime, processes: int) -> Any:
    """What a part gives in a process of its own: its peak is then its own."""
    asked = [part, str(folder), middle.isoformat()]
    done = subprocess.run(
        [sys.executable, __file__, "--processes", str(processes), "--part", *asked],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return json.loads(done.stdout)


def _run_part(part: str, folder: Path, middle: datetime, processes: int) -> None:
    if part == "import":
        from persona_vault.ingest import import_file  # noqa: PLC0415

        with open_vault(folder / "vault", create=True) as vault:
            import_file(vault, folder / "talk.jsonl", persona=PERSONA)
        print("null")
        return
    if part == "halves":
        _write_halves(folder, middle, processes)
        print("null")
        return
    print(json.dumps(PARTS[part](folder, middle, processes)))


def _print(found: dict[str, Any], n_messages: int, n_words: int) -> None:
    print(f"{n_messages:,} messages of {n_words} words, {os.cpu_count()} cores")
    if "snapshot" in found:
        _line("snapshot of all", found["snapshot"], "snapshot")
        rate = n_messages / found["snapshot"]["snapshot"][0]
        print(f"{'':27}{rate:8,.0f} messages/s")
        _line("writing its file", found["snapshot"], "writing")
    if "diff" in found:
        _line("diff of two snapshots", found["diff"], "diff")
    if "whole" in found:
        _line("the whole comparison", found["whole"], "whole")
    one_pass = [part["yardstick"][1] for part in found.values()]
    print(f"the yardstick: a pass of \\w+ takes {min(one_pass):.2f} s of processor")


def _line(what: str, part: dict[str, Any], key: str) -> None:
    wall, processor = part[key]
    ratio = processor / part["yardstick"][1]
    print(
        f"{what:27}{wall:8.1f} s{processor:8.1f} s of processor"
        f"{ratio:8.1f} passes of \\w+{part['peak_mib']:8.0f} MiB at most"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--words", type=int, default=40)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--only", choices=PARTS, action="append", default=[])
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        part, folder, middle = options.part
        at = datetime.fromisoformat(middle)
        _run_part(part, Path(folder), at, options.processes)
        return
    parts = options.only or list(PARTS)
    found = measure(options.messages, options.words, parts, options.processes)
    _print(found, options.messages, options.words)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
