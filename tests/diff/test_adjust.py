"""The adjustment for the user's side, on invented talks whose truth is known.

In these talks people either chat or ask for something; the companion answers requests
at length and in lists, and may take up the user's exclamation marks.
"""

import random
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from persona_vault.diff import diff_snapshots
from persona_vault.diff.adjust import AdjustedRow, Adjustment
from persona_vault.dimensions.registry import dimensions
from persona_vault.findings import RowVerdict
from persona_vault.model import Role
from persona_vault.snapshot import RowSpec
from persona_vault.snapshot.covariates import USER_ROWS
from persona_vault.snapshot.take import measure_messages
from persona_vault.wording import row_sentence, your_side_notes
from tests.talk import PERSONA, START, WORDS, stored

ROWS = tuple(d for d in dimensions() if d.name in {*USER_ROWS, "lists"})
ASKS = (
    "Can you explain how {} and {} work together?",
    "Give me a list of ideas about {} and {}, please.",
    "What is the difference between {} and {}?",
)
LATER = START + timedelta(days=200)
NOT_NAMED = {
    RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    RowVerdict.CANNOT_SEPARATE,
    RowVerdict.CANNOT_TELL,
    RowVerdict.STEADY,
    RowVerdict.NOT_ENOUGH_DATA,
}


def side(
    seed,
    *,
    later=False,
    asks=0.3,
    user_marks=0.3,
    marks=0.4,
    mirrored=0.0,
    shorter=1.0,
    user_emoji=0.0,
    user_lower=False,
    n_blocks=24,
):
    """The snapshot of one period.

    Args:
        seed: Of the talk.
        later: Whether it is the later period.
        asks: Share of the user's messages that ask for something.
        user_marks: Share of the user's messages that end in "!".
        marks: Share of replies that do, whatever the user does.
        mirrored: How much that share rises when the user's message did.
        shorter: Factor on the length of replies.
        user_emoji: Share of the user's messages with an emoji.
        user_lower: Whether the user writes in small letters throughout.
        n_blocks: Talks.
    """
    rng = random.Random(f"{seed} {later}")
    messages = []
    for block in range(n_blocks):
        mood = rng.gauss(0, 0.15)
        lines = []
        for _ in range(8):
            ask = rng.random() < asks
            said = rng.choice(ASKS).format(*rng.sample(WORDS, 2)) if ask else chat(rng)
            loud = rng.random() < user_marks
            said = f"{said.rstrip('.')}!" if loud and not ask else said
            said += " 🙂" if rng.random() < user_emoji else ""
            lines.append((Role.USER, said.lower() if user_lower else said))
            n_words = (45 if ask else 14) * shorter * rng.lognormvariate(mood, 0.3)
            text = words(rng, max(2, round(n_words)))
            share = marks + mirrored * (loud and not ask) + mood / 3
            text += "!" if rng.random() < share else "."
            if ask and rng.random() < 0.7:
                text += "\n- one thing\n- another thing"
            lines.append((Role.PERSONA, text))
        number = block + 1 + 500 * later
        messages += stored(
            lines,
            conversation=number,
            start=(LATER if later else START) + timedelta(days=block),
            first_id=1_000 * number,
        )
    return measure_messages(messages, PERSONA, dimensions=ROWS)


def chat(rng):
    """Something said without asking."""
    return words(rng, rng.randint(4, 14)) + "."


def words(rng, n):
    """So many words."""
    return " ".join(rng.choice(WORDS) for _ in range(n)).capitalize()


def verdicts(before, after):
    """Row -> (verdict, direction)."""
    found = diff_snapshots(before, after)
    return {c.dimension: (c.verdict, c.direction) for c in found.changes}


def named(rows, name):
    """The direction in which a row is called changed, "" where it is not."""
    verdict, direction = rows[name]
    changed = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
    return direction if verdict in changed else ""


SEEDS = range(4)


def test_more_requests_alone_are_not_laid_on_the_companion():
    """An 80/20 mix turned round: longer replies and lists go with what was asked."""
    for seed in SEEDS:
        rows = verdicts(side(seed, asks=0.2), side(seed, later=True, asks=0.8))

        assert named(rows, "message_length") == ""
        assert named(rows, "lists") == ""


def test_topic_and_update_together_leave_the_update_named():
    """Twice as many requests, and the companion loses its marks: no slope eats that."""
    found = [
        verdicts(
            side(seed, asks=0.3, marks=0.7),
            side(seed, later=True, asks=0.6, marks=0.1),
        )
        for seed in SEEDS
    ]

    assert [named(rows, "exclamation_rate") for rows in found] == ["down"] * len(found)


