"""What is not the speaker's own words is left out of the measuring, and counted."""

from dataclasses import replace

from persona_vault.model import Role
from persona_vault.snapshot.take import measure_messages, measured_blocks
from tests.talk import PERSONA, stored

LINES = [
    (Role.PERSONA, "Welcome, traveller, to the inn."),
    (Role.USER, "Good evening."),
    (Role.PERSONA, "Good evening to you too."),
    (Role.USER, "Look what my aunt wrote."),
    (Role.USER, "Dearest, the roses are out."),
]


def test_card_words_and_forwarded_words_are_left_out() -> None:
    """A greeting is the card's, forwarded words are somebody else's, on both sides."""
    messages = stored(LINES)
    messages[0] = replace(messages[0], flags=("greeting",))
    messages[4] = replace(messages[4], kind="forwarded")

    found = measure_messages(messages, PERSONA)

    assert found.excluded == {"forwarded": 1, "greeting": 1}
    assert (found.n_messages, found.n_user_messages) == (1, 2)


def test_what_is_left_out_still_was_said() -> None:
    """Two replies round a picture or a lost text of the user's are no burst.

    The second answers no words that are there; a hidden answer was never said.
    """
    lines = [
        (Role.USER, "Good evening."),
        (Role.PERSONA, "Good evening to you."),
        (Role.USER, ""),
        (Role.PERSONA, "What a fine picture."),
        (Role.PERSONA, "May I keep it?"),
    ]
    lost = stored(lines)
    (block,) = measured_blocks(lost, PERSONA)
    assert [t.n_burst for t in block.persona] == [1, 2, 2]
    assert [t.heard for t in block.persona] == ["Good evening.", "", ""]
    assert [t.first_of_burst for t in block.persona] == [True, True, False]

    hidden = [*lost[:2], replace(lost[2], text="Look!", shown=False), *lost[3:]]
    (block,) = measured_blocks(hidden, PERSONA)
    assert [t.n_burst for t in block.persona] == [3, 3, 3]


def test_a_reply_edited_by_hand_parts_what_the_user_said() -> None:
    """The words before it were answered; the next reply answers those after it."""
    messages = stored(
        [
            (Role.USER, "Where is the boat?"),
            (Role.PERSONA, "By the quay, as you told me."),
            (Role.USER, "And the oars?"),
            (Role.PERSONA, "Under the bench."),
        ]
    )
    messages[1] = replace(messages[1], flags=("edited",))
    (block,) = measured_blocks(messages, PERSONA)
    assert [t.n_burst for t in block.user] == [1, 1]
    assert [t.heard for t in block.persona] == ["And the oars?"]
