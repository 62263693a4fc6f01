"""Chat files that repeat the beginning of another one: branches and checkpoints.

Front ends without ids save a branch as a copy of the chat up to a message, in a file
of its own. Only content makes two files one chat; a link that a file names makes less
content enough.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

REPEATED = "stands in another file of this chat"


def row_digest(*words: str) -> int:
    """What a row says, when and by whom, as 64 bits."""
    text = "".join(f"{len(word)}:{word}" for word in words)
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest())


@dataclass(slots=True)
class Telling:
    """One chat file as far as telling branches apart needs it.

    Attributes:
        member: Its name in the source.
        stem: Its name without folder and ending, which links use.
        folder: Where it stands; only files of one folder can be branches.
        branched_from: Stem that the file itself names as its origin, "" for none.
        digests: `row_digest` of each row, time included.
        proofs: One byte a row: 1 where a dated message of the user stands.
        newest: Seconds of its last time, for comparing; -inf without one.
    """

    member: str
    stem: str
    folder: str = ""
    branched_from: str = ""
    digests: "array[int]" = field(default_factory=lambda: array("Q"))
    proofs: bytearray = field(default_factory=bytearray)
    newest: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Family:
    """The files of one chat.

    Attributes:
        root: The file that the others branched from, as far as can be told.
        tellings: The one that went on last first; it is what the app would show.
        n_repeated: For each telling, how many of its first rows stand in one that
            comes before it here.
    """

    root: Telling
    tellings: tuple[Telling, ...]
    n_repeated: tuple[int, ...]


def families(tellings: Iterable[Telling]) -> list[Family]:
    """Every file in exactly one family, in the order of their names."""
    groups: list[list[Telling]] = []
    by_opening: dict[tuple[str, int], list[list[Telling]]] = {}
    for telling in tellings:
        opening = telling.digests[0] if telling.digests else -1
        near = by_opening.setdefault((telling.folder, opening), [])
        home = [g for g in near if any(_are_one(telling, other) for other in g)]
        group = [telling]
        for each in home:  # one file may join what stood apart until now
            group[:0] = each
            near.remove(each)
            groups.remove(each)
        near.append(group)
        groups.append(group)
    return sorted((_family(group) for group in groups), key=lambda f: f.root.member)


def _n_shared(one: Telling, two: Telling) -> int:
    pairs = zip(one.digests, two.digests, strict=False)
    return next(
        (n for n, (a, b) in enumerate(pairs) if a != b),
        min(len(one.digests), len(two.digests)),
    )


def _are_one(one: Telling, two: Telling) -> bool:
    n_shared = _n_shared(one, two)
    if one.stem == two.branched_from or two.stem == one.branched_from:
        return n_shared >= 1
    # Two talks may open with one greeting; the user's words at one time are no chance.
    return n_shared >= 2 and any(one.proofs[:n_shared])


def _family(group: Sequence[Telling]) -> Family:
    stems = {telling.stem for telling in group}
    root = min(
        group,
        key=lambda t: (t.branched_from in stems, bool(t.branched_from), t.stem),
    )
    order = sorted(group, key=lambda t: (-t.newest, -len(t.digests), t.stem))
    n_repeated = [
        max((_n_shared(telling, before) for before in order[:place]), default=0)
        for place, telling in enumerate(order)
    ]
    return Family(root, tuple(order), tuple(n_repeated))
