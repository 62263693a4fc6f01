"""Which members of a source an importer reads, and what it says of the others."""

from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from persona_vault.importers.source import Source
from persona_vault.model import Ignored


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
