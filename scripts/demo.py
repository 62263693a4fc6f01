"""Shows a report: of an invented talk, or of one export of your own.

    python3 scripts/demo.py
    python3 scripts/demo.py FILE --persona NAME --at DATE

The environment is made first if it is absent. An export of your own is read into a
temporary encrypted vault whose key is never written down; only the report stays.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _setup import SetupError, ensure_environment, venv_program

MOST_LINES = 12
WIDTH = 88
DONE_WITH_ISSUES = 4
INTERRUPTED = 130
# Options of `persona-vault import` that are passed on; those with True may be repeated.
PASSED_ON = {
    "--me": True,
    "--them": True,
    "--only": True,
    "--except": True,
    "--app": False,
    "--format": False,
    "--map": False,
}


def main(arguments: list[str] | None = None) -> int:
    """Exit code: that of the first step that failed, else 0 (4: see `import`)."""
    options = _parser().parse_args(arguments)
    if options.file is not None and not options.file.exists():
        return _stop(f"There is no {options.file}", "Check the path.")
    if options.file is not None and options.at and not options.persona:
        return _stop(
            "Whose messages are to be compared?",
            "Add --persona NAME; any name will do, it is how the report calls it.",
        )
    try:
        ensure_environment()
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    # Made once for both ways, so that the last line can name the file.
    report = _next_free(Path.cwd() / "report.html")
    try:
        if options.file is None:
            demo = ["demo", "--seed", str(options.seed), "-o", str(report)]
            code = _call(demo)
        elif options.at is None:
            return _list(options)
        else:
            code = _own(options, report)
    except KeyboardInterrupt:
        return INTERRUPTED
    if report.exists():
        print(f"\nOpen it in a browser: {report.as_uri()}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="an export")
    parser.add_argument("--persona", metavar="NAME", help="the companion's name")
    parser.add_argument(
        "--at", metavar="DATE", help="the date to compare around; without it: a list"
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", help="your zone, such as Europe/Berlin"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the invented talk")
    for name, repeated in PASSED_ON.items():
        parser.add_argument(
            name,
            action="append" if repeated else "store",
            dest=name,
            metavar="X",
            help="as for `persona-vault import`",
        )
    return parser


def _own(options: argparse.Namespace, report: Path) -> int:
    """Import one export into a vault that nobody can open later, and compare."""
    zone = ["--timezone", options.timezone] if options.timezone else []
    who = ["--persona", options.persona]
    with tempfile.TemporaryDirectory(prefix="persona-vault-") as folder:
        key = secrets.token_urlsafe(32)
        vault = ["--vault", str(Path(folder) / "vault"), "--passphrase-file", "-"]
        steps = [
            ["init", "--quiet", "--json", *zone],
            ["import", str(options.file), *who, "--no-embed", *_passed_on(options)],
            ["report", *who, "--at", options.at, "-o", str(report)],
        ]
        unread = 0
        for step in steps:
            print(f"{step[0]} ...", file=sys.stderr, flush=True)
            code = _call([*step, *vault], key=key, silent=step[0] == "init")
            if code == DONE_WITH_ISSUES:
                unread = code
            elif code:
                return code
    print(
        "The temporary vault is gone. The report quotes messages and is not encrypted:"
        "\nkeep it where only you find it."
    )
    if not options.timezone:
        print("Dates were read in UTC; --timezone Europe/Berlin names a zone of yours.")
    return unread


def _passed_on(options: argparse.Namespace) -> list[str]:
    words = []
    for name in PASSED_ON:
        given = getattr(options, name) or []
        for value in [given] if isinstance(given, str) else given:
            words += [name, value]
    return words


def _call(words: list[str], *, key: str | None = None, silent: bool = False) -> int:
    """The exit code of a call of persona-vault; its own words are the user's to see."""
    done = subprocess.run(
        [str(venv_program("persona-vault")), *words],
        check=False,
        input=None if key is None else f"{key}\n".encode(),
        stdout=subprocess.PIPE if silent else None,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    if silent and done.returncode:
        _print_error(json.loads(done.stdout))
    return done.returncode


def _list(options: argparse.Namespace) -> int:
    """Say what an export holds, and which date might be asked for."""
    chosen = (
        ["--format", vars(options)["--format"]] if vars(options)["--format"] else []
    )
    done = subprocess.run(
        [
            str(venv_program("persona-vault")),
            *("import", str(options.file), "--list", "--json", *chosen),
        ],
        check=False,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    found = json.loads(done.stdout)
    if done.returncode:
        _print_error(found)
        return done.returncode
    conversations = found["conversations"]
    n_messages = sum(c["n_messages"] for c in conversations)
    print(f"{options.file} holds {len(conversations):,} conversations, the largest:")
    largest = sorted(conversations, key=lambda c: -int(c["n_messages"]))
    for conversation in largest[:MOST_LINES]:
        print(_line(conversation))
    days = sorted(day for c in conversations for day in _days(c))
    spoken = f"from {days[0]} to {days[-1]}" if days else "without usable times"
    print(f"In all {n_messages:,} messages, {spoken}.")
    for group, n in _by_group(conversations).most_common():
        print(f"  GPT or project {_plain(group)}: {n:,} conversations")
    models = _models_by_first_day(conversations)
    for first, model in models:
        print(f"  model {_plain(model)}: first seen {first}")
    example = models[-1][0] if len(models) > 1 else days[len(days) // 2] if days else ""
    who = shlex.quote(options.persona or "NAME")
    print(
        "\nName the date that you wonder about: all before it is compared with the 90 "
        "days after.\nFor example:\n"
        f"  python3 scripts/demo.py {shlex.quote(str(options.file))} --persona {who} "
        f"--at {example or '2025-05-15'}"
    )
    if len(conversations) > 1:
        print(
            "--only PATTERN takes some of the conversations: by title (with * and ?), "
            "id or project."
        )
    return 0


def _line(conversation: dict[str, Any]) -> str:
    days = _days(conversation)
    when = f"{days[0]} to {days[-1]}" if days else "no times"
    title = _plain(conversation["title"] or conversation["native_id"])
    return f"  {conversation['n_messages']:>7,}  {when:<24}  {title}"[:WIDTH]


def _by_group(conversations: list[dict[str, Any]]) -> Counter[str]:
    """GPT or project -> its conversations; those of none are left out."""
    return Counter(c["group"] for c in conversations if c["group"])


def _days(conversation: dict[str, Any]) -> list[str]:
    """First and last day, as far as the file tells them."""
    times = (conversation["first_at"], conversation["last_at"])
    return [datetime.fromisoformat(t).date().isoformat() for t in times if t]


def _models_by_first_day(conversations: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(first day, model), oldest first; the day is that of the conversation."""
    seen: dict[str, set[str]] = defaultdict(set)
    for conversation in conversations:
        for model in conversation["models"]:
            seen[model] |= set(_days(conversation)[:1])
    return sorted((min(days), model) for model, days in seen.items() if days)


def _plain(text: str) -> str:
    """Text of a file that a terminal can only show."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _print_error(answer: dict[str, Any]) -> None:
    error = answer["error"]
    print(f"Error: {error['message']}\nHint: {error['hint']}", file=sys.stderr)


def _stop(message: str, hint: str) -> int:
    print(f"Error: {message}\nHint: {hint}", file=sys.stderr)
    return 2


def _next_free(path: Path) -> Path:
    """The path, or the first of `report-2.html`, `report-3.html`, ... that is free."""
    numbered = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
    return path if not path.exists() else next(p for p in numbered if not p.exists())


if __name__ == "__main__":
    sys.exit(main())
