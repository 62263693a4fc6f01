"""What an import read and what became of it; the sums always agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from persona_vault.findings import plain
from persona_vault.ingest.identity import Instant
from persona_vault.model import (
    ClaimPart,
    Ignored,
    ImportIssue,
    Message,
    Role,
    SourceFact,
    TimeQuality,
)

LONG_GAP = timedelta(days=30)
MAX_LISTED = 1_000
# Fewer messages than this in one minute can be real; more, and all equal, are not.
MIN_EQUAL_TIMES = 50
SHARE_EQUAL_TIMES = 0.9

_ORDERING = (TimeQuality.EXACT, TimeQuality.MINUTE, TimeQuality.LOCAL)
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one import did; `to_dict()` is the documented JSON.

    n_read = n_added + n_duplicate + n_revised + n_ignored + n_issues, always; persona
    inputs count in them like messages.

    Attributes:
        source: name, sha256, importer, importer_version.
        source_id: Row id of the source; None where nothing of it was written: a dry
            run, or a file that was imported before and brought nothing new.
        ignored: reason -> count.
        issues: where and reason, at most 1,000 of them.
        n_conversations: Conversations with a message in this source.
        first_at, last_at: Over the source's messages, aware UTC.
        time_quality: quality -> messages of the source.
        models: model name -> messages of the source that carry it.
        share_model_observed: Of the companion's messages, those that name the model
            that answered, 0..1; None where there is no such message.
        gaps: Stretches of over 30 days without a message: since, until, n_days.
        n_hidden: Branches, regenerated and hidden messages of the source.
        skipped_files: reason -> files inside that were not opened.
        facts: What is true of the source as a whole: name, value, where.
        warnings: Whole sentences.
    """

    source: Mapping[str, Any]
    source_id: int | None
    persona: str
    app: str
    dry_run: bool
    n_read: int
    n_added: int
    n_duplicate: int
    n_revised: int
    n_ignored: int
    ignored: Mapping[str, int]
    n_issues: int
    issues: tuple[Mapping[str, str], ...]
    n_conversations: int
    n_messages: int
    n_messages_added: int
    n_hidden: int
    n_persona_inputs: int
    first_at: datetime | None
    last_at: datetime | None
    time_quality: Mapping[str, int]
    models: Mapping[str, int]
    share_model_observed: float | None
    gaps: tuple[Mapping[str, Any], ...]
    skipped_files: Mapping[str, int]
    facts: tuple[Mapping[str, str], ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        result: dict[str, Any] = plain(self)
        return result

    def __repr__(self) -> str:
        return (
            f"ImportReport({self.source['name']!r}, n_read={self.n_read},"
            f" n_added={self.n_added}, n_issues={self.n_issues})"
        )


@dataclass(slots=True)
class Ledger:
    """Counts what is read, record by record, in little memory."""

    n_read: int = 0
    n_messages: int = 0
    n_inputs: int = 0
    n_hidden: int = 0
    n_replies: int = 0
    n_replies_with_model: int = 0
    n_unplaced: int = 0
    n_ambiguous: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    n_issues: int = 0
    issues: list[Mapping[str, str]] = field(default_factory=list)
    facts: list[SourceFact] = field(default_factory=list)
    qualities: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    _days: set[int] = field(default_factory=set)
    _day: int = -1
    _usual_time: str = ""
    _lead: int = 0
    _n_timed: int = 0

    def note_left_out(self, record: Ignored | ImportIssue) -> None:
        """Count a record that brings nothing into the vault."""
        self.n_read += 1
        if isinstance(record, Ignored):
            self.ignored[record.reason] += 1
            return
        self.n_issues += 1
        if len(self.issues) < MAX_LISTED:
            self.issues.append({"where": record.where, "reason": record.reason})

    def note_fact(self, fact: SourceFact) -> None:
        """Keep what is true of the source as a whole; it is no record."""
        if len(self.facts) < MAX_LISTED:
            self.facts.append(fact)

    def note_message(self, message: Message) -> None:
        """Count a message, whatever becomes of it."""
        self.n_read += 1
        self.n_messages += 1
        self.qualities[message.time_quality] += 1
        if not message.shown:
            self.n_hidden += 1
        answered = False
        for claim in message.models:
            self.models[claim.value] += 1
            answered = answered or claim.part is ClaimPart.ANSWERED
        if message.role is Role.PERSONA:
            self.n_replies += 1
            self.n_replies_with_model += answered

    def note_input(self) -> None:
        """Count a persona input."""
        self.n_read += 1
        self.n_inputs += 1

    def note_time(self, when: Instant) -> None:
        """Take in when a message was sent."""
        sent_at, key = when.sent_at, when.key
        self.n_ambiguous += when.ambiguous
        if key:
            self._n_timed += 1
            # Boyer and Moore's majority vote: the lead is never more than the count.
            if not self._lead:
                self._usual_time = key
            self._lead += 1 if key == self._usual_time else -1
        if sent_at is None:
            self.n_unplaced += bool(key)
            return
        if self.first is None or self.last is None:
            self.first = self.last = sent_at
        elif sent_at > self.last:
            self.last = sent_at
        elif sent_at < self.first:
            self.first = sent_at
        day = sent_at // 86_400_000_000
        if day != self._day:
            self._day = day
            self._days.add(day)

    @property
    def times_are_equal(self) -> bool:
        """Whether nearly all messages bear one time, as no real talk does."""
        return (
            self._n_timed >= MIN_EQUAL_TIMES
            and self._lead >= SHARE_EQUAL_TIMES * self._n_timed
        )

    @property
    def share_model_observed(self) -> float | None:
        """Of the companion's messages, those that name the model that answered."""
        if not self.n_replies:
            return None
        return self.n_replies_with_model / self.n_replies

    def gaps(self) -> list[dict[str, Any]]:
        """Stretches of over 30 days between two days with messages (UTC)."""
        days = sorted(self._days)
        return [
            {
                "since": _iso_day(one),
                "until": _iso_day(two),
                "n_days": two - one,
            }
            for one, two in pairwise(days)
            if two - one > LONG_GAP.days
        ]


def _iso_day(day: int) -> str:
    return (_FIRST_DAY + timedelta(days=day)).isoformat()
