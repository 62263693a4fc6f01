"""What must agree again where kept messages were changed: order, dates of ledgers."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from persona_vault.ingest.alignment import merge_order
from persona_vault.ingest.identity import Instant, kept_order
from persona_vault.ingest.tally import Tally, summed
from persona_vault.ingest.wording import ASKS_FOR_ZONE
from persona_vault.plain import plain
from persona_vault.store.clock import from_micros

_PLACES = """
SELECT id, sent_at, local_at, time_quality, flags FROM message
WHERE conversation_id = ? ORDER BY position, id
"""
_TIMES = """
SELECT message.conversation_id, message.sent_at
FROM message_source JOIN message ON message.id = message_source.message_id
WHERE message_source.source_id = ?
"""


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


def refresh_dates(
    connection: Connection, source_id: int, *, placed: bool = False
) -> None:
    """Write first and last date and gaps of a source, and of its conversations, anew.

    Args:
        connection: In a transaction.
        source_id: Row id.
        placed: Its wall times have their instants now: nothing is left to ask for.
    """
    run = connection.exec_driver_sql
    tallies: dict[int, Tally] = {}
    for conversation_id, sent_at in run(_TIMES, (source_id,)):
        tally = tallies.setdefault(conversation_id, Tally())
        tally.note_time(Instant(sent_at, "", None))
    kept = run("SELECT ledger FROM source WHERE id = ?", (source_id,)).scalar_one()
    ledger = json.loads(kept) | _dates(summed(tallies.values()))
    if placed:
        told = ledger.get("warnings", ())
        ledger["warnings"] = [w for w in told if not w.endswith(ASKS_FOR_ZONE)]
    run(
        "UPDATE source SET ledger = ? WHERE id = ?",
        (json.dumps(ledger, ensure_ascii=False), source_id),
    )
    if tallies:
        run(
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
