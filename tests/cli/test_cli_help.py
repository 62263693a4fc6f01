"""`--help` and `--version`: light, complete, and the same in both places."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from persona_vault import __version__
from persona_vault.cli import COMMANDS, cli, events
from persona_vault.cli._options import LazyGroup
from tests.cli.conftest import Run

MODEL_LIBRARIES = frozenset(
    "torch transformers sentence_transformers tokenizers huggingface_hub faiss".split()
)
HEAVY = MODEL_LIBRARIES | frozenset(
    "numpy scipy sklearn sqlalchemy alembic sqlcipher3 cryptography emoji jinja2 "
    "vaderSentiment py3langid pandas platformdirs".split()
)
_LOADED = """
import json, sys
from persona_vault.cli import main
try:
    main()
finally:
    names = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps(names), file=sys.stderr)
"""


def loaded_by(*words: str, cwd: Path) -> set[str]:
    """Top-level modules that a call in a process of its own has loaded."""
    left = subprocess.run(
        [sys.executable, "-c", _LOADED, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )
    assert left.returncode == 0, left.stderr
    return set(json.loads(left.stderr.splitlines()[-1]))


@pytest.mark.parametrize("word", ["--help", "--version", "-h", "import --help"])
def test_help_loads_no_heavy_module(word: str, tmp_path: Path) -> None:
    """A person who asks for help waits for nothing but the help."""
    assert loaded_by(*word.split(), cwd=tmp_path) & HEAVY == set()


@pytest.mark.parametrize(
    "words",
    [["info"], ["conversations"], ["search", "garden", "--mode", "keyword"]],
)
def test_reading_loads_no_model_library(words: list[str], talk_home: Path) -> None:
    """What needs no vectors loads neither a model nor an index."""
    assert loaded_by(*words, cwd=talk_home) & MODEL_LIBRARIES == set()


def test_help_lists_every_command_without_loading_one(tmp_path: Path) -> None:
    """The list of `--help` is the table of commands, line by line."""
    left = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from persona_vault.cli import cli; "
            "cli.main(['--help'], standalone_mode=False); "
            "print(sorted(m for m in sys.modules if m.startswith('persona_vault.cli.')"
            " and not m.startswith('persona_vault.cli._')))",
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
    )

    *lines, loaded = left.stdout.splitlines()
    listed = [line.split(maxsplit=1) for line in lines[lines.index("Commands:") + 1 :]]
    assert dict(listed) == {name: line for name, (_module, line) in COMMANDS.items()}
    assert loaded == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_listed_line_is_the_command_s_own(name: str) -> None:
    """A command's name, its short help and the line in the list cannot disagree."""
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.name == name
    assert command.short_help == COMMANDS[name][1]
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name: str) -> None:
    """No option of a command or of its subcommands is without help; all fit 80."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    found = [command]
    if isinstance(command, click.Group):
        found += command.commands.values()

    for each in found:
        assert each.short_help, each.name
        options = [p for p in each.params if isinstance(p, click.Option)]
        assert [o.name for o in options if not o.help] == []
        with click.Context(each, info_name=name, terminal_width=80) as context:
            assert max(map(len, each.get_help(context).splitlines())) <= 80


def test_nothing_named_is_help(run: Run) -> None:
    """The bare command answers with the list of commands and exits 0."""
    left = run()

    assert left.code == 0
    assert left.out.startswith("Usage: persona-vault")
    assert "Commands:" in left.out


def test_version(run: Run) -> None:
    """One line with the name and the version."""
    assert run("--version").out == f"persona-vault, version {__version__}\n"


@pytest.mark.parametrize(
    ("typed", "meant"), [("serach", "search"), ("Report", "report"), ("snap", "")]
)
def test_near_miss_of_a_command_is_suggested(run: Run, typed: str, meant: str) -> None:
    """A command that is nearly right is named; nothing is guessed beyond that."""
    left = run(typed)

    assert left.code == 2
    assert (f"Did you mean {meant}?" in left.err) == bool(meant)
    assert isinstance(cli, LazyGroup)


def test_help_of_an_event_names_every_kind(run: Run) -> None:
    """The kinds stand in the help in the order of the list, each with a few words."""
    lines = run("events", "add", "--help").out.partition("Kinds:")[2].splitlines()
    listed = [line.split(maxsplit=1) for line in lines[1 : 1 + len(events.KINDS)]]

    assert [words[0] for words in listed] == events.KINDS
    assert all(len(words) == 2 for words in listed)


def test_the_package_can_be_run_by_name(tmp_path: Path) -> None:
    """`python -m persona_vault` is the program, where its own name is not found."""
    left = subprocess.run(
        [sys.executable, "-m", "persona_vault", "frgt"],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=False,
    )

    assert left.returncode == 2
    assert "`persona-vault --help`" in left.stderr
