"""Reading: order, periods, neighbours, companions, lists."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from persona_vault.errors import UnknownPersonaError, UsageError
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    Event,
    ModelClaim,
    Period,
    Role,
)
from persona_vault.store import reading
from persona_vault.store.clock import from_micros, micros
from persona_vault.store.schema import message, model_claim
from persona_vault.store.vault import Vault

Tell = Callable[..., int]
START = 1_700_000_000_000_000
DAY = 86_400_000_000


def talk(name: str, n: int) -> list[tuple[str, str]]:
    """A talk of n messages, each with its own words."""
    return [(str(i + 1), f"{name} {i}") for i in range(n)]


def texts(vault: Vault, *args: object, **kwargs: object) -> list[str]:
    """The texts of `vault.messages(...)`."""
    return [m.text for m in vault.messages(*args, **kwargs)]  # type: ignore[arg-type]


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_keep_every_microsecond(at: datetime) -> None:
    """To whole microseconds and back is the same moment."""
    assert from_micros(micros(at)) == at


def test_times_of_other_zones_are_the_same_moment() -> None:
    """Only the moment counts, not the zone it is written in."""
    at = datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    assert micros(at) == micros(at.astimezone(UTC))
    assert micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_reading_order_is_by_first_time_then_id(vault: Vault, tell: Tell) -> None:
    """Earlier talks first, whatever the order of import; no time at all comes last."""
    tell(vault, "a", {"undated": talk("undated", 2)}, started_at=None)
    tell(vault, "b", {"late": talk("late", 2)}, started_at=START + DAY)
    tell(vault, "c", {"early": talk("early", 2)}, started_at=START)
    tell(vault, "d", {"also late": talk("also", 1)}, started_at=START + DAY)
    assert texts(vault) == [
        "early 0",
        "early 1",
        "late 0",
        "late 1",
        "also 0",
        "undated 0",
        "undated 1",
    ]
    assert [c.native_id for c in vault.conversations()] == [
        "early",
        "late",
        "also late",
        "undated",
    ]


def test_wall_times_give_the_order_where_there_is_no_zone(
    vault: Vault, tell: Tell
) -> None:
    """A talk with wall times only stands where its wall time says."""
    tell(vault, "a", {"second": talk("second", 1)}, started_at=None)
    tell(vault, "b", {"first": talk("first", 1)}, started_at=None)
    with vault.write() as connection:
        for text, at in (("second 0", "2024-05-02"), ("first 0", "2024-05-01")):
            connection.execute(
                update(message)
                .where(message.c.text == text)
                .values(local_at=f"{at}T09:30:00.250", time_quality="local")
            )
    assert texts(vault) == ["first 0", "second 0"]
    assert next(vault.messages()).sent_at is None
    assert next(vault.messages()).local_at == "2024-05-01T09:30:00.250"


def test_order_does_not_depend_on_the_size_of_a_batch(
    vault: Vault, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long talks are streamed and short ones read together, in the same order."""
    for n in range(6):
        tell(vault, str(n), {f"t{n}": talk(f"t{n}", n + 1)}, started_at=START - n * DAY)
    whole = texts(vault)
    assert len(whole) == 21
    for size in (1, 3, 7):
        monkeypatch.setattr(reading, "_BATCH_MESSAGES", size)
        assert texts(vault) == whole


def test_periods_are_half_open_and_leave_out_what_has_no_time(
    vault: Vault, tell: Tell
) -> None:
    """From `since` on, up to but not including `until`."""
    tell(vault, "a", {"quay": talk("quay", 5)})
    tell(vault, "b", {"undated": talk("undated", 2)}, started_at=None)
    minute = timedelta(minutes=1)
    start = from_micros(START)
    found = texts(vault, period=Period(since=start + minute, until=start + 3 * minute))
    assert found == ["quay 1", "quay 2"]
    assert texts(vault, period=Period(since=start)) == [f"quay {i}" for i in range(5)]
    assert texts(vault, period=Period(until=start)) == []


def test_numbers_count_both_sides_in_reading_order(vault: Vault, tell: Tell) -> None:
    """Message numbers are 1-based and inclusive, hidden and system ones not counted."""
    tell(vault, "a", {"one": talk("one", 4)})
    tell(vault, "b", {"two": talk("two", 3)}, started_at=START + DAY)
    with vault.write() as connection:
        connection.execute(
            update(message).where(message.c.text == "one 1").values(shown=0)
        )
        connection.execute(
            update(message).where(message.c.text == "one 2").values(role="system")
        )
    everything = Period(first=1)
    assert texts(vault, period=everything) == [
        "one 0",
        "one 2",
        "one 3",
        "two 0",
        "two 1",
        "two 2",
    ]
    assert texts(vault, period=Period(first=2, last=3)) == ["one 3", "two 0"]
    assert texts(vault, period=Period(last=1)) == ["one 0", "one 2"]
    assert texts(vault, period=Period(last=1), shown_only=False) == [
        "one 0",
        "one 1",
        "one 2",
    ]
    assert texts(vault, period=Period(first=2), role=Role.USER) == ["two 0", "two 2"]
    second = vault.conversations()[1].id
    assert texts(vault, period=Period(first=4), conversation_id=second) == [
        "two 1",
        "two 2",
    ]


