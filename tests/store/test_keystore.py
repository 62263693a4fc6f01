"""The system's keyring: used where it is fit, and never trusted with the last word."""

from collections.abc import Callable
from typing import Any

import pytest

from persona_vault.errors import UsageError
from persona_vault.store import keystore
from persona_vault.store.header import read_header
from persona_vault.store.keystore import SystemKeystore, system_keystore
from persona_vault.store.slots import (
    add_keyring,
    keyring_secret,
    list_slots,
    remove_keyring,
)
from persona_vault.store.vault import Vault, open_vault
from tests.store.rekey_kills import FakeKeyring


def test_a_keyring_that_keeps_nothing_is_no_keyring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Backends that fail, or a chain of none, are refused; a fit one is taken."""
    ring = FakeKeyring(fit=False)
    monkeypatch.setattr(keystore, "import_module", ring.load)
    with pytest.raises(UsageError):
        system_keystore()
    chain: Any = ring.get_keyring()
    chain.backends = []
    with pytest.raises(UsageError):
        system_keystore()
    monkeypatch.setattr(keystore, "import_module", FakeKeyring().load)
    assert isinstance(system_keystore(), SystemKeystore)


def test_what_the_keyring_keeps_opens_the_vault_until_it_is_replaced(
    encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """It keeps a code of its own, never the passphrase; a new one ends the old."""
    vault = encrypted_vault()
    ring = FakeKeyring()
    store = SystemKeystore(ring)
    add_keyring(vault.path, passphrase, store)
    first = keyring_secret(read_header(vault.path), store)
    assert first is not None
    assert passphrase not in str(ring.kept)
    open_vault(vault.path, passphrase=first).close()

    add_keyring(vault.path, first, store)

    assert [slot.kind for slot in list_slots(vault.path)] == ["passphrase", "keyring"]
    assert len(ring.kept) == 1
    with pytest.raises(UsageError):
        open_vault(vault.path, passphrase=first)
    remove_keyring(vault.path, passphrase, store)
    assert ring.kept == {}
    with pytest.raises(UsageError):
        remove_keyring(vault.path, passphrase, store)


def test_a_keyring_that_refuses_changes_nothing(
    encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """Its own words are not repeated, and no slot without an entry is left."""
    vault = encrypted_vault()
    ring = FakeKeyring()
    ring.locked = True
    before = read_header(vault.path)
    with pytest.raises(UsageError) as refused:
        add_keyring(vault.path, passphrase, SystemKeystore(ring))
    assert "words of the system" not in refused.value.message
    assert read_header(vault.path) == before
