"""Tables and pasted text: columns, speakers, and nothing guessed or lost."""

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError, UsageError
from persona_vault.importers.base import Importer
from persona_vault.importers.formats.generic.tables import (
    GenericCsv,
    GenericJsonl,
    NamedText,
)
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.importers.talk.columns import detect_columns
from persona_vault.importers.testing import check_golden
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

GOLDEN = Path(__file__).parent / "golden"
# Lone surrogates are no text; CR and NUL are line ends and refusals of the reader.
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@contextmanager
def saved(text: str, name: str = "talk.txt") -> Iterator[Path]:
    """A file with this text, for as long as needed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text.encode("utf-8"))
        yield path


def read(importer: Importer, text: str, **options: Any) -> list[Record]:
    """Every record of a text."""
    with saved(text) as path, Source.open(path) as source:
        return list(importer.read(source, ReadOptions(**options)))


def chosen(text: str, **options: Any) -> str:
    """Name of the importer that knows a text."""
    with saved(text) as path, Source.open(path) as source:
        return find_importer(source, ReadOptions(**options)).name


def turns(records: list[Record]) -> list[tuple[Role, str]]:
    """(role, text) of the messages among records."""
    return [(each.role, each.text) for each in records if isinstance(each, Message)]


@pytest.mark.parametrize("folder", ["generic_csv", "generic_jsonl", "generic_text"])
def test_golden(folder: str) -> None:
    """Each way to write a talk gives exactly the records written beside it."""
    assert check_golden(GOLDEN / folder) == []


@pytest.mark.parametrize(
    ("header", "field", "column"),
    [
        ("Message ID,text", "id", "Message ID"),
        ("Thread,text", "conversation", "Thread"),
        ("created-at,text", "timestamp", "created-at"),
        ("name,role,text", "speaker", "role"),
        ("Body,from", "text", "Body"),
        ("date,timestamp", "timestamp", "timestamp"),
    ],
)
def test_common_column_names(header: str, field: str, column: str) -> None:
    """Columns are known by name, however capitals, spaces and dashes are written."""
    assert detect_columns(header.split(","))[field] == column


def test_forms_do_not_overlap() -> None:
    """Each form is known by one importer only, and unrelated text by none."""
    assert chosen("speaker,text\nuser,Hello\n") == "csv"
    assert chosen('{"speaker": "user", "text": "Hello"}\n') == "jsonl"
    assert chosen('[\n {"role": "user", "content": "Hello"}\n]') == "jsonl"
    assert chosen("User: speaker,text\nAI: yes\n") == "text"
    assert chosen("[2024-01-01 10:00] User: a\n[2024-01-01 10:01] AI: b\n") == "text"
    assert chosen("a,b\n1,2\n", columns={"speaker": "a", "text": "b"}) == "csv"
    for other in ("a,b\n1,2\n", '{"a": 1}\n', "Only words: none of them ours.\n"):
        with pytest.raises(InputRejectedError):
            chosen(other)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("said", [False, True])
def test_tables_as_spreadsheets_save_them(
    mark: str, encoding: str, said: bool, tmp_path: Path
) -> None:
    """Semicolons, tabs, a mark of the encoding and a `sep=` line change no word."""
    text = 'Hello; one, two\tthree "four"\nand five'
    path = tmp_path / "talk.txt"
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(f"sep={mark}\r\n" if said else "")
        writer = csv.writer(file, delimiter=mark)
        rows = [("Date", "From", "Text"), ("2024-05-01 10:00", "Me", text)]
        writer.writerows([*rows, ("2024-05-01 10:01", "AI", "Good morning")])
    with Source.open(path) as source:
        importer = find_importer(source, ReadOptions())
        records = list(importer.read(source, ReadOptions()))
    assert importer.name == "csv"
    assert turns(records) == [(Role.USER, text), (Role.PERSONA, "Good morning")]
    assert records[0].where == f"talk.txt line {3 if said else 2}"


def test_chosen_columns_of_a_table_with_semicolons() -> None:
    """Columns named by hand are found, and a wrong name is told with the right ones."""
    table = "Wer;Worte\nIch;Guten Tag, du\n"
    columns = {"speaker": "Wer", "text": "Worte"}
    assert chosen(table, columns=columns, me=("Ich",)) == "csv"
    assert turns(read(GenericCsv(), table, columns=columns, me=("Ich",))) == [
        (Role.USER, "Guten Tag, du")
    ]
    with pytest.raises(UsageError) as caught:
        read(GenericCsv(), table, columns={"speaker": "Sager"})
    assert "Wer, Worte" in caught.value.hint


def test_missing_column_is_named() -> None:
    """A column that does not exist is an error that lists those that do."""
    table = "who,words,when\nuser,Hello,now\n"
    for columns in ({"speaker": "sayer", "text": "words"}, {"text": "words"}):
        with pytest.raises(UsageError) as caught:
            read(GenericCsv(), table, columns=columns)
        assert "who, words, when" in caught.value.hint
    with pytest.raises(UsageError, match="no field named mood"):
        read(GenericCsv(), table, columns={"mood": "who"})


def test_text_in_place_of_a_header_is_not_shown() -> None:
    """An error names columns, never words of a chat that stand in their place."""
    with pytest.raises(UsageError) as caught:
        read(GenericCsv(), "Good night and sleep very well my dear,x\n")
    assert "night" not in caught.value.message + caught.value.hint


def test_a_field_can_be_left_out() -> None:
    """A column with a telling name that holds something else can be switched off."""
    table = "speaker,text,date\nuser,Hello,blue\n"
    with pytest.raises(InputRejectedError) as caught:
        read(GenericCsv(), table)
    assert "--map timestamp=" in caught.value.hint
    assert turns(read(GenericCsv(), table, columns={"timestamp": ""})) == [
        (Role.USER, "Hello")
    ]


def test_threads_only_with_a_conversation_column() -> None:
    """Without such a column the file is one endless talk named main."""
    (one,) = read(GenericCsv(), "speaker,text\nuser,Hello\n")
    (two,) = read(GenericCsv(), "speaker,text,chat\nuser,Hello,7\n")
    assert isinstance(one, Message)
    assert isinstance(two, Message)
    assert (one.conversation.native_id, one.conversation.threaded) == ("main", False)
    assert (two.conversation.native_id, two.conversation.threaded) == ("7", True)


def test_an_unknown_speaker_is_never_guessed() -> None:
    """A label that nobody declared is an issue with a place and without the label."""
    table = "speaker,text\nAnna,Hello\nMira,Hello\nuser,Hello\n"
    records = read(GenericCsv(), table, me=("ANNA",))
    assert [type(record) for record in records] == [Message, ImportIssue, Message]
    assert records[1] == ImportIssue("unknown speaker", "talk.txt line 3")


def test_a_time_key_of_later_lines_goes_first() -> None:
    """Which key holds the times is what all lines tell, not the head alone.

    The last line's time shows that it is the day that stands first in all of them.
    """
    lines = [
        {"role": "user", "text": f"So {n}", "date": "2021-01-01"} for n in range(60)
    ]
    later = [
        {"role": "bot", "text": "Yes", "timestamp": day}
        for day in ("03/04/2021 10:00", "13/04/2021 10:00")
    ]
    text = "".join(json.dumps(line) + "\n" for line in [*lines, *later])
    found = [one for one in read(GenericJsonl(), text) if isinstance(one, Message)]
    assert [one.local_at for one in found[-3:]] == [
        None,
        "2021-04-03T10:00:00",
        "2021-04-13T10:00:00",
    ]


@pytest.mark.parametrize(
    ("n_walks", "last"), [(2, {"time": "2021-01-02"}), (3, {"date": "2021-01-02"})]
)
def test_keys_and_times_are_learned_in_one_walk(
    n_walks: int, last: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is walked once more only where a late line changes which key is read."""
    walked = []
    lines = Source.json_lines

    def counted(source: Source) -> Iterator[tuple[str, Any]]:
        walked.append(source.name)
        return lines(source)

    monkeypatch.setattr(Source, "json_lines", counted)
    rows = [
        {"role": "user", "text": f"So {n}", "time": "2021-01-01"} for n in range(60)
    ]
    rows.append({"role": "bot", "text": "Yes", **last})
    read(GenericJsonl(), "".join(json.dumps(row) + "\n" for row in rows))
    assert len(walked) == n_walks


