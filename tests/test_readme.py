"""README.md is run: every command line in it, in order, on invented exports.

A fenced `console` block is a session. Lines that begin with `$ persona-vault` are run
and must exit 0, or with the code of a comment at their end (`# exit 4`); a new home
begins at each `init`. Lines that run a script are only checked for the script. The
files that sessions name are made here: `replika.csv`, `kindroid.json`, `chatgpt.zip`
and `talk.jsonl` are the demo's exports of the companion Juniper, `pasted.txt` is a chat
with Mira as copied from a page, `passphrase.txt` holds a passphrase, and other files
are what earlier lines have written.
"""

import csv
import json
import re
import shlex
import shutil
import zipfile
from pathlib import Path

import click
import pytest

from persona_vault import errors
from persona_vault.cli import COMMANDS, cli
from persona_vault.demo import TalkShape, generate, generate_null
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.search import embed
from tests.cli.contract import CONTRACT
from tests.hostile.console import call

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
FENCED = re.MULTILINE | re.DOTALL
N_OLDER = 120
PASTED = "\n\n".join(
    [
        "Sam\nIs the kettle on?",
        "Mira\nIt is. Tea or coffee?",
        "Sam\nTea, please.",
        "Mira\nComing.\n",
    ]
)
LINE = re.compile(r"\$ (?P<words>.*?)(?:\s+# exit (?P<code>\d+))?$")


def sessions() -> list[list[tuple[str, int]]]:
    """Runs of (command line, exit code), each from an `init` to the next."""
    found: list[list[tuple[str, int]]] = []
    for kind, block in BLOCKS:
        if kind != "console":
            continue
        for match in map(LINE.match, block.splitlines()):
            if match is None or not match["words"].startswith("persona-vault"):
                continue
            if not found or match["words"].split()[1] == "init":
                found.append([])
            found[-1].append((match["words"], int(match["code"] or 0)))
    return found


def section(title: str) -> str:
    """The text under a heading, up to the next of the same level or above."""
    head = re.search(rf"^(#+) {re.escape(title)}$", README, re.MULTILINE)
    assert head, f"README has no section {title}"
    rest = README[head.end() :]
    end = re.search(rf"^#{{1,{len(head[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def table(title: str) -> dict[str, str]:
    """The first table under a heading: first cell, without ticks -> second cell."""
    rows = re.findall(
        r"^\| (.*?) \| (.*) \|$", section(title).replace(r"\|", "¦"), re.MULTILINE
    )
    return {first.replace("`", ""): second for first, second in rows[1:]}


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that README may name."""
    folder = tmp_path_factory.mktemp("readme")
    world = generate(folder / "demo")
    # The last of the two older apps' messages will do: the date lies after both.
    with world.replika.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    with (folder / "replika.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows[-N_OLDER:]])
    messages = json.loads(world.kindroid.read_text(encoding="utf-8"))[-N_OLDER:]
    (folder / "kindroid.json").write_text(json.dumps(messages), encoding="utf-8")
    with zipfile.ZipFile(folder / "chatgpt.zip", "w") as archive:
        archive.write(world.chatgpt, "conversations.json")
    talk = generate_null(folder / "null", seed=3, shape=TalkShape(strength=1.0))
    talk.path.rename(folder / "talk.jsonl")
    (folder / "passphrase.txt").write_text("four quiet rooms\n", encoding="utf-8")
    (folder / "pasted.txt").write_text(PASTED, encoding="utf-8")
    shutil.rmtree(folder / "demo")
    shutil.rmtree(folder / "null")
    return folder


@pytest.mark.parametrize("lines", sessions(), ids=lambda lines: lines[0][0][14:40])
def test_sessions_run_as_written(
    lines: list[tuple[str, int]],
    exports: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every line of a session ends as README says."""
    shutil.copytree(exports, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PERSONA_VAULT", str(tmp_path / "vault"))
    # The text of README is tested here, not the model, which takes a minute to run.
    monkeypatch.setattr(
        embed, "load_embedder", lambda *_name, **_how: HashingEmbedder()
    )

    for words, code in lines:
        left = call(*shlex.split(words)[1:])

        assert left.code == code, (words, left)


def test_there_are_sessions() -> None:
    """The pattern above finds what a reader sees as command lines."""
    n_lines = sum(len(lines) for lines in sessions())

    assert n_lines == len(re.findall(r"^\$ persona-vault", README, re.MULTILINE)) > 20


def test_scripts_that_are_named_exist() -> None:
    """`$ python3 scripts/NAME.py` and scripts named in the prose are there."""
    named = set(re.findall(r"scripts/[\w.]+", README))

    assert named
    assert [
        name for name in sorted(named) if not (ROOT / name.rstrip(".")).is_file()
    ] == []


def test_files_that_are_named_exist() -> None:
    """Modules and documents that README points at are there."""
    named = set(re.findall(r"`(persona_vault/[\w/.]+)`", README))
    named |= set(re.findall(r"\b[A-Z]+\.md\b", README))
    named.remove("NOTE.md")  # of an importer's author

    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_command_is_listed() -> None:
    """The table of commands names each command and each of their subcommands."""
    cells = " ".join(table("Commands"))

    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        wanted = [name]
        if isinstance(command, click.Group):
            wanted = [f"{name} {each}" for each in command.commands]
        for each in wanted:
            assert re.search(rf"\b{each}\b", cells), each


def test_no_option_is_listed_that_is_not_there() -> None:
    """Each --option of README belongs to some command, pip or git apart."""
    known = {"--help", "--version"}
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        found = [command]
        if isinstance(command, click.Group):
            found += command.commands.values()
        for each in found:
            for option in each.params:
                known |= {*option.opts, *option.secondary_opts}
    ours = re.sub(r"pip install[^`\n]*", "", README)

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours))

    assert named - known == set()


def test_exit_codes_are_all_there() -> None:
    """The table holds each code of the error tree, and those of the commands."""
    tree = [errors.VaultError]
    for each in tree:
        tree += each.__subclasses__()
    ours = {0, 4, 10, 130} | {each.exit_code for each in tree}

    assert {int(code) for code in table("Exit codes")} == ours


def test_json_shapes_are_those_of_the_contract() -> None:
    """Every key that README promises is a key that the tests of --json require."""
    rows = table("JSON")
    written = {name: text for cell, text in rows.items() for name in cell.split(", ")}
    for name, text in written.items():
        shape = CONTRACT[{"report --format json": "report json"}.get(name, name)][1]
        promised = _top_level_keys(text.partition("}`")[0])

        assert promised, name
        assert set(promised) <= set(shape), name


def test_every_json_shape_is_documented() -> None:
    """No command with a tested shape is left out of the table of shapes."""
    rows = ", ".join(table("JSON"))

    missing = [name for name in CONTRACT if name.split()[0] not in rows]

    assert missing == []


def _top_level_keys(text: str) -> list[str]:
    """The quoted keys of an object as README writes it, those inside left out."""
    depth, keys = 0, []
    for match in re.finditer(r'[{}\[\]]|"(\w+)"(?=\s*[:,}]|$)', text):
        sign = match[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif depth == 1 and not text[: match.start()].rstrip().endswith(":"):
            keys.append(match[1])
    return keys


def test_python_example_names_what_is_public() -> None:
    """The example compiles, and imports only public names."""
    import persona_vault

    example = re.search(r"^```python\n(.*?)^```$", section("From Python"), FENCED)[1]
    compile(example, "README.md", "exec")
    imported = re.findall(r"^from persona_vault import (.*)$", example, re.MULTILINE)

    assert imported
    assert set(", ".join(imported).split(", ")) <= set(persona_vault.__all__)
