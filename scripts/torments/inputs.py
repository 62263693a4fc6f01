"""Files that no app would write: a sentence and a code, no crash, no bytes changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from persona_vault.store.opening import create_vault
from tests.hostile.console import fingerprint
from tests.hostile.corpus import CANARY, DONE, ISSUES, Case, cases
from tests.hostile.processes import calls as command_lines
from torments.ground import environment
from torments.rows import Row, Task

_SECONDS = 60
_MEMORY = 2 * 1024**3  # of addresses: a bomb that unpacks ends long before
_GROUP = 12
_LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, ({most}, {most}))
exec(sys.argv.pop(1))
"""


def inputs(task: Task) -> Iterator[Row]:
    """The whole corpus, in processes of their own, under a limit of memory."""
    row = Row("inputs", "the corpus of malformed and hostile files")
    template = task.folder / "template"
    create_vault(template)
    before = fingerprint(template)
    found = cases()[:: max(1, len(cases()) // max(1, task.n))]
    codes: Counter[str] = Counter()
    groups = [found[at : at + _GROUP] for at in range(0, len(found), _GROUP)]
    for number in task.numbers(len(groups)):
        work = task.folder / "work"
        work.mkdir()
        _one_group(row, groups[number], work, template, codes)
        shutil.rmtree(work)
    if fingerprint(template) != before:
        row.losses.append("a vault that nothing was brought into was changed")
    told = ", ".join(f"{n} times {code}" for code, n in codes.most_common())
    yield row.done(f"{told}; {len(cases())} in the corpus")


def _one_group(
    row: Row, group: tuple[Case, ...], work: Path, template: Path, codes: Counter[str]
) -> None:
    lines: list[tuple[object, ...]] = []
    vaults = []
    for number, case in enumerate(group):
        folder = work / str(number)
        folder.mkdir()
        vaults.append(work / f"vault-{number}")
        shutil.copytree(template, vaults[-1])
        path = case.make(folder)
        words = ("--vault", vaults[-1], "--no-embed", "--persona", "Wren", *case.words)
        lines.append(("import", path, *words))
    whole = fingerprint(template)
    command = command_lines(*lines)
    if sys.platform == "linux":
        code = _LIMITED.format(most=_MEMORY).replace("runpy, ", "")
        command = [command[0], "-c", code, command[2], *command[3:]]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=_SECONDS * len(group),
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment(work / "homes", OPENBLAS_NUM_THREADS="1"),
        )
    except subprocess.TimeoutExpired:
        row.tracebacks.append(f"hung: {[case.name for case in group]}")
        return
    left = [word[6:-1] for word in done.stdout.splitlines() if word.startswith("<left")]
    row.rounds += len(left)
    if len(left) != len(group):
        lost = group[len(left)].name
        row.tracebacks.append(f"{lost}: the process ended with {done.returncode}")
    if "Traceback" in done.stderr or 'File "' in done.stderr:
        row.tracebacks.append(done.stderr[-300:])
    if CANARY in done.stdout + done.stderr:
        row.leaks.append(f"words of a file were repeated: {[c.name for c in group]}")
    for case, code, vault in zip(group, left, vaults, strict=False):
        codes[code] += 1
        if int(code) not in case.codes:
            row.losses.append(f"{case.name} left with {code}, not {case.codes}")
        if int(code) not in (DONE, ISSUES) and fingerprint(vault) != whole:
            row.losses.append(f"{case.name} was refused and changed the vault")
