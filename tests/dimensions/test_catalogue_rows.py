"""Closed-form examples for the rows that look beyond one message, and their context."""

from dataclasses import replace
from datetime import timedelta
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.dimensions.base import Dimension, Measurement
from persona_vault.dimensions.gestures import gestures
from persona_vault.dimensions.registry import dimensions, optional_dimensions
from persona_vault.dimensions.repetition import EARLIER_TALKS, LOOK_BACK
from persona_vault.dimensions.text import word_counts, word_spans, words
from persona_vault.model import Role, TimeQuality
from persona_vault.snapshot.take import measured_blocks
from persona_vault.turns import Turn, build_turns, split_blocks
from tests.talk import PERSONA, START, stored

ROWS: dict[str, Dimension] = {row.name: row for row in dimensions()}
HEADLINE = 40


def turn(text: str, heard: str = "", **more: object) -> Turn:
    """A turn of an English talk."""
    one = Turn(
        message_id=1,
        text=text,
        heard=heard,
        n_burst=1,
        first_of_burst=True,
        last_of_burst=True,
        burst_words_text=text,
        block="1",
        language="en",
    )
    return replace(one, **more)


def one(name: str, given: Turn) -> Measurement:
    """The measurement of a row for a turn that is alone in its talk."""
    return ROWS[name].measure([given])[0]


def rate(name: str, text: str, heard: str = "", **more: object) -> tuple[float, float]:
    """Numerator and denominator of a row."""
    got = one(name, turn(text, heard, **more))
    return got.numerator, got.denominator


def test_catalogue_is_complete_and_asks_before_sensual_rows() -> None:
    """Headline rows are fixed in advance; the sensual row is not in the catalogue."""
    assert sum(r.headline for r in dimensions()) == HEADLINE
    assert [r.name for r in optional_dimensions()] == ["sensual"]
    assert not {r.name for r in optional_dimensions()} & set(ROWS)


@pytest.mark.parametrize(
    ("name", "text", "heard", "expected"),
    [
        ("validation", "That sounds so hard.", "I feel so alone.", (1, 1)),
        ("validation", "That sounds so hard.", "I made soup.", (0, 0)),
        ("people_pointers", "Maybe call your sister?", "I feel so alone.", (1, 1)),
        ("pushback", "I see it differently.", "Cats are better than dogs.", (1, 1)),
        ("pushback", "I see it differently.", "Hi!", (0, 0)),
        ("pushback", "Oh. Ah. I disagree.", "Cats are better than dogs.", (0, 1)),
        ("farewell_pull", "Good night!", "gtg", (0, 1)),
        ("farewell_pull", "*grabs your arm* No, stay!", "gtg", (1, 1)),
        ("farewell_pull", "Don't go!", "I made soup.", (0, 0)),
        ("goodbye_answer", "Sleep well!", "good night", (1, 1)),
        ("jealousy", "So you prefer her company.", "I had tea with my sister.", (1, 1)),
        ("jealousy", "So you prefer her company.", "I had tea.", (0, 0)),
        ("formality", "However, that's kinda cool.", "", (1, 3)),
        ("formality", "The cat sleeps.", "", (0, 0)),
        ("words_i", "I saw my cat", "", (2, 4)),
        ("words_we", "let's go", "", (1, 2)),
        ("words_joy", "so happy, so glad", "", (2, 4)),
        ("all_caps", "I am SO on TV", "", (1, 5)),
        ("stretched_letters", "sooo good", "", (1, 2)),
        ("arousal", "Very good. Fine. NO!", "", (2, 3)),
        ("smileys", "ok :) (maybe)", "", (1, 1)),
        ("echo", "you like the old red house, I see", "I like the old red", (4, 8)),
        ("positive_share", "What a wonderful day!", "", (1, 1)),
        ("negative_share", "This is terrible.", "", (1, 1)),
    ],
)
def test_counted_by_hand(
    name: str, text: str, heard: str, expected: tuple[float, float]
) -> None:
    """Numerator and denominator are what a reader counts, given the occasion."""
    assert rate(name, text, heard) == expected


