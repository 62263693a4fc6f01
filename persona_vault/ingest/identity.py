"""What makes a message the same message, and what instant it is placed at.

Identity is never the text alone. In a conversation it is the vendor's id; else time,
speaker, text and the number among equals; else, without a usable time, the neighbours
(see `alignment`), and the identity kept is only a name.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from persona_vault.errors import UsageError
from persona_vault.model import Message, TimeQuality

NATIVE, TIMED, NEIGHBOURS = "i:", "t:", "s:"
AMBIGUOUS = "time_ambiguous"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MICROSECOND = timedelta(microseconds=1)
_EXACT, _MINUTE, _LOCAL = TimeQuality.EXACT, TimeQuality.MINUTE, TimeQuality.LOCAL


class Instant(NamedTuple):
    """When a message was sent, in microseconds since 1970.

    Attributes:
        sent_at: In UTC, None where unknown.
        key: What stands for the time in an identity, whatever zone is assumed; ""
            where the time cannot tell messages apart.
        order: What reading order goes by, None where the time cannot order: a
            repeated or skipped hour keeps the order of the source.
        ambiguous: The clocks changed in that hour; the earlier reading was taken.
    """

    sent_at: int | None
    key: str
    order: int | None
    ambiguous: bool = False


_NO_TIME = Instant(None, "", None)


def instant_of(message: Message, zone: ZoneInfo | None) -> Instant:
    """Place a message in time; `zone` is where its wall times are read, if known."""
    sent = message.sent_at
    quality = message.time_quality
    if quality is _EXACT or quality is _MINUTE:
        if sent is None:
            return _NO_TIME
        at = (sent - _EPOCH) // _MICROSECOND
        return Instant(at, str(at), at)
    at_or_none = None if sent is None else (sent - _EPOCH) // _MICROSECOND
    if quality is _LOCAL and message.local_at:
        return _from_wall(message.local_at, at_or_none, zone)
    return Instant(at_or_none, "", None)


def kept_order(
    sent_at: int | None, local_at: str | None, quality: str, flags: str
) -> int | None:
    """`Instant.order` of a message as its row has it."""
    if quality in (_EXACT.value, _MINUTE.value):
        return sent_at
    if quality != _LOCAL.value or not local_at or AMBIGUOUS in flags:
        return None
    return wall_micros(local_at) if sent_at is None else sent_at


def _from_wall(local_at: str, sent_at: int | None, zone: ZoneInfo | None) -> Instant:
    wall = wall_micros(local_at)
    if wall is None:
        return Instant(sent_at, "", None)
    ambiguous = False
    if sent_at is None and zone is not None:
        sent_at, ambiguous = in_zone(local_at, zone)
    order = wall if sent_at is None else sent_at
    return Instant(sent_at, f"w{wall}", None if ambiguous else order, ambiguous)


def _parsed(local_at: str) -> datetime | None:
    try:
        return datetime.fromisoformat(local_at).replace(tzinfo=None)
    except ValueError:
        return None


def wall_micros(local_at: str) -> int | None:
    """A wall time as if it were UTC; None if it is not ISO 8601."""
    wall = _parsed(local_at)
    return None if wall is None else (wall - _WALL_EPOCH) // _MICROSECOND


def in_zone(local_at: str, zone: ZoneInfo) -> tuple[int | None, bool]:
    """(the instant of a wall time in a zone, whether the clocks changed in that hour).

    An hour that came twice is read as the first, one that never came with the offset
    before the change.
    """
    wall = _parsed(local_at)
    if wall is None:
        return None, False
    offset = zone.utcoffset(wall)
    if offset is None:
        return None, False
    try:
        at = wall.replace(tzinfo=UTC) - offset
    except OverflowError:  # in the first or last hours that a date can say
        return None, False
    ambiguous = offset != zone.utcoffset(wall.replace(fold=1))
    return (at - _EPOCH) // _MICROSECOND, ambiguous


def load_zone(name: str | None) -> ZoneInfo | None:
    """The zone of that IANA name; None for None.

    Raises:
        UsageError: There is no such zone.
    """
    if name is None:
        return None
    try:
        return _zone(name)
    except (ValueError, OSError, KeyError):
        raise UsageError(
            f"There is no time zone {name!r}.",
            hint="Use a name like Europe/Berlin or America/New_York.",
        ) from None


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def words_digest(speaker: str, text: str) -> str:
    """Who says what, as 32 hexadecimal digits."""
    words = f"{len(speaker)}:{speaker}{text}"
    return blake2b(words.encode(), digest_size=16).hexdigest()


def input_digest(kind: str, title: str, text: str) -> str:
    """A persona input's words, as 32 hexadecimal digits."""
    words = f"{len(kind)}:{kind}{len(title)}:{title}{text}"
    return blake2b(words.encode(), digest_size=16).hexdigest()


def scalar(text: str) -> str:
    """The text as Unicode scalar values: a lone surrogate becomes U+FFFD.

    Everything else, an emoji written as two surrogates included, keeps its meaning.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