def test_a_change_that_the_topics_hide_is_never_named_with_the_wrong_sign():
    """Far more requests, replies a third shorter: raw says up, the truth is down."""
    for seed in SEEDS:
        rows = verdicts(
            side(seed, asks=0.2), side(seed, later=True, asks=0.9, shorter=0.65)
        )

        assert named(rows, "message_length") in ("", "down")


def test_new_behaviour_of_the_user_that_is_mirrored_is_not_the_companions():
    """The user takes to exclamation marks and the companion follows, as it did."""
    found = [
        verdicts(
            side(seed, user_marks=0.2, marks=0.1, mirrored=0.7, asks=0.1),
            side(seed, later=True, user_marks=0.9, marks=0.1, mirrored=0.7, asks=0.1),
        )
        for seed in SEEDS
    ]

    assert [named(rows, "exclamation_rate") for rows in found] == [""] * len(found)
    assert any(
        rows["exclamation_rate"][0] is RowVerdict.EXPLAINED_BY_YOUR_SIDE
        for rows in found
    )


def test_a_user_who_edits_their_words_moves_no_row_of_the_companion():
    """Small letters throughout after the date, and not one reply differs in kind."""
    for seed in SEEDS:
        rows = verdicts(side(seed), side(seed, later=True, user_lower=True))

        assert {v for v, _ in rows.values()} <= NOT_NAMED


def test_an_update_is_named_although_the_user_edits_their_words():
    """The same with marks lost and replies a third shorter: both are named."""
    for seed in SEEDS:
        rows = verdicts(
            side(seed, marks=0.7),
            side(seed, later=True, marks=0.1, shorter=0.6, user_lower=True),
        )

        assert named(rows, "exclamation_rate") == "down"
        assert named(rows, "message_length") == "down"


def test_a_whole_swap_is_not_laid_on_the_companion():
    """Only chat before, only requests after: nothing can tell whose lists they are."""
    for seed in SEEDS:
        found = diff_snapshots(side(seed, asks=0.0), side(seed, later=True, asks=1.0))

        rows = {c.dimension: c.verdict for c in found.changes}
        assert rows["lists"] is RowVerdict.CANNOT_SEPARATE
        assert rows["message_length"] is RowVerdict.CANNOT_SEPARATE
        assert any("next to nothing in common" in s for s in your_side_notes(found))


def test_where_every_talk_is_of_another_kind_nothing_is_separated():
    """A fifth of requests in each talk before, four fifths after: no talk is alike."""
    found = diff_snapshots(
        side(0, asks=0.2, marks=0.7), side(0, later=True, asks=0.8, marks=0.1)
    )

    rows = {c.dimension: c.verdict for c in found.changes}
    assert rows["exclamation_rate"] is RowVerdict.CANNOT_SEPARATE
    assert any("next to nothing in common" in s for s in your_side_notes(found))


def test_where_the_user_did_not_move_the_raw_test_decides():
    """The same verdicts as without any adjustment."""
    for seed in SEEDS:
        before, after = side(seed, marks=0.7), side(seed, later=True, marks=0.2)
        found = diff_snapshots(before, after)
        bare = diff_snapshots(replace(before, covariates=None), after)

        if not found.method["adjusted_for_your_side"]["your_side_moved"]:
            assert [c.verdict for c in found.changes] == [
                c.verdict for c in bare.changes
            ]
        assert found.user_side_auc < 0.7


def test_swapping_the_periods_flips_what_is_left_and_keeps_every_verdict():
    """Warmer and colder are treated alike, adjusted or not."""
    before = side(1, asks=0.2, marks=0.7)
    after = side(1, later=True, asks=0.8, marks=0.1)
    there, back = diff_snapshots(before, after), diff_snapshots(after, before)

    mirrored = {c.dimension: c for c in back.changes}
    for change in there.changes:
        other = mirrored[change.dimension]
        assert other.verdict is change.verdict
        if change.adjusted and change.delta.kind == "difference":
            assert other.adjusted["delta"]["value"] == pytest.approx(
                -change.adjusted["delta"]["value"], abs=1e-6
            )


def test_a_repertoire_is_never_firm_where_the_users_side_moved():
    """It cannot be adjusted: a probable change, or not separable from its twin."""
    from persona_vault.diff.verdicts import _verdict_moved

    found = diff_snapshots(side(1, asks=0.2), side(1, later=True, asks=0.8))
    adjustment = Adjustment(
        rows={},
        moved=True,
        surely=True,
        auc=0.9,
        ways=(),
        lost=(),
        nothing_in_common=False,
    )
    row = replace(found.changes[0], q=0.0001, user_moved=False)

    def verdict(changed, known=adjustment):
        return _verdict_moved(None, changed, None, known)

    assert verdict(row) is RowVerdict.PROBABLY_CHANGED
    assert verdict(replace(row, user_moved=True)) is RowVerdict.CANNOT_SEPARATE
    apart = replace(adjustment, nothing_in_common=True)
    assert verdict(row, apart) is RowVerdict.CANNOT_SEPARATE