def test_late_keys_are_seen() -> None:
    """A key that first appears far down in a file counts like the others."""
    rows: list[dict[str, Any]] = [{"speaker": "ai", "text": str(i)} for i in range(300)]
    rows[-1]["model"] = "m-1"
    records = read(GenericJsonl(), "\n".join(map(json.dumps, rows)))
    last = records[-1]
    assert isinstance(last, Message)
    assert [claim.value for claim in last.models] == ["m-1"]


@pytest.mark.parametrize("options", [{}, {"me": ("Anna",)}, {"them": ("Mira",)}])
def test_text_without_known_names_is_refused(options: dict[str, Any]) -> None:
    """Where one side cannot be told, the user is asked for the names."""
    talk = "Anna: Hello\nMira: Hello\nAnna: How are you?\nMira: Well.\n"
    assert chosen(talk) == "text"
    with pytest.raises(InputRejectedError) as caught:
        read(NamedText(), talk, **options)
    assert "--me NAME --them NAME" in caught.value.hint
    assert "Anna" not in caught.value.message + caught.value.hint


def test_only_declared_names_open_turns() -> None:
    """Once names are given, "You:" or a stranger's name is part of what was said."""
    talk = "Anna: Read this:\nYou: are kind\nIda: said so\nMira: I see.\n"
    assert turns(read(NamedText(), talk, me=("Anna",), them=("Mira",))) == [
        (Role.USER, "Read this:\nYou: are kind\nIda: said so"),
        (Role.PERSONA, "I see."),
    ]


