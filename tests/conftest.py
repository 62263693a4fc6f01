"""What all tests share: fresh vaults, the sample exports, and no network."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import Vault, open_vault

# The suite tries the same cases each time, so that it passes or fails for the code, not
# by chance; scripts/fuzz.py looks for new ones, and what it finds is kept as a case.
settings.register_profile("suite", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("PERSONA_VAULT_CASES", "suite"))

# One try of a passphrase in well under a millisecond.
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "a long walk along the quay"  # noqa: S105


@pytest.fixture
def loopback() -> str:
    """A test that serves on this machine asks for this address, and may then."""
    return "127.0.0.1"


@pytest.fixture(autouse=True)
def _no_network(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test may open a socket, except the local pairs that event loops use."""
    if "loopback" in request.fixturenames:
        return
    real = socket.socket

    class LocalSocket(real):  # type: ignore[misc, valid-type]
        def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
            local = getattr(socket, "AF_UNIX", None)
            # A descriptor that exists already (socketpair, accept) opens nothing.
            if family != local and kwargs.get("fileno") is None:
                raise RuntimeError("a test tried to use the network")
            super().__init__(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", LocalSocket)


@pytest.fixture
def passphrase() -> str:
    """What opens an `encrypted_vault()`."""
    return PASSPHRASE


@pytest.fixture
def cheap() -> Cost:
    """A cost at which a try of a passphrase takes no time."""
    return CHEAP


@pytest.fixture(scope="session")
def plain_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed, empty, migrated plain vault; copy it, never open it."""
    folder = tmp_path_factory.mktemp("template") / "vault"
    create_vault(folder)
    return folder


@pytest.fixture
def vault(plain_template: Path, tmp_path: Path) -> Iterator[Vault]:
    """An open, empty, plain vault in `tmp_path / "vault"`."""
    folder = tmp_path / "vault"
    shutil.copytree(plain_template, folder)
    with open_vault(folder) as opened:
        yield opened


@pytest.fixture
def encrypted_vault(tmp_path: Path) -> Iterator[Callable[..., Vault]]:
    """Makes open, empty, encrypted vaults: `encrypted_vault(name, passphrase)`."""
    made: list[Vault] = []

    def make(name: str = "encrypted", passphrase: str = PASSPHRASE) -> Vault:
        folder = tmp_path / name
        create_vault(folder, passphrase=passphrase, cost=CHEAP)
        made.append(open_vault(folder, passphrase=passphrase))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real sample exports, where this machine has one."""
    folder = os.environ.get("PERSONA_VAULT_SAMPLES")
    if not folder:
        pytest.skip("PERSONA_VAULT_SAMPLES names no folder of sample exports")
    return Path(folder)
