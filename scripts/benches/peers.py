"""Other programs, each in an environment of its own, on the same messages.

They are installed the first time, with the same torch and the same model weights as
ours, and driven by `peer_driver` as their own documentation shows it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benches.measure import (
    SCRIPT,
    Figure,
    Spent,
    at_least,
    at_most,
    paired,
    run_task,
    run_whole,
    spread,
)
from benches.parts import QUERIES, Run, in_rounds, peak, program, walls

_DRIVER = Path(__file__).resolve().parent / "peer_driver.py"
_CONSTRAINTS = SCRIPT.parent / "constraints.txt"
_PINNED = ("torch", "transformers", "sentence-transformers")
# As measured before; another release may do otherwise.
_PACKAGES = {
    "txtai": ("txtai==9.14.0", "sentence-transformers"),
    "chromadb": ("chromadb==1.5.9", "sentence-transformers"),
    "llm": ("llm==0.36", "llm-sentence-transformers", "sentence-transformers"),
    "sqlite-utils": ("sqlite-utils==4.2.1",),
}
_SEARCHERS = ("txtai", "chromadb", "llm")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
}


def peers(run: Run) -> Iterator[Figure]:
    """Goals 3, 4, 5 and 6 beside other programs."""
    os.environ.update(_OFFLINE)
    pythons = {name: _environment(run, name) for name in _PACKAGES}
    talk, weights = _material(run)
    there = [name for name in _SEARCHERS if pythons[name]]
    yield from _searchable(run, {n: pythons[n] for n in there}, talk, weights)
    if pythons["llm"]:
        yield from _llm_search(run, pythons["llm"], weights)
    if pythons["sqlite-utils"]:
        yield from _sqlite_utils(run, pythons["sqlite-utils"])


def _environment(run: Run, name: str) -> str:
    """The Python of a program's environment, made at need; "" where it cannot be."""
    folder = run.peer_folder / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed.txt"
    if done.exists():
        return str(python)
    run.say(f"installing {name} into {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "constraints.txt"
    wanted.write_text("\n".join(_pins()) + "\n", encoding="utf-8")
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [
            *(str(python), "-m", "pip", "install", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--constraint", str(wanted)),
            *_PACKAGES[name],
        ],
    ]
    for command in commands:
        # pip speaks to stderr: what this program prints is a table.
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            run.notes.append(f"{name} could not be installed; it is left out.")
            return ""
    done.write_text("", encoding="utf-8")
    return str(python)


def _pins() -> list[str]:
    lines = _CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0] in _PINNED]


def _material(run: Run) -> tuple[Path, str]:
    """The talk as every program gets it, and the folder of the model."""
    talk = run.folder / "peers.jsonl"
    made = run_task(
        "import.write_for_peers", path=str(talk), n_messages=run.n_peer_messages
    )
    return talk, str(made["weights"])


def _drive(python: str, tool: str, **given: str) -> Spent:
    return run_whole([python, str(_DRIVER), tool], json.dumps(given))


def _searchable(
    run: Run, pythons: dict[str, str], talk: Path, weights: str
) -> Iterator[Figure]:
    taken: dict[str, list[Spent]] = {name: [] for name in ("ours", *pythons)}
    for number in range(run.n_peer_rounds):
        run.say(f"{run.n_peer_messages:,} messages to searchable: ours")
        taken["ours"].append(_ours(talk, run.folder / f"ours-{number}"))
        for name, python in pythons.items():
            run.say(f"{run.n_peer_messages:,} messages to searchable: {name}")
            folder = run.folder / f"{name}-{number}"
            folder.mkdir()
            taken[name].append(
                _drive(
                    python,
                    name,
                    talk=str(talk),
                    weights=weights,
                    folder=str(folder),
                    query=QUERIES[0],
                )
            )
    others = {name: spent for name, spent in taken.items() if name != "ours"}
    if not others:
        return
    fastest = min(others, key=lambda name: sum(walls(others[name])))
    n = f"{run.n_peer_messages:,} messages"
    for name, spent in others.items():
        told = (
            f"{spread(walls(taken['ours']), 's', 1)}{peak(taken['ours'])} against"
            f" {spread(walls(spent), 's', 1)}{peak(spent)}"
        )
        mark = ", the fastest of them" if name == fastest else ""
        yield at_most(
            "3a",
            f"{n} to searchable, beside {name}{mark}",
            paired(walls(taken["ours"]), walls(spent)),
            1 / 3,
            told,
        )
        memory = _memory_ratio(taken["ours"], spent)
        if memory:
            yield at_most("3b", f"memory for that, beside {name}", memory, 1.0)


