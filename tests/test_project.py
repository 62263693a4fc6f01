"""What the whole project promises: what it ships, how it starts, what it never does."""

import ast
import email.parser
import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import persona_vault

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "persona_vault"
HEAVY = {
    "numpy",
    "sqlalchemy",
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "scipy",
}
CODE_SUFFIXES = {".py", ".html", ".jinja", ".j2", ".css", ".js"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
# They expand entities: a short document takes all the memory there is.
XML_MODULES = {"xml", "lxml", "pyexpat", "xmlrpc"}
NETWORK_MODULES = {
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "httpx2",
    "aiohttp",
    "urllib3",
    "ftplib",
    "smtplib",
}
UNSAFE_CALLS = {"eval", "exec", "__import__"}
UNSAFE_ATTRIBUTES = {"yaml.load", "torch.load", "os.system", "os.popen"}
# By whatever name the module goes; a damaged index loads without an error, or crashes.
UNSAFE_ENDS = ("extractall", "read_index", "read_index_binary", "deserialize_index")
# Formats that only one module of the importers opens, with its bounds.
ONE_READER = {
    "html.parser": "importers/files/html.py",
    "sqlite3": "importers/files/sqlite_file.py",
    "zipfile": "importers/files/containers.py",
}


def _tree_files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of the tree, built without a connection."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed; scripts/test.py installs it")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_carries_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    """No template or word list is lost on the way, .gitignore or not."""
    shipped = {
        name.removeprefix("persona_vault/")
        for name in wheel.namelist()
        if name.startswith("persona_vault/")
    }
    assert _tree_files(PACKAGE) - shipped == set()


def test_wheel_carries_the_migrations_inside_the_package(
    wheel: zipfile.ZipFile,
) -> None:
    """They are in `persona_vault/_migrations`; no second top-level package is."""
    names = set(wheel.namelist())
    for name in _tree_files(ROOT / "migrations"):
        assert f"persona_vault/_migrations/{name}" in names
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"persona_vault"}


def test_wheel_and_package_and_project_file_name_one_version(
    wheel: zipfile.ZipFile,
) -> None:
    """The version stands in two places and they agree."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    metadata_name = next(n for n in wheel.namelist() if n.endswith("/METADATA"))
    metadata = email.parser.Parser().parsestr(wheel.read(metadata_name).decode())
    assert metadata["Version"] == declared["version"] == persona_vault.__version__


@pytest.mark.parametrize("line", [["--help"], ["--version"]])
def test_help_starts_without_the_heavy_libraries(line: list[str]) -> None:
    """`persona-vault --help` imports no number, database or model library."""
    code = f"""
import sys
import persona_vault.cli as cli
if not hasattr(cli, "main"):
    print("no main")
    sys.exit()
sys.argv = ["persona-vault", *{line!r}]
try:
    cli.main()
except SystemExit as stopped:
    code = stopped.code or 0
else:
    code = 0
