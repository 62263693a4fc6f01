"""What a ChatGPT message says: its words and files, whatever its content type."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from persona_vault.importers.values import as_word
from persona_vault.model import Attachment

# Content type -> fields that hold words, the first one that is filled wins. The words
# are not always in `parts`: browsing results would become blank messages.
_TEXT_FIELDS: dict[str, tuple[str, ...]] = {
    "text": ("parts", "text"),
    "multimodal_text": ("parts", "text"),
    "code": ("text", "parts"),
    "execution_output": ("text", "parts"),
    "citable_code_output": ("output_str", "text"),
    "tether_quote": ("text", "title"),
    "tether_browsing_code": ("text", "result"),
    "tether_browsing_display": ("result", "summary", "assets"),
    "sonic_webpage": ("text", "snippet", "title"),
    "system_error": ("text", "name"),
    "computer_output": ("text", "screenshot", "state"),
    "thoughts": ("thoughts", "content"),
    "reasoning_recap": ("content",),
    "model_editable_context": ("model_set_context",),
}
_ANY_FIELD = ("parts", "text", "result", "content", "summary", "thoughts", "output_str")
_NO_ASSETS: Mapping[str, str] = {}
# file-AbC123 before 2025, file_0000abc since; what follows in a name is not the id.
_ASSET_ID = re.compile(r"(?<![0-9A-Za-z])file[-_](?!service:)[0-9A-Za-z]{4,}")
_REASONING = frozenset({"thoughts", "reasoning_recap"})

# A mark is U+E200, a kind, U+E202, its values, U+E201. Of most kinds the app shows a
# small link at most; these two stand for words of the sentence.
# The form before 2025 is 【4†source】. Groups: a space before, the inner part, and ""
# where a space or a stop follows, so that none is left doubled or before a stop.
_MARK = re.compile(
    "( ?)(?:\ue200([^\ue200\ue201]*)\ue201|【[0-9:]{1,20}†[^【】]*】)"
    r"((?=[\s.,;:!?)]|\Z))?"
)
_MARK_REST = re.compile("[\ue200-\ue206]")


@dataclass(frozen=True, slots=True)
class Content:
    """The words and files of one message.

    Attributes:
        kind: "text", "code", "voice", "image" or "reasoning".
        text: The words, "" for none.
        is_known: False for a content type that we have no rule for.
        has_unknown_part: Whether a part was neither words nor a file.
    """

    kind: str
    text: str
    attachments: tuple[Attachment, ...]
    is_known: bool = True
    has_unknown_part: bool = False


class _Parts:
    """Gathers words and files out of nested parts."""

    def __init__(self, assets: Mapping[str, str]) -> None:
        self._assets = assets
        self.texts: list[str] = []
        self.files: list[Attachment] = []
        self.is_spoken = False
        self.has_unknown = False

    def add(self, part: Any) -> None:
        """Take a string, a list of parts, or an object that holds words or a file."""
        if isinstance(part, str):
            if part:
                self.texts.append(part)
        elif isinstance(part, list):
            for inner in part:
                self.add(inner)
        elif isinstance(part, dict):
            self._add_object(part)
        elif part is not None:
            self.has_unknown = True

    def _add_object(self, part: dict[str, Any]) -> None:
        pointers = list(_pointers(part, self._assets))
        self.files.extend(pointers)
        words = [
            part[name] for name in ("summary", "content", "text") if part.get(name)
        ]
        if part.get("content_type") == "audio_transcription":
            self.is_spoken = True
        for text in words:
            self.add(text)
        # A transcription may be empty, an empty thought has its fields; both are known.
        if not pointers and not words and "text" not in part and "content" not in part:
            self.has_unknown = True


def read_content(
    message: dict[str, Any], assets: Mapping[str, str] = _NO_ASSETS
) -> Content:
    """The words and files of a message; missing and null fields mean none.

    Args:
        message: As the export has it.
        assets: File id -> name of the member with its bytes.
    """
    content = message.get("content")
    parts = _Parts(assets)
    content_type = "text"
    if isinstance(content, dict):
        written = content.get("content_type")
        content_type = written if isinstance(written, str) else "text"
        for name in _TEXT_FIELDS.get(content_type, _ANY_FIELD):
            parts.add(content.get(name))
            if parts.texts or parts.files:
                break
    else:
        parts.add(content)
    return Content(
        kind=_kind(content_type, parts),
        text="\n".join(parts.texts) if "".join(parts.texts).strip() else "",
        attachments=_with_names(parts.files, message.get("metadata"), assets),
        is_known=content_type in _TEXT_FIELDS,
        has_unknown_part=parts.has_unknown,
    )


def _kind(content_type: str, parts: _Parts) -> str:
    if content_type in _REASONING:
        return "reasoning"
    if parts.is_spoken:
        return "voice"
    if not parts.texts and any(file.media_type == "image" for file in parts.files):
        return "image"
    return "code" if content_type == "code" else "text"


def asset_id(name: str) -> str:
    """The id of a file inside a pointer to it or inside its name, "" for none."""
    found = _ASSET_ID.search(name)
    return found[0] if found else ""


def _pointers(part: dict[str, Any], assets: Mapping[str, str]) -> Iterator[Attachment]:
    """The files a part points to; a video call holds its sound and frames inside."""
    pointer = part.get("asset_pointer")
    if isinstance(pointer, str):
        written = part.get("content_type")
        yield Attachment(
            pointer,
            written.split("_", 1)[0] if isinstance(written, str) else "",
            _size(part.get("size_bytes")),
            assets.get(asset_id(pointer), ""),
        )
    for name in ("audio_asset_pointer", "video_container_asset_pointer"):
        inner = part.get(name)
        if isinstance(inner, dict):
            yield from _pointers({"content_type": name, **inner}, assets)
    frames = part.get("frames_asset_pointers")
    for frame in frames if isinstance(frames, list) else ():
        if isinstance(frame, dict):
            inside = {"content_type": "image_asset_pointer", **frame}
            yield from _pointers(inside, assets)


def _with_names(
    files: list[Attachment], metadata: Any, assets: Mapping[str, str]
) -> tuple[Attachment, ...]:
    """Pointers and named uploads together; a file named in both appears once."""
    listed = metadata.get("attachments") if isinstance(metadata, dict) else None
    named = []
    ids = set()
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict):
            continue
        name = entry.get("name") or entry.get("id")
        if isinstance(name, str):
            mime = entry.get("mime_type") or entry.get("mimeType")
            media_type = mime.split("/", 1)[0] if isinstance(mime, str) else ""
            member = assets.get(asset_id(as_word(entry.get("id"))), "")
            size = _size(entry.get("size"))
            named.append(Attachment(name, media_type, size, member))
        if isinstance(entry.get("id"), str):
            ids.add(entry["id"])
    pointers = [file for file in files if file.name.rsplit("/", 1)[-1] not in ids]
    return (*pointers, *named)


def _size(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value < 2**63 else None


def without_citations(text: str) -> str:
    """The words as the app shows them, without the marks of its sources."""
    return _MARK_REST.sub("", _MARK.sub(_replaced, text))


def _replaced(mark: re.Match[str]) -> str:
    words = _shown_words(mark[2] or "")
    return words if not words and mark[3] is not None else mark[1] + words


def _shown_words(inner: str) -> str:
    kind, _, values = inner.partition("\ue202")
    if kind == "url":
        return values.partition("\ue202")[0]
    if kind == "entity":
        try:
            named = json.loads(values)
        except (ValueError, RecursionError):
            return ""
        if isinstance(named, list) and len(named) > 1 and isinstance(named[1], str):
            return named[1]
    return ""


def custom_instructions(message: dict[str, Any]) -> tuple[str, str]:
    """(words, title) of the user's custom instructions in a message; ("", "") if none.

    The fields in `metadata` hold the user's own words; those in `content` are wrapped
    in a sentence of the vendor's, which is taken off.
    """
    content, metadata = message.get("content"), message.get("metadata")
    clean: dict[str, Any] = {}
    if isinstance(metadata, dict):
        written = metadata.get("user_context_message_data")
        clean = written if isinstance(written, dict) else {}
    wrapped = content if isinstance(content, dict) else {}
    found = []
    for title, clean_field, wrapped_field in (
        ("about the user", "about_user_message", "user_profile"),
        ("about the replies", "about_model_message", "user_instructions"),
    ):
        words = clean.get(clean_field) or _unwrapped(wrapped.get(wrapped_field))
        if isinstance(words, str) and words.strip():
            found.append((title, words.strip()))
    return "\n\n".join(words for _, words in found), ", ".join(t for t, _ in found)


def _unwrapped(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    begin = text.find("\n```")
    if begin >= 0 and text.rstrip().endswith("```") and len(text) > begin + 7:
        return text.rstrip()[begin + 4 : -3]
    return text
