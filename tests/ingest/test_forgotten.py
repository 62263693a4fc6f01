"""What was forgotten does not come back by the next export, and the ledger says so."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import UsageError
from persona_vault.model import Period
from persona_vault.store.chosen import Kind, Wanted
from persona_vault.store.clock import from_micros
from tests.ingest.desk import Desk, at

WORDS = ("tide", "gull", "sand", "kelp", "quay", "rope")


def _message(n: int, text: str, kind: str) -> dict[str, Any]:
    """A message told apart by its id, its time, or only its neighbours."""
    told: dict[str, Any] = {"text": text, "role": "user" if n % 2 else "persona"}
    if kind == "id":
        told["native_id"] = f"m{n}"
    if kind != "neighbours":
        told["sent_at"] = at(n)
    return told


def _forget(desk: Desk, *ids: int, **options: Any) -> Any:
    return desk.vault.forget(Wanted(kind=Kind.MESSAGE, ids=ids), **options)


@pytest.mark.parametrize("kind", ["id", "time", "neighbours"])
def test_a_forgotten_message_stays_out_and_is_counted(desk: Desk, kind: str) -> None:
    """However it is told apart, a grown export brings only what is new."""
    talk = [_message(n, f"word {n}", kind) for n in range(8)]
    desk.bring(talk)
    ids = [m.id for m in desk.vault.messages("Ava")]
    _forget(desk, ids[2], ids[5])

    grown = desk.bring([*talk, _message(8, "word 8", kind)])

    assert grown.ignored == {"forgotten": 2}
    assert (grown.n_added, grown.n_duplicate) == (1, 6)
    assert any("--bring-back" in warning for warning in grown.warnings)
    assert desk.texts() == [f"word {n}" for n in (0, 1, 3, 4, 6, 7, 8)]
    desk.check_index()


@pytest.mark.parametrize("kind", ["id", "time", "neighbours"])
def test_it_comes_back_where_that_is_asked_for(desk: Desk, kind: str) -> None:
    """--bring-back takes it in at its old place, and from then on it is known."""
    talk = [_message(n, f"word {n}", kind) for n in range(6)]
    desk.bring(talk)
    _forget(desk, [m.id for m in desk.vault.messages("Ava")][3])

    back = desk.bring([*talk, _message(6, "word 6", kind)], bring_back=True)

    assert (back.n_added, back.n_ignored) == (2, 0)
    assert desk.texts() == [f"word {n}" for n in range(7)]
    assert desk.rows("SELECT count(*) FROM forgotten") == [(0,)]
    assert desk.bring(talk[:5]).n_duplicate == 5


def test_the_very_same_file_brings_nothing_back(desk: Desk) -> None:
    """Not even where times are missing and the file is known by its hash."""
    for kind in ("id", "time", "neighbours"):
        talk = [_message(n, f"{kind} {n}", kind) for n in range(5)]
        thread = {"native_id": kind}
        desk.bring([{**one, "conversation": thread} for one in talk])
    path = desk.folder / "export3.jsonl"
    _forget(desk, *[m.id for m in desk.vault.messages("Ava") if m.text.endswith("2")])
    again = desk.bring_file(path)
    assert again.ignored == {"forgotten": 1}
    assert again.n_added == 0
    assert len(desk.texts()) == 12


def test_of_equal_messages_only_the_forgotten_one_stays_out(desk: Desk) -> None:
    """Three times "ok" in one minute, one forgotten: two are there, again and again."""
    talk = [{"text": "ok", "sent_at": at(1)} for _ in range(3)]
    desk.bring(talk)
    _forget(desk, [m.id for m in desk.vault.messages("Ava")][1])
    for n in range(2):
        report = desk.bring([*talk, {"text": f"new {n}", "sent_at": at(5 + n)}])
        assert (report.n_duplicate, report.n_ignored) == (2, 1)
        assert desk.texts()[:2] == ["ok", "ok"]


def test_a_forgotten_thread_stays_out_with_what_came_later(desk: Desk) -> None:
    """A forgotten conversation leaves no row, also when the app added to it."""
    talk = [_message(n, f"word {n}", "id") for n in range(3)]
    secret = {"native_id": "secret", "title": "The surprise"}
    desk.bring([*talk, *({**one, "conversation": dict(secret)} for one in talk)])
    thread = next(c for c in desk.vault.conversations() if c.native_id == "secret")
    receipt = desk.vault.forget(Wanted(kind=Kind.CONVERSATION, ids=(thread.id,)))
    assert receipt.n_marks == 1

    grown = desk.bring(
        [
            *talk,
            *(
                {**_message(n, f"word {n}", "id"), "conversation": dict(secret)}
                for n in range(5)
            ),
        ]
    )

    assert grown.ignored == {"forgotten": 5}
    assert [c.native_id for c in desk.vault.conversations()] == ["main"]


def test_a_forgotten_companion_stays_out_under_another_name(desk: Desk) -> None:
    """The file again, for a companion of any name: told, not brought back."""
    talk = [_message(n, f"word {n}", "id") for n in range(3)]
    memory = {"record": "input", "kind": "memory", "text": "Noor likes kelp"}
    desk.bring([*talk, memory])
    desk.vault.forget(Wanted(kind=Kind.PERSONA, persona="Ava"))
    assert desk.vault.personas() == []
    again = desk.bring([*talk, memory], persona="Eva")
    assert again.ignored == {"forgotten": 4}
    assert desk.rows("SELECT count(*) FROM message") == [(0,)]
    assert desk.bring([*talk, memory], persona="Eva", bring_back=True).n_added == 4


def test_without_marks_it_comes_back_like_anything_new(desk: Desk) -> None:
    """Who wants no trace at all leaves none; then the next export brings it."""
    talk = [_message(n, f"word {n}", "id") for n in range(3)]
    desk.bring(talk)
    receipt = _forget(desk, next(desk.vault.messages("Ava")).id, leave_marks=False)
    assert receipt.n_marks == 0
    assert desk.rows("SELECT count(*) FROM forgotten") == [(0,)]
    assert desk.bring([*talk, _message(3, "new", "id")]).n_added == 2


def test_no_mark_can_be_compared_between_vaults(desk: Desk) -> None:
    """The same message leaves another mark each time the vault's key is new."""
    seen = set()
    for _ in range(2):
        desk.bring([_message(n, "one secret", "id") for n in range(2)])
        _forget(desk, next(desk.vault.messages("Ava")).id)
        seen.add(desk.rows("SELECT sign FROM forgotten")[0][0])
        with desk.vault.write() as connection:
            connection.exec_driver_sql("DELETE FROM forgotten")
            connection.exec_driver_sql("DELETE FROM message")
            connection.exec_driver_sql(
                "DELETE FROM setting WHERE key = 'forgotten_key'"
            )
    assert len(seen) == 2


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_of_forgetting_and_importing(desk: Desk, data: st.DataObject) -> None:
    """What is there is always what was brought, without what was forgotten, once."""
    desk.vault.forget(Wanted(kind=Kind.ALL))
    kind = data.draw(st.sampled_from(["id", "time", "neighbours"]))
    words = st.sampled_from(WORDS) if kind == "id" else st.nothing()
    texts = [
        data.draw(words) if kind == "id" else f"{WORDS[n % 6]} {n}" for n in range(12)
    ]
    talk = [_message(n, text, kind) for n, text in enumerate(texts)]
    expected: list[int] = []
    forgotten: set[int] = set()
    n_known = 0
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        n_known = data.draw(st.integers(min_value=max(n_known, 4), max_value=12))
        desk.bring(talk[:n_known])
        expected = [n for n in range(n_known) if n not in forgotten]
        assert desk.texts() == [texts[n] for n in expected]
        if len(expected) > 3:
            gone = data.draw(st.sets(st.sampled_from(expected), max_size=2))
            rows = [m.id for m in desk.vault.messages("Ava", shown_only=False)]
            chosen = [rows[i] for i, n in enumerate(expected) if n in gone]
            if chosen:
                _forget(desk, *chosen)
            forgotten |= gone
    desk.check_index()


