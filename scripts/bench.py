"""How fast everything is: each figure a ratio, beside its goal, in one table.

    python3 scripts/bench.py
    python3 scripts/bench.py --only import,search --plain
    python3 scripts/bench.py --sizes 10k,100k,1M --peers --json figures.json

Embedding is held against plain sentence-transformers and against what the processor
can multiply, import against bare SQLite, search in memory against reading that memory,
a search as a command against the same one through sentence-transformers; with --peers
all of it also against txtai, chromadb, llm and sqlite-utils, which are installed into
environments of their own. Talks are invented.

Figures are of one machine, which should have nothing else to do: read the ratios. Every
round runs all that is compared once; the table shows medians, lowest and highest.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _setup import VENV, SetupError, ensure_environment
from benches.machine import describe_machine
from benches.measure import Figure
from benches.parts import PARTS, Run, temporary_folder
from benches.peers import peers
from benches.table import page

_PEERS = "peers"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 when all parts ran, 1 if one failed, 2 if none could run."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _options(arguments)
    if options.task:
        print(json.dumps(_do_task(options.task)))
        return 0
    if Path(sys.prefix).resolve() != VENV.resolve():
        return _again_inside(arguments)
    with temporary_folder() as name:
        machine = describe_machine()  # before: its load is that of other programs
        run = _run(options, Path(name))
        failed = _do_parts(run, _chosen(options), options.minutes)
        print("\n".join(page(machine, run.figures, run.growth, run.notes)))
        if options.json:
            _write(options.json, machine, run)
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    names = ",".join([*PARTS, _PEERS])
    add("--only", metavar="PARTS", help=f"some of {names}, with commas")
    add("--sizes", type=_sizes, default="10k,100k", help="messages, such as 10k,1M")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--plain", action="store_true", help="plain vaults only")
    kind.add_argument("--encrypted", action="store_true", help="encrypted ones only")
    add("--rounds", type=int, default=5, help="of what is compared (default 5)")
    add("--minutes", type=float, help="after which no part is begun")
    add("--texts", type=int, default=1_024, help="embedded in each round")
    add("--messages", type=int, default=40_000, help="imported in each round")
    add("--searched", type=_size, default="100k", help="messages of the search part")
    add("--peers", action="store_true", help="also other programs (installs them)")
    add("--peer-messages", type=_size, default="20k", help="made searchable by each")
    add("--peer-rounds", type=int, default=1, help="of that (20k: 8 minutes each)")
    add("--peer-folder", type=Path, help="keep their environments here")
    add("--megabytes", type=float, default=100, help="of the part chatgpt")
    add("--json", type=Path, metavar="FILE", help="write the figures here as well")
    add("--task", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    unknown = set((options.only or "start").split(",")) - {*PARTS, _PEERS}
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; {names}")
    return options


def _size(text: str) -> int:
    number = text.strip().lower()
    for letter, times in (("k", 1_000), ("m", 1_000_000)):
        if number.endswith(letter):
            return int(float(number[:-1]) * times)
    return int(number)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(_size(one) for one in text.split(",")))


def _again_inside(arguments: list[str]) -> int:
    """The same call in the project's environment, which is made first if needed."""
    try:
        python = ensure_environment()
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    command = [str(python), str(Path(__file__).resolve()), *arguments]
    return subprocess.run(command, check=False).returncode


def _do_task(name: str) -> dict[str, Any]:
    given = json.loads(sys.stdin.read() or "{}")
    module, _, task = name.partition(".")
    found: dict[str, Any] = import_module(f"benches.tasks_{module}").TASKS[task](
        **given
    )
    return found


def _chosen(options: argparse.Namespace) -> list[str]:
    if options.only:
        asked = options.only.split(",")
        return [name for name in (*PARTS, _PEERS) if name in asked]
    usual = [name for name, part in PARTS.items() if not part.only_asked]
    return [*usual, _PEERS] if options.peers else usual


def _run(options: argparse.Namespace, folder: Path) -> Run:
    kinds = ("plain",) if options.plain else ("plain", "encrypted")
    kept = options.peer_folder or Path(tempfile.gettempdir()) / "persona-vault-peers"
    return Run(
        kinds=("encrypted",) if options.encrypted else kinds,
        sizes=options.sizes,
        n_rounds=options.rounds,
        n_texts=options.texts,
        n_imported=options.messages,
        n_searched=options.searched,
        n_peer_messages=options.peer_messages,
        n_peer_rounds=options.peer_rounds,
        megabytes=options.megabytes,
        peer_folder=kept,
        folder=folder,
        say=_say,
    )


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _do_parts(run: Run, names: list[str], minutes: float | None) -> bool:
    """Whether a part failed; figures that came before that are kept."""
    began, failed = time.monotonic(), False
    for name in names:
        if minutes is not None and time.monotonic() - began > 60 * minutes:
            run.notes.append(f"Not run, the time had ended: {name}.")
            continue
        _say(f"part {name}")
        figures = peers if name == _PEERS else PARTS[name].figures
        try:
            for figure in figures(run):
                run.figures.append(figure)
                _say(_line(figure))
        except RuntimeError as error:
            failed = True
            run.notes.append(f"The part {name} stopped: {error}")
    run.notes.append(f"Took {(time.monotonic() - began) / 60:.1f} minutes.")
    return failed


def _line(one: Figure) -> str:
    return f"  {one.goal} {one.what}: {one.ratio:.3g} {one.verdict} {one.told}"


def _write(path: Path, machine: dict[str, str], run: Run) -> None:
    found = {
        "machine": machine,
        "figures": [one.to_dict() for one in run.figures],
        "sizes": run.growth,
        "notes": run.notes,
    }
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
