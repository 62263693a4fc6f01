"""Counting what is read: for each conversation, and by their sum for the source."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from persona_vault.ingest.identity import Instant
from persona_vault.model import ClaimPart, Message, Role

LONG_GAP = timedelta(days=30)

# Flags of an answer that another one took the place of, where it is not shown.
REPLACED = frozenset({"regenerated", "branch"})

_FIRST_DAY = date(1970, 1, 1)
_DAY = 86_400_000_000


@dataclass(slots=True)
class Tally:
    """What was read of one conversation, in little memory.

    Attributes:
        first, last: Microseconds since 1970, None without a placed time.
        days: Days since 1970 (UTC) with a message.
        issues: where and reason; the caller bounds their number.
    """

    n_read: int = 0
    n_messages: int = 0
    n_inputs: int = 0
    n_hidden: int = 0
    n_regenerated: int = 0
    n_replies: int = 0
    n_replies_with_model: int = 0
    n_attachments: int = 0
    n_unplaced: int = 0
    n_ambiguous: int = 0
    n_issues: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    qualities: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    issues: list[Mapping[str, str]] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    days: set[int] = field(default_factory=set)
    _day: int = -1

    def note_message(self, message: Message) -> None:
        """Count a message, whatever becomes of it."""
        self.n_read += 1
        self.n_messages += 1
        self.qualities[message.time_quality] += 1
        flags = message.flags
        if flags:
            self.flags.update(flags)
        is_reply = message.role is Role.PERSONA
        if not message.shown:
            self.n_hidden += 1
            self.n_regenerated += is_reply and not REPLACED.isdisjoint(flags)
        answered = False
        for claim in message.models:
            self.models[claim.value] += 1
            answered = answered or claim.part is ClaimPart.ANSWERED
        if is_reply:
            self.n_replies += 1
            self.n_replies_with_model += answered
        self.n_attachments += len(message.attachments)

    def note_time(self, when: Instant) -> None:
        """Take in when a message was sent."""
        sent_at = when.sent_at
        self.n_ambiguous += when.ambiguous
        if sent_at is None:
            self.n_unplaced += bool(when.key)
            return
        if self.first is None or self.last is None:
            self.first = self.last = sent_at
        elif sent_at > self.last:
            self.last = sent_at
        elif sent_at < self.first:
            self.first = sent_at
        day = sent_at // _DAY
        if day != self._day:
            self._day = day
            self.days.add(day)

    @property
    def share_model_observed(self) -> float | None:
        """Of the companion's messages, those that name the model that answered."""
        if not self.n_replies:
            return None
        return self.n_replies_with_model / self.n_replies

    def gaps(self) -> tuple[dict[str, Any], ...]:
        """Stretches of over 30 days between two days with messages (UTC)."""
        return tuple(
            {"since": _iso_day(one), "until": _iso_day(two), "n_days": two - one}
            for one, two in pairwise(sorted(self.days))
            if two - one > LONG_GAP.days
        )


_SUMMED = tuple(name for name in Tally.__slots__ if name.startswith("n_"))
_MERGED = ("ignored", "qualities", "models", "flags", "days")


def summed(tallies: Collection[Tally]) -> Tally:
    """One tally for several, without their issues: counts add up, dates span all."""
    whole = Tally()
    for one in tallies:
        for name in _SUMMED:
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for name in _MERGED:
            getattr(whole, name).update(getattr(one, name))
    whole.first = min((t.first for t in tallies if t.first is not None), default=None)
    whole.last = max((t.last for t in tallies if t.last is not None), default=None)
    return whole


def _iso_day(day: int) -> str:
    return (_FIRST_DAY + timedelta(days=day)).isoformat()
