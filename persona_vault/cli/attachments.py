"""`attachments`: the files that a message names, and those of them that are kept."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, print_json, print_table, print_text
from persona_vault.errors import OF_THE_DISK, UsageError

if TYPE_CHECKING:
    from persona_vault.store.files import StoredAttachment

_SAFE = frozenset("-_. ()+,=@")
_MOST_LETTERS = 100
_KINDS = {"image": ".image", "audio": ".audio", "video": ".video"}


@click.command("attachments", short_help="List or write a message's attachments")
@click.argument("message_id", type=int)
@click.option(
    "-o", "--output", "folder", metavar="DIR", help="Write the kept files there"
)
@with_common_options
def command(message_id: int, folder: str | None) -> None:
    """List the files that a message names; with -o write those the vault holds.

    The id is that of `persona-vault search` and `persona-vault read`. Files are kept
    by `import --with-attachments`. None that is there already is overwritten.
    """
    from persona_vault.store.files import list_attachments, read_bytes

    with opened_vault() as vault, vault.read() as connection:
        found = list_attachments(connection, message_id)
        written: list[str | None] = [None] * len(found)
        if folder is not None:
            target = _made(Path(folder))
            for number, each in enumerate(found):
                if each.kept and each.sha256:
                    pieces = read_bytes(connection, each.sha256)
                    written[number] = str(_write(target, file_name(each), pieces))
    if common().json:
        print_json({"attachments": list(map(_row, found, written))})
        return
    if not found:
        print_text("This message names no files.")
        return
    print_table(
        ("id", "kind", "bytes", "kept", "written to" if folder else "name"),
        [
            (
                each.id,
                each.media_type,
                "" if each.n_bytes is None else each.n_bytes,
                "yes" if each.kept else "no",
                (place or "") if folder else each.name,
            )
            for each, place in zip(found, written, strict=True)
        ],
    )
    if not all(each.kept for each in found):
        note("Files of an export are kept by `import --with-attachments`.")


def _row(each: "StoredAttachment", place: str | None) -> dict[str, Any]:
    from persona_vault.plain import plain

    row: dict[str, Any] = plain(each)
    return row | {"file": place}


def file_name(each: "StoredAttachment") -> str:
    """A name for an attachment that any system takes and that leads nowhere else."""
    last = PurePosixPath(each.name.replace("\\", "/").split("?")[0]).name
    safe = "".join(c if c.isalnum() or c in _SAFE else "_" for c in last)
    safe = safe.strip(" .")[-_MOST_LETTERS:].strip(" .") or "attachment"
    if "." not in safe:
        safe += _KINDS.get(each.media_type, "")
    # In front, so that no name is one that Windows keeps for devices.
    return f"{each.id}-{safe}"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UsageError(
            f"The folder {folder} cannot be made", hint="Name another with -o."
        ) from None
    return folder


def _write(folder: Path, name: str, pieces: Iterable[bytes]) -> Path:
    """Write a new file; a damaged or half-written one does not stay."""
    from persona_vault.store.whole import write_whole

    place = folder / name
    try:
        write_whole(place, pieces)
    except OSError as error:
        if error.errno in OF_THE_DISK:
            raise
        there = "is there already" if isinstance(error, FileExistsError) else ""
        raise UsageError(
            f"{place} {there or 'cannot be written'}; nothing was overwritten",
            hint="Name another folder with -o.",
        ) from None
    return place
