"""Voice notes and pictures that the research copy brings beside its tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from persona_vault.importers.files.members import with_members
from persona_vault.importers.formats.replika.csv import read_table
from persona_vault.importers.source import Source
from persona_vault.model import Attachment, Conversation, Message, Record


def files_of_messages(source: Source, tables: Iterable[str]) -> dict[str, Attachment]:
    """By the id of its message, each file that a table names and the export brings."""
    main = Conversation(native_id="main", threaded=False)
    found = {}
    for table in tables:
        root = PurePosixPath(table).parent.parent.as_posix()
        for record in read_table(source, table, main):
            if not isinstance(record, Message) or record.native_id is None:
                continue
            for each in with_members(record, source, root).attachments:
                if each.member:
                    found[record.native_id] = each
    return found


def with_files(
    records: Iterator[Record], files: Mapping[str, Attachment]
) -> Iterator[Record]:
    """Raw records name an address that needs a login; the file stands beside them."""
    for record in records:
        native_id = (isinstance(record, Message) and record.native_id) or ""
        if isinstance(record, Message) and native_id in files:
            own = record.attachments[:1] or (files[native_id],)
            first = replace(own[0], member=files[native_id].member)
            yield replace(record, attachments=(first, *record.attachments[1:]))
        else:
            yield record
