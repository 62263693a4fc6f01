"""Keys and passphrases stand nowhere in plain, and their files are their owner's."""

import base64
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_vault.errors import VaultError
from persona_vault.store import driver, keys
from persona_vault.store.header import read_header
from persona_vault.store.keys import Cost
from persona_vault.store.keystore import SystemKeystore
from persona_vault.store.opening import create_vault
from persona_vault.store.recovery import new_code, read_code
from persona_vault.store.rekeying import rekey_vault
from persona_vault.store.slots import add_keyring, add_passphrase, change_passphrase
from persona_vault.store.vault import open_vault
from tests.store.rekey_kills import FakeKeyring

OLD, EXTRA, LAST = "a pebble in the shoe", "an owl by day", "two owls by night"


def spellings(secret: bytes) -> Iterator[bytes]:
    """How a secret could stand in a file."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for lead in range(3):  # from any byte of a longer text on
        yield base64.b64encode(bytes(lead) + secret)[4:-4]


def found_in(folder: Path, secrets: list[bytes]) -> list[str]:
    """Names of files that hold one of these, in any usual spelling."""
    return [
        file.name
        for file in folder.rglob("*")
        if file.is_file()
        for secret in secrets
        if any(each in file.read_bytes() for each in spellings(secret))
    ]


def test_no_file_holds_a_secret_at_any_step(tmp_path: Path, cheap: Cost) -> None:
    """Through all changes of slots and of the key, and while the key is changed."""
    folder, code, ring = tmp_path / "vault", new_code(), FakeKeyring()
    first = create_vault(folder, passphrase=OLD, recovery_code=code, cost=cheap)
    assert first is not None
    add_passphrase(folder, OLD, EXTRA, cost=cheap)
    change_passphrase(folder, EXTRA, LAST, cost=cheap)
    add_keyring(folder, code, SystemKeystore(ring))
    (kept,) = ring.kept.values()
    secrets = [words.encode() for words in (OLD, EXTRA, LAST, code, kept)]
    secrets += [data for c in (code, kept) if (data := read_code(c))]
    secrets.append(first)
    seen = []

    def look(step: str) -> None:
        seen.append((step, found_in(folder, secrets)))

    rekey_vault(folder, OLD, recovery_code=code, cost=cheap, on_step=look)
    secrets.append(keys.unlock(read_header(folder), OLD))
    look("after")

    assert secrets[-1] != first
    assert [step for step, _ in seen] == ["noted", "moved", "settled", "after"]
    assert [names for _, names in seen] == [[]] * 4


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_files_of_a_change_of_keys_are_the_owners(
    tmp_path: Path, cheap: Cost, mask: int
) -> None:
    """0600 under any umask: the journal, the log, the header and what replaces it."""
    folder = tmp_path / "vault"
    modes: dict[str, set[int]] = {}

    def look(_step: str) -> None:
        for file in folder.iterdir():
            mode = stat.S_IMODE(file.stat().st_mode)
            modes.setdefault(file.name, set()).add(mode)

    old = os.umask(mask)
    try:
        create_vault(folder, passphrase=OLD, cost=cheap)
        rekey_vault(folder, OLD, cost=cheap, on_step=look)
        with open_vault(folder, passphrase=OLD) as vault:
            vault.set_zone("Europe/Lisbon")
            look("open")
    finally:
        os.umask(old)

    assert {"vault.db", "vault.json", "vault.db-wal", "vault.db-journal"} <= set(modes)
    assert set.union(*modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_driver_that_cannot_encrypt_is_refused(
    tmp_path: Path, cheap: Cost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is made by a driver to which a key means nothing, nor by an old one."""
    driver.check_driver.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(driver.sqlcipher3, "connect", sqlite3.connect)
        with pytest.raises(VaultError, match="cannot encrypt"):
            create_vault(tmp_path / "a", passphrase=OLD, cost=cheap)
    with monkeypatch.context() as patch:
        patch.setattr(driver.sqlcipher3, "sqlite_version_info", (3, 51, 1))
        with pytest.raises(VaultError, match="can damage"):
            create_vault(tmp_path / "b", passphrase=OLD, cost=cheap)

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
