"""Every failure a user can meet, with its exit code: the only list of both.

A message says what happened and where; the hint says the next step. Neither ever
contains text from a chat.
"""

import errno
from typing import ClassVar

# Numbers of an OSError that stand for a disk that is full or fails.
OF_THE_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))


class VaultError(Exception):
    """A failure that a user can cause or mend; anything else is a bug.

    Attributes:
        message: What happened and where, one sentence.
        hint: The next step, one sentence, or "" where there is none.
        exit_code: What the command line exits with.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(VaultError):
    """The call cannot be carried out: no vault, unknown persona, no model."""

    exit_code = 2


class NoVaultError(UsageError):
    """There is no vault at the place named."""


class UnknownPersonaError(UsageError):
    """The vault has no persona of that name, or several and none was named."""


class NoModelError(UsageError):
    """The embedding model is not on this machine, or is not the one expected."""


class InputRejectedError(VaultError):
    """A file cannot be read as what it was given for; the vault is unchanged."""

    exit_code = 3


class VaultLockedError(VaultError):
    """Another process holds the vault."""

    exit_code = 5


class WrongKeyError(VaultError):
    """The passphrase opens no key slot of this vault."""

    exit_code = 6


class VaultDamagedError(VaultError):
    """The vault's files are not what its header says."""

    exit_code = 7


class ForeignVaultError(VaultDamagedError):
    """The file at the vault's place was not made by persona_vault."""


class NewerVaultError(VaultError):
    """The vault was written by a newer program."""

    exit_code = 8


class DiskFullError(VaultError):
    """The disk filled up; nothing of the current step was kept."""

    exit_code = 9
