"""`demo` and `scripts/demo.py`: truth beside verdict, and nothing left behind."""

import csv
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import persona_vault.embedders
from persona_vault.cli import _tour
from persona_vault.cli._tour import PASSPHRASE_NAME, Tour, take_tour
from persona_vault.cli._truth import Outcome as Result
from persona_vault.cli._truth import check_update, check_user_shift
from persona_vault.errors import NoModelError
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.store.vault import open_vault
from tests.cli.conftest import Run, RunJson
from tests.hostile.console import Outcome, call

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# Stands for the random one, so that a test can look for it.
SECRET = "never-to-be-printed-0123456789"  # noqa: S105


def _no_model(_: object = None) -> None:
    raise NoModelError("No model.")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Outcome]]:
    """One real run by words, its exports and vault kept: (folder, what it printed)."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "88")
        patch.setattr(persona_vault.embedders, "load_embedder", _no_model)
        patch.setattr(_tour.secrets, "token_urlsafe", lambda _: SECRET)
        patch.setattr(_tour, "take_tour", _keeping(take_tour))
        yield folder, call("demo", "--keep", folder / "kept")


TOURS: list[Tour] = []


def _keeping(real: Callable[..., Tour]) -> Callable[..., Tour]:
    def taken(*words: Any, **options: Any) -> Tour:
        TOURS.append(real(*words, **options))
        return TOURS[-1]

    return taken


@pytest.fixture
def tour(kept: tuple[Path, Outcome]) -> Tour:
    """What that run did."""
    assert kept[1].code == 0, kept[1]
    return TOURS[0]


@pytest.fixture
def short(tour: Tour, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Later runs take no time; gives the folder in which they make their own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def taken(folder: Path, *_: object, **__: object) -> Tour:
        (folder / "exports").mkdir()
        return tour

    monkeypatch.setattr(_tour, "take_tour", taken)
    return tmp_path / "temporary"


def test_every_planted_row_is_found_with_its_direction(tour: Tour) -> None:
    """Both plants are seen; what moves with the user is not laid on the companion."""
    rows = [*tour.update_rows, *tour.user_shift_rows]
    planted = [r for r in rows if r.planted != "none"]
    assert len(planted) > 10
    assert [r for r in planted if r.outcome is not Result.FOUND] == []


def test_what_was_left_alone_is_hardly_named(tour: Tour) -> None:
    """At a level of 1 in 10, more than two false names in two comparisons are odd."""
    rows = [*tour.update_rows, *tour.user_shift_rows]
    assert sum(r.outcome is Result.WRONG for r in rows) <= 2


def test_searches_by_words_find_what_was_planted(tour: Tour) -> None:
    """The first hit is one of the messages that are meant."""
    assert len(tour.searches) == 3
    assert all(search.right for search in tour.searches)


def test_the_text_names_every_planted_row_and_the_report(
    kept: tuple[Path, Outcome], tour: Tour
) -> None:
    """Where the report is, what was planted, truth beside verdict, what comes next."""
    folder, printed = kept
    out = " ".join(printed.out.split())
    assert str(folder / "report.html") in out
    for line in tour.world.notes:
        assert line in out
    for row in [*tour.update_rows, *tour.user_shift_rows]:
        assert row.planted == "none" or row.title in out
    assert "11 found, 0 not found, 0 wrong" in out
    assert "persona-vault import FILE --persona NAME" in out


def test_lines_fit_and_progress_is_no_result(kept: tuple[Path, Outcome]) -> None:
    """88 columns, but for a path that is longer; the steps stand on stderr alone."""
    _, printed = kept
    long = [line for line in printed.out.splitlines() if len(line) > 88]
    assert [line for line in long if "/" not in line and "\\" not in line] == []
    assert "of 5" in printed.err
    assert "of 5" not in printed.out


def test_the_report_quotes_and_names_the_update(kept: tuple[Path, Outcome]) -> None:
    """The page of the update's comparison, with quotes and the planted event."""
    page = (kept[0] / "report.html").read_text(encoding="utf-8")
    assert "<blockquote" in page
    assert "The planted update" in page
    assert "15 May 2025" in page


