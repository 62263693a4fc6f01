"""Explicit self-harm phrases: messages that hold one are never quoted or shown off.

A small literal list, English only. It misses much and judges nothing: it only keeps
such a message out of evidence, samples and anything shared.
"""

import re
from functools import lru_cache

_PHRASES = (
    "kill myself",
    "killing myself",
    "end my life",
    "ending my life",
    "take my own life",
    "taking my own life",
    "want to die",
    "wanna die",
    "wish i was dead",
    "wish i were dead",
    "better off dead",
    "suicide",
    "suicidal",
    "self harm",
    "self-harm",
    "hurt myself",
    "hurting myself",
    "cut myself",
    "cutting myself",
    "don't want to live",
    "dont want to live",
    "don't want to be here anymore",
    "dont want to be here anymore",
    "no reason to live",
    "overdose",
)
_PATTERN = re.compile(r"\b(?:" + "|".join(map(re.escape, _PHRASES)) + r")\b")
# Every phrase holds one of these; to look for them takes a fifth of the time.
_HELD = "myself life die dead suicid harm live anymore overdose".split()


@lru_cache(maxsize=64)  # a message and its answer are asked for several times in a row
def mentions_crisis(text: str) -> bool:
    """Whether the text holds one of the phrases, case and apostrophe form aside."""
    said = text.casefold()
    if not any(piece in said for piece in _HELD):
        return False
    return _PATTERN.search(said.replace("’", "'")) is not None
