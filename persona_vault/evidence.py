"""The messages that show a change: pairs of replies, chosen by rule, before reading.

Each reply of `after` is matched with the reply of `before` that answered the most
similar words of the user (TF-IDF cosine). Of the pairs that go the way of the change,
the half with the most typical difference is kept, and of these the pairs with the most
similar words are quoted, each from another block. One pair that goes the other way is
quoted as well, and their share is told. A message near a crisis phrase is never quoted.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from persona_vault.crisis import mentions_crisis
from persona_vault.dimensions.base import Dimension, Measurement
from persona_vault.dimensions.marked import without_marked
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.findings import Change, PersonaDiff, Quote, QuotePair, RowVerdict
from persona_vault.model import Period, Persona
from persona_vault.snapshot.take import measure, measured_blocks
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
SHOWN = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED, RowVerdict.CANNOT_SEPARATE)


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply that was an occasion for a row: its value and what shows it."""

    turn: Turn
    value: float
    spans: tuple[tuple[int, int], ...]


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
            c, _measured(known[c.dimension], sides, wrong.get(c.dimension, ())), native
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
            [_Reply(t, m.numerator / m.denominator, m.spans) for t, m in side]
            for side in measured
        ]
    pairs = _matched(*(_spread(r) for r in replies))
    sign = -1.0 if change.direction == "down" else 1.0
    along = [p for p in pairs if p.difference * sign > 0]
    against = [p for p in pairs if p.difference * sign < 0]
    counter = max(against, key=lambda p: p.similarity, default=None)
    return replace(
        change,
        evidence=tuple(_quoted(p, native) for p in _typical(along)),
        counter_example=_quote(counter.after, native) if counter else None,
        share_against=(
            len(against) / (len(along) + len(against)) if along or against else None
        ),
    )


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


def _matched(before: list[_Reply], after: list[_Reply]) -> list[_Pair]:
    """For each reply of `after`, the one of `before` with the most similar question."""
    if not before or not after:
        return []
    similar = _similarity([r.turn.heard for r in before], [r.turn.heard for r in after])
    nearest = similar.argmax(axis=1)
    return [
        _Pair(before[int(j)], reply, float(similar[i, j]))
        for i, (reply, j) in enumerate(zip(after, nearest, strict=True))
    ]


def _similarity(before: list[str], after: list[str]) -> NDArray[np.float32]:
    """Cosine of TF-IDF word weights, shape (after, before), 0 where no word is."""
    from sklearn.feature_extraction.text import (  # noqa: PLC0415 - half a second
        TfidfVectorizer,
    )

    if not any(t.strip() for t in (*before, *after)):
        return np.zeros((len(after), len(before)), dtype=np.float32)
    weights = TfidfVectorizer(token_pattern=WORD, sublinear_tf=True, dtype=np.float32)
    try:
        weights.fit([*before, *after])
    except ValueError:  # nothing but signs and pictures
        return np.zeros((len(after), len(before)), dtype=np.float32)
    product = weights.transform(after) @ weights.transform(before).T
    dense: NDArray[np.float32] = product.toarray()
    return dense


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
