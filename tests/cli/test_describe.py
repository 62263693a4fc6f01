"""`describe`: the shape of any file, and not one word of what stands in it."""

import base64
import csv
import io
import json
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.describing.describe import describe
from persona_vault.importers.describing.values import date_form, form_of, number_form
from persona_vault.importers.describing.words import (
    VALUES,
    WORDS,
    shown_name,
    shown_path,
)
from tests.cli.conftest import Run, RunJson
from tests.cli.shape import misfits

GOLDEN = Path(__file__).parents[1] / "importers" / "golden"
# Made of letters that no word of the description has, so that a part of one is found.
NEEDLES = tuple(f"qzx{n:02}vqj" for n in range(40))
FILE = {
    "name": str,
    "n_files": int,
    "n_bytes": [int],
    "described": [{"type": str}],
}
DESCRIPTION = {
    "format": {"export-description"},
    "format_version": {1},
    "name": str,
    "kind": {"file", "zip", "folder"},
    "n_bytes": int,
    "n_files": int,
    "recognised_as": [str],
    "skipped": dict,
    "files": [FILE],
    "n_files_not_described": int,
}


def leaks(found: Any) -> list[str]:
    """The needles of which any part comes out."""
    text = json.dumps(found, ensure_ascii=False).lower()
    return [needle for needle in NEEDLES if needle[:3] in text or needle in text]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def planted_json() -> dict[str, Any]:
    """Needles as keys and values, deep and flat, alone and beside known words."""
    return {
        "messages": [
            {
                "id": NEEDLES[0],
                "sender_name": NEEDLES[1],
                "role": NEEDLES[2],
                f"{NEEDLES[3]}_id": 1,
                NEEDLES[4]: {"text": f"I said {NEEDLES[5]} at 10:42"},
                f"what {NEEDLES[6]} told me": [NEEDLES[7], {NEEDLES[8]: None}],
                "at": f"2024-01-05 {NEEDLES[9]}",
                "type": f"message {NEEDLES[10]}",
                "inner": json.dumps({NEEDLES[11]: NEEDLES[12]}),
            }
        ]
        * 3,
        "by_name": {needle: {"text": needle} for needle in NEEDLES[:20]},
        NEEDLES[13].upper(): f"https://{NEEDLES[14]}.example/{NEEDLES[15]}?a=b",
        f"{NEEDLES[16]}@example.org": f"<p>{NEEDLES[17]}</p>",
        f"type-{NEEDLES[18]}": NEEDLES[19] * 40,
    }


def planted_png() -> bytes:
    """A picture whose chunks, keywords and card hold needles."""
    card = json.dumps({"spec": "chara_card_v2", "data": {NEEDLES[0]: NEEDLES[1]}})
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", b"\0" * 13),
            chunk(b"tEXt", f"{NEEDLES[2]}\0{NEEDLES[3]}".encode()),
            chunk(b"tEXt", b"Comment\0" + NEEDLES[4].encode()),
            chunk(b"tEXt", b"chara\0" + base64.b64encode(card.encode())),
            chunk(b"qzXQ", NEEDLES[5].encode()),
            chunk(b"IEND", b""),
        )
    )


def planted_sqlite(path: Path) -> Path:
    """A database with needles as names of tables, columns, types and in its rows."""
    connection = sqlite3.connect(path)
    connection.execute(
        f'CREATE TABLE "{NEEDLES[0]} messages" (id INTEGER, "{NEEDLES[1]}"'
        f' {NEEDLES[2]}, text TEXT, "say {NEEDLES[3]}" BLOB)'
    )
    connection.execute(
        f'INSERT INTO "{NEEDLES[0]} messages" VALUES (1, ?, ?, ?)',  # noqa: S608
        (NEEDLES[4], NEEDLES[5], NEEDLES[6].encode()),
    )
    connection.execute(f"CREATE VIEW {NEEDLES[7]} AS SELECT '{NEEDLES[8]}'")
    connection.commit()
    connection.close()
    return path


