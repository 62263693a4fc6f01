"""What can only be decided when a source has been read to its end.

Which of two texts is the newer one: the text of the source whose last message is the
latest; among equals that of the source imported last. A file imported before keeps the
place it had. So an older export that comes later never takes back an edit.
"""

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection

from persona_vault.ingest.alignment import align, merge_order
from persona_vault.ingest.arrival import LINK, Arrivals
from persona_vault.ingest.identity import (
    AMBIGUOUS,
    NEIGHBOURS,
    in_zone,
    kept_order,
    scalar,
)
from persona_vault.ingest.thread import Thread
from persona_vault.store.clock import micros
from persona_vault.store.passages import rebuild_index, refresh_passages

_CHUNK = 500
REBUILD_FROM = 10_000  # new messages

_PLACES = """
SELECT id, position, sent_at, local_at, time_quality, flags FROM message
WHERE conversation_id = ? ORDER BY position, id
"""
_BY_NEIGHBOURS = f"""
SELECT id, substr(identity, {len(NEIGHBOURS) + 1}, 32), shown FROM message
WHERE conversation_id = ? AND identity >= 's:' AND identity < 's;'
ORDER BY position, id
"""  # noqa: S608 - a number of ours
_UNPLACED = """
SELECT message.id, conversation_id, local_at, flags
FROM message_source JOIN message ON message.id = message_source.message_id
WHERE message_source.source_id = ? AND time_quality = 'local'
  AND sent_at IS NULL AND local_at IS NOT NULL
"""
_CLAIM = """
INSERT INTO model_claim (message_id, conversation_id, value, claim_source, part)
SELECT NULL, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM model_claim
  WHERE conversation_id = ? AND value = ? AND claim_source = ? AND part = ?)
"""

Rank = tuple[int, int]


class _Kept(NamedTuple):
    """A message known by its neighbours, or the mark of one that was forgotten.

    Attributes:
        id: Row id of the message, 0 for a mark.
        words: What tells its words; a keyed hash where the conversation has marks.
        mark: Row id of the mark, 0 for a message.
    """

    id: int
    words: Hashable
    shown: int
    mark: int


