"""The one number: printed with its band, and withheld where it would mislead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from persona_vault.diff import compare, diff_snapshots
from persona_vault.diff.changes import _units
from persona_vault.diff.continuity import _bags, _style_rows, continuity, withheld
from persona_vault.model import Role
from persona_vault.snapshot.take import measure_messages
from persona_vault.wording import continuity_sentence
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


# Words of the user of every kind that some row asks about, and a short one.
SAID = (
    "no",
    "i feel so sad and alone tonight",
    "i think you are wrong about the trains",
    "bye for now, i have to go",
    "my sister asked me out for dinner",
    "can you write me a story about the garden and a small bird on the wall?",
)


def _user_edited(messages, words):
    """The same talk with other words of the user; the replies are untouched."""
    return [
        replace(m, text=words(i, m.text)) if m.role is Role.USER else m
        for i, m in enumerate(messages)
    ]


@pytest.fixture(scope="module")
def same():
    """Two periods of one kind."""
    return _pair()


@pytest.mark.parametrize("n_talks", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("size", [1, 25, 30, 1000])
def test_every_talk_is_in_one_bag(n_talks, size) -> None:
    """Whatever the sizes, no talk is lost and none counts twice."""
    told = measure_messages(talk(1, n_blocks=n_talks, n_turns=10), PERSONA)
    for cut in (_bags(told, size), _units(told, range(n_talks))):
        assert [i for part in cut for i in part] == list(range(n_talks))


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
    assert continuity(before, after, None, seed=0, nothing_in_common=True) == (
        None,
        None,
    )


def test_why_it_is_withheld_is_said(same) -> None:
    """A reason for each, none where the number stands; files know the subjects too."""
    before, after = same
    assert withheld(*same, None) is None
    assert withheld(*_pair(n_blocks=6), None) == "few_talks"
    foreign = replace(
        after, blocks=tuple(replace(b, language="de") for b in after.blocks)
    )
    assert withheld(before, foreign, None) == "language"
    apart = {"after_in_before": 0.1, "before_in_after": 0.8}
    assert withheld(before, after, apart) == "other_subjects"
    assert withheld(before, after, None, nothing_in_common=True) == "other_subjects"
    said = continuity_sentence(None, "other_subjects")
    assert said.startswith("Continuity of wording is not given: you talked about other")


def test_two_files_withhold_it_where_nothing_is_in_common(same, monkeypatch) -> None:
    """Without vectors the adjustment says so, and the reason stands in the method."""
    before, after = (replace(s, heard=None) for s in same)
    assert diff_snapshots(before, after).continuity is not None
    adjust = compare.adjust_rows

    def apart(*args, **more):
        return replace(adjust(*args, **more), nothing_in_common=True)

    monkeypatch.setattr(compare, "adjust_rows", apart)
    found = diff_snapshots(before, after)
    assert found.common_ground is None
    assert found.continuity is None
    assert found.drift_multiple is None
    assert found.method["continuity_withheld"] == "other_subjects"


def test_the_same_seed_gives_the_same_number(same) -> None:
    """Shuffles hang on the seed alone."""
    assert continuity(*same, None, seed=3) == continuity(*same, None, seed=3)


def test_edits_of_the_users_words_alone_leave_the_number_alone() -> None:
    """The user's messages of one side cut to three words: not one digit moves."""
    told = talk(2, n_blocks=40, n_turns=10, first_conversation=500)
    cut = _user_edited(told, lambda _, text: " ".join(text.split()[:3]))
    before = measure_messages(talk(1, n_blocks=40, n_turns=10), PERSONA)
    whole, edited = (
        continuity(before, measure_messages(m, PERSONA), None, seed=0)
        for m in (told, cut)
    )
    assert whole[0] is not None
    assert whole[0]["value"] > 50
    assert edited == whole


def test_no_row_it_uses_needs_the_words_a_reply_answers() -> None:
    """Every such row of the catalogue is found here, whoever adds one."""
    told = talk(3, n_blocks=12, n_turns=12)
    edited = _user_edited(told, lambda i, _: SAID[i // 2 % len(SAID)])
    one, other = (measure_messages(m, PERSONA) for m in (told, edited))
    rows = [s.rows["persona"] for s in (one, other)]
    moved = {
        name for name in rows[0] if (rows[0][name].table != rows[1][name].table).any()
    }
    assert {"length_ratio", "coordination", "validation", "pushback"} <= moved
    assert not moved & {*_style_rows(one, other)}
