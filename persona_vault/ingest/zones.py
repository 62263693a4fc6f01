"""Another zone of the vault: wall times that were read in the old one move with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert as upsert

from persona_vault.ingest.identity import AMBIGUOUS, in_zone, load_zone
from persona_vault.ingest.upkeep import put_in_order, refresh_dates
from persona_vault.plain import plain
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
# Of the vault's zone: not named for the import, and wall times among its messages.
_FOLLOWING = """
SELECT id FROM source WHERE zone_named = 0 AND (zone IS NULL OR zone = ?)
  AND json_extract(ledger, '$.time_quality.local') > 0
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
    zone = load_zone(timezone)
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


def _tell_sources(connection: Connection, before: str | None, timezone: str) -> None:
    """Zone and dates in the ledgers of the sources that follow the vault's zone."""
    sources = connection.exec_driver_sql(_FOLLOWING, (before,)).scalars().all()
    for source_id in sources:
        connection.exec_driver_sql(
            "UPDATE source SET zone = ? WHERE id = ?", (timezone, source_id)
        )
        refresh_dates(connection, source_id, placed=True)
