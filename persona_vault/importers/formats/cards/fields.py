"""What a character card or a lorebook says, as persona inputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from persona_vault.importers.talk.dates import from_number
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import Ignored, ImportIssue, PersonaInput, Record

# Field of a card -> kind of input. V1 has the first five.
_TEXTS = {
    "description": "card_description",
    "personality": "card_personality",
    "scenario": "scenario",
    "first_mes": "greeting",
    "mes_example": "example_messages",
    "system_prompt": "system_prompt",
    "post_history_instructions": "post_history",
    "creator_notes": "creator_notes",
}
_MORE_GREETINGS = {
    "alternate_greetings": "alternate",
    "group_only_greetings": "for groups",
}
_PROFILE = {
    "name": "Name",
    "nickname": "Nickname",
    "character_version": "Version",
    "creator": "Creator",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a card or a book stands.

    Attributes:
        where: As for a record.
        owner: Name of the character or the book: with the field it makes the id, so
            that the same card later, with other words, is another version of them.
        valid_from: When it was last changed, aware UTC, or None.
    """

    where: str
    owner: str
    valid_from: datetime | None = None

    def text(self, kind: str, key: str, text: str, title: str, raw: Any) -> Record:
        """One field as an input; `raw` is what the file has for it."""
        return PersonaInput(
            kind=kind,
            text=text,
            where=f"{self.where} {key}",
            valid_from=self.valid_from,
            native_id=f"{self.owner}/{key}",
            title=title,
            raw=compact(raw),
        )


def card_records(card: dict[str, Any], where: str) -> Iterator[Record]:
    """Every field of a card that says who the companion is; blank ones are none.

    V2 and V3 keep them under `data`, where V1 has them beside each other; of a card
    that does both, `data` counts.
    """
    inner = as_object(card.get("data"))
    data = inner if as_word(inner.get("name")) or "first_mes" in inner else card
    name = as_word(data.get("name")).strip()
    origin = Origin(where, name or "character", _changed_at(data))
    profile = _profile(data)
    if profile:
        yield origin.text("profile", "profile", profile, "", _short_fields(data))
    for key, kind in _TEXTS.items():
        text = as_word(data.get(key))
        if text.strip():
            yield origin.text(kind, key, text, "", {key: text})
    for key, title in _MORE_GREETINGS.items():
        for number, text in enumerate(as_list(data.get(key)), 1):
            if isinstance(text, str) and text.strip():
                place = f"{key} {number}"
                yield origin.text("greeting", place, text, title, text)
    yield from _depth_prompt(data, origin)
    book = as_object(data.get("character_book"))
    if book:
        yield from book_records(book, origin)


def _depth_prompt(data: dict[str, Any], origin: Origin) -> Iterator[Record]:
    """The note that SillyTavern puts a few messages above the end of every prompt."""
    prompt = as_object(as_object(data.get("extensions")).get("depth_prompt"))
    text = as_word(prompt.get("prompt"))
    if text.strip():
        yield origin.text("author_note", "depth_prompt", text, "", prompt)


def _changed_at(data: dict[str, Any]) -> datetime | None:
    """When this wording came to be; V1 and V2 only say when the card was made."""
    for key in ("modification_date", "creation_date"):
        stamp = from_number(data.get(key))
        if stamp.sent_at is not None:
            return stamp.sent_at
    return None


def _profile(data: dict[str, Any]) -> str:
    lines = [
        f"{label}: {as_word(data.get(key)).strip()}"
        for key, label in _PROFILE.items()
        if as_word(data.get(key)).strip()
    ]
    tags = [tag for tag in as_list(data.get("tags")) if isinstance(tag, str) and tag]
    if tags:
        lines.append(f"Tags: {', '.join(tags)}")
    return "\n".join(lines)


def _short_fields(data: dict[str, Any]) -> dict[str, Any]:
    """What the other inputs do not hold, without pictures and books."""
    told = {*_TEXTS, *_MORE_GREETINGS, "character_book", "avatar", "assets", "data"}
    return {key: value for key, value in data.items() if key not in told}


def book_records(
    book: dict[str, Any], origin: Origin
) -> Iterator[PersonaInput | Ignored | ImportIssue]:
    """Every entry of a lorebook, whose list is an array or an object of entries."""
    entries = book.get("entries")
    listed = list(entries.values()) if isinstance(entries, dict) else as_list(entries)
    ids: set[str] = set()
    for number, entry in enumerate(listed, 1):
        where = f"{origin.where} entry {number}"
        if not isinstance(entry, dict):
            yield ImportIssue("lorebook entry in an unknown shape", where)
        elif entry.get("enabled") is False or entry.get("disable") is True:
            yield Ignored("lorebook entry that is switched off", where)
        elif not as_word(entry.get("content")).strip():
            yield Ignored("empty lorebook entry", where)
        else:
            own = entry.get("id", entry.get("uid"))
            native_id = f"entry {own if isinstance(own, (int, str)) else number}"
            if native_id in ids:
                native_id = f"{native_id} at {number}"
            ids.add(native_id)
            yield PersonaInput(
                kind="lorebook_entry",
                text=entry["content"],
                where=where,
                valid_from=origin.valid_from,
                native_id=f"{origin.owner}/{native_id}",
                title=_entry_title(entry),
                raw=compact(entry),
            )


def _entry_title(entry: dict[str, Any]) -> str:
    """Its label, else the words that call it up; RisuAI writes those as one text."""
    keys = as_list(entry.get("keys")) or as_list(entry.get("key"))
    words = ", ".join(key for key in keys if isinstance(key, str))
    label = as_word(entry.get("name")) or as_word(entry.get("comment"))
    return label or words or as_word(entry.get("key"))
