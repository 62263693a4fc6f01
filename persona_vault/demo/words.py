"""The word material of the demo, read from the files beside this module."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something the two talk about; lines hold `{thing}` and other slots.

    Attributes:
        name: A noun phrase, such as "the garden".
        things: What a talk about it turns on, for the slot `{thing}`.
        glad, low, ask: The user's lines: good news, bad news, questions.
        say, probe: The companion's remarks, and its questions.
    """

    name: str
    things: tuple[str, ...]
    glad: tuple[str, ...]
    low: tuple[str, ...]
    ask: tuple[str, ...]
    say: tuple[str, ...]
    probe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Something the user may ask for, and what is given when it is taken up."""

    wish: str
    give: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All of it: phrases by pool name, slots by slot name."""

    name: str
    user: str
    pets: tuple[str, ...]
    emoji: tuple[str, ...]
    persona: Mapping[str, tuple[str, ...]]
    sam: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, tuple[str, ...]]
    topics: tuple[Topic, ...]
    wishes: tuple[Wish, ...]

    def fill(self, line: str, thing: str, rng: Random) -> str:
        """The line with its slots filled."""
        for slot, fillings in self.slots.items():
            if f"{{{slot}}}" in line:
                line = line.replace(f"{{{slot}}}", rng.choice(fillings))
        return line.replace("{thing}", thing)


@cache
def load_words() -> Words:
    """The word material, read once."""
    phrases, topics = _read("phrases.toml"), _read("topics.toml")
    return Words(
        name=phrases["name"],
        user=phrases["user"],
        pets=tuple(phrases["pets"]),
        emoji=tuple(phrases["emoji"]),
        persona=_pools(phrases["persona"]),
        sam=_pools(phrases["sam"]),
        slots=_pools(phrases["slots"]),
        topics=tuple(Topic(**_frozen(topic)) for topic in topics["topic"]),
        wishes=tuple(Wish(**_frozen(wish)) for wish in phrases["request"]),
    )


def _read(name: str) -> dict[str, Any]:
    text = (files("persona_vault.demo") / name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _pools(table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(lines) for name, lines in table.items()}


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
