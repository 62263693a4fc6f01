"""What an import read and what became of it; the sums always agree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from persona_vault.ingest.identity import Instant
from persona_vault.ingest.tally import Tally, summed
from persona_vault.model import (
    ABSENT_FILE,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    SourceFact,
)
from persona_vault.plain import plain
from persona_vault.store.clock import from_micros

MAX_LISTED = 1_000
FORGOTTEN = "forgotten"  # why a record is left out that the user had forgotten
# Fewer messages than this in one minute can be real; more, and all equal, are not.
MIN_EQUAL_TIMES = 50
SHARE_EQUAL_TIMES = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was read and what became of it, of a source or of a conversation in it.

    n_read = n_added + n_duplicate + n_revised + n_ignored + n_issues, always; persona
    inputs count in them like messages.

    Attributes:
        ignored: reason -> count.
        issues: where and reason, at most 1,000 of them in a source.
        n_hidden: Branches, regenerated and hidden messages.
        n_regenerated: Those of the companion's messages that are not shown since
            another answer took their place.
        first_at, last_at: Over the messages, aware UTC.
        time_quality: quality -> messages.
        models: model name -> messages that carry it.
        share_model_observed: Of the companion's messages, those that name the model
            that answered, 0..1; None where there is no such message.
        gaps: Stretches of over 30 days without a message: since, until, n_days.
        flags: flag -> messages that carry it.
    """

    n_read: int
    n_added: int
    n_duplicate: int
    n_revised: int
    n_ignored: int
    ignored: Mapping[str, int]
    n_issues: int
    issues: tuple[Mapping[str, str], ...]
    n_messages: int
    n_messages_added: int
    n_hidden: int
    n_regenerated: int
    n_persona_inputs: int
    n_attachments: int
    first_at: datetime | None
    last_at: datetime | None
    time_quality: Mapping[str, int]
    models: Mapping[str, int]
    share_model_observed: float | None
    gaps: tuple[Mapping[str, Any], ...]
    flags: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The account as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationAccount(Account):
    """What a source told of one conversation; `native_id` is the vendor's id."""

    native_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport(Account):
    """What one import did; `to_dict()` is the documented JSON.

    Attributes:
        source: name, sha256, importer, importer_version.
        source_id: Row id of the source; None where nothing of it was written: a dry
            run, or a file that was imported before and brought nothing new.
        n_conversations: Conversations with a message in this source.
        conversations: The account of each, in the order of the source. What belongs
            to no conversation, and what was not chosen, counts for the source alone.
        attachments: n_named by messages, n_found in the source, n_kept in the vault,
            n_bytes_kept, n_unreadable.
        missing_files: Names of files that the export promises and does not bring.
        skipped_files: reason -> files inside that were not opened.
        facts: What is true of the source as a whole: name, value, where.
        options: What the user said about the file, and which times were set aside.
        warnings: Whole sentences.
    """

    source: Mapping[str, Any]
    source_id: int | None
    persona: str
    app: str
    dry_run: bool
    n_conversations: int
    conversations: tuple[ConversationAccount, ...]
    attachments: Mapping[str, int]
    missing_files: tuple[str, ...]
    skipped_files: Mapping[str, int]
    facts: tuple[Mapping[str, str], ...]
    options: Mapping[str, Any]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"ImportReport({self.source['name']!r}, n_read={self.n_read},"
            f" n_added={self.n_added}, n_issues={self.n_issues})"
        )


@dataclass(slots=True)
class Became:
    """What became of the records of a conversation that were not left out."""

    n_added: int = 0
    n_duplicate: int = 0
    n_revised: int = 0
    n_messages_added: int = 0


