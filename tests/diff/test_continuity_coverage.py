"""How often the null band of the one number holds two halves of one talk; slow."""

import sys

import numpy as np
import pytest
from scipy import stats

from persona_vault.diff.continuity import continuity
from tests.diff.drawn import ROWS, drawn

N_BLOCKS = 80
STYLE = [spec.name for spec in ROWS]


def halves(seed, *, likeness=0.0, mixed=False):
    """Two halves of a talk in which nothing happens.

    Args:
        seed: Of the talk.
        likeness: Autocorrelation of neighbouring talks, every row by itself.
        mixed: Whether the talks are dealt out at random, not cut in the middle.
    """
    rng = np.random.default_rng(seed)
    levels = {}
    for name in STYLE:
        mood = rng.normal(0, 0.3, N_BLOCKS)
        for i in range(1, N_BLOCKS):
            mood[i] = likeness * mood[i - 1] + np.sqrt(1 - likeness**2) * mood[i]
        levels[name] = 1 / (1 + np.exp(0.85 - mood))
    whole = drawn(levels, rng)
    order = rng.permutation(N_BLOCKS) if mixed else np.arange(N_BLOCKS)
    return whole.part(order[: N_BLOCKS // 2]), whole.part(order[N_BLOCKS // 2 :])


def coverage(n_runs, **how):
    """(Times the number lay in its band, runs)."""
    inside = 0
    for seed in range(n_runs):
        score, _ = continuity(*halves(seed, **how), None, seed=seed)
        # Clipped at 100, so that only its lower end can be missed.
        inside += score["null_low"] <= score["value"]
    return inside, n_runs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "how", "least"),
    [
        ("cut in the middle", {}, 0.95),
        ("dealt out at random", {"mixed": True}, 0.95),
        (
            "dealt out at random, neighbours alike",
            {"mixed": True, "likeness": 0.5},
            0.95,
        ),
    ],
)
def test_the_null_band_holds_split_halves(label, how, least, capsys):
    """At least 95 in 100 of them; runs short of it by more than chance fail."""
    inside, n = coverage(60, **how)
    low, high = stats.binomtest(inside, n).proportion_ci()
    with capsys.disabled():
        sys.stdout.write(f"{label}: {inside} of {n} inside ({low:.1%} to {high:.1%})\n")
    assert high >= least