class Settlement:
    """Ends the import of one source: joins, orders, decides, derives.

    Attributes:
        known_source_id: The row of this very file, if it was imported before.
        revised: Row id of a conversation -> messages that brought another text.
        n_unjoined: Conversations without times that share no stretch with what was
            kept, so that their new messages were put after it.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        *,
        last_at: int | None,
        known_source_id: int | None,
    ) -> None:
        self._arrivals = arrivals
        self._connection: Connection = arrivals.connection
        self._ranks = source_ranks(self._connection)
        place = arrivals.source_id if known_source_id is None else known_source_id
        self._rank: Rank = (-1 if last_at is None else last_at, place)
        self._ranks[arrivals.source_id] = self._rank
        self.known_source_id = known_source_id
        self._touched: set[int] = set()
        self._placed_anew: set[int] = set()
        self.revised: Counter[int] = Counter()
        self.n_unjoined = 0

    def run(self) -> None:
        """Do all of it, in the one order that works."""
        arrivals = self._arrivals
        threads = list(arrivals.threads.values())
        for thread in threads:
            if thread.n_by_neighbours:
                self._join(thread)
        self._place_in_zone()
        for thread in threads:
            if thread.n_added or thread.id in self._placed_anew:
                self._touched.add(thread.id)
                self._order(thread)
        self._decide_texts()
        self._decide_shown()
        self._describe(threads)
        # Where most of the index is new, it takes half the time to make all of it anew.
        anew = arrivals.n_added >= max(REBUILD_FROM, arrivals.first_id)
        refresh_passages(self._connection, sorted(self._touched), index=not anew)
        if anew:
            rebuild_index(self._connection)

    def _join(self, thread: Thread) -> None:
        """Find kept messages among those that only their neighbours tell apart."""
        arrivals = self._arrivals
        marks, sign = arrivals.forgotten.places(
            scalar(thread.conversation.app) or arrivals.app,
            scalar(thread.conversation.native_id),
        )
        if not thread.n_before and sign is None:
            return
        kept: list[_Kept] = [_Kept(0, one, 0, row) for row, one in marks.get(0, ())]
        new: dict[int, tuple[Hashable, int]] = {}
        rows = self._connection.exec_driver_sql(_BY_NEIGHBOURS, (thread.id,))
        for message_id, digest, shown in rows:
            words = digest if sign is None else sign(digest)
            if message_id < arrivals.first_id:
                kept.append(_Kept(message_id, words, shown, 0))
                kept += [_Kept(0, w, 0, row) for row, w in marks.get(message_id, ())]
            else:
                new[message_id] = (words, shown)
        told = [i for i in _in_reading_direction(thread) if i in new]
        digests = [new[i][0] for i in told]
        if self.known_source_id is None:
            places = align([one.words for one in kept], digests)
        else:
            places = self._as_last_time(kept, digests)
        same: dict[int, int] = {}
        n_marked = 0
        for message_id, place in zip(told, places, strict=True):
            if place is None:
                continue
            one = kept[place]
            if one.mark:
                n_marked += 1
                if arrivals.forgotten.keeps_out(one.mark):
                    same[message_id] = 0
                continue
            same[message_id] = one.id
            if one.shown != new[message_id][1]:
                arrivals.changed_shown[one.id] = bool(new[message_id][1])
        self.n_unjoined += bool(kept) and not same and not n_marked
        self._replace(thread, same)

    def _as_last_time(
        self, kept: Sequence["_Kept"], told: Sequence[Hashable]
    ) -> list[int | None]:
        """Places of a file's messages among those it brought when first imported.

        The very same file needs no laying over, and may not have it: its messages with
        times may since have moved those without out of the order of the file.
        """
        held = set(
            self._connection.exec_driver_sql(
                "SELECT message_id FROM message_source WHERE source_id = ?",
                (self.known_source_id,),
            ).scalars()
        )
        waiting: dict[Hashable, deque[int]] = {}
        for place, one in enumerate(kept):
            if one.id in held or one.mark:
                waiting.setdefault(one.words, deque()).append(place)
        return [waiting[d].popleft() if waiting.get(d) else None for d in told]

    def _replace(self, thread: Thread, same: dict[int, int]) -> None:
        """Let kept messages stand for new rows that turned out to be the same.

        0 stands for a message that was forgotten: its row goes, and no other comes.
        """
        if not same:
            return
        arrivals = self._arrivals
        self._connection.exec_driver_sql(
            "DELETE FROM message WHERE id = ?", [(i,) for i in same]
        )
        links = [(kept_id, arrivals.source_id) for kept_id in same.values() if kept_id]
        if links:
            self._connection.exec_driver_sql(LINK, links)
        for place, message_id in enumerate(thread.told):
            thread.told[place] = same.get(message_id, message_id)
        thread.n_added -= len(same)
        arrivals.n_added -= len(same)
        arrivals.n_told_again += len(links)
        thread.n_forgotten = len(same) - len(links)

    def _place_in_zone(self) -> None:
        """Give kept wall times their instant, now that this source names the zone."""
        zone = self._arrivals.zone
        if zone is None or not self._arrivals.n_told_again:
            return
        updates = []
        found = self._connection.exec_driver_sql(
            _UNPLACED, (self._arrivals.source_id,)
        ).all()
        for message_id, conversation_id, local_at, flags in found:
            sent_at, ambiguous = in_zone(local_at, zone)
            if sent_at is None:
                continue
            all_flags = f"{flags} {AMBIGUOUS}".strip() if ambiguous else flags
            updates.append((sent_at, zone.key, all_flags, message_id))
            self._placed_anew.add(conversation_id)
        if updates:
            self._connection.exec_driver_sql(
                "UPDATE message SET sent_at = ?, zone = ?, flags = ? WHERE id = ?",
                updates,
            )

    def _order(self, thread: Thread) -> None:
        """Renumber a conversation, unless what is new came in order and comes last."""
        in_order = not thread.n_falling and (not thread.n_before or thread.only_later)
        if in_order and thread.id not in self._placed_anew:
            return
        kept: list[int] = []
        times: dict[int, int | None] = {}
        positions: dict[int, int] = {}
        rows = self._connection.exec_driver_sql(_PLACES, (thread.id,))
        for message_id, position, *when in rows:
            times[message_id] = kept_order(*when)
            positions[message_id] = position
            if message_id < self._arrivals.first_id:
                kept.append(message_id)
        order = merge_order(kept, _in_reading_direction(thread), times)
        moved = [
            (position, message_id)
            for position, message_id in enumerate(order, start=1)
            if positions[message_id] != position
        ]
        if moved:
            self._connection.exec_driver_sql(
                "UPDATE message SET position = ? WHERE id = ?", moved
            )

    def _decide_texts(self) -> None:
        source_id = self._arrivals.source_id
        ids = self._connection.exec_driver_sql(
            "SELECT DISTINCT message_id FROM revision WHERE source_id = ?", (source_id,)
        ).scalars()
        self.revised.subtract(self._arrivals.own_rows)
        for rows in self._chunks(
            "SELECT revision.message_id, revision.source_id, revision.text,"
            " message.text, message.conversation_id"
            " FROM revision JOIN message ON message.id = revision.message_id"
            " WHERE revision.message_id IN ({}) ORDER BY revision.message_id,"
            " revision.id",
            ids.all(),
        ):
            for message_id, texts in groupby(rows, key=lambda row: row[0]):
                self._decide_text(message_id, list(texts))

    def _decide_text(self, message_id: int, rows: Sequence[Sequence[Any]]) -> None:
        """Count what the source brought, and let the newest text be the message's."""
        source_id = self._arrivals.source_id
        told = [(self._rank_of(row[1]), row[1], row[2]) for row in rows]
        # max takes the first of equals; of equals the last row counts.
        newest = max(reversed(told), key=lambda one: one[0])
        others = [one for one in told if one[1] != source_id]
        before = max(reversed(others), key=lambda one: one[0]) if others else None
        seen: set[str] = set()
        for one in told:
            if one[1] == source_id:
                unknown = one[2] not in seen
                taken_up = one is newest and before is not None and before[2] != one[2]
                self.revised[rows[0][4]] += unknown or taken_up
            seen.add(one[2])
        self._touched.add(rows[0][4])
        if newest[2] != rows[0][3]:
            self._connection.exec_driver_sql(
                "UPDATE message SET text = ? WHERE id = ?", (newest[2], message_id)
            )

    def _rank_of(self, source_id: int) -> Rank:
        return self._ranks.get(source_id, (-1, 0))

    def _decide_shown(self) -> None:
        """A newer source says which of several answers is the shown one."""
        changed = self._arrivals.changed_shown
        source_id = self._arrivals.source_id
        for rows in self._chunks(
            "SELECT message_id, message_source.source_id, conversation_id"
            " FROM message_source JOIN message ON message.id = message_id"
            " WHERE message_id IN ({}) ORDER BY message_id",
            list(changed),
        ):
            updates = []
            for message_id, holders in groupby(rows, key=lambda row: row[0]):
                held = list(holders)
                others = [self._rank_of(h[1]) for h in held if h[1] != source_id]
                if all(self._rank > rank for rank in others):
                    updates.append((changed[message_id], message_id))
                    self._touched.add(held[0][2])
            if updates:
                self._connection.exec_driver_sql(
                    "UPDATE message SET shown = ? WHERE id = ?", updates
                )

    def _describe(self, threads: Iterable[Thread]) -> None:
        """Titles and groups as the newest source has them; defaults it names."""
        own = self._arrivals.source_id
        for thread in threads:
            told = thread.conversation
            if thread.n_before and self._is_newest_of(thread, own):
                self._connection.exec_driver_sql(
                    "UPDATE conversation SET title = coalesce(nullif(?, ''), title),"
                    " group_name = coalesce(nullif(?, ''), group_name) WHERE id = ?",
                    (scalar(told.title), scalar(told.group), thread.id),
                )
            for claim in told.models:
                values = (
                    thread.id,
                    claim.value,
                    claim.source.value,
                    claim.part.value,
                )
                self._connection.exec_driver_sql(_CLAIM, values + values)

    def _is_newest_of(self, thread: Thread, own: int) -> bool:
        others = self._connection.exec_driver_sql(
            "SELECT source_id FROM conversation_ledger WHERE conversation_id = ?",
            (thread.id,),
        ).scalars()
        return all(self._rank > self._rank_of(s) for s in others if s != own)

    def _chunks(
        self, statement: str, ids: Sequence[int]
    ) -> Iterator[Sequence[Sequence[Any]]]:
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            marks = ",".join("?" * len(some))
            yield self._connection.exec_driver_sql(
                statement.format(marks), tuple(some)
            ).all()


def _in_reading_direction(thread: Thread) -> list[int]:
    """The source's order, turned where it runs newest first."""
    told = [i for i in thread.told if i]
    return told[::-1] if thread.n_falling > thread.n_rising else told


def source_ranks(connection: Connection) -> dict[int, Rank]:
    """How new each source is, by its last message."""
    rows = connection.exec_driver_sql(
        "SELECT id, json_extract(ledger, '$.last_at') FROM source"
    )
    return {
        source_id: (
            -1 if last is None else micros(datetime.fromisoformat(last)),
            source_id,
        )
        for source_id, last in rows
    }
