"""A whole talk, once through in time order: what was told, recalled, asked, restated.

A fact is known in a talk if the user told it in an earlier one. The pass sees only
messages; which of them lie in a period is said from outside.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from persona_vault.crisis import mentions_crisis
from persona_vault.memory.facts import facts_in
from persona_vault.memory.mentions import Mentions, is_fresh
from persona_vault.memory.questions import slots_asked
from persona_vault.memory.slots import DATES, LIKING, Slot, Stated
from persona_vault.model import Persona, Role, StoredMessage
from persona_vault.turns import NOT_ITS_OWN, Block, split_blocks

# What the user said in as many messages is fresh: to repeat it recalls nothing.
FRESH = 30
# Earlier talks that must have stated a slot of the companion before one value is its
# usual one: one slip at the start is no measure for what follows.
USUAL_FROM = 3
YEAR = timedelta(days=365)
# Replies that were changed by hand show nothing of what the companion brings up.


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a slot."""

    slot: Slot
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """The first time the user told a fact.

    Attributes:
        talk: Number of the talk.
        said: The value as written.
    """

    fact: Fact
    talk: int
    message_id: int
    span: tuple[int, int]
    said: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something a reply did with a fact.

    Attributes:
        what: "recalled": brought up a known fact unprompted; "asked": asked for a known
            one; "about_user": stated a value for a slot that the user had filled;
            "about_itself": stated a value of its own.
        agrees: For the last two: whether it is what was told, or what the companion
            had stated most often in earlier talks; None without such.
        said: The value as written, "" for a question.
    """

    what: str
    fact: Fact
    talk: int
    message_id: int
    span: tuple[int, int]
    agrees: bool | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A talk, or the part of one that lies in the period.

    Attributes:
        talk: Number of the talk, from 0 in time order.
        message_ids: The companion's messages that count, in reading order.
        known: Facts the user had told in earlier talks.
        waiting: Those of them that the user had not told anew in the last `FRESH`
            messages: only these can be recalled unprompted.
        n_slots: Slots that these fill.
    """

    talk: int
    message_ids: tuple[int, ...]
    known: frozenset[Fact]
    waiting: frozenset[Fact]
    n_slots: int


@dataclass(frozen=True, slots=True)
class History:
    """What the pass found.

    Attributes:
        told: Every fact of the user, once.
        recorded: What replies did with facts, in time order.
        stretches: The talks inside the period, in time order.
        conversations: The conversation of every talk, inside or not, by its number.
    """

    told: tuple[Told, ...]
    recorded: tuple[Recorded, ...]
    stretches: tuple[Stretch, ...]
    conversations: tuple[int, ...]


def read_history(
    messages: Iterable[StoredMessage],
    persona: Persona,
    inside: Container[int] | None = None,
) -> History:
    """One pass over all of a companion's messages.

    Args:
        messages: Grouped by conversation, in reading order.
        persona: The companion; its own and the user's names are no contradiction.
        inside: Ids of the messages of the period; None = all of them.
    """
    run = _Pass(persona)
    blocks = _in_time_order(messages)
    for number, block in enumerate(blocks):
        for is_inside, part in groupby(
            block.messages, key=lambda m: inside is None or m.id in inside
        ):
            run.add(number, tuple(part), is_inside=is_inside)
        run.end_talk()
    return History(
        tuple(run.told.values()),
        tuple(run.recorded),
        tuple(run.stretches),
        tuple(b.messages[0].conversation_id for b in blocks),
    )


def _in_time_order(messages: Iterable[StoredMessage]) -> list[Block]:
    """Talks by their first time; as they stand where any has none."""
    blocks = list(split_blocks(m for m in messages if _counts(m)))
    times = [b.started_at for b in blocks]
    if any(at is None for at in times):
        return blocks
    return [blocks[i] for i in sorted(range(len(blocks)), key=lambda i: str(times[i]))]


def _counts(message: StoredMessage) -> bool:
    return (
        message.shown
        and message.role is not Role.SYSTEM
        and bool(message.text.strip())
        and not (
            message.role is Role.PERSONA and NOT_ITS_OWN.keys() & set(message.flags)
        )
    )


