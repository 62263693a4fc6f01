"""The one number: printed with its band, and withheld where it would mislead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from persona_vault.diff.continuity import continuity
from persona_vault.snapshot.take import measure_messages
from tests.talk import PERSONA, START, talk


def _pair(n_blocks=40, **after):
    before = talk(1, n_blocks=n_blocks, n_turns=10)
    later = talk(
        2,
        n_blocks=n_blocks,
        n_turns=10,
        start=START + timedelta(days=100),
        first_conversation=500,
        **after,
    )
    return measure_messages(before, PERSONA), measure_messages(later, PERSONA)


@pytest.fixture(scope="module")
def same():
    """Two periods of one kind."""
    return _pair()


def test_the_same_voice_is_inside_its_band(same) -> None:
    """Nothing changed: the number lies where shuffled talks lie."""
    score, drift = continuity(*same, None, seed=0)
    assert score is not None
    assert score["null_low"] <= score["value"] <= 100
    assert score["low"] <= score["value"] <= score["high"]
    assert drift is not None
    assert 0 < drift["value"] < 2


def test_another_voice_is_below_its_band() -> None:
    """Short replies without questions: told apart nearly always."""
    score, drift = continuity(
        *_pair(words=5.0, question=0.0, exclaim=0.0), None, seed=0
    )
    assert score is not None
    assert score["value"] < score["null_low"]
    assert score["value"] < 30
    assert drift is not None
    assert drift["value"] > drift["null_high"]


def test_it_is_withheld_where_it_would_mislead(same) -> None:
    """Too few talks, another language, nothing in common: no number."""
    before, after = same
    assert continuity(*_pair(n_blocks=6), None, seed=0) == (None, None)
    foreign = replace(
        after, blocks=tuple(replace(b, language="de") for b in after.blocks)
    )
    assert continuity(before, foreign, None, seed=0) == (None, None)
    apart = {"after_in_before": 0.1, "before_in_after": 0.8}
    assert continuity(before, after, apart, seed=0) == (None, None)


def test_the_same_seed_gives_the_same_number(same) -> None:
    """Shuffles hang on the seed alone."""
    assert continuity(*same, None, seed=3) == continuity(*same, None, seed=3)
