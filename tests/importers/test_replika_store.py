"""The stores of Replika's export extension: local dates, lost breaks, cells of JSON."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.generic.tables import GenericCsv
from persona_vault.importers.formats.replika.importer import Replika
from persona_vault.model import ReadOptions, Role, TimeQuality
from tests.importers.exports import inputs, issues, knows, messages, read, reasons

REPLIKA = Replika()
NAMES = ReadOptions(me=("Tove",), them=("Wren",))
CHAT = "replika-chat-export-2024-01-31.txt"


def text(tmp_path: Path, *lines: str, name: str = CHAT) -> Path:
    """A text file of the extension."""
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "written",
    [
        "1/14/2024, 9:05:20 PM",
        "1/14/2024, 9:05:20\u202fPM",
        "14/01/2024, 21:05:20",
        "14.1.2024, 21:05:20",
        "2024-01-14 21:05:20",
        "2024/1/14 21:05:20",
        "14-1-2024, 21:05:20",
    ],
)
def test_dates_as_browsers_write_them(tmp_path: Path, written: str) -> None:
    """Every usual spelling is a wall time; its zone is left to the user."""
    path = text(tmp_path, f"{written} Tove: Hello there: you")

    (found,) = messages(read(REPLIKA, path, NAMES))

    assert (found.local_at, found.sent_at) == ("2024-01-14T21:05:20", None)
    assert found.time_quality is TimeQuality.LOCAL
    assert (found.speaker, found.text) == ("Tove", "Hello there: you")


def test_one_clear_date_decides_for_all(tmp_path: Path) -> None:
    """A date that is possible in both orders is read as the clear ones are."""
    path = text(tmp_path, "2/1/2024, 10:00:00 Tove: a", "14/1/2024, 10:00:00 Wren: b")

    found = messages(read(REPLIKA, path, NAMES))

    assert [m.local_at for m in found] == ["2024-01-02T10:00:00", "2024-01-14T10:00:00"]


def test_an_open_order_is_asked_for(tmp_path: Path) -> None:
    """Without a clear date the user must say which order holds."""
    path = text(tmp_path, "2/1/2024, 10:00:00 Tove: a")

    with pytest.raises(InputRejectedError) as caught:
        read(REPLIKA, path, NAMES)
    assert "--day-first" in caught.value.hint


def test_lines_without_a_date_go_on(tmp_path: Path) -> None:
    """A message may have empty lines and colons; only a date opens the next."""
    path = text(
        tmp_path,
        "14/1/2024, 10:00:00 Wren: A list:",
        "",
        "first: tea",
        "2024 was long: yes",
        "",
        "14/1/2024, 10:01:00 Tove: Fine",
    )

    assert [m.text for m in messages(read(REPLIKA, path, NAMES))] == [
        *("A list:\n\nfirst: tea\n2024 was long: yes", "Fine")
    ]


def test_nobody_is_guessed(tmp_path: Path) -> None:
    """Two names of which none is known give issues, with no word of the talk."""
    path = text(tmp_path, "14/1/2024, 10:00:00 Ada: a", "14/1/2024, 10:00:30 Wren: b")

    assert issues(read(REPLIKA, path)) == ["speaker not named by the user"] * 2
    named = messages(read(REPLIKA, path, ReadOptions(them=("Wren",))))
    assert [m.role for m in named] == [Role.USER, Role.PERSONA]


def test_dated_lines_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    """Many programs write such lines: the extension's own name must agree."""
    line = "14/1/2024, 10:00:00 Tove: a"

    assert not knows(REPLIKA, text(tmp_path, line, name="talk.txt"))
    assert knows(REPLIKA, text(tmp_path, line))
    assert not knows(REPLIKA, text(tmp_path, "Tove: a"))


def test_lost_line_breaks_are_flagged() -> None:
    """A build puts blanks in place of breaks; such a text cannot be undone."""
    path = (
        Path(__file__).parent
        / "golden"
        / "replika"
        / "replika-messages-export-2025-01-06.json"
    )

    found = messages(read(REPLIKA, path, NAMES))

    assert [m.flags for m in found] == [(), ("lossy_newlines",)]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=4))
