"""What the user brought to each reply, as numbers: covariates of the adjustment.

Never the companion's own words: they are what is measured. Frozen, like a row: a
changed number here raises `COVARIATES_VERSION`, and snapshots of two versions are not
adjusted together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from persona_vault.dimensions.base import Measurement
from persona_vault.turns import Turn

COVARIATES_VERSION = 2

Array = NDArray[np.float32]

# The rows of the user's own words that enter, each as it was in what the reply answers
# and as the mean of the talk so far: companions mirror both.
USER_ROWS = (
    "message_length",
    "emoji_rate",
    "exclamation_rate",
    "ellipsis_dash_rate",
    "lowercase_starts",
    "contractions",
    "hedges",
    "action_rate",
    "pet_names",
    "question_rate",
    "self_disclosure",
    "affection",
    "praise",
    "agreement_opener",
    "valence",
    "markdown",
)
_N = len(USER_ROWS)
PLACE = ("turn", "first_turn", "no_new_words")

# What kind of request a reply answers drives its length and its lists. First by whole
# words, one look at all of them, then by what stands between words.
_ASKING = {
    "asks_wh": "what who where when which how why whose",
    "asks_why": "why explain reason reasons",
    "asks_to_write": "write draft compose create story poem essay letter script",
    "asks_for_list": "list idea ideas example examples options ways",
    "asks_to_change": "rewrite translate summarise summarize convert classify extract"
    " edit fix improve shorten format categorise categorize",
    "has_code": "def class function code python javascript sql html",
}
_BY_WORD = tuple(frozenset(words.split()) for words in _ASKING.values())
_FURTHER = (
    None,
    re.compile(r"\bhow (?:do|does|did|can|could|to)\b"),
    None,
    re.compile(r"\b(?:suggest|recommend)"),
    None,
    re.compile(r"```|`[^`\n]+`|[{};][ \t]*$", re.MULTILINE),
)
# Without one of these none of them fits: looked for first, in a tenth of the time.
_PIECES = ((), ("how ",), (), ("suggest", "recommend"), (), tuple("`{};"))
_SIGNS = {
    "has_lines": r"\S[ \t]*\n\s*\S",
    "has_digits": r"\d",
    "has_colon": r"[:：]",
    "has_quote": r"[\"“”„«»]",
}
REQUESTS = (*_ASKING, *_SIGNS, "ends_asking")
_WORD = re.compile(r"\w+")
_PATTERNS = tuple(map(re.compile, _SIGNS.values()))

NAMES = (
    *(f"{row}:last" for row in USER_ROWS),
    *(f"{row}:so_far" for row in USER_ROWS),
    *PLACE,
    *REQUESTS,
)


@dataclass(frozen=True, slots=True)
class BlockCovariates:
    """One block's replies.

    Attributes:
        table: Shape (replies, len(NAMES)), float32.
        heard: The user's messages that each reply answers, none where nothing was said
            yet in this block. A further reply without new words still answers the last.
    """

    table: Array
    heard: tuple[tuple[str, ...], ...]


def block_covariates(
    order: Sequence[int],
    replies: Sequence[Turn],
    user: Sequence[Turn],
    measured: Mapping[str, Sequence[Measurement]],
) -> BlockCovariates:
    """The covariates of a block.

    Args:
        order: Row ids of the block's messages, in reading order.
        replies: The companion's turns.
        user: The user's turns.
        measured: Row name -> one measurement for each of the user's turns; rows that
            are missing count as without occasion.
    """
    values = _Values(user, measured)
    place = {t.message_id: i for i, t in enumerate(user)}
    wanted = {t.message_id for t in replies}
    table = np.zeros((len(replies), len(NAMES)), dtype=np.float32)
    heard: list[tuple[str, ...]] = []
    burst: list[int] = []
    spoke_last = False  # whether the user did
    for message_id in order:
        if message_id in place:
            burst = [*burst, place[message_id]] if spoke_last else [place[message_id]]
            spoke_last = True
        elif message_id in wanted:
            n = len(heard)
            words = tuple(user[i].text for i in burst)
            so_far = values.so_far(burst)
            row = table[n]
            row[:_N] = values.of(burst, so_far)
            row[_N : 2 * _N] = so_far
            row[2 * _N :] = (
                np.log1p(n),
                n == 0,
                not spoke_last,
                *requests("\n".join(words)),
            )
            heard.append(words)
            spoke_last = False
    return BlockCovariates(table, tuple(heard))


def with_talk_so_far(columns: Array, blocks: NDArray[np.intp]) -> Array:
    """Columns of what was heard last, and beside them their means of the talk so far.

    A talk has a subject that its last message may not show ("and then?"), and replies
    follow the subject too.

    Args:
        columns: Of each reply's heard words, shape (replies, c).
        blocks: The number of each reply's block, (replies,); blocks stand together.

    Returns:
        Shape (replies, 2 * c), float32: each mean over the replies of the same block up
        to and with this one.
    """
    n = len(columns)
    if not n:
        return np.zeros((0, 2 * columns.shape[1]), dtype=np.float32)
    sums = columns.astype(float).cumsum(axis=0)
    first = np.searchsorted(blocks, blocks)  # of each reply's block
    earlier = np.where(first[:, None] > 0, sums[first - 1], 0.0)
    means = (sums - earlier) / (np.arange(n) - first + 1)[:, None]
    both: Array = np.concatenate([columns, means.astype(np.float32)], axis=1)
    return both


def requests(words: str) -> tuple[bool, ...]:
    """Which kinds of request the words hold, in the order of `REQUESTS`."""
    lower = words.casefold()
    said = frozenset(_WORD.findall(lower))
    by_word = (
        not said.isdisjoint(asking)
        or (
            further is not None
            and any(piece in lower for piece in pieces)
            and bool(further.search(lower))
        )
        for asking, further, pieces in zip(_BY_WORD, _FURTHER, _PIECES, strict=True)
    )
    asks = words.rstrip().endswith(("?", "？", "؟"))
    return (*by_word, *(bool(p.search(words)) for p in _PATTERNS), asks)


class _Values:
    """The user's rows in a burst, and so far."""

    def __init__(
        self, user: Sequence[Turn], measured: Mapping[str, Sequence[Measurement]]
    ) -> None:
        # Sums of numerators and denominators up to each turn, a zero before the first.
        self._sums = np.zeros((len(user) + 1, 2, len(USER_ROWS)))
        for column, row in enumerate(USER_ROWS):
            values = [(m.numerator, m.denominator) for m in measured.get(row, ())]
            if values:
                self._sums[1 : len(values) + 1, :, column] = values
        self._sums = self._sums.cumsum(axis=0)

    def of(
        self, burst: Sequence[int], so_far: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The burst's ratios; a row without occasion in it keeps the talk's so far."""
        if not burst:
            return so_far
        return _ratio(self._sums[burst[-1] + 1] - self._sums[burst[0]], so_far)

    def so_far(self, burst: Sequence[int]) -> NDArray[np.float64]:
        """Ratios over all of the user's turns up to the end of the burst, else 0."""
        n = burst[-1] + 1 if burst else 0
        return _ratio(self._sums[n], np.zeros(len(USER_ROWS)))


def _ratio(
    sums: NDArray[np.float64], otherwise: NDArray[np.float64]
) -> NDArray[np.float64]:
    # Differences of running sums: what is this small is rounding, not an occasion.
    ratio: NDArray[np.float64] = np.divide(
        sums[0], sums[1], out=otherwise.copy(), where=sums[1] > 1e-9
    )
    return ratio
