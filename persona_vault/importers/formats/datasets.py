"""Conversations in the two shapes that data sets and many small tools use.

ShareGPT: `{"conversations": [{"from", "value"}]}`. OpenAI: `{"messages": [{"role",
"content"}]}`. As one object, a list of them, or JSON Lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
)

_SUFFIXES = {".json", ".jsonl"}
_IDS = ("id", "conversation_id", "conversationId", "uuid")
_TIMES = ("timestamp", "created_at", "createdAt", "create_time", "time", "date")
_SPEAKERS = {
    **dict.fromkeys(("user", "human"), Role.USER),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model"), Role.PERSONA),
    **dict.fromkeys(("bing", "bard", "claude"), Role.PERSONA),
    **dict.fromkeys(("system", "developer"), Role.SYSTEM),
    **dict.fromkeys(("tool", "function", "observation", "function_call"), Role.SYSTEM),
}
_INSTRUCTIONS = {"system", "developer"}


@dataclass(frozen=True, slots=True)
class _Part:
    """Who speaks in a turn, and what."""

    role: Role
    speaker: str
    text: str
    files: tuple[Attachment, ...]


class _Nested:
    """What the two shapes have in common.

    Attributes:
        turns: Key of the list of turns in a conversation.
        who, said: Keys of the speaker and of the words in a turn.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "generic"
    turns: ClassVar[str]
    who: ClassVar[str]
    said: ClassVar[str]

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds conversations of this shape."""
        return bool(self._members(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every turn of every conversation; a system turn is a persona input.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        names = self._members(source)
        for name in names:
            for where, value in source.json_records(name):
                yield from self._conversation(value, where)
        yield from other_members(source, names)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A turn alone."""
        return self._record(kept_value(raw), where, Conversation())

    def _members(self, source: Source) -> list[str]:
        return members_like(source, _SUFFIXES, self._is_ours)

    def _is_ours(self, head: str) -> bool:
        if not head.startswith(("{", "[")):
            return False
        if values := peek_values(head, 3):
            turns = [as_list(as_object(value).get(self.turns)) for value in values]
            keys = {self.who, self.said}
            return any(
                as_object(turn).keys() >= keys for each in turns for turn in each
            )
        # The first conversation is longer than what is looked at.
        first = rf'"{self.turns}"\s*:\s*\[\s*\{{\s*"(?:{self.who}|{self.said})"\s*:'
        return re.search(first, head) is not None

    def _conversation(self, value: Any, where: str) -> Iterator[Record]:
        if value is BAD_JSON:
            yield ImportIssue("line is not JSON", where)
            return
        turns = as_object(value).get(self.turns)
        if not isinstance(turns, list):
            yield ImportIssue("no list of messages", where)
            return
        talk = _thread(value, where)
        if not turns:
            yield Ignored("conversation without messages", where, talk)
        for number, turn in enumerate(turns, 1):
            yield self._record(turn, f"{where} message {number}", talk)

    def _record(self, turn: Any, where: str, talk: Conversation) -> Record:
        if not isinstance(turn, dict):
            return ImportIssue("not a message", where, talk)
        speaker = as_word(turn.get(self.who))
        word = speaker.strip().lower()
        role = _SPEAKERS.get(word)
        if role is None:
            reason = "unknown speaker" if word else "no speaker"
            return ImportIssue(reason, where, talk)
        text, files = _content(turn.get(self.said))
        if word in _INSTRUCTIONS and text.strip():
            return PersonaInput(
                kind="custom_instructions",
                text=text,
                where=where,
                raw=compact(turn),
                conversation=talk,
            )
        called = turn.get("tool_calls") or turn.get("function_call")
        if called and not text.strip():
            role, text = Role.SYSTEM, compact(called)
        if not text.strip() and not files:
            return Ignored("empty text", where, talk)
        return _message(turn, _Part(role, speaker, text, files), where, talk)


def _message(
    turn: dict[str, Any], part: _Part, where: str, talk: Conversation
) -> Message:
    written = next((turn[key] for key in _TIMES if turn.get(key)), None)
    stamp, flags = TimeColumn().read(written)
    model = as_word(turn.get("model")) if part.role is Role.PERSONA else ""
    claim = ModelClaim(model, ClaimSource.MESSAGE, ClaimPart.ANSWERED)
    is_hidden = part.role is Role.SYSTEM
    own_kind = "text" if part.text.strip() else part.files[0].media_type
    return Message(
        conversation=talk,
        role=part.role,
        speaker=part.speaker,
        text=part.text,
        where=where,
        native_id=as_word(turn.get("id")) or None,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind="tool" if is_hidden else own_kind,
        shown=not is_hidden,
        models=(claim,) if model else (),
        attachments=part.files,
        flags=flags,
        raw=compact(turn),
    )


def _thread(value: dict[str, Any], where: str) -> Conversation:
    """The conversation; its place in the file stands for an id that is missing."""
    ids = [value.get(key) for key in _IDS]
    named = [str(each) for each in ids if isinstance(each, str | int) and each != ""]
    model = as_word(value.get("model"))
    claim = ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
    return Conversation(
        native_id=named[0] if named else where,
        title=as_word(value.get("title")),
        models=(claim,) if model else (),
    )


def _content(value: Any) -> tuple[str, tuple[Attachment, ...]]:
    """(words, files) of a content: a string, or a list of typed parts."""
    if isinstance(value, str):
        return value, ()
    texts, files = [], []
    for part in as_list(value):
        if isinstance(part, str):
            texts.append(part)
            continue
        given = as_object(part)
        if text := as_word(given.get("text")):
            texts.append(text)
        elif kind := as_word(given.get("type")):
            files.append(_file(given, kind))
    return "\n".join(texts), tuple(files)


def _file(part: dict[str, Any], kind: str) -> Attachment:
    """A picture or a file, named by its address unless that is the file itself."""
    inside = part.get(kind)
    address = as_word(inside) or as_word(as_object(inside).get("url"))
    media = kind.removeprefix("input_").removesuffix("_url")
    return Attachment(media if address.startswith("data:") else address or media, media)


class ShareGpt(_Nested):
    """Reads `conversations` of `from` and `value`."""

    name: ClassVar[str] = "sharegpt"
    turns: ClassVar[str] = "conversations"
    who: ClassVar[str] = "from"
    said: ClassVar[str] = "value"


class OpenAiMessages(_Nested):
    """Reads `messages` of `role` and `content`."""

    name: ClassVar[str] = "openai_messages"
    turns: ClassVar[str] = "messages"
    who: ClassVar[str] = "role"
    said: ClassVar[str] = "content"
