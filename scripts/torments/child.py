"""The command line with a fault built in: `child.py SPEC WORD...`, or `--serve`.

SPEC is JSON: `pages` (the most a database may have), `fsize` (the most bytes a file may
have), or `under`, a folder whose files' steps are counted, with `die_at`, `fail_at`
(and `for_ever`), or `count`, a file for the number. A step is a file of our own opened
for writing, a write, an fsync, a rename, a removal, a folder made; for `die_at` a
statement to the database too.
"""

import builtins
import contextlib
import errno
import importlib
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_OF_FILES = {"os.rename": 0, "os.remove": 0, "os.mkdir": 0, "os.link": 1}
_FREEING = ("os.remove",)
# SQLite opens these by itself; the notes beside them only serve a sentence.
_NOT_OURS = (".writer", "-wal", "-shm", "-journal")


class Steps:
    """Counts what is done to files under a folder, and strikes at one of them."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.under = str(spec["under"])
        self.n = 0
        self.done = False

    def step(self, kind: str, path: object) -> None:
        """One step; dies or fails if it is the one."""
        if isinstance(path, int):
            name = ""
        else:
            try:
                name = os.fsdecode(os.fspath(path))  # type: ignore[call-overload]
            except TypeError:
                return
            if not name.startswith(self.under) or name.endswith(_NOT_OURS):
                return
        if kind == "statement" and "die_at" not in self.spec:
            return
        self.n += 1
        if self.n == self.spec.get("die_at"):
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        at = self.spec.get("fail_at", 0)
        late = self.spec.get("for_ever") and kind not in _FREEING and 0 < at < self.n
        if self.n == at or late:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name or None)

    def heard(self, event: str, words: tuple[Any, ...]) -> None:
        """An audit event of Python's."""
        if event == "open" and isinstance(words[2], int):
            if words[2] & (os.O_WRONLY | os.O_RDWR):
                self.step(event, words[0])
        elif event in _OF_FILES:
            self.step(event, words[_OF_FILES[event]])


_installed: list[Steps] = []


def install(spec: Mapping[str, Any]) -> None:
    """Set up the fault."""
    from persona_vault.store import driver, keys  # noqa: PLC0415

    cheap = keys.Cost(memory_kib=64, passes=1, lanes=1)
    keys.calibrated_cost = lambda: cheap
    if "pages" in spec:
        limit = f"max_page_count={spec['pages']:d}"
        setattr(driver, "_PRAGMAS", (*driver._PRAGMAS, limit))  # noqa: B010
    if "fsize" in spec and sys.platform != "win32":
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["fsize"], spec["fsize"]))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if "under" not in spec:
        return
    steps = Steps(spec)
    _count_writes(steps)
    _count_statements(steps)
    sys.addaudithook(steps.heard)
    _installed.append(steps)


def _count_writes(steps: Steps) -> None:
    real_open, real_fsync = io.open, os.fsync

    class Counted(io.FileIO):
        def write(self, data: Any, /) -> int:
            steps.step("write", self.name)
            return super().write(data)

    def opened(file: Any, mode: str = "r", *words: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+"):
            return real_open(file, mode, *words, **named)
        bare = mode.replace("b", "").replace("t", "")
        raw = Counted(file, bare, named.get("closefd", True), named.get("opener"))
        buffer: Any
        buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        names = dict(zip(("buffering", "encoding", "errors", "newline"), words))  # noqa: B905
        chosen = {**names, **named}
        return io.TextIOWrapper(
            buffer, chosen.get("encoding"), chosen.get("errors"), chosen.get("newline")
        )

    def fsync(handle: Any) -> None:
        steps.step("fsync", handle)
        real_fsync(handle)

    for module, name, ours in (
        (io, "open", opened),
        (builtins, "open", opened),
        (os, "fsync", fsync),
    ):
        setattr(module, name, ours)


def _count_statements(steps: Steps) -> None:
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    def count(*_: object) -> None:
        steps.step("statement", 0)

    event.listen(Engine, "before_cursor_execute", count)


def main() -> None:
    """Install the fault, say so, and be the command line."""
    spec = json.loads(sys.argv.pop(1))
    install(spec)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _be_the_command_line(spec)


def _be_the_command_line(spec: Mapping[str, Any]) -> None:
    from persona_vault.cli import main as command_line  # noqa: PLC0415

    try:
        command_line()
    finally:
        steps = _installed[-1] if _installed else None
        if steps is not None and "count" in spec:
            n = steps.n
            steps.under = "\0"  # the next file is not one of the count
            Path(spec["count"]).write_text(str(n), encoding="ascii")


def serve() -> None:
    """Load everything, then fork a process for each call that comes in as a line."""
    for name in _LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        if "warm" in asked:
            _warm(asked["warm"])
            continue
        pid = os.fork()
        if pid == 0:
            os._exit(_forked(asked))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


_LOADED = (
    "persona_vault.cli.importing",
    "persona_vault.ingest",
    "persona_vault.importers.registry",
    "persona_vault.search.embed",
    "persona_vault.embedders.hashing",
    "persona_vault.snapshot",
    "persona_vault.store.verify",
    "persona_vault.store.rekeying",
    "persona_vault.store.backup",
    "persona_vault.store.forgetting",
    "alembic.command",
)


def _warm(words: list[str]) -> None:
    """A call in this very process, for all that is loaded only at need."""
    from persona_vault.cli import main as command_line  # noqa: PLC0415

    kept, sys.argv = sys.argv, ["persona-vault", "--quiet", *words]
    with (
        contextlib.suppress(SystemExit),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        command_line()
    sys.argv = kept


def _forked(asked: Mapping[str, Any]) -> int:
    """One call in its own process; gives its exit code."""
    for number, name in ((1, asked["out"]), (2, asked["err"])):
        handle = os.open(name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = io.TextIOWrapper(io.FileIO(nothing), encoding="utf-8")
    sys.argv = ["persona-vault", *asked["words"]]
    while not os.path.exists(asked["go"]):  # noqa: PTH110 - until it may be followed
        time.sleep(0.002)
    code: object = 0
    try:
        install(asked["spec"])
        _be_the_command_line(asked["spec"])
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 - as the interpreter itself would
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).resolve().parents[1])]
    serve() if sys.argv[1:] == ["--serve"] else main()
