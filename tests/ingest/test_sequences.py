"""Sequences of imports end in the union of what was told, whatever their order."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.desk import Desk, at

NewDesk = Callable[[], AbstractContextManager[Desk]]
WORDS = ["ok", "hm", "tea", "yes"]

# A vault a case: fewer examples than usual, all of them on a real database.
some_examples = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def talk(data: st.DataObject, *, ids: bool) -> list[dict[str, Any]]:
    """A talk in order; minutes repeat, words repeat, sides change."""
    n = data.draw(st.integers(1, 14))
    minutes = sorted(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    return [
        {
            "text": data.draw(st.sampled_from(WORDS)),
            "role": data.draw(st.sampled_from(["user", "persona"])),
            "sent_at": at(minute),
            "time_quality": "minute",
            **({"native_id": f"m{i}"} if ids else {}),
        }
        for i, minute in enumerate(minutes)
    ]


def window(data: st.DataObject, whole: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A stretch of the talk: in order, newest first, or in any order."""
    a = data.draw(st.integers(0, len(whole) - 1))
    b = data.draw(st.integers(a + 1, len(whole)))
    part = whole[a:b]
    order = data.draw(st.sampled_from(["forwards", "backwards", "any"]))
    if order == "backwards":
        return part[::-1]
    return data.draw(st.permutations(part)) if order == "any" else part


def in_time_order(desk: Desk) -> bool:
    """Whether reading order follows the times."""
    times = [m.sent_at for m in desk.vault.messages("Ava") if m.sent_at]
    return times == sorted(times)


@some_examples
@given(st.data())
def test_with_ids_the_vault_holds_the_union(
    new_desk: NewDesk, data: st.DataObject
) -> None:
    """Every id ever told is there once; nothing that was kept goes."""
    whole = talk(data, ids=True)
    told: dict[str, str] = {}
    with new_desk() as desk:
        for _ in range(data.draw(st.integers(1, 4))):
            part = window(data, whole)
            new = {r["native_id"]: r["text"] for r in part}
            report = desk.bring(part)
            assert report.n_added == len(new.keys() - told.keys())
            assert report.n_revised == 0
            told |= new
            kept = {m.native_id: m.text for m in desk.vault.messages("Ava")}
            assert kept == told
            assert in_time_order(desk)
        desk.check_index()


@some_examples
@given(st.data())
def test_with_times_the_vault_holds_the_union_of_equals(
    new_desk: NewDesk, data: st.DataObject
) -> None:
    """Of equal messages in one minute there are as many as one source ever told."""
    whole = talk(data, ids=False)
    union: Counter[tuple[str, ...]] = Counter()
    with new_desk() as desk:
        for _ in range(data.draw(st.integers(1, 4))):
            part = window(data, whole)
            new = Counter((r["sent_at"], r["role"], r["text"]) for r in part)
            before = union.total()
            union |= new
            report = desk.bring(part)
            assert report.n_added == union.total() - before
            kept = Counter(
                (m.sent_at.isoformat(), m.role.value, m.text)
                for m in desk.vault.messages("Ava")
                if m.sent_at
            )
            assert kept == union
            assert in_time_order(desk)
        desk.check_index()


