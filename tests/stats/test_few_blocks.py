"""The t-test for few blocks, against closed forms and simulation."""

import numpy as np
import pytest
from scipy import stats

from persona_vault.stats.few_blocks import ICC_FLOOR, TurnMoments, few_blocks_test


def moments(blocks):
    """Blocks of plain values (denominator 1) as sums, one row."""

    def column(f):
        return np.array([f(np.asarray(b, dtype=float)) for b in blocks])[:, None] * 1.0

    return TurnMoments(
        column(len),
        column(np.sum),
        column(len),
        column(lambda b: (b**2).sum()),
        column(np.sum),
        column(len),
    )


def test_icc_is_the_anova_estimate():
    """Equal against the textbook one-way ANOVA on residuals, scipy's F included."""
    rng = np.random.default_rng(1)
    before = [rng.normal(rng.normal(0, 2), 1, 12) for _ in range(5)]
    after = [rng.normal(rng.normal(0, 2), 1, 12) for _ in range(5)]

    found = few_blocks_test(moments(before), moments(after))

    centred = [b - np.mean(np.concatenate(before)) for b in before]
    centred += [b - np.mean(np.concatenate(after)) for b in after]
    # scipy's F has 9 degrees of freedom between ten groups, ours has 8: two means went.
    f = stats.f_oneway(*centred).statistic * 9 / 8
    m0 = (120 - 10 * 144 / 120) / 9
    assert found.icc[0] == pytest.approx((f - 1) / (f - 1 + m0), rel=1e-9)


def test_independent_turns_fall_back_to_the_floor_and_to_a_plain_t_test():
    """Without correlation the standard error is the usual one times the small floor."""
    rng = np.random.default_rng(2)
    before = [rng.permutation(np.tile([0.0, 1.0, 2.0, 3.0], 5)) for _ in range(6)]
    after = [b + 0.5 for b in before]

    found = few_blocks_test(moments(before), moments(after))

    x = np.concatenate(before)
    plain = np.sqrt(2 * ((x - x.mean()) ** 2).sum() * 2 / 238 / 120)
    assert found.icc[0] == ICC_FLOOR
    assert found.se[0] == pytest.approx(plain * np.sqrt(1 + 19 * ICC_FLOOR))
    assert found.df[0] == 10


def test_false_alarms_stay_near_five_percent_with_correlated_turns():
    """4 to 9 blocks a side, correlated turns, 3,000 nulls: at most 6.5 % under .05."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(3_000):
        k = rng.integers(4, 10)
        sides = [
            [rng.normal(rng.normal(0, 0.5), 1, rng.integers(5, 20)) for _ in range(k)]
            for _ in range(2)
        ]
        hits += few_blocks_test(*(moments(s) for s in sides)).p[0] <= 0.05

    assert hits / 3_000 <= 0.065


def test_no_occasion_gives_no_p():
    """A side of empty blocks has no mean to compare."""
    empty = moments([[], [], [], []])

    found = few_blocks_test(moments([[1, 2], [2, 3], [1, 1], [0, 2]]), empty)

    assert np.isnan(found.p[0])
