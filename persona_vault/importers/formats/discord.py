"""Discord talks as DiscordChatExporter saves them: JSON, one channel per file set.

A long channel is saved in partitions; a folder or zip may hold many channels.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import unquote

from persona_vault.importers.alone import Told
from persona_vault.importers.files.jsonwalk import Opening, opening
from persona_vault.importers.files.leftovers import with_leftovers
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.talk.people import SERVICE, Cast, People, Speaker
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

# Everything else (joins, pins, calls, boosts ...) is a line of the app itself.
_SPOKEN = {
    *("Default", "Reply", "ChatInputCommand", "ContextMenuCommand", ""),
    *("0", "19", "20", "23"),
}
_COMMANDS = {"ChatInputCommand", "ContextMenuCommand", "20", "23"}
_MEDIA = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp"), "image"),
    **dict.fromkeys((".mp4", ".mov", ".webm"), "video"),
    **dict.fromkeys((".mp3", ".ogg", ".wav", ".m4a"), "audio"),
}


class Discord:
    """DiscordChatExporter JSON: one file, or a folder or zip with partitions."""

    name: ClassVar[str] = "discord"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "discord"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a file has a guild, a channel and messages at its top."""
        return any(_channel_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message, channel by channel in order of the files' names.

        Raises:
            InputRejectedError: A file cannot be read, or the companion is not known.
        """
        files = dict(_channel_files(source))
        yield from with_leftovers(_records(source, options, files), source, files)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; all of them together tell who is the companion."""
        row = as_object(kept_value(raw))
        speaker, stamp = _speaker(row), from_any(row.get("timestamp")) or NO_TIME
        return Told(text=_text(row), speaker=speaker.label, **_times(stamp))


def _records(
    source: Source, options: ReadOptions, files: dict[str, Conversation]
) -> Iterator[Record]:
    order = sorted(files, key=_partition)
    people = People()
    for name in order:
        for _where, row in source.json_items(name, key="messages"):
            if _is_spoken(row):
                people.see(files[name].native_id, _speaker(as_object(row)))
    cast = people.cast(options, source.name)
    yield from cast.facts(source.name)
    for name in order:
        for where, row in source.json_items(name, key="messages"):
            yield _record(row, where, files[name], cast, source)


def _channel_files(source: Source) -> Iterator[tuple[str, Conversation]]:
    """(member, its channel) of the chat files; parts of a channel share one object."""
    channels: dict[str, Conversation] = {}
    for member in source.members():
        if source.kind != "file" and not member.name.endswith(".json"):
            continue
        found = opening(source.head_text(member.name))
        if not _is_channel(found):
            continue
        guild = as_object(found.values["guild"])
        channel = as_object(found.values["channel"])
        key = as_word(channel.get("id")) or member.name
        if key not in channels:
            channels[key] = _conversation(key, guild, channel)
        yield member.name, channels[key]


def _is_channel(found: Opening) -> bool:
    if not found.has("guild", "channel", "messages"):
        return False
    channel = as_object(found.values.get("channel"))
    return "type" in channel and "name" in channel


def _conversation(
    key: str, guild: dict[str, Any], channel: dict[str, Any]
) -> Conversation:
    return Conversation(
        native_id=key,
        title=as_word(channel.get("name")),
        group=as_word(guild.get("name")),
        # A channel is one endless talk, be it with one person or with many.
        threaded=False,
    )


def _partition(name: str) -> tuple[str, int, str]:
    """Parts in the order of their numbers: `talk [part 2].json` before part 10."""
    stem = PurePosixPath(name).stem
    head, mark, tail = stem.rpartition(" [part ")
    number = tail.removesuffix("]")
    if mark and number.isdecimal() and number.isascii() and len(number) < 7:
        return f"{PurePosixPath(name).parent}/{head}", int(number), name
    return f"{PurePosixPath(name).parent}/{stem}", 1, name


def _kind(row: dict[str, Any]) -> str:
    kind = row.get("type", "")
    return kind if isinstance(kind, str) else str(kind)


def _is_spoken(row: Any) -> bool:
    row = as_object(row)
    return bool(_speaker(row).key) and _kind(row) in _SPOKEN


def _speaker(row: dict[str, Any]) -> Speaker:
    author = as_object(row.get("author"))
    name, number = as_word(author.get("name")), as_word(author.get("discriminator"))
    nickname = as_word(author.get("nickname"))
    tag = f"{name}#{number}" if name and number else ""
    return Speaker(
        key=as_word(author.get("id")) or name,
        name=name or nickname,
        aliases=(nickname, tag),
        is_bot=author.get("isBot") is True,
    )


def _record(
    row: Any, where: str, conversation: Conversation, cast: Cast, source: Source
) -> Record:
    if not isinstance(row, dict):
        return ImportIssue("not an object", where, conversation)
    if left_out := cast.left_out(conversation, where):
        return left_out
    speaker = _speaker(row)
    if not speaker.key:
        return ImportIssue("no speaker", where, conversation)
    stamp = from_any(row.get("timestamp"))
    if stamp is None:
        return ImportIssue("time cannot be read", where, conversation)
    attachments = tuple(_attachments(row, source, where))
    text = _text(row)
    kind = _kind(row)
    part = cast.part(speaker.key) if kind in _SPOKEN else SERVICE
    if not text.strip() and not attachments and part is not SERVICE:
        return Ignored("empty text", where, conversation)
    return Message(
        conversation=conversation,
        role=part.role,
        speaker=speaker.label,
        text=text,
        where=where,
        native_id=as_word(row.get("id")) or None,
        **_times(stamp),
        kind=_told_kind(
            part.kind,
            kind,
            text,
            attachments,
            is_forwarded=bool(row.get("forwardedMessage")),
        ),
        shown=part.shown,
        parent=as_word(as_object(row.get("reference")).get("messageId")) or None,
        attachments=attachments,
        flags=("edited",) if row.get("timestampEdited") else (),
        raw=compact(row),
    )


def _times(stamp: Stamp = NO_TIME) -> dict[str, Any]:
    return {
        "sent_at": stamp.sent_at,
        "local_at": stamp.local_at,
        "time_quality": stamp.quality,
    }


def _told_kind(
    part_kind: str,
    kind: str,
    text: str,
    attachments: tuple[Attachment, ...],
    *,
    is_forwarded: bool,
) -> str:
    if part_kind != "text":
        return part_kind
    if kind in _COMMANDS:
        return "command"
    if is_forwarded:
        return "forwarded"
    if not text.strip() and attachments:
        return attachments[0].media_type or "file"
    return "text"


def _text(row: dict[str, Any]) -> str:
    """What was written, with what a bot wrote into embeds and what was forwarded.

    Many bots answer in an embed and leave the text itself empty. The preview of a
    link is an embed as well: it has an address and is no speech.
    """
    parts = [as_word(row.get("content"))]
    parts.append(as_word(as_object(row.get("forwardedMessage")).get("content")))
    for embed in map(as_object, as_list(row.get("embeds"))):
        if embed.get("url"):
            continue
        parts += [as_word(embed.get("title")), as_word(embed.get("description"))]
        for field in map(as_object, as_list(embed.get("fields"))):
            parts += [as_word(field.get("name")), as_word(field.get("value"))]
    return "\n".join(part for part in parts if part)


def _attachments(
    row: dict[str, Any], source: Source, where: str
) -> Iterator[Attachment]:
    # Saved with its media, a file is named by its path beside the chat file.
    folder = PurePosixPath(where).parent
    forwarded = as_object(row.get("forwardedMessage"))
    for each in (row, forwarded):
        for file in map(as_object, as_list(each.get("attachments"))):
            address = as_word(file.get("url"))
            name = as_word(file.get("fileName")) or address
            size = file.get("fileSizeBytes")
            is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
            beside = str(folder / unquote(address))
            if name:
                yield Attachment(
                    name=name,
                    media_type=_MEDIA.get(PurePosixPath(name).suffix.lower(), "file"),
                    n_bytes=size if is_size else None,
                    member=beside if source.has(beside) else "",
                )
    for sticker in map(as_object, as_list(row.get("stickers"))):
        if name := as_word(sticker.get("name")):
            yield Attachment(name, "sticker")
