"""What a source's raw records stand for in the vault, and what they say read again."""

import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from persona_vault.errors import VaultDamagedError
from persona_vault.ingest.identity import (
    AMBIGUOUS,
    NATIVE,
    Instant,
    input_digest,
    instant_of,
    load_zone,
    scalar,
)
from persona_vault.model import (
    COLUMNS_FACT,
    Message,
    PersonaInput,
    ReadOptions,
    TimeQuality,
)
from persona_vault.store.clock import micros
from persona_vault.store.traces import MARK

# What only the surroundings of a record tell: it stays as it was.
_OF_PLACE = frozenset({"branch", "edited", "orphan", "regenerated", "time_demoted"})

COLUMNS = (
    *("conversation_id", "identity", "native_id", "role", "speaker", "text"),
    *("sent_at", "local_at", "time_quality", "zone", "kind", "shown", "flags"),
)
_KEPT = f"SELECT id, {', '.join(COLUMNS)} FROM message WHERE id = ?"  # noqa: S608
_RAW = """
SELECT id, message_id, persona_input_id, place, data FROM raw_record
WHERE source_id = ? AND id > ? ORDER BY id LIMIT 500
"""


# Identity, kind, title, text, start of a persona input.
InputTexts = tuple[str, str, str, str, int | None]


class Row(NamedTuple):
    """A kept message: its id, then `COLUMNS`."""

    id: int
    conversation_id: int
    identity: str
    native_id: str | None
    role: str
    speaker: str
    text: str
    sent_at: int | None
    local_at: str | None
    time_quality: str
    zone: str | None
    kind: str
    shown: int
    flags: str


class RowGoneError(VaultDamagedError):
    """A record is kept, and what was read from it is not."""

    def __init__(self) -> None:
        super().__init__(
            "A message or text of this source is gone from the vault, though its record"
            " is there; nothing was changed.",
            hint="`persona-vault verify` says which; restore the vault from a backup.",
        )


