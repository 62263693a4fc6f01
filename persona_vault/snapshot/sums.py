"""What a snapshot holds: for each row and block, sums over turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat
from operator import ge, gt, mul

import numpy as np
from numpy.typing import NDArray

from persona_vault.dimensions.base import Dimension, Measurement, Scale

SIDES = ("persona", "user")
# The sums kept of each block, in the order of the file. See RowSums.
SUMS = ("n", "n_positive", "n_full", "num", "den", "num2", "numden", "den2")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """What a row was when the snapshot was taken; see `dimensions.base.Dimension`."""

    name: str
    version: int
    family: str
    title: str
    unit: str
    scale: str
    definition: str
    headline: bool
    material: float
    languages: tuple[str, ...] | None
    twin: str = ""

    @classmethod
    def of(cls, dimension: Dimension) -> "RowSpec":
        """The spec of a dimension of the catalogue."""
        return cls(
            name=dimension.name,
            version=dimension.version,
            family=dimension.family,
            title=dimension.title,
            unit=dimension.unit,
            scale=dimension.scale.value,
            definition=dimension.definition,
            headline=dimension.headline,
            material=dimension.material,
            twin=dimension.twin,
            languages=(
                None
                if dimension.languages is None
                else tuple(sorted(dimension.languages))
            ),
        )


@dataclass(frozen=True, slots=True)
class RowSums:
    """One row over the blocks of a period.

    Attributes:
        table: Shape (b, 8), float64; the columns are `SUMS`: `n` turns that were an
            occasion, `n_positive` of them with numerator > 0, `n_full` with numerator
            >= denominator, then sums of numerators, denominators, and of their
            products turn by turn.
        counts: For distribution rows: counts by kind of each block; else None.
    """

    table: NDArray[np.float64]
    counts: tuple[Mapping[str, int], ...] | None = None

    def part(self, blocks: Sequence[int]) -> "RowSums":
        """The row over some of the blocks."""
        counts = None if self.counts is None else tuple(self.counts[i] for i in blocks)
        return RowSums(self.table[np.array(blocks, dtype=np.intp)], counts)

    def column(self, name: str) -> NDArray[np.float64]:
        """One of `SUMS` over the blocks, shape (b,)."""
        column: NDArray[np.float64] = self.table[:, SUMS.index(name)]
        return column


def joined_sums(parts: Sequence[RowSums]) -> RowSums:
    """One row over several stretches of blocks, one after the other."""
    counts = [part.counts for part in parts if part.counts is not None]
    return RowSums(
        np.concatenate([part.table for part in parts]),
        tuple(chain.from_iterable(counts)) if counts else None,
    )


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """A block without its words.

    Attributes:
        rule: "thread", "session" or "run".
        started_at: Aware UTC or None.
        n_messages, n_user_messages: Messages measured on either side.
        language: Of the persona's side, ISO 639-1, "und" where unclear.
    """

    rule: str
    started_at: datetime | None
    n_messages: int
    n_user_messages: int
    language: str


_NOTHING = (0.0,) * len(SUMS)


def _sums(num: list[float], den: list[float]) -> tuple[float, ...]:
    """A block's sums, in the order of `SUMS`; added from left to right."""
    return (
        float(len(num)),
        float(sum(map(gt, num, repeat(0.0)))),
        float(sum(map(ge, num, den))),
        sum(num),
        sum(den),
        sum(map(mul, num, num)),
        sum(map(mul, num, den)),
        sum(map(mul, den, den)),
    )


class SumsBuilder:
    """Adds up one row block by block."""

    def __init__(self, scale: Scale) -> None:
        self._table: list[tuple[float, ...]] = []
        self._counts: list[dict[str, int]] | None = (
            [] if scale is Scale.DISTRIBUTION else None
        )

    def add_block(self, measured: Sequence[Measurement]) -> None:
        """Add the turns of the next block."""
        used, den = measured, [m[1] for m in measured]
        if not den or min(den) <= 0:
            used = [m for m in measured if m[1] > 0]
            den = [m[1] for m in used]
        if not used:
            self._table.append(_NOTHING)
            if self._counts is not None:
                self._counts.append({})
            return
        num = [m[0] for m in used]
        n, k = len(num), num.count(1.0)
        if den.count(1.0) == n and num.count(0.0) == n - k:
            # Most rows say yes or no; their sums are counts.
            self._table.append(tuple(map(float, (n, k, k, k, n, k, k, n))))
        else:
            self._table.append(_sums(num, den))
        if self._counts is not None:
            total: dict[str, int] = {}
            for m in used:
                for kind, count in (m.counts or {}).items():
                    total[kind] = total.get(kind, 0) + count
            self._counts.append(total)

    def build(self) -> RowSums:
        """The sums so far."""
        table = np.array(self._table, dtype=float).reshape(-1, len(SUMS))
        counts = tuple(self._counts) if self._counts is not None else None
        return RowSums(table, counts)
