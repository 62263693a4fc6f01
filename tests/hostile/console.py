"""The command line without a process of its own: what it prints and how it leaves."""

import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import persona_vault.cli

# The same in a process of its own; the words come behind it.
OWN_PROCESS = (sys.executable, "-c", "from persona_vault.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call left: its exit code and the bytes of both streams, as text."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that was printed."""
        return self.out + self.err

    def error(self) -> dict[str, Any]:
        """The error of a `--json` call, whose stdout holds nothing else."""
        document = json.loads(self.out)
        assert list(document) == ["error"], document
        assert sorted(document["error"]) == ["exit_code", "hint", "message"]
        assert document["error"]["exit_code"] == self.code
        found: dict[str, Any] = document["error"]
        return found


class _Stream(io.TextIOWrapper):
    """Standard output that never is a terminal and keeps its bytes."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding="utf-8", newline="\n", write_through=True)

    def text(self) -> str:
        self.flush()
        return self.kept.getvalue().decode("utf-8", "surrogateescape")


@contextmanager
def _replaced(argv: Sequence[str], stdin: bytes) -> Iterator[tuple[_Stream, _Stream]]:
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr
    out, err = _Stream(), _Stream()
    sys.argv = ["persona-vault", *argv]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout, sys.stderr = out, err
    mask = os.umask(0o077)
    try:
        yield out, err
    finally:
        os.umask(mask)
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept


def call(*argv: object, stdin: bytes = b"") -> Outcome:
    """Run `persona-vault` with these words in this process."""
    with _replaced([str(word) for word in argv], stdin) as (out, err):
        try:
            persona_vault.cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0
        else:
            code = 0
        return Outcome(code, out.text(), err.text())


def check_refusal(outcome: Outcome, codes: Sequence[int]) -> None:
    """One sentence, one next step, the right exit code, and no traceback."""
    assert outcome.code in codes, outcome
    lines = outcome.err.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    hints = [line for line in lines if line.startswith("Hint: ")]
    assert len(errors) == 1, outcome
    assert len(hints) == 1, outcome
    assert errors[0].endswith((".", "?", "!"))
    assert hints[0].endswith((".", "?", "!"))
    for trace in ("Traceback", 'File "', "sqlalchemy", "sqlite3.", "Exception"):
        assert trace not in outcome.said, outcome


def fingerprint(vault: Path) -> dict[str, str]:
    """SHA-256 of every file of a closed vault."""
    return {
        path.relative_to(vault).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(vault.rglob("*"))
        if path.is_file()
    }
