"""Open WebUI: chats with all their branches and a model on each answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.html import unescaped
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import Source
from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_size,
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

_ROLES = {"user": Role.USER, "assistant": Role.PERSONA, "system": Role.SYSTEM}
# Inside a JSON string every quote is escaped, so these only match keys.
_HISTORY = re.compile(
    r'"history"\s*:\s*\{\s*'
    r'(?:"currentId"\s*:\s*(?:"[^"]*"|null)\s*,\s*)?"messages"\s*:\s*\{'
)
_CHILDREN = re.compile(r'"(?:childrenIds|currentId)"\s*:')
# What went on before an answer stands in its text, as a box that can be opened.
_BOX_KIND = re.compile(r'\stype="(reasoning|tool_calls|code_interpreter)"')
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r'\b(name|arguments|result)="([^"]*)"')
_QUOTED = re.compile(r"^> ?", re.MULTILINE)


class OpenWebUI:
    """Reads chats as the app exports them: one or many, with or without their wrapper.

    An answer that several models gave side by side is shown where the talk went on;
    the others have the flags "branch" and "parallel".
    """

    name: ClassVar[str] = "open-webui"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "open-webui"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds chats with a `history` of messages by id."""
        return bool(members_like(source, (".json",), _looks_right))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message of every chat, and the system prompts set for a chat.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        members = members_like(source, (".json",), _looks_right)
        for member in members:
            if source.head_text(member).lstrip().startswith("["):
                values = source.json_items(member)
            else:
                values = iter([(f"{member} item 1", source.json_document(member))])
            for where, value in values:
                yield from _talk(value, where)
        yield from other_members(source, members)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message or a system prompt alone."""
        value = as_object(kept_value(raw))
        if "role" in value:
            return told_by(_talk({"history": {"messages": {"": value}}}, where))
        return told_by(_system_prompt({}, value, Conversation(), where))


def _looks_right(head: str) -> bool:
    found = _HISTORY.search(head) if head[:1] in ("[", "{") else None
    return found is not None and _CHILDREN.search(head, found.start()) is not None


def _talk(value: Any, where: str) -> Iterator[Record]:
    outer = as_object(value)
    chat = as_object(outer.get("chat")) or outer
    history = chat.get("history")
    nodes = as_object(history).get("messages")
    if not isinstance(nodes, dict):
        yield ImportIssue("conversation in an unknown shape", where)
        return
    conversation = _conversation(outer, chat, nodes)
    if not nodes:
        yield Ignored("conversation without messages", where, conversation)
        return
    yield from _system_prompt(outer, chat, conversation, where)
    messages = list(nodes.values())
    links = [_link(key, node) for key, node in nodes.items()]
    current = as_object(history).get("currentId")
    for standing in standings(links, current, one_top=True):
        message = messages[standing.index]
        place = f"{where} message {standing.index + 1}"
        if not isinstance(message, dict) or links[standing.index].role is None:
            yield ImportIssue("message in an unknown shape", place, conversation)
        elif not links[standing.index].is_filled:
            yield Ignored("empty message", place, conversation)
        else:
            above = as_object(nodes.get(as_word(message.get("parentId"))))
            is_parallel = len(as_list(above.get("models"))) > 1
            told = _Told(message, standing, conversation, place)
            yield from told.records(is_parallel=is_parallel)


def _conversation(
    outer: dict[str, Any], chat: dict[str, Any], nodes: Mapping[str, Any]
) -> Conversation:
    models = dict.fromkeys(as_word(model) for model in as_list(chat.get("models")))
    return Conversation(
        native_id=as_word(outer.get("id"))
        or as_word(chat.get("id"))
        or next(iter(nodes), "main"),
        title=as_word(outer.get("title")) or as_word(chat.get("title")),
        group=as_word(outer.get("folder_id")),
        models=tuple(
            ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
            for model in models
            if model
        ),
    )


def _system_prompt(
    outer: dict[str, Any],
    chat: dict[str, Any],
    conversation: Conversation,
    where: str,
) -> Iterator[PersonaInput]:
    params = as_object(chat.get("params"))
    text = as_word(params.get("system")) or as_word(chat.get("system"))
    if text.strip():
        written = _stamp(outer.get("created_at")), _stamp(chat.get("timestamp"))
        yield PersonaInput(
            kind="system_prompt",
            text=text,
            title=conversation.title,
            where=f"{where} system prompt",
            valid_from=written[0].sent_at or written[1].sent_at,
            raw=compact({"params": params, "system": chat.get("system")}),
            conversation=conversation,
        )


def _stamp(value: Any) -> Stamp:
    """A time in seconds or, in some versions, milliseconds."""
    return from_any(value) or NO_TIME


def _link(key: str, node: Any) -> Link:
    message = as_object(node)
    sent_at = _stamp(message.get("timestamp")).sent_at
    role = _ROLES.get(as_word(message.get("role")))
    has_content = bool(_written(message).strip() or as_list(message.get("files")))
    return Link(
        native_id=key,
        parent=as_word(message.get("parentId")) or None,
        role=role,
        seconds=sent_at.timestamp() if sent_at else None,
        is_filled=role is not None and has_content,
        variant=compact(message.get("modelIdx")),
    )


def _written(message: dict[str, Any]) -> str:
    """The text as written, boxes included; newer files hold a second copy in parts."""
    content = message.get("content")
    texts = [content] if isinstance(content, str) else []
    for part in as_list(content):
        texts.append(
            part if isinstance(part, str) else as_word(as_object(part).get("text"))
        )
    text = "\n".join(text for text in texts if text)
    if text.strip():
        return text
    outputs = (as_object(entry) for entry in as_list(message.get("output")))
    return "\n".join(
        as_word(as_object(part).get("text"))
        for output in outputs
        if output.get("type") == "message"
        for part in as_list(output.get("content"))
    )


_Box = tuple[str, str, str]  # its kind, its opening tag, what stands inside


def _without_boxes(text: str) -> tuple[str, list[_Box]]:
    """The words around the boxes, and the boxes; one look at each character."""
    kept, boxes, kept_from, at = [], [], 0, 0
    while (start := text.find("<details", at)) >= 0:
        inner = text.find(">", start) + 1
        if not inner:
            break
        at = inner
        kind = _BOX_KIND.search(text, start, inner)
        if kind is None:
            continue
        end = text.find("</details>", inner)
        if end < 0:
            break
        kept.append(text[kept_from:start])
        boxes.append((kind[1], text[start:inner], text[inner:end]))
        space = _SPACE.match(text, end + len("</details>"))
        at = kept_from = space.end() if space else end
    return "".join([*kept, text[kept_from:]]), boxes


def _without_summary(inner: str) -> str:
    start = inner.find("<summary>")
    end = inner.find("</summary>", start) if start >= 0 else -1
    return inner if end < 0 else inner[:start] + inner[end + len("</summary>") :]


class _Told:
    """One message on its way to records."""

    def __init__(
        self,
        message: dict[str, Any],
        standing: Standing,
        conversation: Conversation,
        where: str,
    ) -> None:
        self._message = message
        self._standing = standing
        self._conversation = conversation
        self._where = where
        self._stamp = _stamp(message.get("timestamp"))
        self._speaker = message["role"]
        self._role = _ROLES[message["role"]]

    def records(self, *, is_parallel: bool) -> Iterator[Message]:
        """What went on before the message, then the message."""
        written = _written(self._message)
        boxes: list[_Box] = []
        if self._role is Role.PERSONA:
            text, boxes = _without_boxes(written)
        else:
            text = written
        files = _files(self._message)
        has_bubble = bool(text.strip() or files)
        for number, box in enumerate(boxes, 1):
            # Without a bubble, the first box stands for the message.
            yield self._behind(number, box, whole=number == 1 and not has_bubble)
        if not has_bubble:
            return
        standing = self._standing
        yield Message(
            conversation=self._conversation,
            role=self._role,
            speaker=self._speaker,
            text=text if text.strip() else "",
            where=self._where,
            native_id=standing.native_id,
            sent_at=self._stamp.sent_at,
            local_at=self._stamp.local_at,
            time_quality=self._stamp.quality,
            kind=_kind(text, files, self._role),
            shown=standing.shown and self._role is not Role.SYSTEM,
            parent=standing.parent,
            models=_claims(self._message, self._role),
            attachments=files,
            flags=(*standing.flags, *self._flags(is_parallel=is_parallel)),
            raw=compact(self._message),
        )

    def _flags(self, *, is_parallel: bool) -> list[str]:
        is_answer = self._role is Role.PERSONA
        signs = {
            "parallel": is_parallel and is_answer,
            "truncated": is_answer and self._message.get("done") is False,
            "error": bool(self._message.get("error")),
        }
        return [flag for flag, holds in signs.items() if holds]

    def _behind(self, number: int, box: _Box, *, whole: bool) -> Message:
        kind, head, inner = box
        named = {name: unescaped(v) for name, v in _ATTRIBUTE.findall(head)}
        text = unescaped(_without_summary(inner)).strip()
        is_thought = kind == "reasoning"
        if is_thought:
            text = _QUOTED.sub("", text)
        else:
            told = (named.get("arguments", ""), text, named.get("result", ""))
            text = "\n".join(part for part in told if part)
        native_id = self._standing.native_id
        return Message(
            conversation=self._conversation,
            role=Role.SYSTEM,
            speaker=self._speaker if is_thought else named.get("name") or "tool",
            text=text,
            where=f"{self._where} box {number}",
            native_id=native_id if whole else native_id and f"{native_id}/{number}",
            sent_at=self._stamp.sent_at,
            local_at=self._stamp.local_at,
            time_quality=self._stamp.quality,
            kind="reasoning" if is_thought else "tool",
            shown=False,
            parent=self._standing.parent,
            flags=tuple(flag for flag in self._standing.flags if flag == "branch"),
            raw=compact(self._message) if whole else "",
        )


def _kind(text: str, files: tuple[Attachment, ...], role: Role) -> str:
    if role is Role.SYSTEM:
        return "system"
    if text.strip() or not files:
        return "text"
    return "image" if all(file.media_type == "image" for file in files) else "file"


def _claims(message: dict[str, Any], role: Role) -> tuple[ModelClaim, ...]:
    """The model that answered; on a user's message, the models that were asked."""
    if role is Role.PERSONA:
        names, part = [as_word(message.get("model"))], ClaimPart.ANSWERED
    else:
        names = [as_word(name) for name in as_list(message.get("models"))]
        part = ClaimPart.REQUESTED
    return tuple(
        ModelClaim(name, ClaimSource.MESSAGE, part)
        for name in dict.fromkeys(names)
        if name
    )


def _files(message: dict[str, Any]) -> tuple[Attachment, ...]:
    found = []
    for entry in map(as_object, as_list(message.get("files"))):
        url, kind = as_word(entry.get("url")), as_word(entry.get("type")) or "file"
        # A picture pasted into the chat is its own address, megabytes of it.
        name = as_word(entry.get("name")) or ("" if url.startswith("data:") else url)
        name = name or as_word(entry.get("id")) or f"{kind} without name"
        found.append(Attachment(name, kind, as_size(entry.get("size"))))
    return tuple(found)
