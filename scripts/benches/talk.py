"""Invented talks of any size: words as frequent, messages as long as in real ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

# Of the packaged model's list of pieces, which is in order of frequency: so a text has
# about as many pieces as a real one has.
_FIRST_WORD = 1996
_N_POOL = 400_000
_TALK = 2_000  # messages of a conversation
_LONGEST = 200

PLAIN_WORDS = (
    "I was thinking about the garden and what you said when it rained last night so "
    "maybe we could read a little more of that book tomorrow after tea if you like "
    "because it made me laugh and then we both went quiet for a while did you sleep"
).split()


def model_words() -> list[str]:
    """English words, the frequent ones first; a few plain ones without the model."""
    from persona_vault.embedders.weights import find_model  # noqa: PLC0415
    from persona_vault.errors import NoModelError  # noqa: PLC0415

    try:
        listed = find_model().path / "tokenizer.json"
    except NoModelError:
        return PLAIN_WORDS
    known = json.loads(listed.read_text(encoding="utf-8"))["model"]["vocab"]
    found = sorted((place, word) for word, place in known.items())
    return [
        word
        for place, word in found
        if place >= _FIRST_WORD and word.isascii() and word.isalpha()
    ]


def texts(n: int, seed: int) -> Iterator[str]:
    """Messages of 3 to 200 words, 18 on average; no two are alike."""
    draw = random.Random(seed)
    words = model_words()
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    pool = draw.choices(words, cum_weights=weights, k=min(_N_POOL, 50 * n + 1_000))
    for number in range(n):
        length = max(3, min(_LONGEST, round(draw.lognormvariate(2.5, 0.9))))
        start = draw.randrange(len(pool) - length)
        said = " ".join(pool[start : start + length])
        yield f"{said.capitalize()} {number}{draw.choice('.?!')}"


def write_talk(path: Path, n_messages: int, seed: int) -> None:
    """An invented talk as JSON Lines, the two sides in turn."""
    draw = random.Random(seed)
    at = datetime(2021, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts(n_messages, seed)):
            at += timedelta(seconds=draw.randint(5, 240))
            record = {
                "id": f"{seed}-{number:08x}",
                "conversation": f"talk {number // _TALK}",
                "role": "assistant" if number % 2 else "user",
                "name": "Ava" if number % 2 else "Sam",
                "text": text,
                "timestamp": at.isoformat().replace("+00:00", "Z"),
            }
            file.write(json.dumps(record) + "\n")
