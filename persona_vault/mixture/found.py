"""What a comparison says of two kinds of replies and of replies that come back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from persona_vault.dimensions.triggers import TRIGGERS
from persona_vault.findings import PersonaDiff, Quote
from persona_vault.mixture.duplicates import canned, kinds_of
from persona_vault.mixture.replies import Reply, read_replies, style_table
from persona_vault.model import Period, Persona
from persona_vault.plain import plain
from persona_vault.snapshot.take import measured_blocks
from persona_vault.stats.two_kinds import (
    Divided,
    Sides,
    divide_and_test,
    share_shift_p,
    told_apart,
    told_where_new,
)
from persona_vault.store.vault import Vault
from persona_vault.turns import Turn

LEVEL = 0.05
LEAST_REPLIES = 20
LEAST_TALKS = 4
# The smallest share of replies of another kind that is worth naming.
LEAST_EXCESS = 0.05
N_SHUFFLES = 499
# Where other replies tell their period this well, all replies changed, and what is of
# another kind after the trigger alone cannot be told from that.
MOST_TOLD_APART = 0.70
# Answers looked at of each kind and period, evenly spread.
MOST_ANSWERS = 1_500
MOST_LISTED = 20
MOST_DUPLICATES = 10
MOST_IDS = 20
WHEN = ("before", "after")


@dataclass(slots=True)
class _Class:
    """One trigger: how often it came up, and what was found."""

    name: str
    chosen: list[int]
    others: list[int]
    n: tuple[int, int]
    n_talks: tuple[int, int]
    tested: bool
    divided: Divided | None = None
    looked_at: Sequence[int] = ()
    p: float | None = None
    others_auc: float | None = None
    canned: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    canned_others: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    canned_p: float | None = None


def add_mixture(
    diff: PersonaDiff,
    vault: Vault,
    before: Period,
    after: Period,
    *,
    quotes: bool = True,
    seed: int = 0,
) -> PersonaDiff:
    """The same comparison with `mixture` filled in; the numbers stay untouched.

    Args:
        diff: The comparison.
        vault: The open vault it was made from.
        before: The earlier period.
        after: The later one.
        quotes: Whether the replies are given with their words.
        seed: Of the shuffles.
    """
    who = vault.persona(diff.persona)
    replies = read_replies(
        *(_talks(vault, who, period) for period in (before, after)),
    )
    found = mixture_of(
        replies, names=(who.name, *who.own_names, *who.user_names), seed=seed
    )
    return replace(diff, mixture=_told(found, replies, vault, quotes=quotes))


def _talks(vault: Vault, who: Persona, period: Period) -> Iterable[Sequence[Turn]]:
    messages = vault.messages(who.name, period=period, shown_only=False)
    return (m.persona for m in measured_blocks(messages, who))


def mixture_of(
    replies: Sequence[Reply],
    *,
    names: Iterable[str] = (),
    seed: int = 0,
    n_shuffles: int = N_SHUFFLES,
) -> dict[str, Any]:
    """Two kinds of replies after a trigger, and replies that come back.

    `replies` and the `replies` of each duplicate hold places in the sequence given;
    `add_mixture` puts the messages there. Every p is paid for all questions asked.
    """
    kinds = kinds_of(replies, names)
    again = canned(kinds, replies)
    comes_back = np.isin(kinds, list(again))
    classes = [_class(name, replies) for name in TRIGGERS]
    with threadpool_limits(limits=1, user_api="blas"):
        _look_at_all(classes, replies, comes_back, (n_shuffles, seed))
    _correct(classes)
    two = [c for c in classes if _is_found(c)]
    best = min(two, key=lambda c: (c.p, -_divided(c).z), default=None)
    return {
        **_headline(best, classes, replies),
        "triggers": [_entry(c) for c in classes],
        "n_canned": _per_period(comes_back, replies),
        "duplicates": _duplicates(kinds, again, replies),
    }


def _divided(one: _Class) -> Divided:
    if one.divided is None:
        raise ValueError(one.name)
    return one.divided


def _class(name: str, replies: Sequence[Reply]) -> _Class:
    chosen = [i for i, r in enumerate(replies) if r.is_answer and name in r.triggers]
    readable = [
        i
        for i, r in enumerate(replies)
        if r.is_answer and not r.triggers and r.turn.language == "en"
    ]
    n, n_talks = _counted(chosen, replies)
    n_others, _ = _counted(readable, replies)
    tested = (
        min(n) >= LEAST_REPLIES
        and min(n_talks) >= LEAST_TALKS
        and min(n_others) >= LEAST_REPLIES
    )
    return _Class(name, chosen, readable, n, n_talks, tested)


def _counted(
    places: Sequence[int], replies: Sequence[Reply]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many replies, and talks, in each period."""
    sides = [
        [replies[i].talk for i in places if replies[i].late == late]
        for late in (False, True)
    ]
    return (len(sides[0]), len(sides[1])), (len({*sides[0]}), len({*sides[1]}))


