"""What an export says of time is read alike on every machine, at every hour."""

import ast
import hashlib
import time
from pathlib import Path

import pytest

import persona_vault
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.importers.testing import (
    golden_exports,
    golden_options,
    golden_records,
)
from tests.hostile.corpus import GOLDEN

ZONES = (
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Africa/Casablanca",  # summer time that stops for a month
)
ROOT = Path(persona_vault.__file__).parent
# Part of the product that judges what others' importers give: no import asks it.
NO_IMPORT = {"testing.py"}


def _digest() -> str:
    digest = hashlib.sha256()
    for folder in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        for export in golden_exports(folder)[:2]:
            options = golden_options(export)
            with Source.open(export) as source:
                reader = find_importer(source, options, None)
            digest.update(golden_records(export, reader, options).encode())
    return digest.hexdigest()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone is set as on POSIX")
def test_the_machines_zone_changes_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two exports of every format, in six zones: the same records to the letter."""
    found = set()
    try:
        for zone in ZONES:
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert time.tzname[0] or zone == "UTC"
            found.add(_digest())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert len(found) == 1


def test_no_import_asks_what_time_it_is() -> None:
    """Nor for the machine's zone: nothing that is stored of a message hangs on them."""
    wrong = []
    files = [*ROOT.joinpath("importers").rglob("*.py"), *ROOT.glob("ingest/*.py")]
    assert len(files) > 50
    for path in files:
        if path.name in NO_IMPORT:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _asks(node):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("datetime.now(UTC)", True),
        ("date.today()", True),
        ("time.time()", True),
        ("at.astimezone()", True),
        ("at.astimezone(zone)", False),
        ("datetime.fromtimestamp(seconds)", True),
        ("datetime.fromtimestamp(seconds, UTC)", False),
        ("datetime.fromtimestamp(seconds, tz=UTC)", False),
        ("time.monotonic()", False),
    ],
)
def test_what_asks_the_machine_is_known(words: str, asks: bool) -> None:
    """The rule of the test above, on calls that do and do not."""
    call = ast.parse(words, mode="eval").body
    assert isinstance(call, ast.Call)
    assert _asks(call) is asks


def _asks(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rsplit(".", 2)
    last = ".".join(name[-2:])
    n_given = len(call.args) + len(call.keywords)
    if name[-1] in ("now", "utcnow", "today", "localtime", "mktime"):
        return True
    if name[-1] == "fromtimestamp":
        return n_given < 2
    return last == "time.time" or (name[-1] == "astimezone" and n_given == 0)
