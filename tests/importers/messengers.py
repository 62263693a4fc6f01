"""Reading small messenger files in tests."""

import json
from pathlib import Path
from typing import Any

from persona_vault.importers.base import Importer
from persona_vault.importers.source import Source
from persona_vault.model import Message, ReadOptions, Record


def read(importer: Importer, path: Path, **options: Any) -> list[Record]:
    """Every record of an export, which the importer must know as its own."""
    given = ReadOptions(**options)
    with Source.open(path) as source:
        assert importer.identify(source, given)
        return list(importer.read(source, given))


def messages(records: list[Record]) -> list[Message]:
    """The messages among records."""
    return [record for record in records if isinstance(record, Message)]


def save(path: Path, value: Any) -> Path:
    """Write a JSON file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
