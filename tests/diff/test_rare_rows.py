"""Rows that few talks show: their intervals, and all that must not move with them."""

from dataclasses import fields

import numpy as np
import pytest

from persona_vault.diff import rows
from tests.diff.drawn import ROWS, pair

RARE, BOTH, MOST, USUAL = (spec.name for spec in ROWS[:4])
N = 15
# Of ten replies in each of fifteen talks: 2 of 150 before and 40 after; 5 and 6; a row
# that all but two replies show; and an everyday one.
USES = {
    RARE: ([1, 1] + [0] * 13, [4, 2, 2] * 5),
    BOTH: ([1, 2, 2] + [0] * 12, [1, 1, 1, 3] + [0] * 11),
    MOST: ([9, 9] + [10] * 13, [9] * 11 + [10] * 4),
    USUAL: ([3, 4, 2] * 5, [5, 4, 3] * 5),
}


def snapshots():
    """Two snapshots with those uses in the rows of the companion's side."""
    found = pair({RARE: np.full(N, 0.1)}, {RARE: np.full(N, 0.1)}, 3)
    for i, snapshot in enumerate(found):
        for name, uses in USES.items():
            table = snapshot.rows["persona"][name].table
            for column in (1, 2, 3, 5, 6):
                table[:, column] = uses[i]
    return found


def companion_rows():
    """The companion's rows by name."""
    found = rows.run_tests(*snapshots(), "persona", confidence=0.95, seed=1)
    return {test.spec.name: test for test in found.rows}


@pytest.fixture(scope="module")
def both():
    """With the intervals of rare shares, and as resampling alone has them."""
    with pytest.MonkeyPatch.context() as patch:
        new = companion_rows()
        patch.setattr(rows, "_where_rare", lambda test, *_: test)
        return new, companion_rows()


def test_two_of_a_hundred_and_fifty_is_no_longer_up_to_a_seventh(both):
    """The upper end stays near what the count bears; the other side has its own."""
    new, old = both

    assert 0 < new[RARE].ci_before[0] < 0.01
    assert new[RARE].ci_before[1] < 0.075 < old[RARE].ci_before[1]
    assert new[RARE].ci_after == old[RARE].ci_after
    assert new[RARE].ci_gap == old[RARE].ci_gap


def test_a_row_that_nearly_all_replies_show_has_it_the_other_way_round(both):
    """Two replies without it: the lower end is held, the upper one stays under 1."""
    new, old = both

    assert old[MOST].ci_before[0] < 0.925 < new[MOST].ci_before[0]
    assert 0.98 < new[MOST].ci_before[1] < 1


def test_the_difference_follows_where_both_sides_are_rare(both):
    """Its ends come from those of both sides, and hold what was seen."""
    new, old = both
    test = new[BOTH]

    assert test.ci_gap != old[BOTH].ci_gap
    low, high = test.ci_gap
    assert low < test.gap < high
    assert test.before - test.ci_before[0] < high - test.gap
    assert test.ci_before[1] - test.before < test.gap - low


def test_ordinary_rows_and_all_that_decides_a_verdict_stay_to_the_last_digit(both):
    """p, standard error, 90 % interval; and every number of an ordinary row."""
    new, old = both
    shown = {"ci_before", "ci_after", "ci_gap"}
    for name, test in new.items():
        for field in fields(test):
            if field.name in shown and name in (RARE, BOTH, MOST):
                continue
            mine, other = getattr(test, field.name), getattr(old[name], field.name)
            np.testing.assert_equal(mine, other)


def test_a_row_never_seen_on_one_side_has_an_interval():
    """0 of 150 against 40: from 0 to a few points, never nothing and never [0, 0]."""
    before, after = snapshots()
    before.rows["persona"][RARE].table[:, [1, 2, 3, 5, 6]] = 0

    found = rows.run_tests(before, after, "persona", confidence=0.95, seed=1)

    test = next(t for t in found.rows if t.spec.name == RARE)
    assert test.ci_before[0] == 0
    assert 0.02 < test.ci_before[1] < 0.05
