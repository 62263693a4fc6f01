"""Fake dates and trends, against loops and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from persona_vault.stats.placebo import jump_p, placebo, trend


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


def dated(values, weights, since=0.0):
    """(numerator, denominator, time) from ratios, a block a day."""
    return np.column_stack([blocks(values, weights), since + np.arange(len(values))])


@pytest.mark.parametrize("n_after", [4, 7, 8, 20])
def test_the_jump_is_that_of_lines_fitted_by_scipy(n_after):
    """The t of the step by scipy's least squares, with and without a second slope."""
    rng = np.random.default_rng(n_after)
    before = dated(rng.random(20), rng.integers(1, 9, 20))
    after = dated(rng.random(n_after), rng.integers(1, 9, n_after), since=20)
    both = np.concatenate([before, after])

    def line(at, level, slope, step, other):
        later = at >= 20
        own = other if n_after >= 8 else 0.0
        return level + slope * (at - 20) + later * (step + own * (at - 20))

    n_free = 4 if n_after >= 8 else 3
    best, cov = optimize.curve_fit(
        lambda at, *free: line(at, *free, *[0.0] * (4 - n_free)),
        both[:, 2],
        both[:, 0] / both[:, 1],
        p0=np.zeros(n_free),
        sigma=1 / np.sqrt(both[:, 1]),
    )
    t = best[2] / np.sqrt(cov[2, 2])
    expected = 2 * stats.t.sf(abs(t), len(both) - n_free)
    assert jump_p(before, after) == pytest.approx(expected, rel=1e-4)


def test_a_climb_jumps_by_chance_as_often_as_the_level_says():
    """300 climbs of uneven blocks: p at most .10 in about 30; a step always."""
    rng = np.random.default_rng(5)

    def p(levels):
        den = rng.integers(4, 12, 60)
        series = dated(rng.binomial(den, levels) / den, den)
        return jump_p(series[:40], series[40:])

    climb, step = np.linspace(0.2, 0.7, 60), np.repeat([0.2, 0.8], [40, 20])
    assert 0.06 <= np.mean([p(climb) <= 0.10 for _ in range(300)]) <= 0.14
    assert all(p(step) <= 0.10 for _ in range(50))


def test_where_nothing_is_left_to_judge_by_there_is_no_jump():
    """Three blocks in all, or no time between them."""
    one = np.ones((1, 3))
    assert np.isnan(jump_p(dated([0.1, 0.2], [1, 1]), dated([0.3], [1], since=2)))
    assert np.isnan(jump_p(np.repeat(one, 9, axis=0), np.repeat(one, 9, axis=0)))
