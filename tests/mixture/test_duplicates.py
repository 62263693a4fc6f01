"""Replies that come back: what counts as the same; the shortcut misses nothing."""

import random
from itertools import pairwise

from persona_vault.mixture.duplicates import canned, kinds_of
from persona_vault.mixture.replies import Reply
from persona_vault.turns import Turn
from tests.talk import WORDS


def reply(text, talk=0):
    """A reply with nothing but its words."""
    turn = Turn(
        message_id=1,
        text=text,
        heard="hello",
        n_burst=1,
        first_of_burst=True,
        last_of_burst=True,
        burst_words_text=text,
        block=str(talk),
        language="en",
    )
    return Reply(turn, "hello", talk, late=False, triggers=frozenset())


def kinds(*texts, names=("Sam", "Juniper")):
    """The number of each text."""
    return kinds_of([reply(t) for t in texts], names).tolist()


def test_case_white_space_marks_and_names_do_not_count():
    """The same words are the same reply, whoever is addressed."""
    found = kinds(
        "Let's talk about something else today, Sam.",
        "let’s  talk about\nsomething else today, Juniper!!",
        "*smiles* Let's talk about something else today, Sam",
        "The rain came over the green hills while we slept.",
    )
    assert found[0] == found[1] == found[2] != found[3]


def test_nearly_the_same_is_the_same():
    """One word in a dozen may differ; half of them may not."""
    base = "that is not something i can do but i am happy to chat about your day"
    other = base.replace("happy", "glad")
    far = "that is not something i know but tell me all about your long week then"

    found = kinds(base, other, far)
    assert found[0] == found[1] != found[2]


def test_short_replies_are_no_duplicates():
    """Good night is said every night."""
    assert kinds("Good night, Sam!", "Good night, Sam!") == [-1, -1]


def test_canned_means_three_talks():
    """Often in two talks is not canned; once in each of three is."""
    line = "I'd rather keep things friendly between the two of us."
    two = [reply(line, t) for t in (0, 0, 0, 1, 1)]
    three = [reply(line, t) for t in (0, 1, 2)]

    assert canned(kinds_of(two, ()), two) == frozenset()
    assert canned(kinds_of(three, ()), three) == {0}


def test_no_near_reply_is_missed_against_all_pairs():
    """300 replies, half of them with a word changed: as all pairs compared."""
    rng = random.Random(4)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(8, 30))) for _ in range(150)]
    for text in list(texts):
        said = text.split()
        said[rng.randrange(len(said))] = rng.choice(WORDS)
        texts.append(" ".join(said))

    leaders, expected = [], []
    for text in texts:
        said = text.split()
        pairs = set(pairwise(said))
        near = (
            first
            for first, other in leaders
            if 2 * len(pairs & other) >= 0.75 * (len(pairs) + len(other))
        )
        first = next(near, None)
        if first is None:
            first = len(expected)
            leaders.append((first, pairs))
        expected.append(first)
    found = kinds(*texts)
    place = {k: i for i, k in reversed(list(enumerate(found)))}

    assert [place[k] for k in found] == expected


def test_the_same_talk_gives_the_same_numbers():
    """No number hangs on the run of the program."""
    texts = [f"{w} the garden was quiet and small today" for w in WORDS]
    assert kinds(*texts) == kinds(*texts)


def test_nothing_at_all():
    """No replies, or short ones only."""
    assert kinds() == []
    assert kinds("ok") == [-1]
