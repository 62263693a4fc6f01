"""Google AI Studio: the prompt files that it keeps in the user's Drive."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import Source
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

_ROLES = {"user": Role.USER, "model": Role.PERSONA}
_INSTRUCTION = " system instruction"  # ends the place of one
# Files in Drive have no ending; a download or a Takeout adds one.
_SUFFIXES = {"", ".json", ".prompt"}


class AiStudio:
    """Reads prompt files: one conversation each, in order, mostly without times.

    The file has no id, so that its name stands for the conversation. The model of the
    run settings is the one that was chosen last; it is never put on a message.
    """

    name: ClassVar[str] = "ai_studio"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "ai_studio"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is an object with run settings and a chunked prompt."""
        return bool(_prompts(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """The system instruction, then every chunk, file by file.

        Raises:
            InputRejectedError: A member is not JSON, cut off, or over 64 MiB.
        """
        names = _prompts(source)
        for name in names:
            yield from _records(as_object(source.json_document(name)), name)
        yield from other_members(source, names)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A chunk or an instruction alone."""
        read = _instruction if where.endswith(_INSTRUCTION) else _record
        return read(kept_value(raw), where, Conversation())


def _prompts(source: Source) -> list[str]:
    return members_like(source, _SUFFIXES, _is_prompt)


def _is_prompt(head: str) -> bool:
    # A long instruction pushes the chunks out of what is looked at.
    return (
        head.startswith("{")
        and '"runSettings"' in head
        and ('"chunkedPrompt"' in head or '"systemInstruction"' in head)
    )


def _records(prompt: dict[str, Any], name: str) -> Iterator[Record]:
    talk = _conversation(prompt, name)
    instruction = prompt.get("systemInstruction")
    if instruction:
        yield _instruction(instruction, f"{name}{_INSTRUCTION}", talk)
    chunks = as_object(prompt.get("chunkedPrompt")).get("chunks")
    if not isinstance(chunks, list):
        yield ImportIssue("no list of chunks", name, talk)
    for number, chunk in enumerate(as_list(chunks), 1):
        yield _record(chunk, f"{name} chunk {number}", talk)
    for number, draft in enumerate(_drafts(prompt), 1):
        if as_word(as_object(draft).get("text")).strip():
            yield Ignored("draft that was not sent", f"{name} draft {number}", talk)


def _drafts(prompt: dict[str, Any]) -> list[Any]:
    """Text that stood in the input field; its place in the file has moved."""
    places = (prompt, as_object(prompt.get("chunkedPrompt")))
    return [each for place in places for each in as_list(place.get("pendingInputs"))]


def _conversation(prompt: dict[str, Any], name: str) -> Conversation:
    title = PurePosixPath(name).name
    for suffix in (".json", ".prompt"):
        title = title.removesuffix(suffix)
    model = as_word(as_object(prompt.get("runSettings")).get("model"))
    claim = ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
    return Conversation(native_id=title, title=title, models=(claim,) if model else ())


def _instruction(value: Any, where: str, talk: Conversation) -> Record:
    text = as_word(value) or _text(as_object(value))
    if not text.strip():
        return Ignored("empty text", where, talk)
    return PersonaInput(
        kind="custom_instructions",
        text=text,
        where=where,
        raw=compact(value),
        conversation=talk,
    )


def _text(chunk: dict[str, Any]) -> str:
    """The words of a chunk: its own, else its parts' (thoughts only if alone)."""
    text = as_word(chunk.get("text"))
    if text:
        return text
    parts = [as_object(part) for part in as_list(chunk.get("parts"))]
    said = [part for part in parts if part.get("thought") is not True]
    return "".join(as_word(part.get("text")) for part in said or parts)


def _record(chunk: Any, where: str, talk: Conversation) -> Record:
    if not isinstance(chunk, dict):
        return ImportIssue("not a chunk", where, talk)
    written = as_word(chunk.get("role"))
    role = _ROLES.get(written)
    if role is None:
        return ImportIssue("unknown speaker" if written else "no speaker", where, talk)
    text, attachments = _text(chunk), _attachments(chunk)
    if not text.strip() and not attachments:
        return Ignored("empty text", where, talk)
    is_thought = _is_thought(chunk)
    stamp, flags = TimeColumn().read(chunk.get("createTime"))
    return Message(
        conversation=talk,
        role=Role.SYSTEM if is_thought else role,
        speaker=written,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind="reasoning" if is_thought else _kind(text, attachments),
        shown=not is_thought,
        attachments=attachments,
        flags=flags,
        raw=compact(chunk),
    )


def _is_thought(chunk: dict[str, Any]) -> bool:
    if chunk.get("isThought") is True:
        return True
    parts = [as_object(part) for part in as_list(chunk.get("parts"))]
    return bool(parts) and all(part.get("thought") is True for part in parts)


def _kind(text: str, attachments: tuple[Attachment, ...]) -> str:
    return "text" if text.strip() else attachments[0].media_type


def _attachments(chunk: dict[str, Any]) -> tuple[Attachment, ...]:
    """Files that a chunk names: `driveImage`, `inlineFile`, `youtubeVideo` and others.

    Their bytes stay in the raw record (inline) or in the user's Drive.
    """
    found = []
    for key, value in chunk.items():
        if isinstance(value, dict) and key.startswith(("drive", "inline", "youtube")):
            mime = as_word(value.get("mimeType")).partition("/")[0]
            kind = mime or key.removeprefix("drive").removeprefix("inline").lower()
            name = as_word(value.get("id")) or as_word(value.get("displayName")) or key
            found.append(Attachment(name, kind))
    return tuple(found)
