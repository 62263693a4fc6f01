"""A small version of `scripts/calibrate.py`: false alarms and a planted change."""

import sys
from pathlib import Path

from scipy import stats

from persona_vault.demo import TalkShape
from persona_vault.diff import diff_snapshots
from persona_vault.findings import RowVerdict, Verdict
from persona_vault.wording import MIN_BLOCKS, MIN_MESSAGES

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import calibrate


def test_false_alarms_fit_five_percent_on_thirty_null_talks():
    """More hits than 1 in 1,000 samples of 5 % would bring is a failure."""
    shape = TalkShape(n_blocks_before=12, n_blocks_after=12, n_turns=6)

    hits = sum(calibrate.one_null(seed, shape)["changed"] for seed in range(30))

    assert hits <= stats.binom.ppf(0.999, 30, 0.05)


def test_testing_message_by_message_raises_far_more_alarms():
    """The reason for blocks: the same null talks fool a test that ignores them."""
    shape = TalkShape(n_blocks_before=12, n_blocks_after=12, n_turns=10)

    results = [calibrate.one_null(seed, shape) for seed in range(100, 120)]

    assert sum(r["message_bh"] for r in results) > sum(r["changed"] for r in results)


def test_the_planted_update_is_seen_and_no_sign_is_wrong():
    """Three talks with the demo's full update: changed, every row named rightly."""
    for seed in range(3):
        shape = TalkShape(n_blocks_before=20, n_blocks_after=20, strength=1.0)
        result = calibrate.one_power(seed, shape)

        assert result["changed"]
        assert result["n_wrong"] == 0
        assert result["n_named"] >= result["n_declared"] // 2


def test_too_few_talks_are_refused_every_time():
    """Three talks a side: nothing is said, however large the planted change."""
    for seed in range(3):
        shape = TalkShape(n_blocks_before=3, n_blocks_after=3, strength=1.0)
        found = diff_snapshots(*calibrate.two_snapshots(seed, shape))

        assert found.verdict is Verdict.NOT_ENOUGH_DATA
        assert {c.verdict for c in found.changes} == {RowVerdict.NOT_ENOUGH_DATA}


def test_the_minimum_that_sentences_name_is_the_one_that_is_used():
    """One number, said and applied."""
    from persona_vault.diff.rows import LEAST_BLOCKS, LEAST_OCCASIONS

    assert (MIN_BLOCKS, MIN_MESSAGES) == (LEAST_BLOCKS, LEAST_OCCASIONS)
