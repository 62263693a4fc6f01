"""NomiVault's chat page: the talk as bubbles, with machine times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from persona_vault.importers.files.html import Page
from persona_vault.importers.files.texts import cut_off
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
    is_whole: bool = False

    def joined(self, name: str) -> str:
        return "".join(self.words.get(name, ()))


class _Bubbles(Page[_Bubble]):
    """Collects the rows of the page.

    Attributes:
        open: The row that has not ended yet.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._depth_of_boxes = 0
        self.open: _Bubble | None = None
        self._field: tuple[str, int] | None = None

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Open a row or a field of it, or note a time or a picture."""
        if tag in ("div", "span"):
            self._depth_of_boxes += 1
            self._open(set(given.get("class", "").split()))
        elif self.open is None:
            return
        elif tag == "time" and not self.open.time:
            self.open.time = given.get("data-utc", "")
        elif tag == "img" and given.get("src"):
            self.open.pictures.append(given["src"])
        elif tag == "br":
            self.words("\n")

    def _open(self, classes: set[str]) -> None:
        if classes & _ROWS:
            # A row inside a row is a page that was damaged: the first one ends.
            if self.open is not None:
                self.finish(self.open)
                self._field = None
            side = next((_SIDES[c] for c in sorted(classes) if c in _SIDES), "")
            kind = "voice" if "vc-line" in classes else "text"
            self.open = _Bubble(self.getpos()[0], side, kind, self._depth_of_boxes)
        elif self.open is not None and self._field is None:
            name = next((_FIELDS[c] for c in sorted(classes) if c in _FIELDS), "")
            if name:
                self._field = (name, self._depth_of_boxes)

    def end(self, tag: str) -> None:
        """Close a field or a row."""
        if tag not in ("div", "span"):
            return
        if self._field is not None and self._depth_of_boxes == self._field[1]:
            self._field = None
        if self.open is not None and self._depth_of_boxes == self.open.depth:
            self.open.is_whole = True
            self.finish(self.open)
            self.open = None
        self._depth_of_boxes -= 1

    def words(self, data: str) -> None:
        """Add words to the field that is open."""
        if self.open is not None and self._field is not None:
            self.open.words.setdefault(self._field[0], []).append(data)


def read_page(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """Every bubble and every spoken line of the page, in its order.

    Raises:
        InputRejectedError: The page is cut off, or breaks a limit of `Page`.
    """
    talk = Conversation(threaded=False)
    page = _Bubbles(name)
    for bubble in page.records(f"{line}\n" for _number, line in source.lines(name)):
        yield _record(bubble, f"{name} line {bubble.line}", talk)
    if not page.is_whole:
        raise cut_off(name, "before the end of the page")
    if page.open is not None:
        yield _record(page.open, f"{name} line {page.open.line}", talk)


def _record(bubble: _Bubble, where: str, talk: Conversation) -> Record:
    speaker, text = bubble.joined("speaker").strip(), bubble.joined("text")
    if not bubble.is_whole:
        return ImportIssue("message without its end", where)
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
