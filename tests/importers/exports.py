"""Reading one importer's exports in tests, and sorting what comes out."""

from pathlib import Path

from persona_vault.importers.base import Importer
from persona_vault.importers.source import Source
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    SourceFact,
)

NO_OPTIONS = ReadOptions()


def read(
    importer: Importer, path: Path, options: ReadOptions = NO_OPTIONS
) -> list[Record]:
    """The records of a path that the importer must identify."""
    with Source.open(path) as source:
        assert importer.identify(source, options)
        return list(importer.read(source, options))


def knows(importer: Importer, path: Path, options: ReadOptions = NO_OPTIONS) -> bool:
    """Whether the importer identifies a path."""
    with Source.open(path) as source:
        return importer.identify(source, options)


def messages(records: list[Record]) -> list[Message]:
    """The messages among the records."""
    return [record for record in records if isinstance(record, Message)]


def inputs(records: list[Record]) -> list[PersonaInput]:
    """The persona inputs among the records."""
    return [record for record in records if isinstance(record, PersonaInput)]


def facts(records: list[Record]) -> list[str]:
    """Names of the facts about the source."""
    return [record.name for record in records if isinstance(record, SourceFact)]


def reasons(records: list[Record]) -> list[str]:
    """The reasons of what was left out or could not be read."""
    return [r.reason for r in records if isinstance(r, Ignored | ImportIssue)]


def issues(records: list[Record]) -> list[str]:
    """The reasons of what could not be read."""
    return [record.reason for record in records if isinstance(record, ImportIssue)]
