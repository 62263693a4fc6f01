"""Reading files: encodings, lines, CSV and JSON, within bounds."""

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files import texts
from persona_vault.importers.source import BAD_JSON, HEAD_BYTES, Source

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes bytes into a new file and returns its path."""

    def write_file(data: bytes, name: str = "chat.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write_file


def items(path: Path, key: str | None = None) -> list[Any]:
    """The elements of a JSON list."""
    with Source.open(path) as source:
        return [value for _, value in source.json_items(key=key)]


def rows(path: Path) -> list[tuple[int, list[str]]]:
    """The numbered rows of a CSV file."""
    with Source.open(path) as source:
        return list(source.rows())


def test_items_of_a_top_level_array(write: Write) -> None:
    """Each element of the array comes once, with its place, in order."""
    path = write(b' [1, 22 ,"x", {"a": [true, null]}, []]\n')

    with Source.open(path) as source:
        found = list(source.json_items())

    assert found == [
        ("chat.json item 1", 1),
        ("chat.json item 2", 22),
        ("chat.json item 3", "x"),
        ("chat.json item 4", {"a": [True, None]}),
        ("chat.json item 5", []),
    ]


def test_items_under_a_key(write: Write) -> None:
    """With a key, the array under it is read and what stands around it passed over."""
    path = write(b'{"before": {"m": [9]}, "m": [1, 2], "after": [3]}')

    assert items(path, "m") == [1, 2]


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=6,
    ),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 40),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_json_survives(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    values: list[Any],
    ascii_only: bool,
    encoding: str,
    chunk: int,
) -> None:
    """Any JSON comes back as `json` itself reads it, wherever a chunk ends."""
    monkeypatch.setattr(texts, "CHUNK_BYTES", chunk + 3)
    text = json.dumps(values, ensure_ascii=ascii_only).replace("\\u0000", "0")
    path = write(text.encode(encoding))

    assert items(path) == json.loads(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[1, 2", "cut off at byte 5"),
        (b'[1, {"a": "b', "cut off at byte 12"),
        (b"[1, tru", "cut off at byte 7"),
        ('["é", "b'.encode(), "cut off at byte 9"),
        (b'["\xc3', "cut off at byte 2"),
        (b"[", "cut off at byte 1"),
        (b"[1, x]", "not valid JSON at byte 4"),
        (b'{"a": 1}', "not valid JSON at byte 0"),
        (b"[1] 2", "after the end of the list at byte 4"),
        (b"[" * 5000, "deeper than 200 levels"),
        (b"[" * 202 + b"]" * 202, "deeper than 200 levels"),
        (b"[" + b"9" * 5000 + b"]", "too many digits"),
        (b'["\xff"]', r"not UTF-8 text \(byte 2\)"),
        ("[1]".encode("utf-16-le"), r"not UTF-8 text \(byte 0\)"),
        (b"", "is empty"),
    ],
)
def test_broken_json_is_rejected_with_its_place(
    write: Write, data: bytes, message: str
) -> None:
    """Whatever is wrong with a JSON file is one error that says where."""
    with pytest.raises(InputRejectedError, match=message) as caught:
        items(write(data))

    assert caught.value.hint


def test_depth_ignores_brackets_inside_strings(write: Write) -> None:
    """Only real nesting counts towards the bound of 200 levels."""
    assert items(write(json.dumps(["[{" * 500 + '"\\']).encode())) == [
        "[{" * 500 + '"\\'
    ]
    assert len(items(write(b"[" * 200 + b"]" * 200))) == 1


def test_missing_list_is_rejected(write: Write) -> None:
    """A file without the list asked for says so."""
    with pytest.raises(InputRejectedError, match="no list named m"):
        items(write(b'{"a": 1}'), "m")


def test_what_json_cannot_hold_is_replaced(write: Write) -> None:
    """Lone surrogates and NUL become U+FFFD, NaN and infinite numbers None."""
    path = write(rb'["a\ud83db", "\ud83c\udf3f", "n\u0000", NaN, -Infinity, 1e999]')

    assert items(path) == ["a\ufffdb", "\U0001f33f", "n\ufffd", None, None, None]


def test_memory_does_not_grow_with_the_file(write: Write) -> None:
    """Reading a list of 12 MB holds a small part of it at a time."""
    element = json.dumps({"text": "quiet words " * 80}).encode()
    path = write(b"[" + b",".join([element] * 12_000) + b"]")
    tracemalloc.start()

    with Source.open(path) as source:
        n_items = sum(1 for _ in source.json_items())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_items == 12_000
    assert peak < path.stat().st_size / 4


def test_an_element_larger_than_a_chunk_is_read(write: Write) -> None:
    """One element may be longer than what is read at once."""
    long = "y" * (3 * texts.CHUNK_BYTES)

    assert items(write(json.dumps(["x", long]).encode())) == ["x", long]


def test_fields_of_an_object_come_one_element_at_a_time(write: Write) -> None:
    """Lists give an entry per element, with its place; other values come whole."""
    path = write(b'{"a": [1, [2]], "b": {"c": [3]}, "none": [], "a": "again"}\n')

    with Source.open(path) as source:
        found = list(source.json_fields())

    assert found == [
        ("a", "chat.json a 1", 1),
        ("a", "chat.json a 2", [2]),
        ("b", "chat.json b", {"c": [3]}),
        ("a", "chat.json a", "again"),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"a": [1, 2', "cut off at byte 11"),
        (b'{"a": 1} x', "more text after the end of the object at byte 9"),
        (b"{1: 2}", "not valid JSON at byte 1"),
        (b"[1]", "not valid JSON at byte 0"),
    ],
)
def test_a_broken_object_is_rejected_with_its_place(
    write: Write, data: bytes, problem: str
) -> None:
    """Whatever is broken is one error that names the byte."""
    with (
        Source.open(write(data)) as source,
        pytest.raises(InputRejectedError, match=problem),
    ):
        list(source.json_fields())


def test_json_lines_report_bad_lines_and_go_on(write: Write) -> None:
    """A bad line gives BAD_JSON at its number; blank lines are skipped."""
    path = write(b'{"a": 1}\r\n\r\n{bad\n"x\xe2\x80\xa8y"\n[1] [2]\n3', "c.jsonl")

    with Source.open(path) as source:
        found = list(source.json_lines())

    assert found == [
        ("c.jsonl line 1", {"a": 1}),
        ("c.jsonl line 3", BAD_JSON),
        ("c.jsonl line 4", "x\u2028y"),
        ("c.jsonl line 5", BAD_JSON),
        ("c.jsonl line 6", 3),
    ]
    assert repr(found[1][1]) == "BAD_JSON"


@pytest.mark.parametrize(
    "data", [b"[1, 2]", b"1\n2\n", b"1 2", b"1\n\n  2", b"\xef\xbb\xbf[1,2]"]
)
def test_records_of_any_layout(write: Write, data: bytes) -> None:
    """An array, JSON Lines and values in a row give the same records."""
    with Source.open(write(data, "c.dat")) as source:
        values = [value for _, value in source.json_records()]

    assert [value for value in values if value is not BAD_JSON] in ([1, 2], [])
    if data != b"1 2":
        assert values == [1, 2]


def test_values_over_several_lines(write: Write) -> None:
    """Pretty-printed documents one behind the other are read one by one."""
    path = write(b'{\n "a": 1\n}\n{\n "a": 2\n}\n', "frames.log")

    with Source.open(path) as source:
        assert [value for _, value in source.json_records()] == [{"a": 1}, {"a": 2}]


def test_document_must_end_where_it_ends(write: Write) -> None:
    """One document is the whole file; more behind it is rejected."""
    with Source.open(write(b'{"a": [1]} ')) as source:
        assert source.json_document() == {"a": [1]}
    with (
        Source.open(write(b"{} {}")) as source,
        pytest.raises(InputRejectedError, match="after the end"),
    ):
        source.json_document()


def test_csv_rows_know_where_they_begin(write: Write) -> None:
    """A row is numbered by its first line; quoted line breaks are kept."""
    path = write(b'a,b\r\n1,"x\ny"\n\n2,"z\r\n""q"""\r\n3,\x00', "c.csv")

    assert rows(path) == [
        (1, ["a", "b"]),
        (2, ["1", "x\ny"]),
        (5, ["2", 'z\r\n"q"']),
        (7, ["3", "\ufffd"]),
    ]


