"""Reading small exports in the tests of the flat formats."""

import json
from pathlib import Path
from typing import Any

from persona_vault.importers.base import Importer
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.model import Message, ReadOptions, Record, Role

NO_OPTIONS = ReadOptions()


def read(
    importer: Importer, path: Path, options: ReadOptions = NO_OPTIONS
) -> list[Record]:
    """Every record of an export that the importer knows as its own."""
    with Source.open(path) as source:
        assert importer.identify(source, options)
        return list(importer.read(source, options))


def knows(importer: Importer, path: Path, options: ReadOptions = NO_OPTIONS) -> bool:
    """Whether the importer takes a file for its own."""
    with Source.open(path) as source:
        return importer.identify(source, options)


def chosen(path: Path) -> str:
    """The name of the one importer that the registry finds."""
    with Source.open(path) as source:
        return find_importer(source, NO_OPTIONS).name


def write_json(path: Path, value: Any) -> Path:
    """The value as a JSON file."""
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def said(records: list[Record]) -> list[tuple[str, str]]:
    """(u or p, text) of what the app shows, in order."""
    letters = {Role.USER: "u", Role.PERSONA: "p"}
    return [
        (letters[each.role], each.text)
        for each in records
        if isinstance(each, Message) and each.shown
    ]


def messages(records: list[Record]) -> list[Message]:
    """The messages among records."""
    return [each for each in records if isinstance(each, Message)]
