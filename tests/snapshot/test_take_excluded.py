"""What is not the speaker's own words is left out of the measuring, and counted."""

from dataclasses import replace

from persona_vault.model import Role
from persona_vault.snapshot.take import measure_messages
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
