"""Every golden export gives exactly its expected records and keeps all rules."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from persona_vault.importers.testing import (
    beside,
    check_golden,
    conformance,
    golden_exports,
    golden_options,
    identified,
)

GOLDEN = Path(__file__).parent / "golden"
FOLDERS = sorted(p for p in GOLDEN.iterdir() if p.is_dir())
OURS = (
    "agnai",
    "ai_studio",
    "cai_saves",
    "cai_tools_tavern",
    "character_ai",
    "character_card",
    "chatbot_ui",
    "claude",
    "convokit",
    "copilot",
    "discord",
    "dti",
    "gemini",
    "grok",
    "janitor",
    "janitor_tavern",
    "kindroid",
    "koboldai",
    "le_chat",
    "letta",
    "librechat",
    "llama_cpp",
    "llm_logs",
    "meta",
    "nomi",
    "open_webui",
    "openai_messages",
    "persona_vault",
    "pi",
    "replika",
    "risu",
    "sharegpt",
    "sillytavern",
    "snapchat",
    "telegram",
    "text_generation_webui",
    "whatsapp",
)
SCRIPT = Path(__file__).parents[2] / "scripts" / "golden.py"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_golden_folder(folder: Path) -> None:
    """Each export is identified by one importer and gives its expected records."""
    assert check_golden(folder) == []


@pytest.mark.parametrize(
    "export",
    [export for name in OURS for export in golden_exports(GOLDEN / name)],
    ids=lambda p: f"{p.parent.name}/{p.name}",
)
def test_conformance(export: Path) -> None:
    """Each export is read twice alike and survives cuts, flips and planted logins."""
    options = golden_options(export)

    assert conformance(identified(export, options), export, options) == []


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """A golden folder of one export that may be changed."""
    folder = tmp_path / "replika"
    folder.mkdir()
    for name in ("diary.json", "diary.json.expected.jsonl", "NOTE.md"):
        shutil.copyfile(GOLDEN / "replika" / name, folder / name)
    return folder


def test_check_tells_every_kind_of_difference(golden: Path) -> None:
    """A changed record, a missing note, a lost export and a new one are all told."""
    assert check_golden(golden) == []
    expected = beside(golden / "diary.json", ".expected.jsonl")
    lines = expected.read_text(encoding="utf-8").splitlines(keepends=True)

    expected.write_text("".join(lines[:-1]), encoding="utf-8")
    assert check_golden(golden) == ["diary.json: 4 lines, expected 3"]
    expected.write_text("".join([*lines[:-1], "{}\n"]), encoding="utf-8")
    assert check_golden(golden) == [
        "diary.json: record line 4 differs from the expected"
    ]
    expected.rename(golden / "lost.json.expected.jsonl")
    (golden / "NOTE.md").unlink()
    assert check_golden(golden) == [
        "replika: no NOTE.md",
        "lost.json: expected, but there is no export",
        "diary.json: no expected records",
    ]


def test_check_fails_an_export_that_nobody_knows(golden: Path) -> None:
    """A file with expected records that is not identified is a problem."""
    (golden / "diary.json").write_text('[{"size": 3}]', encoding="utf-8")

    (problem,) = check_golden(golden)

    assert "no format that is known" in problem


def test_script_writes_what_is_missing_and_overwrites_nothing(
    golden: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An expectation is written once; a new one needs --force."""
    spec = importlib.util.spec_from_file_location("golden_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    expected = beside(golden / "diary.json", ".expected.jsonl")
    right = expected.read_text(encoding="utf-8")

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["golden.py", *arguments, str(golden)])
        return int(script.main())

    expected.unlink()
    assert run() == 0
    assert expected.read_text(encoding="utf-8") == right
    expected.write_text("old\n", encoding="utf-8")
    assert run() == 1
    assert "--force" in capsys.readouterr().err
    assert expected.read_text(encoding="utf-8") == "old\n"
    assert run("--force") == 0
    assert expected.read_text(encoding="utf-8") == right
