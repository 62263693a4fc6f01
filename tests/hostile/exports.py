"""Sound exports of every format, to be spoiled, and what must hold of what is read."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from persona_vault.errors import VaultError
from persona_vault.importers.registry import find_importer, importers
from persona_vault.importers.source import Source
from persona_vault.importers.testing import golden_exports, golden_options
from persona_vault.model import Message, ReadOptions, Record
from tests.hostile.corpus import GOLDEN
from tests.hostile.mutations import Chance, wrong_bytes, wrong_document, wrong_page

FORMATS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
NAMES = [importer.name for importer in importers()]
FUZZED = {".json", ".jsonl", ".csv", ".txt", ".html", ".af", ".db"}

Export = tuple[str, bytes, ReadOptions]


@cache
def exports(format_: str) -> tuple[Export, ...]:
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
    return tuple(found)


@cache
def _document(name: str, data: bytes) -> list[Any] | None:
    """The values of a JSON file or of its lines; None where it is neither."""
    lines = data.splitlines() if name.endswith(".jsonl") else [data]
    try:
        return [json.loads(line) for line in lines if line.strip()]
    except ValueError:
        return None


def spoiled_export(chance: Chance, format_: str) -> Export:
    """A golden export with wrong bytes or, where it has one, a wrong structure."""
    name, data, options = chance.pick(exports(format_))
    values = _document(name, data)
    if values and chance.below(2):
        changed = wrong_document(chance, values, n_most=4)
        if isinstance(changed, list):
            return name, "\n".join(map(json.dumps, changed)).encode(), options
    if name.endswith(".html") and chance.below(2):
        return name, wrong_page(chance, data), options
    return name, wrong_bytes(chance, data), options


def read_or_refuse(path: Path, options: ReadOptions, reader: str | None) -> bool:
    """Read a file to its end; whether it was read, not refused.

    Raises:
        AssertionError: A record, or our own error, breaks a promise.
    """
    try:
        for record in _records(path, options, reader):
            _check(record)
    except VaultError as error:
        refused = error
    else:
        return True
    assert refused.hint
    assert "\n" not in refused.message
    return False


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
