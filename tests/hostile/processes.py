"""Processes of our own: several calls of the command line in one, and their streams."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Reads calls as JSON lines, runs each, and says how it ended.
_CALLS = """
import json, sys
from persona_vault.cli import main
for line in sys.argv[1:]:
    sys.argv = ["persona-vault", *json.loads(line)]
    try:
        main()
    except SystemExit as left:
        code = left.code
    print(f"<left {code}>", flush=True)
"""


def calls(*lines: Sequence[object]) -> list[str]:
    """What runs these command lines, one after another, in one new process."""
    words = [json.dumps([str(word) for word in line]) for line in lines]
    return [sys.executable, "-c", _CALLS, *words]


def own_environment(folder: Path, **more: str) -> Mapping[str, str]:
    """An environment whose home, data and temporary folders are in this folder."""
    homes = {}
    for name in ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        place = folder / name.lower()
        place.mkdir(parents=True, exist_ok=True)
        homes[name] = str(place)
    return {**os.environ, "PYTHONUTF8": "1", **homes, **more}


def run(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run to the end, at most two minutes, with both streams kept."""
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
        **options,
    )


def write_talk(
    path: Path,
    n_messages: int,
    *,
    text: str = "the harbour was quiet",
    n_each: int = 20,
) -> Path:
    """JSON Lines: two people in turn, a minute apart, a new day after `n_each`."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_messages):
            day, minute = divmod(number, n_each)
            seconds = 1_700_000_000 + day * 86_400 + minute * 60
            line = {
                "id": f"m{number}",
                "role": "assistant" if number % 2 else "user",
                "timestamp": seconds,
                "text": f"{text}, {number}",
            }
            file.write(json.dumps(line) + "\n")
    return path
