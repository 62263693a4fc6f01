"""The harness for importer authors finds each fault it is there to find."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest

from persona_vault.importers.source import Source
from persona_vault.importers.testing import conformance
from persona_vault.model import (
    Conversation,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

GOOD = Message(
    conversation=Conversation(), role=Role.USER, speaker="Me", text="x", where="line 2"
)
CLOCK = count()


class Lines:
    """A small sound importer; `spoil` makes it faulty."""

    name: ClassVar[str] = "lines"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "vendor"

    def __init__(self, spoil: Callable[[Message], Record] | None = None) -> None:
        self.spoil = spoil or (lambda message: message)

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """By its first line."""
        return source.kind == "file" and source.head().startswith(b"LINES\n")

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """A message of each further line."""
        for number, text in source.lines():
            if number > 1:
                where = f"line {number}"
                yield self.spoil(dataclasses.replace(GOOD, text=text, where=where))


class Greedy(Lines):
    """Takes any file for its own."""

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Always."""
        return True


class Reader(Lines):
    """Reads the whole file to know it."""

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """By every line."""
        return [line for _, line in source.lines()][:1] == ["LINES"]


class Fragile(Lines):
    """Breaks on what is not as expected."""

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Only knows two letters."""
        for _, text in source.lines():
            yield {"LINES": GOOD, "hello": dataclasses.replace(GOOD, where="b")}[
                text[:5]
            ]


class Prying(Lines):
    """Reads what lies beside the export."""

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Any folder too."""
        return source.kind == "folder" or super().identify(source, options)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """The login, through the path."""
        if source.kind == "folder":
            text = (source.path / ".env").read_text(encoding="utf-8")
            yield dataclasses.replace(GOOD, text=text)
        else:
            yield from super().read(source, options)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of a thousand lines, longer than what identify may read."""
    path = tmp_path / "talk.lines"
    path.write_text("LINES\n" + "hello there\n" * 8000, encoding="utf-8")
    return path


def spoiled(**change: object) -> Callable[[Message], Record]:
    """A change of these fields of each message."""
    return lambda message: dataclasses.replace(message, **change)  # type: ignore[arg-type]


EAST = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("importer", "problem"),
    [
        (Greedy(), "foreign file picture.png is identified"),
        (Reader(), "identify reads 96006 bytes"),
        (Fragile(), "KeyError"),
        (Prying(), "content of a secret file"),
        (Lines(spoiled(where="here")), "two records stand at the same place"),
        (Lines(spoiled(where="")), "no place"),
        (Lines(spoiled(speaker="")), "no speaker"),
        (Lines(spoiled(text="\ud800")), "lone surrogate"),
        (Lines(spoiled(time_quality=TimeQuality.EXACT)), "sent_at does not fit exact"),
        (Lines(spoiled(sent_at=EAST)), "sent_at is not aware UTC"),
        (Lines(spoiled(sent_at=EAST)), "sent_at does not fit none"),
        (Lines(spoiled(local_at="2024-01-01T00:00:00")), "local_at does not fit none"),
        (
            Lines(
                spoiled(
                    local_at="2024-01-01T00:00:00+01:00",
                    time_quality=TimeQuality.LOCAL,
                )
            ),
            "local_at names a zone",
        ),
        (
            Lines(lambda m: dataclasses.replace(m, text=str(next(CLOCK)))),
            "two readings give different records",
        ),
        (Lines(lambda m: ImportIssue("", m.where)), "no reason"),
        (
            Lines(
                lambda m: PersonaInput(
                    kind="memory", text="x", where=m.where, valid_from=EAST
                )
            ),
            "valid_from is not aware UTC",
        ),
    ],
)
def test_each_fault_is_told(export: Path, importer: Lines, problem: str) -> None:
    """A faulty importer is told what is wrong with it."""
    line = "hello there" + " hello there" * (799 if "96006" in problem else 0) + "\n"
    export.write_text("LINES\n" + line * 10, encoding="utf-8")

    problems = conformance(importer, export)

    assert any(problem in told for told in problems), problems[:5]


def test_a_sound_importer_passes(export: Path) -> None:
    """Nothing is told about an importer that keeps the rules."""
    export.write_text("LINES\nhello there\n", encoding="utf-8")

    assert conformance(Lines(), export) == []


def test_an_export_that_is_not_known_is_told(tmp_path: Path) -> None:
    """Trying the wrong export is told, not passed over."""
    path = tmp_path / "x.lines"
    path.write_text("something else\n", encoding="utf-8")

    problems = conformance(Lines(), path)

    assert "x.lines is not identified" in problems
    assert "no record is read" in problems