def test_what_is_kept_can_be_opened_with_the_passphrase_beside_it(
    kept: tuple[Path, Outcome], tour: Tour
) -> None:
    """Exports, vault and passphrase; the passphrase itself is never printed."""
    folder, printed = kept
    passphrase = (folder / "kept" / PASSPHRASE_NAME).read_text("utf-8").strip()
    assert passphrase == SECRET
    assert SECRET not in printed.said
    assert all(
        (folder / "kept" / "exports" / p.name).exists() for p in tour.world.paths
    )
    with open_vault(folder / "kept" / "vault", passphrase=passphrase) as vault:
        assert vault.encrypted
        assert [c.name for c in vault.personas()] == [tour.world.companion]


def test_nothing_but_the_report_is_left(short: Path, run: Run, home: Path) -> None:
    """The temporary folder goes, and there is no passphrase file to find."""
    left = run("demo")
    assert left.code == 0
    assert list(short.iterdir()) == []
    assert sorted(p.name for p in home.iterdir()) == ["report.html", "temporary"]


def test_a_failing_run_leaves_nothing(
    short: Path, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the middle: no folder, no report, exit code 130."""

    def stop(folder: Path, *_: object, **__: object) -> Tour:
        (folder / "half").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(_tour, "take_tour", stop)
    assert run("demo").code == 130
    assert list(short.iterdir()) == []
    assert not (home / "report.html").exists()


def test_an_older_report_is_never_overwritten_by_default(
    short: Path, run: Run, home: Path
) -> None:
    """Without -o the next free name is taken, with --force or without."""
    (home / "report.html").write_text("mine", encoding="utf-8")
    assert "report-2.html" in run("demo").out
    assert "report-3.html" in run("demo", "--force").out
    assert (home / "report.html").read_text(encoding="utf-8") == "mine"


def test_a_named_file_is_overwritten_only_by_force(
    short: Path, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """-o FILE that exists is refused before the work; --force replaces it."""
    mine = home / "mine.html"
    mine.write_text("mine", encoding="utf-8")
    assert run("demo", "-o", mine, "--force").code == 0
    assert "<!DOCTYPE html>" in mine.read_text(encoding="utf-8")
    monkeypatch.setattr(_tour, "take_tour", lambda *_, **__: pytest.fail("worked"))
    assert run("demo", "-o", mine).code == 2


def test_a_folder_with_something_in_it_is_not_used(
    short: Path, run: Run, home: Path
) -> None:
    """--keep takes a new or empty folder, and a file is none."""
    (home / "full").mkdir()
    (home / "full" / "diary.txt").write_text("mine", encoding="utf-8")
    for name in ("full", "full/diary.txt"):
        assert run("demo", "--keep", home / name).code == 2


def test_json_is_one_object_with_truth_and_verdict(
    short: Path, run_json: RunJson, home: Path
) -> None:
    """Both comparisons with their rows, the searches, and where the report is."""
    found = run_json("demo")
    keys = "report kept seed planted n_messages embedder searches update user_shift"
    assert sorted(found) == sorted(keys.split())
    assert Path(found["report"]).parent == home
    assert found["kept"] is None
    assert found["update"]["verdict"] == "changed"
    assert found["update"]["at"] == "2025-05-15T00:00:00Z"
    for part in ("update", "user_shift"):
        assert sorted(found[part]["rows"][0]) == sorted(
            "dimension title side planted direction said size outcome".split()
        )


def _with(diff: PersonaDiff, dimension: str, **values: Any) -> PersonaDiff:
    """The comparison with one row changed, on both sides."""
    return replace(
        diff,
        changes=_set(diff.changes, dimension, values),
        user_changes=_set(diff.user_changes, dimension, values),
    )


def _set(rows: Any, dimension: str, values: dict[str, Any]) -> Any:
    return tuple(replace(c, **values) if c.dimension == dimension else c for c in rows)


@pytest.mark.parametrize(
    ("dimension", "values", "outcome"),
    [
        ("pet_names", {"direction": "up"}, Result.WRONG),
        ("pet_names", {"verdict": RowVerdict.CANNOT_TELL}, Result.NOT_FOUND),
        ("pet_names", {"verdict": RowVerdict.CANNOT_SEPARATE}, Result.NOT_FOUND),
        ("pet_names", {"verdict": RowVerdict.PROBABLY_CHANGED}, Result.FOUND),
        ("emoji_rate", {"verdict": RowVerdict.CHANGED}, Result.WRONG),
        ("emoji_rate", {"verdict": RowVerdict.CANNOT_TELL}, Result.FOUND),
    ],
)
def test_a_row_of_the_update_is_judged_by_verdict_and_direction(
    tour: Tour, dimension: str, values: dict[str, Any], outcome: Result
) -> None:
    """The other direction is wrong, silence is not found, a false name is wrong."""
    rows = check_update(tour.world, _with(tour.update, dimension, **values))
    assert [r.outcome for r in rows if r.dimension == dimension] == [outcome]


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (RowVerdict.CHANGED, Result.WRONG),
        (RowVerdict.STEADY, Result.NOT_FOUND),
        (RowVerdict.EXPLAINED_BY_YOUR_SIDE, Result.FOUND),
        (RowVerdict.CANNOT_SEPARATE, Result.FOUND),
    ],
)
def test_a_change_of_the_user_is_not_to_be_named_as_the_companions(
    tour: Tour, verdict: RowVerdict, outcome: Result
) -> None:
    """Replies that moved because the user's words did belong to the user's side."""
    diff = _with(tour.user_shift, "length_ratio", verdict=verdict, direction="up")
    rows = check_user_shift(tour.world, diff)
    persona = [r for r in rows if r.side == "persona"]
    found = [r.outcome for r in persona if r.dimension == "length_ratio"]
    assert found == [outcome]


@pytest.mark.slow
def test_searches_by_meaning_find_what_was_planted(tmp_path: Path) -> None:
    """With the packaged model the words asked for need not stand in the message."""
    said: list[str] = []
    found = take_tour(tmp_path, 1, said.append)
    if not found.embedder:
        pytest.skip("the packaged embedding model is not installed")
    assert [s.mode for s in found.searches] == ["semantic", "semantic", "keyword"]
    assert all(s.right for s in found.searches)


@pytest.fixture
def script(home: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/demo.py, with this very environment as the one it makes."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("script_demo", SCRIPTS / "demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    beside = Path(sys.executable).parent
    monkeypatch.setattr(module, "ensure_environment", lambda: Path(sys.executable))
    monkeypatch.setattr(module, "venv_program", lambda name: beside / name)
    return module


def _export(path: Path) -> Path:
    """A small Replika export of two days a month apart, five messages a side."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Timestamp", "From", "Text", "Reaction", "ID"])
        for n in range(20):
            stamp = f"2025-0{1 + n // 10}-03T10:{n:02d}:00.000Z"
            who = "Rep" if n % 2 else "Me"
            table.writerow([stamp, who, f"words {n}", "None", f"{n:024x}"])
    return path


