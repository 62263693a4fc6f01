"""Options every command knows, before and after its name, and commands by need."""

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from persona_vault.store.header import Header
    from persona_vault.store.vault import Vault

EASILY_GUESSED = (
    "A passphrase this short can be guessed by a program that has a copy of the vault; "
    "a few words that do not belong together are safer. "
    "`persona-vault key passphrase` changes it."
)
_LEAST_LETTERS = 12  # under it, told and not refused
_MOST_PASSPHRASE = 64 * 1024  # letters; a device must not fill the memory
NAMES = ("vault", "passphrase_file", "json", "quiet", "no_color")


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is called."""

    def __init__(
        self,
        *args: Any,
        commands_by_module: Mapping[str, tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._modules = dict(commands_by_module or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of use."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._modules:
            return None
        module = import_module(f"persona_vault.cli.{self._modules[cmd_name][0]}")
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a name that is nearly right is suggested.

        Raises:
            UsageError: There is no such command.
        """
        name = args[0]
        if name not in self._modules and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name.casefold(), self._modules, n=1)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise UsageError(
                f"There is no command {name!r}",
                hint=f"{hint}`{ctx.command_path} --help` lists them.",
            )
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the names with their lines, without importing them."""
        rows = [(n, self._modules[n][1]) for n in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@dataclass(slots=True)
class Common:
    """What the common options say; the word nearest to the command wins.

    `zone` is the vault's, known once it is open: times are shown in it. `exposed` is
    who else can read the vault, None before we have looked.
    """

    vault: str | None = None
    passphrase_file: str | None = None
    json: bool = False
    quiet: bool = False
    no_color: bool = False
    zone: str | None = None
    exposed: tuple[str, ...] | None = None

    def vault_path(self) -> Path:
        """The vault's folder: option, PERSONA_VAULT, or the user's data folder."""
        if self.vault is not None and not self.vault.strip():
            raise UsageError(
                "--vault names no folder",
                hint="Give the folder of the vault, or leave the option out.",
            )
        named = self.vault or os.environ.get("PERSONA_VAULT")
        if named:
            return _expanded(named)
        from platformdirs import user_data_path

        return user_data_path("persona-vault", appauthor=False) / "vault"


def _expanded(named: str) -> Path:
    try:
        return Path(named).expanduser()
    except RuntimeError:
        raise UsageError(
            f"There is no home folder for {named}",
            hint="Write the path of the vault without ~.",
        ) from None


def with_common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the common options; what is given is kept in the context."""
    options = (
        click.option(
            "--vault",
            metavar="DIR",
            help="Folder of the vault (or set PERSONA_VAULT)",
        ),
        click.option(
            "--passphrase-file",
            metavar="FILE",
            help="First line of FILE is the passphrase; - for standard input",
        ),
        click.option("--json", "json", is_flag=True, help="Print one JSON object"),
        click.option("--quiet", is_flag=True, help="No progress and no notes"),
        click.option("--no-color", is_flag=True, help="Plain text without colour"),
    )

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        common = click.get_current_context().ensure_object(Common)
        for name in NAMES:
            value = kwargs.pop(name)
            if value not in (None, False):
                setattr(common, name, value)
        return function(*args, **kwargs)

    for option in reversed(options):
        wrapper = option(wrapper)
    return wrapper


def common() -> Common:
    """The common options of the command that runs."""
    return click.get_current_context().ensure_object(Common)


@contextmanager
def opened_vault(loading: Sequence[str] = ()) -> "Iterator[Vault]":
    """The vault of this call, unlocked.

    Args:
        loading: Modules that the command needs and that take time to load; where a
            passphrase is stretched they are loaded beside that.
    """
    from persona_vault.store.header import read_header

    path = common().vault_path()
    header = read_header(path)
    warn_if_exposed(path)
    with _unlocked(path, header, loading) as vault:
        common().zone = vault.zone
        _tell_dates_in(vault.zone)
        yield vault


def _tell_dates_in(zone: str | None) -> None:
    """Let sentences name the days of this zone, until the command has ended."""
    if zone is None:
        return
    from zoneinfo import ZoneInfo

    from persona_vault.wording.numbers import dates_in

    click.get_current_context().with_resource(dates_in(ZoneInfo(zone)))


