"""Rules of Copilot's CSV files that the golden exports cannot show."""

from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.copilot import Copilot
from persona_vault.model import ReadOptions, TimeQuality
from tests.importers.flat import chosen, knows, messages, read, said

HEADER = "Conversation,Time,Author,Message\n"


def table(path: Path, *rows: str, header: str = HEADER) -> Path:
    """A CSV file of these rows."""
    path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("first", ["user", "AI"])
def test_pair_of_one_second_begins_with_the_user(tmp_path: Path, first: str) -> None:
    """Whichever row stands first in the file, the prompt comes before its answer."""
    rows = {"user": "T,2026-02-17T14:36:11,user,Q", "AI": "T,2026-02-17T14:36:11,AI,A"}
    order = [rows[first], *(row for who, row in rows.items() if who != first)]

    records = read(Copilot(), table(tmp_path / "c.csv", *order))

    assert said(records) == [("u", "Q"), ("p", "A")]


def test_two_pairs_of_one_second_stay_pairs(tmp_path: Path) -> None:
    """Each answer stays behind its own prompt, in files of either direction."""
    second = "2026-02-17T14:36:11"
    for order in (["u,1", "p,1", "u,2", "p,2"], ["p,1", "u,1", "p,2", "u,2"]):
        rows = [
            f"T,{second},{'user' if each[0] == 'u' else 'AI'},{each[2]}"
            for each in order
        ]

        records = read(Copilot(), table(tmp_path / "c.csv", *rows))

        assert said(records) == [("u", "1"), ("p", "1"), ("u", "2"), ("p", "2")]


def test_pairs_of_two_threads_are_not_mixed(tmp_path: Path) -> None:
    """A prompt of the same second in another conversation is another prompt."""
    rows = ("A,2026-02-17T14:36:11,AI,a", "B,2026-02-17T14:36:11,user,q")

    records = read(Copilot(), table(tmp_path / "c.csv", *rows))

    assert said(records) == [("p", "a"), ("u", "q")]


def test_file_that_runs_forwards_is_not_turned(tmp_path: Path) -> None:
    """The direction is read from the times, not assumed."""
    rows = [f"T,2026-02-17T14:36:1{n},user,{n}" for n in range(4)]

    records = read(Copilot(), table(tmp_path / "c.csv", *rows))

    assert [text for _who, text in said(records)] == ["0", "1", "2", "3"]


def test_main_file_has_wall_times(tmp_path: Path) -> None:
    """No zone is written, so that none is invented."""
    path = table(tmp_path / "c.csv", "T,2026-02-17T14:36:11,user,Q")

    (message,) = messages(read(Copilot(), path))

    assert message.time_quality is TimeQuality.LOCAL
    assert message.local_at == "2026-02-17T14:36:11"


def test_prompts_alone_are_refused_in_one_sentence(tmp_path: Path) -> None:
    """A file without any answer says so, and which file has them."""
    path = table(tmp_path / "w.csv", "2026-01-01,Windows,Hi", header="")
    path.write_text(f"Timestamp,ClientApp,Prompt\n{path.read_text()}")

    with pytest.raises(InputRejectedError) as error:
        read(Copilot(), path)

    assert error.value.message == "w.csv holds only prompts, without any answer"
    assert "copilot-activity-history.csv" in error.value.hint


def test_other_tables_with_these_common_words_are_left_alone(tmp_path: Path) -> None:
    """Four plain words make no Copilot file: spelling and authors must fit as well."""
    small = "conversation,time,author,message\n"
    foreign = table(tmp_path / "a.csv", "T,2026-02-17T14:36:11,Ottilie,Q")
    lower = table(tmp_path / "b.csv", "T,2026-02-17T14:36:11,user,Q", header=small)

    assert not knows(Copilot(), foreign)
    assert not knows(Copilot(), lower)
    assert chosen(lower) == "csv"


def test_named_columns_win(tmp_path: Path) -> None:
    """Who names columns wants the reader of tables."""
    path = table(tmp_path / "c.csv", "T,2026-02-17T14:36:11,user,Q")

    assert not knows(Copilot(), path, ReadOptions(columns={"text": "Message"}))