@some_examples
@given(st.data())
def test_windows_that_share_a_message_give_the_talk_in_order(
    new_desk: NewDesk, data: st.DataObject
) -> None:
    """Whatever the kind of identity, equal minutes keep the order of the talk.

    Without times two shared messages are needed; every window here shares two.
    """
    n = data.draw(st.integers(2, 16))
    kind = data.draw(st.sampled_from(["ids", "times", "ids only", "neighbours"]))
    minutes = sorted(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    whole = [
        {
            "text": f"word {i}",
            **({"native_id": f"m{i}"} if kind in ("ids", "ids only") else {}),
            **({"sent_at": at(minutes[i])} if kind in ("ids", "times") else {}),
        }
        for i in range(n)
    ]
    low = data.draw(st.integers(0, n - 2))
    high = data.draw(st.integers(low + 2, n))
    with new_desk() as desk:
        desk.bring(whole[low:high])
        for _ in range(data.draw(st.integers(0, 3))):
            a = data.draw(st.integers(0, high - 2))
            b = data.draw(st.integers(max(a, low) + 2, n))
            desk.bring(whole[a:b])
            low, high = min(low, a), max(high, b)
            assert desk.texts() == [f"word {i}" for i in range(low, high)]
        desk.check_index()


@some_examples
@given(st.data())
def test_importing_twice_adds_nothing(new_desk: NewDesk, data: st.DataObject) -> None:
    """The second time all is duplicate and the vault's rows are the same."""
    ids = data.draw(st.booleans())
    part = window(data, talk(data, ids=ids))
    for record in part:
        if data.draw(st.booleans()):
            record |= {"sent_at": None, "time_quality": "none"}
    with new_desk() as desk:
        desk.bring(part)
        rows = desk.rows("SELECT * FROM message ORDER BY id")
        again = desk.bring_file(desk.folder / "export1.jsonl")
        assert (again.n_added, again.n_duplicate) == (0, len(part))
        assert desk.rows("SELECT * FROM message ORDER BY id") == rows
        assert len(desk.vault.sources()) == 1


def test_a_file_with_times_out_of_order_and_without_is_known_again(
    new_desk: NewDesk,
) -> None:
    """Times move messages without one; the same file still adds nothing."""
    part = [
        {"text": "ok", "role": "user", "sent_at": at(0), "time_quality": "minute"},
        {"text": "ok", "role": "user", "sent_at": at(1), "time_quality": "minute"},
        {"text": "ok", "role": "persona", "sent_at": None, "time_quality": "none"},
        {"text": "ok", "role": "user", "sent_at": at(0), "time_quality": "minute"},
        {"text": "ok", "role": "user", "sent_at": None, "time_quality": "none"},
    ]
    with new_desk() as desk:
        desk.bring(part)

        again = desk.bring_file(desk.folder / "export1.jsonl")

        assert (again.n_added, again.n_duplicate) == (0, len(part))


@some_examples
@given(st.lists(st.text(min_size=1), min_size=1, max_size=6), st.booleans())
def test_any_text_comes_out_as_it_went_in(
    new_desk: NewDesk, texts: list[str], ids: bool
) -> None:
    """Every Unicode text survives, byte for byte, NUL and odd spaces included."""
    records = [
        {"text": text, "sent_at": at(i), **({"native_id": f"{text}{i}"} if ids else {})}
        for i, text in enumerate(texts)
    ]
    with new_desk() as desk:
        desk.bring(records)
        assert desk.texts() == texts
        again = desk.bring_file(desk.folder / "export1.jsonl")
        assert again.n_duplicate == len(texts)
        desk.check_index()


def test_a_lone_surrogate_becomes_the_replacement_character(desk: Desk) -> None:
    """It cannot be stored; a pair of surrogates is the emoji that it means."""
    desk.bring([{"text": "a \ud83d b", "sent_at": at(0)}, {"text": "\ud83d\ude00"}])
    assert sorted(desk.texts()) == ["a \ufffd b", "\U0001f600"]
    again = desk.bring_file(desk.folder / "export1.jsonl")
    assert (again.n_added, again.n_revised) == (0, 0)


def test_an_import_that_lacks_earlier_messages_deletes_nothing(desk: Desk) -> None:
    """The vendor cut the old end off; the vault keeps it."""
    whole = [{"text": f"t{i}", "sent_at": at(i)} for i in range(5)]
    desk.bring(whole)
    report = desk.bring([*whole[3:], {"text": "t5", "sent_at": at(5)}])
    assert (report.n_added, report.n_duplicate) == (1, 2)
    assert desk.texts() == ["t0", "t1", "t2", "t3", "t4", "t5"]


def test_without_times_nothing_shared_is_said(desk: Desk) -> None:
    """The new messages come last, and the report says that this is a guess."""
    desk.bring([{"text": text} for text in "abc"])
    report = desk.bring([{"text": text} for text in "xyz"])
    assert desk.texts() == list("abcxyz")
    assert any("shared no stretch" in w for w in report.warnings)
    grown = desk.bring([{"text": text} for text in "abcxyzd"])
    assert (grown.n_added, grown.n_duplicate) == (1, 6)
    assert not any("shared no stretch" in w for w in grown.warnings)


def test_a_joined_message_leaves_no_trace_of_its_second_telling(desk: Desk) -> None:
    """Claims, attachments and raw records stand once, the source holds the message."""
    told = [
        {"text": t, "raw": t, "models": ["m"], "attachments": ["f"]} for t in "abcd"
    ]
    desk.bring(told)
    desk.bring([*told, {"text": "e"}])
    for table in ("model_claim", "attachment", "raw_record"):
        assert desk.rows(f"SELECT count(*) FROM {table}") == [(4,)]  # noqa: S608
    assert desk.rows("SELECT count(*) FROM message_source") == [(9,)]
    desk.check_index()


def test_other_conversations_are_left_alone(desk: Desk) -> None:
    """Growing one thread rewrites nothing of another one."""
    threads = [
        {"conversation": {"native_id": name}, "text": f"{name}{i}", "sent_at": at(i)}
        for name in "ab"
        for i in range(3)
    ]
    desk.bring(threads)
    before = desk.rows("SELECT * FROM message WHERE conversation_id = 1")
    desk.bring([{"conversation": {"native_id": "b"}, "text": "b-1", "sent_at": at(-1)}])
    assert desk.rows("SELECT * FROM message WHERE conversation_id = 1") == before
    assert desk.texts("b") == ["b-1", "b0", "b1", "b2"]
