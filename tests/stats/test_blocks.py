"""The test of a row by whole blocks, against independent implementations."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from persona_vault.stats.blocks import (
    BlockSums,
    bootstrap,
    permutation_p,
    ratio_and_variance,
    shuffled_sides,
    studentised_difference,
    t_interval,
    together_p,
)


def sums(num, den=None):
    """One row from plain lists."""
    n = np.array(num, dtype=float)[:, None]
    d = np.ones_like(n) if den is None else np.array(den, dtype=float)[:, None]
    return BlockSums(n, d)


def totals(side):
    """Column totals of one side."""
    return side.stacked().sum(axis=0)


def test_ratio_of_equal_blocks_is_their_mean_with_its_usual_variance():
    """With denominators of 1 the variance is s^2 / n up to (n-1)/n terms."""
    x = np.array([3.0, 5.0, 4.0, 8.0, 6.0])

    ratio, variance = ratio_and_variance(totals(sums(x)))

    assert ratio[0] == pytest.approx(x.mean())
    assert variance[0] == pytest.approx(x.var(ddof=1) / len(x))


def test_ratio_variance_equals_the_written_out_formula():
    """Linearised variance: g/(g-1) * sum((num - r den)^2) / den_total^2."""
    num, den = np.array([2.0, 0.0, 5.0, 1.0]), np.array([4.0, 3.0, 9.0, 2.0])

    ratio, variance = ratio_and_variance(totals(sums(num, den)))

    r = num.sum() / den.sum()
    written_out = 4 / 3 * ((num - r * den) ** 2).sum() / den.sum() ** 2
    assert ratio[0] == pytest.approx(r)
    assert variance[0] == pytest.approx(written_out)


def test_studentised_difference_of_plain_means_is_welch_t():
    """With one turn a block the statistic is Welch's t of scipy."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 1, 14), rng.normal(1, 2, 11)

    t = studentised_difference(totals(sums(x)), totals(sums(y)))

    expected = stats.ttest_ind(y, x, equal_var=False).statistic
    assert t[0] == pytest.approx(expected)


