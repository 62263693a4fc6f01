"""Which members of a source an importer reads, and what it says of the others."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from persona_vault.importers.source import Source
from persona_vault.model import Ignored, Message


def members_like(
    source: Source, suffixes: Collection[str], is_ours: Callable[[str], bool]
) -> list[str]:
    """Names of the members whose first 64 KiB look right, in name order.

    Args:
        source: Where to look.
        suffixes: Lower-case endings of names worth opening in a folder or zip, "" for
            names without one; a file that the user named is opened whatever its name.
        is_ours: Whether the beginning of a member, as text, is of the format.
    """
    found = []
    for member in source.members():
        suffix = PurePosixPath(member.name).suffix.lower()
        if source.kind != "file" and suffix not in suffixes:
            continue
        if is_ours(source.head_text(member.name).lstrip()):
            found.append(member.name)
    return found


def other_members(source: Source, taken: Collection[str]) -> Iterator[Ignored]:
    """One record for each member that is not read, with its reason."""
    for name, reason in source.skipped_members():
        yield Ignored(reason, name)
    for member in source.members():
        if member.name not in taken:
            yield Ignored("not a file of this export's talk", member.name)


def with_members(message: Message, source: Source, folder: str) -> Message:
    """The message with those of its attachments found that stand in a folder.

    Args:
        message: As it was read.
        source: Where the folder may be.
        folder: Its path in the source; "." for the top.
    """
    if not message.attachments:
        return message
    found = []
    for each in message.attachments:
        member = (PurePosixPath(folder) / each.name).as_posix()
        found.append(replace(each, member=member) if source.has(member) else each)
    return replace(message, attachments=tuple(found))
