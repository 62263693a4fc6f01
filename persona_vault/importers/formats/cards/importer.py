"""Character cards and lorebooks: who the companion was told to be, without any talk."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.png import is_png, text_chunks
from persona_vault.importers.formats.cards.fields import (
    Origin,
    book_records,
    card_records,
)
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_object, as_word, kept_value
from persona_vault.model import Ignored, ImportIssue, ReadOptions, Record

# The newer one counts where a picture holds both.
_KEYWORDS = ("ccv3", "chara")
# The text of a card is some hundred kilobytes; its pictures are not in these chunks.
_MAX_CARD_BYTES = 32 * 1024**2
_SPEC = re.compile(r'"spec"\s*:\s*"(chara_card_v\d|lorebook_v3)"')
_V1_SIGNS = tuple(
    re.compile(rf'"{key}"\s*:\s*"')
    for key in ("name", "description", "personality", "first_mes", "mes_example")
)
_WORLD = re.compile(r'"entries"\s*:\s*\{')
_WORLD_SIGNS = tuple(
    re.compile(rf'"{key}"\s*:\s*{value}')
    for key, value in (("uid", r"\d"), ("key", r"\["), ("content", '"'))
)
_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md", ".csv", ".html"}
_CHARX_CARD = "card.json"


class Cards:
    """Character cards V1 to V3 as JSON, PNG or CHARX, and lorebooks of their kinds.

    A folder or zip is read if all its readable files are cards: versions of one
    companion, say.
    """

    name: ClassVar[str] = "character_card"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether the source is a card, or a collection of nothing else."""
        if source.kind == "zip" and source.has(_CHARX_CARD):
            return _is_card(source, _CHARX_CARD)
        names = [member.name for member in source.members()]
        if source.kind == "file":
            return _is_card(source, names[0])
        # Texts first: they tell at once, where a picture must be walked through.
        texts = [name for name in names if _is_text(name)]
        if texts:
            return all(_is_card(source, name) for name in texts)
        return any(_is_card(source, name) for name in names)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every field and every entry of every card.

        Raises:
            InputRejectedError: A file is not JSON, or a picture is cut off.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        charx = source.kind == "zip" and source.has(_CHARX_CARD)
        for member in source.members():
            name = member.name
            if charx and name != _CHARX_CARD:
                yield Ignored("part of the card beside its text", name)
            elif source.kind != "file" and not _is_card(source, name):
                yield Ignored("not a card", name)
            elif is_png(source, name):
                yield from _picture_records(source, name)
            else:
                yield from _document_records(source.json_document(name), name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A field of a card or an entry of a lorebook."""
        value = kept_value(raw)
        if isinstance(value, str):  # one of several greetings
            return Told(text=value)
        place, _, field = where.rpartition(" ")
        if field == "depth_prompt":
            value = {"extensions": {field: value}}
        entry = book_records({"entries": [value]}, Origin(where, ""))
        return told_by(card_records(as_object(value), place), where) or told_by(entry)


def _is_text(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _TEXT_SUFFIXES


def _is_card(source: Source, name: str) -> bool:
    if is_png(source, name):
        chunks = text_chunks(source, name, _KEYWORDS, max_bytes=_MAX_CARD_BYTES)
        return any(True for _chunk in chunks)
    text = source.head_text(name).lstrip()
    if not text.startswith("{"):
        return False
    if _SPEC.search(text):
        return True
    if _WORLD.search(text):
        return all(sign.search(text) for sign in _WORLD_SIGNS)
    # The opening message and two more: other files of characters have other words.
    found = [sign for sign in _V1_SIGNS if sign.search(text)]
    return _V1_SIGNS[0] in found and _V1_SIGNS[3] in found and len(found) >= 3


def _picture_records(source: Source, name: str) -> Iterator[Record]:
    chunks = text_chunks(source, name, _KEYWORDS, max_bytes=_MAX_CARD_BYTES)
    found: dict[str, bytes] = {}
    for keyword, data in chunks:
        found.setdefault(keyword, data)
    taken = False
    for keyword in _KEYWORDS:
        if keyword not in found:
            continue
        where = f"{name} {keyword}"
        card = None if taken else _decoded(found[keyword])
        if taken:
            yield Ignored("older card beside the newer one", where)
        elif card is None:
            yield ImportIssue("card cannot be decoded", where)
        else:
            taken = True
            yield from _document_records(card, where)


def _decoded(data: bytes) -> Any:
    """The value of a card's chunk; None if it is not base64 of JSON."""
    try:
        text = base64.b64decode(data, validate=False).decode("utf-8-sig")
        return parse_line(text)
    except (binascii.Error, UnicodeDecodeError, NotJsonError):
        return None


def _document_records(value: Any, where: str) -> Iterator[Record]:
    document = as_object(value)
    data = as_object(document.get("data"))
    if as_word(document.get("spec")) == "lorebook_v3":
        yield from _book(data, where)
    elif "entries" in document and "first_mes" not in document:
        yield from _book(document, where)
    elif data or "first_mes" in document:
        yield from card_records(document, where)
    else:
        yield ImportIssue("not a card", where)


def _book(book: dict[str, Any], where: str) -> Iterator[Record]:
    name = as_word(book.get("name")).strip()
    yield from book_records(book, Origin(where, name or PurePosixPath(where).stem))
