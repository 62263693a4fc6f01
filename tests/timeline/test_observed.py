"""Model switches: lasting ones are found, visitors and side-by-side use are not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from persona_vault.model import ClaimPart, ClaimSource, Role, TimeQuality
from persona_vault.store.clock import micros
from persona_vault.store.personas import ensure_persona
from persona_vault.store.schema import conversation, message, model_claim, source
from persona_vault.store.vault import Vault
from persona_vault.timeline import model_switches
from persona_vault.timeline.observed import lasting_runs

START = datetime(2025, 8, 1, 12, 0, tzinfo=UTC)


def tell_models(
    vault: Vault,
    models: Sequence[str | None],
    *,
    part: ClaimPart = ClaimPart.ANSWERED,
    app: str = "chatgpt",
    shown: bool = True,
) -> int:
    """One reply an hour, each naming a model or none; gives the companion's id."""
    with vault.write() as connection:
        persona_id = ensure_persona(connection, "Ada")
        source_id = connection.execute(
            insert(source)
            .values(
                persona_id=persona_id,
                name="told",
                sha256="0" * 64,
                n_bytes=1,
                importer="told",
                importer_version=1,
                app=app,
                imported_at=0,
                manifest="{}",
                ledger="{}",
            )
            .returning(source.c.id)
        ).scalar_one()
        thread_id = connection.execute(
            insert(conversation)
            .values(persona_id=persona_id, app=app, native_id=f"t{source_id}")
            .returning(conversation.c.id)
        ).scalar_one()
        for i, name in enumerate(models):
            message_id = connection.execute(
                insert(message)
                .values(
                    conversation_id=thread_id,
                    source_id=source_id,
                    identity=str(i),
                    role=Role.PERSONA,
                    speaker="Ada",
                    text="Good evening.",
                    sent_at=micros(START + timedelta(hours=i)),
                    time_quality=TimeQuality.EXACT,
                    position=i,
                    shown=int(shown),
                )
                .returning(message.c.id)
            ).scalar_one()
            if name is not None:
                connection.execute(
                    insert(model_claim).values(
                        message_id=message_id,
                        value=name,
                        claim_source=ClaimSource.MESSAGE,
                        part=part,
                    )
                )
    return persona_id


def _found(vault: Vault, persona_id: int) -> list[tuple[str, str, datetime]]:
    with vault.read() as connection:
        switches = model_switches(connection, persona_id)
    return [(s.before, s.after, s.at) for s in switches]


def test_a_lasting_switch_is_dated_by_its_first_reply(vault: Vault) -> None:
    """Twelve replies under one name, twelve under another: one switch, one date."""
    who = tell_models(vault, ["one"] * 12 + ["two"] * 12)
    assert _found(vault, who) == [("one", "two", START + timedelta(hours=12))]


def test_a_visitor_is_no_switch(vault: Vault) -> None:
    """Single replies by another model, as by rerouting, leave the run whole."""
    who = tell_models(vault, ["one"] * 8 + ["two"] * 2 + ["one"] * 8)
    assert _found(vault, who) == []


def test_side_by_side_use_is_no_switch(vault: Vault) -> None:
    """Two models used in turn for weeks have no date."""
    who = tell_models(vault, ["one", "two"] * 40)
    assert _found(vault, who) == []


def test_replies_without_a_name_say_nothing(vault: Vault) -> None:
    """A gap in the labels neither makes a switch nor hides one."""
    who = tell_models(vault, [*["one"] * 10, None, None, *["two"] * 10])
    assert _found(vault, who) == [("one", "two", START + timedelta(hours=12))]


def test_there_and_back_are_two_switches(vault: Vault) -> None:
    """A rollback is found as well."""
    who = tell_models(vault, ["one"] * 10 + ["two"] * 15 + ["one"] * 10)
    assert [found[:2] for found in _found(vault, who)] == [
        ("one", "two"),
        ("two", "one"),
    ]


def test_hidden_replies_do_not_count(vault: Vault) -> None:
    """Branches that the user left are not what the user lived through."""
    who = tell_models(vault, ["one"] * 12 + ["two"] * 12, shown=False)
    assert _found(vault, who) == []


def test_a_requested_name_is_told_as_such(vault: Vault) -> None:
    """What was asked for is never told as what answered."""
    who = tell_models(vault, ["one"] * 10 + ["two"] * 10, part=ClaimPart.REQUESTED)
    with vault.read() as connection:
        (switch,) = model_switches(connection, who)
    assert switch.part is ClaimPart.REQUESTED


@given(st.lists(st.sampled_from("ab"), max_size=60), st.integers(1, 6))
def test_runs_are_long_enough_and_alternate(values: list[str], least: int) -> None:
    """Whatever the sequence: runs stand in order, differ, and hold enough."""
    runs = lasting_runs(values, least)
    for (one, _first, last), (two, first, _last) in pairwise(runs):
        assert one != two
        assert last < first
    for value, first, last in runs:
        assert values[first] == values[last] == value
        assert values[first : last + 1].count(value) >= least