@pytest.mark.parametrize(
    "head",
    [
        "Mira: ",
        "mira :",
        "Mira:\n",
        "**Mira:** ",
        "**Mira**: ",
        "[2024-05-01 10:00] Mira: ",
        "[2024-05-01 10:00:00]\u202fMira\n",
        "## Mira\n",
        "## Mira - 2024-05-01 10:00\n\n",
        "### Mira (May 1, 2024 10:00 am)\n",
        "\u200eMira: ",
    ],
)
def test_ways_to_open_a_turn(head: str) -> None:
    """Every way in which people mark a speaker gives the same words."""
    talk = f"Anna: Hello\n{head}Good morning.\nAnna: Bye\n"
    records = read(NamedText(), talk, me=("Anna",), them=("Mira",))
    assert turns(records)[1] == (Role.PERSONA, "Good morning.")
    if "2024" in head:
        assert isinstance(records[1], Message)
        assert records[1].time_quality is TimeQuality.LOCAL
        assert records[1].local_at == "2024-05-01T10:00:00"


@given(st.lists(st.tuples(st.booleans(), WORDS), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_a_csv(rows: list[tuple[bool, str]]) -> None:
    """Words in every script, quotes, commas and line breaks come out unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "talk.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["speaker", "text"])
            writer.writerows(("user" if mine else "ai", text) for mine, text in rows)
        with Source.open(path) as source:
            records = list(GenericCsv().read(source, ReadOptions()))
    _check_rows(records, rows)


@given(st.lists(st.tuples(st.booleans(), WORDS), max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_text_survives_jsonl(rows: list[tuple[bool, str]], as_list: bool) -> None:
    """The same for JSON Lines and for one JSON list."""
    values = [
        {"speaker": "user" if mine else "ai", "text": text} for mine, text in rows
    ]
    values.append({"speaker": "user", "text": "the end"})
    lines = "\n".join(json.dumps(value, ensure_ascii=False) for value in values)
    records = read(GenericJsonl(), json.dumps(values) if as_list else lines)
    _check_rows(records, [*rows, (True, "the end")])


def _check_rows(records: list[Record], rows: list[tuple[bool, str]]) -> None:
    assert len(records) == len(rows)
    for record, (mine, text) in zip(records, rows, strict=True):
        if not text.strip():
            assert isinstance(record, Ignored)
            continue
        assert isinstance(record, Message)
        role = Role.USER if mine else Role.PERSONA
        assert (record.role, record.text) == (role, text)


@given(st.lists(WORDS.filter(lambda text: text.strip() != ""), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_named_text(texts: list[str]) -> None:
    """Words of pasted turns are kept to the letter, but for blank lines around them."""
    talk = "".join(
        f"{'Anna Q.' if number % 2 else 'Mira Q.'}:\n{text}\n"
        for number, text in enumerate(["Hello", *texts], 1)
    )
    records = read(NamedText(), talk, me=("Anna Q.",), them=("Mira Q.",))
    wanted = []
    for text in ["Hello", *texts]:
        lines = text.split("\n")
        while not lines[0].strip():
            lines.pop(0)
        while not lines[-1].strip():
            lines.pop()
        wanted.append("\n".join(lines))
    assert [text for _role, text in turns(records)] == wanted


def test_sample_tables(samples: Path) -> None:
    """Real tables of messages are read whole: each line one message with its time."""
    paths = sorted((samples / "drift").glob("*/messages.jsonl"))[::4]
    assert paths
    for path in paths:
        with Source.open(path) as source:
            importer = find_importer(source, ReadOptions())
            records = list(importer.read(source, ReadOptions()))
        assert importer.name == "jsonl"
        assert len(records) == path.read_text(encoding="utf-8").count("\n")
        assert all(
            isinstance(record, Message) and record.time_quality is TimeQuality.EXACT
            for record in records
        )
