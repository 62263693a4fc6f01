"""WhatsApp's exported chats: text from iOS and Android, alone or zipped with media."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.leftovers import with_leftovers
from persona_vault.importers.formats.whatsapp.lines import (
    MARKS,
    DateOrders,
    Opener,
    opener,
    split_name,
    wall_time,
)
from persona_vault.importers.formats.whatsapp.texts import Content, told
from persona_vault.importers.source import Source
from persona_vault.importers.talk.people import (
    SERVICE,
    Cast,
    People,
    Speaker,
    folded_name,
)
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    SourceFact,
    TimeQuality,
)

# The vendor keeps this many of the newest messages and drops the rest in silence.
_CAP_WITHOUT_MEDIA = 40_000
_CAP_WITH_MEDIA = 10_000
_N_PROBED = 200
_APP = "WhatsApp"


@dataclass(slots=True)
class _Block:
    """A line that opens a message with the lines that follow it."""

    line: Opener
    where: str
    name: str
    text: list[str]
    raw: list[str] = field(default_factory=list)

    def told(self, member_of: Callable[[str], str]) -> Content:
        words = "\n".join(self.text)
        if self.name:
            return told(words, member_of)
        return Content(words.strip(MARKS), "service")


class WhatsApp:
    """Exported chats: `_chat.txt`, `WhatsApp Chat with X.txt`, their zip or folder."""

    name: ClassVar[str] = "whatsapp"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "whatsapp"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a text begins with a line as WhatsApp writes it."""
        return any(True for _name in _chat_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every message in order; lines of the app itself are system and not shown.

        Raises:
            InputRejectedError: The companion is not known, or the order of day and
                month cannot be decided.
        """
        names = list(_chat_files(source))
        yield from with_leftovers(_records(source, options, names), source, names)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """Words and speaker; the file tells how dates are written, and who is who."""
        first, *rest = raw.split("\n")
        block = _opened(first, where, _declared(options))
        if block is None or not block.name:
            return None
        block.text += rest
        # Whether a file is named there may depend on what the export brings.
        without, among = (block.told(each).text for each in (lambda _name: "", str))
        return Told(text=without, others=(among,), speaker=block.name)


def _records(
    source: Source, options: ReadOptions, names: list[str]
) -> Iterator[Record]:
    files = {name: _File(source, name, options, len(names) == 1) for name in names}
    people = People()
    for file in files.values():
        file.look(people)
    cast = people.cast(options, source.name)
    yield from cast.facts(source.name)
    for file in files.values():
        if file.is_at_cap():
            yield SourceFact("truncated_by_vendor", "the oldest messages", file.name)
        yield from file.records(cast)


def _chat_files(source: Source) -> Iterator[str]:
    for member in source.members():
        is_text = source.kind == "file" or member.name.lower().endswith(".txt")
        if is_text and _is_chat(source.head_text(member.name), member.name):
            yield member.name


def _is_chat(head: str, name: str) -> bool:
    lines = [line for line in head.split("\n")[:_N_PROBED] if line.strip(MARKS + " \r")]
    found = [each for line in lines if (each := opener(line.rstrip("\r")))]
    if not found or opener(lines[0].rstrip("\r")) is None:
        return False
    if not any(split_name(each.rest, frozenset())[0] for each in found):
        return False
    is_named = name.endswith("_chat.txt") or _APP in name
    return is_named or "\u200e" in head or not found[0].is_plain


class _File:
    """One chat file on its way to records; it is read twice."""

    def __init__(
        self, source: Source, name: str, options: ReadOptions, is_only: bool
    ) -> None:
        self.name = name
        self._source = source
        self._options = options
        self._declared = _declared(options)
        path = PurePosixPath(name)
        stem = path.parent.name if path.name == "_chat.txt" else path.stem
        self._conversation = Conversation(
            native_id="main" if is_only else stem or name, threaded=False
        )
        self._members = {
            PurePosixPath(each.name).name: each.name
            for each in (source.members() if source.kind != "file" else ())
            if PurePosixPath(each.name).parent == path.parent
        }
        self._orders: Mapping[str, bool] = {}
        self._n_messages = 0
        self._has_media = False

    def look(self, people: People) -> None:
        """The first walk: who speaks, how dates are written, how much there is."""
        orders = DateOrders()
        for block in self._blocks():
            if isinstance(block, str):
                continue
            orders.see(block.line)
            self._n_messages += 1
            found = block.told(self._member_of)
            self._has_media |= any(each.member for each in found.attachments)
            if not found.is_notice:
                people.see(self._conversation.native_id, _speaker(block))
        self._orders = orders.decide(self._options.day_first, self.name)

    def is_at_cap(self) -> bool:
        """Whether the chat is as long as the vendor lets an export be."""
        cap = _CAP_WITH_MEDIA if self._has_media else _CAP_WITHOUT_MEDIA
        return self._n_messages >= cap

    def records(self, cast: Cast) -> Iterator[Record]:
        """The second walk: every message."""
        for block in self._blocks():
            if isinstance(block, str):
                yield ImportIssue(
                    "text before the first message", block, self._conversation
                )
            else:
                yield self._record(block, cast)

    def _member_of(self, name: str) -> str:
        return self._members.get(name, "")

    def _blocks(self) -> Iterator[_Block | str]:
        """Messages in order; the place of text that stands before the first one."""
        block: _Block | None = None
        has_stray = False
        for number, line in self._source.lines(self.name):
            where = f"{self.name} line {number}"
            if opened := _opened(line, where, self._declared):
                if block is not None:
                    yield block
                block = opened
            elif block is not None:
                block.text.append(line)
                block.raw.append(line)
            elif line.strip(MARKS + " ") and not has_stray:
                has_stray = True
                yield where
        if block is not None:
            yield block

    def _record(self, block: _Block, cast: Cast) -> Record:
        talk = self._conversation
        if left_out := cast.left_out(talk, block.where):
            return left_out
        found = block.told(self._member_of)
        wall = wall_time(block.line, self._orders)
        if wall is None:
            return ImportIssue("time cannot be read", block.where, talk)
        if not found.text.strip() and not found.attachments and found.kind == "text":
            return Ignored("empty text", block.where, talk)
        part = SERVICE if found.is_notice else cast.part(_speaker(block).key)
        return Message(
            conversation=talk,
            role=part.role,
            speaker=block.name or _APP,
            text=found.text,
            where=block.where,
            local_at=wall,
            time_quality=TimeQuality.LOCAL,
            kind=part.kind if part.kind == "other_speaker" else found.kind,
            shown=part.shown,
            attachments=found.attachments,
            flags=found.flags,
            raw="\n".join(block.raw).rstrip("\n"),
        )


def _declared(options: ReadOptions) -> frozenset[str]:
    return frozenset(map(folded_name, (*options.me, *options.them)))


def _opened(line: str, where: str, declared: frozenset[str]) -> _Block | None:
    """The message that a line opens; None for a line that goes on with another."""
    found = opener(line)
    if found is None:
        return None
    name, text = split_name(found.rest, declared)
    return _Block(found, where, name, [text], [line])


def _speaker(block: _Block) -> Speaker:
    return Speaker(folded_name(block.name) or block.name, block.name)
