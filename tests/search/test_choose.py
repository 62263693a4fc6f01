"""Rules of folding repeats and of putting hits together by conversation."""

from hypothesis import given
from hypothesis import strategies as st

from persona_vault.search.choose import PER_CONVERSATION, Candidate, choose

LONG = "I walked down to the old harbour and the boats were all gone by noon"


def ranked(*texts, whose=("Mira", "user"), conversation=1):
    """Candidates with ids from 1, best first."""
    return [
        Candidate(number, conversation, whose, text)
        for number, text in enumerate(texts, start=1)
    ]


def shown(chosen):
    """Ids, each with those folded into it."""
    return [(one.candidate.message_id, one.alike) for one in chosen]


def test_repeats_stand_behind_the_best_of_them():
    """Case, punctuation and one other word in a long text make no new hit."""
    candidates = ranked(
        "Good night!", LONG, "good night", f"{LONG} today.", "Good night, Sam", "good"
    )
    assert shown(choose(candidates, 9)) == [(1, [3]), (2, [4]), (5, []), (6, [])]
    assert len(choose(candidates, 9, fold=False)) == len(candidates)


def test_the_same_words_of_another_side_are_no_repeat():
    """Who said it matters: one side's words do not stand for the other's."""
    mine = Candidate(1, 1, ("Mira", "user"), LONG)
    hers = Candidate(2, 1, ("Mira", "persona"), LONG)
    other = Candidate(3, 2, ("Nox", "user"), LONG)
    assert shown(choose([mine, hers, other], 9)) == [(1, []), (2, []), (3, [])]


def test_signs_without_words_are_compared_as_they_are():
    """Two different emoji are two hits, the same one twice is one."""
    assert shown(choose(ranked("🌧️", "🌊", " 🌧️"), 9)) == [(1, [3]), (2, [])]


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=40),
    st.integers(1, 5),
)
def test_by_conversation_shows_the_best_of_each_together(talks, k):
    """The first k conversations come in the order of their best hit, each whole."""
    candidates = [
        Candidate(number, conversation, ("Mira", "user"), f"word{word}")
        for number, (conversation, word) in enumerate(talks, start=1)
    ]
    chosen = choose(candidates, k, fold=False, by="conversation")
    order = list(dict.fromkeys(c.candidate.conversation_id for c in chosen))
    assert order == list(dict.fromkeys(c for c, _ in talks))[:k]
    for conversation in order:
        ids = [c.message_id for c in candidates if c.conversation_id == conversation]
        hits = [
            one.candidate.message_id
            for one in chosen
            if one.candidate.conversation_id == conversation
        ]
        assert hits == ids[:PER_CONVERSATION]
    places = [order.index(c.candidate.conversation_id) for c in chosen]
    assert places == sorted(places)


@given(st.lists(st.sampled_from(["a", "b", LONG, LONG + " x"]), max_size=20))
def test_folding_loses_no_message(texts):
    """Every ranked message is shown or stands behind one that is."""
    chosen = choose(ranked(*texts), 99)
    ids = [one.candidate.message_id for one in chosen]
    ids += [number for one in chosen for number in one.alike]
    assert sorted(ids) == list(range(1, len(texts) + 1))


def test_a_repeat_of_what_is_not_shown_is_shown_itself():
    """A conversation's fourth hit is not shown: its repeat elsewhere must be."""
    texts = ["one", "two", "three", "four"]
    there = [
        Candidate(number, 1, ("Mira", "user"), text)
        for number, text in enumerate(texts, start=1)
    ]
    other = Candidate(5, 2, ("Mira", "user"), "four")
    found = choose([*there, other], 2, by="conversation")
    assert shown(found) == [(1, []), (2, []), (3, []), (5, [])]
