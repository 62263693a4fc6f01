"""Patterns by block: each number against a reference written another way."""

from itertools import combinations
from math import comb, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from persona_vault.stats import phrases
from persona_vault.stats.phrases import Occurrences


def table(counts, n_before, n_words=None):
    """Occurrences from a dense table."""
    dense = np.asarray(counts, dtype=float)
    words = (
        np.full(len(dense), 100.0) if n_words is None else np.asarray(n_words, float)
    )
    return Occurrences(sparse.csr_array(dense), n_before, words)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_chance_of_one_side_only_is_the_hypergeometric_one(there, elsewhere, data):
    """P(none of K blocks elsewhere) as scipy has it, and as two binomials."""
    k = data.draw(st.integers(1, there))

    p = phrases.all_on_one_side_p(np.array([float(k)]), there, elsewhere)[0]

    every = there + elsewhere
    assert p == pytest.approx(stats.hypergeom.pmf(0, every, elsewhere, k), rel=1e-9)
    assert p == pytest.approx(comb(there, k) / comb(every, k), rel=1e-9)


def test_more_blocks_than_a_side_has_cannot_all_be_there():
    """The chance is 0, not an error."""
    assert phrases.all_on_one_side_p(np.array([6.0]), 5, 9)[0] == 0


def test_appearances_by_hand():
    """Ten talks: what is in all four later ones and in no earlier one, and back."""
    counts = [[0, 1, 1]] * 6 + [[1, 0, 1]] * 4
    found = table(counts, 6)

    seen = phrases.appearances(found, phrases.spread_out(found), 0.05)

    assert seen.new_p[0] == pytest.approx(1 / comb(10, 4))
    assert seen.lost_p[1] == pytest.approx(1 / comb(10, 6))
    assert (seen.new_p[1:] == 1).all()
    assert (seen.lost_p[[0, 2]] == 1).all()
    # Two can pass, with one p; "lost" of the first could at best have 15 / 210.
    assert seen.new_q[0] == seen.lost_q[1] == pytest.approx(1 / comb(10, 4))
    assert seen.lost_q[0] == seen.new_q[2] == 1


def _gilbert(p, least_p, level):
    """Gilbert 2005 written as a search for the size, then the step-up by hand."""
    size = next(
        k for k in range(1, len(p) + 1) if sum(a <= level / k for a in least_p) <= k
    )
    kept = [i for i, a in enumerate(least_p) if a <= level / size]
    q = [1.0] * len(p)
    ranked = sorted(kept, key=lambda i: p[i])
    best = 1.0
    for rank in range(len(ranked), 0, -1):
        i = ranked[rank - 1]
        best = min(best, p[i] * len(ranked) / rank)
        q[i] = best
    return q


@given(
    st.lists(st.tuples(st.floats(1e-9, 1), st.floats(1e-9, 1)), min_size=1, max_size=30)
)
def test_the_discrete_correction_as_its_paper_says(pairs):
    """Only what could pass counts; q is the step-up over those."""
    least = [min(pair) for pair in pairs]
    p = [max(pair) for pair in pairs]

    q = phrases.discrete_q(np.array(p), np.array(least), 0.05)

    assert q == pytest.approx(_gilbert(p, least, 0.05))


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(100, 5000),
    st.integers(100, 5000),
)
def test_log_odds_against_the_formula_word_by_word(
    late, early, late_words, early_words
):
    """Monroe et al. 2008, one pattern at a time, with its prior written out."""
    total, words = late + early, late_words + early_words
    if total == 0:
        return
    a, a0 = 0.1 * total, 0.1 * words
    delta = log((late + a) / (late_words + a0 - late - a)) - log(
        (early + a) / (early_words + a0 - early - a)
    )
    reference = delta / sqrt(1 / (late + a) + 1 / (early + a))

    z = phrases.log_odds_z(
        np.array([float(late)]),
        np.array([float(total)]),
        np.array([float(late_words)]),
        float(words),
    )

    assert z[0] == pytest.approx(reference, abs=1e-9)


def test_z_is_held_against_every_way_to_deal_the_blocks():
    """With eight blocks all 70 deals can be listed: middle and spread agree."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(2.0, size=(8, 1)).astype(float)
    words = rng.integers(80, 120, size=8).astype(float)
    counts[4:] += 2
    found = table(counts, 4, words)
    every = []
    for chosen in combinations(range(8), 4):
        late = list(chosen)
        every.append(
            phrases.log_odds_z(
                counts[late].sum(axis=0),
                counts.sum(axis=0),
                words[late].sum(),
                float(words.sum()),
            )[0]
        )
    seen = phrases.log_odds_z(
        counts[4:].sum(axis=0), counts.sum(axis=0), words[4:].sum(), float(words.sum())
    )[0]

    z = phrases.rate_changes(found, np.array([True]), rng).z[0]

    # 499 draws of the 70 deals: the spread is known to about 3 %.
    assert z == pytest.approx((seen - np.mean(every)) / np.std(every), rel=0.15)


def test_a_word_repeated_in_one_talk_is_no_change_of_rate():
    """Bursts: words in a row count once for a talk, however large the plain z is."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(0.3, size=(40, 30)).astype(float)
    counts[25, 0] += 40
    found = table(counts, 20)

    result = phrases.rate_changes(found, np.ones(30, dtype=bool), rng)

    assert result.q[0] > 0.05


