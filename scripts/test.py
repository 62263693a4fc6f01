"""Runs every check of the project and says in one line each how it went.

The environment is made first if it is absent; all checks run even if one fails, the
tests last, so that pytest's own closing lines stay in sight.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _setup import ROOT, SetupError, ensure_environment, venv_program


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 if every check passed, 1 if one failed, 2 if none could run."""
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--fast",
        action="store_true",
        help="only ruff and the tests, and stop at the first test that fails",
    )
    choice.add_argument(
        "--slow", action="store_true", help="also the tests marked slow"
    )
    parser.add_argument("-k", metavar="WORDS", help="only tests that match, as pytest")
    options = parser.parse_args(arguments)
    try:
        python = str(ensure_environment(dev=True))
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    failed = [
        name
        for name, command in _quiet_steps(python, fast=options.fast)
        if not _run(name, command, show=False)
    ]
    tests = [python, "-m", "pytest", "-n", "2", "--dist", "worksteal"]
    tests += [] if options.slow else ["-m", "not slow"]
    tests += ["-x"] if options.fast else []
    tests += ["-k", options.k] if options.k else []
    if not _run("pytest", tests, show=True):
        failed.append("pytest")
    print("Failed: " + ", ".join(failed) if failed else "Every check passed.")
    return 1 if failed else 0


def _quiet_steps(python: str, *, fast: bool) -> list[tuple[str, list[str]]]:
    """(name, command) of the checks whose output matters only when they fail."""
    steps = [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
    ]
    if not fast:
        steps.append(("mypy", [python, "-m", "mypy"]))
        steps.append(("lint-imports", [str(venv_program("lint-imports"))]))
    return steps


def _run(name: str, command: list[str], *, show: bool) -> bool:
    """Whether the check passed; its output is shown as it comes, or if it failed."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        # Two workers share the cores: threads inside each would only wait.
        env=os.environ | {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
    )
    passed = done.returncode == 0
    if not passed and not show:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
    seconds = time.monotonic() - started
    print(f"{name:<12} {'ok' if passed else 'FAILED':<6} {seconds:5.1f} s", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
