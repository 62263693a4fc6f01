"""The words: a file of their own, and the everyday topics of the demo."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from persona_vault.demo.words import Topic, load_words

COMPANION, USER = "Juniper", "Sam"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something of the user's life; `values` are the true one and another one."""

    name: str
    tell: str
    ask: str
    say: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Practical:
    """A subject of talk about how something is done."""

    things: tuple[str, ...]
    ask: tuple[str, ...]
    steps: tuple[str, ...]
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All of it; pools by name."""

    persona: Mapping[str, tuple[str, ...]]
    user: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]
    spanish: Mapping[str, tuple[str, ...]]
    facts: tuple[Fact, ...]
    practical: tuple[Practical, ...]
    topics: tuple[Topic, ...]

    def fill(self, line: str, thing: str, rng: Random) -> str:
        """The line with its slots filled."""
        line = line.replace("{thing}", thing)
        for slot, fillings in self.slots.items():
            if f"{{{slot}}}" in line:
                line = line.replace(f"{{{slot}}}", rng.choice(fillings))
        if "{hour_cap}" in line:
            hour = rng.choice(self.slots["hour"])
            line = line.replace("{hour_cap}", hour[0].upper() + hour[1:])
        return line


@cache
def words() -> Words:
    """The word material, read once."""
    read = tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    )
    return Words(
        persona=_pools(read["persona"]),
        user=_pools(read["user"]),
        slots=_pools(read["slots"]),
        lists=_pools({k: read[k] for k in ("pets", "emoji", "actions")}),
        spanish=_pools(read["spanish"]),
        facts=tuple(Fact(**_frozen(fact)) for fact in read["fact"]),
        practical=tuple(Practical(**_frozen(part)) for part in read["practical"]),
        topics=load_words().topics,
    )


def _pools(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(lines) for name, lines in table.items()}


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
