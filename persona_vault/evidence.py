"""The messages that show a change: pairs of replies, chosen by rule, before reading.

Each reply of `after` is matched with the reply of `before` that answered the most
similar words of the user (TF-IDF cosine). Of the pairs that go the way of the change,
the half with the most typical difference is kept, and of these the pairs with the most
similar words are quoted, each from another block. One pair that goes the other way is
quoted as well, and their share is told. A message near a crisis phrase is never quoted.

The same pairs, those with words as alike as the earlier period's own are, give the
difference among replies to similar words: it stands beside the adjusted one and decides
nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_vault.crisis import mentions_crisis
from persona_vault.diff.shown import shown_gap, shown_value
from persona_vault.dimensions.base import Dimension, Measurement
from persona_vault.dimensions.marked import without_marked, wrong_for
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.findings import Change, PersonaDiff, Quote, QuotePair, RowVerdict
from persona_vault.model import Period, Persona
from persona_vault.snapshot.measuring import measure
from persona_vault.snapshot.take import measured_blocks
from persona_vault.store.marks import wrong_hits
from persona_vault.store.vault import Vault
from persona_vault.turns import Turn

MOST_ROWS = 8
MOST_PAIRS = 3
# Replies looked at on each side, evenly spread: enough for typical pairs, and the
# table of similarities stays under 40 MB.
MOST_REPLIES = 3_000
# One letter counts too: "u" and "i" are words in a chat.
WORD = r"(?u)\w+"
# A pair counts as similar from the likeness that this share of a sample of the earlier
# period's words reach in its other talks.
USUAL = 0.90
MOST_SAMPLED = 500
LEAST_PAIRS = 20
LEAST_BLOCKS = 4
SHOWN = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED, RowVerdict.CANNOT_SEPARATE)


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply that was an occasion for a row: its value and what shows it.

    `weight` is the occasion's size: a row is a ratio of sums.
    """

    turn: Turn
    value: float
    spans: tuple[tuple[int, int], ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Pair:
    before: _Reply
    after: _Reply
    similarity: float

    @property
    def difference(self) -> float:
        return self.after.value - self.before.value


def add_evidence(
    diff: PersonaDiff, vault: Vault, before: Period, after: Period
) -> PersonaDiff:
    """The same comparison with quotes for its strongest rows, at most eight.

    Quotes are verbatim messages of the vault; the numbers stay untouched.
    """
    rows = [c for c in diff.changes if c.verdict in SHOWN][:MOST_ROWS]
    if not rows:
        return diff
    who = vault.persona(diff.persona)
    known = {d.name: d for d in catalogue()}
    sides = [_turns_by_block(vault, who, period) for period in (before, after)]
    native, wrong = _NativeIds(vault), wrong_hits(vault)
    shown = {
        c.dimension: _with_quotes(
            c,
            _measured(known[c.dimension], sides, wrong_for(c.dimension, wrong)),
            native,
        )
        for c in rows
        if c.dimension in known
    }
    return replace(diff, changes=tuple(shown.get(c.dimension, c) for c in diff.changes))


def _turns_by_block(vault: Vault, who: Persona, period: Period) -> list[list[Turn]]:
    messages = vault.messages(who.name, period=period, shown_only=False)
    return [m.persona for m in measured_blocks(messages, who)]


class _NativeIds:
    """Looks up the vendor's id of the few messages that are quoted."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def of(self, message_id: int) -> str | None:
        return self._vault.message(message_id).native_id


def _measured(
    dimension: Dimension, sides: Sequence[list[list[Turn]]], wrong: Collection[int]
) -> list[list[tuple[Turn, Measurement]]]:
    """Replies of both sides that were an occasion, without hits marked wrong."""
    return [
        [
            (turn, m)
            for block in blocks
            for turn, m in zip(
                block,
                without_marked(measure(dimension, block), block, wrong)[0],
                strict=True,
            )
            if m.denominator > 0 and _quotable(turn)
        ]
        for blocks in sides
    ]


def _with_quotes(
    change: Change,
    measured: Sequence[list[tuple[Turn, Measurement]]],
    native: _NativeIds,
) -> Change:
    if change.scale == "distribution":
        replies = _by_kinds(*measured)
    else:
        replies = [
            [
                _Reply(t, m.numerator / m.denominator, m.spans, m.denominator)
                for t, m in side
            ]
            for side in measured
        ]
    pairs, usual = _matched(*(_spread(r) for r in replies))
    sign = -1.0 if change.direction == "down" else 1.0
    along = [p for p in pairs if p.difference * sign > 0]
    against = [p for p in pairs if p.difference * sign < 0]
    counter = max(against, key=lambda p: p.similarity, default=None)
    return replace(
        change,
        evidence=tuple(_quoted(p, native) for p in _typical(along)),
        counter_example=_quote(counter.after, native) if counter else None,
        share_against=_share(len(against), len(along)),
        matched=_matched_difference(change, [p for p in pairs if p.similarity > usual]),
    )


def _share(against: int, along: int) -> float | None:
    return against / (along + against) if along or against else None


def _matched_difference(
    change: Change, pairs: Sequence[_Pair]
) -> Mapping[str, Any] | None:
    """The difference among replies to similar words; None where too few are."""
    sides = [[p.before for p in pairs], [p.after for p in pairs]]
    blocks = min(len({r.turn.block for r in side}) for side in sides)
    scale = change.scale
    too_few = len(pairs) < LEAST_PAIRS or blocks < LEAST_BLOCKS
    if scale == "distribution" or too_few:
        return None
    before, after = (
        sum(r.value * r.weight for r in side) / sum(r.weight for r in side)
        for side in sides
    )
    sign = -1.0 if change.direction == "down" else 1.0
    along = sum(p.difference * sign > 0 for p in pairs)
    against = sum(p.difference * sign < 0 for p in pairs)
    return {
        "before": shown_value(scale, before),
        "after": shown_value(scale, after),
        "value": shown_gap(scale, before, after - before),
        "n_pairs": len(pairs),
        "share_against": _share(against, along),
    }


def _quotable(turn: Turn) -> bool:
    return not (mentions_crisis(turn.text) or mentions_crisis(turn.heard))


def _by_kinds(
    before: list[tuple[Turn, Measurement]], after: list[tuple[Turn, Measurement]]
) -> list[list[_Reply]]:
    """For a repertoire: 1 for the kind that grew most, -1 for the one that shrank."""
    totals = [Counter[str](), Counter[str]()]
    for total, side in zip(totals, (before, after), strict=True):
        for _, m in side:
            total.update(m.counts or {})
    sizes = [max(sum(t.values()), 1) for t in totals]
    growth = {
        k: totals[1][k] / sizes[1] - totals[0][k] / sizes[0]
        for k in sorted(totals[0] | totals[1])
    }
    if not growth:
        return [[], []]
    gained, lost = (
        max(growth, key=growth.__getitem__),
        min(growth, key=growth.__getitem__),
    )
    return [
        [
            _Reply(t, float((gained in m.counts) - (lost in m.counts)), m.spans)
            for t, m in side
            if m.counts
        ]
        for side in (before, after)
    ]


def _spread(replies: list[_Reply]) -> list[_Reply]:
    """At most `MOST_REPLIES`, evenly spread."""
    if len(replies) <= MOST_REPLIES:
        return replies
    step = len(replies) / MOST_REPLIES
    return [replies[int(i * step)] for i in range(MOST_REPLIES)]


def _matched(before: list[_Reply], after: list[_Reply]) -> tuple[list[_Pair], float]:
    """For each reply of `after`, the one of `before` with the most similar question.

    Returns:
        The pairs, and the likeness from which a pair counts as similar.
    """
    if not before or not after:
        return [], 0.0
    similar, usual = _similarity(before, after)
    nearest = similar.argmax(axis=1)
    pairs = [
        _Pair(before[int(j)], reply, float(similar[i, j]))
        for i, (reply, j) in enumerate(zip(after, nearest, strict=True))
    ]
    return pairs, usual


def _similarity(
    before: list[_Reply], after: list[_Reply]
) -> tuple[NDArray[np.float32], float]:
    """Cosine of TF-IDF word weights, shape (after, before), 0 where no word is.

    With it the likeness that the earlier period's own words usually reach.
    """
    from sklearn.feature_extraction.text import (  # noqa: PLC0415 - half a second
        TfidfVectorizer,
    )

    nothing = np.zeros((len(after), len(before)), dtype=np.float32)
    heard = [[r.turn.heard for r in side] for side in (before, after)]
    if not any(t.strip() for side in heard for t in side):
        return nothing, 0.0
    weights = TfidfVectorizer(token_pattern=WORD, sublinear_tf=True, dtype=np.float32)
    try:
        weights.fit([*heard[0], *heard[1]])
    except ValueError:  # nothing but signs and pictures
        return nothing, 0.0
    earlier = weights.transform(heard[0])
    dense: NDArray[np.float32] = (weights.transform(heard[1]) @ earlier.T).toarray()
    some = np.linspace(0, len(before) - 1, min(len(before), MOST_SAMPLED)).astype(int)
    blocks = np.array([str(r.turn.block) for r in before])
    inner: NDArray[np.float32] = (earlier[some] @ earlier.T).toarray()
    return dense, _usual(inner, blocks[some, None] == blocks[None, :])


def _usual(inner: NDArray[np.float32], own: NDArray[np.bool_]) -> float:
    """The likeness to the nearest words of another talk that 9 in 10 reach."""
    if own.all():
        return 0.0
    nearest = np.where(own, -1.0, inner).max(axis=1)
    return max(0.0, float(np.quantile(nearest, 1 - USUAL)))


def _typical(pairs: list[_Pair]) -> Iterator[_Pair]:
    """Up to three pairs of typical difference and similar words, each from others."""
    if not pairs:
        return
    middle = float(np.median([p.difference for p in pairs]))
    by_type = sorted(pairs, key=lambda p: abs(p.difference - middle))
    kept = by_type[: max(len(by_type) // 2, MOST_PAIRS)]
    seen: set[str] = set()
    for pair in sorted(kept, key=lambda p: -p.similarity):
        blocks = {f"before {pair.before.turn.block}", f"after {pair.after.turn.block}"}
        if seen & blocks:
            continue
        seen |= blocks
        yield pair
        if len(seen) >= 2 * MOST_PAIRS:
            return


def _quoted(pair: _Pair, native: _NativeIds) -> QuotePair:
    return QuotePair(
        _quote(pair.before, native),
        _quote(pair.after, native),
        round(pair.similarity, 3) if pair.after.turn.heard else None,
    )


def _quote(reply: _Reply, native: _NativeIds) -> Quote:
    turn = reply.turn
    return Quote(
        turn.message_id,
        native.of(turn.message_id),
        turn.sent_at,
        turn.text,
        reply.spans,
    )
