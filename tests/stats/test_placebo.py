"""Fake dates and trends, against loops and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from persona_vault.stats.placebo import placebo, trend


def blocks(values, weights=None):
    """(numerator, denominator) from ratios."""
    den = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    return np.column_stack([np.asarray(values) * den, den])


@given(st.integers(0, 10_000), st.integers(4, 40), st.integers(1, 20))
def test_each_fake_date_compares_two_windows_of_the_same_size(seed, n, m):
    """The sliding sums equal the two windows taken one by one."""
    rng = np.random.default_rng(seed)
    before = blocks(rng.random(n), rng.integers(1, 9, n))
    after = blocks(rng.random(m), rng.integers(1, 9, m))

    found = placebo(before, after)

    w = min(n // 4, m)
    assert found.window == w
    written_out = []
    for cut in range(w, n - w + 1):
        left, right = (
            before[cut - w : cut].sum(axis=0),
            before[cut : cut + w].sum(axis=0),
        )
        written_out.append(right[0] / right[1] - left[0] / left[1])
    assert found.fakes == pytest.approx(written_out)
    left, right = before[-w:].sum(axis=0), after[:w].sum(axis=0)
    assert found.gap == pytest.approx(right[0] / right[1] - left[0] / left[1])
    large = sum(abs(x) >= abs(found.gap) - 1e-12 for x in written_out)
    assert found.n_as_large == large
    assert found.p == pytest.approx((1 + large) / (1 + len(written_out)))


def test_nine_fake_dates_need_fifteen_blocks():
    """A quarter on each side leaves about half of the blocks as dates."""
    n_fakes = {
        n: len(placebo(blocks(np.zeros(n)), blocks(np.zeros(9))).fakes)
        for n in (12, 14, 15, 16)
    }
    assert n_fakes == {12: 7, 14: 9, 15: 10, 16: 9}


def test_too_few_blocks_have_no_window():
    """Three blocks have no quarter."""
    assert placebo(blocks([1, 2, 3]), blocks([1, 2])) is None


def test_a_steady_climb_has_fake_dates_as_large_and_a_step_has_none():
    """The same rise at every date, or at the real one alone."""
    climb = np.arange(40) / 40
    assert placebo(blocks(climb[:30]), blocks(climb[30:])).p == 1.0
    step = placebo(blocks(np.zeros(30)), blocks(np.ones(10)))
    assert (step.n_as_large, step.gap) == (0, 1.0)


def test_the_trend_is_that_of_scipy():
    """Kendall's tau and p, and a weighted line whose rise numpy's solver confirms."""
    rng = np.random.default_rng(3)
    at = np.sort(rng.random(25)) * 100
    ratio = rng.normal(size=25) + at / 60
    weights = rng.integers(1, 9, 25)

    found = trend(blocks(ratio, weights), at)

    expected = stats.kendalltau(at, ratio)
    assert (found.tau, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    design = np.column_stack([np.ones(25), at])
    inner = design.T @ (design * weights[:, None])
    line = np.linalg.solve(inner, design.T @ (weights * ratio))
    assert found.rise == pytest.approx(line[1] * np.ptp(at))


def test_a_trend_is_told_by_chance_as_often_as_the_level_says():
    """250 series without one: p at most .05 in about 12."""
    rng = np.random.default_rng(4)
    p = [trend(blocks(rng.normal(size=20)), np.arange(20.0)).p for _ in range(250)]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.08


@pytest.mark.parametrize("values", [[0.0] * 12, [1.0, 2.0, 3.0]])
def test_a_constant_or_short_series_has_no_trend(values):
    """Nothing to be told, and no warning of a division by 0."""
    assert trend(blocks(values), np.arange(float(len(values)))) is None
