"""Messages that answer each other by id: what is shown, what was left or tried again.

For assistants whose export lists messages with the id of the one above. The walk over
the tree itself is in `tree`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from persona_vault.importers.talk.tree import Place, reading_order
from persona_vault.model import Role

# NUL never stands in decoded JSON, so no vendor's id can be one of these.
_TOP = "\0top"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a message of a list says of its own place.

    Attributes:
        native_id: As written, "" for none.
        parent: Id of the message above, None at the top.
        role: Who speaks, None where that cannot be told.
        follows: True where the list gives no parent, so that the message before it
            in the list is taken.
        seconds: Time for sorting siblings, None where unknown.
        is_filled: False where it will give no message; its children then answer the
            message above it.
        variant: What tells answers apart that were asked for side by side.
    """

    native_id: str
    parent: str | None
    role: Role | None
    follows: bool = False
    seconds: float | None = None
    is_filled: bool = True
    variant: object = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands in its conversation.

    Attributes:
        index: 0-based place in the list.
        native_id: The id as written, told apart where the list repeats it; None where
            there is none.
        parent: `native_id` of the nearest message above, None at the top.
        shown: Whether it lies on the path that the app shows.
        flags: "branch" off that path; "orphan" where the parent is lost; "edited" or
            "regenerated" for a further attempt at the same place.
    """

    index: int
    native_id: str | None
    parent: str | None
    shown: bool
    flags: tuple[str, ...]


def standings(
    links: Sequence[Link], current: object = None, *, one_top: bool = False
) -> Iterator[Standing]:
    """Each message of a list once, in reading order.

    Args:
        links: The messages in the order of the list.
        current: Id of the last message shown; the newest leaf where it is none of
            the ids.
        one_top: Whether messages without a parent are attempts at one place, of which
            one is shown; otherwise each begins a talk of its own.
    """
    keys = _keys(links)
    above_all = _TOP if one_top else None
    named: dict[str, str | None] = {_TOP: None} if one_top else {}
    for number, link in enumerate(links):
        if link.follows:
            named[keys[number]] = keys[number - 1] if number else above_all
        else:
            named[keys[number]] = above_all if link.parent is None else link.parent
    times = dict(zip(keys, (link.seconds for link in links), strict=True))
    indices = {key: number for number, key in enumerate(keys)}
    walk = _Walk()
    # An aborted answer holds nothing and is still where the newest branch ends.
    for place in reading_order(named, current, times, indices):
        index = indices.get(place.key)
        if index is None:
            walk.begin(place)
        else:
            yield walk.standing(place, index, links[index])


def _keys(links: Sequence[Link]) -> list[str]:
    """A key for each message that no other has; the id as written where that is one."""
    taken: set[str] = set()
    keys = []
    for number, link in enumerate(links, 1):
        key = link.native_id or f"\0{number}"
        if key in taken:
            key = f"{key}/{number}"
        while key in taken:
            key += "/"
        taken.add(key)
        keys.append(key)
    return keys


class _Walk:
    """What is known of the messages above, while walking down."""

    def __init__(self) -> None:
        self._message_above: dict[str | None, str | None] = {None: None}
        self._slot_below: dict[str | None, str] = {}
        self._n_attempts: Counter[tuple[str, Role, object]] = Counter()

    def begin(self, place: Place) -> str:
        """Step onto a node; gives the key of the message that it would answer."""
        # The top of each piece stands for itself: pieces do not answer each other.
        above = self._slot_below.get(place.parent, f"\0top of {place.key}")
        self._slot_below[place.key] = above
        self._message_above[place.key] = self._message_above[place.parent]
        return above

    def standing(self, place: Place, index: int, link: Link) -> Standing:
        """The standing of the message at a node."""
        above = self.begin(place)
        native_id = None if place.key.startswith("\0") else place.key
        flags = ["branch"] * (not place.on_path) + ["orphan"] * place.is_cut
        if link.is_filled:
            self._message_above[place.key] = native_id
            self._slot_below[place.key] = place.key
            if link.role in (Role.USER, Role.PERSONA):
                slot = (above, link.role, link.variant)
                self._n_attempts[slot] += 1
                again = self._n_attempts[slot] > 1
                word = "edited" if link.role is Role.USER else "regenerated"
                flags += [word] * again
        parent = self._message_above[place.parent]
        return Standing(index, native_id, parent, place.on_path, tuple(flags))
