"""Invented talks for tests: stored messages made from plain lists and a seed."""

import random
from datetime import UTC, datetime, timedelta

from persona_vault.model import Persona, Role, StoredMessage, TimeQuality

PERSONA = Persona(id=1, name="Juniper", user_names=("Sam",))
START = datetime(2025, 1, 1, 18, 0, tzinfo=UTC)
WORDS = (
    "the garden was quiet today and a small bird sat on the wall while rain came over "
    "green hills slowly then we cooked soup with bread and talked about trains maps "
    "winter books songs letters paint clay stars rivers and old films for hours"
).split()


def stored(lines, *, conversation=1, start=START, first_id=1, **more):
    """Messages of one thread from (role, text) pairs, a minute apart."""
    return [
        StoredMessage(
            id=first_id + i,
            conversation_id=conversation,
            conversation=f"c{conversation}",
            threaded=True,
            app="test",
            native_id=f"m{first_id + i}",
            role=role,
            speaker=role.value,
            text=text,
            sent_at=start + timedelta(minutes=i),
            local_at=None,
            time_quality=TimeQuality.EXACT,
            kind="text",
            shown=True,
            position=i,
            **more,
        )
        for i, (role, text) in enumerate(lines)
    ]


def talk(
    seed,
    *,
    n_blocks=20,
    n_turns=8,
    words=14.0,
    exclaim=0.4,
    question=0.3,
    user_words=8.0,
    spread=0.3,
    start=START,
    first_conversation=1,
):
    """A talk of `n_blocks` threads; sessions differ among themselves by `spread`."""
    rng = random.Random(seed)
    messages = []
    for b in range(n_blocks):
        mood = rng.gauss(0, spread)
        lines = []
        for _ in range(n_turns):
            lines.append((Role.USER, _sentence(rng, user_words, mood) + "."))
            end = "!" if rng.random() < exclaim + mood / 4 else "."
            text = _sentence(rng, words, mood) + end
            if rng.random() < question + mood / 4:
                text += " What do you think of it?"
            lines.append((Role.PERSONA, text))
        messages += stored(
            lines,
            conversation=first_conversation + b,
            start=start + timedelta(days=b),
            first_id=1_000 * (first_conversation + b),
        )
    return messages


def _sentence(rng, words, mood):
    n = max(2, round(words * rng.lognormvariate(mood, 0.4)))
    return " ".join(rng.choice(WORDS) for _ in range(n)).capitalize()
