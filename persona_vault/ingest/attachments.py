"""The bytes behind attachments: hashed where the export has them, kept on request."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from persona_vault.errors import InputRejectedError
from persona_vault.importers.source import Source
from persona_vault.ingest.arrival import Arrivals
from persona_vault.model import Attachment
from persona_vault.store.files import (
    CHUNK_BYTES,
    holds_bytes,
    note_bytes,
    write_bytes,
)


class Content(NamedTuple):
    """The hash and the size of a member's bytes."""

    sha256: str
    n_bytes: int


def member_contents(source: Source) -> dict[str, Content | None]:
    """Every member of a zip or folder; None where it cannot be read to its end.

    One damaged picture is no reason to refuse the talk around it: where the talk itself
    is damaged, its importer says so.
    """
    if source.kind == "file":
        return {}
    return {member.name: _content(source, member.name) for member in source.members()}


def _content(source: Source, member: str) -> Content | None:
    digest, n_bytes = hashlib.sha256(), 0
    try:
        for piece in _pieces(source, member):
            digest.update(piece)
            n_bytes += len(piece)
    except InputRejectedError:
        return None
    return Content(digest.hexdigest(), n_bytes)


def _pieces(source: Source, member: str) -> Iterator[bytes]:
    with source.stream(member) as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


class AttachmentBytes:
    """Goes through the attachments of one source once it has been read to its end.

    Attributes:
        counts: n_found, n_kept, n_bytes_kept (each content once), n_unreadable.
    """

    def __init__(
        self,
        connection: Connection,
        source: Source,
        contents: Mapping[str, Content | None],
        *,
        source_id: int,
        keep: bool,
    ) -> None:
        self._connection = connection
        self._source = source
        self._contents = contents
        self._source_id = source_id
        self._keep = keep
        self.counts: Counter[str] = Counter(
            n_found=0, n_kept=0, n_bytes_kept=0, n_unreadable=0
        )

    def take(self, arrivals: Arrivals) -> None:
        """Note, and keep where that was asked for, what the messages name."""
        for thread, place, attachments in arrivals.files:
            message_id = thread.told[place]
            if not message_id:  # it was forgotten, and so are its files
                continue
            for given in attachments:
                if given.member in self._contents:
                    self._note(message_id, given)

    def _note(self, message_id: int, given: Attachment) -> None:
        content = self._contents[given.member]
        if content is None:
            self.counts["n_unreadable"] += 1
            return
        self.counts["n_found"] += 1
        if self._keep:
            self._keep_bytes(given.member, content)
        for row_id in self._rows(message_id, given):
            note_bytes(
                self._connection,
                row_id,
                self._source_id,
                sha256=content.sha256,
                n_bytes=content.n_bytes,
                kept=self._keep,
            )

    def _rows(self, message_id: int, given: Attachment) -> list[int]:
        run = self._connection.exec_driver_sql
        found = run(
            "SELECT id FROM attachment WHERE message_id = ? AND name = ?",
            (message_id, given.name),
        ).scalars()
        rows = list(found)
        if rows:
            return rows
        # An earlier reading of the same message did not name it yet.
        made = run(
            "INSERT INTO attachment (message_id, name, media_type, n_bytes, kept)"
            " VALUES (?, ?, ?, ?, 0)",
            (message_id, given.name, given.media_type, given.n_bytes),
        )
        return [int(made.lastrowid)]

    def _keep_bytes(self, member: str, content: Content) -> None:
        self.counts["n_kept"] += 1
        if not holds_bytes(self._connection, content.sha256):
            pieces = _pieces(self._source, member)
            write_bytes(self._connection, content.sha256, pieces)
            self.counts["n_bytes_kept"] += content.n_bytes
