"""What a Claude message says: its words, its files, and what went on behind them."""

import re
from dataclasses import dataclass, field
from typing import Any

from persona_vault.importers.values import (
    as_list,
    as_object,
    as_size,
    as_word,
    compact,
)
from persona_vault.model import Attachment

# Beside `content`, the field `text` has this in place of each tool call.
_PLACEHOLDER = re.compile(
    r"(?<!\s)\s*```\s*This block is not supported on your current device yet\.\s*```\s*"
)
# Bookkeeping without words: budgets, and marks of the vendor's own safety check.
_SILENT = frozenset({"token_budget", "flag", "redacted_thinking"})
_FILES = frozenset({"image", "document", "file"})


@dataclass(frozen=True, slots=True)
class Behind:
    """Something in a message that its bubble does not hold.

    Attributes:
        block: 1-based place in the message's content.
        kind: "reasoning" or "tool".
        speaker: The tool's name, or who thinks.
        text: The words, or the tool's input or result as JSON.
    """

    block: int
    kind: str
    speaker: str
    text: str


@dataclass(slots=True)
class Said:
    """The content of one message.

    Attributes:
        texts: Stretches of visible words.
        is_spoken: Whether it was a voice note.
        behind: Reasoning and tools, in order.
        attachments: Files it names.
        has_unknown: Whether a block is of a type that we have no rule for.
        has_placeholder: Whether the vendor left a note in place of a block.
    """

    texts: list[str] = field(default_factory=list)
    is_spoken: bool = False
    behind: list[Behind] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    has_unknown: bool = False
    has_placeholder: bool = False

    @property
    def text(self) -> str:
        """The words of the bubble, "" for none; a tool between two is a blank line."""
        joined = "\n\n".join(self.texts)
        return joined if joined.strip() else ""

    @property
    def has_bubble(self) -> bool:
        """Whether there is something to show."""
        return bool(self.text or self.attachments)

    @property
    def kind(self) -> str:
        """The kind of the visible message."""
        if self.is_spoken:
            return "voice"
        if self.text or not self.attachments:
            return "text"
        is_image = all(file.media_type == "image" for file in self.attachments)
        return "image" if is_image else "file"


def read_content(message: dict[str, Any]) -> Said:
    """What a message says: `content` first; `text` where there is no content."""
    said = Said()
    blocks = as_list(message.get("content"))
    for number, block in enumerate(blocks, 1):
        if isinstance(block, dict):
            _add_block(said, number, block, as_word(message.get("sender")))
        elif isinstance(block, str):
            said.texts.append(block)
        else:
            said.has_unknown = True
    if not blocks:
        written = as_word(message.get("content")) or as_word(message.get("text"))
        text = _PLACEHOLDER.sub("\n\n", written)
        said.has_placeholder = text != written
        said.texts.append(text.strip("\n") if said.has_placeholder else text)
    said.attachments += [
        *_uploads(message.get("attachments")),
        *_uploads(message.get("files")),
    ]
    return said


def _add_block(said: Said, number: int, block: dict[str, Any], sender: str) -> None:
    kind = as_word(block.get("type")) or "text"
    if kind in ("text", "voice_note"):
        said.texts.append(as_word(block.get("text")))
        said.is_spoken = said.is_spoken or kind == "voice_note"
    elif kind == "thinking":
        text = as_word(block.get("thinking")) or _summaries(block)
        said.behind.append(Behind(number, "reasoning", sender or "assistant", text))
    elif kind.endswith(("tool_use", "tool_result")):
        speaker = as_word(block.get("name")) or "tool"
        said.behind.append(Behind(number, "tool", speaker, _tool_text(block)))
    elif kind in _FILES:
        source = as_object(block.get("source"))
        name = as_word(block.get("file_name")) or as_word(block.get("title")) or kind
        media_type = _media_type(as_word(source.get("media_type"))) or kind
        said.attachments.append(Attachment(name, media_type))
    elif kind not in _SILENT:
        said.has_unknown = True
        said.texts += [block["text"]] if as_word(block.get("text")) else []


def _summaries(block: dict[str, Any]) -> str:
    found = (as_object(entry) for entry in as_list(block.get("summaries")))
    return "\n".join(
        entry["summary"] for entry in found if as_word(entry.get("summary"))
    )


def _tool_text(block: dict[str, Any]) -> str:
    if "input" in block:
        return compact(block["input"])
    content = block.get("content")
    texts = [
        part["text"]
        for part in as_list(content)
        if isinstance(part, dict) and as_word(part.get("text"))
    ]
    if texts:
        return "\n".join(texts)
    return content if isinstance(content, str) else compact(content)


def _uploads(listed: Any) -> list[Attachment]:
    """The files of a list; what was drawn out of them as text stays in the raw record.

    Pasted text has a size and words, but no name.
    """
    found = []
    for entry in map(as_object, as_list(listed)):
        name = as_word(entry.get("file_name")) or as_word(entry.get("file_uuid"))
        if not name and not entry.get("extracted_content"):
            continue
        kind = as_word(entry.get("file_kind")) or _media_type(
            as_word(entry.get("file_type"))
        )
        n_bytes = as_size(entry.get("file_size"))
        found.append(Attachment(name or "pasted text", kind or "file", n_bytes))
    return found


def _media_type(written: str) -> str:
    """The first half of a MIME type; "" for a mere ending such as "pdf"."""
    return written.partition("/")[0] if "/" in written else ""
