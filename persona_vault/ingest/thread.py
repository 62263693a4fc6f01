"""A conversation while its messages arrive."""

from array import array

from persona_vault.model import Conversation


class Thread:
    """A conversation while its messages arrive.

    Attributes:
        id: Row id.
        n_before: Highest position before this import; 0 in a new conversation.
        told: Message ids in the order of the source.
        n_forgotten: Of `told`: known by their neighbours to have been forgotten.
        n_rising, n_falling: Steps in time from one message to the next.
        n_added: New messages.
        n_by_neighbours: New messages that only their neighbours can tell apart.
        only_later: Whether every new message has a time after all that was kept.
    """

    __slots__ = (
        "conversation",
        "id",
        "last_order",
        "n_added",
        "n_before",
        "n_by_neighbours",
        "n_falling",
        "n_forgotten",
        "n_rising",
        "newest_kept",
        "only_later",
        "position",
        "told",
    )

    def __init__(
        self,
        row_id: int,
        conversation: Conversation,
        n_before: int = 0,
        newest_kept: int | None = None,
    ) -> None:
        self.id = row_id
        self.conversation = conversation
        self.n_before = self.position = n_before
        self.told: array[int] = array("q")
        self.last_order: int | None = None
        self.newest_kept = newest_kept
        self.only_later = newest_kept is not None
        self.n_rising = self.n_falling = self.n_added = self.n_by_neighbours = 0
        self.n_forgotten = 0

    def note_new(self, order: int | None) -> None:
        """Count a message that is new."""
        self.n_added += 1
        if self.newest_kept is None or order is None or order <= self.newest_kept:
            self.only_later = False

    def step(self, order: int | None) -> None:
        """Note whether the source runs forwards or backwards here."""
        if order is None:
            return
        if self.last_order is not None:
            self.n_rising += order > self.last_order
            self.n_falling += order < self.last_order
        self.last_order = order
