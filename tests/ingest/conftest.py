"""Vaults that the fake importer's files are brought to."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from persona_vault.ingest import arrival, run, settle
from persona_vault.store.vault import Vault, open_vault
from tests.ingest.desk import Desk, FakeImporter


@pytest.fixture
def _fake_importer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find_importer", lambda *_: FakeImporter())


@pytest.fixture
def desk(vault: Vault, tmp_path: Path, _fake_importer: None) -> Desk:
    """An empty vault that files of the fake importer are brought to."""
    return Desk(vault, tmp_path)


@pytest.fixture(scope="session")
def new_desk(plain_template: Path) -> Callable[[], AbstractContextManager[Desk]]:
    """Makes desks with a vault each, for one example of a property test."""

    @contextmanager
    def make() -> Iterator[Desk]:
        with (
            tempfile.TemporaryDirectory() as folder,
            pytest.MonkeyPatch.context() as monkeypatch,
        ):
            monkeypatch.setattr(run, "find_importer", lambda *_: FakeImporter())
            monkeypatch.setattr(arrival, "BATCH_MESSAGES", 5)
            monkeypatch.setattr(settle, "REBUILD_FROM", 5)
            target = Path(folder) / "vault"
            shutil.copytree(plain_template, target)
            with open_vault(target) as opened:
                yield Desk(opened, Path(folder))

    return make
