"""Readers of formats without times: each turns one small file into records."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.formats.generic.named_text import NamedText
from persona_vault.importers.source import Source
from persona_vault.importers.talk.chat_branches import row_digest
from persona_vault.importers.talk.columns import Part, Speakers
from persona_vault.importers.talk.dates import NO_TIME, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
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

_OTHER = Part(Role.SYSTEM, "other_character")
_KOBOLD_TAGS = ("{{[INPUT]}}", "{{[OUTPUT]}}")
_KOBOLD_ENDS = re.compile(r"\{\{\[(?:INPUT|OUTPUT)_END\]\}\}")
_CHAT_MODE, _INSTRUCT_MODE = 3, 4
_FILE_DATE = re.compile(r"(.+) \d{1,2}-\d{1,2}-\d{4} \d{1,2}\.\d{1,2}\.txt")


@dataclass(frozen=True, slots=True)
class Said:
    """One turn as far as these formats tell it.

    Attributes:
        part: Who speaks; None for one who cannot be told.
        raw: What the file has for it.
    """

    part: Part | None
    speaker: str
    text: Any
    where: str
    raw: Any


def _record(
    said: Said, talk: Conversation, flags: tuple[str, ...] = (), **more: Any
) -> Record:
    if not isinstance(said.text, str):
        return ImportIssue("the text is not plain text", said.where, talk)
    if said.part is None:
        return ImportIssue("unknown speaker", said.where, talk)
    if not said.text.strip():
        return Ignored("empty text", said.where, talk)
    return Message(
        conversation=talk,
        role=said.part.role,
        speaker=said.speaker or said.part.role.value,
        text=said.text,
        where=said.where,
        kind=said.part.kind,
        shown=said.part.shown,
        flags=flags,
        raw=said.raw if isinstance(said.raw, str) else compact(said.raw),
        **more,
    )


def _by_opening(turns: Iterable[Said], name: str) -> Conversation:
    """A conversation known by its first words and the user's first ones.

    The files of these tools bear the companion's name or the day of the download,
    which say nothing about which talk it is.
    """
    words: list[str] = []
    for said in turns:
        is_users = said.part is not None and said.part.role is Role.USER
        if isinstance(said.text, str) and (is_users or not words):
            words.append(said.text)
        if is_users:
            break
    title = PurePosixPath(name).stem
    return Conversation(native_id=f"{row_digest(*words):016x}", title=title)


def _inputs(
    fields: Iterable[tuple[str, str, Any]], talk: Conversation, name: str
) -> Iterator[Record]:
    """An input for each (kind, field, text) that holds words."""
    for kind, field, text in fields:
        if isinstance(text, str) and text.strip():
            yield PersonaInput(
                kind=kind,
                text=text,
                where=f"{name} {field}",
                native_id=f"{talk.native_id}/{field}",
                raw=compact({field: text}),
                conversation=talk,
            )


def read_agnai(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Agnai: messages with a handle, by a user or a character."""
    document = as_object(source.json_document(name))
    title = as_word(document.get("name"))
    talk = Conversation(
        native_id=as_word(document.get("_id")) or PurePosixPath(name).stem, title=title
    )
    fields = (
        ("greeting", "greeting", document.get("greeting")),
        ("scenario", "scenario", document.get("scenario")),
        ("example_messages", "sampleChat", document.get("sampleChat")),
    )
    yield from _inputs(fields, talk, name)
    for number, message in enumerate(as_list(document.get("messages")), 1):
        where = f"{name} message {number}"
        yield _agnai(message, where, talk, options)


def told_agnai(raw: str, where: str, options: ReadOptions) -> Told | None:
    """What a message or a field of an Agnai chat says alone."""
    value, talk = kept_value(raw), Conversation()
    return only_field(value) or told_by([_agnai(value, where, talk, options)])


def _agnai(
    message: Any, where: str, talk: Conversation, options: ReadOptions
) -> Record:
    if not isinstance(message, dict):
        return ImportIssue("not a message", where, talk)
    speaker = as_word(message.get("name")) or as_word(message.get("handle"))
    part = _agnai_part(message, speaker, options)
    stamp = from_any(message.get("createdAt")) or NO_TIME
    return _record(
        Said(part, speaker, message.get("msg"), where, message),
        talk,
        native_id=as_word(message.get("_id")) or None,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
    )


def _agnai_part(
    message: dict[str, Any], speaker: str, options: ReadOptions
) -> Part | None:
    word = speaker.casefold()
    if word in map(str.casefold, options.me) or message.get("userId"):
        return Part(Role.USER)
    if message.get("characterId"):
        is_them = not options.them or word in map(str.casefold, options.them)
        return Part(Role.PERSONA) if is_them else _OTHER
    return Speakers(options).part(speaker)


