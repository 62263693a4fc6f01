"""Every kind of export: what is kept says what its raw record says, or is found."""

import json
from typing import Any

import pytest

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.ingest import rereading
from persona_vault.ingest.checking import check_records
from persona_vault.ingest.rereading import reread_source
from persona_vault.model import ReadOptions, Role
from persona_vault.store.vault import Vault
from tests.ingest.desk import Desk, FakeImporter

Ids = dict[str, set[int]]


def looked_at(vault: Vault) -> tuple[Ids, Ids]:
    """Ids of what was compared and of what is unlike its record, by table."""
    compared: Ids = {}
    unlike: Ids = {}
    for damage in check_records(vault, compared=compared):
        assert (damage.kind, damage.n) == ("record", len(damage.ids))
        unlike.setdefault(damage.table, set()).update(damage.ids)
    return compared, unlike


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
