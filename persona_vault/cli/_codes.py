"""A recovery code on its way to paper: shown once and typed back, or into a file."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from persona_vault.cli._options import common
from persona_vault.cli._output import note, warn
from persona_vault.errors import UsageError

NO_CODE_MEANS = (
    "No recovery code was made, so the passphrase alone opens this vault. "
    "`persona-vault key recovery` makes one."
)
_INTRODUCED = (
    "This is the recovery code. It opens the vault if the passphrase is ever lost,\n"
    "and is shown only now. Write it on paper, and keep the paper where only you\n"
    "find it, apart from this machine.\n"
)
_FILE_NOTE = """\
The first line is the recovery code of the persona-vault in
{vault}
It opens the vault without the passphrase. Print it, keep it apart from the vault,
and take this file off the machine.
"""
# A screen of its own, which leaves nothing above the prompt when it is left.
_OTHER_SCREEN, _OWN_SCREEN = "\x1b[?1049h\x1b[H", "\x1b[?1049l"


def recovery_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--recovery-file` and `--no-recovery-code` to a command."""
    wanted = click.option(
        "--recovery-file",
        metavar="FILE",
        help="Write the recovery code to a new file instead of showing it",
    )
    unwanted = click.option(
        "--no-recovery-code",
        "no_code",
        is_flag=True,
        help="Make no recovery code",
    )
    return wanted(unwanted(function))


def check_recovery_options(recovery_file: str | None, no_code: bool) -> None:
    """Refuse, before anything is asked, what cannot be carried out.

    Raises:
        UsageError: The options contradict each other, or the file cannot be made.
    """
    if recovery_file is None:
        return
    if no_code:
        raise UsageError(
            "--recovery-file and --no-recovery-code contradict each other",
            hint="Leave one of them out.",
        )
    place = Path(recovery_file)
    if place.exists():
        raise UsageError(
            f"{place} is there already, and nothing is written over it",
            hint="Name another file with --recovery-file.",
        )
    if place.absolute().parent.resolve() == common().vault_path().resolve():
        raise UsageError(
            "The recovery code would lie in the vault's own folder",
            hint="Name a file elsewhere: who has the folder would have the code too.",
        )


def at_terminal() -> bool:
    """Whether somebody can read what is shown and answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def settled_code(recovery_file: str | None, *, no_code: bool = False) -> str | None:
    """A new code that is safe on paper or in a file, None where none is wanted.

    Raises:
        UsageError: There is no terminal to show it at, and no file was named.
    """
    from persona_vault.store.recovery import new_code

    if no_code:
        return None
    if recovery_file is None and not at_terminal():
        raise UsageError(
            "There is no terminal to show the recovery code at",
            hint="Name a new file with --recovery-file FILE.",
        )
    code = new_code()
    if recovery_file is None:
        _show_and_ask(code)
    else:
        _write(Path(recovery_file), code)
    return code


def _write(place: Path, code: str) -> None:
    from persona_vault.store.header import sync_folder, write_private

    vault = common().vault_path().absolute()
    write_private(place, f"{code}\n\n{_FILE_NOTE.format(vault=vault)}")
    sync_folder(place.parent)  # before the header counts on it
    note(f"The recovery code is in {place}. Print it, and take the file away.")


@contextmanager
def withdrawn_on_failure(recovery_file: str | None) -> Iterator[None]:
    """Take the file away again if the keys of the vault stayed as they were."""
    header = common().vault_path() / "vault.json"
    there = recovery_file is None or Path(recovery_file).exists()
    before = _bytes(header)
    try:
        yield
    except BaseException:
        if recovery_file is not None and not there and _bytes(header) == before:
            with suppress(OSError):
                Path(recovery_file).unlink(missing_ok=True)
        raise


def _bytes(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except OSError:
        return None


def _show_and_ask(code: str) -> None:
    """Show the code, and go on only when it was typed back from the copy."""
    from persona_vault.store.recovery import read_code

    right = read_code(code)
    while True:
        with _other_screen():
            click.echo(f"{_INTRODUCED}\n    {code}\n", err=True)
            click.prompt(
                "Press Enter when it is written down",
                default="",
                show_default=False,
                prompt_suffix="",
                err=True,
            )
        typed = click.prompt("Type it back from the paper", err=True)
        if read_code(typed) == right:
            note("That is right; the paper will open this vault.")
            return
        warn("That is not the code: compare the paper with it once more.")


@contextmanager
def _other_screen() -> Iterator[None]:
    """What is shown inside does not stay on the terminal, where it can forget."""
    if os.name != "posix" or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    sys.stderr.write(_OTHER_SCREEN)
    try:
        yield
    finally:
        sys.stderr.write(_OWN_SCREEN)
        sys.stderr.flush()
