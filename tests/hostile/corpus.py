"""Files that no app would write: each is made on the spot, and a case is one line.

A case names a file, how to make it, what else stands on the command line, and the exit
codes that may follow. To add one, write a function that puts the file there.
"""

import io
import json
import os
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.hostile import corpus_formats

GOLDEN = Path(__file__).resolve().parent.parent / "importers" / "golden"
CHATGPT = (GOLDEN / "chatgpt" / "legacy.json").read_bytes()
KINDROID = (GOLDEN / "kindroid" / "Ilse_Chat_Export_20251206.json").read_bytes()
REPLIKA = (GOLDEN / "replika" / "replika_chat_backup.csv").read_bytes()
REPLIKA_JSON = (GOLDEN / "replika" / "messages.json").read_bytes()
LINES = (GOLDEN / "generic_jsonl" / "lines.jsonl").read_bytes()
TABLE = (GOLDEN / "generic_csv" / "common_names.csv").read_bytes()
GOOD = {
    "chatgpt.json": CHATGPT,
    "kindroid.json": KINDROID,
    "replika.csv": REPLIKA,
    "replika.json": REPLIKA_JSON,
    "lines.jsonl": LINES,
    "table.csv": TABLE,
}
# Words that stand in the files below and may never be repeated by an error.
CANARY = "marzipan-lighthouse"

DONE, USAGE, REJECTED, ISSUES = 0, 2, 3, 4
Make = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile import.

    Attributes:
        make: Puts it into an empty folder and names what to import.
        codes: Exit codes that are right.
        words: The rest of the command line.
    """

    name: str
    make: Make
    codes: tuple[int, ...] = (REJECTED,)
    words: tuple[str, ...] = ()


def file(name: str, data: bytes | str) -> Make:
    """A plain file."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return make


