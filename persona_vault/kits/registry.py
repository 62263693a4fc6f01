"""The formats there are, and the one function that writes a file of them."""

from collections.abc import Iterator
from pathlib import Path

from persona_vault.errors import UsageError
from persona_vault.kits.base import ExportReport, Kit, Leaving, Progress, Talk
from persona_vault.kits.card import CardKit
from persona_vault.kits.diary import MarkdownKit
from persona_vault.kits.lines import JsonlKit
from persona_vault.kits.table import CsvKit
from persona_vault.model import Period
from persona_vault.store.listing import require_source
from persona_vault.store.personas import find_persona
from persona_vault.store.reading import MessageFilter
from persona_vault.store.vault import Vault
from persona_vault.store.whole import write_whole
from persona_vault.store.written import EXPORT, noted_file

_KITS: tuple[Kit, ...] = (CsvKit(), JsonlKit(), MarkdownKit(), CardKit())


def export_formats() -> dict[str, Kit]:
    """Kits by the name that `--format` takes."""
    return {kit.name: kit for kit in _KITS}


def export_talk(
    vault: Vault,
    path: Path | str,
    *,
    format: str = "csv",
    persona: str | None = None,
    period: Period | None = None,
    source: int | None = None,
    shown_only: bool = True,
    progress: Progress | None = None,
) -> ExportReport:
    """Write messages of the vault into one new file, readable by its owner alone.

    The file is there whole or not at all, and the vault notes where it was put.

    Args:
        vault: An open vault.
        path: The file; it must not exist, nor lie in the vault's folder.
        format: A name of `export_formats()`.
        persona: The companion; None = all of them, or the only one where a file is
            of one companion.
        period: By time; messages without `sent_at` are in none. None = all.
        source: Only what this import brought or has too; None = all.
        shown_only: Without hidden messages and answers that were set aside.
        progress: Called now and then with messages done and messages in all.

    Raises:
        UsageError: No such format, source or folder, the file is there, its place is
            the vault's, or nothing is to be written.
        UnknownPersonaError: No such companion, or several and none was named.
        OSError: The file cannot be written; nothing of it is left.
    """
    kits = export_formats()
    if format not in kits:
        raise UsageError(
            f'There is no format "{format}" to write.',
            hint=f"Choose one of {', '.join(kits)}.",
        )
    kit, target = kits[format], Path(path)
    _require_free(target, vault)
    with vault.read() as connection:
        named = persona is not None or kit.one_persona
        companion = find_persona(connection, persona) if named else None
        wanted = MessageFilter(
            persona_id=None if companion is None else companion.id,
            period=period,
            shown_only=shown_only,
            source_id=None if source is None else require_source(connection, source),
        )
        zone = vault.zone
        leaving = kit.leave(Talk(connection, wanted, companion, zone, progress))
        if not leaving.n_messages and not leaving.n_persona_inputs:
            raise _nothing(leaving)
        noted = _write(vault, target, leaving)
    return ExportReport(
        format=kit.name,
        path=str(path),
        persona=None if companion is None else companion.name,
        n_messages=leaving.n_messages,
        n_conversations=leaving.n_conversations,
        n_left_out=leaving.n_left_out,
        n_persona_inputs=leaving.n_persona_inputs,
        n_inputs_left_out=leaving.n_inputs_left_out,
        noted=noted,
    )


def _write(vault: Vault, path: Path, leaving: Leaving) -> bool:
    try:
        with noted_file(vault, EXPORT, path, n_quotes=leaving.n_messages) as noted:
            write_whole(path, _encoded(leaving.pieces))
    except FileExistsError as error:
        raise _taken(path) from error
    return noted


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)


def _require_free(path: Path, vault: Vault) -> None:
    if path.exists() or path.is_symlink():
        raise _taken(path)
    if not path.parent.is_dir():  # said before the vault notes the file
        raise UsageError(
            f"There is no folder {path.parent}", hint="Make it, or name another file."
        )
    if path.resolve().is_relative_to(vault.path.resolve()):
        raise UsageError(
            f"{path} would lie inside the vault's folder",
            hint="Name a file elsewhere: what leaves the vault is not encrypted.",
        )


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} exists already", hint="Name another file.")


def _nothing(leaving: Leaving) -> UsageError:
    if leaving.n_left_out:
        return UsageError(
            "No message fits what was asked for, so no file was written",
            hint="Leave out the dates or --source, or add --all.",
        )
    return UsageError(
        "There is no message to write",
        hint="`persona-vault info` shows what the vault holds.",
    )
