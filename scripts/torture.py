"""What no crash, full disk, rot, crowd or bad file may cost: sweeps, and one table.

    python3 scripts/torture.py
    python3 scripts/torture.py --only kill,disk --scale 0.2
    python3 scripts/torture.py --minutes 20 --json figures.json

Runs the real command line in processes of its own and ends it by SIGKILL at random
moments and at chosen system calls, takes its disk away, flips bits, lets several
processes at one vault, looks for words where none may stand, and follows its system
calls. Exits with 1 where anything was lost, leaked, or ended in a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parent.parent))

from _setup import VENV, SetupError, ensure_environment

if TYPE_CHECKING:
    from torments.rows import Row

# name -> (module, rounds at scale 1, share of the time where it is limited)
SWEEPS = {
    "kill": ("kills", 300, 6),
    "disk": ("disk", 40, 6),
    "flips": ("rot", 3_000, 2),
    "two": ("kills", 90, 3),
    "power": ("kills", 80, 2),
    "processes": ("crowd", 50, 2),
    "needles": ("secrecy", 20, 2),
    "forget": ("secrecy", 20, 1),
    "order": ("system", 1, 1),
    "offline": ("system", 1, 1),
    "inputs": ("inputs", 1_000_000, 1),
}

_OWN_SIZE = ("flips", "inputs")


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 if nothing was lost, 1 if something was, 2 if nothing could run."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _options(arguments)
    if Path(sys.prefix).resolve() != VENV.resolve():
        return _again_inside(arguments)
    from torments.rows import table  # noqa: PLC0415 - needs the environment

    seed = options.seed if options.seed is not None else int(time.time())
    rows = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for row in _sweep(options, seed):
            rows.append(row)
            head = f"{row.sweep}: {row.what}: {row.rounds} rounds"
            print(head, *row.faults(), sep="\n  ", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("Stopped: what was done until now.\n")
    about = _about(seed)
    print("\n".join(f"{name}: {value}" for name, value in about.items()) + "\n")
    print("\n".join(table(rows)))
    faults = [fault for row in rows for fault in row.faults()]
    print(f"\n{len(faults)} faults in {sum(row.rounds for row in rows):,} rounds.")
    print("\n".join(faults))
    if options.json:
        body: dict[str, Any] = {**about, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return 1 if faults else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", metavar="SWEEPS", help=f"some of {','.join(SWEEPS)}")
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--rounds", type=int, metavar="N", help="rounds of each sweep")
    many.add_argument(
        "--scale", type=float, default=1.0, metavar="F", help="times them"
    )
    add("--messages", type=int, metavar="N", help="in the talk of each vault")
    add("--minutes", type=float, metavar="N", help="after which no round is begun")
    add("--seed", type=int, help="to see an earlier run's choices again")
    add("--json", type=Path, metavar="FILE", help="write the rows here as well")
    options = parser.parse_args(arguments)
    unknown = set((options.only or "kill").split(",")) - {*SWEEPS}
    if unknown:
        parser.error(f"there is no sweep {', '.join(sorted(unknown))}")
    return options


def _again_inside(arguments: list[str]) -> int:
    """The same call in the project's environment, which is made first if needed."""
    try:
        python = ensure_environment(dev=True)
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    command = [str(python), str(Path(__file__).resolve()), *arguments]
    return subprocess.run(command, check=False).returncode


def _sweep(options: argparse.Namespace, seed: int) -> Iterator[Row]:
    from torments.rows import Task  # noqa: PLC0415

    names = [n for n in SWEEPS if n in (options.only or ",".join(SWEEPS)).split(",")]
    seconds = options.minutes * 60 if options.minutes else float("inf")
    ends_at = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="persona-vault-torture-") as base:
        for at, name in enumerate(names):
            module, rounds, weight = SWEEPS[name]
            left = sum(SWEEPS[later][2] for later in names[at:])
            share = (ends_at - time.monotonic()) * weight / left
            n = options.rounds or max(1, round(rounds * options.scale))
            folder = Path(base, name)
            folder.mkdir(mode=0o700)
            task = Task(folder, n, Random(f"{seed} {name}"), time.monotonic() + share)
            sweep = getattr(import_module(f"torments.{module}"), name)
            size = options.messages if name not in _OWN_SIZE else None
            yield from sweep(task, **({"n_messages": size} if size else {}))


def _about(seed: int) -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415

    import sqlcipher3  # noqa: PLC0415

    names = ("persona-vault", "sqlcipher3", "SQLAlchemy", "cryptography")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{platform.system()} {platform.release()}, {os.cpu_count()} cores",
        "versions": f"Python {platform.python_version()}, {versions}, SQLite"
        f" {sqlcipher3.sqlite_version}",
        "seed": str(seed),
    }


if __name__ == "__main__":
    sys.exit(main())