def test_any_words_survive_cells_of_json(tmp_path: Path, texts: list[str]) -> None:
    """Commas, quotes, brackets and breaks inside a cell part nothing."""
    lines = ["id,effects,content,meta"]
    for number, words in enumerate(texts):
        cells = [
            json.dumps(str(number)),
            "",
            json.dumps({"type": "text", "text": words}, ensure_ascii=False),
            '{"nature":"Robot","timestamp":"2024-01-14T10:00:00.000Z"}',
        ]
        lines.append(",".join(cells))
    path = text(tmp_path, *lines, name="any.csv")

    found = [m.text for m in messages(read(REPLIKA, path))]

    # NUL comes from damage alone and is replaced on the way in, as everywhere.
    assert found == [
        words.replace("\x00", "\ufffd").replace("\r\n", "\n") for words in texts
    ]


def test_a_broken_row_of_cells_is_an_issue(tmp_path: Path) -> None:
    """Rows with too few cells, half a cell or no JSON stop nothing."""
    good = '"1",{"type":"text","text":"a"},{"nature":"Robot","timestamp":null}'
    path = text(
        tmp_path,
        "id,content,meta",
        good,
        '"2",{"type":"text"',
        '"3"',
        "word,word,word",
        '"4" {},{}',
        "",
        good.replace('"1"', '"5"'),
        name="any.csv",
    )

    records = read(REPLIKA, path)

    assert [m.native_id for m in messages(records)] == ["1", "5"]
    assert issues(records) == ["wrong number of columns"] * 4


def test_what_the_companion_noted_is_no_talk(tmp_path: Path) -> None:
    """Diary and memories are inputs; media addresses are left out."""
    path = text(
        tmp_path,
        "14/1/2024, 10:00:00",
        "Memory: Tove keeps bees.",
        "",
        "14/1/2024, 10:00:00",
        "Diary Entry: A day.",
        "It rained.",
        "",
        "14/1/2024, 10:00:00",
        "Image: data:image/png;base64,AAAA",
        name="replika-memories-export-2024-01-31.txt",
    )

    records = read(REPLIKA, path)

    assert [(i.kind, i.text) for i in inputs(records)] == [
        ("memory", "Tove keeps bees."),
        ("diary", "A day.\nIt rained."),
    ]
    assert reasons(records) == ["address or bytes of media"]


def test_the_older_table_goes_through_the_csv_reader(tmp_path: Path) -> None:
    """Its CSV has a time, a sender and a message: names are all it needs."""
    path = text(
        tmp_path,
        '"time","sender","message"',
        '"1/14/2024, 9:05:20\u202fPM","Tove","Say ""hello"""',
        '"1/14/2024, 9:05:40\u202fPM","Wren","Hello,\nTove"',
        name="replika-chat-export-2024-01-31.csv",
    )

    assert not knows(REPLIKA, path)
    found = messages(read(GenericCsv(), path, NAMES))
    assert [(m.role, m.text) for m in found] == [
        (Role.USER, 'Say "hello"'),
        (Role.PERSONA, "Hello,\nTove"),
    ]


def test_a_table_of_html_has_plain_words(tmp_path: Path) -> None:
    """Its build writes words unescaped: signs of HTML in them are words."""
    rows = [
        f"<tr>\n<th>{at}</th>\n<td>{who}</td>\n<td>{words}</td>\n</tr>"
        for at, who, words in (
            ("1/14/2024, 9:05:20 PM", "Tove", "a < b & <i>c</i>"),
            ("1/14/2024, 9:05:40 PM", "Wren", "One.\n\n</td> was my table."),
        )
    ]
    head = "<table>\n<thead>\n<tr>\n<th>Time</th>\n<th>Author</th>\n</tr>\n</thead>"
    name = "replika-chat-export-2024-01-31.html"
    path = text(tmp_path, head, *rows, "</table>", name=name)

    assert [m.text for m in messages(read(REPLIKA, path, NAMES))] == [
        *("a < b & <i>c</i>", "One.\n\n</td> was my table.")
    ]


def test_a_table_that_ends_inside_a_row_is_refused(tmp_path: Path) -> None:
    """A cut table may lack its newest talk."""
    lines = ["<table>", "<th>Author</th>", "<th>1/14/2024, 9:05:20 PM</th>", "<td>Tove"]
    path = text(tmp_path, *lines, name="replika-chat-export-2024-01-31.html")

    with pytest.raises(InputRejectedError, match="inside the row of line 3"):
        read(REPLIKA, path, NAMES)
