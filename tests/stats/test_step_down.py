"""Families by Westfall and Young, against the definition and closed forms."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.stats.blocks import BlockSums, Shuffled, shuffled, shuffled_sides
from persona_vault.stats.step_down import group_p


def drawn(t, shuffles):
    """Statistics as they are and in each shuffle; the plain gaps are not used."""
    t, shuffles = np.asarray(t, dtype=float), np.asarray(shuffles, dtype=float)
    return Shuffled(t, t, shuffles, shuffles)


def by_definition(found, groups):
    """Westfall and Young 1993, algorithm 2.8, loop by loop."""
    t = np.abs(np.vstack([found.t, found.drawn_t]))
    t = np.where(np.isnan(t), np.inf, np.round(t, 9))
    n, r = t.shape
    p = [
        [sum(t[k, j] >= t[i, j] for k in range(n)) / n for j in range(r)]
        for i in range(n)
    ]
    smallest = [[min(p[i][j] for j in g) for g in groups] for i in range(n)]
    own = [
        [
            sum(smallest[k][f] <= smallest[i][f] for k in range(n)) / n
            for f in range(len(groups))
        ]
        for i in range(n)
    ]
    order = sorted(range(len(groups)), key=lambda f: own[0][f])
    corrected, last = {}, 0.0
    for place, family in enumerate(order):
        left = order[place:]
        share = (
            sum(
                min(own[i][f] for f in left) <= own[0][family] + 1e-12 for i in range(n)
            )
            / n
        )
        last = max(last, share)
        corrected[family] = last
    return own[0], [corrected[f] for f in range(len(groups))]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_it_equals_the_definition(seed, n_groups):
    """Any statistics, ties and gaps in them: the same p as the loops give."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-4, 5, (40, 6)).astype(float)
    values[rng.random((40, 6)) < 0.05] = np.nan
    values[0] = np.nan_to_num(values[0])
    found = drawn(values[0], values[1:])
    groups = [np.arange(6)[np.arange(6) % n_groups == k] for k in range(n_groups)]

    own, corrected = group_p(found, groups)

    expected = by_definition(found, groups)
    assert own == pytest.approx(expected[0])
    assert corrected == pytest.approx(expected[1])


def test_independent_families_give_sidaks_correction():
    """1 - (1 - p)^m for the smallest of m, then for the smallest of those left."""
    rng = np.random.default_rng(0)
    t = np.array([3.1, 2.6, 0.4])

    own, corrected = group_p(drawn(t, rng.normal(size=(60_000, 3))), [[0], [1], [2]])

    assert corrected[0] == pytest.approx(1 - (1 - own[0]) ** 3, rel=0.15)
    assert corrected[1] == pytest.approx(1 - (1 - own[1]) ** 2, rel=0.08)
    assert corrected[2] == pytest.approx(own[2], rel=0.02)


def test_families_that_move_as_one_need_no_correction():
    """The same column twice: looking at both is looking once."""
    rng = np.random.default_rng(1)
    one = rng.normal(size=(999, 1))

    own, corrected = group_p(drawn([2.2, 2.2], np.hstack([one, one])), [[0], [1]])

    assert corrected == pytest.approx(own)


def test_a_family_of_many_rows_has_no_advantage():
    """Its smallest p is held against the smallest p of the shuffles."""
    rng = np.random.default_rng(2)
    p = []
    for _ in range(200):
        values = rng.normal(size=(400, 8))
        p.append(group_p(drawn(values[0], values[1:]), [np.arange(8)])[0][0])

    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_exact_shuffles_of_few_blocks():
    """All 70 ways to part 8 blocks: the p is a count of them."""
    rng = np.random.default_rng(4)
    num = rng.normal(size=(8, 2))
    num[4:, 0] += 30
    sides = np.zeros((70, 8), dtype=bool)
    for i, chosen in enumerate(itertools.combinations(range(8), 4)):
        sides[i, list(chosen)] = True
    den = np.ones_like(num)

    own, corrected = group_p(
        shuffled(BlockSums(num[:4], den[:4]), BlockSums(num[4:], den[4:]), sides),
        [[0], [1]],
    )

    # As it is and its mirror image are the most extreme, and each stands among the 70.
    assert own[0] == pytest.approx(3 / 71)
    assert corrected[0] >= own[0]


def test_a_chance_family_is_named_no_more_often_than_the_level():
    """Null talks, rows that hang together inside families: any name in 5 of 100."""
    rng = np.random.default_rng(5)
    groups = [np.arange(3) + 3 * k for k in range(6)]
    named = 0
    for _ in range(200):
        common = rng.normal(size=(24, 6)).repeat(3, axis=1)
        num = common + rng.normal(size=(24, 18))
        sides = shuffled_sides(12, 12, 299, rng)
        den = np.ones_like(num)
        found = shuffled(
            BlockSums(num[:12], den[:12]), BlockSums(num[12:], den[12:]), sides
        )
        named += bool((group_p(found, groups)[1] <= 0.05).any())

    assert named / 200 <= 0.09
