"""How two tellings of one talk are laid over each other."""

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from persona_vault.ingest.alignment import align, merge_order

WORDS = st.lists(st.sampled_from(["ok", "hm", "yes", "no", "tea"]), max_size=12)


@given(st.data())
def test_two_windows_of_one_talk_match_where_they_overlap(data: st.DataObject) -> None:
    """Windows that share two or more messages are matched exactly there."""
    n = data.draw(st.integers(2, 40))
    a, b = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    c, d = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    kept, told = list(range(a, b)), list(range(c, d))
    n_shared = len(set(kept) & set(told))
    wanted = [i - a if i in kept else None for i in told]
    if n_shared >= 2 or n_shared == min(len(kept), len(told)):
        assert align(kept, told) == wanted
    else:
        assert align(kept, told) == [None] * len(told)


@given(WORDS, WORDS)
def test_what_is_matched_is_equal_and_in_order(
    kept: list[str], told: list[str]
) -> None:
    """A match never joins different words, never crosses, never uses one twice."""
    found = align(kept, told)
    assert len(found) == len(told)
    pairs = [(i, j) for j, i in enumerate(found) if i is not None]
    assert all(kept[i] == told[j] for i, j in pairs)
    assert all(one < two for (one, _), (two, _) in pairwise(pairs))


@given(WORDS, WORDS)
def test_a_grown_file_matches_its_whole_beginning(
    old: list[str], new: list[str]
) -> None:
    """All that was kept is found again when words were only added at the end."""
    assert align(old, old + new)[: len(old)] == list(range(len(old)))
    assert align(old, old + new)[len(old) :] == [None] * len(new)


def test_ok_said_twice_is_two_messages() -> None:
    """One "ok" kept and three told are one match and two new messages."""
    assert align(["ok"], ["ok", "ok", "ok"]) == [0, None, None]
    assert align(["ok", "ok", "ok"], ["ok"]) == [0]


def test_one_shared_word_at_the_edge_is_no_overlap() -> None:
    """A talk that ends with "ok" and one that begins with "ok" stay apart."""
    assert align(["hi", "ok"], ["ok", "tea"]) == [None, None]


def test_an_older_part_that_comes_later_is_joined_at_its_end() -> None:
    """The end of the new telling may be the beginning of the kept one."""
    assert align([3, 4, 5, 6], [1, 2, 3, 4]) == [None, None, 0, 1]


def test_a_bridge_between_two_kept_parts_matches_both() -> None:
    """Kept parts with a hole, told again across the hole, match on both sides."""
    kept = [1, 2, 3, 4, 10, 11, 12, 13]
    told = [2, 3, 4, 5, 6, 10, 11, 12]
    assert align(kept, told) == [1, 2, 3, None, None, 4, 5, 6]


def test_the_same_greeting_does_not_join_two_talks() -> None:
    """Two shared opening messages are too few to call two talks one."""
    kept = ["greeting", "hi", "a", "b", "c"]
    told = ["greeting", "hi", "d", "e", "f"]
    assert align(kept, told) == [None] * 5


def test_aligning_takes_linear_time() -> None:
    """The worst case of naive matching, 200,000 equal words, is still instant."""
    n = 200_000
    assert align(["ok"] * n, ["ok"] * (n - 1) + ["hm"])[0] == 1
    assert align(["ok"] * n, ["ok"] * (n + 1))[n - 1] == n - 1


@given(st.data())
def test_windows_with_times_merge_into_the_order_of_the_talk(
    data: st.DataObject,
) -> None:
    """Windows that share a message, or only touch, give the talk's own order.

    Ties included; where they only touch, the times must tell which comes first.
    """
    n = data.draw(st.integers(1, 30))
    minutes = sorted(data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    times = dict(enumerate(minutes))
    kept: list[int] = []
    for _ in range(data.draw(st.integers(1, 4))):
        low, high = (min(kept), max(kept) + 1) if kept else (0, 0)
        a = data.draw(st.integers(0, high if kept else n - 1))
        b = data.draw(st.integers(max(a, low), n))
        told = list(range(a, b))
        assume(not kept or set(kept) & set(told) or _apart(kept, told, times))
        kept = merge_order(kept, told, times)
        assert kept == sorted(kept)


def _apart(kept: list[int], told: list[int], times: dict[int, int]) -> bool:
    """Whether time alone says which of two stretches comes first."""
    first, second = sorted((kept, told))
    return not second or not first or times[first[-1]] < times[second[0]]


@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_any_order_of_the_source_gives_the_order_of_time(
    told: list[int], some: set[int]
) -> None:
    """Where all times differ, the order in the file does not matter."""
    times = {i: i for i in range(12)}
    assert merge_order(sorted(some), told, times) == list(range(12))


def test_a_message_without_time_follows_its_predecessor() -> None:
    """In the source it came after message 1, so it does in the talk."""
    assert merge_order([1, 2], [1, 9, 2], {1: 10, 2: 20, 9: None}) == [1, 9, 2]
    assert merge_order([], [2, 9, 1], {1: 10, 2: 20, 9: None}) == [1, 2, 9]
    assert merge_order([5, 2], [9, 2], {5: 5, 2: 20, 9: None}) == [5, 9, 2]


def test_a_kept_message_without_time_is_not_cut_off() -> None:
    """A new message right after its predecessor, but later in time, comes after it."""
    times = {1: 10, 8: None, 2: 11}
    assert merge_order([1, 8], [1, 2], times) == [1, 8, 2]


def test_without_times_new_messages_stand_beside_their_neighbours() -> None:
    """Neighbours decide; with nothing shared, the new ones come last."""
    none = dict.fromkeys(range(10))
    assert merge_order([1, 2, 4], [2, 3, 4, 5], none) == [1, 2, 3, 4, 5]
    assert merge_order([3, 4], [1, 2, 3], none) == [1, 2, 3, 4]
    assert merge_order([3, 4], [1, 2], none) == [3, 4, 1, 2]


@given(st.data())
def test_merging_keeps_every_message_once(data: st.DataObject) -> None:
    """Nothing is lost or doubled, whatever the orders and times."""
    ids = st.integers(0, 15)
    kept = data.draw(st.lists(ids, unique=True))
    told = data.draw(st.lists(ids))
    times = {i: data.draw(st.none() | st.integers(0, 5)) for i in range(16)}
    order = merge_order(kept, told, times)
    assert sorted(order) == sorted({*kept, *told})
