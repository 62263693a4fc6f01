"""Who is who in a messenger's file, where two or more people speak: one rule for all.

The companion is whom the user names with --them, else the one that the file itself
marks as a bot. The user is whom --me names, or whom the file marks, or the only other
speaker. Nobody else is guessed to be anybody.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from persona_vault.errors import InputRejectedError
from persona_vault.importers.talk.columns import Part
from persona_vault.model import Conversation, Ignored, ReadOptions, Role, SourceFact

OTHER = Part(Role.SYSTEM, "other_speaker", shown=False)
SERVICE = Part(Role.SYSTEM, "service", shown=False)
WITHOUT_COMPANION = "conversation without the companion"

_USER = Part(Role.USER)
_PERSONA = Part(Role.PERSONA)
_MOST_LISTED = 10
_LONGEST_LISTED = 40


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks, as one message of a file names them.

    Attributes:
        key: The vendor's id of the person, else the name: one key, one person.
        name: As the app shows it.
        aliases: Further names under which the user may know the person.
        is_bot: The file marks the person as a program.
        is_owner: The file marks the person as the one whose export it is.
    """

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    is_bot: bool = False
    is_owner: bool = False

    @property
    def label(self) -> str:
        """How a message names the person."""
        return self.name or self.key


@dataclass(slots=True)
class _Person:
    name: str
    names: set[str] = field(default_factory=set)
    n_messages: int = 0
    is_bot: bool = False
    is_owner: bool = False


@lru_cache(maxsize=8192)  # the same few people speak all the time
def folded_name(name: str) -> str:
    """A name for comparing: no case, no invisible marks, one space between words.

    WhatsApp puts a tilde before people who are not among the contacts.
    """
    text = "".join(
        " " if c.isspace() else c for c in name if unicodedata.category(c) != "Cf"
    )
    text = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return text.removeprefix("~").strip()


class People:
    """Gathers who speaks where, in a first walk over a source."""

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}
        self._by_conversation: dict[str, set[str]] = {}
        # Who does something in a thread, such as joining it, without a word.
        self._acting: dict[str, set[str]] = {}

    def see(self, conversation: str, speaker: Speaker) -> None:
        """Count one message; `conversation` is the native id of its thread."""
        person = self._people.get(speaker.key)
        if person is None:
            person = self._people[speaker.key] = _Person(speaker.name)
        for name in (speaker.key, speaker.name, *speaker.aliases):
            if name:
                person.names.add(folded_name(name))
        person.n_messages += 1
        person.is_bot = person.is_bot or speaker.is_bot
        person.is_owner = person.is_owner or speaker.is_owner
        self._by_conversation.setdefault(conversation, set()).add(speaker.key)

    def see_act(self, conversation: str, speaker: Speaker) -> None:
        """Know one who acts without a word: by name only, never counted as speaking."""
        if speaker.key not in self._people:
            self._people[speaker.key] = _Person(speaker.name)
        names = (speaker.key, speaker.name, *speaker.aliases)
        self._people[speaker.key].names |= {folded_name(name) for name in names if name}
        self._acting.setdefault(conversation, set()).add(speaker.key)

    def cast(self, options: ReadOptions, source_name: str) -> "Cast":
        """Who is who.

        Raises:
            InputRejectedError: Nobody, or nobody for sure, is the companion; the hint
                lists the speakers with the most messages.
        """
        companions = self._companions(options, source_name)
        theirs = {
            conversation
            for conversation, keys in self._by_conversation.items()
            if keys & companions
        }
        around = {key for each in theirs for key in self._by_conversation[each]}
        theirs |= {each for each, keys in self._acting.items() if keys & companions}
        others = around - companions
        mine = self._named(options.me) - companions
        mine |= {key for key in others if self._people[key].is_owner}
        humans = {key for key in others if not self._people[key].is_bot}
        if not mine and len(humans) == 1:
            mine = humans
        parts = dict.fromkeys(others, OTHER)
        parts |= dict.fromkeys(mine, _USER)
        parts |= dict.fromkeys(companions, _PERSONA)
        return Cast(parts, frozenset(theirs), not mine and len(humans) > 1)

    def _named(self, names: Iterable[str]) -> set[str]:
        wanted = {folded_name(name) for name in names} - {""}
        return {key for key, person in self._people.items() if person.names & wanted}

    def _companions(self, options: ReadOptions, source_name: str) -> set[str]:
        if options.them:
            found = self._named(options.them)
            what = "nobody in {} has the name given with --them"
        else:
            found = {key for key, person in self._people.items() if person.is_bot}
            bots = {folded_name(self._people[key].name) for key in found}
            if len(bots) > 1:
                found = set()
            what = f"{{}} has {len(bots)} bots" if bots else "{} does not say who"
            what += " and it is not said which one" if bots else ""
            what += " is the companion"
        if not found:
            raise InputRejectedError(what.format(source_name), hint=self._hint())
        return found

    def _hint(self) -> str:
        counts: Counter[str] = Counter()
        for person in self._people.values():
            counts[_listed(person.name)] += person.n_messages
        if not counts:
            return "No message with a speaker was found in it."
        # Those with the most messages; among equals, in order of the alphabet.
        order = sorted(counts, key=lambda name: (-counts[name], name))
        more = len(order) - _MOST_LISTED
        names = ", ".join(order[:_MOST_LISTED])
        names += f" and {more:,} more" if more > 0 else ""
        return f"Name the companion with --them NAME. Speakers: {names}."


def _listed(name: str) -> str:
    """A name on one line, cut where a long text stands in its place."""
    line = " ".join(name.split())
    if len(line) <= _LONGEST_LISTED:
        return line
    return f"{line[: _LONGEST_LISTED - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Cast:
    """What each speaker is.

    Attributes:
        parts: Key of a speaker -> part, for all who speak beside the companion.
        conversations: Native ids of the threads in which the companion speaks.
        is_user_open: Several other people speak and none is known to be the user.
    """

    parts: dict[str, Part]
    conversations: frozenset[str]
    is_user_open: bool

    def part(self, key: str) -> Part:
        """The part of a speaker of a thread with the companion."""
        return self.parts.get(key, OTHER)

    def left_out(self, conversation: Conversation, where: str) -> Ignored | None:
        """The record to give for any message of a thread without the companion."""
        if conversation.native_id in self.conversations:
            return None
        return Ignored(WITHOUT_COMPANION, where, conversation)

    def facts(self, source_name: str) -> list[SourceFact]:
        """What the ledger should say about the speakers."""
        if not self.is_user_open:
            return []
        return [SourceFact("user", "several others speak; none named", source_name)]
