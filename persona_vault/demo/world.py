"""A year and a half of talk with one invented companion, in three apps' exports.

What was planted, when, and which rows it must move is part of the result, so that a
comparison can be held against the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from persona_vault.demo.chores import draw_chores
from persona_vault.demo.companion import AFTER, BEFORE
from persona_vault.demo.exports import (
    GROUP,
    write_chatgpt,
    write_kindroid,
    write_replika,
)
from persona_vault.demo.talk import (
    Manner,
    Session,
    draw_session_times,
    stream,
    write_session,
)
from persona_vault.demo.words import load_words

FIRST_DAY, LAST_DAY = date(2024, 3, 4), date(2025, 8, 31)
# Each app from .. until; where two overlap, the sessions are dealt out by chance.
APP_DAYS = {
    "replika": (date(2024, 3, 4), date(2024, 9, 8)),
    "kindroid": (date(2024, 8, 19), date(2025, 2, 9)),
    "chatgpt": (date(2025, 1, 20), date(2025, 8, 31)),
}
SHARE_OF_DAYS = 0.38
N_CHORES = 30
BRIEF_BEFORE, BRIEF_SHIFTED = 0.1, 0.85


class Move(NamedTuple):
    """A row that a plant moves by construction; `direction` is "up" or "down"."""

    dimension: str
    direction: str


UPDATE_MOVES = (
    Move("message_length", "down"),
    Move("length_ratio", "down"),
    Move("exclamation_rate", "down"),
    Move("contractions", "down"),
    Move("pet_names", "down"),
    Move("refusal", "up"),
    Move("refusal_all", "up"),
    Move("ai_disclosure", "up"),
    # Shares of replies that show it somewhere: fewer sentences, fewer chances.
    Move("hedges", "down"),
    Move("self_disclosure", "down"),
    Move("valence", "down"),
)
# Bound up with shorter or turned-down replies: may move, need not.
UPDATE_UNDECIDED = (
    "richness",
    "affection",
    "praise",
    "apology",
    "agreement_opener",
    "negative_share",
    "action_share",
    "ellipsis_dash_rate",
    "emoji_repertoire",
)
UPDATE_STEADY = (
    "question_rate",
    "closing_question",
    "emoji_rate",
    "lowercase_starts",
    "action_rate",
    "addressee_name",
    "burst_size",
    "markdown",
    "lists",
)
SHIFT_MOVES = (Move("length_ratio", "up"),)
SHIFT_USER_MOVES = (
    Move("message_length", "down"),
    Move("length_ratio", "down"),
    Move("question_rate", "down"),
    Move("closing_question", "down"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorld:
    """What was written, and the truth about it.

    Attributes:
        seed: Makes the same files again, byte for byte.
        companion, user: Their invented names.
        replika, kindroid, chatgpt: The export files.
        group: The project that holds the companion's threads in the ChatGPT export;
            their titles begin with the companion's name. All other threads there are
            chores with an assistant.
        update_at: From when the companion answers in the other voice, or None.
        user_shift_at, user_shift_until: The stretch [at, until) in which the user
            writes shorter and asks less, the companion as ever; or None.
        update_moves: Rows of the companion that the update moves.
        update_undecided: Rows that hang on those: they may move or not.
        update_steady: Rows that the update leaves alone.
        user_shift_moves: Rows of the companion that move with the user's shift though
            no reply was changed.
        user_shift_user_moves: Rows of the user's side that it moves.
        notes: The same in words.
        n_sessions, n_messages: The companion's talk, both sides, all apps.
    """

    seed: int
    companion: str
    user: str
    replika: Path
    kindroid: Path
    chatgpt: Path
    group: str
    update_at: datetime | None
    user_shift_at: datetime | None
    user_shift_until: datetime | None
    update_moves: tuple[Move, ...]
    update_undecided: tuple[str, ...]
    update_steady: tuple[str, ...]
    user_shift_moves: tuple[Move, ...]
    user_shift_user_moves: tuple[Move, ...]
    notes: tuple[str, ...]
    n_sessions: int
    n_messages: int

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """The export files, oldest app first."""
        return self.replika, self.kindroid, self.chatgpt


UPDATE_AT = datetime(2025, 5, 15, tzinfo=UTC)
USER_SHIFT_AT = datetime(2024, 9, 23, tzinfo=UTC)
USER_SHIFT_UNTIL = datetime(2024, 12, 16, tzinfo=UTC)
NOTES = (
    "Sam and Juniper are invented; every sentence was put together from word lists.",
    "From 23 September to 15 December 2024 (Kindroid) Sam writes shorter messages and "
    "asks fewer questions; Juniper's replies follow the same rules as before.",
    "On 15 May 2025 (ChatGPT) the model behind Juniper is replaced: replies get "
    "shorter and more formal, with fewer exclamation marks and pet names; requests "
    "are turned down more often, and some replies say that they come from an AI.",
    "As the shorter autumn messages are part of what came before, Sam's messages are a "
    "little longer after 15 May 2025 than on average before it.",
    "Emoji, actions, questions, Sam's name and lower-case beginnings stay as frequent "
    "as they were.",
    "The ChatGPT export also holds 30 short talks with an assistant that are not "
    "Juniper's.",
)


def generate(folder: Path, seed: int = 1, *, plant: bool = True) -> DemoWorld:
    """Write the three exports into a folder, which is made if it is not there.

    Args:
        folder: Files of the same names in it are replaced.
        seed: Other seeds give other talks with the same truths.
        plant: False leaves both changes out; all that stands before the first of them
            is the same either way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = load_words()
    sessions = _write_sessions(seed, plant=plant)
    dealt = _deal_to_apps(sessions, stream(seed, "apps"))
    replika = folder / f"{words.name}_backup.csv"
    kindroid = folder / "kindroid_messages.json"
    chatgpt = folder / "conversations.json"
    update_at = UPDATE_AT if plant else None
    chores = draw_chores(
        _midnight(APP_DAYS["chatgpt"][0]),
        _midnight(APP_DAYS["chatgpt"][1]),
        N_CHORES,
        stream(seed, "chores"),
    )
    write_replika(replika, dealt["replika"], stream(seed, "ids", "replika"))
    write_kindroid(kindroid, dealt["kindroid"], stream(seed, "ids", "kindroid"))
    ids = stream(seed, "ids", "chatgpt")
    write_chatgpt(chatgpt, words, (dealt["chatgpt"], chores), update_at, ids)
    return DemoWorld(
        seed=seed,
        companion=words.name,
        user=words.user,
        replika=replika,
        kindroid=kindroid,
        chatgpt=chatgpt,
        group=GROUP,
        update_at=update_at,
        user_shift_at=USER_SHIFT_AT if plant else None,
        user_shift_until=USER_SHIFT_UNTIL if plant else None,
        update_moves=UPDATE_MOVES if plant else (),
        update_undecided=UPDATE_UNDECIDED if plant else (),
        update_steady=UPDATE_STEADY,
        user_shift_moves=SHIFT_MOVES if plant else (),
        user_shift_user_moves=SHIFT_USER_MOVES if plant else (),
        notes=NOTES if plant else (NOTES[0], NOTES[-1]),
        n_sessions=len(sessions),
        n_messages=sum(len(session.lines) for session in sessions),
    )


def _write_sessions(seed: int, *, plant: bool) -> list[Session]:
    words = load_words()
    regenerates_from = _midnight(APP_DAYS["chatgpt"][0])
    sessions = []
    times = draw_session_times(seed, FIRST_DAY, LAST_DAY, SHARE_OF_DAYS)
    for number, start in enumerate(times, start=1):
        shifted = plant and USER_SHIFT_AT <= start < USER_SHIFT_UNTIL
        manner = Manner(
            voice=AFTER if plant and start >= UPDATE_AT else BEFORE,
            brief=BRIEF_SHIFTED if shifted else BRIEF_BEFORE,
            regenerates=start >= regenerates_from,
        )
        sessions.append(write_session(words, seed, number, start, manner))
    return sessions


def _deal_to_apps(sessions: Sequence[Session], rng: Random) -> dict[str, list[Session]]:
    """Each session goes to one of the apps in use on its day."""
    dealt: dict[str, list[Session]] = {app: [] for app in APP_DAYS}
    for session in sessions:
        day = session.started_at.date()
        apps = [app for app, (since, to) in APP_DAYS.items() if since <= day <= to]
        dealt[rng.choice(apps)].append(session)
    return dealt


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
