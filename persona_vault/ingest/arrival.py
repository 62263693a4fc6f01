"""Messages on their way into the vault: told apart from what is there, in batches.

New rows are simply inserted; the unique key (conversation, identity) turns back what
is known, and only that is looked at again. So a first import costs no look-up, and
memory holds one batch, not the file: beside it 8 bytes a message for the order.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from persona_vault.ingest.identity import (
    AMBIGUOUS,
    NATIVE,
    NEIGHBOURS,
    TIMED,
    Instant,
    instant_of,
    kept_order,
    scalar,
    words_digest,
)
from persona_vault.ingest.thread import Thread
from persona_vault.model import Attachment, Conversation, Message
from persona_vault.store.forgotten import Forgotten
from persona_vault.store.revisions import note_text
from persona_vault.store.writing import insert_rows

BATCH_MESSAGES = 10_000
BATCH_CHARACTERS = 8_000_000
_LOOK_UP = 500
_SHORT = 4096  # bytes of a raw record

_INSERT = """
INSERT INTO message (id, conversation_id, source_id, identity, native_id, role, speaker,
  text, sent_at, local_at, time_quality, zone, position, kind, shown, parent, flags)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (conversation_id, identity) DO NOTHING
"""
_FIND = f"""
SELECT identity, id, text, shown,
  EXISTS (SELECT 1 FROM message_source AS held
    WHERE held.message_id = message.id AND held.source_id = ?),
  EXISTS (SELECT 1 FROM revision WHERE revision.message_id = message.id)
FROM message WHERE conversation_id = ? AND identity IN ({",".join("?" * _LOOK_UP)})
"""  # noqa: S608 - only question marks are put in
_THREAD = """
SELECT id, (SELECT max(position) FROM message WHERE conversation_id = conversation.id)
FROM conversation WHERE persona_id = ? AND app = ? AND native_id = ?
"""
# Imported for this companion and given to another one since: it stays there.
_MOVED_THREAD = """
SELECT id, (SELECT max(position) FROM message WHERE conversation_id = conversation.id)
FROM conversation
WHERE persona_id IN (SELECT id FROM persona WHERE id <> ?1)
  AND app = ?2 AND native_id = ?3
  AND EXISTS (SELECT 1 FROM conversation_ledger AS told
    JOIN source ON source.id = told.source_id
    WHERE told.conversation_id = conversation.id AND source.persona_id = ?1)
