"""Every next step that a sentence names can really be taken."""

import ast
import re
from pathlib import Path

import click
import pytest

import persona_vault
from persona_vault.cli import COMMANDS, cli

PACKAGE = Path(persona_vault.__file__).parent
NAMED = re.compile(r"persona-vault ((?:[a-z]+ ?)+)((?:--[a-z-]+)?)")


def sentences() -> list[tuple[str, str]]:
    """(file, text) of every string in the package that names the program."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append((path.relative_to(PACKAGE).as_posix(), node.value))
    return [(name, text) for name, text in found if "persona-vault " in text]


def test_commands_that_are_named_exist() -> None:
    """No hint, docstring or report points at a command that is not there."""
    # Prose goes on after the program's name; a command stands in ticks or after "Run".
    unknown = [
        (name, word)
        for name, text in sentences()
        for word in re.findall(r"(?:`|Run )persona-vault ([a-z]+)", text)
        if word not in COMMANDS
    ]

    assert unknown == []


@pytest.mark.parametrize("name", COMMANDS)
def test_options_in_a_usage_line_are_the_command_s_own(name: str) -> None:
    """A hint such as `persona-vault import --list` names an option of that command."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    known = {opt for param in command.params for opt in param.opts} | {"--help"}

    for _file, text in sentences():
        for match in NAMED.finditer(" ".join(text.split())):
            if match[1].split()[0] == name and match[2]:
                assert match[2] in known, text
