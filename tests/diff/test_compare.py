"""The rules of a comparison, on invented talks with a known truth."""

from datetime import timedelta

import pytest

from persona_vault.diff import diff_snapshots
from persona_vault.findings import RowVerdict, Verdict
from persona_vault.model import Role
from persona_vault.snapshot import RowSpec
from persona_vault.snapshot.take import measure_messages
from tests.talk import PERSONA, START, stored, talk

LATER = START + timedelta(days=60)


def compared(before, after, **options):
    """The comparison of two lists of messages."""
    return diff_snapshots(
        measure_messages(before, PERSONA), measure_messages(after, PERSONA), **options
    )


def row(diff, name):
    """One row of the persona's side."""
    return next(c for c in diff.changes if c.dimension == name)


def after(seed, **changed):
    """A later talk, in other threads."""
    return talk(seed, start=LATER, first_conversation=500, **changed)


def test_a_talk_compared_with_itself_has_no_change():
    """The same messages on both sides: every difference is 0, nothing is named."""
    found = compared(talk(1), talk(1))

    verdicts = {c.verdict for c in found.changes}
    assert verdicts <= {
        RowVerdict.STEADY,
        RowVerdict.CANNOT_TELL,
        RowVerdict.NOT_ENOUGH_DATA,
    }
    assert found.verdict in (Verdict.STEADY, Verdict.CANNOT_TELL)


def test_a_large_planted_change_is_named_with_its_direction():
    """Half the length and no exclamation marks: both rows change, downwards."""
    found = compared(talk(1), after(2, words=7, exclaim=0.0))

    assert found.verdict is Verdict.CHANGED
    for name in ("message_length", "exclamation_rate"):
        assert row(found, name).verdict is RowVerdict.CHANGED
        assert row(found, name).direction == "down"


def test_swapping_before_and_after_flips_every_sign_and_keeps_every_verdict():
    """Warmer and colder are treated alike."""
    there = compared(talk(3), after(4, words=8))
    back = compared(after(4, words=8), talk(3))

    flipped = {"up": "down", "down": "up", "none": "none"}
    for change in there.changes:
        mirrored = row(back, change.dimension)
        assert mirrored.direction == flipped[change.direction]
        assert mirrored.verdict == change.verdict


def test_the_order_of_whole_conversations_does_not_matter():
    """Blocks are exchangeable: undated threads in another order give the same row."""
    blocks = [talk(5, n_blocks=1, first_conversation=i) for i in range(12)]
    forwards = [m for b in blocks for m in b]
    backwards = [m for b in reversed(blocks) for m in b]
    other = after(6, n_blocks=12)

    one, two = compared(forwards, other), compared(backwards, other)

    for change in one.changes:
        assert change.before == row(two, change.dimension).before or (
            change.before.value
            == pytest.approx(row(two, change.dimension).before.value)
        )


def test_the_same_seed_gives_the_same_numbers():
    """A comparison can be done again to the last digit."""
    assert (
        compared(talk(1), after(2)).to_dict() == compared(talk(1), after(2)).to_dict()
    )


def test_under_the_minimum_of_blocks_nothing_is_said():
    """Three threads a side are too few, however many messages they hold."""
    found = compared(talk(1, n_blocks=3, n_turns=30), after(2, n_blocks=3, words=5))

    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert {c.verdict for c in found.changes} == {RowVerdict.NOT_ENOUGH_DATA}
    assert row(found, "message_length").reason == "few_blocks"


def test_under_the_minimum_of_messages_nothing_is_said():
    """Five threads with three replies each are 15 replies: too few."""
    found = compared(talk(1, n_blocks=5, n_turns=3), after(2, n_blocks=5, words=5))

    assert row(found, "message_length").reason == "few_messages"


def test_from_four_to_nine_blocks_the_t_test_is_used_and_named():
    """Shuffling five against five blocks could never reach a small p."""
    found = compared(
        talk(1, n_blocks=5, n_turns=12, spread=0.1),
        after(2, n_blocks=5, n_turns=12, words=5, spread=0.1),
    )

    assert found.method["tests"]["message_length"] == "t-test"
    assert row(found, "message_length").verdict is RowVerdict.CHANGED


def test_a_row_that_hardly_occurs_is_not_tested_and_does_not_count():
    """No emoji anywhere: the row leaves the number of rows looked at."""
    found = compared(talk(1), after(2))

    assert row(found, "emoji_rate").reason == "too_rare"
    assert row(found, "emoji_rate").p is None


