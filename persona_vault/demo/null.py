"""Small talks in a plain JSON Lines file, for calibration: nothing need change."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from persona_vault.demo.companion import AFTER, BEFORE
from persona_vault.demo.talk import Manner, Session, stream, write_session
from persona_vault.demo.words import load_words

_FIRST_DAY = date(2024, 1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkShape:
    """How large the talk is and what, if anything, changes at its date.

    Attributes:
        n_blocks_before, n_blocks_after: Conversations on each side of the date.
        n_turns: Replies in each conversation, 3 or more.
        correlation: How much the replies of one conversation have in common; 0 =
            only the topic, 1 = as in the demo.
        strength: Share of the way to the demo's other voice that the companion moves
            at the date; 0 = nothing changes.
        user_strength: Share of the way to the short manner that the user moves.
    """

    n_blocks_before: int = 20
    n_blocks_after: int = 20
    n_turns: int = 15
    correlation: float = 1.0
    strength: float = 0.0
    user_strength: float = 0.0


@dataclass(frozen=True, slots=True)
class NullWorld:
    """The file, and the date between its two sides."""

    path: Path
    update_at: datetime
    shape: TalkShape


def generate_null(folder: Path, seed: int, shape: TalkShape | None = None) -> NullWorld:
    """Write `talk.jsonl` into a folder, which is made if it is not there.

    Its keys are id, conversation, timestamp, speaker ("user" or "persona") and text;
    one conversation a day. With the same seed, conversations before the date are the
    same whatever changes at it.
    """
    shape = shape or TalkShape()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "talk.jsonl"
    words = load_words()
    calendar = stream(seed, "calendar")
    first = datetime(_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day, tzinfo=UTC)
    sessions = []
    for i in range(shape.n_blocks_before + shape.n_blocks_after):
        start = first + timedelta(days=i, minutes=calendar.randrange(17 * 60, 21 * 60))
        late = i >= shape.n_blocks_before
        manner = Manner(
            voice=BEFORE.toward(AFTER, shape.strength) if late else BEFORE,
            brief=0.1 + 0.75 * shape.user_strength if late else 0.1,
            correlation=shape.correlation,
            n_exchanges=shape.n_turns,
        )
        sessions.append(write_session(words, seed, i + 1, start, manner))
    path.write_text(_as_json_lines(sessions), encoding="utf-8", newline="\n")
    return NullWorld(path, first + timedelta(days=shape.n_blocks_before), shape)


def _as_json_lines(sessions: list[Session]) -> str:
    rows: list[str] = []
    for session in sessions:
        for line in session.lines:
            row = {
                "id": f"m{len(rows) + 1:06d}",
                "conversation": f"c{session.number:05d}",
                "timestamp": line.sent_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "speaker": line.role,
                "text": line.text,
            }
            rows.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(rows) + "\n"
