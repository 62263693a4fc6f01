"""Nomi Manager: chats as its own window saw them, and the profiles it keeps."""

import re
from collections.abc import Iterator
from typing import Any

from persona_vault.importers.files.jsonwalk import Opening
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, from_number
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    SourceFact,
    TimeQuality,
)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MESSAGE_KEYS = {"sender", "text", "timestamp"}
# What describes the user and not the Nomi stays out.
_ABOUT_THE_USER = {"your_appearance"}
_PROFILE_KEYS = {"id", "name", "sectionOrder"}
_LONGEST_NAME = 80  # of a section, in what tells a place
_PICTURES = ("photo", "banner", "gallery")
_KINDS = {
    *("backstory", "inclination", "current_roleplay", "nomi_appearance"),
    *("appearance_tendencies", "nicknames", "preferences", "desires", "boundaries"),
}


def is_chats(found: Opening) -> bool:
    """Whether a file opens as lists of messages by the id of their chat."""
    keys = [*found.values, *filter(None, (found.cut_key,))]
    first = next((as_object(m) for key in keys for m in found.first_of(key)), {})
    sender = as_word(first.get("sender"))
    return (
        all(isinstance(value, list) for value in found.values.values())
        and first.keys() >= _MESSAGE_KEYS
        and from_number(first["timestamp"]) is not NO_TIME
        and (sender in ("user", *keys) or _UUID.fullmatch(sender) is not None)
    )


def is_profile(found: Opening) -> bool:
    """Whether a file opens as the profile of a Nomi or of a group.

    Its pictures are written inside it, so that most of it may lie behind the head.
    """
    if not isinstance(found.values.get("id"), int) or not found.has("name", "photo"):
        return False
    return found.has("sectionOrder") or found.cut_key in _PICTURES


def is_backup(found: Opening) -> bool:
    """Whether a file opens as the backup of all profiles."""
    first = as_object(next(iter(found.first_of("nomis")), None))
    return first.keys() >= _PROFILE_KEYS or (
        found.cut_key == "nomis" and not found.elements and not found.values
    )


def read_chats(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Every message of every chat; the tool's clock stands for their times.

    Raises:
        InputRejectedError: The file is not JSON, or cut off.
    """
    yield SourceFact("repeats", "left_out", name)
    talks: dict[str, Conversation] = {}
    for chat, where, record in source.json_fields(name):
        talk = talks.setdefault(chat, Conversation(native_id=chat, threaded=False))
        yield _message(record, where, talk)


def _message(record: Any, where: str, talk: Conversation) -> Record:
    if not isinstance(record, dict):
        return ImportIssue("not a record", where)
    sender, text = as_word(record.get("sender")), as_word(record.get("text"))
    if sender == "user":
        role = Role.USER
    elif sender and (_UUID.fullmatch(sender) or sender == talk.native_id):
        role = Role.PERSONA
    else:
        known = sender in ("", "unknown")
        return ImportIssue("no speaker" if known else "unknown speaker", where)
    if not text.strip():
        return Ignored("empty text", where)
    stamp = from_number(record.get("timestamp"))
    return Message(
        conversation=talk,
        role=role,
        speaker=sender,
        text=text.replace("\r\n", "\n"),
        sent_at=stamp.sent_at,
        time_quality=TimeQuality.CAPTURE if stamp.sent_at else TimeQuality.NONE,
        raw=compact(record),
        where=where,
    )


def read_profile(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """What the user wrote to shape a Nomi or a group, one record per section.

    Raises:
        InputRejectedError: The file is not JSON, or cut off.
    """
    yield from _profile(source.json_document(name), name)


def read_backup(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The profiles of a backup; its settings, which may hold a key, are not kept.

    Raises:
        InputRejectedError: The file is not JSON, or cut off.
    """
    for key, where, value in source.json_fields(name):
        if key in ("nomis", "groups"):
            yield from _profile(value, where)
        elif where.endswith(key):
            yield Ignored("settings of the tool, which may hold a key", where)


def _profile(profile: Any, where: str) -> Iterator[Record]:
    if not isinstance(profile, dict):
        yield ImportIssue("not a record", where)
        return
    found = False
    for section, label, text in _sections(profile):
        if not text.strip():
            continue
        found = True
        place = f"{where} {section[:_LONGEST_NAME]}"
        if section in _ABOUT_THE_USER:
            yield Ignored("describes the user", place)
            continue
        yield PersonaInput(
            kind=section if section in _KINDS else "section",
            text=text.replace("\r\n", "\n"),
            title=": ".join(filter(None, (as_word(profile.get("name")), label))),
            raw=compact({"section": section, "title": label, "text": text}),
            where=place,
        )
    if not found:
        yield Ignored("profile without text", where)


def _sections(profile: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(id, label, text) of a profile's own sections, then of those added to it."""
    data = {**as_object(profile.get("data"))}
    if as_word(profile.get("backstory")):
        data.setdefault("backstory", profile["backstory"])
    for key, text in data.items():
        yield key, "", as_word(text)
    for number, section in enumerate(as_list(profile.get("custom_sections")), 1):
        added = as_object(section)
        label, text = as_word(added.get("title")), as_word(added.get("content"))
        yield f"custom section {number}", label, text