def accounted(tally: Tally, became: Became) -> dict[str, Any]:
    """The fields of an `Account`."""
    return {
        "n_read": tally.n_read,
        "n_added": became.n_added,
        "n_duplicate": became.n_duplicate,
        "n_revised": became.n_revised,
        "n_ignored": tally.ignored.total(),
        "ignored": dict(tally.ignored),
        "n_issues": tally.n_issues,
        "issues": tuple(tally.issues),
        "n_messages": tally.n_messages,
        "n_messages_added": became.n_messages_added,
        "n_hidden": tally.n_hidden,
        "n_regenerated": tally.n_regenerated,
        "n_persona_inputs": tally.n_inputs,
        "n_attachments": tally.n_attachments,
        "first_at": None if tally.first is None else from_micros(tally.first),
        "last_at": None if tally.last is None else from_micros(tally.last),
        "time_quality": dict(tally.qualities),
        "models": dict(tally.models),
        "share_model_observed": tally.share_model_observed,
        "gaps": tally.gaps(),
        "flags": dict(tally.flags),
    }


@dataclass(slots=True)
class Ledger:
    """Counts what is read, record by record, conversation by conversation.

    Attributes:
        n_read: So far.
        tallies: By the conversation's key; None for what belongs to none.
        conversations: By their key, as first told.
        issues: Of all of them, in the order of the source.
    """

    n_read: int = 0
    tallies: dict[str | None, Tally] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    facts: list[SourceFact] = field(default_factory=list)
    issues: list[Mapping[str, str]] = field(default_factory=list)
    missing_files: list[str] = field(default_factory=list)
    _last: Conversation | None = None
    _tally: Tally = field(default_factory=Tally)
    _usual_time: str = ""
    _lead: int = 0
    _n_timed: int = 0

    def __post_init__(self) -> None:
        self.tallies[None] = self._tally

    def _of(self, conversation: Conversation | None) -> Tally:
        if conversation is not self._last:
            self._last = conversation
            key = None if conversation is None else conversation.key
            if key not in self.tallies:
                self.tallies[key] = Tally()
            if conversation is not None:
                self.conversations.setdefault(conversation.key, conversation)
            self._tally = self.tallies[key]
        return self._tally

    def note_left_out(self, record: Ignored | ImportIssue) -> None:
        """Count a record that brings nothing into the vault."""
        self.n_read += 1
        tally = self._of(record.conversation)
        tally.n_read += 1
        if isinstance(record, Ignored):
            tally.ignored[record.reason] += 1
            return
        tally.n_issues += 1
        if len(self.issues) < MAX_LISTED:
            issue = {"where": record.where, "reason": record.reason}
            tally.issues.append(issue)
            self.issues.append(issue)
            if record.reason == ABSENT_FILE:
                self.missing_files.append(record.where)

    def note_kept_out(self, thread: str, n: int) -> None:
        """Count messages as left out that were counted as messages before."""
        self.tallies[thread].ignored[FORGOTTEN] += n

    def note_fact(self, fact: SourceFact) -> None:
        """Keep what is true of the source as a whole; it is no record."""
        if len(self.facts) < MAX_LISTED:
            self.facts.append(fact)

    def note_message(self, message: Message) -> None:
        """Count a message, whatever becomes of it."""
        self.n_read += 1
        self._of(message.conversation).note_message(message)

    def note_input(self, given: PersonaInput) -> None:
        """Count a persona input."""
        self.n_read += 1
        tally = self._of(given.conversation)
        tally.n_read += 1
        tally.n_inputs += 1

    def note_time(self, when: Instant) -> None:
        """Take in when the message just counted was sent."""
        self._tally.note_time(when)
        key = when.key
        if key:
            self._n_timed += 1
            # Boyer and Moore's majority vote: the lead is never more than the count.
            if not self._lead:
                self._usual_time = key
            self._lead += 1 if key == self._usual_time else -1

    @property
    def times_are_equal(self) -> bool:
        """Whether nearly all messages bear one time, as no real talk does."""
        return (
            self._n_timed >= MIN_EQUAL_TIMES
            and self._lead >= SHARE_EQUAL_TIMES * self._n_timed
        )

    def whole(self) -> Tally:
        """The source as the sum of its conversations and of what belongs to none."""
        found = summed(self.tallies.values())
        found.issues = self.issues
        return found