def archive(write: Callable[[zipfile.ZipFile], object]) -> bytes:
    """A zip as this function fills it."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        write(packed)
    return kept.getvalue()


def _zip(*names: str) -> bytes:
    def write(packed: zipfile.ZipFile) -> None:
        for name in names:
            packed.writestr(name, CHATGPT)

    return archive(write)


def _renamed(name: bytes) -> bytes:
    """A zip whose entry bears a name that `zipfile` would not write."""
    return _zip("x" * len(name)).replace(b"x" * len(name), name)


def _doubled() -> bytes:
    return _zip("conversations.json", "conversationz.json").replace(
        b"conversationz", b"conversations"
    )


def _link() -> bytes:
    def write(packed: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("conversations.json")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")

    return archive(write)


def _locked() -> bytes:
    data = bytearray(_zip("conversations.json"))
    data[6] |= 1  # the flag of the local header, and that of the directory
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _method(number: int) -> bytes:
    data = bytearray(_zip("conversations.json"))
    struct.pack_into("<H", data, 8, number)
    struct.pack_into("<H", data, data.rindex(b"PK\x01\x02") + 10, number)
    return bytes(data)


def _overlapping(n_entries: int = 200) -> bytes:
    """One packed megabyte that many entries of the directory point to."""
    data = archive(lambda z: z.writestr("a000", bytes(1_000_000)))
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = data[at:end]
    entries = b"".join(entry.replace(b"a000", b"a%03d" % n) for n in range(n_entries))
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, n_entries, n_entries, len(entries))
    return data[:at] + entries + bytes(tail)


def _bomb() -> bytes:
    return archive(
        lambda z: z.writestr("conversations.json", b"[" + b" " * 100_000_000 + b"]")
    )


def _lying_bomb() -> bytes:
    """Says it unpacks to ten bytes."""
    data = bytearray(archive(lambda z: z.writestr("conversations.json", b" " * 10**7)))
    struct.pack_into("<I", data, 22, 10)
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, 10)
    return bytes(data)


def _thread(**fields: object) -> bytes:
    thread = json.loads(CHATGPT)[0]
    return json.dumps([{**thread, **fields}]).encode()


def _claude() -> str:
    said = {"uuid": "m1", "sender": "human", "text": CANARY}
    thread = {"uuid": "c1", "name": CANARY, "account": {}, "chat_messages": [said]}
    return json.dumps([thread])


def _wide_table(n_columns: int) -> str:
    head = ",".join(f"column {n}" for n in range(n_columns))
    return f"{head}\n" + ",".join([CANARY] * n_columns) + "\n"


def _line(**fields: object) -> str:
    return json.dumps({"role": "user", "text": CANARY, **fields}) + "\n"


def _missing(folder: Path) -> Path:
    return folder / "no such file.json"


def _empty_folder(folder: Path) -> Path:
    return folder


def _strange_folder(folder: Path) -> Path:
    for number in range(5):
        (folder / f"holiday {number}.jpg").write_bytes(b"\xff\xd8\xff" + bytes(99))
    return folder


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "conversations.json")
    return folder / "conversations.json"


def _device(_folder: Path) -> Path:
    return Path("/dev/zero")


def _loop(folder: Path) -> Path:
    (folder / "loop.json").symlink_to(folder / "loop.json")
    return folder / "loop.json"


def _folder_of_pipes(folder: Path) -> Path:
    os.mkfifo(folder / "conversations.json")
    (folder / "loop").symlink_to(folder)
    return folder


def _truncated() -> Iterator[Case]:
    for name, data in GOOD.items():
        kind = name.partition(".")[2]
        # A table cut between two rows is a smaller table; inside quotes it is broken.
        whole_codes = (DONE, ISSUES) if kind in ("csv", "jsonl") else ()
        for share in (0.3, 0.7, 0.99):
            cut = data[: int(len(data) * share)]
            label = f"cut-{int(share * 100)}%-{name}"
            yield Case(label, file(name, cut), (REJECTED, *whole_codes))


def _encodings() -> Iterator[Case]:
    accented = "Zo\u00eb says caf\u00e9 \u2013 marzipan-lighthouse"
    for name, data in GOOD.items():
        text = data.decode("utf-8-sig").replace("Hello", accented)
        text = text.replace("e", "\u00eb", 3)
        latin = text.encode("latin-1", "replace")
        yield Case(f"latin-1-{name}", file(name, latin), (REJECTED,))
        yield Case(f"utf-16-{name}", file(name, text.encode("utf-16-le")))
        yield Case(f"utf-32-{name}", file(name, text.encode("utf-32")))
        yield Case(f"random-{name}", file(name, bytes(range(128, 256)) * 40))
        yield Case(f"spaces-{name}", file(name, b" \n\t\r\n " * 50))
        yield Case(f"empty-{name}", file(name, b""))
        yield Case(f"marks-only-{name}", file(name, b"\xef\xbb\xbf"))
        yield Case(f"zeros-{name}", file(name, bytes(5_000)))


def _disguised() -> Iterator[Case]:
    foreign = {
        "png": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "sqlite": b"SQLite format 3\0" + bytes(4080),
        "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + bytes(90),
        "elf": b"\x7fELF" + bytes(90),
        "html": b"<!doctype html><title>Log in</title>" * 9,
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(90),
        "pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
    }
    for kind, data in foreign.items():
        for name in ("conversations.json", "chat.csv", "lines.jsonl", "talk.txt"):
            yield Case(f"{kind}-as-{name}", file(name, data))
    yield Case("claude-as-chatgpt", file("conversations.json", _claude()), (DONE,))
    for name, data in GOOD.items():
        for format_ in ("chatgpt", "replika", "kindroid", "csv", "jsonl", "text"):
            if not name.startswith(format_) and name not in (
                "lines.jsonl",
                "table.csv",
            ):
                words = ("--format", format_)
                generic = format_ in ("csv", "jsonl", "text")
                codes = (REJECTED, USAGE, *((DONE, ISSUES) if generic else ()))
                yield Case(f"{name}-read-as-{format_}", file(name, data), codes, words)


def _json() -> Iterator[Case]:
    deep = b"[" * 100_000
    for label, data in {
        "deep-list": deep,
        "deep-closed-list": deep + b"]" * 100_000,
        "deep-object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "deep-inside": _thread(mapping=0).replace(b"0", deep + b"]" * 100_000),
        "long-integer": _thread(create_time=0).replace(
            b'"create_time": 0', b'"create_time": ' + b"9" * 5_000
        ),
        "two-documents": CHATGPT + CHATGPT,
        "trailing-comma": CHATGPT.rstrip()[:-1] + b",]",
        "null": b"null",
        "number": b"1e999",
        "string": b'"marzipan-lighthouse"',
        "empty-list": b"[]",
        "empty-object": b"{}",
        "list-of-numbers": b"[1, 2, 3]",
        "list-of-lists": b"[[[]], [[]]]",
        "bare-words": b"[marzipan-lighthouse]",
        "no-mapping": b'[{"mapping": null, "title": "x", "create_time": 1}]',
    }.items():
        yield Case(label, file("conversations.json", data))
    loose = (DONE, ISSUES)
    stamp = "2024-05-01T10:00:00Z"
    for label, text in {
        "nan": _line(timestamp=stamp).replace('"user"', '"user", "x": NaN'),
        "infinite": _line(timestamp=stamp).replace('"user"', '"user", "x": Infinity'),
        "lone-surrogate": _line(text="\ud800 \udfff", timestamp=stamp),
        "surrogate-speaker": _line() + _line(role="\udc80", timestamp=stamp),
        "nul": _line(text="a\0b", timestamp=stamp),
        "raw-nul": _line(timestamp=stamp).replace("marzipan", "mar\0zipan"),
        "long-line": _line(text="la " * 3_500_000),
        "many-keys": _line(**{f"key {n}": n for n in range(20_000)}),
        "year-10000": _line(timestamp="99999-01-01T00:00:00Z") + _line(),
        "huge-time": _line(timestamp=10**18) + _line(timestamp=-(10**18)),
        "time-is-a-list": _line(timestamp=[1]) + _line(timestamp=stamp),
        "text-is-a-list": _line(text=["x"]) + _line(),
        "id-of-any-length": _line(id="9" * 5_000) + _line(id=10**30),
    }.items():
        yield Case(label, file("lines.jsonl", text), (*loose, REJECTED))
    yield Case(
        "title-of-any-length",
        file("conversations.json", _thread(title="t" * 2_000_000)),
        (*loose, REJECTED),  # such a title hides the rest from who looks at the head
    )
    yield Case(
        "title-is-a-list", file("conversations.json", _thread(title=[])), (*loose, 3)
    )
    yield Case(
        "times-are-absurd",
        file("conversations.json", _thread(create_time=1e300, update_time=-1e300)),
        loose,
    )


def _tables() -> Iterator[Case]:
    yield Case("200-columns", file("wide.csv", _wide_table(200)))
    yield Case("20000-columns", file("wide.csv", _wide_table(20_000)))
    yield Case("only-a-head", file("table.csv", "timestamp,role,text\n"))
    yield Case("open-quote", file("table.csv", 'role,text\nuser,"marzipan-lighthouse'))
    yield Case("nul-in-table", file("t.csv", b"role,text\nuser,a\0b\n"), (DONE, 4, 3))
    yield Case("one-column", file("t.csv", "text\nmarzipan-lighthouse\n"))
    same = "role,text,text\nuser,a,b\n"
    yield Case("same-column-twice", file("t.csv", same), (DONE, ISSUES))
    missing = ("--map", "text=Nowhere,speaker=role")
    yield Case("map-to-nowhere", file("t.csv", TABLE), (USAGE, REJECTED), missing)
    unknown = ("--map", "colour=body")
    yield Case("map-of-no-field", file("t.csv", TABLE), (USAGE, REJECTED), unknown)
    yield Case("map-unreadable", file("t.csv", TABLE), (USAGE,), ("--map", "=,="))


def _archives() -> Iterator[Case]:
    for label, data in {
        "climbing": _zip("../conversations.json"),
        "climbing-deep": _zip("a/../../conversations.json"),
        "absolute": _zip("/conversations.json"),
        "drive": _zip("C:/conversations.json"),
        "backslash": _renamed(b"..\\..\\conversations.json"),
        "unc": _renamed(b"\\\\server\\conversations.json"),
        "doubled": _doubled(),
        "link": _link(),
        "locked": _locked(),
        "unknown-method": _method(99),
        "overlapping": _overlapping(),
        "bomb": _bomb(),
        "lying-bomb": _lying_bomb(),
        "cut": _zip("conversations.json")[:-30],
        "head-only": b"PK\x03\x04" + bytes(60),
        "end-only": b"PK\x05\x06" + bytes(18),
        "flipped": _zip("conversations.json").replace(b"mapping", b"mipping", 1)[:-9],
        "nothing-known": archive(lambda z: z.writestr("cat.jpg", b"\xff\xd8" * 99)),
        "zip-in-zip": archive(lambda z: z.writestr("export.zip", _zip("x.json"))),
    }.items():
        yield Case(f"zip-{label}", file("export.zip", data))
    body = bytearray(_zip("conversations.json"))
    body[len(body) // 3] ^= 0xFF
    yield Case("zip-damaged-entry", file("export.zip", bytes(body)))


def _places() -> Iterator[Case]:
    yield Case("missing", _missing)
    yield Case("empty-folder", _empty_folder)
    yield Case("folder-of-pictures", _strange_folder)
    login = "[auth]\ntoken = marzipan-lighthouse\n"
    yield Case("login-file", file("chat_backup.ini", login))
    if sys.platform != "win32":
        yield Case("pipe", _pipe)
        yield Case("device", _device)
        yield Case("link-to-itself", _loop)
        yield Case("folder-of-pipes", _folder_of_pipes)


def _words() -> Iterator[Case]:
    good = file("replika.csv", REPLIKA)
    for label, words in {
        "no-such-zone": ("--timezone", "Middle/Earth"),
        "climbing-zone": ("--timezone", "../../etc/passwd"),
        "empty-zone": ("--timezone", ""),
        "no-such-format": ("--format", "rot13"),
        "persona-empty": ("--persona", ""),
        "persona-blank": ("--persona", " \t"),
        "persona-escape": ("--persona", "Wren\x1b[31m"),
        "persona-two-lines": ("--persona", "Wren\nError: forged"),
        "persona-no-text": ("--persona", "\udcff\udcfe"),
        "persona-c1": ("--persona", "Wren\x9b1m"),
        "app-no-text": ("--app", "\udcff"),
    }.items():
        yield Case(label, good, (USAGE,), words)
    yield Case("nothing-chosen", good, (REJECTED,), ("--only", "no such talk"))


def _formats() -> Iterator[Case]:
    part = (REJECTED, DONE, ISSUES)
    for label, name, data in corpus_formats.format_files():
        yield Case(label, file(name, data), part)
    for label, data in corpus_formats.pictures():
        yield Case(label, file("card.png", data))
    for label, name, data in corpus_formats.spoiled_pages():
        yield Case(label, file(name, data), part)
    for label, data in corpus_formats.pages():
        yield Case(label, file("MyActivity.html", data))
    with tempfile.TemporaryDirectory() as name:
        for label, data in corpus_formats.databases(Path(name)):
            yield Case(label, file("logs.db", data))


@cache
def cases() -> tuple[Case, ...]:
    """All of them; names are unique."""
    groups = (
        _truncated,
        _encodings,
        _disguised,
        _json,
        _tables,
        _archives,
        _places,
        _formats,
    )
    found = [case for group in (*groups, _words) for case in group()]
    assert len({case.name for case in found}) == len(found)
    return tuple(found)
