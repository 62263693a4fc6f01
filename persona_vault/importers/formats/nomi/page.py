"""NomiVault's chat page: the talk as bubbles, with machine times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.texts import CHUNK_BYTES, cut_off
from persona_vault.importers.formats.nomi.vault import utc
from persona_vault.importers.source import Source
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_TITLE = re.compile(r"<title>[^<]*(?:&mdash;|—) Chat</title>")
_ROLES = {"user": Role.USER, "nomi": Role.PERSONA}
# A tag or a script that does not end within this is no page of the tool.
_LONGEST_OPEN = 4 * CHUNK_BYTES
_SIDES = {
    "user-side": "user",
    "nomi-side": "nomi",
    "selfie-row": "nomi",
    "vc-user": "user",
    "vc-nomi": "nomi",
}
_ROWS = {"message-row", "vc-line"}
_FIELDS = {
    "sender-name": "speaker",
    "vc-speaker": "speaker",
    "message-text": "text",
    "vc-text": "text",
}


def is_page(head: str) -> bool:
    """Whether a page opens as the chat page of the tool."""
    return _TITLE.search(head) is not None and ".nomi-bubble" in head


@dataclass(slots=True)
class _Bubble:
    """One row of the page while it is read."""

    line: int
    side: str
    kind: str
    depth: int
    time: str = ""
    pictures: list[str] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)

    def joined(self, name: str) -> str:
        return "".join(self.words.get(name, ()))


class _Bubbles(HTMLParser):
    """Collects the rows of the page; `finished` holds those that are whole.

    Attributes:
        finished: Rows that have ended and were not taken yet.
        is_whole: Whether the end of the page was seen.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.finished: list[_Bubble] = []
        self.is_whole = False
        self._depth = 0
        self._bubble: _Bubble | None = None
        self._field: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a row or a field of it, or note a time or a picture."""
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        if tag in ("div", "span"):
            self._depth += 1
            self._open(classes)
        elif self._bubble is None:
            return
        elif tag == "time" and not self._bubble.time:
            self._bubble.time = values.get("data-utc") or ""
        elif tag == "img" and values.get("src"):
            self._bubble.pictures.append(values["src"] or "")
        elif tag == "br":
            self.handle_data("\n")

    def _open(self, classes: set[str]) -> None:
        if self._bubble is None and classes & _ROWS:
            side = next((_SIDES[c] for c in sorted(classes) if c in _SIDES), "")
            kind = "voice" if "vc-line" in classes else "text"
            self._bubble = _Bubble(self.getpos()[0], side, kind, self._depth)
        elif self._bubble is not None and self._field is None:
            name = next((_FIELDS[c] for c in sorted(classes) if c in _FIELDS), "")
            if name:
                self._field = (name, self._depth)

    def handle_endtag(self, tag: str) -> None:
        """Close a field or a row, or note that the page is whole."""
        if tag == "html":
            self.is_whole = True
        if tag not in ("div", "span"):
            return
        if self._field is not None and self._depth == self._field[1]:
            self._field = None
        if self._bubble is not None and self._depth == self._bubble.depth:
            self.finished.append(self._bubble)
            self._bubble = None
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        """Add words to the field that is open."""
        if self._bubble is not None and self._field is not None:
            self._bubble.words.setdefault(self._field[0], []).append(data)


def read_page(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Every bubble and every spoken line of the page, in its order.

    Raises:
        InputRejectedError: The page is cut off, or a tag of it never ends.
    """
    talk = Conversation(threaded=False)
    parser = _Bubbles()
    for piece in _pieces(source, name):
        parser.feed(piece)
        if len(parser.rawdata) > _LONGEST_OPEN:
            raise InputRejectedError(
                f"{name} holds a tag that does not end",
                hint="Make the page again with the tool.",
            )
        for bubble in parser.finished:
            yield _record(bubble, f"{name} line {bubble.line}", talk)
        parser.finished.clear()
    if not parser.is_whole:
        raise cut_off(name, "before the end of the page")


def _pieces(source: Source, name: str) -> Iterator[str]:
    """Lines put together, so that a tag that stays open is not read over and over."""
    waiting: list[str] = []
    n_letters = 0
    for _number, line in source.lines(name):
        waiting.append(f"{line}\n")
        n_letters += len(line)
        if n_letters > CHUNK_BYTES:
            yield "".join(waiting)
            waiting, n_letters = [], 0
    yield "".join(waiting)


def _record(bubble: _Bubble, where: str, talk: Conversation) -> Record:
    speaker, text = bubble.joined("speaker").strip(), bubble.joined("text")
    role = _ROLES.get(bubble.side)
    if role is None:
        return ImportIssue("unknown speaker", where)
    if not text.strip() and not bubble.pictures:
        return Ignored("empty text", where)
    stamp = utc(bubble.time)
    return Message(
        conversation=talk,
        role=role,
        speaker=speaker or bubble.side,
        text=text,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=bubble.kind if text.strip() else "image",
        attachments=tuple(Attachment(src, "image") for src in bubble.pictures),
        where=where,
    )