def read_kobold(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """KoboldAI and KoboldAI Lite: a running text that names or tags cut into turns."""
    document = as_object(source.json_document(name))
    settings = as_object(document.get("savedsettings"))
    actions = [as_word(part) for part in as_list(document.get("actions"))]
    text = as_word(document.get("prompt")) + "".join(actions)
    before, turns = _kobold_turns(text, settings, options, name)
    talk = _by_opening(turns, name)
    fields = [
        ("memory", "memory", document.get("memory")),
        ("author_note", "authorsnote", document.get("authorsnote")),
        ("scenario", "prompt", before if turns else ""),
    ]
    for number, entry in enumerate(as_list(document.get("worldinfo")), 1):
        content = as_object(entry).get("content")
        fields.append(("lorebook_entry", f"worldinfo {number}", content))
    yield from _inputs(fields, talk, name)
    if text.strip() and not turns:
        yield ImportIssue("a text in which no speaker is known", name, talk)
    for said in turns:
        yield _record(said, talk)


def told_kobold(raw: str, where: str, options: ReadOptions) -> Told | None:
    """What a turn or a field of a KoboldAI story says alone.

    Only the story's settings say where in a turn its label ends.
    """
    is_turn = where.split(" ")[-2] == "turn"
    return Told(text=raw, has_more=True) if is_turn else only_field(kept_value(raw))


def _kobold_turns(
    text: str, settings: dict[str, Any], options: ReadOptions, name: str
) -> tuple[str, list[Said]]:
    """(the text before the first speaker, the turns)."""
    marks = _kobold_marks(settings, options)
    if not marks:
        return text, []
    words = "|".join(sorted(map(re.escape, marks), key=len, reverse=True))
    # A name opens a turn only at the start of a line; a tag does so anywhere.
    is_instruct = settings.get("opmode") == _INSTRUCT_MODE
    cut = f"({words})" if is_instruct else rf"(?:^|\n)({words}):"
    pieces = re.split(cut, _KOBOLD_ENDS.sub("", text))
    turns = [
        Said(
            marks[pieces[n]],
            "" if is_instruct else pieces[n],
            pieces[n + 1].strip(),
            f"{name} turn {n // 2 + 1}",
            pieces[n] + pieces[n + 1],
        )
        for n in range(1, len(pieces), 2)
    ]
    return pieces[0].strip(), turns


def _kobold_marks(settings: dict[str, Any], options: ReadOptions) -> dict[str, Part]:
    """What opens a turn, and whose."""
    user, persona = Part(Role.USER), Part(Role.PERSONA)
    if settings.get("opmode") == _INSTRUCT_MODE:
        tags = [
            as_word(settings.get(key)).replace("\\n", "\n").strip()
            for key in ("instruct_starttag", "instruct_endtag")
        ]
        pairs = zip((*tags, *_KOBOLD_TAGS), (user, persona, user, persona), strict=True)
        return {tag: part for tag, part in pairs if tag}
    if settings.get("opmode") not in (_CHAT_MODE, None) and not options.them:
        return {}
    others = as_word(settings.get("chatopponent")).split("||$||")
    part = _OTHER if options.them else persona
    marks = {name.strip(): part for name in others if name.strip()}
    marks |= dict.fromkeys(options.them, persona)
    marks |= dict.fromkeys((as_word(settings.get("chatname")), *options.me), user)
    return {name: part for name, part in marks.items() if name}


def read_chatbot_ui(
    source: Source, name: str, options: ReadOptions
) -> Iterator[Record]:
    """ChatbotUI: conversations of role and content, one model for each."""
    document = as_object(source.json_document(name))
    folders = {
        str(folder.get("id")): as_word(folder.get("name"))
        for folder in map(as_object, as_list(document.get("folders")))
    }
    speakers = Speakers(options)
    for place, chat in enumerate(as_list(document.get("history")), 1):
        where = f"{name} conversation {place}"
        if not isinstance(chat, dict):
            yield ImportIssue("not a conversation", where)
            continue
        model = as_word(as_object(chat.get("model")).get("id"))
        claim = ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
        talk = Conversation(
            native_id=str(chat.get("id") or place),
            title=as_word(chat.get("name")),
            group=folders.get(str(chat.get("folderId")), ""),
            models=(claim,) if model else (),
        )
        prompt = (("system_prompt", "prompt", chat.get("prompt")),)
        yield from _inputs(prompt, talk, where)
        messages = as_list(chat.get("messages"))
        if not messages:
            yield Ignored("conversation without messages", where, talk)
        for number, message in enumerate(messages, 1):
            at = f"{where} message {number}"
            yield _chatbot_ui(message, at, talk, speakers)


def told_chatbot_ui(raw: str, where: str, options: ReadOptions) -> Told | None:
    """What a message or a prompt of ChatbotUI says alone."""
    value, talk = kept_value(raw), Conversation()
    message = _chatbot_ui(value, where, talk, Speakers(options))
    return only_field(value) or told_by([message])


def _chatbot_ui(
    message: Any, where: str, talk: Conversation, speakers: Speakers
) -> Record:
    role = as_word(as_object(message).get("role"))
    text = as_object(message).get("content")
    return _record(Said(speakers.part(role), role, text, where, message), talk)


def read_numbered(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """characterai-tools: pairs of who and text; 0 the user, 1 the character."""
    document = as_object(source.json_document(name))
    character, user = as_object(document.get("character")), document.get("user")
    personas = [as_object(p) for p in as_list(document.get("personas"))]
    names = [
        as_word(as_object(who).get("name")) for who in (user, character, *personas)
    ]
    turns = []
    for number, pair in enumerate(as_list(document.get("messages")), 1):
        who, text = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
        part = _numbered_part(who)
        is_named = part is not None and who is not None and who < len(names)
        speaker = names[who] if is_named and who is not None else ""
        where = f"{name} message {number}"
        turns.append(Said(part, speaker, text, where, pair))
    talk = _by_opening(turns, name)
    fields = [
        ("greeting", "greeting", character.get("greeting")),
        ("card_description", "description", character.get("description")),
        ("card_description", "definition", character.get("definition")),
    ]
    for number, persona in enumerate(personas, 1):
        text = as_word(persona.get("description")) or as_word(persona.get("definition"))
        fields.append(("user_persona", f"persona {number}", text))
    yield from _inputs(fields, talk, name)
    for number, said in enumerate(turns):
        is_greeting = number == 0 and said.text == character.get("greeting")
        yield _record(said, talk, ("greeting",) if is_greeting else ())


def _numbered_part(who: Any) -> Part | None:
    if type(who) is not int or who < 0:
        return None
    # From 2 on they are masks under which the user writes.
    return Part(Role.PERSONA if who == 1 else Role.USER)


def told_save(raw: str, where: str, options: ReadOptions) -> Told | None:
    """What a message or a field of a small tool's save says alone, by its place."""
    words = where.split(" ")
    if words[-3:-2] == ["pair"]:
        return Told(text=raw)
    if words[-2] == "line":
        owner = file_owner(where.rpartition(" line ")[0])
        return NamedText().tell(raw, where, _owned(options, owner))
    value = kept_value(raw)
    if words[-2] != "message" or not isinstance(value, list):
        return only_field(value)
    part = _numbered_part(value[0])
    return Told(text=value[1], role=part.role) if part else None


def read_cai_pairs(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """CAI Tools for oobabooga: pairs of the user's words and the answer, told twice."""
    document = as_object(source.json_document(name))
    pairs = as_list(document.get("internal")) or as_list(document.get("data"))
    turns = []
    for number, pair in enumerate(pairs, 1):
        both = pair if isinstance(pair, list) and len(pair) == 2 else [None, None]
        for side, (word, role) in enumerate(
            (("user", Role.USER), ("bot", Role.PERSONA))
        ):
            where = f"{name} pair {number} {word}"
            turns.append(Said(Part(role), word, both[side], where, both[side]))
    talk = _by_opening(turns, name)
    for said in turns:
        yield _record(said, talk, ("joined_possible",))


def file_owner(name: str) -> str:
    """The character that downloadchat's file names carry, "" for other names."""
    found = _FILE_DATE.fullmatch(PurePosixPath(name).name)
    return found[1] if found else ""


def _owned(options: ReadOptions, owner: str) -> ReadOptions:
    return replace(options, them=options.them or (owner,))


def read_author_lines(
    source: Source, name: str, options: ReadOptions
) -> Iterator[Record]:
    """downloadchat: `author: message` lines; what has no author goes on."""
    records = list(NamedText().read(source, _owned(options, file_owner(name))))
    told = (
        Said(Part(record.role), record.speaker, record.text, record.where, "")
        for record in records
        if isinstance(record, Message)
    )
    talk = _by_opening(told, name)
    for record in records:
        if isinstance(record, (Message, Ignored, ImportIssue)):
            yield replace(record, conversation=talk)