@dataclass(slots=True)
class _Pass:
    """The state between two talks, and what was found so far."""

    persona: Persona
    told: dict[Fact, Told] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    _mentions: Mentions[Fact] = field(default_factory=Mentions[Fact])
    _known: frozenset[Fact] = frozenset()
    _fresh: deque[str] = field(default_factory=lambda: deque(maxlen=FRESH))
    _user_words: set[str] = field(default_factory=set)
    _user_texts: list[str] = field(default_factory=list)  # not yet among the words
    _own: dict[Slot, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _own_since: dict[Fact, datetime | None] = field(default_factory=dict)
    _own_now: set[Fact] = field(default_factory=set)
    _heard: str = ""
    _n_heard: int = 0
    _told_at: dict[Fact, int] = field(default_factory=dict)

    def add(
        self, talk: int, messages: tuple[StoredMessage, ...], *, is_inside: bool
    ) -> None:
        """Read a talk, or a part of one."""
        if is_inside:
            mine = tuple(m.id for m in messages if m.role is Role.PERSONA)
            self.stretches.append(
                Stretch(
                    talk=talk,
                    message_ids=mine,
                    known=self._known,
                    waiting=frozenset(
                        f
                        for f in self._known
                        if self._n_heard - self._told_at[f] >= FRESH
                    ),
                    n_slots=len({f.slot for f in self._known}),
                )
            )
        for message in messages:
            if message.role is Role.USER:
                self._hear(talk, message)
            elif not (mentions_crisis(message.text) or mentions_crisis(self._heard)):
                self.recorded += self._read_reply(talk, message)

    def end_talk(self) -> None:
        """What was told in this talk is known from the next one on."""
        for fact in self.told.keys() - self._known:
            self._mentions.add(fact, fact.slot.kind, fact.slot.key, fact.value)
        self._known = frozenset(self.told)
        for fact in self._own_now:
            self._own[fact.slot][fact.value] += 1
        self._own_now = set()

    def _hear(self, talk: int, message: StoredMessage) -> None:
        self._heard = message.text
        if mentions_crisis(message.text):
            return
        self._fresh.append(message.text)
        self._n_heard += 1
        self._user_texts.append(message.text)
        for stated in facts_in(message.text, Role.USER):
            fact = Fact(stated.slot, stated.value)
            self._told_at[fact] = self._n_heard
            self.told.setdefault(
                fact,
                Told(
                    fact,
                    talk,
                    message.id,
                    stated.span,
                    stated.said,
                    message.sent_at,
                ),
            )

    def _read_reply(self, talk: int, message: StoredMessage) -> Iterator[Recorded]:
        asked = slots_asked(message.text)
        yield from self._asked(talk, message, asked)
        stated = facts_in(message.text, Role.PERSONA)
        recalled = set()
        for fact, span in self._mentions.find(message.text, asked):
            brought = message.text[slice(*span)]
            if fact not in recalled and not self._is_fresh(fact, brought):
                recalled.add(fact)
                yield Recorded(
                    "recalled",
                    fact,
                    talk,
                    message.id,
                    span,
                    said=self.told[fact].said,
                )
        for one in stated:
            if one.slot.subject is Role.USER:
                yield from self._about_user(talk, message, one)
            else:
                yield self._about_itself(talk, message, one)

    def _asked(
        self,
        talk: int,
        message: StoredMessage,
        asked: Iterable[tuple[str, str, tuple[int, int]]],
    ) -> Iterator[Recorded]:
        """Questions for a slot that was filled in an earlier talk."""
        for kind, key, span in asked:
            known = [
                f
                for f in self._known
                if f.slot.kind == kind and key in (f.slot.key, "*")
            ]
            if known:
                first = min(known, key=lambda f: (self.told[f].talk, f.value))
                yield Recorded("asked", first, talk, message.id, span)

    def _is_fresh(self, fact: Fact, brought: str) -> bool:
        slot = fact.slot
        return any(
            is_fresh(t, brought, slot.kind, slot.key, fact.value) for t in self._fresh
        )

    def _about_user(
        self, talk: int, message: StoredMessage, one: Stated
    ) -> Iterator[Recorded]:
        slot, at = one.slot, message.sent_at
        if slot.kind in LIKING:
            other = _opposite(slot)
            values = {slot: {one.value}, other: {one.value}}
            told = [f for f in self.told if f.slot in values]
            agrees = any(f.slot == slot for f in told)
        else:
            told = [f for f in self.told if f.slot == slot]
            agrees = any(
                _compatible(slot, f.value, one.value, self.told[f].at, at) for f in told
            ) or self._said_by_user(one.value)
        if told:
            yield Recorded(
                "about_user",
                Fact(slot, one.value),
                talk,
                message.id,
                one.span,
                agrees,
                one.said,
            )

    def _said_by_user(self, value: str) -> bool:
        """Whether the user ever used these words: then it may be a fact we missed."""
        for text in self._user_texts:
            self._user_words.update(re.findall(r"\w+", text.lower()))
        self._user_texts.clear()
        mine = {n.lower() for n in self.persona.user_names}
        words = re.findall(r"\w+", value)
        return bool(words) and all(w in self._user_words or w in mine for w in words)

    def _about_itself(self, talk: int, message: StoredMessage, one: Stated) -> Recorded:
        slot, fact = one.slot, Fact(one.slot, one.value)
        self._own_now.add(fact)
        self._own_since.setdefault(fact, message.sent_at)
        agrees: bool | None = None
        if slot.kind in LIKING:
            same, other = self._own[slot].total(), self._own[_opposite(slot)].total()
            agrees = same >= other if same + other >= USUAL_FROM else None
        elif self._own[slot].total() >= USUAL_FROM:
            # Ties go to what was stated first: Counter keeps that order.
            usual = self._own[slot].most_common(1)[0][0]
            since = self._own_since[Fact(slot, usual)]
            agrees = _compatible(slot, usual, one.value, since, message.sent_at)
            agrees = agrees or self._is_own_name(fact)
        return Recorded(
            "about_itself", fact, talk, message.id, one.span, agrees, one.said
        )

    def _is_own_name(self, fact: Fact) -> bool:
        names = (self.persona.name, *self.persona.own_names)
        return fact.slot.kind == "name" and fact.value in {n.lower() for n in names}


def _opposite(slot: Slot) -> Slot:
    kind = "dislike" if slot.kind == "like" else "like"
    return Slot(slot.subject, kind, slot.key)


def compatible_values(slot: Slot, one: str, other: str) -> bool:
    """Whether two values of a slot can both be meant, times aside."""
    return _compatible(slot, one, other, None, None)


def _compatible(
    slot: Slot, one: str, other: str, since: datetime | None, at: datetime | None
) -> bool:
    """One value holds the words of the other; an age may have grown meanwhile."""
    if slot.kind == "age":
        grown = int(other) - int(one)
        years = (at - since) / YEAR if at and since else 0
        return 0 <= grown <= int(years) + 1
    if slot.kind in DATES:
        return one == other
    words = [set(re.findall(r"\w+", v)) for v in (one, other)]
    return words[0] <= words[1] or words[1] <= words[0]