@given(cuts=st.lists(st.integers(min_value=1, max_value=8), max_size=4))
def test_adjoining_number_periods_hold_every_message_once(cuts: list[int]) -> None:
    """Cutting a talk by numbers loses nothing and doubles nothing."""
    rows = [_Numbered(i) for i in range(8)]
    bounds = [0, *sorted(set(cuts)), 8]
    found = [
        row
        for low, high in pairwise(bounds)
        for row in reading._numbered(  # type: ignore[arg-type]
            iter(rows), reading.MessageFilter(period=Period(first=low + 1, last=high))
        )
    ]
    assert found == rows


class _Numbered:
    """A row of the reading query, as far as numbering looks at it."""

    def __init__(self, conversation_id: int) -> None:
        self.shown = 1
        self.role = "user"
        self.conversation_id = conversation_id


def test_filters_narrow_to_role_talk_companion_and_shown(
    vault: Vault, tell: Tell
) -> None:
    """Each filter alone gives its own part."""
    tell(vault, "a", {"one": talk("one", 3)})
    tell(vault, "b", {"two": talk("two", 2)}, persona="Bram")
    assert texts(vault, "Ada", role=Role.PERSONA) == ["one 1"]
    assert texts(vault, "Bram") == ["two 0", "two 1"]
    first = vault.conversations("Ada")[0].id
    assert texts(vault, conversation_id=first) == ["one 0", "one 1", "one 2"]
    with vault.write() as connection:
        connection.execute(
            update(message).where(message.c.text == "one 2").values(shown=0)
        )
    assert texts(vault, "Ada") == ["one 0", "one 1"]
    assert texts(vault, "Ada", shown_only=False) == ["one 0", "one 1", "one 2"]


def test_a_message_comes_with_flags_and_model_claims(vault: Vault, tell: Tell) -> None:
    """Claims keep their order and say where they stand; flags are words."""
    tell(vault, "a", {"one": talk("one", 1)})
    number = next(vault.messages()).id
    with vault.write() as connection:
        connection.execute(
            update(message).values(flags="edited truncated", kind="voice")
        )
        for value, part in (("zeta-2", "requested"), ('al"pha', "answered")):
            connection.execute(
                insert(model_claim).values(
                    message_id=number, value=value, claim_source="message", part=part
                )
            )
    found = vault.message(number)
    assert found.flags == ("edited", "truncated")
    assert found.models == (
        ModelClaim("zeta-2", ClaimSource.MESSAGE, ClaimPart.REQUESTED),
        ModelClaim('al"pha', ClaimSource.MESSAGE, ClaimPart.ANSWERED),
    )
    assert found.sent_at == from_micros(START)
    assert found == next(vault.messages())


def test_neighbours_are_the_shown_ones_of_the_same_talk(
    vault: Vault, tell: Tell
) -> None:
    """Before and after are in reading order and stop at the edge of the talk."""
    tell(vault, "a", {"one": talk("one", 6), "two": talk("two", 3)})
    numbers = {m.text: m.id for m in vault.messages()}
    with vault.write() as connection:
        connection.execute(
            update(message).where(message.c.text == "one 2").values(shown=0)
        )
    before, after = vault.around(numbers["one 3"], before=2, after=5)
    assert [m.text for m in before] == ["one 0", "one 1"]
    assert [m.text for m in after] == ["one 4", "one 5"]
    assert vault.around(numbers["two 0"], before=3, after=0) == ([], [])


