"""Recognisability: against explicit refitting, and right where the truth is known."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from persona_vault.stats.recognise import (
    PENALTY,
    auc,
    drift_multiple,
    energy_distance,
    left_out_scores,
    recognise,
)


def _bags(seed: int, n: int, shift: float, n_rows: int = 12):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2 * n, n_rows))
    later = np.arange(2 * n) >= n
    x[later, :3] += shift
    return x, later, rng


def test_left_out_scores_equal_refitting() -> None:
    """The shortcut by the hat matrix gives what leaving out and refitting gives."""
    x, later, _rng = _bags(1, 10, 0.7)
    later[3] = True  # unequal sides
    found = left_out_scores(x, later)
    weight = np.where(later, 0.5 / later.sum(), 0.5 / (~later).sum()) * len(x)
    for i in range(len(x)):
        kept = np.arange(len(x)) != i
        model = Ridge(alpha=PENALTY * len(x) / 10)
        model.fit(x[kept], np.where(later, 1.0, -1.0)[kept], weight[kept])
        assert found[i] == pytest.approx(model.predict(x[[i]])[0], abs=1e-6)


def test_auc_is_the_usual_one() -> None:
    """Equal to scikit-learn's and to Mann and Whitney's U, ties included."""
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 6, 40).astype(float)
    later = rng.random(40) < 0.4
    u = stats.mannwhitneyu(scores[later], scores[~later]).statistic
    assert auc(scores, later) == pytest.approx(roc_auc_score(later, scores))
    assert auc(scores, later) == pytest.approx(u / (later.sum() * (~later).sum()))


def test_energy_distance_is_scipys_in_one_dimension() -> None:
    """The square of scipy's, up to the scale that is taken out first."""
    x, later, _rng = _bags(3, 25, 1.0, n_rows=1)
    ours = energy_distance(x, later)
    scaled = (x / x.std()).ravel()
    assert ours == pytest.approx(
        stats.energy_distance(scaled[later], scaled[~later]) ** 2
    )


def test_nothing_changed_lies_inside_the_band() -> None:
    """Of 40 pairs of the same kind at most 6 leave the 95 % band."""
    outside = 0
    for seed in range(40):
        found = recognise(*_bags(seed, 15, 0.0))
        outside += not found.null_low <= found.auc <= found.null_high
    assert outside <= 6


def test_a_real_difference_leaves_the_band() -> None:
    """A shift of 1.5 spreads in 3 of 12 rows is recognised in 9 of 10 pairs."""
    found = [recognise(*_bags(seed, 20, 1.5)) for seed in range(10)]
    assert sum(f.auc > f.null_high for f in found) >= 9
    assert all(f.low <= f.auc <= f.high for f in found)


def test_drift_multiple_is_about_one_where_nothing_changed() -> None:
    """The median of 15 nulls is near 1; a real shift gives more than its band."""
    usual = [drift_multiple(*_bags(seed, 20, 0.0))[0] for seed in range(15)]
    assert np.median(usual) == pytest.approx(1.0, abs=0.15)
    value, _low, high = drift_multiple(*_bags(1, 20, 1.5))
    assert value > high
