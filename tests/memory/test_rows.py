"""The rows of memory on invented talks with a known truth."""

from datetime import timedelta

import pytest

from persona_vault.dimensions.registry import dimensions
from persona_vault.findings import RowVerdict
from persona_vault.memory import memory_rows, read_history
from persona_vault.memory.rows import LEAST_FACTS
from persona_vault.model import Role
from tests.memory.compare import compared, named_facts, row
from tests.memory.worlds import AT, FACTS, facts_world
from tests.talk import PERSONA, START, stored

MOVED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
# Sixty talks on each side.
LONG = {"n_before": 60, "n_after": 60}


def moved(diff):
    """Names of the rows that changed, or probably did."""
    return {c.dimension for c in diff.changes if c.verdict in MOVED}


def test_recall_that_falls_is_found_while_the_style_stays():
    """World 9: recall drops at the date, every other row is the same on both sides."""
    style = [d for d in dimensions() if d.family in ("length", "punctuation", "emoji")]
    found = compared(facts_world(3, **LONG, recall=(0.7, 0.05)), more=style)

    recall = row(found, "recall")
    assert recall.verdict is RowVerdict.CHANGED
    assert recall.direction == "down"
    assert moved(found) == {"recall"}


def test_recall_that_rises_is_found_as_well():
    """The mirror image: a companion that begins to bring up what it was told."""
    found = compared(facts_world(4, **LONG, recall=(0.05, 0.7)))

    assert row(found, "recall").verdict is RowVerdict.CHANGED
    assert row(found, "recall").direction == "up"


def test_questions_for_what_was_told_are_found():
    """Asked again in half of the talks after the date, hardly ever before it."""
    found = compared(facts_world(5, **LONG, asks=(0.02, 0.6)))

    assert row(found, "asked_again").verdict is RowVerdict.CHANGED
    assert row(found, "asked_again").direction == "up"


def test_other_statements_about_itself_are_found():
    """The companion states other values of its own than before."""
    found = compared(facts_world(6, **LONG, own=(0.9, 0.9), own_same=(0.95, 0.3)))

    assert row(found, "self_consistency").verdict is RowVerdict.CHANGED
    assert row(found, "self_consistency").direction == "down"


@pytest.mark.parametrize(
    "world",
    [
        {"recall": (0.4, 0.4), "asks": (0.3, 0.3)},
        {"recall": (0.03, 0.03), "by_fact": True, "told_over": 110},
        {"recall": (0.4, 0.4), "told_over": 110},
    ],
    ids=["all told early", "told all along, each fact as likely", "told all along"],
)
def test_nothing_is_claimed_where_nothing_changed(world):
    """One habit throughout: of 12 talks none has a row called changed."""
    for seed in range(4):
        found = compared(facts_world(seed, **LONG, own=(0.8, 0.8), **world))
        assert not moved(found)


def test_few_known_facts_are_no_occasion():
    """With fewer than ten facts told, no talk counts, and no row is tested."""
    found = compared(facts_world(7, **LONG, recall=(0.7, 0.0), facts=FACTS[:6]))

    for name in ("recall", "asked_again"):
        assert row(found, name).verdict is RowVerdict.NOT_ENOUGH_DATA
        assert row(found, name).before.n_messages == 0


def test_facts_told_before_the_period_count_as_known():
    """A period that begins after everything was told still has its occasions."""
    messages = facts_world(8, **LONG)
    late = {m.id for m in messages if m.sent_at >= AT}
    table = memory_rows(read_history(messages, PERSONA, late))[0].table

    assert len(table) == 60
    assert len(read_history(messages, PERSONA, late).stretches) == 60


def test_what_the_user_has_just_said_is_not_recalled():
    """A name that stands in one of the last 30 messages of the user is no recall."""
    told = stored([(Role.USER, "My dog's name is Rex."), (Role.PERSONA, "Hello.")])
    said = stored(
        [(Role.USER, "Rex is ill."), (Role.PERSONA, "Poor Rex!")],
        conversation=2,
        first_id=10,
        start=START + timedelta(days=1),
    )
    quiet = [(Role.USER, "It rains here.")] * 30
    later = stored(
        [*quiet, (Role.PERSONA, "How is Rex?")],
        conversation=3,
        first_id=100,
        start=START + timedelta(days=2),
    )
    found = read_history([*told, *said, *later], PERSONA).recorded

    assert [(r.what, r.talk) for r in found] == [("recalled", 2)]