class RawRecords:
    """One source's raw records beside the rows that were made of them."""

    def __init__(
        self,
        connection: Connection,
        source_id: int,
        ledger: dict[str, Any],
        vault_zone: str | None,
    ) -> None:
        self._connection = connection
        self._source_id = source_id
        told = ledger.get("options", {})
        self._keeps_times = bool(told.get("times_set_aside"))
        self._options = ReadOptions(
            me=tuple(told.get("me", ())),
            them=tuple(told.get("them", ())),
            columns=told.get("columns", {}),
            day_first=told.get("day_first"),
            found_columns=_found_columns(ledger),
        )
        row = connection.exec_driver_sql(
            "SELECT zone, zone_named FROM source WHERE id = ?", (source_id,)
        ).one()
        self._zone_name: str | None = row[0] if row[1] else row[0] or vault_zone

    def raw_records(self) -> Iterator[tuple[int | None, int | None, str, str]]:
        """Message, input, place and text of each.

        Page by page: what is read is being written to meanwhile.
        """
        last = 0
        while True:
            rows = self._connection.exec_driver_sql(_RAW, (self._source_id, last)).all()
            if not rows:
                return
            for number, *rest in rows:
                message_id, input_id, place, data = rest
                yield message_id, input_id, place, _unpacked(data)
                last = number

    def kept_message(self, message_id: int) -> Row:
        """A message as it is kept.

        Raises:
            RowGoneError: There is none.
        """
        found = self._connection.exec_driver_sql(_KEPT, (message_id,)).first()
        if found is None:
            raise RowGoneError
        return Row._make(found)

    def message_again(self, kept: Row, record: Message) -> tuple[Row, Instant | None]:
        """The row as its record reads now, under the identity that it has."""
        timed, when = self._times(kept, record)
        flags = _flags(timed, record)
        read = timed._replace(
            native_id=kept.native_id or record.native_id,
            role=record.role.value,
            speaker=scalar(record.speaker),
            text=self._text(kept, scalar(record.text)),
            kind=record.kind,
            shown=_shown(kept, record),
            flags=kept.flags if set(flags) == set(kept.flags.split()) else _join(flags),
        )
        return read, when

    def _times(self, kept: Row, record: Message) -> tuple[Row, Instant | None]:
        """The row with the time that the record gives now, if it may be believed."""
        demoted = "time_demoted" in kept.flags.split() or self._keeps_times
        if demoted or record.time_quality is TimeQuality.NONE:
            return kept, None
        name = kept.zone or self._zone_name
        zone: ZoneInfo | None = load_zone(name)
        when = instant_of(record, zone)
        same_wall = record.local_at is not None and record.local_at == kept.local_at
        if same_wall and record.time_quality.value == kept.time_quality:
            return kept, when
        others = [flag for flag in kept.flags.split() if flag != AMBIGUOUS]
        placed_by_zone = record.local_at is not None and record.sent_at is None
        return kept._replace(
            sent_at=when.sent_at,
            local_at=record.local_at,
            time_quality=record.time_quality.value,
            zone=name if placed_by_zone else None,
            flags=_join([*others, *([AMBIGUOUS] if when.ambiguous else [])]),
        ), when

    def _text(self, kept: Row, text: str) -> str:
        """What the message shows: another source may have a newer wording."""
        own = self.own_text(kept)
        return text if own is None or own == kept.text else kept.text

    def own_text(self, kept: Row) -> str | None:
        """The wording that this source told, where more than one is known."""
        found = self._connection.exec_driver_sql(
            "SELECT text FROM revision WHERE message_id = ? AND source_id = ?"
            " ORDER BY id LIMIT 1",
            (kept.id, self._source_id),
        ).first()
        return None if found is None else str(found[0])

    def kept_input(self, input_id: int, columns: str) -> Any:
        """Columns of a persona input as it is kept.

        Raises:
            RowGoneError: There is none.
        """
        found = self._connection.exec_driver_sql(
            f"SELECT {columns} FROM persona_input WHERE id = ?",  # noqa: S608 - ours
            (input_id,),
        ).first()
        if found is None:
            raise RowGoneError
        return found

    def input_again(
        self, input_id: int, record: PersonaInput
    ) -> tuple[InputTexts, InputTexts]:
        """Identity, kind, title, text and start: as kept, and as read now."""
        row = self.kept_input(
            input_id, "identity, kind, title, text, valid_from, native_id"
        )
        identity, kind, title, text, valid_from, native = row
        if record.valid_from is not None and valid_from is None:
            valid_from = micros(record.valid_from)
        read_title, read_text = scalar(record.title), scalar(record.text)
        digest = input_digest(record.kind, read_title, read_text)
        read = f"d:{digest}" if native is None else f"{NATIVE}{native}:{digest}"
        return (
            (identity, kind, title, text, row.valid_from),
            (read, record.kind, read_title, read_text, valid_from),
        )


def _found_columns(ledger: dict[str, Any]) -> dict[str, str]:
    """Which column held which field of the whole file; empty where nobody can tell.

    A forgetting may have blotted a name in it: then a record speaks for itself again.
    """
    for fact in ledger.get("facts", ()):
        if fact["name"] == COLUMNS_FACT and MARK not in fact["value"]:
            found: dict[str, str] = json.loads(fact["value"])
            return found
    return {}


def _flags(timed: Row, record: Message) -> list[str]:
    kept = timed.flags.split()
    of_place = [flag for flag in kept if flag in _OF_PLACE or flag == AMBIGUOUS]
    return [flag for flag in record.flags if flag not in _OF_PLACE] + of_place


def _join(flags: list[str]) -> str:
    return " ".join(flags)


def _shown(kept: Row, record: Message) -> int:
    """Hidden or not: a branch stays one, whatever the record alone looks like."""
    if (kept.role, kept.kind) == (record.role.value, record.kind):
        return kept.shown
    on_branch = not kept.shown and not _OF_PLACE.isdisjoint(kept.flags.split())
    return int(record.shown and not on_branch)


def _unpacked(data: bytes) -> str:
    try:
        return zlib.decompress(data).decode("utf-8")
    except (zlib.error, UnicodeDecodeError, TypeError):
        raise VaultDamagedError(
            "A raw record is damaged inside the vault; nothing was changed.",
            hint="Restore the vault from a backup.",
        ) from None
