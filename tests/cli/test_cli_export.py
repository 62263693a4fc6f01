"""`export`: what it prints, what it refuses, and that its files are read back."""

import json
from pathlib import Path

import pytest

from persona_vault.cli import export
from persona_vault.kits import export_formats
from tests.cli.conftest import UPDATE_DAY, Run, RunJson
from tests.cli.test_cli_help import MODEL_LIBRARIES, loaded_by

FORMATS = tuple(export_formats())


def test_the_option_names_every_format() -> None:
    """What `--format` takes is what the kits can write."""
    (option,) = (p for p in export.command.params if p.name == "format_")

    assert tuple(option.type.choices) == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_written_and_told(name: str, talk_home: Path, run: Run) -> None:
    """One line on stdout, what to know of it on stderr."""
    left = run("export", "--format", name, "-o", f"out.{name}")

    assert left.code == 0, left
    assert left.out.startswith(f"Wrote out.{name}: ")
    assert len(left.out.splitlines()) == 1
    assert "The file is not encrypted" in left.err
    assert (talk_home / f"out.{name}").stat().st_size > 0


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_written_and_read_back(
    name: str, talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Into another vault all of it, into the same one nothing new."""
    written = run_json("export", "--format", name, "-o", "out")
    words = ("import", "out", "--persona", "Juniper", "--no-embed")
    assert run_json(*words)["n_added"] == 0
    assert run("init", "--plain", "--vault", "new").code == 0
    report = run_json(*words, "--vault", "new")
    assert report["source"]["importer"] == "persona_vault"
    assert report["n_added"] == written["n_messages"] == report["n_read"]


def test_periods_and_sources_narrow_it(talk_home: Path, run_json: RunJson) -> None:
    """What is left out is counted by its reason."""
    base = ("export", "--format", "csv", "-o")
    whole = run_json(*base, "whole")
    parts = [
        run_json(*base, "before", "--until", UPDATE_DAY),
        run_json(*base, "after", "--since", UPDATE_DAY, "--source", "1"),
    ]
    assert sum(part["n_messages"] for part in parts) == whole["n_messages"]
    for part in parts:
        n_left = part["n_left_out"]["outside_period"]
        assert part["n_messages"] + n_left == whole["n_messages"]
    assert whole["n_left_out"] == {}


@pytest.mark.parametrize(
    "words",
    [
        "--format csv -o talk.jsonl",
        "--format csv -o vault/out.csv",
        "--format csv -o none/out.csv",
        "--format csv -o out --persona Nobody",
        "--format csv -o out --source 9",
        "--format csv -o out --since 2030-01-01",
        "--format csv -o out --since 2024-02-01 --until 2024-01-01",
        "--format doc -o out",
        "--format csv",
        "-o out",
    ],
)
def test_refusals(words: str, talk_home: Path, run: Run) -> None:
    """Exit code 2, one sentence, one next step, and no file."""
    before = sorted(talk_home.rglob("*"))
    left = run("export", *words.split(), "--json")

    assert left.code == 2, left
    assert left.error()["hint"]
    assert sorted(talk_home.rglob("*")) == before


def test_no_model_library_is_loaded(talk_home: Path) -> None:
    """What is written as it stands needs neither a model nor an index."""
    for name in FORMATS:
        words = ("export", "--format", name, "-o", f"out.{name}", "--quiet")
        assert loaded_by(*words, cwd=talk_home) & MODEL_LIBRARIES == set()


def test_no_word_of_the_talk_is_printed(talk_home: Path, run: Run) -> None:
    """Neither in a result nor in an error."""
    lines = (talk_home / "talk.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    said = "".join(
        run("export", "--format", name, "-o", place).said
        for name in FORMATS
        for place in (f"out.{name}", "no/such/place", "vault/x")
    )
    assert [text for text in texts if len(text) > 12 and text in said] == []