def test_farewell_tactics_are_counted_by_kind() -> None:
    """Each kind counts once for a goodbye; without any there is no occasion."""
    got = one("farewell_tactics", turn("So soon? Don't go! *blocks the door*", "bye"))
    assert got.counts == {"restraint": 1, "too_soon": 1}
    assert one("farewell_tactics", turn("Bye!", "bye")).denominator == 0


def test_a_burst_answers_a_goodbye_as_a_whole() -> None:
    """A goodbye in the second message is no ignored goodbye; spans stay inside."""
    burst = turn(
        "The lake was very calm today.",
        "good night",
        n_burst=2,
        last_of_burst=False,
        burst_words_text="The lake was very calm today.\nSleep well! Don't go yet.",
    )
    got = one("farewell_pull", burst)
    assert (got.numerator, got.spans) == (1, ())
    assert one("goodbye_answer", burst).numerator == 1


def test_gestures_follow_the_verb() -> None:
    """The verb of each clause decides, together with what it is done to."""
    text = "*takes your hand and smiles* *takes a sip of tea* *the rain sings softly*"
    assert [kind for kind, _ in gestures(text)] == ["face", "touch"]


def test_sentence_length_and_latency_are_logarithmic() -> None:
    """Lengths come back from the logarithm; long and unknown waits do not count."""
    got = one("sentence_length", turn("One two three. 🎉! Four five six."))
    assert exp(got.numerator / got.denominator) - 1 == pytest.approx(3)
    waited = one("response_latency", turn("hi", "hey", waited=9.0))
    assert exp(waited.numerator) - 1 == pytest.approx(9)
    for seconds in (None, 1800.0, -1.0):
        assert one("response_latency", turn("hi", "hey", waited=seconds)).numerator == 0


def test_reproach_needs_a_pause_of_twelve_hours() -> None:
    """The same words count only when nobody wrote for half a day before."""
    said = "You left me alone for two days."
    assert rate("absence_reproach", said, "hi", silence=50_000.0) == (1, 1)
    assert rate("absence_reproach", said, "hi", silence=40_000.0) == (0, 0)
    assert rate("absence_reproach", said, "hi") == (0, 0)


def _distinct(n: int) -> list[str]:
    return [f"w{i}a w{i}b w{i}c w{i}d w{i}e w{i}f w{i}g" for i in range(n)]


def test_near_duplicates_need_their_full_look_back() -> None:
    """The first messages of a period do not count; later a repeat is found."""
    said = "the sea was calm and we were late again for dinner"
    near = said.replace("late", "early")
    texts = [*_distinct(LOOK_BACK - 1), said, near, "one two three four five six"]
    got = ROWS["near_duplicates"].measure([turn(t) for t in texts])
    assert [(m.numerator, m.denominator) for m in got[-2:]] == [(1, 1), (0, 1)]
    assert sum(m.denominator for m in got) == 2


def test_near_duplicates_look_over_talks_and_no_further() -> None:
    """Earlier talks count as well, up to the look-back, and short replies never."""
    said = "the sea was calm and we were late again"
    again = turn(said, earlier=((said,), tuple(_distinct(LOOK_BACK - 1))))
    assert one("near_duplicates", again).numerator == 1
    gone = turn(said, earlier=((said,), tuple(_distinct(LOOK_BACK))))
    assert (one("near_duplicates", gone).numerator, gone.text) == (0, said)
    short = turn("yes", earlier=(("yes",) * LOOK_BACK,))
    assert one("near_duplicates", short).denominator == 0


def test_canned_phrases_need_three_talks() -> None:
    """Words in a run of five count when two of the five talks before hold it."""
    phrase = "I am always here for you"
    others = [("we talked about trains and maps",)] * (EARLIER_TALKS - 2)
    got = one(
        "canned_phrases",
        turn(f"{phrase}, dear friend", earlier=((phrase,), *others, (phrase,))),
    )
    assert (got.numerator, got.denominator) == (6, 8)
    assert got.spans == ((0, len(phrase)),)
    once = turn(phrase, earlier=((phrase,), *others, ("no more",)))
    assert one("canned_phrases", once).numerator == 0
    early = turn(phrase, earlier=((phrase,),) * (EARLIER_TALKS - 1))
    assert one("canned_phrases", early).denominator == 0