@pytest.mark.parametrize(
    ("raw", "left", "stands"),
    [
        (-0.12, -0.06, True),  # half is explained, and what is left is of size
        (-0.12, -0.04, False),  # most is explained, and what is left is small
        (-0.05, -0.045, True),  # small, but the user explains next to nothing of it
        (-0.05, -0.03, False),
    ],
)
def test_what_is_left_is_of_size_or_nearly_the_whole(raw, left, stands):
    """A small difference of which nothing is explained is not held back as unclear."""
    from persona_vault.diff.verdicts import _holds

    row = next(RowSpec.of(d) for d in dimensions() if d.name == "valence")
    test = SimpleNamespace(spec=row, gap=raw)
    found = AdjustedRow(
        gap=left,
        low=left - 0.01,
        high=left + 0.01,
        explained=raw - left,
        p=0.0001,
        agree=True,
        ways={},
    )

    assert _holds(test, found) is stands
    assert not _holds(test, replace(found, agree=False))
    assert not _holds(test, replace(found, twin_lost=True))


def test_what_is_left_and_what_is_explained_add_up():
    """Raw = left + explained, in points; for a factor in hundredths of `before`."""
    found = diff_snapshots(side(2, asks=0.2), side(2, later=True, asks=0.8))

    for change in found.changes:
        if change.adjusted is None:
            continue
        scale = 100 if change.delta.kind == "ratio" else 1
        left, explained = (
            change.adjusted["delta"]["value"],
            change.adjusted["explained"],
        )
        assert scale * (change.delta.value - left) == pytest.approx(explained, abs=1e-9)
        ways = found.method["adjusted_for_your_side"]["ways"]
        scores = {f"score of {way}" for way in ways}
        assert set(ways) <= set(change.adjusted["ways"]) <= {*ways, *scores}


def test_the_share_of_the_users_side_is_said_beside_the_difference():
    """A reader sees how much of a difference goes with their own messages."""
    found = diff_snapshots(side(2, asks=0.2), side(2, later=True, asks=0.8))
    length = next(c for c in found.changes if c.dimension == "message_length")

    assert "go with what moved on your side; what is left is" in row_sentence(length)


def test_what_varies_inside_neither_period_is_named_as_beyond_adjusting():
    """Never an emoji before, always one after: it cannot be told from the date."""
    found = diff_snapshots(side(3), side(3, later=True, user_emoji=1.0))

    assert found.method["adjusted_for_your_side"]["not_adjustable"] == ("emoji_rate",)
    assert any("nobody can allow for them" in said for said in your_side_notes(found))


def test_without_covariates_a_row_whose_twin_moved_cannot_be_separated():
    """A file of format 1 holds none: the cautious rule of before."""
    before, after = side(4, marks=0.8), side(4, later=True, marks=0.1, user_marks=0.95)
    found = diff_snapshots(replace(before, covariates=None), after)

    mark = next(c for c in found.changes if c.dimension == "exclamation_rate")
    assert mark.user_moved
    assert mark.verdict is RowVerdict.CANNOT_SEPARATE
    assert mark.adjusted is None
    assert any("could not be allowed for" in said for said in your_side_notes(found))


def test_common_ground_is_high_in_one_talk_and_low_between_two():
    """90 of 100 by construction; other words throughout are said to be so."""
    same = diff_snapshots(side(5), side(5, later=True))
    other = diff_snapshots(
        side(5, asks=0.0), measure_messages(foreign(), PERSONA, dimensions=ROWS)
    )

    assert min(same.common_ground.values()) > 0.7
    assert min(other.common_ground.values()) < 0.2
    assert any("other things throughout" in said for said in your_side_notes(other))


def foreign():
    """A talk of quite other words."""
    rng = random.Random(7)
    known = "server kernel compiler pointer thread socket packet router cache".split()
    messages = []
    for block in range(24):
        lines = []
        for _ in range(8):
            said = " ".join(rng.choice(known) for _ in range(8))
            lines += [(Role.USER, said), (Role.PERSONA, words(rng, 14) + ".")]
        messages += stored(
            lines,
            conversation=900 + block,
            start=LATER + timedelta(days=block),
            first_id=10**6 + 1_000 * block,
        )
    return messages
