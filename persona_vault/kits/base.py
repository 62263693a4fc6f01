"""The seam to formats that leave the vault: a talk in, pieces of a text out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import Connection

from persona_vault.model import Persona
from persona_vault.plain import plain
from persona_vault.store.outgoing import (
    OutgoingCounts,
    OutgoingInput,
    OutgoingMessage,
    count_inputs,
    count_outgoing,
    read_inputs,
    read_outgoing,
)
from persona_vault.store.reading import MessageFilter

# Why a persona input stays behind.
NOT_IN_FORMAT = "not_in_this_format"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Talk:
    """What shall leave, read from one view of the vault.

    Attributes:
        connection: The view; what is written meanwhile is not in it.
        wanted: Which messages.
        persona: The companion, None where all of them were meant.
        zone: IANA zone of the vault's owner, None if never named.
        progress: Called now and then with messages done and messages in all.
    """

    connection: Connection
    wanted: MessageFilter
    persona: Persona | None = None
    zone: str | None = None
    progress: Progress | None = None

    @cached_property
    def counts(self) -> OutgoingCounts:
        """How much is wanted, and what is left out for which reason."""
        return count_outgoing(self.connection, self.wanted)

    def messages(self) -> Iterator[OutgoingMessage]:
        """The wanted messages in reading order, streamed."""
        found = read_outgoing(self.connection, self.wanted)
        for number, message in enumerate(found, start=1):
            yield message
            if self.progress is not None and number % 1_000 == 0:
                self.progress(number, self.counts.n_messages)

    def inputs(self, persona: Persona) -> tuple[OutgoingInput, ...]:
        """All that the companion was told to be, oldest version first."""
        return read_inputs(self.connection, persona.id)

    def leaving(self, pieces: Iterator[str]) -> "Leaving":
        """A file of every wanted message, and of nothing else."""
        n_inputs = count_inputs(self.connection, self.wanted.persona_id)
        return Leaving(
            pieces=pieces,
            n_messages=self.counts.n_messages,
            n_conversations=self.counts.n_conversations,
            n_left_out=self.counts.left_out,
            n_inputs_left_out={NOT_IN_FORMAT: n_inputs} if n_inputs else {},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A file that is about to be written.

    Attributes:
        pieces: Its text, in order; made while it is written.
        n_messages, n_conversations: That stand in it.
        n_left_out: Reason -> messages of the same companions that do not.
        n_persona_inputs: What the companion was told to be, as far as it is in it.
        n_inputs_left_out: Reason -> persona inputs that are not.
    """

    pieces: Iterator[str]
    n_messages: int
    n_conversations: int
    n_left_out: Mapping[str, int]
    n_persona_inputs: int = 0
    n_inputs_left_out: Mapping[str, int] = field(default_factory=dict)


class Kit(Protocol):
    """One format.

    Attributes:
        name: The value of `--format`.
        one_persona: Whether a file is of one companion only.
    """

    name: str
    one_persona: bool

    def leave(self, talk: Talk) -> Leaving:
        """The file of a talk; with `one_persona` the talk names its companion."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written, in numbers.

    Attributes:
        format: The kit's name.
        path: The file as it was named.
        persona: Name of the companion, None where all of them were meant.
        n_messages, n_conversations: That stand in the file.
        n_left_out: Reason ("hidden", "other_source", "without_time",
            "outside_period", "not_an_example") -> messages that do not.
        n_persona_inputs: What the companion was told to be, as far as it is in it.
        n_inputs_left_out: Reason ("empty", "later", "not_in_this_format",
            "older_version") -> persona inputs that are not.
        noted: Whether the vault could note the file, for a later forgetting.
    """

    format: str
    path: str
    persona: str | None
    n_messages: int
    n_conversations: int
    n_left_out: Mapping[str, int]
    n_persona_inputs: int
    n_inputs_left_out: Mapping[str, int]
    noted: bool

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        result: dict[str, Any] = plain(self)
        return result
