"""LibreChat: one conversation for each file, flat or as a tree."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.formats.librechat.content import Said, read_content
from persona_vault.importers.formats.librechat.tree import read_document
from persona_vault.importers.source import Source
from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_object, as_word, compact, kept_value
from persona_vault.model import (
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

_ROOT = "00000000-0000-0000-0000-000000000000"
# Inside a JSON string every quote is escaped, so these only match keys.
_TALK = re.compile(r'"conversationId"\s*:')
_MESSAGES = re.compile(r'"messages(?:Tree)?"\s*:\s*\[\s*\{')
_MESSAGE = re.compile(r'"(?:parentMessageId|isCreatedByUser)"\s*:')
# What the user told the companion to be, under the names that endpoints have for it.
_PROMPTS = ("promptPrefix", "system", "instructions")
# In place of a model, talk with an agent or an assistant carries its id.
_NO_MODEL = ("agent_", "asst_")


class LibreChat:
    """Reads conversations as the app's "Export" saves them in JSON.

    With branches, the file does not say which one was shown: the newest is taken.
    """

    name: ClassVar[str] = "librechat"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "librechat"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds a conversation with `parentMessageId`s."""
        return bool(members_like(source, (".json",), _looks_right))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message of every file, and the prompt set for the conversation.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        members = members_like(source, (".json",), _looks_right)
        for member in members:
            yield from _talk(read_document(source, member), f"{member}")
        yield from other_members(source, members)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a prompt alone."""
        value = as_object(kept_value(raw))
        place, _, field = where.rpartition(" ")
        if field not in _PROMPTS:
            return told_by(_talk({"messages": [value]}, where))
        # Several prompts may keep one record.
        prompts = _prompts({"options": value}, [{}], Conversation(), place)
        return told_by(prompts, where)


def _looks_right(head: str) -> bool:
    found = _MESSAGES.search(head) if head.startswith("{") else None
    return (
        found is not None
        and _TALK.search(head) is not None
        and _MESSAGE.search(head, found.end()) is not None
    )


def _talk(about: dict[str, Any], where: str) -> Iterator[Record]:
    messages = about.get("messagesTree", about.get("messages"))
    if not isinstance(messages, list):
        yield ImportIssue("conversation in an unknown shape", where)
        return
    conversation = _conversation(about, messages)
    if not messages:
        yield Ignored("conversation without messages", where, conversation)
        return
    yield from _prompts(about, messages, conversation, where)
    said = [read_content(as_object(message)) for message in messages]
    links = [_link(as_object(m), s) for m, s in zip(messages, said, strict=True)]
    for standing in standings(links, one_top=True):
        message, place = (
            messages[standing.index],
            f"{where} message {standing.index + 1}",
        )
        if not isinstance(message, dict) or links[standing.index].role is None:
            yield ImportIssue("message in an unknown shape", place, conversation)
        elif not links[standing.index].is_filled:
            yield Ignored("empty message", place, conversation)
        else:
            told = _Told(message, said[standing.index], standing, conversation, place)
            yield from told.records()


def _conversation(about: dict[str, Any], messages: list[Any]) -> Conversation:
    options = as_object(about.get("options"))
    model = _model(options)
    first = as_object(messages[0]) if messages else {}
    return Conversation(
        native_id=as_word(about.get("conversationId"))
        or as_word(first.get("conversationId"))
        or "main",
        title=as_word(about.get("title")),
        group=as_word(options.get("agent_id")) or as_word(options.get("assistant_id")),
        models=(ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT),)
        if model
        else (),
    )


def _model(value: dict[str, Any]) -> str:
    model = as_word(value.get("model"))
    return "" if model.startswith(_NO_MODEL) else model


def _prompts(
    about: dict[str, Any],
    messages: list[Any],
    conversation: Conversation,
    where: str,
) -> Iterator[PersonaInput]:
    options = as_object(about.get("options"))
    begun = _stamp(as_object(messages[0])).sent_at
    for name in _PROMPTS:
        text = as_word(options.get(name))
        if text.strip():
            yield PersonaInput(
                kind="custom_instructions",
                text=text,
                title=conversation.title,
                where=f"{where} {name}",
                valid_from=begun,
                raw=compact(options),
                conversation=conversation,
            )


def _stamp(message: dict[str, Any]) -> Stamp:
    return from_any(message.get("createdAt")) or NO_TIME


def _role(message: dict[str, Any]) -> Role | None:
    is_user = message.get("isCreatedByUser")
    if not isinstance(is_user, bool):
        sender = as_word(message.get("sender")).casefold()
        return {"user": Role.USER, "assistant": Role.PERSONA}.get(sender)
    if is_user:
        return Role.USER
    # A note of the app that the answer failed; not what the companion said.
    return Role.SYSTEM if message.get("error") is True else Role.PERSONA


def _link(message: dict[str, Any], said: Said) -> Link:
    sent_at = _stamp(message).sent_at
    parent = as_word(message.get("parentMessageId"))
    role = _role(message)
    return Link(
        native_id=as_word(message.get("messageId")),
        parent=None if parent in ("", _ROOT) else parent,
        role=role,
        seconds=sent_at.timestamp() if sent_at else None,
        is_filled=role is not None and (said.has_bubble or bool(said.behind)),
    )


class _Told:
    """One message on its way to records."""

    def __init__(
        self,
        message: dict[str, Any],
        said: Said,
        standing: Standing,
        conversation: Conversation,
        where: str,
    ) -> None:
        self._message = message
        self._said = said
        self._standing = standing
        self._conversation = conversation
        self._where = where
        self._role = _role(message) or Role.PERSONA
        default = "User" if self._role is Role.USER else "assistant"
        self._speaker = as_word(message.get("sender")) or default
        self._stamp = _stamp(message)

    def records(self) -> Iterator[Message]:
        """What went on before the message, then the message."""
        said, standing = self._said, self._standing
        for number, part in enumerate(said.behind, 1):
            # Without a bubble, the first of these stands for the message.
            yield self._behind(number, part, whole=number == 1 and not said.has_bubble)
        if not said.has_bubble:
            return
        is_hidden = self._role is Role.SYSTEM
        yield Message(
            conversation=self._conversation,
            role=self._role,
            speaker=self._speaker,
            text=said.text,
            where=self._where,
            native_id=standing.native_id,
            sent_at=self._stamp.sent_at,
            local_at=self._stamp.local_at,
            time_quality=self._stamp.quality,
            kind="error" if is_hidden else "text" if said.text else "file",
            shown=standing.shown and not is_hidden,
            parent=standing.parent,
            models=self._claims(),
            attachments=tuple(said.files),
            flags=tuple(dict.fromkeys((*standing.flags, *self._flags()))),
            raw=compact(self._message),
        )

    def _claims(self) -> tuple[ModelClaim, ...]:
        model = _model(self._message)
        if not model:
            return ()
        is_answer = self._role is Role.PERSONA
        part = ClaimPart.ANSWERED if is_answer else ClaimPart.REQUESTED
        return (ModelClaim(model, ClaimSource.MESSAGE, part),)

    def _flags(self) -> list[str]:
        message = self._message
        is_cut = message.get("finish_reason") in ("incomplete", "length", "max_tokens")
        signs = {
            "edited": message.get("isEdited") is True,
            "truncated": is_cut or message.get("unfinished") is True,
            "unknown_part": self._said.has_unknown,
        }
        return [flag for flag, holds in signs.items() if holds]

    def _behind(
        self, number: int, part: tuple[str, str, str], *, whole: bool
    ) -> Message:
        kind, speaker, text = part
        native_id = self._standing.native_id
        return Message(
            conversation=self._conversation,
            role=Role.SYSTEM,
            speaker=speaker or self._speaker,
            text=text,
            where=f"{self._where} part {number}",
            native_id=native_id if whole else native_id and f"{native_id}/{number}",
            sent_at=self._stamp.sent_at,
            local_at=self._stamp.local_at,
            time_quality=self._stamp.quality,
            kind=kind,
            shown=False,
            parent=self._standing.parent,
            flags=tuple(flag for flag in self._standing.flags if flag == "branch"),
            raw=compact(self._message) if whole else "",
        )
