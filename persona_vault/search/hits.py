"""What a search gives back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from persona_vault.model import Period, Role, StoredMessage
from persona_vault.plain import plain


@dataclass(frozen=True, slots=True)
class Line:
    """A message beside a hit, as it is shown there."""

    message_id: int
    native_id: str | None
    role: Role
    speaker: str
    sent_at: datetime | None
    local_at: str | None
    text: str

    @classmethod
    def of(cls, message: StoredMessage) -> "Line":
        """The part of a stored message that is shown."""
        return cls(
            message.id,
            message.native_id,
            message.role,
            message.speaker,
            message.sent_at,
            message.local_at,
            message.text,
        )

    def __repr__(self) -> str:
        return f"Line(message {self.message_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message that was found.

    Attributes:
        rank: From 1.
        score: Higher is better; comparable only inside one result.
        score_kind: "bm25" (raised for words in the message itself), "cosine", or
            "rrf" (both lists joined by rank).
        conversation: The vendor's id of the thread; `conversation_id` is the vault's.
        sent_at: Aware UTC, None where unknown; then `local_at` may hold the wall time.
        text: The message itself, without the previous turn it was found by.
        before, after: Shown messages just beside it, in reading order.
        alike: Ids of further hits that say nearly the same and are folded into it.
    """

    rank: int
    score: float
    score_kind: str
    message_id: int
    native_id: str | None
    persona: str
    app: str
    conversation: str
    conversation_id: int
    title: str
    role: Role
    speaker: str
    sent_at: datetime | None
    local_at: str | None
    text: str
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    alike: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON types."""
        body: dict[str, Any] = plain(self)
        return body

    def __repr__(self) -> str:
        return (
            f"Hit({self.rank}, message {self.message_id}, "
            f"{self.score_kind} {self.score:.3f})"
        )


@dataclass(frozen=True, slots=True)
class SearchResult:
    """All hits of one search, best first; can be looped over and counted.

    Attributes:
        query: As typed.
        mode: How it was really searched: "hybrid", "semantic" or "keyword".
        hits: Each message at most once; by conversation they stand together.
        warnings: What the reader should know, such as that only words were searched.
        period: The time that was searched, None for all of it.
        date_words: Words of the query that were read as dates.
        required: What every hit holds itself, without the quotes or the star; ()
            where nothing was quoted or begun, and in a search by meaning alone.
        alike: Ids of messages that say nearly the same as the one that others were
            to be like, and are left out for it.
        is_cut: Whether worse messages were not read, since there were hits enough:
            then further ones may say nearly the same as what is in an `alike`.
    """

    query: str
    mode: str
    hits: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()
    period: Period | None = None
    date_words: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    alike: tuple[int, ...] = ()
    is_cut: bool = False

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON types."""
        body: dict[str, Any] = plain(self)
        return body

    def __repr__(self) -> str:
        return f"SearchResult({self.mode}, {len(self.hits)} hits)"
