"""Kindroid exports as text: `[time] Author` blocks and `## Author - time` headings.

Both write local time without a zone, and names instead of roles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.source import Source
from persona_vault.importers.talk.clock import Stamp, from_iso
from persona_vault.importers.talk.two_names import roles_of
from persona_vault.model import (
    Attachment,
    Conversation,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_TIME = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2})?"
_BLOCK = re.compile(rf"\[(?P<time>{_TIME})\] (?P<author>\S(?:.{{0,78}}\S)?)")
_HEADING = re.compile(rf"## (?P<author>\S(?:.{{0,78}}\S)?) - (?P<time>{_TIME})")
_ADDRESS = re.compile(r"https?://\S+")
_PICTURE = re.compile(r"!\[[^\]]*\]\((https?://[^)\s]+)\)")


def heading_of(line: str) -> tuple[str, str] | None:
    """(author, time as written) of a line that opens a message, else None."""
    match = _BLOCK.fullmatch(line) or _HEADING.fullmatch(line)
    # `[time] Name: words` is another format, with the message on the same line.
    if match is None or ":" in match["author"]:
        return None
    return match["author"], match["time"]


@dataclass(slots=True)
class _Block:
    author: str
    time: str
    where: str
    lines: list[str]  # as written, the opening line first


def _blocks(source: Source, name: str) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in source.lines(name):
        if heading := heading_of(line.rstrip()):
            if block is not None:
                yield block
            block = _Block(*heading, f"{name} line {number}", [line])
        elif block is not None:
            block.lines.append(line)
    if block is not None:
        yield block


def read_blocks(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The messages of a text or Markdown export.

    Speakers are known by the names the user gave; without any, only where there are
    exactly two and one of them is "You" or "User". Else each message is an issue.
    """
    talk = Conversation(native_id="main", threaded=False)
    authors = {block.author.casefold() for block in _blocks(source, name)}
    roles = roles_of(authors, options)
    for block in _blocks(source, name):
        stamp = from_iso(block.time)
        if block.author.casefold() not in roles:
            yield ImportIssue("speaker not named by the user", block.where)
        elif stamp is None:
            yield ImportIssue("time cannot be read", block.where)
        else:
            yield _message(block, stamp, roles[block.author.casefold()], talk)


def told_block(raw: str, where: str) -> Told | None:
    """What a block says alone; the names in the file tell its sides."""
    lines = raw.split("\n")
    heading = heading_of(lines[0].rstrip())
    stamp = from_iso(heading[1]) if heading else None
    if heading is None or stamp is None:
        return None
    block = _Block(*heading, where, lines)
    told = told_by([_message(block, stamp, Role.SYSTEM, Conversation())])
    return told and replace(told, role=None)


def _message(block: _Block, stamp: Stamp, role: Role, talk: Conversation) -> Message:
    lines, pictures = _without_pictures(block.lines[1:])
    text = "\n".join(lines).strip("\n")
    return Message(
        conversation=talk,
        role=role,
        speaker=block.author,
        text=text,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind="image" if pictures and not text.strip() else "text",
        attachments=tuple(Attachment(picture, "image") for picture in pictures),
        raw="\n".join(block.lines).rstrip("\n"),
        where=block.where,
    )


def _without_pictures(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of talk, and the addresses of the `Images:` lines and pictures."""
    kept: list[str] = []
    pictures: list[str] = []
    listing = False
    for line in lines:
        stripped = line.strip()
        addresses = _ADDRESS.findall(stripped)
        if picture := _PICTURE.fullmatch(stripped):
            pictures.append(picture.group(1))
        elif stripped.startswith("Images:") and (addresses or stripped == "Images:"):
            listing = True
            pictures += [address.rstrip(",") for address in addresses]
        elif listing and addresses and stripped.lstrip("-* ").startswith("http"):
            pictures += [address.rstrip(",") for address in addresses]
        else:
            listing = False
            kept.append(line)
    return kept, pictures
