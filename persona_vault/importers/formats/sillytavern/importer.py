"""SillyTavern's chats, and what other programs write in its shape.

The shape is one, the app is not: three importers read through one module.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.formats.sillytavern.chat import Chat, ChatReading, survey
from persona_vault.importers.formats.sillytavern.files import (
    CAI_TOOLS,
    JANITOR,
    SILLYTAVERN,
    chat_members,
)
from persona_vault.importers.formats.sillytavern.messages import told_row
from persona_vault.importers.source import Source
from persona_vault.importers.talk.chat_branches import Family, families
from persona_vault.importers.values import as_object, kept_value
from persona_vault.model import (
    Conversation,
    Ignored,
    ReadOptions,
    Record,
    SourceFact,
)

_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md", ".csv"}


class SillyTavern:
    """Chats of SillyTavern and its forerunner TavernAI: a file, or a whole folder.

    Branch files are one conversation with the chat they repeat, if content proves it:
    the file that went on last is the shown path, the rest of the others a branch.
    """

    name: ClassVar[str] = "sillytavern"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "sillytavern"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds rows with `mes`, not all written by another tool."""
        writers = set(chat_members(source).values())
        return SILLYTAVERN in writers or len(writers) > 1

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every line of every chat, chat by chat.

        Raises:
            InputRejectedError: A file cannot be read.
        """
        return read_chats(source, options)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message, or a setting of the chat; all rows together tell who speaks."""
        return told_row(as_object(kept_value(raw)), where)


class CaiToolsTavern:
    """Character.AI chats that CAI Tools saved for Tavern: one file, or a zip of many.

    They bear the moment of the download instead of times, and neighbouring messages
    of one speaker may have been joined.
    """

    name: ClassVar[str] = "cai_tools_tavern"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "character.ai"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether all chats have this tool's five keys and one moment for all rows."""
        return set(chat_members(source).values()) == {CAI_TOOLS}

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every line of every chat.

        Raises:
            InputRejectedError: A file cannot be read.
        """
        return read_chats(source, options)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message, or a setting of the chat; all rows together tell who speaks."""
        return told_row(as_object(kept_value(raw)), where)


class JanitorTavern:
    """JanitorAI chats that the downloader saved for SillyTavern.

    They have no header; the bot's first message stands in its place as well.
    """

    name: ClassVar[str] = "janitor_tavern"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "janitorai"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether all chats begin with one message of the bot, told twice."""
        return set(chat_members(source).values()) == {JANITOR}

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every line of every chat.

        Raises:
            InputRejectedError: A file cannot be read.
        """
        return read_chats(source, options)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message, or a setting of the chat; all rows together tell who speaks."""
        return told_row(as_object(kept_value(raw)), where)


def read_chats(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Every record of the chats, and every other file as left out."""
    writers = chat_members(source)
    for name, reason in source.skipped_members():
        yield Ignored(reason, name)
    for member in source.members():
        if member.name not in writers:
            yield Ignored(_reason_for(member.name), member.name)
    if CAI_TOOLS in writers.values():
        yield SourceFact("answers", "last_tried", source.name)
    chats = {
        name: survey(source, name, writer, options) for name, writer in writers.items()
    }
    stems = {chat.telling.stem for chat in chats.values()}
    taken: set[str] = set()
    for family in families(chat.telling for chat in chats.values()):
        root = chats[family.root.member]
        reading = ChatReading(source, _conversation(root, taken))
        yield from _facts(family, stems)
        for place, telling in enumerate(family.tellings):
            chat = chats[telling.member]
            n_repeated = family.n_repeated[place]
            yield from reading.records(chat, n_repeated, shown=place == 0)


def _reason_for(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return "not a chat file" if suffix in _TEXT_SUFFIXES else "media file"


def _conversation(root: Chat, taken: set[str]) -> Conversation:
    """The conversation; files of tools that name them freely go by their opening.

    SillyTavern keeps a chat's file name for good, but CAI Tools numbers chats anew at
    each download, and JanitorAI's files bear the bot's name, whichever chat it is.
    """
    stem = root.telling.stem
    is_own_name = root.writer not in (CAI_TOOLS, JANITOR)
    native_id = stem if is_own_name else root.opening_id()
    if native_id in taken:
        native_id = f"{native_id} {root.telling.folder or stem}"
    if native_id in taken:
        native_id = root.telling.member
    taken.add(native_id)
    return Conversation(native_id=native_id, title=stem, group=root.telling.folder)


def _facts(family: Family, stems: set[str]) -> Iterator[Record]:
    origin = family.root.branched_from
    if origin:
        value = "begins otherwise" if origin in stems else "is absent"
        yield SourceFact(
            "branch", f"the chat that it branched from {value}", family.root.member
        )