def planted_texts() -> dict[str, str]:
    """Every kind of text with needles in every place."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["Timestamp", "From", "Text", NEEDLES[0], f"id {NEEDLES[1]}"])
    rows.writerow(["2024-01-05", NEEDLES[2], f"a, b\n{NEEDLES[3]}", NEEDLES[4], "x"])
    headless = "".join(f"{NEEDLES[n]},{NEEDLES[n + 1]},yes\n" for n in range(6))
    lines = json.dumps({NEEDLES[5]: NEEDLES[6]})
    return {
        "table.csv": table.getvalue(),
        "headless.csv": headless,
        "lines.jsonl": f"{lines}\n{lines}\n{{{NEEDLES[7]}\n",
        "cut.json": json.dumps(planted_json())[:-20],
        "chat.txt": f"[05/01/2024, 10:42] {NEEDLES[8]}: {NEEDLES[9]}\n"
        f"{NEEDLES[10]}: hm\n# {NEEDLES[11]}\n{NEEDLES[12]} {NEEDLES[13]}\n"
        f"10:42 {NEEDLES[14]}: hm\n",
        "page.html": f"<html><head><title>{NEEDLES[15]}</title><{NEEDLES[16]}></head>"
        f'<body class="message {NEEDLES[17]}" {NEEDLES[18]}="{NEEDLES[19]}">'
        f"<!-- {NEEDLES[20]} -->{NEEDLES[21]}<script>let a = '{NEEDLES[22]}'</script>",
        "data.xml": f"<{NEEDLES[23]}>{NEEDLES[24]}</{NEEDLES[23]}>",
        "blob.bin": f"\x00\x01{NEEDLES[25]}",
    }


@pytest.fixture
def planted(tmp_path: Path) -> list[Path]:
    """Needles in every kind of file, and all of it again in a zip and a folder."""
    folder = tmp_path / f"export {NEEDLES[0]}"
    inner = folder / NEEDLES[1] / f"messages_{NEEDLES[2]}"
    inner.mkdir(parents=True)
    (inner / f"{NEEDLES[3]}.json").write_text(json.dumps(planted_json()), "utf-8")
    (inner / f"chat with {NEEDLES[4]}.json").write_text(json.dumps(NEEDLES[5]), "utf-8")
    (inner / f"{NEEDLES[6]}.png").write_bytes(planted_png())
    (inner / f"auth_{NEEDLES[7]}.json").write_text(NEEDLES[8], "utf-8")
    for name, text in planted_texts().items():
        (folder / name).write_text(text, "utf-8")
        (folder / f"{NEEDLES[9]} - {name}").write_text(text, "utf-8")
        (folder / f"{name}.{NEEDLES[10]}").write_text(text, "utf-8")
    planted_sqlite(folder / f"{NEEDLES[11]}.db")
    archive = tmp_path / f"{NEEDLES[12]}-2024.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in folder.rglob("*"):
            if path.is_file():
                packed.write(path, path.relative_to(tmp_path).as_posix())
        packed.comment = NEEDLES[13].encode()
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [folder, archive, *(f for f in files if not f.name.startswith("auth"))]


def test_no_needle_comes_out(planted: list[Path]) -> None:
    """Neither a key, value, header, table, chunk, tag nor file name of somebody's."""
    assert len(planted) > 25
    for path in planted:
        found = describe(path)
        assert leaks(found) == [], path.name
        assert misfits(found, DESCRIPTION) == []


def test_no_needle_is_printed(planted: list[Path], run: Run, run_json: RunJson) -> None:
    """The printed form and the JSON form say nothing that the description does not."""
    for path in planted[:12]:
        left = run("describe", path)
        assert left.code == 0
        # The path stands nowhere, not even in the head of the result.
        assert leaks(left.said) == [], path.name
        assert leaks(run_json("describe", path)) == []


SECRETS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x2FFF, exclude_categories=["Cs"]),
    max_size=30,
).map(lambda text: f"qzx{text}vqj")
SHAPES = st.recursive(
    SECRETS | st.integers() | st.floats() | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(SECRETS, inner, max_size=4)
        | st.fixed_dictionaries({"role": inner, "messages": inner})
    ),
    max_leaves=20,
)


