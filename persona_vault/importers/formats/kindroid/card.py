"""Share cards of Kindroid Manager: a kin's persona inside a picture, without talk."""

from collections.abc import Iterator
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.png import is_png, text_chunks
from persona_vault.importers.formats.kindroid.kinx import PROFILE_KINDS
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Ignored,
    ImportIssue,
    PersonaInput,
    ReadOptions,
    Record,
)

_KEYWORD = "kindroid"
_MAX_BYTES = 4 * 1024**2  # a persona with its journals has some tens of kilobytes
_KINDS = {
    **PROFILE_KINDS,
    "greeting": "greeting",
    "ai_avatar_description": "appearance",
}


def is_card(source: Source, name: str) -> bool:
    """Whether a picture holds a persona; walks to it, as it may stand at the end."""
    if not is_png(source, name):
        return False
    try:
        return _payload(source, name) is not None
    except InputRejectedError:
        return False


def _payload(source: Source, name: str) -> bytes | None:
    chunks = text_chunks(source, name, (_KEYWORD,), max_bytes=_MAX_BYTES)
    return next((text for _keyword, text in chunks), None)


def read_card(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The persona fields of the card, then its journal entries.

    Raises:
        InputRejectedError: The picture is damaged, or its text is no persona.
    """
    payload = _payload(source, name) or b""
    try:
        value = parse_line(payload.decode("utf-8"))
    except (NotJsonError, UnicodeDecodeError):
        value = None
    persona = as_object(value).get("p")
    if not isinstance(persona, dict):
        raise InputRejectedError(
            f"{name} holds no persona that can be read",
            hint="Save the share card again, without editing the picture.",
        )
    for key, kind in _KINDS.items():
        if text := as_word(persona.get(key)):
            yield PersonaInput(
                kind=kind,
                text=text,
                title=as_word(persona.get("ai_name")),
                raw=compact({key: text}),
                where=f"{name} {key}",
            )
    for number, entry in enumerate(as_list(persona.get("journal_entries")), 1):
        yield card_entry(entry, f"{name} journal entry {number}")


def card_entry(entry: Any, where: str) -> Record:
    """One journal entry of a card."""
    if not isinstance(entry, dict):
        return ImportIssue("not a record", where)
    if not as_word(entry.get("entry")):
        return Ignored("entry without text", where)
    return PersonaInput(
        kind="journal",
        text=entry["entry"],
        title=", ".join(filter(None, map(as_word, as_list(entry.get("keyphrases"))))),
        raw=compact(entry),
        where=where,
    )
