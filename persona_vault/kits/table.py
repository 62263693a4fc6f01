"""CSV: for spreadsheets, and to be read back by `importers.formats.own`.

RFC 4180 in UTF-8. The byte order mark in front is what Excel knows UTF-8 by; without
it every letter beyond ASCII comes out, and is saved again, as two or three others.
"""

import csv
import io
from collections.abc import Iterator

from persona_vault.kits.base import Leaving, Talk
from persona_vault.model import ClaimPart, ModelClaim
from persona_vault.portable import COLUMNS, NO, YES, guarded
from persona_vault.store.outgoing import OutgoingMessage

_MARK = "\ufeff"
_ROWS = 200  # to a piece


class CsvKit:
    """A row for each message, under the header of `portable.COLUMNS`."""

    name = "csv"
    one_persona = False

    def leave(self, talk: Talk) -> Leaving:
        """The whole table; memory holds some rows."""
        return talk.leaving(_pieces(talk))


def _pieces(talk: Talk) -> Iterator[str]:
    held = io.StringIO(newline="")
    writer = csv.writer(held)  # commas, CR LF, quotes where they are needed
    held.write(_MARK)
    writer.writerow(COLUMNS)
    for number, outgoing in enumerate(talk.messages(), start=1):
        writer.writerow(_row(outgoing))
        if number % _ROWS == 0:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


def _row(outgoing: OutgoingMessage) -> list[str]:
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
    return [guarded(cells[name].replace("\x00", "\ufffd")) for name in COLUMNS]


def _model(claims: tuple[ModelClaim, ...]) -> str:
    """The model that answered, else one that was asked for; "" where none is named."""
    by_part = {claim.part: claim.value for claim in reversed(claims)}
    for part in (ClaimPart.ANSWERED, ClaimPart.REQUESTED):
        if part in by_part:
            return by_part[part]
    return ""
