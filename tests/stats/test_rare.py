"""Intervals of rare shares, against closed forms and by how often they hold."""

import numpy as np
import pytest
from scipy import stats

from persona_vault.stats.blocks import BlockSums, bootstrap, t_interval
from persona_vault.stats.rare import difference_interval, has_few, rare_interval


def sums(num, den):
    """Rows side by side, from shape (b,) or (b, r)."""
    return BlockSums(*(np.asarray(x, float).reshape(len(x), -1) for x in (num, den)))


def test_blocks_of_one_turn_give_the_exact_binomial_interval():
    """Nothing to be alike in: scipy's Clopper-Pearson, for rare, usual and near 1."""
    for k in (0, 1, 3, 5, 20, 38, 40):
        low, high = rare_interval(sums([1] * k + [0] * (40 - k), [1] * 40), 0.95)

        # The variance of b blocks has b - 1 below it; without an event there is none.
        p = k / 40
        n = 40 if k in (0, 40) else 39
        exact = stats.beta.ppf([0.025, 0.975], [p * n, p * n + 1], [n - p * n + 1] * 2)
        exact[1] = stats.beta.ppf(0.975, p * n + 1, n - p * n) if k < 40 else 1.0
        assert low[0] == pytest.approx(exact[0] if k else 0.0)
        assert high[0] == pytest.approx(exact[1])
        if n == 40:
            whole = stats.binomtest(k, 40).proportion_ci(0.95)
            assert (low[0], high[0]) == pytest.approx((whole.low, whole.high))


def test_no_event_is_a_rule_of_three_on_what_the_blocks_are_worth():
    """0 of 80 in 10 talks: from exactly 0 to 1 - .025^(1/n), n the effective number."""
    low, high = rare_interval(sums([0] * 10, [8] * 10), 0.95)

    worth = 80 / (1 + 7 * 0.1)
    assert low[0] == 0.0
    assert high[0] == pytest.approx(1 - 0.025 ** (1 / worth))
    assert 3 / 80 < high[0] < 0.1


def test_the_ends_near_one_mirror_those_near_nought():
    """What holds of a use holds of a non-use."""
    num, den = np.array([0, 2, 0, 1, 0, 0, 0, 0, 0, 0]), np.arange(4, 14)

    low, high = rare_interval(sums(num, den), 0.95)
    mirrored = rare_interval(sums(den - num, den), 0.95)

    assert (low[0], high[0]) == pytest.approx((1 - mirrored[1][0], 1 - mirrored[0][0]))
    assert has_few(sums(num, den))[0]
    assert has_few(sums(den - num, den))[0]


def test_clumps_weigh_more_than_single_events():
    """Six events in one talk tell less than six in four talks."""
    den = [8] * 10
    one = rare_interval(sums([6] + [0] * 9, den), 0.95)
    four = rare_interval(sums([2, 2, 1, 1] + [0] * 6, den), 0.95)

    assert one[1][0] - one[0][0] > 1.4 * (four[1][0] - four[0][0])


def test_three_events_no_longer_reach_to_forty_points():
    """3 of 80: resamples without any event made that 0.4 to 41 %."""
    side = sums([1, 1, 1] + [0] * 7, [8] * 10)

    low, high = rare_interval(side, 0.95)

    assert 0.001 < low[0] < 0.01
    assert 0.1 < high[0] < 0.15


def test_enough_blocks_on_both_sides_of_the_question_are_left_to_resampling():
    """Six talks that show it and six that do not are no longer few."""
    assert not has_few(sums([1] * 6 + [0] * 6, [1] * 12))[0]
    assert has_few(sums([1] * 5 + [0] * 7, [1] * 12))[0]
    assert not has_few(sums([3] * 12, [9] * 12))[0]


def test_the_difference_is_newcombes():
    """Newcombe 1998, table II (a), method 10: 56/70 - 48/80 is .0524 to .3339."""
    ends = [
        stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        for k, n in ((48, 80), (56, 70))
    ]

    found = difference_interval((48 / 80, 56 / 70), *((e.low, e.high) for e in ends))

    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize("n_blocks", [10, 30])
@pytest.mark.parametrize("alike", [0.0, 0.3])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.98])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(n_blocks, alike, rate):
    """92 in 100 tries or more, alike or differing, and never [0, 0] or [1, 1].

    Resampled alone they hold it in 20 to 90 where most tries see few events.
    """
    rng = np.random.default_rng(12)
    den = rng.integers(1, 16, (n_blocks, 600))
    chance = np.full(den.shape, rate)
    if alike:
        spread = 1 / alike - 1
        chance = rng.beta(rate * spread, (1 - rate) * spread, den.shape)
    side = sums(rng.binomial(den, chance), den)

    low, high = rare_interval(side, 0.95)
    few = has_few(side)
    if not few.all():
        drawn = bootstrap(side, side, 199, rng)
        value = side.num.sum(0) / side.den.sum(0)
        ends = t_interval(value, drawn.se_before, drawn.t_before, 0.95)
        low, high = np.where(few, low, ends[0]), np.where(few, high, ends[1])

    assert ((low <= rate) & (rate <= high)).mean() >= 0.92
    assert (high > 0).all()
    assert (low < 1).all()
