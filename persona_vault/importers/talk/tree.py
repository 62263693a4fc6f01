"""A conversation that is a tree of messages, put into reading order.

Only parents are relied on. The walk uses no recursion and touches each node a fixed
number of times; threads of tens of thousands of messages are real.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands in its conversation.

    Attributes:
        key: Its key among the nodes.
        position: 1-based place in the file.
        parent: Key of the node above; None at the top of a piece.
        on_path: Whether it lies on the path that the app shows.
        is_cut: Whether the node names a parent that is missing, or that leads back to
            the node itself.
    """

    key: str
    position: int
    parent: str | None
    on_path: bool
    is_cut: bool


def reading_order(
    named: Mapping[str, str | None],
    current: object,
    times: Mapping[str, float | None],
    filled: Collection[str],
) -> list[Place]:
    """Every node of the tree exactly once, each one after its parent.

    Siblings stand in order of time, then of the file. A conversation may fall into
    pieces (missing parents, several roots, cycles); each piece has a shown path of its
    own, because only a sibling that was chosen instead makes a message a branch.

    Args:
        named: Key -> key of the parent that the node names, None or "" for none, in
            file order.
        current: Key of the last node shown. Where that is none of the keys, and in
            the other pieces, the newest leaf takes its place.
        times: Key -> seconds, None where unknown: such a node counts as its parent's
            time.
        filled: Keys of the nodes that hold a message.
    """
    parents: dict[str, str | None] = {
        key: parent if parent in named else None for key, parent in named.items()
    }
    cut = {key for key, parent in named.items() if parent and parents[key] is None}
    for key in _cycle_tops(parents):
        parents[key] = None
        cut.add(key)
    positions = {key: number for number, key in enumerate(parents, 1)}
    pieces = _pieces(parents, times, filled)
    shown: set[str] = set()
    for piece, ends in pieces:
        is_current = isinstance(current, str) and current in piece
        above: str | None = str(current) if is_current else ends
        while above is not None:
            shown.add(above)
            above = parents[above]
    return [
        Place(key, positions[key], parents[key], key in shown, key in cut)
        for piece, _ends in pieces
        for key in piece
    ]


def _cycle_tops(parents: Mapping[str, str | None]) -> list[str]:
    """One node of every cycle: where it is cut open."""
    walk_of: dict[str, int] = {}
    tops = []
    for number, start in enumerate(parents):
        key: str | None = start
        while key is not None and key not in walk_of:
            walk_of[key] = number
            key = parents[key]
        if key is not None and walk_of[key] == number:
            tops.append(key)
    return tops


def _pieces(
    parents: Mapping[str, str | None],
    times: Mapping[str, float | None],
    filled: Collection[str],
) -> list[tuple[dict[str, None], str]]:
    """(keys in reading order, newest leaf) of each piece, the oldest piece first."""
    positions = {key: number for number, key in enumerate(parents, 1)}
    children: dict[str | None, list[str]] = {}
    for key, parent in parents.items():
        children.setdefault(parent, []).append(key)
    found = []
    for root in children.get(None, ()):
        piece = _walk(root, children, positions, times)
        leaves = [key for key in piece if key not in children]
        # A node that holds nothing is no end of a talk while there is another.
        ends = [key for key in leaves if key in filled] or leaves
        newest = max(ends, key=lambda key: (piece[key], positions[key]))
        oldest = min((time for time in piece.values() if time != -inf), default=-inf)
        found.append((oldest, positions[root], dict.fromkeys(piece), newest))
    found.sort(key=lambda entry: entry[:2])
    return [(keys, newest) for _oldest, _position, keys, newest in found]


def _walk(
    root: str,
    children: Mapping[str | None, list[str]],
    positions: Mapping[str, int],
    times: Mapping[str, float | None],
) -> dict[str, float]:
    """Key -> time (its own, else inherited, else -inf), in reading order."""

    def time_of(key: str, inherited: float) -> float:
        time = times.get(key)
        return inherited if time is None else time

    order: dict[str, float] = {}
    waiting = [(root, time_of(root, -inf))]
    while waiting:
        key, time = waiting.pop()
        order[key] = time
        below = [(child, time_of(child, time)) for child in children.get(key, ())]
        below.sort(key=lambda pair: (pair[1], positions[pair[0]]), reverse=True)
        waiting.extend(below)
    return order