def test_an_export_without_a_date_is_listed(
    script: ModuleType, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it holds, from when to when, and an example of the next call."""
    export = _export(home / "replika.csv")
    assert script.main([str(export)]) == 0
    out = capfd.readouterr().out
    assert "20 messages, from 2025-01-03 to 2025-02-03" in out
    assert "--at 2025-02-03" in out
    assert sorted(p.name for p in home.iterdir()) == ["replika.csv"]


def test_an_export_of_ones_own_leaves_only_the_report(
    script: ModuleType,
    home: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Import and report with a temporary vault; the last line is the report's URI."""
    (home / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home / "temporary"))
    export = _export(home / "replika.csv")
    code = script.main([str(export), "--persona", "Wren", "--at", "2025-02-01"])
    out = capfd.readouterr().out
    assert code == 0
    assert out.splitlines()[-1].endswith((home / "report.html").as_uri())
    assert "Too little text" in out
    assert "not encrypted" in out
    assert list((home / "temporary").iterdir()) == []


def test_errors_of_a_step_pass_through(
    script: ModuleType, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that is no export ends with the import's own words and exit code 3."""
    wrong = home / "notes.bin"
    wrong.write_bytes(bytes(range(256)) * 8)
    code = script.main([str(wrong), "--persona", "Wren", "--at", "2025-02-01"])
    assert code == 3
    assert "Error: " in capfd.readouterr().err
    assert script.main([str(wrong)]) == 3
    assert "Hint: " in capfd.readouterr().err
    assert script.main([str(home / "absent.csv")]) == 2
    assert not (home / "report.html").exists()