def test_a_rate_that_tripled_in_all_talks_is_found_and_no_other():
    """Of 200 patterns the one that changed has the smallest p, the right sign."""
    rng = np.random.default_rng(2)
    counts = rng.poisson(1.0, size=(60, 200)).astype(float)
    counts[30:, 7] = rng.poisson(3.0, size=30)
    found = table(counts, 30)

    result = phrases.rate_changes(found, np.ones(200, dtype=bool), rng)

    assert np.flatnonzero(result.q <= 0.05).tolist() == [7]
    assert result.z[7] > 0


def test_pooled_p_is_uniform_where_nothing_changed():
    """Share of p under .05 and under .01 over 3,000 bursty patterns."""
    rng = np.random.default_rng(3)
    shape = (40, 3000)
    rates = rng.gamma(0.5, 1.0, size=shape)
    found = table(rng.poisson(rates), 18, rng.integers(50, 400, size=40))
    kept = phrases.spread_out(found)

    p = phrases.rate_changes(found, kept, rng).p[kept]

    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)
    assert (p <= 0.01).mean() == pytest.approx(0.01, abs=0.006)


def test_what_one_talk_owns_or_few_talks_hold_is_no_candidate():
    """At least four blocks, and no block with over a third of all uses."""
    counts = np.zeros((12, 4))
    counts[:3, 0] = 5  # three blocks
    counts[:4, 1] = [3, 1, 1, 1]  # half from one
    counts[:4, 2] = [2, 2, 1, 1]  # a third from one
    counts[:, 3] = 1

    assert phrases.spread_out(table(counts, 6)).tolist() == [False, False, True, True]


def _turnover(present, date, size):
    before, after = present[date - size : date], present[date : date + size]
    pairs = list(zip(before.T, after.T, strict=True))
    return (
        sum(1 for b, a in pairs if not b.any() and a.sum() >= 4),
        sum(1 for b, a in pairs if not a.any() and b.sum() >= 4),
    )


def test_novelty_counts_windows_of_one_size_at_every_date():
    """Against a plain count over the dense table, pattern by pattern."""
    rng = np.random.default_rng(4)
    drift = np.linspace(0.02, 0.6, 60)[:, None] * rng.random((1, 300))
    counts = (rng.random((60, 300)) < drift).astype(float)
    found = table(counts, 45)

    result = phrases.novelty(found, np.ones(300, dtype=bool), rng)

    assert result is not None
    assert result.n_blocks == 15
    assert (result.n_new, result.n_lost) == _turnover(counts > 0, 45, 15)
    every = np.array([_turnover(counts > 0, d, 15) for d in range(15, 31)]) / 1500
    assert result.n_dates == 16
    for usual, at_dates in zip(
        (result.usual_new, result.usual_lost), every.T, strict=True
    ):
        assert usual[0] <= at_dates.min()
        assert usual[1] >= at_dates.max()


def test_usual_novelty_is_what_random_parts_show_where_nothing_drifts():
    """The count at the date lies outside in about one null table of twenty."""
    rng = np.random.default_rng(6)
    outside = 0
    for _ in range(60):
        counts = (rng.random((50, 400)) < 0.2 * rng.random((1, 400))).astype(float)
        result = phrases.novelty(table(counts, 36), np.ones(400, dtype=bool), rng)
        assert result is not None
        low, high = (1200 * rate for rate in result.usual_new)
        outside += not low <= result.n_new <= high

    assert outside <= stats.binom.ppf(0.999, 60, 0.05)


@pytest.mark.parametrize(("before", "after"), [(23, 30), (40, 7), (0, 30), (30, 0)])
def test_no_yard_stick_from_too_few_blocks(before, after):
    """Fewer than eight in a window: nothing is said."""
    found = table(np.ones((before + after, 3)), before)

    rng = np.random.default_rng(0)
    assert phrases.novelty(found, np.ones(3, dtype=bool), rng) is None


def test_no_pattern_at_all_is_no_error():
    """An empty table passes through every step."""
    found = table(np.zeros((20, 0)), 10)
    kept = phrases.spread_out(found)

    assert len(phrases.appearances(found, kept, 0.05).new_q) == 0
    assert len(phrases.rate_changes(found, kept, np.random.default_rng(0)).q) == 0