@given(SHAPES, st.sampled_from([".json", ".jsonl", ".csv", ".txt", ".html"]))
@settings(max_examples=150, deadline=None)
def test_no_value_ever_comes_out(value: Any, suffix: str) -> None:
    """Of any JSON, whatever the file is called, no secret and no part of one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"talk{suffix}")
        path.write_text(f"{json.dumps(value)}\n" * 2, encoding="utf-8")
        found = describe(path)
    text = json.dumps(found, ensure_ascii=False)
    assert "qzx" not in text
    assert "vqj" not in text


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_described(data: bytes) -> None:
    """Nothing but an empty or damaged file is refused, and nothing crashes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.json")
        path.write_bytes(data)
        try:
            found = describe(path)
        except InputRejectedError:
            assert not data or data.startswith(b"PK")
        else:
            assert misfits(found, DESCRIPTION) == []


@pytest.mark.parametrize(
    "export",
    [
        path
        for folder in sorted(GOLDEN.iterdir())
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.name != "NOTE.md" and ".expected" not in path.name
        if ".options" not in path.name
    ],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_texts_of_known_exports_stay_inside(export: Path) -> None:
    """No message of any export in the tests can be found in its description."""
    text = json.dumps(describe(export), ensure_ascii=False)
    expected = export.with_name(f"{export.name}.expected.jsonl")
    records = expected.read_text(encoding="utf-8").split("\n")[1:]
    for line in filter(None, records):
        said = json.loads(line).get("text", "")
        assert len(said) < 12 or said not in text
    assert "Mira" not in text
    assert "Ilse" not in text


def test_the_shape_is_told() -> None:
    """Paths, types, counts, forms of dates, and words of programs are all there."""
    (file,) = describe(GOLDEN / "telegram" / "result.json")["files"]
    fields = {field["path"]: field for field in file["fields"]}

    assert fields["$.messages[].type"]["words"] == {"message": 9, "service": 1}
    assert fields["$.messages[].date"]["forms"]["date 9999-99-99T99:99:99"] == 9
    assert fields["$.messages[].date_unixtime"]["forms"] == {
        "digits, Unix time in s": 8
    }
    assert fields["$.messages[].text"]["types"] == {"text": 9, "list": 1}
    assert fields["$.messages"]["entries"] == [11, 11]


def test_a_database_is_read_as_importers_read_one(tmp_path: Path) -> None:
    """Nothing in it is run: no virtual table, no function of a computed column."""
    path = tmp_path / "logs.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE messages (id INTEGER, text BLOB);"
        "INSERT INTO messages VALUES (1, 'a'), (2, X'62'), (NULL, NULL);"
        "CREATE TABLE users (id, name AS (hex(zeroblob(id))));"
        "INSERT INTO users VALUES (100000000);"
        "CREATE VIRTUAL TABLE notes USING fts5(text)"
    )
    connection.close()

    (file,) = describe(path)["files"]
    tables = file["described"][0]["tables"]
    fields = {field["path"]: field for field in file["fields"]}

    assert tables[0] == {"table": "table 1 messages", "n_rows": 3, "n_columns": 2}
    assert tables[1]["note"] == "with computed columns, not read"
    assert tables[2]["note"] == "virtual, not opened"
    types = fields["table 1 messages.2 text"]["types"]
    assert types == {"text": 1, "bytes": 1, "null": 1}


def test_columns_are_told_where_they_are_named(tmp_path: Path) -> None:
    """A header is shown by its known words; a first row of talk is no header."""
    path = tmp_path / "a.csv"
    path.write_text("Time,Author,Message\n2024-02-17T14:36:11,AI,Hi\n", "utf-8")
    (file,) = describe(path)["files"]
    assert [field["path"] for field in file["fields"]] == [
        "column 1 Time",
        "column 2 Author",
        "column 3 Message",
    ]
    assert file["described"][0]["header"] is True

    path.write_text("Anna,Hello you,1\nMira,Good day,2\nAnna,Bye,3\n", "utf-8")
    (file,) = describe(path)["files"]
    assert file["described"][0]["header"] is False
    assert file["fields"][0]["path"] == "column 1"
    assert file["described"][0]["n_rows"] == 3


def test_files_of_one_kind_are_told_together(tmp_path: Path) -> None:
    """A thousand threads are one entry; the titles of talks are no names of ours."""
    for number in range(40):
        folder = tmp_path / "inbox" / f"friend{number}_{number}"
        folder.mkdir(parents=True)
        (folder / "message_1.json").write_text('{"messages": []}', "utf-8")
        (tmp_path / f"story-{number}.md").write_text("# A day\n", "utf-8")

    names = [file["name"] for file in describe(tmp_path)["files"]]

    assert names == ["inbox/friend<n>_<n>/message_<n>.json", "story-<n>.md"]


