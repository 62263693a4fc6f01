"""The only place that prints: results on stdout, notes and progress on stderr."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import Common, common

if TYPE_CHECKING:
    from datetime import datetime

MAX_WIDTH = 88
MAX_CELL = 48
MIN_LAST_CELL = 16


class ReaderGoneError(Exception):
    """Nobody reads what we print any more."""


# The stream on which a counter stands that has no line end yet.
_counters: list[Any] = []


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


def one_line(text: str) -> str:
    """Inert text that stays on its line: a name cannot forge a line of ours."""
    return inert(text).replace("\n", "\\n").replace("\t", "\\t")


def print_text(text: str = "") -> None:
    """A result for a person."""
    _write(sys.stdout, inert(text) + "\n")


def print_json(value: Any) -> None:
    """A result for a program: one JSON object, in ASCII, nothing else on stdout."""
    from persona_vault.plain import plain

    _write(sys.stdout, json.dumps(plain(value), indent=2, allow_nan=False) + "\n")


def print_raw(text: str) -> None:
    """A text that is already inert, such as a JSON report."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Something a person may want to know; not a result."""
    if not common().quiet:
        _write(sys.stderr, _folded(text) + "\n")


def warn(text: str) -> None:
    """Something a person must not miss."""
    _write(sys.stderr, _folded(f"Note: {text}") + "\n")


def print_error(options: Common, message: str, hint: str, exit_code: int) -> None:
    """The one form of every failure."""
    message, hint = as_sentence(message), as_sentence(hint)
    if options.json:
        error = {"message": message, "hint": hint, "exit_code": exit_code}
        _write(sys.stdout, json.dumps({"error": error}, indent=2) + "\n")
        return
    _write(sys.stderr, _folded(f"Error: {message}") + "\n")
    if hint:
        _write(sys.stderr, _folded(f"Hint: {hint}") + "\n")


def as_sentence(text: str) -> str:
    """The text with a full stop at its end, unless it is empty or has one."""
    return text if not text or text[-1] in ".?!" else f"{text}."


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns by width, numbers to the right; long cells are cut with an ellipsis.

    At a terminal the last column is cut to what is left of the line.
    """
    numeric = [
        bool(rows) and all(_is_number(r[i]) for r in rows) for i in range(len(head))
    ]
    cells = [[_cell(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    if sys.stdout.isatty():
        taken = sum(widths[:-1]) + 2 * (len(head) - 1)
        last = max(MIN_LAST_CELL, _columns() - taken)
        cells = [[*row[:-1], _cell(row[-1], last)] for row in cells]
    for row in cells:
        print_text(
            "  ".join(
                c.rjust(w) if n else c.ljust(w)
                for c, w, n in zip(row, widths, numeric, strict=True)
            ).rstrip()
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int)


def _cell(value: Any, most: int = MAX_CELL) -> str:
    if _is_number(value):
        return f"{value:,}"
    text = "" if value is None else " ".join(inert(str(value)).split())
    return text if len(text) <= most else f"{text[: most - 4].rstrip()} ..."


def _columns() -> int:
    """The width of the terminal, 80 where there is none."""
    import shutil

    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def _folded(text: str) -> str:
    """A note in whole words at a terminal, in one line elsewhere."""
    line = one_line(text)
    return wrapped(line) if sys.stderr.isatty() else line


def wrapped(text: str, indent: str = "") -> str:
    """A paragraph at the width of the terminal, at most 88."""
    import textwrap

    width = min(_columns(), MAX_WIDTH)
    lines = text.splitlines() or [""]
    return "\n".join(
        textwrap.fill(
            line,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )


def progress(what: str, *, timed: bool = False) -> Callable[..., None] | None:
    """A counter on stderr: called with (done) or (done, total); None where unwanted.

    With `timed` it tells the rate and the time left as well.
    """
    if common().quiet or common().json or not sys.stderr.isatty():
        return None
    from time import monotonic

    started_at = monotonic()

    def show(done: int, total: int | None = None) -> None:
        of = f" of {total:,}" if total else ""
        pace = ""
        if timed and total:
            # Padded, because the line before may have been longer.
            pace = f"{pace_told(done, total, monotonic() - started_at):<36}"
        end = "\n" if total and done >= total else ""
        _write(sys.stderr, f"\r{what}: {done:,}{of}{pace}{end}")
        _counters[:] = [] if end else [sys.stderr]

    return show


def pace_told(done: int, total: int, seconds: float) -> str:
    """The rate and the time left, in words; "" while there is nothing to go by."""
    if done < 1 or seconds <= 0:
        return ""
    rate = done / seconds
    told = f", {rate:,.0f} a second" if rate >= 10 else f", {rate:.1f} a second"
    left = (total - done) / rate
    if left < 1:
        return told
    if left < 90:
        return f"{told}, about {left:.0f} s left"
    if left < 5400:
        return f"{told}, about {left / 60:.0f} min left"
    return f"{told}, about {left / 3600:.1f} h left"


def day(value: "datetime | None") -> str:
    """A time as a date in the vault's zone, "" where there is none."""
    return "" if value is None else f"{_local(value):%Y-%m-%d}"


def minute(value: "datetime | None") -> str:
    """A time to the minute in the vault's zone (UTC where none was named)."""
    return "no time" if value is None else f"{_local(value):%Y-%m-%d %H:%M}"


def _local(value: "datetime") -> "datetime":
    zone = common().zone
    if zone is None:
        return value
    from zoneinfo import ZoneInfo

    try:
        return value.astimezone(ZoneInfo(zone))
    except OverflowError:  # in the first or last hours that a calendar holds
        return value


def _write(stream: Any, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    if _counters and not text.startswith("\r"):
        click.echo(file=_counters.pop())  # what comes now begins on its own line
    try:
        click.echo(safe, file=stream, nl=False, color=False)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does: no error of ours. What
        # is still in the stream must go somewhere when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise ReaderGoneError from None
