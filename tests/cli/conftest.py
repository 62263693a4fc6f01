"""One small talk with a planted change, imported once and copied for each test."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from persona_vault.demo import TalkShape, generate_null
from tests.hostile.console import Outcome, call

SHAPE = TalkShape(n_blocks_before=12, n_blocks_after=12, n_turns=6, strength=1.0)
UPDATE_DAY = "2024-01-20"  # the date between the two sides of that talk

Run = Callable[..., Outcome]
RunJson = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def talk_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed plain vault with the talk in it, embedded without a model."""
    folder = tmp_path_factory.mktemp("talk")
    world = generate_null(folder, seed=5, shape=SHAPE)
    vault = folder / "vault"
    for words in (
        ("init", "--plain", "--timezone", "Europe/Berlin"),
        ("import", world.path, "--persona", "Juniper", "--no-embed"),
        ("embed", "--embedder", "hashing"),
    ):
        made = call(*words, "--vault", vault)
        assert made.code == 0, made
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, which also is where the default vault would be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PERSONA_VAULT", str(tmp_path / "vault"))
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs `persona-vault` in an empty home, where there is no vault yet."""
    return call


@pytest.fixture
def run_json(home: Path) -> RunJson:
    """Runs with `--json`; gives the one object on stdout, which nothing may follow."""

    def run(*words: object, code: int = 0) -> dict[str, Any]:
        left = call(*words, "--json")
        assert left.code == code, left
        found: dict[str, Any] = json.loads(left.out)
        return found

    return run


@pytest.fixture
def plain_home(home: Path, plain_template: Path) -> Path:
    """A home with an empty plain vault in it."""
    shutil.copytree(plain_template, home / "vault")
    return home


@pytest.fixture
def talk_home(home: Path, talk_template: Path) -> Path:
    """A home whose vault holds the talk, with `talk.jsonl` beside it."""
    shutil.copytree(talk_template / "vault", home / "vault")
    shutil.copy(talk_template / "talk.jsonl", home)
    return home