def test_a_span_of_dates_takes_what_has_a_time_in_it(desk: Desk) -> None:
    """Half-open; what has no time stays and is counted; inputs have dates too."""
    desk.bring(
        [
            *({"text": f"word {n}", "sent_at": at(n)} for n in range(4)),
            {"text": "when?", "conversation": {"native_id": "other"}},
            {"record": "input", "kind": "diary", "text": "low", "valid_from": at(2)},
            {"record": "input", "kind": "diary", "text": "high", "valid_from": at(9)},
        ]
    )
    first = next(iter(desk.vault.messages("Ava"))).sent_at
    assert first is not None
    start = int(first.timestamp()) * 1_000_000
    span = Period(
        since=from_micros(start + 60_000_000), until=from_micros(start + 180_000_000)
    )
    receipt = desk.vault.forget(Wanted(kind=Kind.PERIOD, period=span))
    assert (receipt.removed["n_messages"], receipt.n_without_time) == (2, 1)
    assert receipt.removed["n_persona_inputs"] == 1
    assert sorted(desk.texts()) == ["when?", "word 0", "word 3"]


def test_what_is_not_there_cannot_be_forgotten(desk: Desk) -> None:
    """A number that nothing has is refused, and nothing else of the call is done."""
    desk.bring([_message(n, "word", "id") for n in range(2)])
    for kind in (Kind.MESSAGE, Kind.CONVERSATION):
        with pytest.raises(UsageError, match="999"):
            desk.vault.forget(Wanted(kind=kind, ids=(1, 999)))
    assert len(desk.texts()) == 2
