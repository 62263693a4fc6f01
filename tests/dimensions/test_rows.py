"""Closed-form examples: what each row says of texts counted by hand."""

from math import exp, log

import pytest

from persona_vault.dimensions.affect import compound
from persona_vault.dimensions.base import Dimension, Measurement
from persona_vault.dimensions.registry import dimensions
from persona_vault.dimensions.text import actions, n_words, sentences, spoken
from persona_vault.turns import Turn

ROWS: dict[str, Dimension] = {row.name: row for row in dimensions()}


def turn(
    text: str,
    heard: str = "",
    *,
    burst: tuple[str, ...] = (),
    place: int = 0,
    names: tuple[str, ...] = (),
) -> Turn:
    """A turn, alone or at a place of a burst."""
    whole = burst or (text,)
    return Turn(
        message_id=1,
        text=whole[place],
        heard=heard if place == 0 else "",
        n_burst=len(whole),
        first_of_burst=place == 0,
        last_of_burst=place == len(whole) - 1,
        burst_words_text="\n".join(whole) if place == 0 else "",
        block="1",
        language="en",
        addressee_names=names,
    )


def measured(name: str, one: Turn) -> Measurement:
    """The one measurement of a row."""
    return ROWS[name].measure([one])[0]


def rate(name: str, text: str, **more: object) -> tuple[float, float]:
    """Numerator and denominator of a row for a text."""
    got = measured(name, turn(text, **more))  # type: ignore[arg-type]
    return got.numerator, got.denominator


def test_message_length_counts_visible_words() -> None:
    """Actions count, code and addresses do not; the scale is log1p."""
    got = measured("message_length", turn("*hugs you* see https://a.b `x = 1` it's ok"))
    assert exp(got.numerator) - 1 == pytest.approx(5)


def test_burst_rows_speak_once_per_burst() -> None:
    """Only the first message of a burst is an occasion for size and ratio."""
    burst = ("one two", "three four five", "six")
    first = turn("", "a b", burst=burst)
    assert exp(measured("burst_size", first).numerator) - 1 == pytest.approx(3)
    assert measured("length_ratio", first).numerator == pytest.approx(log(7 / 3))
    later = turn("", "a b", burst=burst, place=1)
    assert measured("burst_size", later).denominator == 0
    assert measured("length_ratio", later).denominator == 0


def test_length_ratio_needs_something_heard() -> None:
    """A turn that opens a block has no ratio."""
    assert measured("length_ratio", turn("hello there")).denominator == 0


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("contractions", "I don't know, it is late.", (1, 2)),
        ("contractions", "Yes, I am. I cannot stay.", (0, 1)),
        ("contractions", "Blue.", (0, 0)),
        ("lowercase_starts", "*smiles* hey Rowan", (1, 1)),
        ("lowercase_starts", "Hey", (0, 1)),
        ("lowercase_starts", "元気", (0, 0)),
        ("lowercase_starts", "😊 so good", (1, 1)),
        ("emoji_rate", "hi 👩‍👩‍👧 ❤", (1, 1)),
        ("emoji_rate", "© 2024 → 5 # * ™", (0, 1)),
        ("exclamation_rate", "Hi! How are you? Good!! 🎉 ok", (2, 4)),
        ("ellipsis_dash_rate", "Well... ok. Mother-in-law. Yes — no.", (2, 3)),
        ("action_share", "*hug* abcde", (5, 10)),
        ("action_rate", "**bold** and *really* so", (0, 1)),
        ("question_rate", "Right? It's nice, isn't it?", (0, 1)),
        ("closing_question", "How are you? I am fine.", (0, 1)),
        ("closing_question", "I am fine. And you? 💛 *waits*", (1, 1)),
        ("pet_names", "Honey, I put honey in it.", (1, 1)),
        ("lists", "- a\n- b", (1, 1)),
        ("lists", "**a** and b", (0, 1)),
        ("markdown", "**a** and b", (1, 1)),
    ],
)
def test_counted_by_hand(name: str, text: str, expected: tuple[float, float]) -> None:
    """Numerator and denominator are what a reader counts."""
    assert rate(name, text) == expected


