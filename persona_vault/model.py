"""The words of the field as frozen dataclasses; no input or output.

Times are aware and in UTC unless a name says `local`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who speaks: the user, the companion, or the software around them."""

    USER = "user"
    PERSONA = "persona"
    SYSTEM = "system"


class TimeQuality(StrEnum):
    """How far the time of a message can be trusted.

    `local` is a wall time whose zone the file does not name; `chat_level` is the time
    of the whole conversation, `capture` the moment of the export.
    """

    EXACT = "exact"
    MINUTE = "minute"
    LOCAL = "local"
    CHAT_LEVEL = "chat_level"
    CAPTURE = "capture"
    NONE = "none"


class ClaimSource(StrEnum):
    """Where a model name was read."""

    MESSAGE = "message"
    SWIPE = "swipe"
    CONVERSATION = "conversation"
    USER_TIMELINE = "user_timeline"


class ClaimPart(StrEnum):
    """What a model name says: which model answered, was asked for, or was the default.

    A default is never copied onto messages as if it had been seen there.
    """

    ANSWERED = "answered"
    REQUESTED = "requested"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ModelClaim:
    """A model name that a file gives, with where it stands and what it says."""

    value: str
    source: ClaimSource
    part: ClaimPart


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file named by a message; its bytes are not part of the text store.

    Attributes:
        name: As the export names it (a file name, a pointer or an address).
        media_type: Such as "image", "audio", "file"; "" where unknown.
        n_bytes: Size in bytes, or None where the export does not say.
        member: Name of the member of the source that holds the bytes, "" where the
            export does not bring them.
    """

    name: str
    media_type: str = ""
    n_bytes: int | None = None
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A thread of an export; `main` where the app keeps one endless talk.

    Attributes:
        native_id: The vendor's id of the thread, or "main".
        title: As written, "" where there is none.
        group: Id or name of the GPT, project or folder it belongs to, "" for none.
        threaded: False where the app has one endless talk: sessions are then cut by
            pauses instead.
        models: Claims about the whole thread (defaults).
        app: The app it was held in, where one file holds talk of several and says so;
            "" = that of the importer, or what the user says.
    """

    native_id: str = "main"
    title: str = ""
    group: str = ""
    threaded: bool = True
    models: tuple[ModelClaim, ...] = ()
    app: str = ""

    @property
    def key(self) -> str:
        """What tells it from the other threads of its file."""
        # The length tells where the app ends, so that no two pairs are one key.
        return f"{len(self.app)} {self.app}{self.native_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as an importer read it.

    Attributes:
        conversation: The thread; importers share one instance per thread.
        native_id: The vendor's id, or None; identity is never the text.
        role: Who speaks.
        speaker: The name or label as written in the file.
        text: The visible text, "" where the message has none (a picture, say).
        sent_at: Aware UTC, or None where the file cannot say.
        local_at: Wall time as ISO 8601 without zone, where that is all there is.
        time_quality: How far the time can be trusted.
        kind: "text", "voice", "image", "service", "tool", ... as the vendor has it.
        shown: False for branches, regenerated answers and hidden messages. An answer
            that another one took the place of has the flag "regenerated", or "branch"
            where it stands on a path that was left: the ledger counts these.
        parent: native_id of the message this one answers, where the file says so.
        models: Model claims that stand on this very message.
        attachments: Files it names.
        flags: Facts that statistics must know: "edited", "lossy_newlines",
            "joined_possible" (several messages may have become one), "truncated",
            "time_demoted" (its time was written by a tool and set aside), ...
        raw: The vendor's own record as JSON text (or the raw line), "" to keep none.
        where: Place in the source, such as "conversations.json item 3".
    """

    conversation: Conversation
    role: Role
    speaker: str
    text: str
    where: str
    native_id: str | None = None
    sent_at: datetime | None = None
    local_at: str | None = None
    time_quality: TimeQuality = TimeQuality.NONE
    kind: str = "text"
    shown: bool = True
    parent: str | None = None
    models: tuple[ModelClaim, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: tuple[str, ...] = ()
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaInput:
    """What the user or the vendor told the companion to be, as one dated version.

    Attributes:
        kind: "custom_instructions", "backstory", "memory", "diary", "journal",
            "directive", "greeting", "profile", ...
        text: The words themselves.
        valid_from: When this version was seen to hold, aware UTC, or None.
        native_id: The vendor's id, or None.
        title: A label such as the memory's category, "" for none.
        where, raw: As for a message.
        conversation: The thread that it stands in and speaks of; None where it holds
            for the whole account or app. Set it wherever the file knows it: with
            `import --only`, what belongs to a thread that was not chosen stays out,
            and what belongs to none is taken.
    """

    kind: str
    text: str
    where: str
    valid_from: datetime | None = None
    native_id: str | None = None
    title: str = ""
    raw: str = ""
    conversation: Conversation | None = None


ABSENT_FILE = "a file of the export is absent"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that was read and left out, with its reason (a short fixed phrase).

    `conversation` is the thread that it stands in, None where the file cannot say; the
    ledger of that thread counts it.
    """

    reason: str
    where: str
    conversation: Conversation | None = None


