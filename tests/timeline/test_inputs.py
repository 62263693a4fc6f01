"""The prompt over two periods: versions with dates, never their words."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from persona_vault.model import Period
from persona_vault.store.clock import micros
from persona_vault.store.personas import ensure_persona
from persona_vault.store.schema import persona_input, source
from persona_vault.store.vault import Vault
from persona_vault.timeline import prompt_record

DATE = datetime(2025, 5, 15, tzinfo=UTC)
BEFORE, AFTER = Period(until=DATE), Period(since=DATE)


def _tell(vault: Vault, *inputs: tuple[str, str, int | None]) -> None:
    """Inputs as (kind, text, days after the date or None)."""
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
                app="lumen",
                imported_at=0,
                manifest="{}",
                ledger="{}",
            )
            .returning(source.c.id)
        ).scalar_one()
        for i, (kind, text, days) in enumerate(inputs):
            at = None if days is None else micros(DATE + timedelta(days=days))
            connection.execute(
                insert(persona_input).values(
                    persona_id=persona_id,
                    source_id=source_id,
                    identity=str(i),
                    kind=kind,
                    text=text,
                    valid_from=at,
                )
            )


def test_without_inputs_nothing_is_said(vault: Vault) -> None:
    """A vault without persona inputs has no record of the prompt."""
    with vault.write() as connection:
        ensure_persona(connection, "Ada")
    assert prompt_record(vault, "Ada", BEFORE, AFTER) is None


def test_a_new_version_near_the_date_is_told(vault: Vault) -> None:
    """Words kept and added are counted, and the nearness to the date is named."""
    _tell(
        vault,
        ("backstory", "You live by the sea", -100),
        ("backstory", "You live by the quiet sea now", 2),
    )
    record = prompt_record(vault, "Ada", BEFORE, AFTER)
    assert record is not None
    first, second = record.versions
    assert (first.near, first.n_words_before) == (False, None)
    assert (second.near, second.n_words, second.n_words_before) == (True, 7, 5)
    assert second.n_words_kept == 5


def test_the_same_words_again_are_no_new_version(vault: Vault) -> None:
    """Each export repeats the prompt: only its first sight counts."""
    _tell(
        vault,
        ("custom_instructions", "Be brief", -40),
        ("custom_instructions", "Be brief", 5),
    )
    record = prompt_record(vault, "Ada", BEFORE, AFTER)
    assert record is not None
    assert [version.at for version in record.versions] == [DATE - timedelta(days=40)]


def test_memories_are_counted_and_undated_ones_told(vault: Vault) -> None:
    """Of what a companion has many, each period's first sights are counted."""
    _tell(
        vault,
        *[("memory", f"likes number {i}", -30 - i) for i in range(4)],
        *[("memory", f"likes colour {i}", i) for i in range(6)],
        ("memory", "no date", None),
    )
    record = prompt_record(vault, "Ada", BEFORE, AFTER)
    assert record is not None
    (count,) = record.counts
    assert (count.n_before, count.n_after, count.n_near) == (4, 6, 4)
    assert record.n_undated == 1
    assert record.versions == ()


def test_the_record_holds_no_words(vault: Vault) -> None:
    """The record goes into reports made without quotes."""
    _tell(vault, ("backstory", "canary", 1), ("memory", "canary", 1))
    assert "canary" not in repr(prompt_record(vault, "Ada", BEFORE, AFTER))
