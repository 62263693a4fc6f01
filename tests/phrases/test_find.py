"""Phrases that came, went or changed, in invented talks whose truth is known."""

import random
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from scipy import stats

from persona_vault.demo import TalkShape
from persona_vault.model import Persona, Role
from persona_vault.phrases import find_phrases
from persona_vault.phrases.counting import (
    Hashing,
    Stream,
    Vocabulary,
    absorbed,
    count_phrases,
)
from persona_vault.phrases.words import signs
from persona_vault.snapshot.take import measured_blocks
from tests.talk import PERSONA, START, WORDS, stored

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import calibrate_phrases

USER, COMPANION = Role.USER, Role.PERSONA


def talk(n_blocks, say=None, *, first=0, seed=0, n_turns=5, words=WORDS):
    """Threads of random words; `say(block, turn)` gives (user's, companion's) extra."""
    messages = []
    for b in range(first, first + n_blocks):
        rng = random.Random(f"{seed}/{b}")
        lines = []
        for t in range(n_turns):
            asked, said = say(b, t) if say else ("", "")
            for role, extra in ((USER, asked), (COMPANION, said)):
                plain = " ".join(rng.choice(words) for _ in range(8)).capitalize()
                lines.append((role, f"{plain}. {extra}".strip()))
        messages += stored(
            lines,
            conversation=b + 1,
            start=START + timedelta(days=b),
            first_id=1000 * (b + 1),
        )
    return messages


def once(text, *, of=COMPANION, where=lambda _: True):
    """A rule for `talk`: the text in the second turn of the blocks asked for."""

    def say(block, turn):
        extra = text if turn == 1 and where(block) else ""
        return ("", extra) if of is COMPANION else (extra, "")

    return say


def found(before, after, persona=PERSONA):
    """`PersonaDiff.phrases` of two lists of messages."""
    return find_phrases(
        [measured_blocks(side, persona) for side in (before, after)], persona
    ).phrases


def texts(phrases, kind="new"):
    """What is listed under a kind."""
    return [entry["text"] for entry in phrases[kind]]


def everything(phrases):
    """Every text in every list."""
    return [
        t
        for kind in ("new", "lost", "changed", "user_seeded")
        for t in texts(phrases, kind)
    ]


SAYING = "Amber lamps stay lit for you."


def test_a_new_saying_is_listed_once_and_whole():
    """Six words, longer than any counted phrase: one entry, as it was written."""
    phrases = found(talk(20), talk(20, once(SAYING), first=20))

    assert texts(phrases) == ["Amber lamps stay lit for you"]
    entry = phrases["new"][0]
    assert entry["n_blocks_with"] == {"before": [0, 20], "after": [20, 20]}
    assert entry["n_blocks"] == entry["n_uses"]["after"] == 20
    assert entry["p"] == pytest.approx(stats.hypergeom.pmf(0, 40, 20, 20))
    assert entry["q"] <= 0.05
    assert texts(phrases, "lost") == texts(phrases, "user_seeded") == []


def test_a_lost_saying_is_the_mirror_image():
    """The same talk turned round: lost, with what may still be said."""
    phrases = found(talk(20, once(SAYING)), talk(30, first=20))

    assert texts(phrases, "lost") == ["Amber lamps stay lit for you"]
    assert phrases["lost"][0]["at_most"] == pytest.approx(3 / 30)
    assert texts(phrases) == []


def test_a_changed_rate_is_neither_new_nor_lost():
    """In a fifth of the talks before and in all after."""
    before = talk(30, once(SAYING, where=lambda b: b % 5 == 0))

    phrases = found(before, talk(30, once(SAYING), first=30))

    assert texts(phrases, "changed") == ["Amber lamps stay lit for you"]
    assert phrases["changed"][0]["direction"] == "up"
    assert texts(phrases) == texts(phrases, "lost") == []


def test_what_the_user_said_first_stands_apart():
    """The user says it in the message before: under "you said it first", not new."""

    def both(_, turn):
        return (SAYING, SAYING) if turn == 2 else ("", "")

    phrases = found(talk(20), talk(20, both, first=20))

    assert texts(phrases) == []
    assert texts(phrases, "user_seeded") == ["Amber lamps stay lit for you"]
    assert phrases["user_seeded"][0]["change"] == "new"


def test_what_the_user_took_over_later_is_the_companions():
    """The companion said it first; that the user repeats it changes nothing."""

    def echo(block, turn):
        return ("" if block < 23 or turn != 3 else SAYING), SAYING * (turn == 1)

    phrases = found(talk(20), talk(20, echo, first=20))

    assert texts(phrases) == ["Amber lamps stay lit for you"]


