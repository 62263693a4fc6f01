"""A process that has everything loaded and forks the calls: a round costs a tenth.

POSIX only. Each call is a process of its own, with its own streams and its own end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_ATTACHING = 20.0
_LONGEST = 180.0


@cache
def can_attach() -> bool:
    """Whether strace may follow a process that is already there."""
    sleeper = subprocess.Popen(["sleep", "9"])
    try:
        with _attached(["strace"], sleeper.pid) as tracer:
            return _says_attached(tracer)
    except OSError:
        return False
    finally:
        sleeper.kill()
        sleeper.wait()


def _attached(words: Sequence[str], pid: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*words, "-p", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )


def _says_attached(tracer: subprocess.Popen[str]) -> bool:
    line = tracer.stderr.readline() if tracer.stderr is not None else ""
    return "attached" in line and "attach:" not in line


class Nest:
    """The forking process; started with the first call.

    Args:
        folder: For the streams of the calls.
        environment: Of the process and all calls.
        warm: A call that it does itself first, so that what is loaded only at need is
            there for all.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], warm: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.warm = list(warm)
        self.environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            child = Path(__file__).with_name("child.py")
            self._process = subprocess.Popen(
                [sys.executable, str(child), "--serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env=self.environment,
            )
            if self.warm and self._process.stdin is not None:
                self._process.stdin.write(json.dumps({"warm": self.warm}) + "\n")
        return self._process

    def call(
        self,
        spec: Mapping[str, Any],
        words: Sequence[str],
        *,
        tracer: Sequence[str] = (),
        kill_after: float | None = None,
        freeze: tuple[float, Callable[[], object]] | None = None,
    ) -> tuple[int, str, str, float]:
        """Run the command line with a fault; its code, both streams, seconds.

        With `freeze` it stands still after so many seconds, as long as the call takes.
        """
        process = self._started()
        out, err, go = (self.folder / name for name in ("nest-out", "nest-err", "go"))
        go.unlink(missing_ok=True)
        asked = {
            "spec": dict(spec),
            "words": list(words),
            "out": str(out),
            "err": str(err),
            "go": str(go),
        }
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the nest has no streams")
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        pid = int(process.stdout.readline())
        following = _attached(tracer, pid) if tracer else None
        if following is not None and not _says_attached(following):
            raise RuntimeError("strace did not attach")
        began = time.monotonic()
        timers = [threading.Timer(kill_after or _LONGEST, _end, [pid])]
        if freeze is not None:
            timers.append(threading.Timer(freeze[0], _frozen, [pid, freeze[1]]))
        for timer in timers:
            timer.start()
        go.touch()
        code = int(process.stdout.readline())
        for timer in timers:
            timer.cancel()
            timer.join()
        seconds = time.monotonic() - began
        if following is not None:
            following.communicate(timeout=_ATTACHING)
        said = [p.read_text(encoding="utf-8", errors="replace") for p in (out, err)]
        if seconds > _LONGEST and kill_after is None:
            said[1] += "\nTraceback: it never ended"
        return code, said[0], said[1], seconds

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _frozen(pid: int, meanwhile: Callable[[], object]) -> None:
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return
    try:
        meanwhile()
    finally:
        os.kill(pid, signal.SIGCONT)


def _end(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
