"""A talk measured part by part: all that the rows need of a stretch of blocks.

A part is measured by itself, so that several can be measured at once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from persona_vault.dimensions.base import NO_OCCASION, Dimension, Measurement, Scale
from persona_vault.dimensions.marked import without_marked, wrong_for
from persona_vault.embedders.anchors import TextColumns
from persona_vault.snapshot.covariates import NAMES, block_covariates
from persona_vault.snapshot.sums import SIDES, RowSums, SumsBuilder, joined_sums
from persona_vault.turns import Turn

# Messages of a part, in whole blocks: two seconds of work, a megabyte of text; the
# talks just before are looked through once more for each part.
PART = 1_000
# What measuring makes has hardly a cycle, and looking for one takes a tenth of the
# time as often as is usual.
OBJECTS_BETWEEN = 50_000


class Spoken(NamedTuple):
    """What is measured of a block.

    Attributes:
        order: Row ids of its messages, in reading order.
        persona, user: The turns of either side.
    """

    order: tuple[int, ...]
    persona: list[Turn]
    user: list[Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOfPart:
    """Some rows over a stretch of blocks.

    Attributes:
        sums: Side -> row -> its sums, an entry for each block.
        replies: Row -> numerator and denominator of each of the companion's replies,
            (replies, 2), zeros where it was no occasion; rows by kinds have none.
        marked: Side -> row -> hits left out because they were marked wrong.
    """

    sums: Mapping[str, Mapping[str, RowSums]]
    replies: Mapping[str, NDArray[np.float64]]
    marked: Mapping[str, Counter[str]]

    def beside(self, other: "RowsOfPart") -> "RowsOfPart":
        """These rows and others of the same blocks."""
        return RowsOfPart(
            sums={s: {**self.sums[s], **other.sums[s]} for s in SIDES},
            replies={**self.replies, **other.replies},
            marked={
                s: self.marked.get(s, Counter()) + other.marked.get(s, Counter())
                for s in SIDES
                if s in self.marked or s in other.marked
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtToPart:
    """What the user brought to the replies of a stretch of blocks.

    Attributes:
        table: The covariates, (replies, len(NAMES)).
        heard: The messages that each reply answers.
        texts: Way to read them -> its columns, (replies, c).
    """

    table: NDArray[np.float32]
    heard: tuple[tuple[str, ...], ...]
    texts: Mapping[str, NDArray[np.float32]]


def parts(blocks: Iterable[Spoken]) -> Iterator[list[Spoken]]:
    """Blocks in stretches of at least `PART` messages, but for the last.

    There is one at least: no talk at all is a stretch of no blocks.
    """
    part: list[Spoken] = []
    n, given = 0, False
    for block in blocks:
        part.append(block)
        n += len(block.order)
        if n >= PART:
            yield part
            part, n, given = [], 0, True
    if part or not given:
        yield part


def joined_rows(names: Sequence[str], found: Sequence[RowsOfPart]) -> RowsOfPart:
    """The rows over all parts, at least one of them, in the order of the names."""
    marked: dict[str, Counter[str]] = {}
    for part in found:
        for side, n in part.marked.items():
            marked[side] = marked.get(side, Counter()) + n
    return RowsOfPart(
        sums={
            side: {
                name: joined_sums([p.sums[side][name] for p in found]) for name in names
            }
            for side in SIDES
        },
        replies={
            name: np.concatenate([p.replies[name] for p in found])
            for name in names
            if name in found[0].replies
        },
        marked=marked,
    )


def measure(dimension: Dimension, turns: Sequence[Turn]) -> list[Measurement]:
    """One measurement per turn; in a language the row cannot read, no occasion."""
    if dimension.languages is None or not turns:
        return dimension.measure(turns)
    if turns[0].language in dimension.languages:
        return dimension.measure(turns)
    return [NO_OCCASION] * len(turns)


def measure_part(
    blocks: Sequence[Spoken],
    rows: Sequence[Dimension],
    marked: Mapping[str, Collection[int]],
    ways: Sequence[TextColumns],
) -> tuple[RowsOfPart, BroughtToPart]:
    """Measure rows, and what the user brought by those of them that tell it.

    Args:
        blocks: A stretch of the talk.
        rows: The rows.
        marked: Row -> messages whose hit the user marked wrong.
        ways: Ways to read what the replies answer; all of them can read any text.
    """
    building = _Building(rows, marked)
    tables = [np.zeros((0, len(NAMES)), dtype=np.float32)]
    heard: list[tuple[str, ...]] = []
    for block in blocks:
        users = building.add(block)
        brought = block_covariates(block.order, block.persona, block.user, users)
        tables.append(brought.table)
        heard += brought.heard
    # The last digits of a product hang on how many threads share it.
    with threadpool_limits(limits=1, user_api="blas"):
        found = {way.name: way.columns(heard) for way in ways}
    return building.built(), BroughtToPart(
        table=np.concatenate(tables),
        heard=tuple(heard),
        texts={name: table for name, table in found.items() if table is not None},
    )


def measure_more(
    blocks: Sequence[Spoken],
    rows: Sequence[Dimension],
    marked: Mapping[str, Collection[int]],
) -> RowsOfPart:
    """Measure rows that tell nothing of what the user brought."""
    building = _Building(rows, marked)
    for block in blocks:
        building.add(block)
    return building.built()


class _Building:
    """Rows over the blocks so far."""

    def __init__(
        self, rows: Sequence[Dimension], marked: Mapping[str, Collection[int]]
    ) -> None:
        self._rows, self._wrong = rows, marked
        self._sums = {s: [SumsBuilder(d.scale) for d in rows] for s in SIDES}
        # Numerator, denominator, numerator, ...: an array of plain numbers is quick.
        self._replies: dict[str, list[float]] = {
            d.name: [] for d in rows if d.scale is not Scale.DISTRIBUTION
        }
        self._marked: dict[str, Counter[str]] = {}

    def add(self, block: Spoken) -> dict[str, list[Measurement]]:
        """Add a block to the sums of both sides; returns what the user's turns say."""
        found: dict[str, list[Measurement]] = {}
        for side, turns in (("persona", block.persona), ("user", block.user)):
            for builder, row in zip(self._sums[side], self._rows, strict=True):
                values = measure(row, turns)
                if wrong := wrong_for(row.name, self._wrong):
                    values, n = without_marked(values, turns, wrong)
                    if n:
                        self._marked.setdefault(side, Counter())[row.name] += n
                builder.add_block(values)
                if side == "user":
                    found[row.name] = values
                elif row.name in self._replies:
                    self._replies[row.name] += [
                        x
                        for m in values
                        for x in (m[:2] if m.denominator > 0 else (0.0, 0.0))
                    ]
        return found

    def built(self) -> RowsOfPart:
        return RowsOfPart(
            sums={
                side: {d.name: b.build() for d, b in zip(self._rows, made, strict=True)}
                for side, made in self._sums.items()
            },
            replies={
                name: np.array(flat, dtype=float).reshape(-1, 2)
                for name, flat in self._replies.items()
            },
            marked=self._marked,
        )
