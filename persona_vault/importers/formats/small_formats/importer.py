"""Small formats, one table: a sign in the content, and the reader that it leads to."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.formats.small_formats.readers import (
    file_owner,
    read_agnai,
    read_author_lines,
    read_cai_pairs,
    read_chatbot_ui,
    read_kobold,
    read_numbered,
    told_agnai,
    told_chatbot_ui,
    told_kobold,
    told_save,
)
from persona_vault.importers.formats.text_generation_webui import pairs_shape
from persona_vault.importers.source import Source
from persona_vault.model import Ignored, ReadOptions, Record

_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md", ".csv"}
_MESSAGES = re.compile(r'"messages"\s*:\s*\[\s*\{')
_HANDLE = re.compile(r'"handle"\s*:\s*"')
_MSG = re.compile(r'"msg"\s*:\s*"')
_STORY = re.compile(r'\{\s*"gamestarted"\s*:\s*(?:true|false)')
_CHATBOT_UI = re.compile(r'\{\s*"version"\s*:\s*\d+\s*,\s*"history"\s*:\s*\[')
_NUMBERED = re.compile(r'"messages"\s*:\s*\[\s*\[\s*\d+\s*,\s*"')
_PEOPLE = re.compile(r'\{\s*"user"\s*:\s*\{.*"character"\s*:\s*\{', re.S)


@dataclass(frozen=True, slots=True)
class Shape:
    """One format.

    Attributes:
        sign: Whether a member's name and head show it; the name never alone.
        read: Its reader.
        alone: Whether it is only read where the source is this one file.
    """

    sign: Callable[[str, str], bool]
    read: Callable[[Source, str, ReadOptions], Iterator[Record]]
    alone: bool = False


def _is_handled(_name: str, head: str) -> bool:
    signs = (_MESSAGES, _HANDLE, _MSG)
    return head[:1] == "{" and all(sign.search(head) for sign in signs)


def _is_numbered(_name: str, head: str) -> bool:
    return bool(head[:1] == "{" and (_NUMBERED.search(head) or _PEOPLE.match(head)))


def _is_author_lines(name: str, head: str) -> bool:
    owner, label = file_owner(name), head.partition(":")[0].strip()
    return bool(owner) and label in (owner, "{{char}}", "{{user}}")


_AGNAI = Shape(_is_handled, read_agnai)
_KOBOLD = Shape(lambda _name, head: bool(_STORY.match(head)), read_kobold)
_CHATBOT = Shape(lambda _name, head: bool(_CHATBOT_UI.match(head)), read_chatbot_ui)
_CAI_NUMBERED = Shape(_is_numbered, read_numbered)
_CAI_PAIRS = Shape(
    lambda _name, head: head[:1] == "{" and pairs_shape(head) == "cai_tools",
    read_cai_pairs,
)
_CAI_LINES = Shape(_is_author_lines, read_author_lines, alone=True)


class _SmallFormat:
    """What the importers of this table share."""

    version: ClassVar[int] = 1
    tier: ClassVar[str] = "vendor"
    shapes: ClassVar[tuple[Shape, ...]]

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member has one of the shapes."""
        return any(self._shape(source, member.name) for member in source.members())

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every turn of every such file, and what it says of the companion.

        Raises:
            InputRejectedError: A file cannot be read.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        for member in source.members():
            shape = self._shape(source, member.name)
            if shape is None:
                suffix = PurePosixPath(member.name).suffix.lower()
                is_text = suffix in _TEXT_SUFFIXES
                reason = "not a chat file" if is_text else "media file"
                yield Ignored(reason, member.name)
            else:
                yield from shape.read(source, member.name, options)

    def _shape(self, source: Source, name: str) -> Shape | None:
        suffix = PurePosixPath(name).suffix.lower()
        if source.kind != "file" and suffix not in _TEXT_SUFFIXES:
            return None
        head = source.head_text(name).lstrip()
        is_alone = len(source.members()) == 1
        for shape in self.shapes:
            if (is_alone or not shape.alone) and shape.sign(name, head):
                return shape
        return None


class Agnai(_SmallFormat):
    """Agnai's exported chats."""

    name: ClassVar[str] = "agnai"
    app: ClassVar[str] = "agnai"
    shapes = (_AGNAI,)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a field of the chat."""
        return told_agnai(raw, where, options)


class KoboldAi(_SmallFormat):
    """Saved stories of KoboldAI and KoboldAI Lite, if they are talks."""

    name: ClassVar[str] = "koboldai"
    app: ClassVar[str] = "koboldai"
    shapes = (_KOBOLD,)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A turn with its label, or a field of the story."""
        return told_kobold(raw, where, options)


class ChatbotUi(_SmallFormat):
    """ChatbotUI's export of all conversations."""

    name: ClassVar[str] = "chatbot_ui"
    app: ClassVar[str] = "chatbot-ui"
    shapes = (_CHATBOT,)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a prompt."""
        return told_chatbot_ui(raw, where, options)


class CaiSaves(_SmallFormat):
    """Character.AI chats as small tools save them: none of them keeps times."""

    name: ClassVar[str] = "cai_saves"
    app: ClassVar[str] = "character.ai"
    shapes = (_CAI_NUMBERED, _CAI_PAIRS, _CAI_LINES)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a field of the character, each in its shape."""
        return told_save(raw, where, options)
