"""Files with words of the talk: the vault notes them, and says where it could not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from persona_vault.cli._output import note

if TYPE_CHECKING:
    from persona_vault.store.vault import Vault


@contextmanager
def noted_quotes(
    vault: "Vault | None", kind: str, path: Path, *, n_quotes: int | None
) -> Iterator[None]:
    """Let the vault note a file that is written meanwhile.

    Args:
        vault: None where the words came from elsewhere.
        kind: As in `store.written`.
        path: What is no regular file (a pipe, a terminal) is not noted.
        n_quotes: Messages that stand in it; None where no word of the talk does.
    """
    from persona_vault.store.written import noted_file

    is_file = path.is_file() or not path.exists()
    if vault is None or n_quotes is None or not is_file or not path.parent.is_dir():
        yield  # where there is no folder the writing fails, and nothing is to be noted
        return
    with noted_file(vault, kind, path, n_quotes=n_quotes) as noted:
        yield
    tell_noted(noted)


def tell_noted(noted: bool) -> None:
    """Say that a forgetting will not name the file that was written, if so."""
    if not noted:
        note(
            "The vault could not note this file, since another program is writing to it"
            " or it cannot be changed: `forget` will not name the file."
        )