def test_csv_fields_of_any_length(write: Write) -> None:
    """A field may be longer than the 131,072 letters Python's reader allows."""
    path = write(b'a,"' + b"x" * 300_000 + b'"\n', "c.csv")

    assert len(rows(path)[0][1][1]) == 300_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'a,b\n1,"open', "cut off inside the row of line 2"),
        (b"a\rb,c\n", "line 1 is not CSV"),
        (b"a,\xe9\n", "not UTF-8 text"),
    ],
)
def test_broken_csv_is_rejected(write: Write, data: bytes, message: str) -> None:
    """A quote left open, bare carriage returns and other encodings are one error."""
    with pytest.raises(InputRejectedError, match=message):
        rows(write(data, "c.csv"))


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_lines_are_split_at_newlines_only(write: Write, text: str) -> None:
    """Joining the lines gives the text back: no other character ends a line."""
    path = write(f"a{text}".encode(), "t.txt")

    with Source.open(path) as source:
        found = [line for _, line in source.lines()]

    expected = f"a{text}".split("\n")
    if not expected[-1]:
        expected.pop()
    assert found == [line.removesuffix("\r") for line in expected]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(write: Write, encoding: str) -> None:
    """UTF-8 with or without a mark and UTF-16 with one give the same text."""
    path = write("Grüße\n🌿".encode(encoding), "t.txt")

    with Source.open(path) as source:
        assert list(source.lines()) == [(1, "Grüße"), (2, "🌿")]
        assert source.head_text() == "Grüße\n🌿"


