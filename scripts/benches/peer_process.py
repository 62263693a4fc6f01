"""One other program: its environment, and how it is run as its documentation shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.measure import SCRIPT, Spent, run_whole
from benches.parts import QUERIES, Run

_DRIVER = Path(__file__).resolve().parent / "peer_driver.py"
_CONSTRAINTS = SCRIPT.parent / "constraints.txt"
_PINNED = ("torch", "transformers", "sentence-transformers", "numpy", "tokenizers")
# As measured before; another release may do otherwise.
PACKAGES = {
    "txtai": ("txtai==9.14.0", "sentence-transformers"),
    "chromadb": ("chromadb==1.5.9", "sentence-transformers"),
    "llm": ("llm==0.36", "llm-sentence-transformers==0.3.2", "sentence-transformers"),
    "sqlite-utils": ("sqlite-utils==4.2.1",),
}
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that is installed.

    Attributes:
        name: One of `PACKAGES`.
        python: Of its environment.
        weights: Folder of the model it is to use.
    """

    name: str
    python: str
    weights: str

    def beside(self, name: str) -> str:
        """A command of its environment."""
        folder = Path(self.python).parent
        return str(folder / (f"{name}.exe" if os.name == "nt" else name))

    def build(self, texts: Path, folder: Path, query: str = QUERIES[0]) -> Spent:
        """All texts into a store, with vectors where it makes some; then one search."""
        folder.mkdir(exist_ok=True)
        if self.name != "llm":
            return run_whole(*self._drive("build", folder, [query], texts))
        model = f"sentence-transformers/{self.weights}"
        command = ["embed-multi", "talk", str(texts), "--format", "nl", "--store"]
        command += ["-d", str(folder / "embeddings.db"), "-m", model]
        search = self.search(folder, query)
        return in_turn([run_whole([self.beside("llm"), *command]), run_whole(*search)])

    def search(self, folder: Path, query: str) -> tuple[list[str], str]:
        """Command and input of a search, in a process of its own, of what was built."""
        if self.name != "llm":
            return self._drive("search", folder, [query])
        command = [self.beside("llm"), "similar", "talk", "-c", query]
        return [*command, "-d", str(folder / "embeddings.db")], ""

    def search_warm(self, folder: Path) -> dict[str, Any]:
        """All queries in one process: the ids found, and milliseconds of a search.

        Raises:
            RuntimeError: It failed, or found nothing.
        """
        command, given = self._drive("warm", folder, QUERIES)
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name} failed:\n{done.stderr[-3000:]}")
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if not all(answer["ids"]):
            raise RuntimeError(f"{self.name} found nothing")
        return answer

    def can_run(self, run: Run, texts: Path) -> bool:
        """Whether it embeds and finds a few texts here; if not, a note says why."""
        folder = run.folder / f"few-{self.name}"
        try:
            if self.name == "llm":
                register = ["sentence-transformers", "register", self.weights, "--lazy"]
                run_whole([self.beside("llm"), *register])
            self.build(texts, folder)
            self.search_warm(folder)
        except (RuntimeError, OSError) as error:
            last = str(error).strip().splitlines()[-1][:_SHOWN]
            run.notes.append(f"{self.name} could not run, it is left out: {last}")
            return False
        return True

    def _drive(
        self, deed: str, folder: Path, queries: Sequence[str], texts: Path | None = None
    ) -> tuple[list[str], str]:
        given = {
            "texts": str(texts),
            "weights": self.weights,
            "folder": str(folder),
            "queries": list(queries),
        }
        return [self.python, str(_DRIVER), deed, self.name], json.dumps(given)


def in_turn(steps: Sequence[Spent]) -> Spent:
    """Processes one after the other, as one."""
    peaks = [one.peak_mib for one in steps if one.peak_mib is not None]
    used = [one.processor for one in steps if one.processor is not None]
    wall = sum(one.wall for one in steps)
    return Spent(wall, sum(used) if used else None, max(peaks, default=None))


def environment(run: Run, name: str) -> str:
    """The Python of a program's environment, made at need; "" where it cannot be."""
    folder = run.peer_folder / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done, wanted = folder / "installed.txt", folder / "constraints.txt"
    pins = "\n".join(_pins()) + "\n"
    stamp = pins + "\n".join(PACKAGES[name]) + "\n"
    if done.exists() and done.read_text(encoding="utf-8") == stamp:
        return str(python)
    run.say(f"installing {name} into {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    wanted.write_text(pins, encoding="utf-8")
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [
            *(str(python), "-m", "pip", "install", "--quiet", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--constraint", str(wanted)),
            *PACKAGES[name],
        ],
    ]
    for command in commands:
        # pip speaks to stderr: what this program prints is a table.
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            run.notes.append(f"{name} could not be installed; it is left out.")
            return ""
    done.write_text(stamp, encoding="utf-8")
    return str(python)


def _pins() -> list[str]:
    lines = _CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0] in _PINNED]
