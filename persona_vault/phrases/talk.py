"""Both sides of a talk made ready for counting, and looked up again for showing."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from persona_vault.crisis import mentions_crisis
from persona_vault.model import Role
from persona_vault.phrases.counting import Hashing, Places, Stream, Vocabulary
from persona_vault.phrases.words import Kind, signs
from persona_vault.snapshot.take import MeasuredBlock

# A found phrase grows to the words that always surround it, to this length.
LONGEST_SHOWN = 14
# Occurrences looked at for the usual spelling and for the words around a phrase.
MOST_EXAMPLES = 200
# The user said it first, if so many messages before or fewer.
PROMPTED_WITHIN = 50


@dataclass(slots=True)
class Talk:
    """Messages of two periods, the earlier one first.

    Attributes:
        persona: The companion's messages, without those near a crisis phrase.
        user: The user's.
        withheld: The companion's messages near a crisis phrase: they lend no phrase
            and can only keep one from being called new or lost.
        texts: Of `persona`, message by message.
        starts: When each block began, None where undated.
        n_before: Blocks of the earlier period.
    """

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    persona: Stream = field(default_factory=Stream)
    user: Stream = field(default_factory=Stream)
    withheld: Stream = field(default_factory=Stream)
    texts: list[str] = field(default_factory=list)
    starts: list[datetime | None] = field(default_factory=list)
    n_before: int = 0
    _turn: dict[Role, "array[int]"] = field(
        default_factory=lambda: {r: array("q") for r in (Role.PERSONA, Role.USER)}
    )
    _sent: list[float] = field(default_factory=list)
    _undated: bool = False

    def add_block(self, measured: MeasuredBlock) -> None:
        """The next block, in reading order."""
        for stream in (self.persona, self.user, self.withheld):
            stream.begin_block()
        self.starts.append(measured.block.started_at)
        near = False
        last: Role | None = None
        for message in measured.block.messages:
            crisis = mentions_crisis(message.text)
            if message.role is Role.USER:
                # A burst of the user's counts as one.
                near = crisis or (near and last is Role.USER)
                stream = self.user
            else:
                stream = self.withheld if crisis or near else self.persona
            stream.add(signs(message.text), self.vocabulary)
            if stream is not self.withheld:
                self._turn[message.role].append(len(self._sent))
            if stream is self.persona:
                self.texts.append(message.text)
            at = message.sent_at
            self._undated = self._undated or at is None
            self._sent.append(at.timestamp() if at else 0.0)
            last = message.role

    def block_order(self) -> NDArray[np.intp]:
        """Blocks in order of time within each period; as read where one is undated."""
        if any(at is None for at in self.starts):
            return np.arange(len(self.starts))
        times = np.array([at.timestamp() for at in self.starts if at])
        late = np.arange(len(times)) >= self.n_before
        return np.lexsort((times, late))

    def turn_numbers(self, role: Role) -> NDArray[np.int64]:
        """Place of each message of a side among all messages, in order of time."""
        mine = np.array(self._turn[role], dtype=np.int64)
        if self._undated:
            return mine
        rank = np.empty(len(self._sent), dtype=np.int64)
        rank[np.argsort(np.array(self._sent), kind="stable")] = np.arange(
            len(self._sent)
        )
        return rank[mine]


def read_talk(sides: Sequence[Iterable[MeasuredBlock]]) -> Talk:
    """The blocks of two periods, the earlier one first."""
    talk = Talk()
    for number, blocks in enumerate(sides):
        for measured in blocks:
            talk.add_block(measured)
        if number == 0:
            talk.n_before = len(talk.starts)
    return talk


def places_of(
    stream: Stream, hashing: Hashing, hashes: NDArray[np.uint64]
) -> list[Places]:
    """Where in a stream each of a few phrases begins (`hashes` ascending)."""
    found: list[list[Places]] = [[] for _ in hashes]
    for start, ids in stream.parts() if len(hashes) else ():
        grams = hashing.grams(ids)
        at = np.minimum(np.searchsorted(hashes, grams.hashes), len(hashes) - 1)
        hit = np.flatnonzero(hashes[at] == grams.hashes)
        for number in np.unique(at[hit]):
            found[number].append(grams.places[hit[at[hit] == number]] + start)
    return [np.concatenate(f) if f else np.zeros(0, np.int64) for f in found]


def block_of(stream: Stream, places: Places) -> NDArray[np.int64]:
    """The block of each place."""
    blocks = np.array(stream.blocks, dtype=np.int64)
    found: NDArray[np.int64] = np.searchsorted(blocks, places, side="right") - 1
    return found


def message_of(stream: Stream, places: Places) -> NDArray[np.int64]:
    """The message of each place."""
    messages = np.array(stream.messages, dtype=np.int64)
    found: NDArray[np.int64] = np.searchsorted(messages, places, side="right") - 1
    return found


def grown(
    ids: NDArray[np.int32], kinds: NDArray[np.uint8], places: Places, length: int
) -> tuple[int, int]:
    """How many more signs always stand before and after a phrase, wherever it is."""
    before = after = 0
    while length + before + after < LONGEST_SHOWN:
        if _same(ids, kinds, places - before - 1):
            before += 1
        elif _same(ids, kinds, places + length + after):
            after += 1
        else:
            break
    return before, after


def _same(ids: NDArray[np.int32], kinds: NDArray[np.uint8], places: Places) -> bool:
    """Whether one and the same word stands at all places."""
    if places.min() < 0 or places.max() >= len(ids):
        return False
    there = ids[places]
    return bool((there == there[0]).all()) and kinds[there[0]] in (
        Kind.WORD,
        Kind.LETTER,
    )


def usual_spelling(talk: Talk, places: Places, length: int) -> str:
    """The phrase as most often written, first of all where two are as frequent."""
    step = max(len(places) // MOST_EXAMPLES, 1)
    spellings = Counter(_spellings(talk, places[::step].tolist(), length))
    return spellings.most_common(1)[0][0]


def _spellings(talk: Talk, places: Sequence[int], length: int) -> Iterator[str]:
    for place in places:
        number = bisect_right(talk.persona.messages, place) - 1
        text = talk.texts[number]
        first = place - talk.persona.messages[number]
        stretch = signs(text)[first : first + length]
        yield " ".join(text[stretch[0].start : stretch[-1].end].split())


def is_prompted(said: NDArray[np.int64], heard: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the user had said it within the last 50 messages before each place.

    Args:
        said: Numbers of the companion's messages with the phrase.
        heard: Ascending numbers of the user's messages with it.
    """
    at = np.searchsorted(heard, said) - 1
    last = np.where(at >= 0, heard[np.maximum(at, 0)] if len(heard) else 0, -1_000)
    prompted: NDArray[np.bool_] = said - last <= PROMPTED_WITHIN
    return prompted
