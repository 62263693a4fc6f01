"""Sound exports with something wrong in them: records come out, or our own error."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import VaultError
from persona_vault.importers.registry import find_importer, importers
from persona_vault.importers.source import Source
from persona_vault.importers.testing import (
    golden_exports,
    golden_options,
)
from persona_vault.ingest import import_file
from persona_vault.model import Message, ReadOptions, Record
from persona_vault.store.vault import Vault
from tests.hostile.corpus import GOLDEN
from tests.hostile.mutations import cases, documents, spoiled

FORMATS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
NAMES = [importer.name for importer in importers()]
FUZZED = {".json", ".jsonl", ".csv", ".txt", ".html", ".af", ".db"}

Export = tuple[str, bytes, ReadOptions]


def _exports(format_: str) -> list[Export]:
    """Name, bytes and options of each golden file; of a folder, of each text in it."""
    found = []
    for export in golden_exports(GOLDEN / format_):
        options = golden_options(export)
        files = [export] if export.is_file() else sorted(export.rglob("*"))
        found += [
            (path.name, path.read_bytes(), options)
            for path in files
            if path.is_file() and path.suffix in FUZZED
        ]
    return found


def _document(name: str, data: bytes) -> list[Any] | None:
    """The values of a JSON file or of its lines; None where it is neither."""
    lines = data.splitlines() if name.endswith(".jsonl") else [data]
    try:
        return [json.loads(line) for line in lines if line.strip()]
    except ValueError:
        return None


@st.composite
def _spoiled_export(draw: st.DrawFn, format_: str) -> Export:
    """A golden export with wrong bytes or, where it is JSON, a wrong structure."""
    name, data, options = draw(st.sampled_from(_exports(format_)))
    values = _document(name, data)
    if values and draw(st.booleans()):
        changed = draw(documents(values, n_most=4))
        if isinstance(changed, list):
            return name, "\n".join(map(json.dumps, changed)).encode(), options
    return name, draw(spoiled(data)), options


def _check(record: Record) -> None:
    """What importers promise of every record, whatever the file holds."""
    if not isinstance(record, Message):
        assert len(record.where) < 500
        return
    for text in (record.text, record.speaker, record.conversation.title):
        text.encode()
        assert "\x00" not in text
    if record.sent_at is not None:
        assert record.sent_at.utcoffset() is not None
        assert record.sent_at.year >= 1
    if record.local_at is not None:
        assert record.local_at.isascii()


def _records(path: Path, options: ReadOptions, name: str | None) -> Iterator[Record]:
    with Source.open(path) as source:
        yield from find_importer(source, options, name).read(source, options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the spoiled files are put, one after another."""
    return tmp_path_factory.mktemp("spoiled")


@pytest.mark.parametrize("format_", FORMATS)
def test_spoiled_exports(format_: str, folder: Path) -> None:
    """Read by the reader that knows them, or by any other one: records or our error."""

    @settings(
        max_examples=cases(100),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        export=_spoiled_export(format_),
        reader=st.one_of(st.none(), st.none(), st.sampled_from(NAMES)),
    )
    def examine(export: Export, reader: str | None) -> None:
        name, data, options = export
        path = folder / name
        path.write_bytes(data)
        try:
            for record in _records(path, options, reader):
                _check(record)
        except VaultError as refused:
            error = refused
        else:
            return
        assert error.hint
        assert "\n" not in error.message

    examine()


@pytest.mark.parametrize("format_", FORMATS)
def test_spoiled_exports_reach_the_vault(
    format_: str, vault: Vault, tmp_path: Path
) -> None:
    """Whatever was read can be stored, told in JSON, and read again."""

    @settings(
        max_examples=cases(20),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(export=_spoiled_export(format_))
    def examine(export: Export) -> None:
        name, data, options = export
        path = tmp_path / name
        path.write_bytes(data)
        try:
            report = import_file(vault, path, persona="Wren", options=options)
        except VaultError:
            return
        told = json.dumps(report.to_dict())
        assert json.loads(told)["n_read"] == (
            report.n_added
            + report.n_duplicate
            + report.n_revised
            + report.n_ignored
            + report.n_issues
        )

    examine()
    for message in vault.messages(shown_only=False):
        message.text.encode()
    assert json.dumps(vault.info())


def test_every_format_has_something_to_spoil() -> None:
    """The golden folders are there and hold files; none is forgotten."""
    assert len(FORMATS) >= 6
    for format_ in FORMATS:
        assert _exports(format_), format_
