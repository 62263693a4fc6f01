"""What is kept says what its raw record says, and a difference is found."""

from pathlib import Path

import pytest

from persona_vault.importers.testing import golden_exports, golden_options
from persona_vault.ingest import import_file, rereading
from persona_vault.ingest.checking import check_records, not_compared
from persona_vault.store.vault import Vault
from tests.ingest.desk import Desk, FakeImporter, drop_row

GOLDEN = Path(__file__).parents[1] / "importers" / "golden"


@pytest.fixture
def filled(vault: Vault) -> Vault:
    """A vault with exports that have messages and instructions with records."""
    for export in golden_exports(GOLDEN / "chatgpt"):
        options = golden_options(export)
        import_file(vault, export, persona=export.name, options=options)
    return vault


def test_nothing_differs_after_an_import(filled: Vault) -> None:
    """No false alarm, with a zone named later as well."""
    assert list(check_records(filled)) == []
    filled.set_zone("Europe/Berlin")
    assert list(check_records(filled)) == []


@pytest.mark.parametrize("table", ["message", "persona_input"])
def test_other_words_than_the_records_are_found(filled: Vault, table: str) -> None:
    """The row and its source are named; row hashes could not tell, being new."""
    recorded = f"SELECT max({table}_id) FROM raw_record"  # noqa: S608 - our names
    with filled.write() as connection:
        row_id = connection.exec_driver_sql(recorded).scalar_one()
        say = f"UPDATE {table} SET text = 'other words' WHERE id = ?"  # noqa: S608
        connection.exec_driver_sql(say, (row_id,))
    (damage,) = check_records(filled)
    assert (damage.kind, damage.table, damage.ids) == ("record", table, (row_id,))
    assert len(damage.sources) == 1
    assert not damage.rebuildable


@pytest.mark.parametrize("table", ["message", "persona_input"])
def test_a_row_that_is_gone_is_named(filled: Vault, table: str) -> None:
    """With its number and its source, though its record still stands."""
    recorded = f"SELECT max({table}_id) FROM raw_record"  # noqa: S608 - our names
    with filled.engine.connect() as connection:
        row_id = connection.exec_driver_sql(recorded).scalar_one()
    drop_row(filled, table, row_id)
    (damage,) = check_records(filled)
    assert (damage.kind, damage.table, damage.ids) == ("lost", table, (row_id,))
    assert len(damage.sources) == 1


def test_a_record_that_cannot_be_unpacked_is_told(filled: Vault) -> None:
    """Its source is named, and the other sources are still looked at."""
    with filled.write() as connection:
        connection.exec_driver_sql("UPDATE raw_record SET data = x'00' WHERE id = 1")
    (damage,) = check_records(filled)
    assert (damage.kind, damage.table) == ("unreadable", "raw_record")
    assert damage.sources == (1,)


def test_a_source_of_another_reader_is_passed_over(filled: Vault) -> None:
    """What an older version read may read otherwise now: that is for `reimport`."""
    with filled.write() as connection:
        connection.exec_driver_sql("UPDATE source SET importer_version = 0")
        connection.exec_driver_sql("UPDATE message SET text = 'other words'")
    assert list(check_records(filled)) == []


def counted(vault: Vault) -> dict[tuple[str, str, str], int]:
    """How much of which table was not compared, by app and reason."""
    compared: dict[str, set[int]] = {}
    assert list(check_records(vault, compared=compared)) == []
    found = not_compared(vault, compared)
    assert all(each.sources for each in found)
    return {(each.table, each.of, each.reason): each.n for each in found}


def n_rows(vault: Vault, table: str) -> int:
    """Rows of a table."""
    with vault.read() as connection:
        say = f"SELECT count(*) FROM {table}"  # noqa: S608 - our names
        return int(connection.exec_driver_sql(say).scalar_one())


def test_what_could_not_be_compared_is_counted(filled: Vault) -> None:
    """By app and reason; what was compared is in none of them."""
    n_messages, n_inputs = n_rows(filled, "message"), n_rows(filled, "persona_input")
    before = counted(filled)
    assert sum(before.values()) < n_messages + n_inputs
    assert {of for _, of, _ in before} <= {"chatgpt"}
    export = golden_exports(GOLDEN / "nomi")[0]
    options = golden_options(export)
    import_file(filled, export, persona="Nomi", options=options)
    n_new = n_rows(filled, "message") - n_messages
    assert counted(filled)["message", "nomi", "no_record"] == n_new > 0
    with filled.write() as connection:
        connection.exec_driver_sql("UPDATE source SET importer_version = 0")
    assert counted(filled)["message", "chatgpt", "other_version"] == n_messages
    assert counted(filled)["message", "nomi", "other_version"] == n_new
    with filled.write() as connection:
        connection.exec_driver_sql("UPDATE source SET importer = 'gone'")
    assert counted(filled)["message", "gone", "no_reader"] == n_messages + n_new


def test_a_reader_that_needs_the_whole_file_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a plugin, say, that can neither read a record again nor tell of it."""
    monkeypatch.setattr(rereading, "importers", lambda: [FakeImporter()])
    desk.bring([{"text": "a", "raw": "{}"}, {"text": "b"}])
    assert counted(desk.vault) == {("message", "fake_app", "whole_file"): 2}
