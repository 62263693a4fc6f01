"""The older tables of `logs.db`: a row for each prompt with its response."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.sqlite_file import Database
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_word, compact
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    Message,
    ModelClaim,
    PersonaInput,
    Record,
    Role,
)

# What a table of responses always had; the other columns came one by one.
RESPONSES = ("id", "model", "prompt", "response", "conversation_id", "datetime_utc")
_COLUMNS = (*RESPONSES, "system", "resolved_model", "reasoning")
Known = dict[str, set[tuple[str, str]]]


def utc_stamp(value: Any) -> Stamp:
    """A time of these tables: UTC, as their columns say, even without a zone."""
    stamp = from_any(value) or NO_TIME
    if stamp.local_at is None:
        return stamp
    return from_any(f"{stamp.local_at}Z") or NO_TIME


def claims(row: dict[str, Any]) -> tuple[ModelClaim, ...]:
    """The model that answered; beside a resolved name the other is what was asked."""
    asked, resolved = as_word(row.get("model")), as_word(row.get("resolved_model"))
    source, found = ClaimSource.MESSAGE, []
    if resolved:
        found.append(ModelClaim(resolved, source, ClaimPart.ANSWERED))
    if asked and asked != resolved:
        part = ClaimPart.REQUESTED if resolved else ClaimPart.ANSWERED
        found.append(ModelClaim(asked, source, part))
    return tuple(found)


def threads_of(database: Database, table: str) -> dict[str, Conversation]:
    """Conversations by id, from a table of them."""
    found = {}
    if table in database.tables:
        for row in database.select(table, ("id", "name", "model")):
            model = as_word(row["model"])
            claim = ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
            key = str(row["id"])
            found[key] = Conversation(
                native_id=key,
                title=as_word(row["name"]),
                models=(claim,) if model else (),
            )
    return found


def read_responses(
    database: Database, in_turns: set[str], known: Known
) -> Iterator[Record]:
    """A prompt and a response of each row, and a system prompt where it changed.

    Args:
        database: The open file.
        in_turns: Ids of rows that the newer tables hold as well.
        known: Filled with (role, text) of what was read, by conversation.
    """
    threads = threads_of(database, "conversations")
    files = _files(database)
    systems: dict[str, str] = {}
    for number, row in enumerate(database.select("responses", _COLUMNS), 1):
        where = f"{database.name} response {number}"
        # A response outside any conversation is a talk of its own.
        key = str(row["conversation_id"] or row["id"])
        talk = threads.setdefault(key, Conversation(native_id=key))
        if str(row["id"]) in in_turns:
            yield Ignored("also in the newer tables", where, talk)
            continue
        system = as_word(row["system"])
        if system.strip() and systems.get(key) != system:
            systems[key] = system
            yield _system(row, where, talk)
        for record in _messages(row, where, talk, files.get(str(row["id"]), [])):
            if isinstance(record, Message):
                known.setdefault(key, set()).add((record.role, record.text))
            yield record


def told_response(row: dict[str, Any], where: str) -> Told | None:
    """The prompt or the response that a row alone gives at that place."""
    whole = {**dict.fromkeys(_COLUMNS), **row}
    place = where.rpartition(" ")[0]
    return told_by(_messages(whole, place, Conversation(), []), where)


def _system(row: dict[str, Any], where: str, talk: Conversation) -> PersonaInput:
    return PersonaInput(
        kind="custom_instructions",
        text=row["system"],
        where=f"{where} system",
        valid_from=utc_stamp(row["datetime_utc"]).sent_at,
        conversation=talk,
    )


def _messages(
    row: dict[str, Any],
    where: str,
    talk: Conversation,
    files: list[Attachment],
) -> Iterator[Record]:
    stamp = utc_stamp(row["datetime_utc"])
    prompt, response = as_word(row["prompt"]), as_word(row["response"])
    has_prompt = bool(prompt.strip() or files)
    base = Message(
        conversation=talk,
        role=Role.USER,
        speaker="user",
        text=prompt,
        where=f"{where} prompt",
        native_id=f"{row['id']}/prompt",
        sent_at=stamp.sent_at,
        time_quality=stamp.quality,
        kind="text" if prompt.strip() or not files else "file",
        attachments=tuple(files),
        raw=compact({key: value for key, value in row.items() if value is not None}),
    )
    if has_prompt:
        yield base
    reply = replace(
        base,
        role=Role.PERSONA,
        speaker="assistant",
        text=response,
        where=f"{where} response",
        native_id=f"{row['id']}/response",
        parent=base.native_id if has_prompt else None,
        kind="text",
        models=claims(row),
        attachments=(),
        raw="" if has_prompt else base.raw,
    )
    if as_word(row["reasoning"]).strip():
        yield replace(
            reply,
            role=Role.SYSTEM,
            text=row["reasoning"],
            where=f"{where} reasoning",
            native_id=f"{row['id']}/reasoning",
            kind="reasoning",
            shown=False,
            raw="",
        )
    # A call that failed left an empty response.
    yield reply if response.strip() else Ignored("empty text", reply.where, talk)


def _files(database: Database) -> dict[str, list[Attachment]]:
    """Files and fragments that were given along with prompts, by response."""
    named = given_files(database)
    found: dict[str, list[Attachment]] = {}
    for table, column in (
        ("prompt_attachments", "attachment_id"),
        ("prompt_fragments", "fragment_id"),
    ):
        for row in optional(database, table, ("response_id", column)):
            if file := named.get((column, str(row[column]))):
                found.setdefault(str(row["response_id"]), []).append(file)
    return found


def given_files(database: Database) -> dict[tuple[str, str], Attachment]:
    """Attachments by ("attachment_id" or "fragment_id", id)."""
    named = {}
    for row in optional(database, "attachments", ("id", "type", "path", "url")):
        key = str(row["id"])
        name = as_word(row["path"]) or as_word(row["url"]) or key
        file = Attachment(name, media(as_word(row["type"])))
        named["attachment_id", key] = file
    for row in optional(database, "fragments", ("id", "hash", "source")):
        key = str(row["id"])
        name = as_word(row["source"]) or as_word(row["hash"]) or key
        named["fragment_id", key] = Attachment(name, "fragment")
    return named


def media(mime: str) -> str:
    """The kind of an attachment by its MIME type."""
    kind = mime.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def optional(
    database: Database, table: str, columns: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """The rows of a table that only some versions made."""
    if table in database.tables:
        yield from database.select(table, columns)
