"""Raw records read again: corrected in place, nothing comes, nothing goes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError, UsageError, VaultDamagedError
from persona_vault.importers import registry
from persona_vault.importers.base import RereadingImporter
from persona_vault.importers.testing import golden_exports, golden_options
from persona_vault.ingest import import_file, rereading
from persona_vault.ingest.rereading import RereadReport, reread_source
from persona_vault.store.vault import Vault
from tests.ingest.desk import BetterFakeImporter, Desk, FakeImporter, at, drop_row

GOLDEN = Path(__file__).parents[1] / "importers" / "golden"
REREAD = (
    *("ai_studio", "chatgpt", "copilot", "generic_csv", "generic_jsonl", "kindroid"),
    *("le_chat", "openai_messages", "pi", "replika", "sharegpt"),
)
EVERYTHING = (
    "SELECT * FROM message ORDER BY id",
    "SELECT * FROM persona_input ORDER BY id",
    "SELECT message_id, value, claim_source, part FROM model_claim ORDER BY 1, 2, 3",
    "SELECT * FROM attachment ORDER BY id",
    "SELECT * FROM revision ORDER BY id",
    "SELECT * FROM passage ORDER BY message_id",
    "SELECT * FROM raw_record ORDER BY id",
)

Reread = Callable[[Desk, int], RereadReport]


@pytest.fixture
def reread(monkeypatch: pytest.MonkeyPatch) -> Reread:
    """Reads a source again by the better importer."""
    monkeypatch.setattr(rereading, "importers", lambda: [BetterFakeImporter()])

    def run(desk: Desk, source_id: int) -> RereadReport:
        report = reread_source(desk.vault, source_id)
        desk.check_index()
        return report

    return run


def kept(**record: Any) -> dict[str, Any]:
    """A message whose raw record is its own line."""
    return {**record, "raw": json.dumps(record)}


def rows_of(vault: Vault) -> list[Any]:
    """All that is said of messages and inputs, ids included."""
    with vault.read() as connection:
        return [connection.exec_driver_sql(query).all() for query in EVERYTHING]


def test_a_better_reader_corrects_in_place(desk: Desk, reread: Reread) -> None:
    """Words, side, kind and time change; ids, order of the rest and numbers stay."""
    desk.bring(
        [
            kept(text="*hello*", sent_at=at(0), role="user"),
            kept(text="come in", sent_at=at(1)),
            kept(text="be kind", sent_at=at(2), speaker="operator"),
            kept(text="whole file", sent_at=at(3)),
            {"text": "*no record*", "sent_at": at(4)},
            {**kept(text="*tea*", kind="memory", record="input"), "record": "input"},
        ]
    )
    ids = [m.id for m in desk.vault.messages("Ava")]

    report = reread(desk, 1)

    assert (report.n_records, report.n_changed) == (5, 3)
    assert (report.n_same, report.n_left) == (1, 1)
    assert (report.version_before, report.version, report.reason) == (1, 2, "")
    stored = list(desk.vault.messages("Ava", shown_only=False))
    assert [m.id for m in stored] == ids
    assert [m.text for m in stored][:2] == ["hello", "come in"]
    assert (stored[2].role, stored[2].kind, stored[2].shown) == (
        "system",
        "service",
        False,
    )
    assert stored[4].text == "*no record*"
    assert desk.rows("SELECT text FROM persona_input") == [("tea",)]
    (source,) = desk.vault.sources()
    assert source.importer_version == 2
    assert source.ledger["reread"] == {"changed": 3, "same": 1, "left": 1}
    assert reread(desk, 1).reason.startswith("It was read by this version")


def test_an_export_imported_later_is_still_known(desk: Desk, reread: Reread) -> None:
    """Identity follows the better reading, with and without ids and times."""
    told = [
        kept(text="*a*", native_id="1", sent_at=at(0)),
        kept(text="*b*", sent_at=at(1)),
        kept(text="b", sent_at=at(1)),
        *(kept(text=f"*{word}*") for word in ("x", "y", "z")),
    ]
    desk.bring(told)
    assert reread(desk, 1).n_changed == 5
    better = [{**r, "text": r["text"].strip("*")} for r in told]

    report = desk.bring([*better, {"text": "later", "sent_at": at(9)}])

    assert (report.n_added, report.n_duplicate, report.n_revised) == (1, 6, 0)


def test_a_time_that_was_not_read_before_is_placed(desk: Desk, reread: Reread) -> None:
    """The order and the dates of the ledgers follow."""
    desk.bring(
        [
            {"text": "last", "raw": json.dumps({"text": "last", "at": at(9)})},
            {"text": "first", "raw": json.dumps({"text": "first", "at": at(2)})},
        ]
    )
    assert desk.texts() == ["last", "first"]
    reread(desk, 1)
    assert desk.texts() == ["first", "last"]
    (source,) = desk.vault.sources()
    assert source.ledger["first_at"] == "2024-03-01T12:02:00Z"


def test_times_that_were_set_aside_stay_so(desk: Desk, reread: Reread) -> None:
    """A record alone cannot tell that its time was written by a tool."""
    stamped = [kept(text=f"word {i}", sent_at=at(0)) for i in range(60)]
    desk.bring(stamped)
    flagged = {"text": "x", "flags": ["time_demoted"]}
    desk.bring([{**flagged, "raw": json.dumps({"text": "x", "sent_at": at(0)})}])
    assert (reread(desk, 1).n_changed, reread(desk, 2).n_changed) == (0, 0)
    assert desk.rows("SELECT DISTINCT time_quality FROM message") == [("none",)]


def test_a_newer_wording_of_another_source_stays(desk: Desk, reread: Reread) -> None:
    """Each source's own wording is corrected, the newest one is shown."""
    desk.bring([kept(text="*one*", native_id="1", sent_at=at(0))])
    desk.bring([{"text": "two", "native_id": "1", "sent_at": at(5)}])
    assert reread(desk, 1).n_changed == 1
    assert desk.texts() == ["two"]
    desk.vault.forget_source(2)
    assert desk.texts() == ["one"]