def test_a_line_without_end_is_bounded(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without line breaks is given up at the bound, not read into memory."""
    monkeypatch.setattr(texts, "MAX_ELEMENT", 1000)

    with (
        Source.open(write(b"x" * 5000, "t.txt")) as source,
        pytest.raises(InputRejectedError, match="a line of more than"),
    ):
        list(source.lines())


def test_head_is_bounded(write: Write) -> None:
    """The head is the first 64 KiB and no more."""
    with Source.open(write(b"x" * (HEAD_BYTES + 9))) as source:
        assert source.head() == b"x" * HEAD_BYTES


@pytest.mark.parametrize(
    "name", ["missing.json", "nowhere/missing.json", "x" * 5000, "a\0b"]
)
def test_missing_file_is_rejected(tmp_path: Path, name: str) -> None:
    """A path with nothing at it is an error with a next step, not a traceback."""
    with pytest.raises(InputRejectedError, match="no file or folder"):
        Source.open(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    """A named pipe is refused at once, also inside a folder."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(InputRejectedError, match="not a regular file"):
        Source.open(pipe)
    with Source.open(tmp_path) as source:
        assert source.members() == []
        assert source.skipped_members() == [("pipe", "not a regular file")]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("chat_backup.ini", True),
        (".env", True),
        ("nomi_cloud_keys.json", True),
        ("prod-mc-auth-mgmt-api.json", True),
        ("user_billing.json", True),
        ("authentication.json", True),
        ("author.json", False),
        ("authentic-talk.json", False),
        ("environment.json", False),
    ],
)
def test_files_that_may_hold_a_login_are_never_members(
    write: Write, tmp_path: Path, name: str, secret: bool
) -> None:
    """Such a file is named as skipped in a folder and refused when named itself."""
    path = write(b"[1]", f"export/{name}")

    with Source.open(tmp_path / "export") as source:
        assert [m.name for m in source.members()] == ([] if secret else [name])
        assert [n for n, _ in source.skipped_members()] == ([name] if secret else [])
    if secret:
        with pytest.raises(InputRejectedError, match="is not read"):
            Source.open(path)


def test_folder_lists_files_and_follows_no_links(write: Write, tmp_path: Path) -> None:
    """A folder's members are its own regular files; a link out of it is named."""
    write(b"outside", "outside.txt")
    write(b"[1]", "export/b/two.json")
    write(b"[2]", "export/one.json")
    try:
        (tmp_path / "export" / "link.txt").symlink_to(tmp_path / "outside.txt")
    except OSError:
        pytest.skip("this system makes no symbolic links without rights")

    with Source.open(tmp_path / "export") as source:
        assert [m.name for m in source.members()] == ["b/two.json", "one.json"]
        assert source.skipped_members() == [("link.txt", "symbolic link")]
        assert source.n_bytes() == 6
        assert source.has("one.json")
        assert not source.has("link.txt")


def test_one_of_several_members_must_be_named(write: Write, tmp_path: Path) -> None:
    """Reading "the file" of a folder with two is an error, as is a name not in it."""
    write(b"[1]", "export/a.json")
    write(b"[2]", "export/b.json")

    with Source.open(tmp_path / "export") as source:
        assert source.json_document("b.json") == [2]
        with pytest.raises(InputRejectedError, match="holds 2 files"):
            source.head()
        with pytest.raises(InputRejectedError, match=r"holds no c\.json"):
            source.head("c.json")


def test_hashes_follow_content_and_names(write: Write, tmp_path: Path) -> None:
    """A folder's hash changes with a byte or a name, and with nothing else."""
    write(b"[1]", "one/a.json")
    write(b"[1]", "two/a.json")
    write(b"[1]", "three/b.json")

    def sha256(name: str) -> str:
        with Source.open(tmp_path / name) as source:
            return source.sha256()

    assert sha256("one") == sha256("two")
    assert sha256("one") != sha256("three")
    write(b"[2]", "two/a.json")
    assert sha256("one") != sha256("two")
    assert sha256("one/a.json") == sha256("three/b.json")
