"""Facebook and Instagram messages from "Download your information", in JSON.

A thread is `.../inbox/<thread>/message_N.json`, newest message first. End-to-end
encrypted threads come in files of their own with other keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.jsontext import array_items
from persona_vault.importers.files.jsonwalk import Opening, object_keys, opening
from persona_vault.importers.files.leftovers import with_leftovers
from persona_vault.importers.source import Source
from persona_vault.importers.talk.chronology import oldest_first
from persona_vault.importers.talk.dates import from_number
from persona_vault.importers.talk.people import (
    SERVICE,
    Cast,
    People,
    Speaker,
    folded_name,
)
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
)

_LISTS = (
    *(("photos", "image"), ("videos", "video"), ("audio_files", "audio")),
    *(("gifs", "image"), ("files", "file"), ("media", "file")),
)
_SERVICE_TYPES = {"call", "subscribe", "unsubscribe", "plan", "payment"}
_EDITED = " (edited)"
# Messenger lets people edit for a quarter of an hour.
_EDIT_MILLIS = 15 * 60 * 1000
_LIKENESS = 0.6
_LONGEST_COMPARED = 4_000


@dataclass(frozen=True, slots=True)
class _Row:
    """One message of a thread, in the spelling of the older files."""

    where: str
    value: Any
    sender: str
    text: str
    millis: int | None


@dataclass(frozen=True, slots=True)
class _Thread:
    conversation: Conversation
    rows: list[_Row]


class MetaMessages:
    """Threads of Facebook Messenger and Instagram: files, a folder or a zip."""

    name: ClassVar[str] = "meta"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "meta"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether any file is a thread of either kind."""
        return any(True for _name in _thread_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message, thread by thread, each from its oldest message on.

        Raises:
            InputRejectedError: A file cannot be read, or the companion is not known.
        """
        files = dict(_thread_files(source))
        yield from with_leftovers(_threads(source, options, files), source, files)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; all of them together tell who is the companion."""
        value = as_object(kept_value(raw))
        row = _row(where, value, is_sealed="senderName" in value)
        stamp = from_number(row.millis)
        return Told(
            text=row.text.removesuffix(_EDITED),
            speaker=row.sender,
            sent_at=stamp.sent_at,
            time_quality=stamp.quality,
        )


def _threads(
    source: Source, options: ReadOptions, files: dict[str, bool]
) -> Iterator[Record]:
    groups: dict[str, list[str]] = {}
    for name in sorted(files, key=_number):
        groups.setdefault(_thread_key(source, name, files[name]), []).append(name)
    people = People()
    for key, names in groups.items():
        for row in _rows(source, names, files):
            if row.sender and not _is_service(as_object(row.value)):
                people.see(key, Speaker(_person(row.sender), row.sender))
    cast = people.cast(options, source.name)
    yield from cast.facts(source.name)
    for key, names in groups.items():
        rows = list(_rows(source, names, files))
        title, _path = _facts(source, names[0], is_sealed=files[names[0]])
        talk = Conversation(native_id=key, title=title, threaded=False)
        yield from _records(_Thread(talk, rows), cast, source)


def _person(name: str) -> str:
    return folded_name(name) or name


def _thread_files(source: Source) -> Iterator[tuple[str, bool]]:
    """(member, whether it is of an encrypted thread) of the files with messages."""
    for member in source.members():
        if source.kind != "file" and not member.name.endswith(".json"):
            continue
        found = opening(source.head_text(member.name))
        first = [as_object(row) for row in found.first_of("messages")]
        if any("sender_name" in row and "timestamp_ms" in row for row in first):
            yield member.name, False
        elif found.has("threadName") and _is_sealed(found, first):
            yield member.name, True


def _is_sealed(found: Opening, first: list[dict[str, Any]]) -> bool:
    named = any("senderName" in row and "timestamp" in row for row in first)
    return named or (found.has("participants", "messages") and not first)


def _number(name: str) -> tuple[str, int, str]:
    """`message_2.json` before `message_10.json`, whatever the folder."""
    path = PurePosixPath(name)
    head, _mark, tail = path.stem.rpartition("_")
    is_number = tail.isdecimal() and tail.isascii() and len(tail) < 10
    return f"{path.parent}/{head}", int(tail) if is_number else 0, name


def _thread_key(source: Source, name: str, is_sealed: bool) -> str:
    """The thread of a file: its folder, or its name where all lie in one folder."""
    path = PurePosixPath(name)
    if is_sealed:
        head, mark, tail = path.stem.rpartition("_")
        return head if mark and tail.isdecimal() else path.stem
    if path.parent.name:
        return path.parent.name
    _title, thread_path = _facts(source, name, is_sealed=False)
    return PurePosixPath(thread_path).name or "main"


def _facts(source: Source, name: str, *, is_sealed: bool) -> tuple[str, str]:
    """(title, path) of a thread, which stand behind the messages in most files."""
    found: dict[str, str] = {}
    with source.json_cursor(name) as cursor:
        for key in object_keys(cursor):
            if key == "messages" and cursor.peek() == "[":
                for _value in array_items(cursor):
                    pass
                continue
            found[key] = as_word(cursor.value())
    if is_sealed:
        return found.get("threadName", ""), ""
    return repaired(found.get("title", "")), found.get("thread_path", "")


def _rows(source: Source, names: list[str], files: dict[str, bool]) -> Iterator[_Row]:
    for name in names:
        is_sealed = files[name]
        for where, value in source.json_items(name, key="messages"):
            yield _row(where, value, is_sealed=is_sealed)


def _row(where: str, value: Any, *, is_sealed: bool) -> _Row:
    row = as_object(value)
    sender = as_word(row.get("senderName" if is_sealed else "sender_name"))
    text = as_word(row.get("text" if is_sealed else "content"))
    time = row.get("timestamp" if is_sealed else "timestamp_ms")
    is_time = isinstance(time, int) and not isinstance(time, bool)
    if not is_sealed:
        sender, text = repaired(sender), repaired(text)
    return _Row(where, value, sender, text, time if is_time else None)


def repaired(text: str) -> str:
    r"""Text whose UTF-8 bytes were written as single letters, put right.

    `Ã©` stands for `é` in these files. What is no such text stays as it is.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _records(thread: _Thread, cast: Cast, source: Source) -> Iterator[Record]:
    rows = oldest_first(thread.rows, lambda row: row.millis)
    replaced = _replaced(rows)
    seen: set[tuple[str, str, int | None, str]] = set()
    for row in rows:
        told_before = (row.sender, row.text, row.millis, compact(row.value))
        if told_before in seen and isinstance(row.value, dict):
            yield Ignored("told twice", row.where, thread.conversation)
            continue
        seen.add(told_before)
        yield _record(row, thread.conversation, cast, source, row.where in replaced)


def _replaced(rows: list[_Row]) -> set[str]:
    """Places of messages of which an edited version stands further on.

    The files do not say which message was edited, so it is the latest one of the same
    person in the time that edits are open, if it reads much alike.
    """
    found: set[str] = set()
    for at, row in enumerate(rows):
        if not row.text.endswith(_EDITED) or row.millis is None:
            continue
        now = row.text.removesuffix(_EDITED)
        for earlier in reversed(rows[:at][-50:]):
            if earlier.millis is None or row.millis - earlier.millis > _EDIT_MILLIS:
                break
            is_theirs = earlier.sender == row.sender and earlier.where not in found
            if is_theirs and _are_alike(earlier.text.removesuffix(_EDITED), now):
                found.add(earlier.where)
                break
    return found


def _are_alike(one: str, two: str) -> bool:
    one, two = one[:_LONGEST_COMPARED], two[:_LONGEST_COMPARED]
    if not one or not two:
        return False
    if two.startswith(one) or one.startswith(two):
        return True
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= _LIKENESS


def _is_service(row: dict[str, Any]) -> bool:
    return (
        as_word(row.get("type")).lower() in _SERVICE_TYPES
        or "call_duration" in row
        or row.get("is_unsent") is True
        or row.get("isUnsent") is True
    )


def _record(
    row: _Row, talk: Conversation, cast: Cast, source: Source, is_replaced: bool
) -> Record:
    if not isinstance(row.value, dict):
        return ImportIssue("not an object", row.where, talk)
    if left_out := cast.left_out(talk, row.where):
        return left_out
    if not row.sender:
        return ImportIssue("no speaker", row.where, talk)
    stamp = from_number(row.millis)
    if stamp.sent_at is None:
        return ImportIssue("time cannot be read", row.where, talk)
    attachments = tuple(_attachments(row.value, source))
    is_edited = row.text.endswith(_EDITED)
    text = row.text.removesuffix(_EDITED)
    is_service = _is_service(row.value)
    if not text.strip() and not attachments and not is_service:
        return Ignored("empty text", row.where, talk)
    part = SERVICE if is_service else cast.part(_person(row.sender))
    kind = part.kind
    if kind == "text" and not text.strip():
        kind = attachments[0].media_type or "file"
    return Message(
        conversation=talk,
        role=part.role,
        speaker=row.sender,
        text=text,
        where=row.where,
        sent_at=stamp.sent_at,
        time_quality=stamp.quality,
        kind=kind,
        shown=part.shown and not is_replaced,
        attachments=attachments,
        flags=(*(["edited"] * is_edited), *(["replaced"] * is_replaced)),
        raw=compact(row.value),
    )


def _attachments(row: dict[str, Any], source: Source) -> Iterator[Attachment]:
    for key, media_type in _LISTS:
        for file in map(as_object, as_list(row.get(key))):
            if uri := as_word(file.get("uri")):
                yield Attachment(uri, media_type, member=_member(uri, source))
    if uri := as_word(as_object(row.get("sticker")).get("uri")):
        yield Attachment(uri, "sticker", member=_member(uri, source))
    if link := as_word(as_object(row.get("share")).get("link")):
        yield Attachment(link, "link")


def _member(uri: str, source: Source) -> str:
    """The member that a path means; an export may lie in a folder of its own."""
    path = uri.removeprefix("./").lstrip("/")
    parts = path.split("/")
    candidates = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((each for each in candidates if source.has(each)), "")