def _look_at_all(
    classes: Sequence[_Class],
    replies: Sequence[Reply],
    comes_back: NDArray[np.bool_],
    shuffling: tuple[int, int],
) -> None:
    """Measure each answer once, then look at one trigger after the other."""
    tested = [c for c in classes if c.tested]
    for one in tested:
        one.looked_at = _spread(one.chosen, replies) + _spread(one.others, replies)
    places = sorted({i for one in tested for i in one.looked_at})
    shown = comes_back[places].astype(float)
    table = np.column_stack((style_table([replies[i] for i in places]), shown))
    for one in tested:
        _look(one, replies, table[np.searchsorted(places, one.looked_at)], shuffling)


def _look(
    one: _Class,
    replies: Sequence[Reply],
    x: NDArray[np.float64],
    shuffling: tuple[int, int],
) -> None:
    """Divide the answers of one trigger, and count those that come back."""
    n_shuffles, seed = shuffling
    answers = [replies[i] for i in one.looked_at]
    sides = Sides(
        talk=np.unique([a.talk for a in answers], return_inverse=True)[1],
        late=np.array([a.late for a in answers]),
        triggered=np.array([one.name in a.triggers for a in answers]),
    )
    # The last column says whether a reply comes back: a mark of style like others.
    shown = x[:, -1] > 0
    divided, one.p = divide_and_test(x, sides, n_shuffles=n_shuffles, seed=seed)
    one.divided = told_where_new(divided)
    one.others_auc = told_apart(x, sides)
    one.canned, one.canned_others = (
        tuple(_k_of_n(shown[mine & (sides.late == late)]) for late in (False, True))
        for mine in (sides.triggered, ~sides.triggered)
    )
    _, one.canned_p = share_shift_p(shown, sides, n_shuffles=n_shuffles, seed=seed)


def _k_of_n(shown: NDArray[np.bool_]) -> tuple[int, int]:
    return int(shown.sum()), len(shown)


def _spread(places: Sequence[int], replies: Sequence[Reply]) -> list[int]:
    """At most `MOST_ANSWERS` of each period, evenly spread."""
    kept: list[int] = []
    for late in (False, True):
        mine = [i for i in places if replies[i].late == late]
        step = max(len(mine) / MOST_ANSWERS, 1.0)
        kept += [mine[int(k * step)] for k in range(int(len(mine) / step))]
    return kept


def _correct(classes: Sequence[_Class]) -> None:
    """Every p times the number of questions that were asked (Bonferroni).

    One true find is no reason to be less strict with the rest: the classes overlap.
    """
    n_asked = 2 * sum(c.tested for c in classes)
    for c in classes:
        if c.p is not None and c.canned_p is not None:
            c.p = min(1.0, n_asked * c.p)
            c.canned_p = min(1.0, n_asked * c.canned_p)


def _is_found(one: _Class) -> bool:
    return _differs(one) and not _all_changed(one)


def _differs(one: _Class) -> bool:
    return (
        one.p is not None
        and one.p <= LEVEL
        and one.divided is not None
        and one.divided.excess >= LEAST_EXCESS
    )


def _all_changed(one: _Class) -> bool:
    return one.others_auc is None or one.others_auc >= MOST_TOLD_APART


def _headline(
    best: _Class | None, classes: Sequence[_Class], replies: Sequence[Reply]
) -> dict[str, Any]:
    if best is None:
        verdict = "none_found"
        if not any(c.tested for c in classes):
            verdict = "not_enough_data"
        elif any(_differs(c) for c in classes):
            verdict = "all_replies_changed"
        return {
            "verdict": verdict,
            **dict.fromkeys(("trigger", "period", "share", "share_other_period")),
            **dict.fromkeys(("excess", "n", "n_opportunities", "p")),
            "replies": [],
        }
    divided = _divided(best)
    beyond = [
        (-float(score), i)
        for score, i in zip(divided.score, best.looked_at, strict=True)
        if score > 0
        and best.name in replies[i].triggers
        and replies[i].late is divided.late
    ]
    return {
        "verdict": "two_kinds",
        "trigger": best.name,
        "period": WHEN[divided.late],
        "share": divided.shares[0],
        "share_other_period": divided.shares[1],
        "excess": divided.excess,
        "n": len(beyond),
        "n_opportunities": dict(zip(WHEN, best.n, strict=True)),
        "p": best.p,
        "replies": [i for _, i in sorted(beyond)],
    }