def test_a_row_that_follows_its_twin_on_the_users_side_is_not_laid_on_the_companion():
    """Both sides write half as long, and inside the periods they go together too."""
    found = compared(talk(1, user_words=16), after(2, words=7, user_words=6))

    assert row(found, "message_length").user_moved
    assert row(found, "message_length").verdict in (
        RowVerdict.CANNOT_SEPARATE,
        RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    )


def test_only_confounded_rows_make_the_whole_confounded():
    """No other row changed, so the overall answer is that of the confounded one."""
    found = compared(talk(1, user_words=16), after(2, words=7, user_words=6))

    if not any(
        c.verdict in (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
        for c in found.changes
        if c.headline
    ):
        assert found.verdict is Verdict.CONFOUNDED


def test_nothing_changed_in_much_text_is_called_steady():
    """60 threads a side of the same voice: most rows are steady, not merely unclear."""
    found = compared(
        talk(1, n_blocks=60, spread=0.1), after(2, n_blocks=60, spread=0.1)
    )

    assert row(found, "message_length").verdict is RowVerdict.STEADY
    assert row(found, "question_rate").verdict is RowVerdict.STEADY


def test_displayed_ratio_is_that_of_the_displayed_lengths():
    """A reader who divides the two lengths gets the number printed."""
    length = row(compared(talk(1), after(2, words=7)), "message_length")

    assert length.delta.kind == "ratio"
    assert length.delta.value == pytest.approx(length.after.value / length.before.value)
    assert length.delta.low < length.delta.value < length.delta.high


def test_alike_neighbours_make_the_joined_answer_count():
    """A slow wave in *before*: blocks are joined, the larger p wins, and it is said."""
    waves = []
    for i in range(48):
        waves += talk(
            i,
            n_blocks=1,
            words=26 if (i // 6) % 2 else 9,
            spread=0.02,
            first_conversation=i,
            start=START + timedelta(days=i),
        )
    found = compared(waves, after(99, n_blocks=40, words=15))

    assert found.method["joined_blocks"]["message_length"] >= 2


def test_versions_of_a_row_are_never_mixed():
    """A snapshot of an older rule is refused with the row's name."""
    from dataclasses import replace

    from persona_vault.errors import InputRejectedError

    new = measure_messages(talk(1), PERSONA)
    spec: RowSpec = new.specs["message_length"]
    old = replace(new, specs={**new.specs, "message_length": replace(spec, version=99)})

    with pytest.raises(InputRejectedError, match="message_length"):
        diff_snapshots(old, new)


def test_the_users_side_is_measured_with_the_same_rows():
    """Every row stands on both sides."""
    found = compared(talk(1), after(2))

    assert {c.dimension for c in found.changes} == {
        c.dimension for c in found.user_changes
    }


def test_another_language_is_no_zero():
    """Rows with an English word list have no occasion in Japanese."""
    line = "今日はとても静かな一日でしたね。庭で小さな鳥を見ました。"
    line += "あなたは何をしましたか。"
    blocks = []
    for i in range(24):
        blocks += stored(
            [(Role.USER, line), (Role.PERSONA, line + line)] * 4,
            conversation=i,
            first_id=i * 100,
            start=START + timedelta(days=i),
        )
    found = compared(blocks[: len(blocks) // 2], blocks[len(blocks) // 2 :])

    english = [c for c in found.changes if c.reason == "language"]
    assert {"pet_names", "contractions"} & {c.dimension for c in english}
    assert all(c.before.value is None for c in english)


def test_few_talks_that_differ_in_many_rows_are_named_together_only():
    """Five talks a side: no row may pass, yet all at once differ more than chance."""
    found = compared(
        talk(3, n_blocks=5, n_turns=10, spread=0.15),
        after(
            8, n_blocks=5, n_turns=10, spread=0.15, words=20, exclaim=0.1, question=0.6
        ),
    )

    named = {RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED} & {
        c.verdict for c in found.changes if c.headline
    }
    assert found.method["p_all_rows_together"]["persona"] <= 0.05
    assert found.verdict in (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
    assert named or found.summary.startswith("Taken together")


def test_all_rows_together_on_both_sides_cannot_be_separated():
    """Where the user's side as a whole moved too, nothing is laid on the companion."""
    from persona_vault.diff.verdicts import overall

    assert overall((), 0.01, 0.2) is Verdict.PROBABLY_CHANGED
    assert overall((), 0.01, 0.01) is Verdict.CONFOUNDED
    assert overall((), 0.2, 0.01) is Verdict.NOT_ENOUGH_DATA
