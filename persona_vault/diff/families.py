"""What can be said of a family of rows, and of all rows at once.

With few talks no single row may pass the correction for many rows, though a family of
them, or all together, differ more than shuffled talks ever do. Neither ever decides a
row.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from persona_vault.diff.rows import RowTest, SideTests
from persona_vault.findings import Change, FamilyFinding, RowVerdict
from persona_vault.stats.blocks import all_rows_p
from persona_vault.stats.step_down import group_p

LEVEL = 0.05
PROBABLY = 0.10
NAMED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)


def all_together(tests: SideTests) -> float | None:
    """One p for all tested headline rows of a side at once; None without any."""
    found = tests.shuffles_of([t.spec.name for t in tests.rows if _counts(t)])
    return None if found is None else all_rows_p(found)


def family_findings(
    tests: SideTests,
    changes: Sequence[Change],
    *,
    moving: Collection[str],
    user_moved: bool,
    n_looks: float = 1,
) -> tuple[FamilyFinding, ...]:
    """The families of the headline rows, the most certain first.

    Args:
        tests: Of the companion's side.
        changes: The judged rows.
        moving: Rows that moved by themselves before the date: shuffling single blocks
            is no yardstick for them, so they take no part.
        user_moved: Whether the user's side moved: then a family is only named with a
            row that was found once that is allowed for.
        n_looks: Every p is multiplied by it.
    """
    families = list(dict.fromkeys(t.spec.family for t in tests.rows if t.spec.headline))
    used = [
        t
        for t in tests.rows
        if _counts(t) and t.joined == 1 and t.spec.name not in moving
    ]
    verdicts = {c.dimension: c.verdict for c in changes}
    p = _p_of(tests, used, n_looks)
    found = []
    for family in families:
        rows = [t.spec.name for t in used if t.spec.family == family]
        all_rows = [t.spec.name for t in tests.rows if t.spec.family == family]
        stands_out = any(verdicts.get(name) in NAMED for name in all_rows)
        own, corrected = p.get(family, (None, None))
        found.append(
            FamilyFinding(
                family=family,
                n_rows=len(rows),
                p=own,
                p_adjusted=corrected,
                verdict=_verdict(corrected, user_moved and not stands_out),
                stands_out=stands_out,
            )
        )
    # Not by place: the rows of a file stand in another order than those of a vault.
    return tuple(sorted(found, key=_certainty))


def _certainty(found: FamilyFinding) -> tuple[float, float, str]:
    if found.p is None or found.p_adjusted is None:
        return (2.0, 2.0, found.family)
    return (round(found.p_adjusted, 6), round(found.p, 6), found.family)


def _counts(test: RowTest) -> bool:
    spec = test.spec
    return bool(spec.headline and test.test and spec.scale != "distribution")


def _p_of(
    tests: SideTests, used: Sequence[RowTest], n_looks: float
) -> dict[str, tuple[float, float]]:
    """Family -> its p, by itself and corrected for the number of families."""
    found = tests.shuffles_of([t.spec.name for t in used])
    if found is None:
        return {}
    families = list(dict.fromkeys(t.spec.family for t in used))
    groups: list[NDArray[np.intp]] = [
        np.array([i for i, t in enumerate(used) if t.spec.family == family])
        for family in families
    ]
    own, corrected = (np.minimum(1.0, n_looks * p) for p in group_p(found, groups))
    return {f: (float(own[i]), float(corrected[i])) for i, f in enumerate(families)}


def _verdict(p: float | None, cannot_separate: bool) -> RowVerdict:
    if p is None:
        return RowVerdict.NOT_ENOUGH_DATA
    if p > PROBABLY:
        return RowVerdict.CANNOT_TELL
    if cannot_separate:
        return RowVerdict.CANNOT_SEPARATE
    return RowVerdict.CHANGED if p <= LEVEL else RowVerdict.PROBABLY_CHANGED