def _entry(one: _Class) -> dict[str, Any]:
    """What one trigger came to, as it stands in the JSON."""
    divided = one.divided
    shares = divided.shares if divided else (None, None)
    if divided and divided.late:
        shares = shares[::-1]
    return {
        "trigger": one.name,
        "n_opportunities": dict(zip(WHEN, one.n, strict=True)),
        "n_talks": dict(zip(WHEN, one.n_talks, strict=True)),
        "tested": one.tested,
        "few_opportunities": min(one.n) < LEAST_REPLIES
        or min(one.n_talks) < LEAST_TALKS,
        "share": dict(zip(WHEN, shares, strict=True)),
        "p": one.p,
        "two_kinds": _is_found(one),
        "others_auc": one.others_auc,
        "canned": dict(zip(WHEN, map(list, one.canned), strict=True)),
        "canned_others": dict(zip(WHEN, map(list, one.canned_others), strict=True)),
        "canned_p": one.canned_p,
        "canned_differs": one.canned_p is not None and one.canned_p <= LEVEL,
    }


def _per_period(
    shown: NDArray[np.bool_], replies: Sequence[Reply]
) -> dict[str, list[int]]:
    """{"before": [how many, of how many replies], "after": ...}."""
    late = np.array([r.late for r in replies], dtype=bool)
    return {
        when: [int(shown[late == way].sum()), int((late == way).sum())]
        for when, way in zip(WHEN, (False, True), strict=True)
    }


def _duplicates(
    kinds: NDArray[np.intp], again: frozenset[int], replies: Sequence[Reply]
) -> list[dict[str, Any]]:
    """Replies that come back, those first whose talks differ most by period."""
    places: dict[int, list[int]] = defaultdict(list)
    for i, kind in enumerate(kinds.tolist()):
        if kind in again:
            places[kind].append(i)
    found = [_duplicate(where, replies) for where in places.values()]
    # A reply that cannot be shown has no place in a list to read.
    found = [f for f in found if f["replies"]]
    found.sort(key=lambda f: -abs(f["n_talks"]["after"] - f["n_talks"]["before"]))
    return found[:MOST_DUPLICATES]


def _duplicate(where: Sequence[int], replies: Sequence[Reply]) -> dict[str, Any]:
    n, n_talks = _counted(where, replies)
    after = {t: sum(t in replies[i].triggers for i in where) for t in TRIGGERS}
    most = max(after, key=after.__getitem__)
    return {
        "n": dict(zip(WHEN, n, strict=True)),
        "n_talks": dict(zip(WHEN, n_talks, strict=True)),
        # The class that most of them answer, where that is more than half.
        "trigger": most if 2 * after[most] > len(where) else None,
        "n_triggered": after[most],
        "replies": [i for i in where if replies[i].quotable],
    }


def _told(
    found: dict[str, Any], replies: Sequence[Reply], vault: Vault, *, quotes: bool
) -> Mapping[str, Any]:
    """The same with numbers of messages for places, and words where wanted."""

    def quote(i: int) -> dict[str, Any]:
        turn = replies[i].turn
        native = vault.message(turn.message_id).native_id
        told: dict[str, Any] = plain(
            Quote(turn.message_id, native, turn.sent_at, turn.text)
        )
        return told

    def ids(places: Sequence[int]) -> list[int]:
        return [replies[i].turn.message_id for i in places]

    listed = [i for i in found["replies"] if replies[i].quotable][:MOST_LISTED]
    return {
        **found,
        "message_ids": ids(listed),
        "replies": [quote(i) for i in listed] if quotes else [],
        "duplicates": [
            {
                **{k: v for k, v in one.items() if k != "replies"},
                "message_ids": ids(one["replies"][:MOST_IDS]),
                "text": quote(one["replies"][0]) if quotes else None,
            }
            for one in found["duplicates"]
        ],
    }