ORDER BY id
"""
LINK = (
    "INSERT INTO message_source (message_id, source_id) VALUES (?, ?)"
    " ON CONFLICT DO NOTHING"
)
RAW_RECORD = (
    "INSERT INTO raw_record (source_id, message_id, persona_input_id, place, data)"
    " VALUES (?, ?, ?, ?, ?)"
)
_CLAIM = (
    "INSERT INTO model_claim (message_id, conversation_id, value, claim_source, part)"
    " VALUES (?, ?, ?, ?, ?)"
)
_ATTACHMENT = (
    "INSERT INTO attachment (message_id, name, media_type, n_bytes, kept)"
    " VALUES (?, ?, ?, ?, 0)"
)

Values = tuple[object, ...]


class _Row(NamedTuple):
    """A row of `message`, in the order of `_INSERT`."""

    id: int
    conversation_id: int
    source_id: int
    identity: str
    native_id: str | None
    role: str
    speaker: str
    text: str
    sent_at: int | None
    local_at: str | None
    time_quality: str
    zone: str | None
    position: int
    kind: str
    shown: bool
    parent: str | None
    flags: str


class _Kept(NamedTuple):
    """What is in the vault under an identity.

    Attributes:
        held_here: Whether this source has brought it before.
        has_texts: Whether it was seen with more than one text.
    """

    identity: str
    id: int
    text: str
    shown: int
    held_here: int
    has_texts: int


class Arrivals:
    """Writes the messages and persona inputs of one source.

    Attributes:
        threads: The source's conversations by their key.
        first_id: Messages from this id on are new.
        n_added, n_told_again: Messages; persona inputs are counted apart.
        own_rows: Row id of a conversation -> rows of `revision` that only hold the
            first of two wordings in this very source.
        changed_shown: Message id -> shown flag, where the source has it otherwise.
        files: Thread, place in its `told`, attachments of a message that names some.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        source_id: int,
        persona_id: int,
        app: str,
        zone: ZoneInfo | None,
        seen_at: int,
        forgotten: Forgotten,
    ) -> None:
        self.connection = connection
        self.forgotten = forgotten
        self.source_id = source_id
        self.persona_id = persona_id
        self.zone = zone
        self.seen_at = seen_at
        self.app = app
        self._zone_name = None if zone is None else zone.key
        self.threads: dict[str, Thread] = {}
        self.first_id = _next_message_id(connection)
        self._ids = count(self.first_id)
        self.n_added = self.n_told_again = 0
        self.own_rows: Counter[int] = Counter()
        self.changed_shown: dict[int, bool] = {}
        self.files: list[tuple[Thread, int, tuple[Attachment, ...]]] = []
        self._reset()
        # The highest number given to equals that came more than once.
        self._equals: dict[tuple[int, str], int] = {}

    def _reset(self) -> None:
        self._rows: list[_Row] = []
        self._messages: list[Message] = []
        self._threads: list[Thread] = []
        self._orders: list[int | None] = []
        self._n_characters = 0
        self._in_batch: dict[tuple[int, str], int] = {}

    def add(self, message: Message) -> Instant | None:
        """Take a message in; gives where in time it was placed.

        None where it was forgotten: it stays out.
        """
        thread_id = scalar(message.conversation.native_id)
        app = scalar(message.conversation.app) or self.app
        if self.forgotten.holds_thread(app, thread_id):
            return None
        thread = self._thread(message.conversation)
        when = instant_of(message, self.zone)
        text, speaker = scalar(message.text), scalar(message.speaker)
        native_id = message.native_id
        row_id = next(self._ids)
        if native_id is not None:
            native_id = scalar(native_id)
            identity = NATIVE + native_id
        elif when.key:
            base = f"{TIMED}{when.key}:{words_digest(speaker, text)}"
            identity = f"{base}:{self._number((thread.id, base))}"
        else:
            identity = f"{NEIGHBOURS}{words_digest(speaker, text)}:{row_id}"
        if self.forgotten.holds_message(app, thread_id, identity):
            self._skip_number(thread.id, identity)
            return None
        thread.n_by_neighbours += identity.startswith(NEIGHBOURS)
        thread.step(when.order)
        if message.attachments:
            place = thread.position - thread.n_before
            self.files.append((thread, place, message.attachments))
        thread.position += 1
        flags = message.flags
        if when.ambiguous:
            flags = (*flags, AMBIGUOUS)
        local_at = message.local_at
        self._rows.append(
            _Row(
                row_id,
                thread.id,
                self.source_id,
                identity,
                native_id,
                message.role.value,
                speaker,
                text,
                when.sent_at,
                local_at,
                message.time_quality.value,
                self._zone_name if local_at and message.sent_at is None else None,
                thread.position,
                message.kind,
                message.shown,
                message.parent,
                " ".join(flags),
            )
        )
        self._messages.append(message)
        self._threads.append(thread)
        self._orders.append(when.order)
        self._n_characters += len(text) + len(message.raw)
        if len(self._rows) >= BATCH_MESSAGES or self._n_characters >= BATCH_CHARACTERS:
            self.flush()
        return when

    def _number(self, key: tuple[int, str]) -> int:
        """Which one among equals a message is, as far as this batch can tell."""
        number = self._in_batch.get(key) or self._equals.get(key, 0)
        number += 1
        self._in_batch[key] = number
        if number > 1:
            self._equals[key] = number
        return number

    def _skip_number(self, thread_id: int, identity: str) -> None:
        """The next equal of a forgotten message is the next one, not the same again."""
        if identity.startswith(TIMED):
            base, _, number = identity.rpartition(":")
            self._equals[thread_id, base] = int(number)

    def drop_empty(self) -> None:
        """Take back conversations that were made here, and all of it was forgotten."""
        for key, thread in list(self.threads.items()):
            if not thread.told and not thread.n_before:
                self.connection.exec_driver_sql(
                    "DELETE FROM conversation WHERE id = ? AND NOT EXISTS"
                    " (SELECT 1 FROM message WHERE conversation_id = conversation.id)",
                    (thread.id,),
                )
                del self.threads[key]

    def _thread(self, conversation: Conversation) -> Thread:
        thread = self.threads.get(conversation.key)
        if thread is None:
            thread = self._open_thread(conversation)
            self.threads[conversation.key] = thread
        return thread

    def _open_thread(self, conversation: Conversation) -> Thread:
        native_id = scalar(conversation.native_id)
        app = scalar(conversation.app) or self.app
        key = (self.persona_id, app, native_id)
        run = self.connection.exec_driver_sql
        found = run(_THREAD, key).first() or run(_MOVED_THREAD, key).first()
        if found is not None:
            newest = newest_order(self.connection, found[0])
            return Thread(found[0], conversation, found[1] or 0, newest)
        made = self.connection.exec_driver_sql(
            "INSERT INTO conversation"
            " (persona_id, app, native_id, title, group_name, threaded)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                self.persona_id,
                app,
                native_id,
                scalar(conversation.title),
                scalar(conversation.group),
                conversation.threaded,
            ),
        )
        return Thread(made.lastrowid, conversation)

    def flush(self) -> None:
        """Write the batch out."""
        if not self._rows:
            return
        ids = [row.id for row in self._rows]
        fresh = self._insert(range(len(ids)))
        if len(fresh) < len(ids):
            fresh = self._resolve(fresh, ids)
        self._write_beside(fresh)
        self.n_added += len(fresh)
        for i in fresh:
            self._threads[i].note_new(self._orders[i])
        for thread, message_id in zip(self._threads, ids, strict=True):
            thread.told.append(message_id)
        self._reset()

    def _insert(self, wanted: Sequence[int]) -> list[int]:
        """Insert these rows of the batch; gives those that were new."""
        rows = [self._rows[i] for i in wanted]
        if insert_rows(self.connection, _INSERT, rows) == len(rows):
            fresh = list(wanted)
        else:
            there = set(
                self.connection.exec_driver_sql(
                    "SELECT id FROM message WHERE id >= ?", (self._rows[0].id,)
                ).scalars()
            )
            fresh = [i for i in wanted if self._rows[i].id in there]
        self._link(self._rows[i].id for i in fresh)
        return fresh

    def _link(self, message_ids: Iterable[object]) -> None:
        links = [(message_id, self.source_id) for message_id in message_ids]
        insert_rows(self.connection, LINK, links)

    def _resolve(self, fresh: list[int], ids: list[int]) -> list[int]:
        """Find what the turned-back rows of the batch are; gives all new ones."""
        new = set(fresh)
        open_ = [i for i in range(len(ids)) if i not in new]
        while open_:
            found = self._find(open_)
            again: list[int] = []
            matched: list[int] = []
            for i in open_:
                row = self._rows[i]
                kept = found[row.conversation_id, row.identity]
                if kept.held_here and row.native_id is None:
                    # Equals that an earlier batch has taken: this is one more.
                    again.append(i)
                    continue
                ids[i] = kept.id
                matched.append(kept.id)
                if kept.text != row.text or kept.has_texts:
                    self._note_text(kept, row.text, row.conversation_id)
                if bool(kept.shown) != row.shown:
                    self.changed_shown[kept.id] = row.shown
            self._link(matched)
            self.n_told_again += len(matched)
            for i in again:
                self._renumber(i)
            added = self._insert(again) if again else []
            new.update(added)
            open_ = [i for i in again if i not in new]
        return sorted(new)

    def _renumber(self, i: int) -> None:
        row = self._rows[i]
        base, _, number = row.identity.rpartition(":")
        key = (self._threads[i].id, base)
        next_number = max(self._equals.get(key, 0), int(number)) + 1
        self._equals[key] = next_number
        self._rows[i] = row._replace(identity=f"{base}:{next_number}")

    def _find(self, wanted: Iterable[int]) -> dict[tuple[int, str], _Kept]:
        """The kept messages under the identities of these rows."""
        by_conversation: dict[int, list[str]] = {}
        for i in wanted:
            row = self._rows[i]
            by_conversation.setdefault(row.conversation_id, []).append(row.identity)
        found: dict[tuple[int, str], _Kept] = {}
        for conversation_id, identities in by_conversation.items():
            for start in range(0, len(identities), _LOOK_UP):
                some = identities[start : start + _LOOK_UP]
                padded = some + [some[-1]] * (_LOOK_UP - len(some))
                rows = self.connection.exec_driver_sql(
                    _FIND, (self.source_id, conversation_id, *padded)
                )
                for kept in map(_Kept._make, rows):
                    found[conversation_id, kept.identity] = kept
        return found

    def _note_text(self, kept: _Kept, text: str, conversation_id: int) -> None:
        """Keep both texts; which of them is the newer one is settled at the end."""
        if kept.held_here and kept.id >= self.first_id and kept.text != text:
            # Twice in this very file, in two wordings: the first has no row yet.
            self.own_rows[conversation_id] += self.connection.exec_driver_sql(
                "INSERT INTO revision (message_id, source_id, text, seen_at)"
                " SELECT ?, ?, ?, ? WHERE NOT EXISTS"
                " (SELECT 1 FROM revision WHERE message_id = ?)",
                (kept.id, self.source_id, kept.text, self.seen_at, kept.id),
            ).rowcount
        note_text(
            self.connection,
            kept.id,
            source_id=self.source_id,
            text=text,
            seen_at=self.seen_at,
        )

    def _write_beside(self, fresh: Sequence[int]) -> None:
        """What stands beside new messages: raw records, model names, attachments."""
        raw: list[Values] = []
        claims: list[Values] = []
        attachments: list[Values] = []
        for i in fresh:
            message, message_id = self._messages[i], self._rows[i].id
            if message.raw:
                data = compressed(message.raw)
                raw.append((self.source_id, message_id, None, message.where, data))
            claims += [
                (message_id, None, c.value, c.source.value, c.part.value)
                for c in message.models
            ]
            attachments += [
                (message_id, a.name, a.media_type, a.n_bytes)
                for a in message.attachments
            ]
        for statement, rows in (
            (RAW_RECORD, raw),
            (_CLAIM, claims),
            (_ATTACHMENT, attachments),
        ):
            insert_rows(self.connection, statement, rows)


def compressed(raw: str) -> bytes:
    """A raw record as it is kept: zlib, level 6; a lone surrogate becomes U+FFFD."""
    data = scalar(raw).encode()
    if len(data) > _SHORT:
        return zlib.compress(data, 6)
    # Window and tables no larger than a short record: a third less time.
    packer = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
    return packer.compress(data) + packer.flush()


def newest_order(connection: Connection, conversation_id: int) -> int | None:
    """The time of the last message of a conversation that has one to order by."""
    rows = connection.exec_driver_sql(
        "SELECT sent_at, local_at, time_quality, flags FROM message"
        " WHERE conversation_id = ? ORDER BY position DESC, id DESC",
        (conversation_id,),
    )
    for row in rows.yield_per(100):
        order = kept_order(*row)
        if order is not None:
            rows.close()
            return order
    return None


def _next_message_id(connection: Connection) -> int:
    """An id that was never given before, not even to a message that is gone."""
    value = connection.exec_driver_sql(
        "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message'),"
        " 0), coalesce((SELECT max(id) FROM message), 0))"
    ).scalar_one()
    return int(value) + 1