def _unlocked(path: Path, header: "Header", loading: Sequence[str]) -> "Vault":
    from persona_vault.errors import WrongKeyError

    if not header.encrypted:
        from persona_vault.store.vault import open_vault

        return open_vault(path)
    secret = _kept_secret(header)
    if secret is not None:
        try:
            return _unlocked_by(path, header, secret, loading)
        except WrongKeyError:
            pass  # left from an earlier key: ask, as without a keyring
    typed = ask_passphrase("Passphrase or recovery code")
    return _unlocked_by(path, header, typed, loading)


def _unlocked_by(
    path: Path, header: "Header", secret: str, loading: Sequence[str]
) -> "Vault":
    from persona_vault.store.keys import begin_opening

    begin_opening(header, secret)
    for module in loading:
        import_module(module)
    from persona_vault.store.vault import open_vault

    return open_vault(path, passphrase=secret)


def _kept_secret(header: "Header") -> str | None:
    """What the system's keyring keeps for this vault, where it was told to."""
    from persona_vault.store.keys import KEYRING

    named = common().passphrase_file
    if named or all(slot.get("kind") != KEYRING for slot in header.slots):
        return None
    from persona_vault.cli._output import note
    from persona_vault.store import keystore, slots

    try:
        return slots.keyring_secret(header, keystore.system_keystore())
    except UsageError as error:
        note(error.message)
        return None


def warn_if_exposed(path: Path) -> None:
    """Say once a call who else can read the vault, where we know of somebody."""
    from persona_vault.cli._output import warn
    from persona_vault.store.exposure import exposures

    if common().exposed is None:
        common().exposed = exposures(path)
        for sentence in common().exposed or ():
            warn(sentence)


def require_encrypted() -> Path:
    """The folder of the vault, which has keys to change.

    Raises:
        UsageError: There is no vault, or it is not encrypted.
    """
    from persona_vault.store.opening import is_encrypted
    from persona_vault.store.slots import plain

    path = common().vault_path()
    if not is_encrypted(path):
        raise plain(path)
    warn_if_exposed(path)
    return path


def ask_passphrase(prompt: str, *, confirm: bool = False) -> str:
    """The passphrase from the file named, else by prompt; never from the command line.

    Raises:
        UsageError: There is no terminal to ask at, or the file cannot be read.
    """
    return _asked(common().passphrase_file, "--passphrase-file", prompt, confirm)


def ask_new_passphrase(source: str | None) -> str:
    """The passphrase from now on, from the file named, else asked for twice.

    Raises:
        UsageError: There is no terminal to ask at, or the file cannot be read.
    """
    return _asked(source, "--new-passphrase-file", "New passphrase", confirm=True)


def typed(words: str) -> str:
    """Words from the command line, or with - the first line of standard input.

    What stands on a command line can be seen by other programs while it runs, and
    stays in the shell's history.

    Raises:
        UsageError: The passphrase is to come from there as well.
    """
    if words != "-":
        return words
    if common().passphrase_file == "-":  # noqa: S105 - standard input
        raise UsageError(
            "The passphrase and the words cannot both come from standard input",
            hint="Name a file with --passphrase-file.",
        )
    if sys.stdin.isatty():
        return str(click.prompt("Words", err=True))
    return sys.stdin.readline(_MOST_PASSPHRASE).rstrip("\r\n")


def _asked(source: str | None, option: str, prompt: str, confirm: bool) -> str:
    if source:
        answer = _passphrase_from(source, option)
    elif not sys.stdin.isatty():
        raise UsageError(
            "This vault needs a passphrase and there is no terminal to ask at",
            hint=f"Name a file with {option} FILE, or - for standard input.",
        )
    else:
        answer = click.prompt(
            prompt, hide_input=True, confirmation_prompt=confirm, err=True
        )
    if confirm and 0 < len(answer) < _LEAST_LETTERS:
        from persona_vault.cli._output import warn

        warn(EASILY_GUESSED)
    return answer


def _passphrase_from(source: str, option: str) -> str:
    try:
        if source == "-":
            return sys.stdin.readline(_MOST_PASSPHRASE).rstrip("\r\n")
        # Some editors put a byte order mark in front, which nobody can type.
        with Path(source).open(encoding="utf-8-sig") as file:
            return file.readline(_MOST_PASSPHRASE).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        from persona_vault.cli._output import one_line

        raise UsageError(
            f"The passphrase file {one_line(source)} could not be read",
            hint=f"Check {option}: its first line is UTF-8 text.",
        ) from error
