"""Which conversations of an export are taken: chosen by id, title or group."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from persona_vault.model import Conversation

NOT_CHOSEN = "conversation not chosen"


class Choice:
    """The user's choice among the conversations of a source.

    A pattern matches a conversation's id, the id or name of its group (GPT, project),
    or its title, where * and ? stand for any letters and case does not count.

    Attributes:
        n_unmatched: How many of the `only` patterns have matched nothing so far.
    """

    def __init__(self, only: Sequence[str], except_: Sequence[str]) -> None:
        self._only, self._except = tuple(only), tuple(except_)
        self._matched: set[str] = set()
        self._last: Conversation | None = None
        self._last_chosen = True

    def takes(self, conversation: Conversation) -> bool:
        """Whether the conversation is to be imported."""
        if not self._only and not self._except:
            return True
        if conversation is not self._last:
            self._last, self._last_chosen = conversation, self._decide(conversation)
        return self._last_chosen

    def _decide(self, conversation: Conversation) -> bool:
        hits = [p for p in self._only if _matches(p, conversation)]
        self._matched.update(hits)
        if self._only and not hits:
            return False
        return not any(_matches(p, conversation) for p in self._except)

    @property
    def n_unmatched(self) -> int:
        """How many of the `only` patterns have matched nothing so far."""
        return len(set(self._only) - self._matched)


def _matches(pattern: str, conversation: Conversation) -> bool:
    if pattern in (conversation.native_id, conversation.group):
        return bool(pattern)
    folded = pattern.casefold()
    return fnmatchcase(conversation.title.casefold(), folded) or (
        bool(conversation.group) and fnmatchcase(conversation.group.casefold(), folded)
    )
