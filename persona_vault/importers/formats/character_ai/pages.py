"""Two files of the extension CAI Tools: a page to read offline, and example talk."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.texts import MAX_ELEMENT, cut_off
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    Record,
    Role,
    SourceFact,
    TimeQuality,
)

_LITERAL = "JSON.parse(`"
_LITERAL_END = "`)"
_PAGE = re.compile(
    r'JSON\.parse\(`\s*\{\s*\\?"(?:charPic|userPic|charData|charName|history)\\?"'
)
# What a template literal of JavaScript may write behind a backslash.
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": ""}
_START = "<START>"
_LABEL = re.compile(r"\{\{(char|user)\}\}: ?(.*)", re.DOTALL)
_ROLES = {"char": Role.PERSONA, "user": Role.USER}
_EXAMPLE = re.compile(r"<START>\s*\n\s*\{\{(?:char|user)\}\}:")


def is_offline_page(head: str) -> bool:
    """Whether a page holds the talk as one literal of its script."""
    return head.startswith("<") and _PAGE.search(head) is not None


def is_example(head: str) -> bool:
    """Whether a text opens with the mark of example talk and a placeholder."""
    return _EXAMPLE.match(head.lstrip("\ufeff")) is not None


def _last_answers(name: str) -> SourceFact:
    return SourceFact("answers", "last_tried", name)


def read_offline_page(source: Source, name: str) -> Iterator[Record]:
    """Every message of the chats in the page, whose only times are those of chats.

    Raises:
        InputRejectedError: The page ends inside its data, or these are no JSON.
    """
    data = _data(source, name)
    yield _last_answers(name)
    for number, chat in enumerate(as_list(data.get("history")), 1):
        where = f"{name} chat {number}"
        lines = as_object(chat).get("chat")
        if not isinstance(lines, list):
            yield ImportIssue("chat in an unknown shape", where)
            continue
        started = from_any(chat.get("date")) or NO_TIME
        talk = Conversation(native_id=_chat_id(chat, lines))
        for place, line in enumerate(lines, 1):
            yield _line(line, f"{where} message {place}", talk, started)


def _data(source: Source, name: str) -> dict[str, Any]:
    literal = _literal(source, name)
    for text in (literal, _unescaped(literal)):
        try:
            value = parse_line(text)
        except NotJsonError:
            continue
        if isinstance(value, dict):
            return value
    raise InputRejectedError(
        f"{name} holds no chat that can be read",
        hint="Save the page again with the extension, not with the browser.",
    )


def _literal(source: Source, name: str) -> str:
    pieces: list[str] = []
    n_letters = 0
    for _number, line in source.lines(name):
        if not pieces:
            begins = line.find(_LITERAL)
            if begins < 0:
                continue
            line = line[begins + len(_LITERAL) :]  # noqa: PLW2901 - its rest counts
        ends = line.rfind(_LITERAL_END)
        pieces.append(line[:ends] if ends >= 0 else line)
        if ends >= 0:
            return "\n".join(pieces)
        n_letters += len(line)
        if n_letters > MAX_ELEMENT:
            break
    raise cut_off(name, "inside its chats")


def _unescaped(literal: str) -> str:
    """What JavaScript would make of the inside of a template literal."""

    def meant(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "ux" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _SHORT.get(code, "" if code.endswith("\n") else code)

    # Two escapes may stand for one letter; half of such a pair is none.
    halves = _ESCAPE.sub(meant, literal)
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _chat_id(chat: dict[str, Any], lines: list[Any]) -> str:
    """The chat's own moment; without one, what it begins with."""
    words = [
        (bool(as_object(line).get("isUser")), as_word(as_object(line).get("message")))
        for line in lines
    ]
    return as_word(chat.get("date")) or _beginning(words)


def _beginning(words: list[tuple[bool, str]]) -> str:
    """A name for a chat by its words up to the user's first, which stay as it grows."""
    digest = hashlib.sha256()
    for is_user, text in words:
        digest.update(f"{is_user:d}{len(text)}:{text}".encode("utf-8", "replace"))
        if is_user:
            break
    return f"begins {digest.hexdigest()[:16]}"


def told_line(line: dict[str, Any], where: str) -> Told | None:
    """What a message of a page says alone; times are the chats'."""
    return told_by([_line(line, where, Conversation(), NO_TIME)])


def told_example(raw: str) -> Told | None:
    """What a turn of example talk says alone."""
    label = _LABEL.fullmatch(raw)
    return Told(text=label[2], role=_ROLES[label[1]]) if label else None


def _line(line: Any, where: str, talk: Conversation, started: Stamp) -> Record:
    if not isinstance(line, dict):
        return ImportIssue("not a record", where)
    # The key is left out for the companion where the app left it out.
    is_user = line.get("isUser", False)
    if not isinstance(is_user, bool):
        return ImportIssue("no speaker", where)
    text = unquote(as_word(line.get("message"))).replace("\r\n", "\n")
    text = text.replace("\x00", "\ufffd")  # %00: SQLite would cut the words there
    if not text.strip():
        return Ignored("empty text", where)
    role = Role.USER if is_user else Role.PERSONA
    return Message(
        conversation=talk,
        role=role,
        speaker=as_word(line.get("name")) or role.value,
        text=text,
        sent_at=started.sent_at,
        time_quality=TimeQuality.CHAT_LEVEL if started.sent_at else TimeQuality.NONE,
        raw=compact(line),
        where=where,
    )


def read_example(source: Source, name: str) -> Iterator[Record]:
    """The turns of each chat; a line without a placeholder goes on with its turn."""
    yield _last_answers(name)
    block: list[tuple[int, str, list[str]]] = []
    for number, line in source.lines(name):
        text = line.strip("\ufeff")
        if text.strip() == _START:
            yield from _block(block, name)
            block = []
        elif label := _LABEL.fullmatch(text):
            block.append((number, label[1], [label[2]]))
        elif block:
            block[-1][2].append(text)
        elif text.strip():
            yield ImportIssue("text before the first speaker", f"{name} line {number}")
    yield from _block(block, name)


def _block(block: list[tuple[int, str, list[str]]], name: str) -> Iterator[Record]:
    turns = [(n, who, "\n".join(lines).strip("\n")) for n, who, lines in block]
    talk = Conversation(native_id=_beginning([(w == "user", t) for _n, w, t in turns]))
    for number, who, text in turns:
        where = f"{name} line {number}"
        if not text.strip():
            yield Ignored("empty text", where)
            continue
        yield Message(
            conversation=talk,
            role=_ROLES[who],
            speaker=f"{{{{{who}}}}}",
            text=text,
            raw=f"{{{{{who}}}}}: {text}",
            where=where,
        )