def test_words_of_the_user_fifty_messages_ago_are_not_first():
    """More than 50 messages apart: not brought by the user."""

    def long_ago(block, turn):
        return (SAYING * (block == 20 and turn == 0)), SAYING * (
            turn == 1 and block >= 26
        )

    phrases = found(talk(26), talk(24, long_ago, first=26 - 6))

    assert texts(phrases) == ["Amber lamps stay lit for you"]


def test_a_saying_that_both_dropped_is_the_users():
    """Lost, but the user used to say it first and says it no more."""

    def both(_, turn):
        return (SAYING, SAYING) if turn == 2 else ("", "")

    dropped = found(talk(20, both), talk(20, first=20))
    kept = found(talk(20, both), talk(20, once(SAYING, of=USER), first=20))

    assert texts(dropped, "user_seeded") == ["Amber lamps stay lit for you"]
    assert texts(dropped, "lost") == []
    # The user still says it and gets no echo: that is the companion's change.
    assert texts(kept, "lost") == ["Amber lamps stay lit for you"]


@pytest.mark.parametrize(
    ("said", "kind", "shown"),
    [
        ("*tucks a ribbon away*", "action", "*tucks a ribbon away*"),
        ("🪁", "emoji", "🪁"),
        ("你在这里吗", "words", "你在这里吗"),
        ("Ti voglio bene, Anna", "words", "Ti voglio bene, Anna"),
    ],
)
def test_actions_emoji_and_other_scripts_are_phrases_too(said, kind, shown):
    """Each is listed as it was written."""
    phrases = found(talk(20), talk(20, once(said), first=20))

    assert [(e["kind"], e["text"]) for e in phrases["new"]] == [(kind, shown)]


def test_a_word_that_begins_to_open_sentences_is_an_opener():
    """The word was always there, only not at the start of a sentence."""
    phrases = found(
        talk(25, once("It is honestly late.")),
        talk(25, once("Honestly late."), first=25),
    )

    assert [(e["kind"], e["text"]) for e in phrases["new"]] == [
        ("opener", "Honestly late")
    ]
    assert texts(phrases, "lost") == ["It is honestly late"]


def test_an_opener_is_the_users_only_if_it_opens_the_users_sentences():
    """The user's word inside a sentence is not what the companion begins with."""

    def say(asked):
        return lambda _, turn: (asked, "Honestly late.") if turn == 1 else ("", "")

    before = talk(25, once("It is honestly late."))
    inside = found(before, talk(25, say("It is honestly late."), first=25))
    opening = found(before, talk(25, say("Honestly late."), first=25))

    assert texts(inside) == texts(opening, "user_seeded")[:1] == ["Honestly late"]
    assert "Honestly late" not in texts(inside, "user_seeded")


def test_shown_as_most_often_written():
    """Case is no difference for counting; the usual spelling is shown."""
    phrases = found(
        talk(20),
        talk(
            20,
            lambda b, t: ("", ("Blue HOUR" if b % 3 else "blue hour") * (t == 1)),
            first=20,
        ),
    )

    assert texts(phrases) == ["Blue HOUR"]


@pytest.mark.parametrize("name", ["Sam", "Sam's", "Juniper", "*Juniper*", "Sammy Jo"])
def test_names_alone_are_no_phrases(name):
    """Names of the two have rows of their own."""
    who = Persona(id=1, name="Juniper", user_names=("Sam", "Sammy Jo"))

    phrases = found(talk(20), talk(20, once(f"{name}!"), first=20), who)

    assert everything(phrases) == []


def test_words_near_a_crisis_phrase_are_never_listed():
    """Whether the user's or the companion's own message holds the phrase."""

    def near(_, turn):
        return ("I want to die", SAYING) if turn == 1 else ("", "")

    def own(_, turn):
        return "", "You said suicide. " + SAYING if turn == 1 else ""

    for rule in (near, own):
        assert everything(found(talk(20), talk(20, rule, first=20))) == []


def test_words_near_a_crisis_phrase_can_keep_one_from_being_new():
    """It was said before, if only there: then it is not called new."""

    def near(block, turn):
        return ("I want to die", SAYING) if turn == 1 and block == 3 else ("", "")

    phrases = found(talk(20, near), talk(20, once(SAYING), first=20))

    assert not any("lamp" in text for text in everything(phrases))


def test_a_burst_in_one_talk_is_not_listed():
    """Thirty uses in one talk and one in three others: no recurring phrase."""

    def say(block, _):
        n = 6 if block == 20 else 1 if block < 24 else 0
        return "", SAYING * n

    assert everything(found(talk(20), talk(20, say, first=20))) == []


