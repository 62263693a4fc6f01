"""The dumper of early 2023: past chats of one character, and its definition."""

from collections.abc import Iterator
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsonwalk import opening
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    Record,
    Role,
    TimeQuality,
)

# Fields of a character that shape it, with the kind they are kept as.
_CHARACTER = {
    "title": "tagline",
    "description": "description",
    "greeting": "greeting",
    "definition": "definition",
}
# The dumper puts a token in place of this field, so a character always has it.
_CREATOR = "user__username"
_REDACTED = "_REDACTED]"


def is_dump(head: str) -> bool:
    """Whether a file opens as `{info, histories}` or as the histories alone."""
    if '"histories"' not in head:
        return False
    found = opening(head)
    histories = found.values.get("histories")
    chats = as_list(as_object(histories).get("histories")) or found.first_of(
        "histories"
    )
    if chats:
        return "msgs" in as_object(chats[0])
    # Longer than what is looked at, or behind a long definition.
    return found.has("histories") and not histories and '"msgs"' in head


def is_definitions(head: str) -> bool:
    """Whether a file opens as what the character editor shows."""
    if '"character"' not in head or _CREATOR not in head:
        return False
    found = opening(head)
    character = as_object(found.values.get("character"))
    if character:
        return _CREATOR in character and not found.has("histories")
    return found.cut_key == "character" and '"definition"' in head


def read_definitions(source: Source, name: str) -> Iterator[Record]:
    """What the character was told to be, one record per field that holds words."""
    document = as_object(source.json_document(name))
    yield from _character(as_object(document.get("character")), name)


def _character(character: dict[str, Any], name: str) -> Iterator[Record]:
    texts = {key: as_word(character.get(key)) for key in _CHARACTER}
    if not any(texts.values()):
        yield Ignored("character without text", f"{name} character")
    for key, text in texts.items():
        if text:
            yield PersonaInput(
                kind=_CHARACTER[key],
                text=text.replace("\r\n", "\n"),
                title=as_word(character.get("name")),
                raw=compact({key: text}),
                where=f"{name} character {key}",
            )


def read_dump(source: Source, name: str) -> Iterator[Record]:
    """The character, then every message of every past chat, in file order."""
    document = as_object(source.json_document(name))
    info = document.get("info")
    if isinstance(info, dict):
        yield from _character(as_object(info.get("character")), name)
    histories = document.get("histories")
    if isinstance(histories, dict):
        histories = histories.get("histories")
    for number, chat in enumerate(as_list(histories), 1):
        where = f"{name} chat {number}"
        if not isinstance(chat, dict) or not isinstance(chat.get("msgs"), list):
            yield ImportIssue("chat in an unknown shape", where)
            continue
        talk = Conversation(native_id=as_word(chat.get("external_id")) or where)
        started = from_any(chat.get("created")) or NO_TIME
        for place, message in enumerate(chat["msgs"], 1):
            yield _message(message, f"{where} message {place}", talk, started)


def is_dumped(value: dict[str, Any]) -> bool:
    """Whether a record is a message of a dump."""
    return not value.keys().isdisjoint({"src", "src__is_human"})


def told_dump(value: dict[str, Any], where: str) -> Told | None:
    """What a message, or a field of the character, says alone; times are the chats'."""
    if len(value) == 1:
        return told_by(_character(value, where))
    return told_by([_message(value, where, Conversation(), NO_TIME)])


def _message(message: Any, where: str, talk: Conversation, started: Stamp) -> Record:
    if not isinstance(message, dict):
        return ImportIssue("not a record", where)
    sender = as_object(message.get("src"))
    is_human = sender.get("is_human", message.get("src__is_human"))
    if not isinstance(is_human, bool):
        return ImportIssue("no speaker", where)
    text = as_word(message.get("text")).replace("\r\n", "\n")
    picture = as_word(message.get("image_rel_path"))
    if not text and not picture:
        return Ignored("empty text", where)
    role = Role.USER if is_human else Role.PERSONA
    names = (sender.get("name"), message.get("src__name"), message.get("display_name"))
    set_aside = bool(message.get("is_alternative"))
    deleted = bool(message.get("deleted"))
    signs = {
        "regenerated": set_aside,
        "deleted": deleted,
        "redacted": _REDACTED in text,
    }
    return Message(
        conversation=talk,
        native_id=as_word(message.get("uuid")) or _number(message.get("id")),
        role=role,
        speaker=next(filter(None, map(as_word, names)), role.value),
        text=text,
        sent_at=started.sent_at,
        time_quality=TimeQuality.CHAT_LEVEL if started.sent_at else TimeQuality.NONE,
        kind="text" if text else "image",
        shown=not set_aside and not deleted,
        attachments=(Attachment(picture, "image"),) if picture else (),
        flags=tuple(flag for flag, holds in signs.items() if holds),
        raw=compact(_without_people(message)),
        where=where,
    )


def _number(value: Any) -> str | None:
    return (
        str(value) if isinstance(value, int) and not isinstance(value, bool) else None
    )


def _without_people(value: dict[str, Any]) -> dict[str, Any]:
    """The record without the account of the user that stands in it many times over."""
    kept = {}
    for key, part in value.items():
        if key == "user" or "user__" in key:
            continue
        is_side = key in ("src", "tgt") and isinstance(part, dict)
        kept[key] = _without_people(part) if is_side else part
    return kept
