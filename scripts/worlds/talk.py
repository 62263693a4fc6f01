"""A talk session by session: when, about what, who says what.

Each session has random streams of its own for what happens, for the user's words and
for the companion's: a change of one side leaves the other side's choices as they were,
but for what the companion takes up from what it hears.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from pathlib import Path
from random import Random

from worlds.material import words
from worlds.speech import Session, Subject, Turn, write_message, write_reply
from worlds.voices import WOBBLE, Scene

START = datetime(2025, 1, 6, tzinfo=UTC)
MAIN = "main"
_FEWEST, _MOST = 3, 24


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `speaker` is "user" or "persona" unless a world says otherwise."""

    id: str
    conversation: str
    sent_at: datetime
    speaker: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How sessions hang together.

    Attributes:
        alike: How much the replies of a session have in common, 0 = nothing.
        rho: How much a session's mood follows that of the one before, 0..1.
        threaded: A thread for each session; else one endless thread.
    """

    alike: float = 1.0
    rho: float = 0.0
    threaded: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """All sessions in order; `starts` are the times of their first messages."""

    sessions: tuple[tuple[Line, ...], ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All messages in order."""
        return tuple(line for session in self.sessions for line in session)

    def start(self, number: int) -> datetime:
        """When session `number` (from 0) began."""
        return self.sessions[number][0].sent_at


def stream(seed: int, *names: object) -> Random:
    """A random stream by name: the same on every machine and Python."""
    return Random("/".join(str(name) for name in ("worlds", seed, *names)))


def build_talk(seed: int, scenes: Sequence[Scene], shape: Shape | None = None) -> Talk:
    """The sessions of these scenes, one after the other."""
    how = shape or Shape()
    now, mood, built = START, dict.fromkeys(WOBBLE, 0.0), []
    told: set[str] = set()
    for number, scene in enumerate(scenes):
        now += timedelta(days=scene.pause)
        moods = stream(seed, number, "mood")
        fresh = sqrt(1 - how.rho**2) if number else 1.0
        mood = {k: how.rho * v + fresh * moods.gauss(0, 1) for k, v in mood.items()}
        shifts = {k: how.alike * sd * mood[k] for k, sd in WOBBLE.items()}
        emoji = words().lists["emoji"]
        session = Session(
            scene,
            shifts,
            tuple(moods.sample(emoji, 4)) if how.alike else emoji,
        )
        began = now.replace(hour=scene.user.hour, minute=moods.randrange(60))
        turns = _turns(scene, stream(seed, number, "shape"), told)
        thread = f"talk-{number + 1}" if how.threaded else MAIN
        built.append(_session(seed, number, (thread, began), session, turns))
    return Talk(tuple(built))


def _turns(scene: Scene, rng: Random, told: set[str]) -> list[Turn]:
    """What happens in a session: a greeting, talk on a subject or two, an end."""
    n = round(exp(rng.gauss(log(scene.n_turns), 0.3)))
    n = max(_FEWEST, min(n, _MOST))
    subjects = [_subject(scene, rng)] * 2
    if rng.random() < 0.3:
        subjects[1] = _subject(scene, rng)
    turns = []
    for i in range(n):
        subject = subjects[int(2 * i >= n)]
        kind = _kind(scene, subject, rng)
        turns.append(Turn(kind, subject))
    turns[0] = Turn("greet", subjects[0], paused=scene.pause)
    ends = "bye" if rng.random() < scene.goodbye else "end"
    turns[-1] = Turn(ends, subjects[1])
    if rng.random() < scene.facts and n > 2:
        fact = rng.choice(words().facts)
        kind = "fact" if fact.name in told else "told"
        told.add(fact.name)
        turns[rng.randrange(1, n - 1)] = Turn(kind, subjects[0], fact)
    return turns


def _subject(scene: Scene, rng: Random) -> Subject:
    material = words()
    if rng.random() < scene.practical:
        practical = rng.choice(material.practical)
        return Subject(None, practical, rng.choice(practical.things))
    topic = rng.choice(material.topics)
    return Subject(topic, None, rng.choice(topic.things))


def _kind(scene: Scene, subject: Subject, rng: Random) -> str:
    kinds, weights = list(scene.mix), list(scene.mix.values())
    kind = rng.choices(kinds, weights)[0]
    if subject.practical:
        return "small" if rng.random() < 0.25 else "how"
    return kind


def _session(
    seed: int,
    number: int,
    place: tuple[str, datetime],
    session: Session,
    turns: Sequence[Turn],
) -> tuple[Line, ...]:
    thread, now = place
    clock, user, persona = (
        stream(seed, number, part) for part in ("clock", "user", "persona")
    )
    lines: list[Line] = []
    for i, turn in enumerate(turns):
        heard = write_message(turn, session.scene, user)
        answer = write_reply(turn, heard, session, persona)
        for side, text in (("user", heard), ("persona", answer)):
            lines.append(
                Line(f"{number + 1}-{i + 1}-{side[0]}", thread, now, side, text)
            )
            now += timedelta(seconds=clock.randrange(8, 120))
    return tuple(lines)


def write_jsonl(path: Path, lines: Sequence[Line]) -> None:
    """A plain JSON Lines export; an app with one endless talk names no thread."""
    endless = {line.conversation for line in lines} == {MAIN}
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            row = {
                "id": line.id,
                "conversation": line.conversation,
                "timestamp": line.sent_at.isoformat(),
                "speaker": line.speaker,
                "text": line.text,
            }
            if endless:
                del row["conversation"]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def shifted(lines: Iterable[Line], by: timedelta) -> list[Line]:
    """The same messages with other clocks."""
    return [replace(line, sent_at=line.sent_at + by) for line in lines]
