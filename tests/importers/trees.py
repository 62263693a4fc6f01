"""Reading small exports of assistants in tests, whatever their importer."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from persona_vault.importers.base import Importer
from persona_vault.importers.source import Source
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
)

GOLDEN = Path(__file__).parent / "golden"
NO_OPTIONS = ReadOptions()


def read(importer: Importer, path: Path) -> list[Record]:
    """Every record of an export."""
    with Source.open(path) as source:
        return list(importer.read(source, NO_OPTIONS))


def read_value(importer: Importer, path: Path, value: Any) -> list[Record]:
    """Every record of an export that is this JSON value, written to a path."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return read(importer, path)


def identify(importer: Importer, path: Path) -> bool:
    """Whether the importer knows an export."""
    with Source.open(path) as source:
        return importer.identify(source, NO_OPTIONS)


def messages(records: list[Record]) -> dict[str | None, Message]:
    """The messages among records, by their id."""
    return {r.native_id: r for r in records if isinstance(r, Message)}


def shown(records: list[Record]) -> list[str]:
    """The texts that the app shows, in order."""
    return [r.text for r in records if isinstance(r, Message) and r.shown]


def inputs(records: list[Record]) -> list[PersonaInput]:
    """What the companion was told to be."""
    return [r for r in records if isinstance(r, PersonaInput)]


def left_out(records: list[Record]) -> list[tuple[str, str]]:
    """(reason, where) of what was left out or could not be read."""
    return [
        (r.reason, r.where) for r in records if isinstance(r, (Ignored, ImportIssue))
    ]


def make_zip(path: Path, members: Mapping[str, Any]) -> Path:
    """Write a zip of JSON values, or bytes as they are, and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            is_bytes = isinstance(value, bytes)
            archive.writestr(name, value if is_bytes else json.dumps(value))
    return path