def test_permutation_p_agrees_with_all_permutations_counted_one_by_one():
    """Sampled p lies within sampling error of the exact enumeration."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 1, 6), rng.normal(1.2, 1, 6)
    both = np.concatenate([x, y])

    def welch(after):
        after = list(after)
        before = [i for i in range(12) if i not in after]
        return abs(
            stats.ttest_ind(both[after], both[before], equal_var=False).statistic
        )

    observed = welch(range(6, 12))
    every = [welch(c) for c in itertools.combinations(range(12), 6)]
    exact = np.mean([t >= observed - 1e-9 for t in every])
    sides = shuffled_sides(6, 6, 9_999, np.random.default_rng(0))

    p = permutation_p(sums(x), sums(y), sides)

    assert p[0] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9_999))


def test_permutation_p_agrees_with_scipy_for_plain_means():
    """Equal block sizes: scipy's permutation test of Welch's t gives the same p."""
    rng = np.random.default_rng(11)
    x, y = rng.gamma(2, 1, 15), rng.gamma(2, 1.4, 18)

    def statistic(a, b, axis):
        return stats.ttest_ind(a, b, equal_var=False, axis=axis).statistic

    reference = stats.permutation_test(
        (y, x), statistic, n_resamples=9_999, vectorized=True, rng=1
    ).pvalue
    sides = shuffled_sides(15, 18, 9_999, np.random.default_rng(2))

    p = permutation_p(sums(x), sums(y), sides)

    assert p[0] == pytest.approx(reference, abs=0.02)


def test_shuffles_keep_the_number_of_blocks_on_each_side():
    """A shuffle moves blocks across, it never changes how many there are."""
    sides = shuffled_sides(7, 4, 200, np.random.default_rng(0))

    assert set(sides.sum(axis=1)) == {4}


def test_p_is_uniform_when_nothing_changed_whatever_the_block_sizes():
    """Null blocks of very different sizes: 5 % of p below .05, within its interval."""
    rng = np.random.default_rng(20)
    sides = shuffled_sides(15, 15, 499, rng)
    n_rows = 1_000
    den = np.repeat(rng.integers(2, 40, (30, 1)), n_rows, axis=1).astype(float)
    rate = rng.beta(2, 6, (30, n_rows))
    num = rng.binomial(den.astype(int), rate).astype(float)
    before, after = BlockSums(num[:15], den[:15]), BlockSums(num[15:], den[15:])

    p = permutation_p(before, after, sides)

    hits = int((p <= 0.05).sum())
    low, high = stats.binom.interval(0.998, n_rows, 0.05)
    assert low <= hits <= high


def test_a_row_without_occasion_on_one_side_has_no_p():
    """0 out of 0 is no number, and certainly no finding."""
    before, after = sums([1, 2, 3], [2, 4, 5]), sums([0, 0, 0], [0, 0, 0])

    p = permutation_p(before, after, shuffled_sides(3, 3, 99, np.random.default_rng(0)))

    assert np.isnan(p[0])


def test_two_constant_sides_that_differ_give_the_smallest_p():
    """No spread at all and a difference: every other shuffle is less extreme."""
    before, after = sums([1.0] * 12), sums([2.0] * 12)

    p = permutation_p(
        before, after, shuffled_sides(12, 12, 999, np.random.default_rng(0))
    )

    assert p[0] <= 2 / 1_000


def test_two_equal_constant_sides_give_p_one():
    """No spread and no difference is no finding."""
    p = permutation_p(
        sums([1.0] * 12),
        sums([1.0] * 12),
        shuffled_sides(12, 12, 99, np.random.default_rng(0)),
    )

    assert p[0] == 1.0


@given(st.integers(0, 2**32 - 1))
def test_swapping_before_and_after_flips_the_sign_and_nothing_else(seed):
    """The statistic is antisymmetric."""
    rng = np.random.default_rng(seed)
    x = BlockSums(rng.poisson(3, (8, 2)) * 1.0, rng.integers(3, 9, (8, 2)) * 1.0)
    y = BlockSums(rng.poisson(3, (9, 2)) * 1.0, rng.integers(3, 9, (9, 2)) * 1.0)

    there, back = (
        studentised_difference(totals(x), totals(y)),
        studentised_difference(totals(y), totals(x)),
    )

    assert there == pytest.approx(-back)


def test_bootstrap_intervals_cover_the_truth_about_as_often_as_they_say():
    """95 % intervals of a difference of rates hold the truth in 92-98 of 100 tries."""
    rng = np.random.default_rng(8)
    n_rows, gap = 400, 0.15
    den = rng.integers(5, 25, (40, 1)).repeat(n_rows, axis=1)
    rate = np.clip(rng.beta(4, 8, (40, n_rows)), 0, 1)
    rate[20:] = np.clip(rate[20:] + gap, 0, 1)
    num = rng.binomial(den, rate)
    before = BlockSums(num[:20] * 1.0, den[:20] * 1.0)
    after = BlockSums(num[20:] * 1.0, den[20:] * 1.0)

    found = bootstrap(before, after, 999, rng)
    estimate = after.num.sum(0) / after.den.sum(0) - before.num.sum(0) / before.den.sum(
        0
    )
    low, high = t_interval(estimate, found.se_gap, found.t_gap, 0.95)

    truth = np.clip(rng.beta(4, 8, 200_000) + gap, 0, 1).mean() - 4 / 12
    covered = ((low <= truth) & (truth <= high)).mean()
    assert 0.92 <= covered <= 0.98


def test_together_p_agrees_with_every_permutation_counted_one_by_one():
    """Five against five blocks, three rows: the exact share of the 252 splits."""
    rng = np.random.default_rng(6)
    num = rng.normal(size=(10, 3)) + np.repeat([0.0, 1.0], 5)[:, None]
    den = np.ones((10, 3))
    before, after = BlockSums(num[:5], den[:5]), BlockSums(num[5:], den[5:])

    splits = list(itertools.combinations(range(10), 5))
    gaps = np.array(
        [
            num[list(c)].mean(0) - num[[i for i in range(10) if i not in c]].mean(0)
            for c in splits
        ]
    )
    score = ((gaps / gaps.std(axis=0)) ** 2).mean(axis=1)
    exact = np.mean(score >= score[splits.index((5, 6, 7, 8, 9))] - 1e-9)
    sides = np.array([[i in c for i in range(10)] for c in splits])

    assert together_p(before, after, sides) == pytest.approx((1 + exact * 252) / 253)


def test_together_p_is_uniform_when_nothing_changed():
    """Correlated rows, few blocks, 400 nulls: about 5 % under .05."""
    rng = np.random.default_rng(7)
    sides = shuffled_sides(6, 6, 499, rng)
    hits = 0
    for _ in range(400):
        shared = rng.normal(size=(12, 1))
        num = shared + rng.normal(size=(12, 5))
        den = np.ones((12, 5))
        hits += (
            together_p(BlockSums(num[:6], den[:6]), BlockSums(num[6:], den[6:]), sides)
            <= 0.05
        )

    low, high = stats.binom.interval(0.998, 400, 0.05)
    assert low <= hits <= high
