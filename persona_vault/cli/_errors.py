"""The one error boundary: what a user can cause ends in a sentence and an exit code."""

import gc
import os
import sys
import traceback

import click

from persona_vault.cli._options import Common
from persona_vault.cli._output import ReaderGoneError, print_error
from persona_vault.errors import OF_THE_DISK, DiskFullError, UsageError, VaultError

INTERRUPTED = 130


def run(command: click.Command) -> None:
    """Run a command and leave the process with its exit code."""
    os.umask(0o077)  # files of this program are the user's alone, from their first byte
    _leave_no_core()
    # Looked for by hand as well: a line that cannot be understood ends before click
    # has told anybody what it asked for.
    asked = sys.argv[1:]
    common = Common(json="--json" in asked[: [*asked, "--"].index("--")])
    try:
        code = _run(command, common)
    except ReaderGoneError:  # as `head` does: no error of ours
        code = 0
    gc.freeze()  # else all modules are looked through for cycles: .15 s of a search
    sys.exit(code)


# A shell hands over several words, and -word as an option, unless they are quoted.
SEARCH_HINT = (
    "Put the whole search in quotation marks, a -word not first: "
    'persona-vault search "harbour -rain".'
)


def _leave_no_core() -> None:
    """An image of this process's memory would hold the key and the words.

    Linux hands it to a program of the system's choosing whatever the limit is, but for
    a limit of one byte; no file of one byte is written either.
    """
    if sys.platform == "win32":
        return
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    least = 1 if sys.platform == "linux" and hard != 0 else 0
    resource.setrlimit(resource.RLIMIT_CORE, (least, hard))


def _run(command: click.Command, common: Common) -> int:
    try:
        # Named, since click calls it otherwise under `python -m`.
        code = command.main(
            prog_name="persona-vault", obj=common, standalone_mode=False
        )
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print_error(
            common,
            "Stopped.",
            "What was finished is kept, nothing half done.",
            INTERRUPTED,
        )
        code = INTERRUPTED
    except click.ClickException as error:
        hint = "See `persona-vault --help`."
        if isinstance(error, click.UsageError) and error.ctx:
            hint = f"See `{error.ctx.command_path} --help`."
            if error.ctx.info_name == "search" and _is_unquoted(error):
                hint = SEARCH_HINT
        print_error(common, error.format_message(), hint, 2)
        code = 2
    except VaultError as error:
        print_error(common, error.message, error.hint, error.exit_code)
        code = error.exit_code
    except ReaderGoneError:
        raise
    except OSError as error:
        code = _operating_system(common, error)
    except Exception as error:  # noqa: BLE001 - the last stop for bugs
        code = _bug(common, error)
    return code if isinstance(code, int) else 0


def _is_unquoted(error: click.UsageError) -> bool:
    """Whether part of a text was taken for an option or a word too many."""
    return isinstance(error, click.NoSuchOption) or "unexpected" in error.message


def _operating_system(common: Common, error: OSError) -> int:
    if error.errno in OF_THE_DISK:
        full = DiskFullError(
            "The disk takes no more data",
            hint="Check that it has free space and is connected, and try again.",
        )
        print_error(common, full.message, full.hint, full.exit_code)
        return full.exit_code
    if error.filename is None:
        return _bug(common, error)
    message = f"The system refused {os.fsdecode(error.filename)}: {error.strerror}"
    refused = UsageError(message, hint="Check the path and its permissions.")
    print_error(common, refused.message, refused.hint, refused.exit_code)
    return refused.exit_code


def _bug(common: Common, error: Exception) -> int:
    """Where it happened, without the exception's own words: they may quote a chat."""
    for line in traceback.format_tb(error.__traceback__):
        sys.stderr.write(line)
    print_error(
        common,
        f"This is a mistake in persona-vault ({type(error).__name__})",
        "Your vault was not changed by this step. The lines above hold no chat text "
        "and help whoever mends it.",
        1,
    )
    return 1
