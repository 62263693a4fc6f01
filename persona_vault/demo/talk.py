"""A talk session by session: when, about what, and who says what.

Every session has random streams of its own for what happens, for the user's words and
for the companion's: a change of one side leaves the other side's words as they were.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import exp, log
from random import Random

from persona_vault.demo.companion import Exchange, Voice, draw_mood, write_reply
from persona_vault.demo.user import write_message
from persona_vault.demo.words import Topic, Words

_KINDS = ("glad", "low", "ask", "request", "small")
_REGENERATED = 0.05
_MIN_EXCHANGES, _MAX_EXCHANGES = 3, 15
_SECOND_TOPIC = 0.35


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `role` is "user" or "persona".

    `others` are replies that were regenerated and not kept.
    """

    role: str
    text: str
    sent_at: datetime
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting.

    Attributes:
        number: 1 for the first of the talk.
        topic: What it begins with.
        lines: Both sides in turn, the user first.
    """

    number: int
    topic: Topic
    lines: tuple[Line, ...]

    @property
    def started_at(self) -> datetime:
        """Time of the first message."""
        return self.lines[0].sent_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a session is written.

    Attributes:
        voice: The companion's.
        brief: Share of the user's messages in the short manner.
        correlation: How much the replies of a session have in common, 1 = as planted.
        n_exchanges: Messages of each side; None = drawn, 3 to 15.
        regenerates: Whether some replies have versions that were not kept.
    """

    voice: Voice
    brief: float = 0.1
    correlation: float = 1.0
    n_exchanges: int | None = None
    regenerates: bool = False


def stream(seed: int, *names: object) -> Random:
    """A random stream by name: the same on every machine and Python."""
    return Random("/".join(str(name) for name in (seed, *names)))


def draw_session_times(
    seed: int, first: date, last: date, share_of_days: float
) -> list[datetime]:
    """Starts of sessions, at most one a day, UTC, none of which runs past midnight."""
    rng = stream(seed, "calendar")
    starts = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        talks, early, minute = rng.random(), rng.random(), rng.randrange(60)
        hour = rng.choice((17, 18, 19, 20, 21))
        if day.weekday() >= 5 and early < 0.4:
            hour -= 9
        if talks < share_of_days:
            starts.append(datetime.combine(day, time(hour, minute), UTC))
    return starts


def write_session(
    words: Words, seed: int, number: int, started_at: datetime, manner: Manner
) -> Session:
    """One session, from the greeting to the goodbye."""
    shape, user, persona = (
        stream(seed, "session", number, part) for part in ("shape", "user", "persona")
    )
    mood = draw_mood(words, persona, manner.correlation)
    exchanges = _draw_exchanges(words, shape, manner)
    lines, now = [], started_at
    for exchange in exchanges:
        said = write_message(words, exchange, manner.brief, user)
        lines.append(Line("user", said, now))
        now += timedelta(seconds=shape.randrange(6, 45))
        reply = write_reply(words, manner.voice, mood, exchange, persona)
        others: tuple[str, ...] = ()
        if manner.regenerates and shape.random() < _REGENERATED:
            others = (write_reply(words, manner.voice, mood, exchange, persona),)
        lines.append(Line("persona", reply, now, others))
        now += timedelta(seconds=shape.randrange(15, 240))
    return Session(number, exchanges[0].topic, tuple(lines))


def _draw_exchanges(words: Words, rng: Random, manner: Manner) -> list[Exchange]:
    """What happens in a session: a greeting, talk on one or two topics, a goodbye."""
    drawn = round(exp(rng.gauss(log(8.0), 0.4)))
    n = manner.n_exchanges or max(_MIN_EXCHANGES, min(drawn, _MAX_EXCHANGES))
    topics = rng.sample(words.topics, 2)
    if rng.random() >= _SECOND_TOPIC:
        topics[1] = topics[0]
    # A good day has more good news, a bad one less; requests come on every day.
    tilt = exp(rng.gauss(0, 0.5) * manner.correlation)
    weights = (0.28 * tilt, 0.15 / tilt, 0.17, 0.25, 0.15)
    things = [rng.sample(topic.things, 3) for topic in topics]
    exchanges = []
    for i in range(n):
        half = int(2 * i >= n)
        kind = rng.choices(_KINDS, weights)[0]
        kind = "greet" if i == 0 else "bye" if i == n - 1 else kind
        thing, wish = rng.choice(things[half]), rng.choice(words.wishes)
        exchanges.append(Exchange(kind, topics[half], thing, wish))
    return exchanges
