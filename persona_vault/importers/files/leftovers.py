"""The files of a source that hold no talk: each is named once, or told as left out."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from persona_vault.importers.source import Source
from persona_vault.model import Ignored, Message, Record

_TEXTS = {".json", ".jsonl", ".html", ".htm", ".txt", ".csv", ".js", ".css", ".xml"}


def with_leftovers(
    records: Iterable[Record], source: Source, chat_files: Collection[str]
) -> Iterator[Record]:
    """The records, then one `Ignored` for each file that no message names.

    Skipped files (logins, links) stand in front.
    """
    for name, reason in source.skipped_members():
        yield Ignored(reason, name)
    named: set[str] = set()
    for record in records:
        if isinstance(record, Message):
            named.update(each.member for each in record.attachments)
        yield record
    for member in source.members():
        if member.name not in chat_files and member.name not in named:
            is_text = PurePosixPath(member.name).suffix.lower() in _TEXTS
            reason = "not a chat file" if is_text else "file that no message names"
            yield Ignored(reason, member.name)