def test_what_is_not_there_is_told_with_a_next_step(vault: Vault) -> None:
    """Unknown numbers are a user's slip, not a bug."""
    for call in (
        lambda: vault.message(7),
        lambda: vault.around(7),
        lambda: vault.forget_source(7),
        lambda: vault.remove_event(7),
        lambda: vault.move_conversation(7, "Ada"),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.hint


def test_a_companion_is_found_by_exact_name_or_as_the_only_one(
    vault: Vault, tell: Tell
) -> None:
    """Without a name only a single companion is meant; close spellings are named."""
    with pytest.raises(UnknownPersonaError, match="no companion yet"):
        vault.persona()
    tell(vault, "a", {"one": talk("one", 1)})
    assert vault.persona().name == "Ada"
    tell(vault, "b", {"two": talk("two", 1)}, persona="Bram")
    with pytest.raises(UnknownPersonaError) as several:
        vault.persona()
    assert "Ada, Bram" in several.value.hint
    with pytest.raises(UnknownPersonaError) as close:
        vault.persona("ada")
    assert close.value.hint == "Did you mean Ada?"
    with pytest.raises(UnknownPersonaError) as far:
        vault.messages("Zzyzx")
    assert "Ada, Bram" in far.value.hint
    assert [p.name for p in vault.personas()] == ["Ada", "Bram"]


def test_settings_of_a_companion_change_one_by_one(vault: Vault, tell: Tell) -> None:
    """None leaves a setting as it is; a taken name is refused."""
    tell(vault, "a", {"one": talk("one", 1)})
    tell(vault, "b", {"two": talk("two", 1)}, persona="Bram")
    vault.set_persona("Ada", pronoun="she", user_names=("Noor", "Nöörtje"))
    found = vault.set_persona("Ada", own_names=("Adie",), new_name="Ada B.")
    assert (found.name, found.pronoun) == ("Ada B.", "she")
    assert found.user_names == ("Noor", "Nöörtje")
    assert found.own_names == ("Adie",)
    assert vault.set_persona("Bram") == vault.persona("Bram")
    for bad in ("Bram", "  "):
        with pytest.raises(UsageError):
            vault.set_persona("Ada B.", new_name=bad)


def test_a_talk_can_be_given_to_another_companion(vault: Vault, tell: Tell) -> None:
    """The talk moves with all its messages; a second one of the same id stays."""
    tell(vault, "a", {"one": talk("one", 2), "two": talk("two", 1)})
    one = vault.conversations()[0].id
    vault.move_conversation(one, "Bram")
    vault.move_conversation(one, "Bram")
    assert texts(vault, "Bram") == ["one 0", "one 1"]
    assert texts(vault, "Ada") == ["two 0"]
    tell(vault, "b", {"one": talk("again", 1)})
    again = next(c.id for c in vault.conversations("Ada") if c.native_id == "one")
    with pytest.raises(UsageError):
        vault.move_conversation(again, "Bram")
    with pytest.raises(UsageError):
        vault.move_conversation(again, " ")
    assert texts(vault, "Ada") == ["two 0", "again 0"]


def test_events_come_oldest_first_with_their_companion(
    vault: Vault, tell: Tell
) -> None:
    """An event of no companion belongs to every list."""
    tell(vault, "a", {"one": talk("one", 1)})
    tell(vault, "b", {"two": talk("two", 1)}, persona="Bram")
    at = datetime(2024, 2, 1, tzinfo=UTC)
    for days, title, who in ((2, "c", "Ada"), (0, "a", None), (1, "b", "Bram")):
        vault.add_event(
            Event(
                id=0,
                at=at + timedelta(days=days),
                kind="model_swap",
                title=title,
                persona=who,
            )
        )
    assert [e.title for e in vault.events()] == ["a", "b", "c"]
    assert [e.title for e in vault.events("Ada")] == ["a", "c"]
    vault.remove_event(vault.events()[0].id)
    assert [e.title for e in vault.events()] == ["b", "c"]
    with pytest.raises(UnknownPersonaError):
        vault.add_event(Event(id=0, at=at, kind="other", title="x", persona="Cy"))


def test_settings_and_zone_are_kept_and_dropped(vault: Vault) -> None:
    """A setting that was never set is None, and None drops one."""
    assert vault.setting("embedder") is None
    vault.set_setting("embedder", "a")
    vault.set_setting("embedder", "b")
    assert vault.setting("embedder") == "b"
    vault.set_zone("Europe/Lisbon")
    vault.set_zone(None)
    assert vault.zone is None


def test_lists_and_counts_tell_what_is_there(vault: Vault, tell: Tell) -> None:
    """Sources, conversations and `info` agree with what was told."""
    tell(vault, "a.json", {"one": talk("one", 3)})
    tell(vault, "b.json", {"two": talk("two", 2)}, persona="Bram")
    assert [(s.name, s.persona) for s in vault.sources()] == [
        ("a.json", "Ada"),
        ("b.json", "Bram"),
    ]
    assert vault.sources()[0].ledger == {"n_read": 1}
    one = vault.conversations("Ada")[0]
    assert (one.n_messages, one.title) == (3, "One")
    assert one.first_at == from_micros(START)
    info = vault.info()
    assert (info["n_messages"], info["n_conversations"]) == (5, 2)
    assert [(p["name"], p["n_replies"]) for p in info["personas"]] == [
        ("Ada", 1),
        ("Bram", 1),
    ]
    assert info["first_at"] == from_micros(START).isoformat().replace("+00:00", "Z")
    assert info["encrypted"] is False