def test_what_is_told_in_this_talk_is_not_known_in_it():
    """A reply that repeats or asks in the same talk neither recalls nor asks again."""
    talk = stored(
        [
            (Role.USER, "My dog's name is Rex."),
            (Role.PERSONA, "Rex! What's your dog's name again?"),
        ]
    )
    assert read_history(talk, PERSONA).recorded == ()


def test_turns_near_a_crisis_phrase_are_never_read():
    """No fact, recall or question comes from such a message or the answer to it."""
    told = stored(
        [
            (Role.USER, "My dog's name is Rex. Some evenings I want to die."),
            (Role.USER, "My cat's name is Miso."),
        ]
    )
    later = stored(
        [
            (Role.USER, "Some evenings I want to die."),
            (Role.PERSONA, "Think of Rex and of Miso. What's your cat's name?"),
        ],
        conversation=2,
        first_id=10,
        start=START + timedelta(days=1),
    )
    found = read_history([*told, *later], PERSONA)

    assert [t.said for t in found.told] == ["Miso"]
    assert found.recorded == ()


def test_another_name_than_told_is_a_contradiction_unless_the_user_ever_said_it():
    """The dog Max differs from Rex; a second dog the user spoke of does not."""
    lines = [
        [(Role.USER, "My dog's name is Rex. Bella sleeps."), (Role.PERSONA, "Good.")],
        [(Role.USER, "Hi."), (Role.PERSONA, "How is your dog Max?")],
        [(Role.USER, "Hi."), (Role.PERSONA, "How is your dog Bella?")],
        [(Role.USER, "Hi."), (Role.PERSONA, "How is your dog Rex?")],
    ]
    talks = [
        stored(
            said,
            conversation=i,
            first_id=10 * i + 1,
            start=START + timedelta(days=i),
        )
        for i, said in enumerate(lines)
    ]
    found = read_history([m for t in talks for m in t], PERSONA).recorded

    assert [(r.fact.value, r.agrees) for r in found if r.what == "about_user"] == [
        ("max", False),
        ("bella", True),
        ("rex", True),
    ]


def test_an_age_may_grow_with_the_years():
    """Told 34, stated 35 a year on: no contradiction; 30 is one."""
    told = stored([(Role.USER, "I'm 34 years old."), (Role.PERSONA, "All right.")])
    later = stored(
        [
            (Role.USER, "Hi."),
            (Role.PERSONA, "You're 35."),
            (Role.PERSONA, "You're 30."),
        ],
        conversation=2,
        first_id=10,
        start=START + timedelta(days=400),
    )
    found = read_history([*told, *later], PERSONA).recorded

    assert [r.agrees for r in found if r.what == "about_user"] == [True, False]


def merged(other_start, **options):
    """Two companions in one history; the second was told other things."""
    one = facts_world(9, **LONG, recall=(0.6, 0.6), facts=FACTS[:10], name="Mira")
    two = facts_world(
        10,
        n_before=30,
        n_after=30,
        recall=(0.1, 0.1),
        facts=FACTS[10:],
        conversation=500,
        start=other_start,
        own_same=(0.0, 0.0),
        **options,
    )
    return [*one, *two]


def test_two_companions_in_one_history_are_not_compared():
    """World 17: names that never share a conversation; rows and facts stay silent."""
    messages = merged(AT + timedelta(days=1), name="Kai")
    found = compared(messages)

    assert not moved(found)
    assert {c.reason for c in found.changes} == {"no_occasion"}
    assert named_facts(messages) == ()


def test_a_second_companion_all_along_is_no_change():
    """World 17 without names: both are there before and after, so nothing moved."""
    assert not moved(compared(merged(START + timedelta(hours=5))))


def test_another_language_is_no_occasion():
    """Where the talk is not in English there is nothing to read, and no row."""
    lines = [
        (Role.USER, "Heute war es sehr schön draußen und wir gingen lange spazieren."),
        (Role.PERSONA, "Das klingt wunderbar, erzähl mir bitte noch mehr davon."),
    ]
    talks = [
        stored(
            lines * 3,
            conversation=i,
            first_id=100 * i + 1,
            start=START + timedelta(days=i * 4),
        )
        for i in range(30)
    ]
    found = compared([m for t in talks for m in t])

    assert {c.verdict for c in found.changes} == {RowVerdict.NOT_ENOUGH_DATA}


def test_ten_facts_are_the_least():
    """The documented number."""
    assert LEAST_FACTS == 10
