"""What a raw record tells without its file: so much of a message can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from persona_vault.importers.values import as_object
from persona_vault.model import Message, PersonaInput, Record, Role, TimeQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a raw record alone says of the message or persona input that it gave.

    Attributes:
        text: Its words.
        others: Words that it may have instead, where only the file tells which.
        has_more: The words stand in `text`, and only the file tells where they begin
            and end.
        role, speaker: As for a message; None where only the file tells them.
        sent_at, local_at, time_quality: As for a message; `none` where the record has
            no time or only the file tells how it is read.
    """

    text: str
    others: tuple[str, ...] = ()
    has_more: bool = False
    role: Role | None = None
    speaker: str | None = None
    sent_at: datetime | None = None
    local_at: str | None = None
    time_quality: TimeQuality = TimeQuality.NONE

    @classmethod
    def of(cls, record: Message | PersonaInput) -> Self:
        """All that can be compared of a record."""
        if isinstance(record, PersonaInput):
            return cls(text=record.text)
        return cls(
            text=record.text,
            role=record.role,
            speaker=record.speaker,
            sent_at=record.sent_at,
            local_at=record.local_at,
            time_quality=record.time_quality,
        )


def told_by(records: Iterable[Record], where: str = "") -> Told | None:
    """What a reader makes of a file that holds one raw record and nothing else.

    Of all that comes of it, it is the one message or input that keeps the record.

    Args:
        records: What the reader makes of it.
        where: The place of the message, for records that several messages keep.
    """
    keeping = [
        record
        for record in records
        if isinstance(record, Message | PersonaInput)
        and record.raw
        and where in ("", record.where)
    ]
    return Told.of(keeping[0]) if len(keeping) == 1 else None


def only_field(value: Any) -> Told | None:
    """The words of a raw record that is one field with its text: `{"note": "..."}`."""
    texts = list(as_object(value).values())
    is_one = len(texts) == 1 and isinstance(texts[0], str)
    return Told(text=texts[0]) if is_one else None