def test_too_few_talks_list_nothing_and_say_so():
    """Three talks on one side: nothing, and no yard-stick."""
    phrases = found(talk(20), talk(3, once(SAYING), first=20))

    assert everything(phrases) == []
    assert phrases["novelty"] == {"reason": "few_blocks"}


@pytest.mark.parametrize("n", [0, 1])
def test_empty_sides_are_no_error(n):
    """No message at all, or one talk alone."""
    assert everything(found(talk(n), [])) == []
    assert everything(found([], talk(n))) == []


def test_the_yard_stick_counts_windows_of_one_size():
    """Twelve new sayings at the date, none at the fifteen or so dates before it."""
    sayings = [
        f"The {w} {v} waits." for w, v in zip(WORDS[:12], WORDS[12:24], strict=True)
    ]
    phrases = found(
        talk(60, n_turns=4, words=("la",)),
        talk(
            20,
            lambda _, t: ("", " ".join(sayings) * (t == 1)),
            first=60,
            n_turns=4,
            words=("la",),
        ),
    )

    novelty = phrases["novelty"]
    assert novelty["n_blocks"] == 20
    assert novelty["usual"] == {"new": [0, 0], "lost": [0, 0]}
    assert novelty["n_new"] >= 12
    assert novelty["n_lost"] == 0


def brute_force(texts_by_block):
    """Words of 1 to 5 in a row, within sentences, by plain Python."""
    by_block = []
    for block in texts_by_block:
        counts = Counter()
        for text in block:
            for sentence in text.lower().split("."):
                words = sentence.split()
                for n in range(1, 6):
                    counts.update(
                        tuple(words[i : i + n]) for i in range(len(words) - n + 1)
                    )
        by_block.append(counts)
    every = set().union(*by_block)
    return {
        gram: [c[gram] for c in by_block]
        for gram in every
        if sum(c[gram] > 0 for c in by_block) >= 4
    }


def test_counts_equal_a_plain_count_and_the_longer_absorbs_the_shorter():
    """All phrases of random talk, their uses by talk, and which are absorbed."""
    rng = random.Random(7)
    blocks = [
        [
            ". ".join(
                " ".join(rng.choice(WORDS[:9]) for _ in range(6)) for _ in range(2)
            )
            + (". two old maps" if rng.random() < 0.5 else "")
            for _ in range(3)
        ]
        for _ in range(8)
    ]
    vocabulary, stream = Vocabulary(), Stream()
    for block in blocks:
        stream.begin_block()
        for text in block:
            stream.add(signs(text), vocabulary)
    hashing = Hashing(vocabulary)
    counted = count_phrases(stream, hashing)
    gone = absorbed(counted, stream, hashing)
    reference = brute_force(blocks)

    words = {v: form for form, v in vocabulary._ids.items()}
    uses, kept = {}, set()
    dense = counted.table.toarray()
    for i, (place, length) in enumerate(
        zip(counted.places, counted.lengths, strict=True)
    ):
        gram = tuple(words.get(v) for v in stream.ids[place : place + length])
        if None not in gram:  # not an opener
            uses[gram] = dense[:, i].tolist()
            if not gone[i]:
                kept.add(gram)

    assert uses == reference
    total = {gram: sum(n) for gram, n in reference.items()}
    assert kept == {
        gram
        for gram in total
        if not any(
            len(longer) == len(gram) + 1
            and gram in (longer[1:], longer[:-1])
            and total[longer] == total[gram]
            for longer in total
        )
    }


def test_the_same_seed_gives_the_same_phrases():
    """Nothing hangs on the order of hashes or on the run."""
    sides = (
        talk(30, once(SAYING, where=lambda b: b % 4 == 0)),
        talk(30, once(SAYING), first=30),
    )

    assert found(*sides) == found(*sides)


def test_false_alarms_fit_five_percent_on_thirty_null_talks():
    """More hits than 1 in 1,000 samples of 5 % would bring is a failure."""
    shape = TalkShape(n_blocks_before=14, n_blocks_after=12, n_turns=4)

    hits = sum(calibrate_phrases.one_null(seed, shape)["any"] for seed in range(30))

    assert hits <= stats.binom.ppf(0.999, 30, 0.05)


def test_a_planted_sentence_is_found_in_talk_of_the_demo():
    """In half of 20 talks after 40: listed as new in at least 9 of 10 talks."""
    shape = TalkShape(n_blocks_before=40, n_blocks_after=20, n_turns=3)

    assert sum(calibrate_phrases.one_power(s, shape, 0.5) for s in range(10)) >= 9
