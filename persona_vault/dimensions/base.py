"""The seam to persona dimensions: what a row measures, reply by reply.

A dimension sees turns, never SQL. Grouping into blocks, intervals, tests, correction
for many rows and evidence come from outside, for free.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from persona_vault.turns import Turn


class Scale(StrEnum):
    """How the numbers of a row are to be read.

    RATE: numerator out of denominator, 0..1, shown per 100.
    LOG: numerators are log1p of a length or count, shown as that length or count;
        differences are factors.
    LOG_RATIO: numerators are the log of a ratio; differences are factors.
    MEAN: a plain mean in the row's own unit.
    DISTRIBUTION: counts by kind; two sides are compared by Jensen-Shannon distance.
    """

    RATE = "rate"
    LOG = "log"
    LOG_RATIO = "log_ratio"
    MEAN = "mean"
    DISTRIBUTION = "distribution"


class Measurement(NamedTuple):
    """What one turn says about a row.

    Attributes:
        numerator, denominator: Their sums over turns give the estimate. Denominator 0
            = this turn was no occasion for the row.
        spans: (start, end) character offsets into the turn's text: the evidence.
        counts: For DISTRIBUTION rows: kind -> count; else None.
    """

    numerator: float = 0.0
    denominator: float = 0.0
    spans: tuple[tuple[int, int], ...] = ()
    counts: Mapping[str, int] | None = None


NO_OCCASION = Measurement()


class Dimension(Protocol):
    """One row of the persona: a pure function of turns.

    Attributes:
        name: Field name, snake_case, stable.
        version: Raised when any number would change; diff refuses to mix versions.
        family: Such as "length", "emoji", "punctuation", "address".
        title: A plain noun phrase for a lay reader, lower case, such as
            "replies with a question".
        unit: Such as "words per reply", "per 100 replies".
        scale: How to read the numbers.
        definition: One or two sentences: what is counted, over what.
        source: Where the definition comes from.
        languages: ISO 639-1 codes the row works in, or None for any. In another
            language a turn is no occasion, never a 0.
        headline: Whether it is one of the rows fixed in advance.
        material: The smallest difference worth calling one: 0.10 for a RATE (10
            points), log(1.25) for LOG and LOG_RATIO, the row's own for MEAN, in the
            units of the numerators' mean.
        twin: The row of the other side that could move this one, "" for the row's own
            name; a ratio of both sides has its own mirror image there, which says
            nothing.
    """

    name: str
    version: int
    family: str
    title: str
    unit: str
    scale: Scale
    definition: str
    source: str
    languages: frozenset[str] | None
    headline: bool
    material: float
    twin: str

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """One measurement per turn, in the same order.

        `turns` are all turns of one block and one side, in reading order.
        """
        ...
