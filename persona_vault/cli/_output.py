"""The only place that prints: results on stdout, notes and progress on stderr."""

import json
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import click

from persona_vault.cli._options import Common, common
from persona_vault.findings import plain

WIDTH = 88


def inert(text: str) -> str:
    r"""Text that a terminal can only show: control and direction marks as \xNN."""
    return "".join(_visible(c) for c in text)


def _visible(character: str) -> str:
    code = ord(character)
    control = code < 0x20 and character not in "\n\t"
    hidden = (
        0x7F <= code < 0xA0
        or 0x200E <= code <= 0x200F
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or code == 0x061C
    )
    if control or hidden or 0xD800 <= code <= 0xDFFF:
        return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"
    return character


def print_text(text: str = "") -> None:
    """A result for a person."""
    _write(sys.stdout, inert(text) + "\n")


def print_json(value: Any) -> None:
    """A result for a program: one JSON object, in ASCII, nothing else on stdout."""
    _write(sys.stdout, json.dumps(plain(value), indent=2, allow_nan=False) + "\n")


def print_raw(text: str) -> None:
    """A text that is already inert, such as a JSON report."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Something a person may want to know; not a result."""
    if not common().quiet:
        _write(sys.stderr, inert(text) + "\n")


def warn(text: str) -> None:
    """Something a person must not miss."""
    _write(sys.stderr, inert(f"Note: {text}") + "\n")


def print_error(options: Common, message: str, hint: str, exit_code: int) -> None:
    """The one form of every failure."""
    if options.json:
        error = {"message": message, "hint": hint, "exit_code": exit_code}
        _write(sys.stdout, json.dumps({"error": error}, indent=2) + "\n")
        return
    _write(sys.stderr, inert(f"Error: {message}") + "\n")
    if hint:
        _write(sys.stderr, inert(f"Hint: {hint}") + "\n")


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns by width; long cells are cut with an ellipsis."""
    cells = [[_cell(c) for c in row] for row in rows]
    widths = [
        max(len(h), *(len(r[i]) for r in cells)) if cells else len(h)
        for i, h in enumerate(head)
    ]
    for row in ([*head], *cells):
        line = "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True))
        print_text(line.rstrip())


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return textwrap.shorten(inert(text).replace("\n", " "), 48, placeholder=" ...")


def wrapped(text: str, indent: str = "") -> str:
    """A paragraph at the usual width."""
    lines = text.splitlines() or [""]
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )


def progress(what: str) -> Callable[..., None] | None:
    """A counter on stderr: called with (done) or (done, total); None where unwanted."""
    if common().quiet or common().json or not sys.stderr.isatty():
        return None

    def show(done: int, total: int | None = None) -> None:
        of = f" of {total:,}" if total else ""
        end = "\n" if total and done >= total else ""
        _write(sys.stderr, f"\r{what}: {done:,}{of}{end}")

    return show


def day(value: Any) -> str:
    """A time as a date, "" where there is none."""
    return "" if value is None else f"{value:%Y-%m-%d}"


def minute(value: Any) -> str:
    """A time to the minute, in UTC."""
    return "no time" if value is None else f"{value:%Y-%m-%d %H:%M}"


def _write(stream: Any, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(safe, file=stream, nl=False, color=False)