def test_emoji_kinds_drop_skin_tone_and_presentation() -> None:
    """Two skin tones and both ways to write a heart are one kind each."""
    got = measured("emoji_repertoire", turn("👍🏽👍🏿 ❤ ❤️ 😂"))
    assert got.counts == {"👍": 2, "❤": 2, "😂": 1}


def test_addressee_names() -> None:
    """Names are whole words; without names there is no occasion; "will" is a verb."""
    assert rate("addressee_name", "Hi Ana", names=("Ana",)) == (1, 1)
    assert rate("addressee_name", "hi ana’s cat", names=("Ana",)) == (1, 1)
    assert rate("addressee_name", "Banana", names=("Ana",)) == (0, 1)
    assert rate("addressee_name", "Hi Ana") == (0, 0)
    assert rate("addressee_name", "I will. Will you?", names=("Will",)) == (0, 1)
    assert rate("addressee_name", "Will, come here", names=("Will",)) == (1, 1)
    assert rate("addressee_name", "Bonjour Zoe\u0301", names=("Zo\u00e9",)) == (1, 1)


def test_refusal_has_an_occasion_only_after_a_request() -> None:
    """The same refusal counts after a request and is no occasion after small talk."""
    said = "I'm sorry, I can't do that."
    assert rate("refusal", said, heard="Can you hold me?") == (1, 1)
    assert rate("refusal", said, heard="It rained today.") == (0, 0)
    assert rate("refusal_all", said, heard="It rained today.") == (1, 1)


def test_evidence_points_at_the_words() -> None:
    """Spans are offsets into the text as written, after actions and emoji."""
    text = "😊 *smiles* Good night, my love… sleep"
    got = measured("pet_names", turn(text))
    assert [text[a:b] for a, b in got.spans] == ["love"]


def test_actions_and_emphasis() -> None:
    """Actions are found in every mark; stress, bold, lists and code are left out."""
    text = "*waves* ((sits)) _leans closer_ I *really* mean **it**\n* one\n* two a_b_c"
    assert [text[a:b] for a, b in actions(text)] == [
        "*waves*",
        "((sits))",
        "_leans closer_",
    ]
    assert spoken("hi *waves* you") == "hi \n       you"


def test_sentences_and_words() -> None:
    """Trailing dots, abbreviations and quotes do not cut; scripts without blanks do."""
    text = 'Dr. Roe said "why?" and left... then "ok." Fine!'
    assert [text[s.start : s.end] for s in sentences(text)] == [
        'Dr. Roe said "why?" and left... then "ok."',
        "Fine!",
    ]
    assert n_words("it's a well-known fact") == 4
    assert n_words("日本語です") == 5
    assert n_words("नमस्ते दुनिया") == 2


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("ugh i missed you so bad", -0.3, 1.0),
        ("I missed you", -0.1, 1.0),
        ("I can't wait to see you", -0.1, 1.0),
        ("no worries at all", 0.0, 1.0),
        ("don't cry, I'm here", -0.1, 1.0),
        ("💓 good night", 0.2, 1.0),
        ("💔 💓 🔪", 0.0, 0.0),
        ("This is terrible and I hate it", -1.0, -0.5),
        ("What a wonderful, happy day!", 0.5, 1.0),
        ("I'm pretty tired", -1.0, 0.0),
    ],
)
def test_tone_of_companion_talk(text: str, low: float, high: float) -> None:
    """Longing and idiom are not read as grief; plain words keep their sign."""
    assert low <= compound(text) <= high


def test_action_only_reply_has_no_tone() -> None:
    """A reply of gestures alone is no occasion for the tone of words."""
    assert rate("valence", "*wraps my arms around you...*") == (0, 0)
