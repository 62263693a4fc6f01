"""Looks for inputs that break the program, other ones at every run.

The suite tries the same few hundred cases of each kind every time. This tries new ones,
as many as asked for: spoiled exports of every format, forged snapshots, spoiled files.
What it finds is printed as a smallest case, to be kept in the tests as an example.

    python scripts/fuzz.py [--times 10]
    python scripts/fuzz.py --mutants 100000 [--minutes 60] [--keep FOLDER]

With --mutants the exports alone, by plain random numbers: several times faster, with
limits of time and memory for each file; what breaks is kept as a file.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _setup import ROOT, SetupError, ensure_environment

KEEP = Path(tempfile.gettempdir()) / "persona-vault-fuzz"
_MUTANTS = """
import sys
from pathlib import Path
root, n, seed, keep, minutes, words = sys.argv[1:]
sys.path[:0] = [str(Path(root) / "scripts"), root]
from torments.mutants import told
if __name__ == "__main__":
    sys.exit(told(int(n), int(seed), Path(keep), float(minutes), words))
"""


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 if nothing broke, 1 if something did, 2 if nothing could run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--times",
        type=int,
        default=10,
        metavar="N",
        help="how many times the cases of the suite (default 10)",
    )
    parser.add_argument("--seed", type=int, help="to see an earlier run again")
    parser.add_argument(
        "--mutants", type=int, metavar="N", help="spoiled files of each format, fast"
    )
    parser.add_argument("--minutes", type=float, default=1e9, metavar="N")
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("-k", metavar="WORDS", help="only tests that match, as pytest")
    options = parser.parse_args(arguments)
    try:
        python = str(ensure_environment(dev=True))
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    if options.mutants and os.name != "posix":
        print("Error: --mutants needs the timers of Linux or macOS.", file=sys.stderr)
        return 2
    if options.mutants:
        words = [options.mutants, seed, options.keep, options.minutes, options.k or ""]
        code = [python, "-c", _MUTANTS, str(ROOT), *map(str, words)]
        return subprocess.run(code, check=False).returncode
    print(f"Seed {seed}, {options.times} times the cases of the suite.", flush=True)
    tests = [python, "-m", "pytest", "-n", "2", "-m", "not slow", "tests/hostile"]
    tests += [f"--hypothesis-seed={seed}", "-p", "no:cacheprovider"]
    tests += ["-k", options.k] if options.k else []
    done = subprocess.run(
        tests,
        check=False,
        cwd=ROOT,
        env=os.environ
        | {
            "PERSONA_VAULT_CASES": "explore",
            "PERSONA_VAULT_TIMES": str(options.times),
            "PYTHONUTF8": "1",
            "OMP_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
    )
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