def test_branches_stay_branches(desk: Desk, reread: Reread) -> None:
    """What the tree around a record told is not undone by the record alone."""
    record = {"text": "*left*", "sent_at": at(0)}
    told = {**record, "shown": False, "flags": ["branch", "regenerated", "odd"]}
    desk.bring([{**told, "raw": json.dumps(record)}, {"text": "x", "sent_at": at(1)}])
    reread(desk, 1)
    ((text, shown, flags),) = desk.rows(
        "SELECT text, shown, flags FROM message WHERE id = 1"
    )
    assert (text, shown, flags) == ("left", 0, "branch regenerated")


def test_a_message_that_is_gone_is_damage(desk: Desk, reread: Reread) -> None:
    """Nothing is changed then; the error says how to find out which."""
    desk.bring([kept(text="*a*"), kept(text="*b*")])
    drop_row(desk.vault, "message", 2)
    before = rows_of(desk.vault)
    with pytest.raises(VaultDamagedError) as caught:
        reread(desk, 1)
    assert "verify" in caught.value.hint
    assert rows_of(desk.vault) == before


def test_a_reader_that_needs_the_whole_file_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and nothing is touched; the same for one that is not there."""
    desk.bring([kept(text="*a*")])
    before = rows_of(desk.vault)

    class WholeFilesOnly(FakeImporter):
        version = 3

    monkeypatch.setattr(rereading, "importers", lambda: [WholeFilesOnly()])
    assert "needs the whole file" in reread_source(desk.vault, 1).reason
    monkeypatch.setattr(rereading, "importers", list)
    assert "No reader named fake" in reread_source(desk.vault, 1).reason
    assert rows_of(desk.vault) == before
    with pytest.raises(UsageError):
        reread_source(desk.vault, 99)


@pytest.mark.parametrize(
    "export",
    [export for name in REREAD for export in golden_exports(GOLDEN / name)],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_the_same_reading_changes_nothing(vault: Vault, export: Path) -> None:
    """Each record that can be read alone gives just what it gave inside its file."""
    options = golden_options(export)
    try:
        report = import_file(vault, export, persona="Ava", options=options)
    except InputRejectedError:
        pytest.skip("without names this export gives no message")
    before = rows_of(vault)
    reader = next(
        i for i in registry.importers() if i.name == report.source["importer"]
    )
    if not isinstance(reader, RereadingImporter):
        pytest.skip(f"{reader.name} reads whole files only")
    with vault.write() as connection:
        connection.exec_driver_sql("UPDATE source SET importer_version = 0")

    found = reread_source(vault, 1)

    assert (found.n_changed, found.reason) == (0, "")
    assert found.n_same + found.n_left == found.n_records
    assert rows_of(vault) == before
