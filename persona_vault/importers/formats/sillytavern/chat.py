"""One chat file of the Tavern family on its way to records; it is read twice.

The first pass learns what only all rows together tell: names, stamped times, and what
the file shares with others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from persona_vault.importers.formats.sillytavern.files import (
    CAI_TOOLS,
    JANITOR,
    folder_of,
    is_row,
    lines_of,
    name_of,
    stem_of,
)
from persona_vault.importers.formats.sillytavern.messages import (
    Place,
    other_versions,
    shown_message,
    version_message,
)
from persona_vault.importers.formats.sillytavern.people import People, was_generated
from persona_vault.importers.formats.sillytavern.times import (
    StampedRuns,
    moment,
    read_time,
)
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.chat_branches import REPEATED, Telling, row_digest
from persona_vault.importers.talk.dates import NO_TIME
from persona_vault.importers.values import as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
)

# What a header may say about the companion, and as which kind of input it is kept.
_INPUTS = {
    "scenario": "scenario",
    "persona": "user_persona",
    "note_prompt": "author_note",
    "system_prompt": "system_prompt",
    "mes_example": "example_messages",
}
_DOUBLED = "the first message stands twice"


@dataclass(slots=True)
class Chat:
    """What the first pass over a file found.

    Attributes:
        writer: Which program wrote it, as `tavern_files` names them.
        people: Its speakers.
        stamped: One byte a row, 1 where a tool wrote the time.
        user_name: Name of the user as written in the last of their rows.
        opening: Words of the first message and of the user's first one.
    """

    telling: Telling
    writer: str
    people: People
    stamped: bytes = b""
    user_name: str = ""
    opening: list[str] = field(default_factory=list)

    def opening_id(self) -> str:
        """A lasting name for a chat whose file has none: what it opens with."""
        words = "".join(f"{len(w)}:{w}" for w in self.opening)
        data = words.encode("utf-8", "surrogatepass")
        return blake2b(data, digest_size=10).hexdigest()


def survey(source: Source, member: str, writer: str, options: ReadOptions) -> Chat:
    """The first pass."""
    telling = Telling(member, stem_of(member), folder_of(source, member))
    chat = Chat(telling, writer, People(options))
    runs = StampedRuns()
    for _where, value, is_header in lines_of(source, member):
        if is_header:
            chat.people.see_header(value)
            metadata = as_object(value.get("chat_metadata"))
            telling.branched_from = as_word(metadata.get("main_chat"))
        elif is_row(value):
            _see_row(chat, runs, value)
        else:
            raw = "" if value is BAD_JSON else compact(value)
            telling.digests.append(row_digest("?", raw))
            telling.proofs.append(0)
            runs.see(NO_TIME)
    chat.stamped = runs.marks()
    return chat


def _see_row(chat: Chat, runs: StampedRuns, row: dict[str, Any]) -> None:
    chat.people.see(row)
    telling, (stamp, _flags) = chat.telling, read_time(row.get("send_date"))
    is_users = row.get("is_user") is True
    runs.see(stamp)
    at = moment(stamp)
    if at is not None:
        telling.newest = max(telling.newest, at.timestamp())
    telling.digests.append(
        row_digest(name_of(row), str(is_users), str(row.get("send_date")), row["mes"])
    )
    telling.proofs.append(is_users and at is not None)
    if is_users:
        chat.user_name = name_of(row)
    if len(telling.digests) == 1 or (is_users and len(chat.opening) < 2):
        chat.opening.append(row["mes"])


class ChatReading:
    """The second pass over the files of one chat.

    Rows that stand in a file that was read before are told once; a version of an
    answer that only the later file has is not lost with them.
    """

    def __init__(self, source: Source, conversation: Conversation) -> None:
        self._source = source
        self._conversation = conversation
        self._texts: dict[tuple[int, int], set[str]] = {}

    def records(self, chat: Chat, n_repeated: int, *, shown: bool) -> Iterator[Record]:
        """Every record of one file.

        Args:
            chat: What the first pass found.
            n_repeated: How many of its first rows were told by another file.
            shown: Whether the app shows this file's path.
        """
        number, has_user = 0, False
        greeted: set[str] = set()
        for where, value, is_header in lines_of(self._source, chat.telling.member):
            if is_header:
                yield from self._inputs(value, where)
                continue
            number += 1
            if chat.writer == JANITOR and number == 1:
                # Its writer puts the first message where others put the header.
                yield Ignored(_DOUBLED, where, self._conversation)
                continue
            voice = chat.people.voice(value) if is_row(value) else None
            if voice is None:
                yield self._unread(value, where)
                continue
            has_user = has_user or voice.role is Role.USER
            opens = (
                voice.role is Role.PERSONA
                and not has_user
                and name_of(value) not in greeted
                and not was_generated(value)
            )
            greeted.add(name_of(value))
            place = Place(
                conversation=self._conversation,
                where=where,
                voice=voice,
                is_stamped=chat.writer == CAI_TOOLS or chat.stamped[number - 1] == 1,
                user_name=chat.user_name,
                flags=_flags(chat, shown=shown, is_greeting=opens),
                shown=shown,
            )
            key = (number, chat.telling.digests[number - 1])
            if number <= n_repeated:
                yield Ignored(REPEATED, where, self._conversation)
                yield from self._versions(value, place, key)
            else:
                yield shown_message(value, place)
                yield from self._versions(value, place, key)

    def _unread(self, value: Any, where: str) -> ImportIssue:
        if value is BAD_JSON:
            reason = "line is not JSON"
        elif is_row(value):
            reason = "unknown speaker" if name_of(value) else "no speaker"
        else:
            reason = "not a message"
        return ImportIssue(reason, where, self._conversation)

    def _versions(
        self, row: dict[str, Any], place: Place, key: tuple[int, int]
    ) -> Iterator[Record]:
        """The versions of a row that no file of the chat has told yet."""
        versions = other_versions(row, place.user_name)
        if not versions:
            return
        told = self._texts.setdefault(key, set())
        told_elsewhere = set(told)
        for version in versions:
            if version.text not in told_elsewhere:
                told.add(version.text)
                yield version_message(row, version, place)

    def _inputs(self, header: dict[str, Any], where: str) -> Iterator[Record]:
        """What the chat's own settings say about the companion and the user."""
        metadata = as_object(header.get("chat_metadata"))
        stamp, _flags_of_it = read_time(header.get("create_date"))
        found = False
        for key, kind in _INPUTS.items():
            text = as_word(metadata.get(key))
            if not text.strip():
                continue
            found = True
            yield PersonaInput(
                kind=kind,
                text=text,
                where=f"{where} {key}",
                valid_from=stamp.sent_at,
                native_id=f"{self._conversation.native_id}/{key}",
                raw=compact({key: text}),
                conversation=self._conversation,
            )
        if not found:
            yield Ignored("header of the chat", where, self._conversation)


def _flags(chat: Chat, *, shown: bool, is_greeting: bool) -> tuple[str, ...]:
    signs = {
        "branch": not shown,
        "joined_possible": chat.writer == CAI_TOOLS,
        # Written by whoever made the character, not by a model in this talk.
        "greeting": is_greeting,
    }
    return tuple(flag for flag, holds in signs.items() if holds)
