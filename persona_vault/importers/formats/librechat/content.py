"""What a LibreChat message says: its words, its files, and what went on behind."""

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

_THINKING = re.compile(r":::thinking\n(.*?)\n?:::\s*", re.DOTALL)


@dataclass(slots=True)
class Said:
    """The content of one message.

    Attributes:
        texts: Stretches of visible words.
        behind: (kind, speaker, text) of reasoning and tools, "" for the message's own
            speaker.
        files: Files it names.
        has_unknown: Whether a part is of a type that we have no rule for.
    """

    texts: list[str] = field(default_factory=list)
    behind: list[tuple[str, str, str]] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    has_unknown: bool = False

    @property
    def text(self) -> str:
        """The words of the bubble, "" for none."""
        joined = "\n\n".join(text for text in self.texts if text)
        return joined if joined.strip() else ""

    @property
    def has_bubble(self) -> bool:
        """Whether there is something to show."""
        return bool(self.text or self.files)


def read_content(message: dict[str, Any]) -> Said:
    """What a message says: the parts of `content`, or else its `text`."""
    said = Said()
    for part in as_list(message.get("content")):
        if isinstance(part, dict):
            _add_part(said, part)
        elif isinstance(part, str):
            said.texts.append(part)
    if not said.texts:
        said.texts.append(as_word(message.get("text")))
    if message.get("isCreatedByUser") is not True:
        for number, text in enumerate(said.texts):
            thoughts = _THINKING.findall(text)
            said.behind += [("reasoning", "", thought) for thought in thoughts]
            said.texts[number] = _THINKING.sub("", text) if thoughts else text
    for entry in map(as_object, as_list(message.get("files"))):
        said.files += _file(entry)
    return said


def _add_part(said: Said, part: dict[str, Any]) -> None:
    kind = as_word(part.get("type"))
    inner = part.get(kind)
    if kind == "text":
        said.texts.append(as_word(inner) or as_word(as_object(inner).get("value")))
    elif kind == "think":
        said.behind.append(("reasoning", "", as_word(inner)))
    elif kind == "tool_call":
        call = as_object(inner)
        told = (call.get("args"), call.get("output"))
        text = "\n".join(t if isinstance(t, str) else compact(t) for t in told if t)
        said.behind.append(("tool", as_word(call.get("name")) or "tool", text))
    elif kind in ("image_file", "image_url", "video_url", "input_audio"):
        said.files += _file(as_object(inner), kind.partition("_")[0])
    elif kind not in ("agent_update", "error", "summary"):
        said.has_unknown = True


def _file(entry: dict[str, Any], media_type: str = "") -> list[Attachment]:
    names = (as_word(entry.get(key)) for key in ("filename", "file_id", "filepath"))
    name = next((name for name in names if name), "")
    if not name and not media_type:
        return []
    kind = media_type or as_word(entry.get("type")).partition("/")[0] or "file"
    return [Attachment(name or kind, kind, as_size(entry.get("bytes")))]
