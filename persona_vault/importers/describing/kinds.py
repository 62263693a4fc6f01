"""What each kind of file holds, told in numbers and forms: one function per kind."""

import base64
import binascii
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.describing.shape import EnoughError, Shape
from persona_vault.importers.describing.values import date_form
from persona_vault.importers.describing.words import shown_name
from persona_vault.importers.files.html import Page
from persona_vault.importers.files.jsontext import NotJsonError, is_value, parse_line
from persona_vault.importers.files.png import SIGNATURE, text_chunks
from persona_vault.importers.files.sqlite_file import Database, open_database
from persona_vault.importers.files.texts import CHUNK_BYTES
from persona_vault.importers.source import BAD_JSON, Source

Facts = dict[str, Any]

_MOST_ROWS = 20_000
_MOST_COUNTED_ROWS = 500_000
_MOST_LINES = 200_000
_MOST_COLUMNS = 200
_HTML_PIECES = 8
_MOST_CHUNK = 16 * 1024 * 1024
_MOST_TABLES = 100
_MOST_TABLE_ROWS = 500
_JSON = re.compile(
    r'[{\[]\s*(?:["\[{\]}]|$)|\[\s*(?:-?\d+(?:\.\d+)?|true|false|null)\s*[,\]]|"'
)
_ENOUGH = "only the first values were looked at"
_AT_BYTE = re.compile(r"at byte (\d{1,15})")
_MAGIC = (
    (b"SQLite format 3\x00", "sqlite"),
    (SIGNATURE, "png"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"fLaC", "flac"),
)


