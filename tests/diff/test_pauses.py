"""The user's pauses between talks: told where they moved, silent where they did not."""

from datetime import timedelta

import pytest

from persona_vault.diff.pauses import pauses
from persona_vault.dimensions.registry import dimensions
from persona_vault.model import Role
from persona_vault.snapshot.take import measure_messages
from persona_vault.wording.notes import pauses_sentence, something_else
from persona_vault.wording.numbers import span_words
from tests.reports.example import row
from tests.talk import PERSONA, START, stored

ROWS = [d for d in dimensions() if d.name == "exclamation_rate"]


def snapshot(days):
    """Talks whose beginnings lie so many days apart."""
    at, messages = START, []
    for number, gap in enumerate(days, start=1):
        at += timedelta(days=gap)
        lines = [(Role.USER, "Hello."), (Role.PERSONA, "Hello to you.")]
        messages += stored(lines, conversation=number, start=at, first_id=10 * number)
    return measure_messages(messages, PERSONA, dimensions=ROWS)


@pytest.mark.parametrize(
    ("first", "second", "direction"),
    [(2, 4, "longer"), (4, 2, "shorter"), (2, 2, "none"), (2, 2.2, "none")],
)
def test_pauses_that_move_are_told_either_way(first, second, direction):
    """Twice as long and half as long are told, a tenth more is not worth a word."""
    found = pauses(snapshot([first] * 12), snapshot([second] * 12))
    assert found["direction"] == direction
    assert found["hours"]["before"] == pytest.approx(24 * first)
    said = pauses_sentence(found)
    assert bool(said) == (direction != "none")
    if said:
        assert f"pauses between talks were {direction}" in said
        assert f"about {first} days before and about {second} days after" in said


def test_breaks_of_a_few_hours_are_no_pauses():
    """Several talks a day leave too few pauses to speak of, and so does little text."""
    often = snapshot([0.25] * 40)
    assert pauses(often, snapshot([2] * 12)) is None
    assert pauses(snapshot([2] * 6), snapshot([4] * 12)) is None
    assert pauses_sentence(None) == ""


def test_a_row_of_words_after_pauses_carries_the_note():
    """Of reproaches it is said that the pauses moved too; of other rows it is not."""
    found = pauses(snapshot([2] * 12), snapshot([4] * 12))
    reproach = row("reproaches after a pause", dimension="absence_reproach")
    (note,) = something_else(reproach, None, found)
    assert "cannot be separated" in note
    assert something_else(row(), None, found) == []
    assert something_else(reproach, None, None) == []


@pytest.mark.parametrize(
    ("hours", "words"),
    [(14.2, "about 14 hours"), (52.8, "about 2.2 days"), (288.0, "about 12 days")],
)
def test_lengths_of_time_in_words(hours, words):
    """Hours under two days, then days."""
    assert span_words(hours) == words
