"""Another zone of the vault: wall times that were read in the old one move with it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert as upsert

from persona_vault.findings import plain
from persona_vault.ingest.alignment import merge_order
from persona_vault.ingest.identity import AMBIGUOUS, Instant, in_zone, kept_order
from persona_vault.ingest.identity import load_zone as _load_zone
from persona_vault.ingest.tally import Tally, summed
from persona_vault.ingest.wording import ASKS_FOR_ZONE
from persona_vault.store.clock import from_micros
from persona_vault.store.passages import refresh_passages
from persona_vault.store.schema import setting
from persona_vault.store.vault import Vault

# Wall times without an instant, and those that got theirs from the vault's zone; a
# zone that was named for an import stays.
_MOVABLE = """
SELECT id, conversation_id, local_at, flags FROM message
WHERE time_quality = 'local' AND local_at IS NOT NULL
  AND (sent_at IS NULL OR zone = ?)
  AND NOT EXISTS (
    SELECT 1 FROM message_source AS held JOIN source ON source.id = held.source_id
    WHERE held.message_id = message.id
      AND source.zone_named = 1 AND source.zone = message.zone)
"""
_PLACES = """
SELECT id, sent_at, local_at, time_quality, flags FROM message
WHERE conversation_id = ? ORDER BY position, id
"""
# Of the vault's zone: not named for the import, and wall times among its messages.
_FOLLOWING = """
SELECT id FROM source WHERE zone_named = 0 AND (zone IS NULL OR zone = ?)
  AND json_extract(ledger, '$.time_quality.local') > 0
"""
_TIMES = """
SELECT message.conversation_id, message.sent_at
FROM message_source JOIN message ON message.id = message_source.message_id
WHERE message_source.source_id = ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChange:
    """What another zone of the vault did.

    Attributes:
        before: The zone until now, None if none was named.
        timezone: The zone from now on.
        n_placed: Messages that got their instant, or another one than before.
        n_ambiguous: Those of them in an hour in which the clocks changed.
        n_conversations: Conversations that these messages stand in.
    """

    before: str | None
    timezone: str
    n_placed: int
    n_ambiguous: int
    n_conversations: int

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


def change_zone(vault: Vault, timezone: str) -> ZoneChange:
    """Name the vault's zone, and place anew what was placed by the one before.

    Wall times of imports for which a zone was named stay where they are, and so does
    every time that names its own zone.

    Raises:
        UsageError: There is no such zone.
    """
    zone = _load_zone(timezone)
    if zone is None:
        raise TypeError("a zone is needed")
    before = vault.zone
    with vault.write() as connection:
        _keep_setting(connection, timezone)
        found = connection.exec_driver_sql(_MOVABLE, (before,)).all()
        updates, touched, n_ambiguous = [], set(), 0
        for message_id, conversation_id, local_at, flags in found:
            sent_at, ambiguous = in_zone(local_at, zone)
            if sent_at is None:
                continue
            others = [flag for flag in flags.split() if flag != AMBIGUOUS]
            written = " ".join([*others, AMBIGUOUS] if ambiguous else others)
            updates.append((sent_at, timezone, written, message_id))
            touched.add(conversation_id)
            n_ambiguous += ambiguous
        if updates:
            connection.exec_driver_sql(
                "UPDATE message SET sent_at = ?, zone = ?, flags = ? WHERE id = ?",
                updates,
            )
            for conversation_id in touched:
                put_in_order(connection, conversation_id)
            refresh_passages(connection, sorted(touched))
        _tell_sources(connection, before, timezone)
    return ZoneChange(
        before=before,
        timezone=timezone,
        n_placed=len(updates),
        n_ambiguous=n_ambiguous,
        n_conversations=len(touched),
    )


def _keep_setting(connection: Connection, timezone: str) -> None:
    connection.execute(
        upsert(setting)
        .values(key="zone", value=timezone)
        .on_conflict_do_update(index_elements=["key"], set_={"value": timezone})
    )


def put_in_order(
    connection: Connection,
    conversation_id: int,
    told: Sequence[int] = (),
    arrived: Collection[int] = (),
) -> None:
    """Number a conversation's messages by their times, as they stand among equals.

    Args:
        connection: In a transaction.
        conversation_id: Row id.
        told: Ids of messages as another telling has them, in its order.
        arrived: Those of them that are new here; the others are the places where both
            orders meet.
    """
    rows = connection.exec_driver_sql(_PLACES, (conversation_id,)).all()
    times = {row[0]: kept_order(*row[1:]) for row in rows}
    kept = [row[0] for row in rows if row[0] not in arrived]
    order = merge_order(kept, told, times)
    connection.exec_driver_sql(
        "UPDATE message SET position = ? WHERE id = ?",
        [(position, message_id) for position, message_id in enumerate(order, start=1)],
    )


def _tell_sources(connection: Connection, before: str | None, timezone: str) -> None:
    """Zone and dates in the ledgers of the sources that follow the vault's zone."""
    sources = connection.exec_driver_sql(_FOLLOWING, (before,)).scalars().all()
    for source_id in sources:
        tallies: dict[int, Tally] = {}
        for conversation_id, sent_at in connection.exec_driver_sql(
            _TIMES, (source_id,)
        ):
            tally = tallies.setdefault(conversation_id, Tally())
            tally.note_time(Instant(sent_at, "", None))
        whole = summed(tallies.values())
        ledger = json.loads(
            connection.exec_driver_sql(
                "SELECT ledger FROM source WHERE id = ?", (source_id,)
            ).scalar_one()
        )
        ledger |= _dates(whole)
        told = ledger.get("warnings", ())
        ledger["warnings"] = [w for w in told if not w.endswith(ASKS_FOR_ZONE)]
        connection.exec_driver_sql(
            "UPDATE source SET zone = ?, ledger = ? WHERE id = ?",
            (timezone, json.dumps(ledger, ensure_ascii=False), source_id),
        )
        connection.exec_driver_sql(
            "UPDATE conversation_ledger SET ledger = json_patch(ledger, ?)"
            " WHERE source_id = ? AND conversation_id = ?",
            [
                (json.dumps(_dates(tally)), source_id, conversation_id)
                for conversation_id, tally in tallies.items()
            ],
        )


def _dates(tally: Tally) -> dict[str, Any]:
    def written(value: int | None) -> Any:
        return None if value is None else plain(from_micros(value))

    return {
        "first_at": written(tally.first),
        "last_at": written(tally.last),
        "gaps": list(tally.gaps()),
    }
