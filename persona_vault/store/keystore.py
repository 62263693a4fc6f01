"""The system's keyring, where there is one: a convenience, never the only way in."""

from importlib import import_module
from typing import Any, Protocol

from persona_vault.errors import UsageError

_SERVICE = "persona-vault"
# Backends that keep nothing, or keep it for everybody to read.
_UNFIT = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


class Keystore(Protocol):
    """Where a secret of a vault's slot can be kept."""

    def look_up(self, vault_id: str, slot_id: str) -> str | None:
        """The secret, None where there is none."""

    def keep(self, vault_id: str, slot_id: str, secret: str) -> None:
        """Keep a secret."""

    def forget(self, vault_id: str, slot_id: str) -> None:
        """Drop a secret; nothing to do where there is none."""


class SystemKeystore:
    """The keyring of the desktop, through the package `keyring`.

    Args:
        library: That package.
    """

    def __init__(self, library: Any) -> None:
        self._library = library

    def look_up(self, vault_id: str, slot_id: str) -> str | None:
        """The secret, None where there is none.

        Raises:
            UsageError: The keyring refused, or is locked.
        """
        try:
            found = self._library.get_password(_SERVICE, _entry(vault_id, slot_id))
        except self._library.errors.KeyringError as error:
            raise _refused(error) from error
        return None if found is None else str(found)

    def keep(self, vault_id: str, slot_id: str, secret: str) -> None:
        """Keep a secret.

        Raises:
            UsageError: The keyring refused, or is locked.
        """
        try:
            self._library.set_password(_SERVICE, _entry(vault_id, slot_id), secret)
        except self._library.errors.KeyringError as error:
            raise _refused(error) from error

    def forget(self, vault_id: str, slot_id: str) -> None:
        """Drop a secret; nothing to do where there is none.

        Raises:
            UsageError: The keyring refused, or is locked.
        """
        try:
            self._library.delete_password(_SERVICE, _entry(vault_id, slot_id))
        except self._library.errors.PasswordDeleteError:
            return
        except self._library.errors.KeyringError as error:
            raise _refused(error) from error


def system_keystore() -> Keystore:
    """The keyring of this system.

    Raises:
        UsageError: The package is not installed, or there is no keyring to speak of.
    """
    try:
        library = import_module("keyring")
        import_module("keyring.errors")
    except ImportError:
        raise UsageError(
            "The system's keyring is reached through the package `keyring`, which is"
            " not installed.",
            hint="Install it with `pip install persona-vault[keyring]`, or go on with"
            " the passphrase.",
        ) from None
    backend = library.get_keyring()
    chain = getattr(backend, "backends", None)
    if all(_unfit(each) for each in ([backend] if chain is None else chain)):
        raise UsageError(
            "This system has no keyring that could keep a secret.",
            hint="Go on with the passphrase, or with --passphrase-file.",
        )
    return SystemKeystore(library)


def _unfit(backend: object) -> bool:
    return type(backend).__module__.startswith(_UNFIT)


def _entry(vault_id: str, slot_id: str) -> str:
    return f"{vault_id}-{slot_id}"


def _refused(error: Exception) -> UsageError:
    # The error's own words come from a system service; its kind says enough.
    return UsageError(
        f"The system's keyring refused ({type(error).__name__}).",
        hint="Unlock it and try again, or go on with the passphrase.",
    )
