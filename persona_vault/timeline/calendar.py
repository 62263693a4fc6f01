"""Publicly known vendor dates, shipped as data that a user can read and replace."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.containers import open_regular

SHIPPED = "calendar.toml"
PRECISIONS = ("day", "month")
REPORTERS = ("vendor", "authority", "press", "users")
MOST_BYTES = 1024 * 1024
_KEYS = {"app", "at", "kind", "title", "source", "precision", "reported_by"}
_HINT = (
    "Each [[event]] has app, at (a date), kind, title and source, and may have"
    " precision (day or month) and reported_by (vendor, authority, press or users)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """A vendor date as a source tells it.

    Attributes:
        app: The app, as `import --app` names it.
        at: Midnight UTC of the day, or of the first day of the month.
        kind: As for an event of the timeline.
        title: What is said to have happened, in one line.
        source: Who says so, and where.
        precision: "day" or "month".
        reported_by: "vendor", "authority", "press" or "users".
    """

    app: str
    at: datetime
    kind: str
    title: str
    source: str
    precision: str = "day"
    reported_by: str = "vendor"


def read_calendar(path: Path | None = None) -> list[CalendarRow]:
    """The shipped calendar, or a file of the same form, oldest first.

    Raises:
        InputRejectedError: The file cannot be read, or is no calendar; says where.
    """
    if path is None:
        text = files("persona_vault.timeline").joinpath(SHIPPED).read_text("utf-8")
        return _rows(text, SHIPPED)
    try:
        with open_regular(path, path.name, follow=True) as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputRejectedError(f"{path.name} is too large for a calendar")
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRejectedError(
            f"{path.name} cannot be read as UTF-8 text", hint="Check the path."
        ) from error
    return _rows(text, path.name)


def _rows(text: str, name: str) -> list[CalendarRow]:
    try:
        found = tomllib.loads(text).get("event", [])
    except tomllib.TOMLDecodeError as error:
        raise InputRejectedError(f"{name} is not TOML: {error}", hint=_HINT) from None
    if not isinstance(found, list):
        raise InputRejectedError(f"{name} holds no list of events", hint=_HINT)
    rows = [_row(value, f"{name} event {i}") for i, value in enumerate(found, 1)]
    return sorted(rows, key=lambda row: (row.at, row.app, row.title))


def _row(value: Any, where: str) -> CalendarRow:
    if not isinstance(value, dict) or not set(value) <= _KEYS:
        raise InputRejectedError(f"{where} has keys that are not known", hint=_HINT)
    at = value.get("at")
    words = {key: value.get(key, "") for key in _KEYS - {"at"}}
    words["precision"] = words["precision"] or "day"
    words["reported_by"] = words["reported_by"] or "vendor"
    if not all(isinstance(word, str) and word.strip() for word in words.values()):
        raise InputRejectedError(f"{where} lacks a text", hint=_HINT)
    if type(at) is not date:
        raise InputRejectedError(f"{where} has no date such as 2025-08-07", hint=_HINT)
    if words["precision"] not in PRECISIONS or words["reported_by"] not in REPORTERS:
        raise InputRejectedError(f"{where} has a word that is not known", hint=_HINT)
    return CalendarRow(at=datetime.combine(at, time(), UTC), **words)
