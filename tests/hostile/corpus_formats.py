"""Hostile files of every format there is a reader for, made from its sound ones.

Each golden export is cut in the middle, emptied of its values, and put behind another
name; pictures, databases and pages are spoiled in the ways that only they can be.
"""

import json
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from persona_vault.importers.testing import golden_exports

GOLDEN = Path(__file__).resolve().parent.parent / "importers" / "golden"
PNG = (GOLDEN / "character_card" / "both_chunks.png").read_bytes()
PAGES = {  # and the tag behind which words of the talk stand
    "Brin-chat.html": (GOLDEN / "nomi" / "Brin-chat.html", b'"message-text">'),
    "MyActivity.html": (GOLDEN / "gemini" / "page.html", b'"content-cell'),
}
LOGS = (GOLDEN / "llm_logs" / "logs.db").read_bytes()
SIGNATURE = PNG[:8]
CANARY = "marzipan-lighthouse"
_LARGE = 4_000_000


def format_files() -> Iterator[tuple[str, str, bytes]]:
    """Label, file name and bytes; what is left of them may still be read in part."""
    for folder in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        for path in golden_exports(folder):
            if not path.is_file() or path.suffix == ".zip":
                continue
            data = path.read_bytes()
            yield f"half-of-{folder.name}", path.name, data[: len(data) // 2]
            if path.suffix == ".json":
                empty = json.dumps(_emptied(json.loads(data)))
                yield f"emptied-{folder.name}", path.name, empty.encode()
            break


def _emptied(value: Any) -> Any:
    """The same keys, and nothing in them."""
    if isinstance(value, dict):
        return {key: _emptied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_emptied(inner) for inner in value[:3]]
    return None


def chunk(kind: bytes, data: bytes, *, length: int | None = None) -> bytes:
    """A chunk of a PNG; its length may lie."""
    size = struct.pack(">I", len(data) if length is None else length)
    return size + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _card(*chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return SIGNATURE + head + b"".join(chunks) + chunk(b"IEND", b"")


def pictures() -> Iterator[tuple[str, bytes]]:
    """Cards whose picture lies, bursts, or holds no card; none may be read."""
    bomb = zlib.compress(b" " * 60_000_000, 9)
    yield (
        "png-chunk-longer-than-the-file",
        _card(chunk(b"tEXt", b"chara\0", length=9**9)),
    )
    yield "png-chunk-of-negative-length", _card(chunk(b"tEXt", b"x", length=2**32 - 1))
    yield "png-no-base64", _card(chunk(b"tEXt", b"chara\0%%%%" + CANARY.encode()))
    yield "png-base64-of-nothing", _card(chunk(b"tEXt", b"chara\0AAAA"))
    yield "png-no-card", _card(chunk(b"tEXt", b"Comment\0" + CANARY.encode()))
    yield "png-packed-bomb", _card(chunk(b"zTXt", b"chara\0\0" + bomb))
    yield "png-international-bomb", _card(chunk(b"iTXt", b"chara\0\1\0\0\0" + bomb))
    yield "png-many-chunks", _card(*[chunk(b"tEXt", b"a\0b")] * 50_000)
    yield "png-signature-only", SIGNATURE
    yield "png-large-and-empty", SIGNATURE + bytes(_LARGE)


def databases(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Databases that are cut, foreign, or built to mislead; none may be read.

    Args:
        folder: Where they are made.
    """
    yield "db-cut", LOGS[: len(LOGS) // 3]
    yield "db-head-only", LOGS[:100]
    yield "db-zeros-after-head", LOGS[:100] + bytes(len(LOGS) - 100)
    flipped = bytearray(LOGS)
    for at in range(4096, len(flipped), 4096):
        flipped[at : at + 104] = b"\xff" * 104
    yield "db-spoiled-pages", bytes(flipped)
    yield "db-foreign", _database(folder / "foreign.db", "CREATE TABLE cats (name)")
    views = (
        "CREATE TABLE t (x)",
        "CREATE VIEW responses AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
        " i + 1 FROM n) SELECT i AS id, i AS model, i AS prompt, i AS response FROM n",
        "CREATE VIEW conversations AS SELECT * FROM responses",
    )
    yield "db-endless-view", _database(folder / "view.db", *views)


def _database(place: Path, *statements: str) -> bytes:
    made = sqlite3.connect(place)
    for statement in statements:
        made.execute(statement)
    made.commit()
    made.close()
    return place.read_bytes()


def pages() -> Iterator[tuple[str, bytes]]:
    """Web pages that no vendor made; none may be read."""
    cell = b'<div class="outer-cell"><div class="content-cell">'
    yield "html-deep", b"<html><body>" + b"<div>" * 200_000
    yield "html-cells-unclosed", b"<html><body>" + cell * 20_000
    yield "html-script-only", b"<html><script>" + CANARY.encode() + b"</script>"
    yield "html-endless-attribute", b'<html><div class="' + b"a" * _LARGE
    yield "html-endless-comment", b"<html><!--" + b"-" * _LARGE
    yield "html-entities", b"<html><body>" + b"&lt;" * 500_000


def markup_inside(markup: bytes) -> Iterator[tuple[str, bytes]]:
    """File name and bytes of each sound page, with this behind a tag of a message."""
    for name, (path, tag) in PAGES.items():
        before, found, rest = path.read_bytes().partition(tag)
        begun, end, rest = (found + rest).partition(b">")
        assert end
        yield name, before + begun + end + markup + rest


def spoiled_pages() -> Iterator[tuple[str, str, bytes]]:
    """Label, file name and bytes of pages with markup that nobody knows inside."""
    for label, markup in {
        "unknown-section": b"<![bogus[ x ]]>",
        "section-without-end": b"<![endif",
        "section-of-nothing": b"<![ 7>",
        "section-of-a-condition": b"<![if x]>a<![endif]>",
        "declarations": b"<!" * 50_000,
        "sections": b"<![" * 50_000,
        "comments": b"<!--" * 50_000,
        "instructions": b"<?" * 50_000,
        "letter-of-many-digits": b"&#" + b"9" * 5_000 + b";",
        "attribute-of-many-digits": b"<i title='&#" + b"9" * 5_000 + b";'>",
        "letters-without-end": b"&#" * 50_000,
        "levels": b"<span>" * 20_000,
        "lines-and-lists": b"<ul><li>" * 20_000,
    }.items():
        for name, page in markup_inside(markup):
            yield f"html-{label}-in-{name}", name, page
