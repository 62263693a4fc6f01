"""Claude's data export, from the linear files of 2025 to the parts of late 2026."""

from collections.abc import Iterator
from typing import Any, ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.formats.claude.content import Behind, Said, read_content
from persona_vault.importers.formats.claude.files import Files, listed
from persona_vault.importers.source import Source
from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
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

_ROLES = {"human": Role.USER, "assistant": Role.PERSONA}
_ROOT = "00000000-0000-4000-8000-000000000000"
_CUT_SHORT = frozenset({"max_tokens", "user_canceled", "interrupted"})


class Claude:
    """Reads conversations, projects and memories of Claude's export, whole or in parts.

    What the app shows as a bubble is a message of the user or the persona; reasoning
    and tools stand beside it with the role `system`, never shown. No export names the
    model of a message; where one names it for a conversation, that is its default.
    """

    name: ClassVar[str] = "claude"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "claude"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds talk, projects, memories or the list of parts."""
        return bool(Files(source).by_kind)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every project, memory and message, and every promised part that is absent.

        Raises:
            InputRejectedError: A member is not JSON or cut off, or only the list of
                the export's parts was named.
        """
        files = Files(source)
        contents = list(files.contents())
        if not contents and files.by_kind:
            raise InputRejectedError(
                f"{source.name} lists the parts of a Claude export, and holds none",
                hint="Download the parts and import each zip by its name,"
                " the one named conversations first.",
            )
        yield from files.absent(source)
        yield from files.left_out()
        project_names: dict[str, str] = {}
        for kind, member in contents:
            for where, value in listed(source, member):
                if not isinstance(value, dict):
                    yield ImportIssue("record in an unknown shape", where)
                elif kind == "chats":
                    yield from _talk(value, where)
                elif kind == "projects":
                    project_names[as_word(value.get("uuid"))] = as_word(
                        value.get("name")
                    )
                    yield from _project(value, where)
                else:
                    yield from _memories(value, where, project_names)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message, a project, its document or a memory alone."""
        value = as_object(kept_value(raw))
        if "sender" in value:
            return told_by(_talk({"chat_messages": [value]}, where))
        if "prompt_template" in value:
            return told_by(_project(value, where))
        if "content" in value:
            return told_by([_document(value, where)])
        return told_by(_memories(value, where, {}))


def _stamp(value: Any) -> Stamp:
    return from_any(value) or NO_TIME


def _project(value: dict[str, Any], where: str) -> Iterator[Record]:
    """What a project tells the companion: its instructions, then its documents."""
    if value.get("is_starter_project") is True:
        yield Ignored("example project of the vendor", where)
        return
    name, native_id = as_word(value.get("name")), as_word(value.get("uuid")) or None
    prompt = as_word(value.get("prompt_template"))
    written = _stamp(value.get("updated_at")), _stamp(value.get("created_at"))
    if prompt.strip():
        yield PersonaInput(
            kind="project_prompt",
            text=prompt,
            title=name,
            where=where,
            valid_from=written[0].sent_at or written[1].sent_at,
            native_id=native_id,
            raw=compact({k: v for k, v in value.items() if k != "docs"}),
        )
    else:
        yield Ignored("project without instructions", where)
    for number, doc in enumerate(as_list(value.get("docs")), 1):
        yield _document(doc, f"{where} document {number}")


def _document(doc: Any, where: str) -> Record:
    if not isinstance(doc, dict) or not isinstance(doc.get("content"), str):
        return ImportIssue("document in an unknown shape", where)
    if not doc["content"].strip():
        return Ignored("empty document", where)
    return PersonaInput(
        kind="project_doc",
        text=doc["content"],
        title=as_word(doc.get("filename")),
        where=where,
        valid_from=_stamp(doc.get("created_at")).sent_at,
        native_id=as_word(doc.get("uuid")) or None,
        raw=compact(doc),
    )


def _memories(
    value: dict[str, Any], where: str, project_names: dict[str, str]
) -> Iterator[Record]:
    """The summaries that Claude keeps, of all talk and of each project; undated."""
    key = "conversations_memory"
    whole: dict[str, Any] = {key: value.get(key)}
    told = [("conversations", "", value.get(key), whole)]
    for project, text in as_object(value.get("project_memories")).items():
        title = project_names.get(project) or project
        whole = {"project_memories": {project: text}}
        told.append((f"project {project}", title, text, whole))
    for place, title, text, own in told:
        if isinstance(text, str) and text.strip():
            yield PersonaInput(
                kind="memory",
                text=text,
                title=title,
                where=f"{where} {place}",
                native_id=f"memory of {place}",
                raw=compact(own),
            )
        else:
            yield Ignored("no memory", f"{where} {place}")


def _talk(value: dict[str, Any], where: str) -> Iterator[Record]:
    messages = value.get("chat_messages")
    conversation = _conversation(value)
    if not isinstance(messages, list):
        yield ImportIssue("conversation in an unknown shape", where, conversation)
    elif not messages:
        yield Ignored("conversation without messages", where, conversation)
    else:
        current = value.get("current_leaf_message_uuid") or value.get("current_leaf")
        yield from _Talk(messages, conversation, where).records(current)


def _conversation(value: dict[str, Any]) -> Conversation:
    project, model = as_object(value.get("project")), as_word(value.get("model"))
    messages = map(as_object, as_list(value.get("chat_messages")))
    # Without an id of its own, the first message's id is as lasting as the talk.
    first = next((as_word(message.get("uuid")) for message in messages), "")
    return Conversation(
        native_id=as_word(value.get("uuid")) or first or "main",
        title=as_word(value.get("name")),
        group=as_word(project.get("name")) or as_word(value.get("project_uuid")),
        models=(ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT),)
        if model
        else (),
    )


class _Talk:
    """The messages of one conversation."""

    def __init__(
        self, messages: list[Any], conversation: Conversation, where: str
    ) -> None:
        self._messages = messages
        self._conversation = conversation
        self._where = where
        self._said = [read_content(as_object(message)) for message in messages]

    def records(self, current: object) -> Iterator[Record]:
        """The records of each message, in reading order."""
        for standing in standings(self._links(), current, one_top=True):
            where = f"{self._where} message {standing.index + 1}"
            message = self._messages[standing.index]
            said = self._said[standing.index]
            reason = _unreadable(message, said)
            if reason:
                yield ImportIssue(reason, where, self._conversation)
            elif said.has_bubble or said.behind:
                yield from self._told(message, said, standing, where)
            else:
                yield Ignored("empty message", where, self._conversation)

    def _links(self) -> list[Link]:
        links = []
        for message, said in zip(
            map(as_object, self._messages), self._said, strict=True
        ):
            parent = as_word(message.get("parent_message_uuid"))
            sent_at = _stamp(message.get("created_at")).sent_at
            links.append(
                Link(
                    native_id=as_word(message.get("uuid")),
                    # Files of 2025 have no parents, so the one before is answered.
                    parent=None if parent == _ROOT else parent,
                    follows=not parent,
                    role=_ROLES.get(as_word(message.get("sender"))),
                    seconds=sent_at.timestamp() if sent_at else None,
                    is_filled=not _unreadable(message, said)
                    and bool(said.has_bubble or said.behind),
                )
            )
        return links

    def _told(
        self, message: dict[str, Any], said: Said, standing: Standing, where: str
    ) -> Iterator[Message]:
        """What lies behind the message, then the message itself."""
        # Where there is no bubble, the first of these stands for the message.
        stand_in = None if said.has_bubble else said.behind[0]
        for part in said.behind:
            yield self._behind(message, part, standing, where, whole=part is stand_in)
        if stand_in is not None:
            return
        stamp = _stamp(message.get("created_at"))
        yield Message(
            conversation=self._conversation,
            role=_ROLES[message["sender"]],
            speaker=message["sender"],
            text=said.text,
            where=where,
            native_id=standing.native_id,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind=said.kind,
            shown=standing.shown,
            parent=standing.parent,
            attachments=tuple(said.attachments),
            flags=(*standing.flags, *_flags(message, said)),
            raw=compact(message),
        )

    def _behind(
        self,
        message: dict[str, Any],
        part: Behind,
        standing: Standing,
        where: str,
        *,
        whole: bool,
    ) -> Message:
        stamp = _stamp(message.get("created_at"))
        native_id = standing.native_id
        if native_id is not None and not whole:
            native_id = f"{native_id}/{part.block}"
        return Message(
            conversation=self._conversation,
            role=Role.SYSTEM,
            speaker=part.speaker,
            text=part.text,
            where=f"{where} block {part.block}",
            native_id=native_id,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind=part.kind,
            shown=False,
            parent=standing.parent,
            flags=tuple(flag for flag in standing.flags if flag == "branch"),
            # The message itself keeps the whole record, with every block.
            raw=compact(message) if whole else "",
        )


def _unreadable(message: Any, said: Said) -> str:
    """Why a message cannot be read, "" if it can."""
    if not isinstance(message, dict) or not message:
        return "message in an unknown shape"
    if as_word(message.get("sender")) not in _ROLES:
        return "unknown author role"
    if said.has_unknown and not said.has_bubble and not said.behind:
        return "unknown content type"
    return ""


def _flags(message: dict[str, Any], said: Said) -> list[str]:
    is_cut = as_word(message.get("stop_reason")) in _CUT_SHORT
    signs = {
        "truncated": is_cut or message.get("truncated") is True,
        "placeholder_removed": said.has_placeholder,
        "unknown_part": said.has_unknown,
    }
    return [flag for flag, holds in signs.items() if holds]