def kind_of(head: bytes, text: str) -> str:
    """The kind of a file by its head; "binary" where nothing is known."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "binary")
    if head[4:8] == b"ftyp":
        return "mp4"
    control = sum(byte < 9 for byte in head[:4096])
    if not head or not text.strip("\ufeff \t\r\n") or control:
        return "empty" if not head else "binary"
    return _kind_of_text(text.lstrip("\ufeff \t\r\n"))


def _kind_of_text(text: str) -> str:
    lines = [line for line in text.split("\n")[:3] if line.strip()]
    if text[0] in "{[" and is_value(lines[0]) and len(lines) > 1:
        return "jsonl" if lines[1].lstrip()[:1] in ("{", "[") else "json"
    if _JSON.match(text):
        return "json"
    if text[0] == "<":
        return "html" if re.search(r"<(?:html|body|div|head)\b", text, re.I) else "xml"
    return "csv" if _delimiter(text) else "text"


def _delimiter(text: str) -> str:
    """What parts the columns of a table; "" for text that only has commas in it."""
    lines = text.split("\n")[:20]
    for mark in (",", ";", "\t"):
        try:
            rows = list(csv.reader(lines[:-1] or lines, delimiter=mark))
        except csv.Error:
            continue
        widths = [len(row) for row in rows if row]
        if not widths or widths[0] < 2 or not rows[0] or date_form(rows[0][0]):
            continue
        n_alike = widths.count(widths[0])
        is_even = widths[0] > 2 and len(widths) > 2 and n_alike >= 0.9 * len(widths)
        if is_even or _is_header(rows[0]):
            return mark
    return ""


def _is_header(cells: list[str]) -> bool:
    """Whether at least half of the cells are words of programs."""
    shown = [shown_name(cell.strip("\ufeff ")) for cell in cells]
    return sum("<" not in name for name in shown) * 2 >= len(shown)


def describe_json(source: Source, member: str, shape: Shape) -> Facts:
    """JSON documents, one or several."""
    facts: Facts = {"n_documents": 0}
    try:
        with source.json_cursor(member) as cursor:
            while cursor.peek():
                facts["n_documents"] += 1
                shape.walk(cursor)
    except EnoughError:
        facts["note"] = _ENOUGH
    except InputRejectedError as error:
        facts["problem"] = _problem(error, "JSON")
    return facts


def describe_jsonl(source: Source, member: str, shape: Shape) -> Facts:
    """JSON Lines."""
    facts: Facts = {"n_lines": 0, "n_lines_not_json": 0}
    try:
        for _where, value in source.json_lines(member):
            facts["n_lines"] += 1
            if value is BAD_JSON:
                facts["n_lines_not_json"] += 1
            else:
                shape.look(value)
    except EnoughError:
        facts["note"] = _ENOUGH
    except InputRejectedError as error:
        facts["problem"] = _problem(error, "text")
    return facts


def _problem(error: InputRejectedError, kind: str) -> str:
    """Why a file cannot be read on, without its name."""
    at = _AT_BYTE.search(error.message)
    what = "cut off" if "cut off" in error.message else f"not valid {kind}"
    return f"{what} at byte {at[1]}" if at else what


def describe_csv(source: Source, member: str, shape: Shape) -> Facts:
    """A table: its columns where they are named as programs name them."""
    delimiter = _delimiter(source.head_text(member)) or ","
    lines = (f"{line}\n" for _number, line in source.lines(member))
    facts: Facts = {"delimiter": {"\t": "tab"}.get(delimiter, delimiter), "n_rows": 0}
    widths: Counter[int] = Counter()
    try:
        rows: Iterator[list[str]] = csv.reader(lines, delimiter=delimiter)
        header = next(rows, [])
        facts["n_columns"] = len(header)
        facts["header"] = _is_header(header)
        names = _columns(header, is_header=facts["header"])
        if not facts["header"]:
            rows = _chained(header, rows)
        for row in rows:
            if facts["n_rows"] == _MOST_COUNTED_ROWS:
                facts["note"] = _ENOUGH
                break
            facts["n_rows"] += 1
            widths[len(row)] += 1
            if facts["n_rows"] <= _MOST_ROWS:
                shape.row(dict(zip(names, row, strict=False)))
    except EnoughError:
        facts["note"] = _ENOUGH
    except csv.Error:
        facts["problem"] = "not valid CSV"
    except InputRejectedError as error:
        facts["problem"] = _problem(error, "text")
    facts["cells_in_a_row"] = [min(widths, default=0), max(widths, default=0)]
    return facts


def _chained(first: list[str], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def _columns(header: list[str], *, is_header: bool) -> list[str]:
    """Names of columns; where the first row is no header, their numbers."""
    cells = [cell.strip("\ufeff ") for cell in header[:_MOST_COLUMNS]]
    return [
        f"column {number} {shown_name(cell)}" if is_header else f"column {number}"
        for number, cell in enumerate(cells, 1)
    ]


_START = (
    r"[0-9][0-9/.\-:, ]{3,14}(?:klo )?[0-9:.]{3,8}"
    r"(?:[\u202f\xa0 ]?[AaPp]\.?[ \xa0]?[Mm]\.?)?"
)
_STAMPED = re.compile(
    rf"\u200e?(?:\[(?P<inside>[^\[\]]{{4,48}})\]|(?P<start>{_START}))(?P<rest>.*)",
    re.DOTALL,
)
_LABEL = re.compile(r"\W{0,4}(?P<label>[^\s:][^:\n]{0,39}):(?=\s|$)")


def describe_text(source: Source, member: str, shape: Shape) -> Facts:
    """Plain text: how lines begin, and nothing of what they go on with."""
    openings: Counter[str] = Counter()
    labels: set[int] = set()
    facts: Facts = {"n_lines": 0, "n_blank_lines": 0}
    try:
        for _number, line in islice(source.lines(member), _MOST_LINES):
            facts["n_lines"] += 1
            if not line.strip():
                facts["n_blank_lines"] += 1
                continue
            shape.field("a line").see(line)
            opening, label = _opening_of(line)
            openings[opening] += 1
            if label:
                labels.add(hash(label))
    except EnoughError:
        facts["note"] = _ENOUGH
    except InputRejectedError as error:
        facts["problem"] = _problem(error, "text")
    facts["lines_begin_with"] = dict(openings.most_common(20))
    facts["n_different_labels"] = len(labels)
    return facts


def _opening_of(line: str) -> tuple[str, str]:
    """(how a line begins, the label before its colon)."""
    line = line.strip("\ufeff")
    date, rest = "", line
    if (found := _STAMPED.match(line)) is not None:
        inside, start = found["inside"], (found["start"] or "").rstrip(" -:,")
        form = date_form(inside or start)
        if form:
            date = f"[{form}] " if inside else f"{form} "
            rest = found["rest"] if inside else line.lstrip("\u200e")[len(start) :]
    label = _LABEL.match(rest)
    if date:
        mark = "- " if rest.lstrip().startswith(("-", "\u2013")) else ""
        ending = "<name>:" if label else "..."
        return f"{date}{mark}{ending}", label["label"] if label else ""
    if whole := date_form(line):
        return f"{whole} alone", ""
    if line.lstrip().startswith("#"):
        return "# heading", ""
    return ("<name>:", label["label"]) if label else ("other words", "")


class _Tags(Page[str]):
    """Counts the tags of a page, and the forms of its dates."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.tags: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.dates: Counter[str] = Counter()

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Note a tag and its classes."""
        self.tags[tag if tag in _HTML_TAGS else "<other>"] += 1
        self.classes.update(map(shown_name, given.get("class", "").split()))

    def words(self, data: str) -> None:
        """Note the form of a date that stands by itself."""
        if form := date_form(data):
            self.dates[form] += 1


_HTML_TAGS = frozenset(
    """html head body title meta link style script div span p a img br hr table thead
    tbody tr td th ul ol li dl dt dd h1 h2 h3 h4 h5 h6 b i em strong u s code pre
    blockquote section article header footer main nav aside figure figcaption video
    audio source picture svg path time label input button form iframe""".split()
)


def describe_html(source: Source, member: str, shape: Shape) -> Facts:
    """A page: its tags, classes and forms of dates."""
    page = _Tags(member)
    facts: Facts = {}
    try:
        with source.stream(member) as stream:
            # A few large pieces, and no limit: a script may fill all of them.
            for _ in range(_HTML_PIECES):
                page.feed(stream.read(CHUNK_BYTES).decode("utf-8", "replace"))
            if stream.read(1):
                facts["note"] = _ENOUGH
    except InputRejectedError as error:
        facts["problem"] = _problem(error, "HTML")
    return facts | {
        "tags": dict(page.tags.most_common(40)),
        "classes": dict(page.classes.most_common(40)),
        "dates": dict(page.dates.most_common(10)),
    }


_CHUNKS = frozenset(
    "IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP tEXt zTXt iTXt bKGD hIST "
    "pHYs sPLT eXIf tIME acTL fcTL fdAT vpAg".split()
)
_KEYWORDS = ("chara", "ccv3", "kindroid", "risuai", "naidata", "workflow", "prompt")


def describe_png(source: Source, member: str, shape: Shape) -> Facts:
    """A picture: its chunks, and the shape of a character card inside."""
    chunks: Counter[str] = Counter()
    facts: Facts = {}
    try:
        with source.stream(member) as stream:
            stream.read(len(SIGNATURE))
            while len(head := stream.read(8)) == 8:
                name = head[4:].decode("latin-1")
                chunks[name if name in _CHUNKS else "<other>"] += 1
                if not _skip(stream.read, int.from_bytes(head[:4], "big") + 4):
                    facts["problem"] = "cut off"
                    break
        found: Counter[str] = Counter()
        limit = _MOST_CHUNK
        for keyword, data in text_chunks(source, member, _KEYWORDS, max_bytes=limit):
            found[keyword] += 1
            _look_at_card(keyword, data, shape)
        facts["text_chunks"] = dict(found)
    except EnoughError:
        facts["note"] = _ENOUGH
    except InputRejectedError:
        facts["problem"] = "damaged or cut off"
    return facts | {"chunks": dict(chunks)}


def _skip(read: Callable[[int], bytes], n_bytes: int) -> bool:
    while n_bytes > 0:
        data = read(min(n_bytes, 1 << 18))
        if not data:
            return False
        n_bytes -= len(data)
    return True


def _look_at_card(keyword: str, data: bytes, shape: Shape) -> None:
    for text in (data, _unpacked(data)):
        try:
            value = parse_line(text.decode("utf-8"))
        except (UnicodeDecodeError, NotJsonError):
            continue
        shape.look(value, f"$ of {keyword}")
        return


def _unpacked(data: bytes) -> bytes:
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return b""


def describe_sqlite(source: Source, member: str, shape: Shape) -> Facts:
    """A database: tables, columns, rows; a copy inside a zip is not opened."""
    if source.kind != "file":
        return {"note": "unpack the archive to have the database described"}
    try:
        with open_database(source, member) as database:
            return {"tables": list(_tables(database, shape))}
    except InputRejectedError:
        return {"problem": "damaged, locked, encrypted, or of another kind"}
    except EnoughError:
        return {"note": _ENOUGH}


def _tables(database: Database, shape: Shape) -> Iterator[Facts]:
    for number, name in enumerate(database.names[:_MOST_TABLES], 1):
        told = {"table": f"table {number} {shown_name(name)}"}
        if name not in database.tables:
            yield told | {"note": "virtual, not opened"}
            continue
        try:
            yield told | _table(database, name, told["table"], shape)
        except InputRejectedError:
            yield told | {"problem": "cannot be read"}


def _table(database: Database, name: str, shown: str, shape: Shape) -> Facts:
    n_rows = database.n_rows(name)
    columns = [
        f"{shown}.{number} {shown_name(column)}"
        for number, column in enumerate(database.columns(name), 1)
    ]
    if not columns:
        return {"n_rows": n_rows, "note": "with computed columns, not read"}
    for row in database.first_rows(name, _MOST_TABLE_ROWS):
        shape.row(dict(zip(columns, row, strict=True)))
    return {"n_rows": n_rows, "n_columns": len(columns)}