def _memory_ratio(ours: Sequence[Spent], theirs: Sequence[Spent]) -> list[float]:
    return [
        one.peak_mib / two.peak_mib
        for one, two in zip(ours, theirs, strict=True)
        if one.peak_mib and two.peak_mib
    ]


def _ours(talk: Path, folder: Path) -> Spent:
    """Vault, import, embedding and one search: four processes, as a person does it."""
    vault = ["--vault", str(folder / "vault")]
    steps = [
        run_whole([program(), *command, *vault])
        for command in (
            ["init", "--plain"],
            ["import", str(talk), "--persona", "Ava"],
            ["embed"],
            ["search", QUERIES[0]],
        )
    ]
    peaks = [one.peak_mib for one in steps if one.peak_mib is not None]
    return Spent(sum(walls(steps)), None, max(peaks, default=None))


def _llm_search(run: Run, python: str, weights: str) -> Iterator[Figure]:
    """`llm similar` on what it made searchable, beside our search of the same."""
    folders = {name: run.folder / f"{name}-0" for name in ("llm", "ours")}
    ours, theirs = [], []
    for query in QUERIES[: run.n_rounds]:
        command = run.search_command(folders["ours"], "plain", query, "semantic")
        ours.append(run_whole(command))
        theirs.append(
            _drive(
                python,
                "llm-similar",
                weights=weights,
                folder=str(folders["llm"]),
                query=query,
            )
        )
    yield at_most(
        "4c",
        f"search command by meaning, {run.n_peer_messages:,} messages, beside"
        " `llm similar`",
        paired(walls(ours), walls(theirs)),
        1 / 8,
        f"{spread(walls(ours), 's')}{peak(ours)} against"
        f" {spread(walls(theirs), 's')}{peak(theirs)}",
    )


def _sqlite_utils(run: Run, python: str) -> Iterator[Figure]:
    beside = Path(python).parent
    taken = in_rounds(
        {
            "ours": [program(), "--help"],
            "theirs": [str(beside / "sqlite-utils"), "--help"],
        },
        max(run.n_rounds, 7),
        warm=True,
    )
    ours, theirs = walls(taken["ours"]), walls(taken["theirs"])
    yield at_most(
        "5b",
        "--help, beside sqlite-utils",
        paired(ours, theirs),
        1.0,
        f"{spread(ours, 's', 3)} against {spread(theirs, 's', 3)}",
    )
    talk = run.folder / "imported.jsonl"
    n = run.n_imported
    run_task("import.write_for_peers", path=str(talk), n_messages=n)
    first, second = [], []
    for number in range(run.n_rounds):
        vault = ["--vault", str(run.folder / f"own-{number}" / "vault")]
        run_whole([program(), "init", "--plain", *vault])
        command = [program(), "import", str(talk), "--persona", "Ava", *vault]
        first.append(run_whole(command).wall)
        folder = run.folder / f"sqlite-utils-{number}"
        folder.mkdir()
        given = {"talk": str(talk), "folder": str(folder)}
        second.append(_drive(python, "sqlite-utils", **given).wall)
    yield at_least(
        "6c",
        "import command, beside sqlite-utils with the same key and full text",
        paired(second, first),
        2.0,
        f"{spread([n / s for s in first], '', 0)} messages/s against"
        f" {spread([n / s for s in second], '', 0)}",
    )