def test_a_broken_file_is_described_up_to_its_break(tmp_path: Path) -> None:
    """What was read before the break is told, and where it is."""
    path = tmp_path / "export.json"
    path.write_text('{"messages": [{"role": "user"}, {"role": ', "utf-8")

    (file,) = describe(path)["files"]

    assert file["described"][0]["problem"] == "cut off at byte 41"
    assert any(field["path"] == "$.messages[].role" for field in file["fields"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("sender_name", "sender_name"),
        ("createTime", "createTime"),
        ("Media Type", "Media Type"),
        ("Media IDs", "Media IDs"),
        ("Created(microseconds)", "Created(microseconds)"),
        ("participants", "participants"),
        ("anna_name", "<word>_name"),
        ("Anna", "<word>"),
        ("Anna Berg", "<text>"),
        ("media type", "<text>"),
        ("message from you", "<text>"),
        ("id42", "id<n>"),
        ("1234567890", "<id>"),
        ("7", "<n>"),
        ("b42f1f70-5a8b-4c53-8c25-34e7ec9e6781", "<id>"),
        ("507f1f77bcf86cd799439011", "<id>"),
        ("日記", "<text>"),
        ("", '""'),
    ],
)
def test_names(name: str, shown: str) -> None:
    """Programs' words are shown; people's, ids and sentences are folded."""
    assert shown_name(name) == shown


def test_file_names() -> None:
    """The parts of a path are folded one by one; a title with blanks is no name."""
    assert shown_path("json/chat_history.json") == "json/chat_history.json"
    assert shown_path("inbox/anna_12/message_1.json") == "inbox/<id>/message_<n>.json"
    assert shown_path("WhatsApp Chat with Anna.txt") == "WhatsApp Chat <text>.txt"
    assert shown_path("My first story.md") == "<text>.md"
    assert shown_path("notes.anna") == "notes.<word>"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-01-05T10:42:00.123Z", "date 9999-99-99T99:99:99.999Z"),
        ("5/1/24, 10:42\u202fPM", "date 9/9/99, 99:99<U+202F>PM"),
        ("May 1, 2024 10:42pm", "date Month 9, 9999 99:99PM"),
        ("Today was fine", "several words"),
        ("hello", "one word"),
        ("+49 171 1234567", "several words"),
        ("", "empty"),
        ("https://example.org/a", "address"),
        ("anna@example.org", "mail address"),
        ('{"a": 1}', "JSON text"),
        ("one\ntwo", "lines of text"),
    ],
)
def test_forms(text: str, form: str) -> None:
    """The form of a text says how it is written, not what."""
    assert form_of(text) == form.replace("PM", "AM")


def test_numbers_are_told_by_their_size() -> None:
    """Unix times by unit, all else by the number of digits."""
    assert number_form(1717228800) == "Unix time in s"
    assert number_form(1717228800000) == "Unix time in ms"
    assert number_form(1717228800.25) == "Unix time in s"
    assert number_form(42) == "2 digits"
    assert number_form(-7) == "negative, 1 digit"
    assert number_form(0.25) == "fraction"


@given(st.text(max_size=50))
def test_a_date_form_holds_no_letter_of_its_own(text: str) -> None:
    """What is shown of a date is made of marks and a few fixed words."""
    left = date_form(text)
    for word in ("Month", "Weekday", "<U+202F>", "<U+00A0>", "<U+200E>", "UTC", "GMT"):
        left = left.replace(word, "")
    for word in ("AM", "a.m.", "klo", "at", "T", "Z"):
        left = left.replace(word, "")
    assert not any(c.isalpha() for c in left)
    assert set(filter(str.isdigit, left)) <= {"9"}


def test_the_lists_hold_no_names() -> None:
    """First names that are also words are not on the list of shown words."""
    names = set("anna mira sam rose grace hope will may june art frank".split())

    assert names & (WORDS | VALUES) == set()
    assert {word for word in WORDS if not word.isalpha() or len(word) < 2} == set()


def test_a_missing_file(run: Run, tmp_path: Path) -> None:
    """A path that is not there is refused like everywhere else."""
    left = run("describe", tmp_path / "nothing.zip", "--json")

    assert left.code == 3
    assert left.error()["hint"]
