"""What no app would write is refused in one sentence, and the vault stays as it was."""

import shutil
import sys
import tracemalloc
from pathlib import Path

import pytest

from persona_vault.importers.testing import golden_exports
from tests.hostile.console import call, check_refusal, fingerprint
from tests.hostile.corpus import (
    CANARY,
    GOLDEN,
    ISSUES,
    REPLIKA,
    Case,
    cases,
    file,
)

MOST_BYTES = 300 * 1024 * 1024


@pytest.fixture(scope="module")
def kept(plain_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed vault with a short talk in it; no test may change it."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copytree(plain_template, folder / "vault")
    export = file("replika.csv", REPLIKA)(folder)
    words = ("--vault", folder / "vault", "--persona", "Wren", "--no-embed")
    assert call("import", export, *words).code == 0
    return folder / "vault"


def test_the_corpus_is_large_and_has_every_format() -> None:
    """At least 150 files that no app would write, some of them for each reader."""
    names = [case.name for case in cases()]
    sys.stdout.write(f"{len(names)} malformed and hostile files\n")
    assert len(names) >= 150
    for folder in GOLDEN.iterdir():
        if any(path.is_file() and path.suffix != ".zip" for path in _exports(folder)):
            assert f"half-of-{folder.name}" in names
    assert all(case.codes for case in cases())


def _exports(folder: Path) -> list[Path]:
    return golden_exports(folder) if folder.is_dir() else []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_file_that_no_app_would_write(case: Case, kept: Path, tmp_path: Path) -> None:
    """One sentence, one next step, the documented code; not one byte is changed.

    What can still be read is read; then the records that cannot are counted.
    """
    vault = kept
    may_succeed = min(case.codes) == 0 or ISSUES in case.codes
    if may_succeed:
        vault = tmp_path / "vault"
        shutil.copytree(kept, vault)
    before = fingerprint(vault)
    folder = tmp_path / "export"
    folder.mkdir()
    path = case.make(folder)
    words = ("--vault", vault, "--no-embed", "--persona", "Wren", *case.words)
    outcome = call("import", path, *words)
    assert outcome.code in case.codes, outcome
    assert CANARY not in outcome.said
    assert not set(outcome.said) & {chr(c) for c in (0x1B, 0x07, 0x08, 0x9B)}
    if outcome.code not in (0, ISSUES):
        check_refusal(outcome, case.codes)
        assert fingerprint(vault) == before
    in_json = call("import", path, *words, "--json")
    if outcome.code not in (0, ISSUES):
        assert in_json.code == outcome.code
        assert in_json.error()["hint"]
        assert fingerprint(vault) == before


@pytest.mark.parametrize(
    "name", ["zip-bomb", "zip-lying-bomb", "zip-overlapping", "deep-inside", "device"]
)
def test_a_bomb_takes_little_memory(name: str, kept: Path, tmp_path: Path) -> None:
    """What unpacks to much is refused before it does."""
    found = [case for case in cases() if case.name == name]
    if not found:
        pytest.skip("this system has no such file")
    path = found[0].make(tmp_path)
    tracemalloc.start()
    try:
        outcome = call("import", path, "--vault", kept, "--persona", "Wren")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.code == 3
    assert most < MOST_BYTES / 10
