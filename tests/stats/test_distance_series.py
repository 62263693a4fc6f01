"""Distances, corrections and series, against independent implementations."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from persona_vault.stats.distance import jensen_shannon, shuffled_distances
from persona_vault.stats.multiplicity import benjamini_hochberg
from persona_vault.stats.series import lag_one, pair_up


def test_jensen_shannon_equals_scipy():
    """Base 2, square root of the divergence, also with kinds that one side lacks."""
    rng = np.random.default_rng(0)
    p, q = rng.integers(0, 6, 30) * 1.0, rng.integers(0, 6, 30) * 1.0

    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2))


def test_jensen_shannon_is_0_for_equal_and_1_for_disjoint_repertoires():
    """The two ends of the scale."""
    assert jensen_shannon(np.array([2.0, 4.0]), np.array([1.0, 2.0])) == pytest.approx(
        0
    )
    assert jensen_shannon(np.array([3.0, 0.0]), np.array([0.0, 9.0])) == pytest.approx(
        1
    )


def test_an_empty_side_has_no_distance():
    """Nothing counted is not the same as nothing in common."""
    assert np.isnan(jensen_shannon(np.zeros(3), np.array([1.0, 0.0, 2.0])))


def test_shuffled_distances_move_whole_blocks():
    """A shuffle that puts the blocks back as they were gives the observed distance."""
    counts = np.array([[3.0, 0], [2, 1], [0, 5], [1, 4]])
    sides = np.array([[False, False, True, True]])

    found = shuffled_distances(counts, sides)

    assert found[0] == pytest.approx(jensenshannon([5, 1], [1, 9], base=2))


def test_benjamini_hochberg_by_hand():
    """The worked example: q_i = min over j >= i of p_j * m / j."""
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.5])

    q = benjamini_hochberg(p)

    assert q[0] == pytest.approx(0.04)
    assert np.isnan(q[1])
    assert q[2] == pytest.approx(0.04 * 4 / 3)
    assert q[3] == pytest.approx(0.04 * 4 / 3)
    assert q[4] == pytest.approx(0.5)


def test_lag_one_equals_the_correlation_formula():
    """Sum of neighbouring products over the sum of squares."""
    x = np.array([1.0, 3, 2, 5, 4, 6, 8, 7, 9, 12])
    d = x - x.mean()

    r, p = lag_one(x)

    assert r == pytest.approx((d[1:] * d[:-1]).sum() / (d * d).sum())
    assert p < 0.05


def test_lag_one_of_independent_series_is_significant_in_about_five_percent():
    """2,000 independent series of 30: the share under .05 is near .05."""
    rng = np.random.default_rng(9)
    hits = sum(lag_one(rng.normal(size=30))[1] < 0.05 for _ in range(2_000))

    low, high = stats.binom.interval(0.999, 2_000, 0.05)
    assert low - 20 <= hits <= high + 20


def test_too_short_a_series_says_nothing():
    """Fewer than eight values give no correlation."""
    assert all(np.isnan(x) for x in lag_one(np.arange(7.0)))


def test_pairing_up_keeps_every_sum():
    """An odd last row joins the pair before it; totals stay."""
    table = np.arange(14.0).reshape(7, 2)

    paired = pair_up(table)

    assert paired.shape == (3, 2)
    assert paired.sum(axis=0) == pytest.approx(table.sum(axis=0))
    assert paired[-1] == pytest.approx(table[4:].sum(axis=0))