print("CODE", code)
print("HEAVY", *sorted({HEAVY!r} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    if done.stdout.strip() == "no main":
        pytest.skip("persona_vault.cli has no main yet")
    assert done.stdout.splitlines()[-2:] == ["CODE 0", "HEAVY"]


def test_every_file_is_short() -> None:
    """No file of code or markup has 500 lines or more."""
    long = {}
    for folder in ("persona_vault", "migrations", "scripts", "tests"):
        for name in _tree_files(ROOT / folder):
            path = ROOT / folder / name
            if path.suffix in CODE_SUFFIXES and "fixtures" not in path.parts:
                n_lines = len(path.read_text(encoding="utf-8").splitlines())
                if n_lines >= 500:
                    long[f"{folder}/{name}"] = n_lines
    assert long == {}


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(module: str, forbidden: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in forbidden)


def unsafe_lines(code: str) -> list[str]:
    """What in the code could run or fetch what it is given, as "line: what"."""
    found = []
    for node in ast.walk(ast.parse(code)):
        for module in _modules(node):
            if _within(
                module, UNSAFE_MODULES | XML_MODULES | NETWORK_MODULES
            ) or module.endswith(UNSAFE_ENDS):
                found.append(f"{node.lineno}: {module}")  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in UNSAFE_CALLS | UNSAFE_ATTRIBUTES or name.endswith(UNSAFE_ENDS):
                found.append(f"{node.lineno}: {name}")
            found += [
                f"{node.lineno}: {keyword.arg}"
                for keyword in node.keywords
                if keyword.arg in {"shell", "allow_pickle", "trust_remote_code"}
                and ast.unparse(keyword.value) != "False"
            ]
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from urllib import request",
        "import urllib.request as r",
        "import http.client",
        "from socket import create_connection",
        "import requests.sessions",
        "eval(text)",
        "exec(text)",
        "yaml.load(text)",
        "torch.load(path)",
        "archive.extractall(folder)",
        "subprocess.run(line, shell=True)",
        "numpy.load(path, allow_pickle=True)",
        "import xml.etree.ElementTree as tree",
        "from xml.dom import minidom",
        "from xml.sax import parse",
        "from lxml import etree",
        "from xml.parsers import expat",
        "faiss.read_index(path)",
        "self._faiss.deserialize_index(data)",
        "from faiss import read_index as read",
    ],
)
def test_the_search_for_unsafe_code_finds_each_kind(code: str) -> None:
    """The rule below can fail: each thing it forbids is found."""
    assert unsafe_lines(code)


@pytest.mark.parametrize(
    "code",
    ["model.eval()", "import urllib.parse", "import http.server", "re.compile(text)"],
)
def test_the_search_for_unsafe_code_leaves_harmless_code(code: str) -> None:
    """Names that only look alike pass."""
    assert unsafe_lines(code) == []


def test_the_package_runs_nothing_it_reads_and_calls_nobody() -> None:
    """No pickle, no eval, no entities, no unpacking to disk, no shell, no network."""
    found = {
        name: lines
        for name in sorted(_tree_files(PACKAGE))
        if name.endswith(".py")
        and (lines := unsafe_lines((PACKAGE / name).read_text(encoding="utf-8")))
    }
    assert found == {}


def test_each_format_of_strangers_has_one_reader() -> None:
    """A second way into a page or a database would have limits of its own, or none."""
    found = {
        (module, name)
        for name in _tree_files(PACKAGE / "importers")
        if name.endswith(".py")
        for node in ast.walk(
            ast.parse((PACKAGE / "importers" / name).read_text(encoding="utf-8"))
        )
        for module in _modules(node)
        if module in ONE_READER
    }
    assert {(m, f"importers/{name}") for m, name in found} == set(ONE_READER.items())


@pytest.fixture
def setup_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/_setup.py with an empty folder as its environment."""
    spec = importlib.util.spec_from_file_location("_setup", ROOT / "scripts/_setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


def test_setup_refuses_an_old_python_in_words(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under Python 3.10 the set-up names both versions and makes nothing."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(setup_script.SetupError, match=r"3\.11 or newer; this is 3\.10"):
        setup_script.ensure_environment()
    assert not setup_script.VENV.exists()


def test_setup_does_nothing_where_all_is_in_place(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stamp of the present files no command is run, whichever kind is asked."""
    python = setup_script.venv_python()
    python.parent.mkdir(parents=True)
    python.touch()
    stamp = setup_script.VENV / setup_script.STAMP
    stamp.write_text(setup_script._stamp("dev"), encoding="utf-8")
    monkeypatch.setattr(subprocess, "run", None)
    assert setup_script.ensure_environment(dev=True) == python
    assert setup_script.ensure_environment(dev=False) == python


def test_setup_begins_again_after_a_failed_install(
    setup_script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failed pip is an error with a next step, and leaves no stamp behind."""

    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, int("pip" in command), "", "")

    setup_script.VENV.mkdir()
    stamp = setup_script.VENV / setup_script.STAMP
    stamp.write_text("dev stale", encoding="utf-8")
    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(setup_script.SetupError, match="Hint: check the connection"):
        setup_script.ensure_environment(dev=True)
    assert not stamp.exists()
    assert "Nothing outside this folder is changed" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="the file is for Unix machines")
def test_ci_file_can_be_run() -> None:
    """.ci/run is marked executable and is valid bash."""
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)
