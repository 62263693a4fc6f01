"""Messages that answer each other by id: each once, with what became of it."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.model import Role

USER, PERSONA = Role.USER, Role.PERSONA


def link(native_id: str, parent: str | None, role: Role = USER, **more: object) -> Link:
    """A message of a list; its time is its place in the alphabet."""
    seconds = float(ord(native_id[0])) if native_id else None
    return Link(
        native_id=native_id,
        parent=parent,
        role=role,
        **{"seconds": seconds, **more},  # type: ignore[arg-type]
    )


def by_id(found: list[Standing]) -> dict[str | None, Standing]:
    """The standings by the id that they were given."""
    return {standing.native_id: standing for standing in found}


def test_a_list_without_parents_is_one_thread() -> None:
    """Each message answers the one before it; nothing is a branch."""
    links = [link(c, None, follows=True) for c in "abc"]

    found = list(standings(links, one_top=True))

    assert [(s.native_id, s.parent, s.shown) for s in found] == [
        ("a", None, True),
        ("b", "a", True),
        ("c", "b", True),
    ]


def test_attempts_at_one_place() -> None:
    """The later sibling is flagged; the path of the newest leaf is shown."""
    links = [
        link("a", None),
        link("b", "a", PERSONA),
        link("c", "a", PERSONA),
        link("d", "b"),
        link("e", "c"),
    ]

    found = by_id(list(standings(links)))

    assert found["b"].flags == ("branch",)
    assert found["c"].flags == ("regenerated",)
    assert [s for s in "abcde" if found[s].shown] == ["a", "c", "e"]
    assert by_id(list(standings(links, "d")))["c"].flags == ("branch", "regenerated")


def test_first_messages_are_attempts_only_under_one_top() -> None:
    """Two roots are an edit where the app keeps one top, and two talks otherwise."""
    links = [link("a", None), link("b", None)]

    one, many = (by_id(list(standings(links, one_top=top))) for top in (True, False))

    assert (one["a"].flags, one["b"].flags) == (("branch",), ("edited",))
    assert many["a"].flags == many["b"].flags == ()
    assert many["a"].shown
    assert many["b"].shown


def test_answers_side_by_side_are_not_further_attempts() -> None:
    """Only a second answer of one variant was given again."""
    links = [
        link("a", None),
        link("b", "a", PERSONA, variant=0),
        link("c", "a", PERSONA, variant=1),
        link("d", "a", PERSONA, variant=0),
    ]

    found = by_id(list(standings(links, "b")))

    assert found["c"].flags == ("branch",)
    assert found["d"].flags == ("branch", "regenerated")


def test_what_gives_no_message_is_passed_over() -> None:
    """A child of an empty message answers the message above; the path stays."""
    links = [
        link("a", None),
        link("b", "a", PERSONA, is_filled=False),
        link("c", "b"),
        link("d", "a", PERSONA),
        link("e", "c", PERSONA, is_filled=False),
    ]

    found = by_id(list(standings(links)))

    assert found["c"].parent == "a"
    assert found["c"].shown
    assert not found["d"].shown


def test_repeated_missing_and_lost_ids() -> None:
    """A repeated id is told apart, a missing one stays missing, a lost parent shows."""
    links = [
        link("a", None),
        link("a", "a", PERSONA),
        link("", "a", PERSONA),
        link("z", "gone"),
    ]

    found = list(standings(links))

    assert [(s.index, s.native_id) for s in found] == [
        (0, "a"),
        (1, "a/2"),
        (2, None),
        (3, "z"),
    ]
    assert found[-1].flags == ("orphan",)
    assert found[-1].shown


_IDS = st.sampled_from(["", "a", "b", "c", "d", "e", "a/2"])


@given(
    st.lists(
        st.builds(
            Link,
            native_id=_IDS,
            parent=st.none() | _IDS.filter(bool),
            role=st.sampled_from([USER, PERSONA, Role.SYSTEM, None]),
            follows=st.booleans(),
            seconds=st.none() | st.floats(0, 9),
            is_filled=st.booleans(),
        ),
        max_size=9,
    ),
    st.none() | _IDS,
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_every_message_once(links: list[Link], current: str | None, top: bool) -> None:
    """Whatever the links, each message stands once, ids are unique, parents are ids."""
    found = list(standings(links, current, one_top=top))

    assert sorted(s.index for s in found) == list(range(len(links)))
    ids = Counter(s.native_id for s in found if s.native_id is not None)
    assert all(n == 1 for n in ids.values())
    assert all(s.parent is None or s.parent in ids for s in found)
    assert all(("branch" in s.flags) != s.shown for s in found)


def test_a_long_thread_needs_no_recursion() -> None:
    """Forty thousand messages, last first, come in order."""
    n = 40_000
    links = [
        Link(native_id=str(i), parent=str(i - 1) if i else None, role=USER)
        for i in reversed(range(n))
    ]

    found = [s.native_id for s in standings(links)]

    assert found == [str(i) for i in range(n)]
