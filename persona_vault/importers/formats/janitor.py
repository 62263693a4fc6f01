"""JanitorAI: the chat object that a downloader extension saves as it stands."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.files.jsonwalk import Opening, opening
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
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
)

_LIST = "chatMessages"
# Fields of a character that shape it, with the kind they are kept as.
_CHARACTER = {
    "personality": "definition",
    "scenario": "scenario",
    "first_message": "greeting",
    "example_dialogs": "example",
}
# The user's own name is left in the words of the companion as this.
_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACEHOLDERS = ("{{user}}", "{{char}}")


class Janitor:
    """Chats of JanitorAI as JSON; its other forms are plain text or SillyTavern's."""

    name: ClassVar[str] = "janitor"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "janitorai"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether any file of the source holds `chatMessages` with a bot's mark."""
        return any(_is_chat(source, member.name) for member in source.members())

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every record, file by file in name order; messages in order of time.

        Raises:
            InputRejectedError: A file is not JSON, cut off, or larger than 64 MiB.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        for member in source.members():
            if _is_chat(source, member.name):
                yield from _Chat(source.json_document(member.name), member.name).read()
            else:
                yield Ignored("not a chat file", member.name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message without the name of who speaks, or a field of the character."""
        value = as_object(kept_value(raw))
        if "is_bot" not in value:
            return only_field(value)
        told = told_by(_Chat({_LIST: [value]}, where).read())
        return told and replace(told, speaker=None)


def _is_chat(source: Source, name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    if source.kind != "file" and suffix != ".json":
        return False
    return _opens_a_chat(opening(source.head_text(name)))


def _opens_a_chat(found: Opening) -> bool:
    if any("is_bot" in as_object(message) for message in found.first_of(_LIST)):
        return True
    # Behind a long character, or with a first message longer than what is looked at.
    character = found.values.get("character")
    return isinstance(character, dict) and found.cut_key == _LIST and not found.elements


class _Chat:
    """One saved chat on its way to records."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self._document = document
        self._name = name
        chat = as_object(document.get("chat"))
        numbers = (document.get("id"), chat.get("id"), self._of_messages("chat_id"))
        native_id = next(
            (str(n) for n in numbers if isinstance(n, int | str) and n), ""
        )
        self._character = as_object(document.get("character"))
        title = as_word(self._character.get("name"))
        self._talk = Conversation(native_id=native_id or name, title=title)

    def _of_messages(self, key: str) -> Any:
        first = next(iter(as_list(self._document.get(_LIST))), None)
        return as_object(first).get(key)

    def read(self) -> Iterator[Record]:
        """What shapes the character, then the messages, the oldest first."""
        for key, kind in _CHARACTER.items():
            if text := as_word(self._character.get(key)):
                yield PersonaInput(
                    kind=kind,
                    text=text,
                    title=as_word(self._character.get("name")),
                    raw=compact({key: text}),
                    where=f"{self._name} character {key}",
                )
        n_answers = 0
        for number, record, stamp, is_tail in _in_order(self._document.get(_LIST)):
            where = f"{self._name} message {number}"
            if not isinstance(record, dict):
                yield ImportIssue("not a record", where)
            elif not isinstance(record.get("is_bot"), bool):
                yield ImportIssue("no speaker", where)
            elif not as_word(record.get("message")).strip():
                yield Ignored("empty text", where)
            else:
                n_answers += is_tail
                yield self._message(record, stamp, where, n_answers)
        if n_answers > 1:
            # The extension itself takes the oldest one for shown.
            yield SourceFact("answers", "shown_unknown", self._name)

    def _message(
        self, record: dict[str, Any], stamp: Stamp, where: str, n_answers: int
    ) -> Message:
        """A message; `n_answers` counts those behind the user's last words."""
        text = as_word(record["message"]).replace("\r\n", "\n")
        role = Role.PERSONA if record["is_bot"] else Role.USER
        signs = {
            "regenerated": n_answers > 1,
            "placeholder": any(mark in text.casefold() for mark in _PLACEHOLDERS),
        }
        native_id = record.get("id")
        return Message(
            conversation=self._talk,
            native_id=str(native_id) if isinstance(native_id, int | str) else None,
            role=role,
            speaker=self._speaker(role),
            text=text,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            shown=n_answers <= 1,
            flags=tuple(flag for flag, holds in signs.items() if holds),
            raw=compact(record),
            where=where,
        )

    def _speaker(self, role: Role) -> str:
        if role is Role.PERSONA:
            names = (self._character.get("chat_name"), self._character.get("name"))
        else:
            # An empty object where the extension could not find the persona's name.
            names = (self._document.get("persona_name"), self._document.get("username"))
        return next(filter(None, map(as_word, names)), role.value)


def _stamp(record: Any) -> Stamp:
    return from_any(as_object(record).get("created_at")) or NO_TIME


def _in_order(records: Any) -> Iterator[tuple[int, Any, Stamp, bool]]:
    """(place in the file, record, time, whether it follows the user's last words).

    By time where every record has one, else as the file has them.
    """
    entries = [
        (number, record, _stamp(record))
        for number, record in enumerate(as_list(records), 1)
    ]
    if all(stamp.sent_at is not None for _n, _record, stamp in entries):
        entries.sort(key=lambda entry: entry[2].sent_at or _NEVER)
    last = max(
        (place for place, entry in enumerate(entries) if _is_user(entry[1])), default=-1
    )
    for place, (number, record, stamp) in enumerate(entries):
        yield number, record, stamp, 0 <= last < place


def _is_user(record: Any) -> bool:
    return as_object(record).get("is_bot") is False