@dataclass(frozen=True, slots=True)
class ImportIssue:
    """A record that could not be read, with its reason (a short fixed phrase).

    A file that the export promises and does not bring is one with the reason
    `ABSENT_FILE` and the file's name as its place. `conversation` as for `Ignored`.
    """

    reason: str
    where: str
    conversation: Conversation | None = None


COLUMNS_FACT = "columns"


@dataclass(frozen=True, slots=True)
class SourceFact:
    """Something true of the source as a whole, told in its ledger; never counted.

    Two names have sentences of their own in the ledger: "signature" ("authentic",
    "altered", "cannot_tell"), and "truncated_by_vendor", whose value says what the
    vendor leaves out, such as "the oldest messages". `COLUMNS_FACT` is a JSON object,
    the column of each field, "" where there is none: with it a row alone is read as
    its file was (`ReadOptions.found_columns`).

    Attributes:
        name: What it is about, such as "signature".
        value: A short fixed phrase, such as "authentic"; never text of the talk.
        where: Place in the source.
    """

    name: str
    value: str
    where: str


Record = Message | PersonaInput | Ignored | ImportIssue | SourceFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A companion as the vault knows it.

    Attributes:
        id: Row id in the vault.
        name: The name the user gave at import.
        pronoun: As the user set it ("she", "he", "they", ...), "" if not set.
        user_names: Names and nicknames by which the companion may call the user.
        own_names: Further names of the companion itself.
    """

    id: int
    name: str
    pronoun: str = ""
    user_names: tuple[str, ...] = ()
    own_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of a talk: [since, until), by time or by message number.

    Attributes:
        since, until: Aware UTC; None = no bound.
        first, last: 1-based message numbers, both inclusive, over the persona's shown
            messages of both roles in reading order; None = no bound. Used for sources
            without usable times, never together with since/until.
    """

    since: datetime | None = None
    until: datetime | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message as it stands in the vault, in reading order.

    `conversation_id` is the vault's row id, `conversation` the vendor's.
    """

    id: int
    conversation_id: int
    conversation: str
    threaded: bool
    app: str
    native_id: str | None
    role: Role
    speaker: str
    text: str
    sent_at: datetime | None
    local_at: str | None
    time_quality: TimeQuality
    kind: str
    shown: bool
    position: int
    flags: tuple[str, ...] = ()
    models: tuple[ModelClaim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something dated that may matter to a comparison.

    Attributes:
        kind: Such as "model_swap", "silent_update", "filter_change", "persona_edit",
            "migration", "memory_loss", "reset_delete", "tier_change", "other".
        at: Aware UTC.
        precision: "day", "month", "exact".
        source: "user", "observed" (a model switch in the data) or a citation.
    """

    id: int
    at: datetime
    kind: str
    title: str
    precision: str = "day"
    source: str = "user"
    persona: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user can tell an importer that the file does not say.

    Attributes:
        me, them: Names under which the user / the companion appear as speakers.
        columns: field -> column name, for generic CSV and JSONL.
        day_first: For ambiguous numeric dates; None = decide from the file or say so.
        found_columns: field -> column that the whole file was read by, when a record of
            it is read again alone; empty where nothing was told of them.
    """

    me: tuple[str, ...] = ()
    them: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    found_columns: Mapping[str, str] = field(default_factory=dict)
