"""Every kind of export: what is kept says what its raw record says, or is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.base import RereadingImporter, TellingImporter
from persona_vault.importers.registry import importers
from persona_vault.importers.testing import golden_exports, golden_options
from persona_vault.ingest import import_file, rereading
from persona_vault.ingest.checking import check_records, not_compared
from persona_vault.ingest.rereading import reread_source
from persona_vault.model import ReadOptions, Role
from persona_vault.store.vault import Vault
from tests.ingest.desk import Desk, FakeImporter

GOLDEN = Path(__file__).parents[1] / "importers" / "golden"
EXPORTS = [
    export
    for folder in sorted(GOLDEN.iterdir())
    if folder.is_dir()
    for export in golden_exports(folder)
]
# Of these some records do not say enough, or have no words at all.
PARTLY = {"csv", "jsonl", "llm_logs", "text", "whatsapp"}

Ids = dict[str, set[int]]


def brought(vault: Vault, export: Path) -> None:
    """Import an export; skip one that gives no message without names."""
    try:
        import_file(vault, export, persona="Ava", options=golden_options(export))
    except InputRejectedError:
        pytest.skip("without names this export gives no message")


def looked_at(vault: Vault) -> tuple[Ids, Ids]:
    """Ids of what was compared and of what is unlike its record, by table."""
    compared: Ids = {}
    unlike: Ids = {}
    for damage in check_records(vault, compared=compared):
        assert (damage.kind, damage.n) == ("record", len(damage.ids))
        unlike.setdefault(damage.table, set()).update(damage.ids)
    return compared, unlike


def run(vault: Vault, statement: str) -> None:
    """Write behind the program's back, but with new row hashes."""
    with vault.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "export", EXPORTS, ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_no_false_alarm_and_no_other_word_missed(vault: Vault, export: Path) -> None:
    """A sound vault is like its records; of changed words each compared row is told."""
    brought(vault, export)
    compared, unlike = looked_at(vault)
    assert unlike == {}
    vault.set_zone("America/New_York")
    assert looked_at(vault) == (compared, {})
    for table in ("message", "revision", "persona_input"):
        run(vault, f"UPDATE {table} SET text = 'no, ' || text")  # noqa: S608 - ours
    assert looked_at(vault) == (compared, compared)


def test_every_reader_of_ours_is_compared(vault: Vault) -> None:
    """All together under one name; but for a few, all that a record was kept of."""
    for export in EXPORTS:
        options = golden_options(export)
        try:
            import_file(vault, export, persona="Ava", options=options)
        except InputRejectedError:
            continue
    compared, unlike = looked_at(vault)
    assert unlike == {}
    left_out = not_compared(vault, compared)
    assert {each.reason for each in left_out} == {"no_record", "record_alone"}
    short = [each for each in left_out if each.reason == "record_alone"]
    readers = dict(query(vault, "SELECT id, importer FROM source"))
    assert {readers[source] for each in short for source in each.sources} == PARTLY
    at_all = query(
        vault,
        "SELECT DISTINCT importer FROM source, message"
        " WHERE source.id = source_id UNION"
        " SELECT DISTINCT importer FROM source, persona_input"
        " WHERE source.id = source_id",
    )
    assert {name for (name,) in at_all} == {reader.name for reader in importers()}
    for reader in importers():
        assert isinstance(reader, RereadingImporter | TellingImporter)


def query(vault: Vault, statement: str) -> list[Any]:
    """Rows of a query."""
    with vault.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


@pytest.mark.parametrize(
    ("folder", "columns"),
    [
        ("pi", "role speaker sent_at kind"),
        ("claude", "role speaker sent_at"),
        ("grok", "role speaker sent_at"),
        ("character_ai", "role speaker"),
        ("telegram", "speaker sent_at"),
        ("discord", "speaker sent_at"),
        ("whatsapp", "speaker"),
        ("sillytavern", "speaker"),
    ],
)
def test_more_than_words_is_compared(vault: Vault, folder: str, columns: str) -> None:
    """Side, name and time, where a record alone tells them."""
    brought(vault, golden_exports(GOLDEN / folder)[0])
    other = {"role": "'system'", "sent_at": "sent_at + 1"}
    for column in columns.split():
        before = query(vault, f"SELECT id, {column} FROM message")  # noqa: S608
        now = other.get(column, f"{column} || ' x'")
        run(vault, f"UPDATE message SET {column} = {now}")  # noqa: S608 - ours
        compared, unlike = looked_at(vault)
        assert unlike["message"] <= compared["message"]
        assert unlike["message"], column
        with vault.write() as connection:
            for row_id, value in before:
                say = f"UPDATE message SET {column} = ? WHERE id = ?"  # noqa: S608
                connection.exec_driver_sql(say, (value, row_id))
        assert looked_at(vault)[1] == {}


class TellingFakeImporter(FakeImporter):
    """A reader whose records tell words, or what words there may be."""

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """The fields of `Told` that a record names."""
        fields = json.loads(raw)
        if "role" in fields:
            fields["role"] = Role(fields["role"])
        return Told(**fields) if fields else None


def kept(words: str, **fields: Any) -> dict[str, Any]:
    """A message whose raw record tells these fields of it."""
    return {"text": words, "raw": json.dumps(fields)}


def test_words_that_only_the_file_can_tell(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of the record's words, or one of several; what is not told is left."""
    monkeypatch.setattr(rereading, "importers", lambda: [TellingFakeImporter()])
    desk.bring(
        [
            kept("two", text="one two three", has_more=True),
            kept("four", text="one two three", has_more=True),
            kept("this", text="that", others=["this"]),
            kept("neither", text="that", others=["this"]),
            kept("mine", text="mine", role="user"),
            kept("name", text="name", speaker="Somebody"),
            {"text": "nothing told", "raw": "{}"},
        ]
    )
    compared, unlike = looked_at(desk.vault)
    assert compared == {"message": {1, 2, 3, 4, 5, 6}}
    assert unlike == {"message": {2, 4, 5, 6}}


def test_a_reader_that_only_tells_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reimport` says that the whole file is needed, as before."""
    desk.bring([kept("kept", text="otherwise")])

    class Later(TellingFakeImporter):
        version = 2

    monkeypatch.setattr(rereading, "importers", lambda: [Later()])
    assert "needs the whole file" in reread_source(desk.vault, 1).reason
    assert desk.texts() == ["kept"]
    assert looked_at(desk.vault) == ({}, {})


def test_an_unclear_record_tells_nothing() -> None:
    """Neither several messages, nor several fields, nor a field without text."""
    assert told_by([]) is None
    assert only_field({"note": "x"}) == Told(text="x")
    for value in ({"note": 1}, {"a": "x", "b": "y"}, {}, None, ["x"], "x"):
        assert only_field(value) is None
