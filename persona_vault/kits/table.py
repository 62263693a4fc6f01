"""CSV: for spreadsheets, and to be read back by `importers.formats.own`.

RFC 4180 in UTF-8. The byte order mark in front is what Excel knows UTF-8 by; without
it every letter beyond ASCII comes out, and is saved again, as two or three others.

Every cell is quoted, so that a semicolon or a tab parts none where those part as well.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from persona_vault.kits.base import Leaving, Talk
from persona_vault.model import ClaimPart, ModelClaim
from persona_vault.portable import COLUMNS, NO, YES, cell_of
from persona_vault.store.outgoing import OutgoingMessage

_MARK = "\ufeff"
_ROWS = 200  # to a piece


class CsvKit:
    """A row for each message, under the header of `portable.COLUMNS`."""

    name = "csv"
    one_persona = False

    def leave(self, talk: Talk) -> Leaving:
        """The whole table; memory holds some rows."""
        return talk.leaving(as_table(map(_row, talk.messages())))


def as_table(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Rows by the names of their columns, as pieces of the file, header first."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, quoting=csv.QUOTE_ALL)  # commas, CR LF
    held.write(f"{_MARK}{','.join(COLUMNS)}\r\n")
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell_of(name, row[name]) for name in COLUMNS])
        if number % _ROWS == 0:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


def _row(outgoing: OutgoingMessage) -> dict[str, str]:
    message, about = outgoing.message, outgoing.about
    cells = {
        "persona": about.persona,
        "conversation": message.conversation,
        "title": about.title,
        "sent_at": "" if message.sent_at is None else message.sent_at.isoformat(),
        "local_at": message.local_at or "",
        "time_quality": message.time_quality.value,
        "role": message.role.value,
        "speaker": message.speaker,
        "text": message.text,
        "shown": YES if message.shown else NO,
        "model": _model(message.models),
        "app": message.app,
        "group": about.group,
        "threaded": YES if message.threaded else NO,
        "kind": message.kind,
        "native_id": message.native_id or "",
        "parent": outgoing.parent or "",
        "flags": " ".join(message.flags),
        "message_id": str(message.id),
    }
    # No table can hold a NUL; importers let none in.
    return {name: cell.replace("\x00", "\ufffd") for name, cell in cells.items()}


def _model(claims: tuple[ModelClaim, ...]) -> str:
    """The model that answered, else one that was asked for; "" where none is named."""
    by_part = {claim.part: claim.value for claim in reversed(claims)}
    for part in (ClaimPart.ANSWERED, ClaimPart.REQUESTED):
        if part in by_part:
            return by_part[part]
    return ""
