"""Times as exports write them, turned into what a message stores; nothing is guessed.

A number that no calendar holds, or text in no known form, gives None.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from persona_vault.model import TimeQuality

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?"
    r"\s?(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The three time fields of a message.

    Attributes:
        sent_at: Aware UTC, or None where no zone is named.
        local_at: Wall time as ISO 8601 without zone, where no zone is named.
        quality: `exact`, `minute` (no seconds written) or `local`.
    """

    sent_at: datetime | None
    local_at: str | None
    quality: TimeQuality


def from_seconds(value: Any) -> datetime | None:
    """Aware UTC from Unix seconds; None if it is no number or out of the calendar."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        return None


def from_millis(value: Any) -> datetime | None:
    """Aware UTC from whole Unix milliseconds; None as for `from_seconds`."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except (OverflowError, ValueError):
        return None


def from_iso(text: Any) -> Stamp | None:
    """A date and time as ISO 8601 writes it, with `T` or a space between.

    None for anything else, a date alone included.
    """
    match = _ISO.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    day, minute, second, zone = match.groups()
    wall = f"{day}T{minute}{(second or ':00').replace(',', '.')[:10]}"
    try:
        if zone is None:
            local = datetime.fromisoformat(wall).isoformat()
            return Stamp(None, local, TimeQuality.LOCAL)
        offset = "+00:00" if zone in ("Z", "UTC") else zone
        sent_at = datetime.fromisoformat(wall + offset).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return Stamp(sent_at, None, TimeQuality.EXACT if second else TimeQuality.MINUTE)
