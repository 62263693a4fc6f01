"""Whether a reply brings up something the user told before."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from persona_vault.dimensions.text import sentences, spoken
from persona_vault.memory import words

# Kinds whose value is a proper name: it counts with a capital, wherever it stands.
NAMED = frozenset({"person", "pet", "home", "workplace"})
# Kinds whose bare word counts together with "your": "your birthday", "your sister".
OWNED = frozenset({"person", "pet", "birthday", "anniversary"})
# Kinds that a reply does not bring up: the user's name is a row of its own, and an age
# is known from other signs.
NEVER = frozenset({"name"})

_YOU = re.compile(r"\b(?:you|your|yours|you're|you'd|you'll|you've|u|ur)\b", re.I)
_TOKEN = re.compile(r"\w+")
_SAID_FOR: dict[str, list[str]] = defaultdict(list)
for _word, (_kind, _key) in words.NAMED.items():
    _SAID_FOR[_key].append(_word)

T = TypeVar("T", bound=Hashable)
Span = tuple[int, int]


class Mentions(Generic[T]):
    """Finds known things in texts; each is looked for only where its word occurs."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[T, str, str, str]]] = defaultdict(list)

    def add(self, thing: T, kind: str, key: str, value: str) -> None:
        """Know one more thing."""
        if kind in NEVER:
            return
        entry = (thing, kind, key, value)
        for start in {self._start(value), *self._owned_words(kind, key)}:
            self._by_word[start].append(entry)

    @staticmethod
    def _start(value: str) -> str:
        found = _TOKEN.findall(value)
        return found[0].rstrip("s") if found else value

    @staticmethod
    def _owned_words(kind: str, key: str) -> list[str]:
        if kind not in OWNED:
            return []
        return [w.rstrip("s") for w in (_SAID_FOR.get(key, []) if key else [kind])]

    def find(
        self, text: str, asked: Iterable[tuple[str, str, Span]] = ()
    ) -> Iterator[tuple[T, Span]]:
        """Known things that a text brings up, with where; what it asks for is none."""
        if not self._by_word:
            return
        said = plain(text)
        wanted = {(kind, key) for kind, key, _ in asked}
        seen: set[T] = set()
        known = self._by_word
        tokens = dict.fromkeys(_TOKEN.findall(said.lower()))
        for stem in [s for w in tokens if (s := w.rstrip("s")) in known]:
            for thing, kind, key, value in known[stem]:
                if thing in seen or (kind, key) in wanted or (kind, "*") in wanted:
                    continue
                span = _place(text, said, kind, key, value)
                if span:
                    seen.add(thing)
                    yield thing, span


def plain(text: str) -> str:
    """Spoken words with plain apostrophes, same length."""
    return spoken(text).replace("’", "'")


@lru_cache(maxsize=4_096)
def _whole(value: str) -> re.Pattern[str]:
    """The value as whole words, in the singular or the plural."""
    loose = r"\W+".join(re.escape(w) for w in _TOKEN.findall(value))
    stem = loose.removesuffix("s")
    return re.compile(rf"\b{stem}(?:s|es)?\b", re.IGNORECASE)


@lru_cache(maxsize=1_024)
def _owned(kind: str, key: str) -> re.Pattern[str]:
    names = _SAID_FOR.get(key, []) if key else [kind]
    any_of = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    return re.compile(rf"\byour\s+(?:\w+\s+)?(?:{any_of})(?:'?s)?\b", re.IGNORECASE)


def is_fresh(text: str, brought: str, kind: str, key: str, value: str) -> bool:
    """Whether a message of the user holds what a reply then brought up.

    Of "your sister" the word sister is enough, of a name it takes the name.
    """
    if kind in OWNED and brought.lower().startswith("your"):
        names = _SAID_FOR.get(key, []) if key else [kind]
        return any(_whole(name).search(text) for name in names)
    return _whole(value).search(text) is not None


def _place(text: str, said: str, kind: str, key: str, value: str) -> Span | None:
    """Where a text brings a thing up, None where it only happens to use its word."""
    if kind in OWNED:
        owned = _owned(kind, key).search(said)
        if owned:
            return owned.span()
        if kind not in NAMED:
            return None
    for match in _whole(value).finditer(said):
        if kind in NAMED:
            if match[0][0].isupper():
                return match.span()
        elif _speaks_to_user(text, said, match.start()):
            return match.span()
    return None


def _speaks_to_user(text: str, said: str, at: int) -> bool:
    """Whether the sentence around a place is about the user."""
    for sentence in sentences(text):
        if sentence.start <= at < sentence.end:
            return _YOU.search(said, sentence.start, sentence.end) is not None
    return False
