"""The fast fuzzing of `scripts/fuzz.py --mutants`: what breaks is seen and kept."""

import os
import sys
import time
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("timers and limits of POSIX", allow_module_level=True)
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from torments import mutants

from persona_vault.model import ReadOptions
from tests.hostile.exports import FORMATS, spoiled_export
from tests.hostile.mutations import MARKUP, Rolled


def test_spoiled_files_end_in_records_or_a_refusal(tmp_path: Path) -> None:
    """Two files of every format, other ones than Hypothesis chooses."""
    found = mutants.Mutants("any")
    for format_ in FORMATS:
        chance = Rolled(f"suite {format_}")
        for _ in range(2):
            name, data, options = spoiled_export(chance, format_)
            (tmp_path / name).write_bytes(data)
            assert mutants._examine(found, tmp_path / name, options, None) == ""
    assert 0 < found.n_read < found.n == 2 * len(FORMATS)


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (lambda *_: {}["missing"], "KeyError, test_mutants.py:"),
        (lambda *_: time.sleep(30), "did not end"),
        (lambda *_: True, "MB"),
        (lambda *_: _busy(), "took 0."),
    ],
)
def test_what_breaks_a_promise_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reading: object, said: str
) -> None:
    """An exception, no end, too much memory, too long."""
    monkeypatch.setattr(mutants, "read_or_refuse", reading)
    monkeypatch.setattr(mutants, "LONGEST", 0.05)
    monkeypatch.setattr(mutants, "_held", iter((0, 64 * 1024**2)).__next__)
    monkeypatch.setattr(
        mutants, "MOST_GROWTH", 2**20 if said == "MB" else 1024**3, raising=True
    )
    mutants.signal.signal(mutants.signal.SIGALRM, mutants._too_long)
    found = mutants.Mutants("any")
    told = mutants._examine(found, tmp_path / "x", ReadOptions(), None)
    assert said in told


def test_the_file_that_broke_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By format, seed and number, so that it can become a case of the corpus."""
    monkeypatch.setattr(mutants, "read_or_refuse", lambda *_: {}["missing"])
    found = mutants._batch("1 generic_csv 0", 2, tmp_path, time.time() + 60)
    kept = sorted(path.name.rsplit("-", 1)[0] for path in tmp_path.iterdir())
    assert len(found.findings) == found.n == 2
    assert kept[0].startswith("generic_csv-0-0")


def test_pages_are_spoiled_by_their_markup() -> None:
    """Every kind of markup is put into pages, the same with the same seed."""

    def some(seed: str) -> bytes:
        chance = Rolled(seed)
        return b"".join(spoiled_export(chance, "nomi")[1] for _ in range(2_000))

    pages = some("a")
    assert [markup for markup in MARKUP if markup not in pages] == []
    assert some("a") == pages != some("b")


def _busy() -> bool:
    ends = time.process_time() + 0.1
    while time.process_time() < ends:
        pass
    return True
