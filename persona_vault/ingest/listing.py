"""What an export holds, conversation by conversation, before anything is imported."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.model import Conversation, Message, ReadOptions
from persona_vault.plain import plain

_AS_READ = ReadOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationListing:
    """A conversation of an export, as `import --list` shows it.

    Attributes:
        n_messages: Hidden ones included.
        first_at, last_at: Aware UTC; None where the file has no times with a zone.
        models: model name -> messages that carry it.
    """

    native_id: str
    title: str
    group: str
    n_messages: int
    first_at: datetime | None
    last_at: datetime | None
    models: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The listing as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


@dataclass(slots=True)
class _Tally:
    conversation: Conversation
    n_messages: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    models: Counter[str] = field(default_factory=Counter)

    def note(self, message: Message) -> None:
        self.n_messages += 1
        at = message.sent_at
        if at is not None:
            self.first_at = at if self.first_at is None else min(at, self.first_at)
            self.last_at = at if self.last_at is None else max(at, self.last_at)
        for claim in message.models:
            self.models[claim.value] += 1


def list_conversations(
    path: Path | str,
    *,
    importer: str | None = None,
    options: ReadOptions = _AS_READ,
) -> list[ConversationListing]:
    """The conversations of an export, in its own order; needs no vault.

    Raises:
        InputRejectedError: The file cannot be read, or holds no message.
        UsageError: There is no format of that name.
    """
    tallies: dict[str, _Tally] = {}
    with Source.open(Path(path)) as source:
        reader = find_importer(source, options, importer)
        for record in reader.read(source, options):
            if isinstance(record, Message):
                conversation = record.conversation
                if conversation.key not in tallies:
                    tallies[conversation.key] = _Tally(conversation)
                tallies[conversation.key].note(record)
        if not tallies:
            raise InputRejectedError(
                f"{source.name} was read as {reader.name} and holds no message.",
                hint="If it is another format, name it with --format.",
            )
    return [
        ConversationListing(
            native_id=tally.conversation.native_id,
            title=tally.conversation.title,
            group=tally.conversation.group,
            n_messages=tally.n_messages,
            first_at=tally.first_at,
            last_at=tally.last_at,
            models=dict(tally.models),
        )
        for tally in tallies.values()
    ]
