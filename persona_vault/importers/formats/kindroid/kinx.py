"""KinX folders of Kindroid: one folder per kin, lists of stored documents."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from persona_vault.importers.files.jsontext import raw_text
from persona_vault.importers.formats.kindroid.api import Envelope, message_record
from persona_vault.importers.source import Source
from persona_vault.importers.talk.clock import from_iso
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    PersonaInput,
    ReadOptions,
    Record,
)

_FOLDER = re.compile(r"(.+) \(([^()]+)\)")
_PATH = re.compile(r"(?:^|/)([^/]+)/ChatMessages/")
# Fields of the profile that shape the companion, with the kind they are kept as.
# What describes the user is personal data and stays out.
PROFILE_KINDS = {
    "ai_backstory": "backstory",
    "ai_memory": "memory",
    "ai_directive": "directive",
    "ai_example_message": "example",
    "ai_additional_context": "context",
    "ai_greeting": "greeting",
    "current_scene": "scene",
}


def read_kinx(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The documents of a `chat_messages.json`; each kin is a conversation."""
    talks: dict[str, Conversation] = {}
    for where, document in source.json_items(name, key="items"):
        if not isinstance(document, dict):
            yield ImportIssue("not a record", where)
            continue
        talk = _conversation(name, document.get("path"))
        talk = talks.setdefault(talk.native_id, talk)
        yield message_record(document.get("data"), where, talk, envelope(document))


def _conversation(name: str, path: Any) -> Conversation:
    """The kin by the id in its folder's name, else in the document path."""
    folders = PurePosixPath(name).parts[:-1]
    match = _FOLDER.fullmatch(folders[-1]) if folders else None
    group = "Group Chats" if "Group Chats" in folders else ""
    if match:
        title, native_id = match.groups()
    else:
        found = _PATH.search(path) if isinstance(path, str) else None
        title, native_id = "", found.group(1) if found else "main"
    return Conversation(native_id=native_id, title=title, group=group, threaded=False)


def envelope(document: dict[str, Any]) -> Envelope:
    """What the document store says around a message."""
    created, updated = (from_iso(document.get(k)) for k in ("createTime", "updateTime"))
    # The only public sign of an edited message.
    edited = created and updated and created.sent_at != updated.sent_at
    return Envelope(
        native_id=str(document.get("id") or ""),
        created_at=created.sent_at if created else None,
        flags=("edited",) if edited else (),
        raw=raw_text(document),
    )


def read_profile(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """What the user wrote to shape the kin, one record per field."""
    profile = source.json_document(name)
    data = profile.get("data", profile) if isinstance(profile, dict) else None
    if not isinstance(data, dict):
        yield ImportIssue("not a record", name)
        return
    stamp = from_iso(profile.get("updateTime"))
    kin = _conversation(name, profile.get("path"))
    found = False
    for key, kind in PROFILE_KINDS.items():
        text = data.get(key)
        if not isinstance(text, str) or not text:
            continue
        found = True
        where = f"{name} {key}"
        if text.startswith("!enc:"):
            yield Ignored("text is still encrypted", where)
            continue
        yield PersonaInput(
            kind=kind,
            text=text,
            valid_from=stamp.sent_at if stamp else None,
            title=kin.title,
            raw=raw_text({key: text}),
            where=where,
            conversation=None if kin.native_id == "main" else kin,
        )
    if not found:
        yield Ignored("profile without text", name)


def read_journal(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Journal entries, with their keyphrases as the title."""
    kin = _conversation(name, None)
    talk = None if kin.native_id == "main" else kin
    for where, document in source.json_items(name, key="items"):
        yield journal_entry(document, where, talk)


def journal_entry(
    document: Any, where: str, talk: Conversation | None = None
) -> Record:
    """One document of a journal."""
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        return ImportIssue("not a record", where)
    # The tool's own notes do not name the key; these three were seen in clients.
    texts = [data[k] for k in ("entry", "text", "content") if data.get(k)]
    if not texts or not isinstance(texts[0], str):
        return Ignored("entry without text", where)
    if texts[0].startswith("!enc:"):
        return Ignored("text is still encrypted", where)
    phrases = data.get("keyphrases")
    title = (
        [p for p in phrases if isinstance(p, str)] if isinstance(phrases, list) else []
    )
    stamp = from_iso(document.get("updateTime") or document.get("createTime"))
    return PersonaInput(
        kind="journal",
        text=texts[0],
        valid_from=stamp.sent_at if stamp else None,
        native_id=str(document.get("id") or "") or None,
        title=", ".join(title),
        raw=raw_text(document),
        where=where,
        conversation=talk,
    )