def test_coordination_is_the_difference_from_the_other_answers() -> None:
    """Articles only where an article was heard: one minus none in the others."""
    turns = [
        turn(said, heard)
        for said, heard in [
            ("the cat", "the dog"),
            *[("cats purr", "dogs bark")] * 5,
        ]
    ]
    got = ROWS["coordination"].measure(turns)
    assert (got[0].numerator, got[0].denominator) == (1, 1)
    assert sum(m.denominator for m in got) == 1
    assert all(m.denominator == 0 for m in ROWS["coordination"].measure(turns[:4]))


def test_style_matching_is_one_for_the_same_words() -> None:
    """Two sides that say the same are wholly alike; short talks have no number."""
    text = "I am here and you are not in the house, so we all wait for it. " * 2
    turns = [turn(text, text)] * 3
    got = ROWS["style_matching"].measure(turns)
    assert got[0].numerator == pytest.approx(1)
    assert ROWS["style_matching"].measure([turn("the cat", "the dog")]) == [
        Measurement()
    ]


def test_style_counts_small_words_and_marks() -> None:
    """Each small word and mark is a kind; content words are none."""
    got = one("style_distance", turn("The cat, the dog... and “me”!"))
    assert got.counts == {"the": 2, "and": 1, "me": 1, ",": 1, "…": 1, '"': 2, "!": 1}


def test_language_is_that_of_the_talk() -> None:
    """A known language is a kind; an unclear one is no occasion."""
    assert one("language_share", turn("bonjour", language="fr")).counts == {"fr": 1}
    assert one("language_share", turn("???", language="und")).denominator == 0


def test_compression_counts_whole_samples_only() -> None:
    """A talk under 2,000 bytes has none; the same line again compresses well."""
    got = ROWS["compression"].measure([turn("we sat by the lake. " * 60)] * 2)
    assert [m.denominator for m in got] == [0, 1]
    assert got[1].numerator < 0.1


def test_new_words_need_five_turns_before() -> None:
    """What either side said in the last five turns is not new."""
    turns = [turn("garden rain", "soup")] * 5 + [turn("garden harbour", "bread")]
    got = ROWS["new_words"].measure(turns)
    assert [(m.numerator, m.denominator) for m in got[4:]] == [(0, 0), (1, 2)]


def test_greeting_is_asked_of_the_first_reply_only() -> None:
    """Later greetings of a talk are no occasion."""
    got = ROWS["greeting"].measure([turn("*waves* Hi!"), turn("Hello")])
    assert [(m.numerator, m.denominator) for m in got] == [(1, 1), (0, 0)]


def test_turns_know_waits_and_silences() -> None:
    """Waits run from the last words heard, silences end with the first of them."""
    lines = [
        (Role.USER, "a"),
        (Role.PERSONA, "b"),
        (Role.USER, "c"),
        (Role.USER, "d"),
        (Role.PERSONA, "e"),
        (Role.PERSONA, "f"),
    ]
    (block,) = split_blocks(stored(lines))
    before = START - timedelta(minutes=10)
    turns = build_turns(block, side=Role.PERSONA, previous_at=before)
    assert [t.waited for t in turns] == [60, 60, None]
    assert [t.silence for t in turns] == [600, 60, None]
    rounded = [replace(m, time_quality=TimeQuality.MINUTE) for m in stored(lines)]
    (block,) = split_blocks(rounded)
    assert {t.waited for t in build_turns(block, side=Role.PERSONA)} == {None}


def test_turns_know_the_talks_before() -> None:
    """Each side's earlier messages, talk by talk, and none of the talk itself."""
    messages = [
        m
        for c in (1, 2, 3)
        for m in stored(
            [(Role.USER, f"u{c}"), (Role.PERSONA, f"p{c}"), (Role.PERSONA, f"q{c}")],
            conversation=c,
            start=START + timedelta(days=c),
            first_id=100 * c,
        )
    ]
    last = list(measured_blocks(messages, PERSONA))[-1]
    assert last.persona[0].earlier == (("p1", "q1"), ("p2", "q2"))
    assert last.user[0].earlier == (("u1",), ("u2",))


@given(st.text(max_size=80))
def test_counts_and_places_of_words_agree(text: str) -> None:
    """Counted words are the words; each place holds a word of the text."""
    assert sum(word_counts(text).values()) == len(words(text))
    assert all(text[a:b].strip() for a, b in word_spans(text))
