"""One number for how recognisable the replies stayed, with its null band.

Bags of about 500 words, each of whole talks, described by the rows of style alone: no
names, facts, topics or embeddings, which would follow what was talked about, and no row
that needs the words a reply answers. The number is not printed where it could not mean
what it says.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from persona_vault.plain import plain
from persona_vault.snapshot import Snapshot
from persona_vault.stats.recognise import drift_multiple, recognise

Array = NDArray[np.float64]

LEAST_BLOCKS = 8
LEAST_BAGS = 12
BAG_REPLIES = 25  # about 500 words of companion talk
MOST_BAGS = 150
SAME_LANGUAGE = 0.9
LEAST_GROUND = 0.2
# What is said of whom, and what was asked for, is not style.
NOT_STYLE = frozenset(
    "address memory self_facts safety topics language farewell pressure".split()
)
# Rows of style whose occasions or numbers hang on the words that a reply answers: with
# them, the user's own edits would be told as the companion's. A test asks every row.
ANSWERS = frozenset({"length_ratio", "validation", "pushback", "coordination"})


def continuity(
    before: Snapshot,
    after: Snapshot,
    ground: Mapping[str, float] | None,
    *,
    seed: int,
    nothing_in_common: bool = False,
) -> tuple[dict[str, float] | None, dict[str, float] | None]:
    """(continuity, drift multiple), both None where they would mislead.

    Continuity = 100 * (1 - max(0, 2 R - 1)), R the chance that a later bag looks later:
    100 where the sides cannot be told apart, 0 where they always can. The multiple is
    their energy distance over that of shuffled bags. The arguments are those of
    `withheld`; the same seed gives the same numbers.
    """
    if withheld(before, after, ground, nothing_in_common=nothing_in_common):
        return None, None
    bags = _both_bags(before, after)
    names = _style_rows(before, after)
    x = np.concatenate(
        [_features(s, names, b) for s, b in zip((before, after), bags, strict=True)]
    )
    x = _filled(x)
    if not x.shape[1]:
        return None, None
    later = np.arange(len(x)) >= len(bags[0])
    rng = np.random.default_rng(seed)
    found = recognise(x, later, rng)
    multiple, low, high = drift_multiple(x, later, rng)
    score = {
        "value": _score(found.auc),
        "low": _score(found.high),
        "high": _score(found.low),
        "null_low": _score(found.null_high),
        "null_high": _score(found.null_low),
        "n_bags_before": len(bags[0]),
        "n_bags_after": len(bags[1]),
    }
    drift = {"value": multiple, "null_low": low, "null_high": high}
    return plain(score), plain(drift)


def withheld(
    before: Snapshot,
    after: Snapshot,
    ground: Mapping[str, float] | None,
    *,
    nothing_in_common: bool = False,
) -> str | None:
    """Why the number would mislead; None where it would not.

    Args:
        before: The earlier period.
        after: The later one.
        ground: Of `common_ground`; None where it is not known, as of two files.
        nothing_in_common: Of the adjustment, which files know as well: what the user
            talked about and asked for tells the periods apart.

    Returns:
        "few_talks", "language" or "other_subjects".
    """
    if min(len(before.blocks), len(after.blocks)) < LEAST_BLOCKS:
        return "few_talks"
    if not _same_language(before, after):
        return "language"
    if nothing_in_common or (
        ground is not None and min(ground.values()) < LEAST_GROUND
    ):
        return "other_subjects"
    if min(map(len, _both_bags(before, after))) < LEAST_BAGS:
        return "few_talks"
    return None


def _both_bags(before: Snapshot, after: Snapshot) -> list[list[list[int]]]:
    size = max(BAG_REPLIES, (before.n_messages + after.n_messages) / MOST_BAGS)
    return [_bags(s, size) for s in (before, after)]


def _score(auc: float) -> float:
    return 100.0 * (1 - max(0.0, 2 * auc - 1))


def _same_language(before: Snapshot, after: Snapshot) -> bool:
    """Whether one language makes up nine tenths of the replies on both sides."""
    shares: list[dict[str, float]] = []
    for snapshot in (before, after):
        n: dict[str, float] = {}
        for block in snapshot.blocks:
            n[block.language] = n.get(block.language, 0) + block.n_messages
        total = sum(n.values()) or 1
        shares.append({language: k / total for language, k in n.items()})
    return any(
        share >= SAME_LANGUAGE and shares[1].get(language, 0) >= SAME_LANGUAGE
        for language, share in shares[0].items()
    )


def _bags(snapshot: Snapshot, size: float) -> list[list[int]]:
    """Neighbouring talks put together until they hold enough replies."""
    bags: list[list[int]] = [[]]
    held = 0
    for i, block in enumerate(snapshot.blocks):
        bags[-1].append(i)
        held += block.n_messages
        if held >= size:
            bags.append([])
            held = 0
    if held < size / 2 and len(bags) > 1:
        rest = bags.pop()
        bags[-1] += rest
    return [bag for bag in bags if bag]


def _style_rows(before: Snapshot, after: Snapshot) -> list[str]:
    return [
        name
        for name, spec in before.specs.items()
        if name in after.specs
        and spec.headline
        and spec.scale != "distribution"
        and spec.family not in NOT_STYLE
        and name not in ANSWERS
    ]


def _features(
    snapshot: Snapshot, names: Sequence[str], bags: Sequence[Sequence[int]]
) -> Array:
    """Ratio of each row in each bag, NaN without occasion, shape (bags, rows)."""
    table = np.full((len(bags), len(names)), np.nan)
    for j, name in enumerate(names):
        row = snapshot.rows["persona"][name]
        num, den = row.column("num"), row.column("den")
        for i, bag in enumerate(bags):
            total = den[bag].sum()
            if total > 0:
                table[i, j] = num[bag].sum() / total
    return table


def _filled(x: Array) -> Array:
    """Rows known in half of the bags; where one lacks an occasion, their mean."""
    kept = np.isnan(x).mean(axis=0) <= 0.5
    x = x[:, kept]
    if not x.size:
        return x
    result: Array = np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    return result
