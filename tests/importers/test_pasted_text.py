"""Text copied from the screens of apps that have no export, line by line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.generic.named_turns import Layout, Turn, turns
from persona_vault.importers.formats.generic.stamplines import Stampline, stampline
from persona_vault.importers.formats.generic.tables import NamedText
from persona_vault.importers.talk.columns import Speakers
from persona_vault.ingest import import_file
from persona_vault.model import Message, ReadOptions, Role
from persona_vault.store.vault import Vault
from tests.hostile.console import call
from tests.importers.messengers import messages, read

NAMES: dict[str, Any] = {"me": ("Sam",), "them": ("Mira",)}
HELLO = [(Role.PERSONA, "Hello"), (Role.USER, "Hi\nthere"), (Role.PERSONA, "Bye")]


def pasted(tmp_path: Path, text: str, **options: Any) -> list[Message]:
    """The messages of a pasted text; nothing of it may be lost as an issue."""
    path = tmp_path / "pasted.txt"
    path.write_text(text, encoding="utf-8")
    records = read(NamedText(), path, **(options or NAMES))
    assert len(messages(records)) == len(records)
    return messages(records)


@pytest.mark.parametrize(
    "text",
    [
        "Mira\nHello\nSam\nHi\nthere\nMira\nBye\n",
        "Mira\n\nHello\n\nSam\n\nHi\nthere\n\nMira\n\nBye",
        "**Mira**\nHello\n**Sam**\nHi\nthere\n**Mira**\nBye",
        "Mira said:\nHello\nSam said:\nHi\nthere\nMira said:\nBye",
        "Mira\n10:42 PM\nHello\nSam\n10:43 PM\nHi\nthere\nMira\n10:44 PM\nBye\n",
        "Mira\nHello\n10:42 PM\nSam\nHi\nthere\n10:43 PM\nMira\nBye\n10:44 PM\n",
        "10:42 PM\nMira\nHello\n10:43 PM\nSam\nHi\nthere\n10:44 PM\nMira\nBye\n",
        "Today 10:42\nMira: Hello\nSam: Hi\nthere\n\nYesterday\n\nMira: Bye\n",
        "Mira 10:42 PM\nHello\nSam 10:43 PM\nHi\nthere\nMira 10:44 PM\nBye",
        "Mira • Today at 10:42 PM\nHello\nSam, 10:43\nHi\nthere\nMira (10:44)\nBye",
        "[10:42 PM] Mira: Hello\n[10:43 PM] Sam: Hi\nthere\n[10:44 PM] Mira: Bye",
        "10:42 Mira: Hello\n10:43 Sam: Hi\nthere\n10:44 Mira: Bye",
        "10:42 PM - Mira: Hello\n10:43 PM - Sam: Hi\nthere\n10:44 PM - Mira: Bye",
        "Mira (10:42 PM): Hello\nSam (10:43 PM): Hi\nthere\nMira (10:44 PM): Bye",
        "Monday\n\nMira: Hello\nSam: Hi\nthere\n\nTue, May 7\n\nMira: Bye",
    ],
)
def test_what_people_paste(tmp_path: Path, text: str) -> None:
    """However bubbles are copied, the words are the same and no time is among them."""
    assert [(m.role, m.text) for m in pasted(tmp_path, text)] == HELLO
    crlf = text.replace("\n", "\r\n")
    assert [(m.role, m.text) for m in pasted(tmp_path, crlf)] == HELLO


@pytest.mark.parametrize(
    ("text", "walls"),
    [
        ("January 5, 2024\nMira\nA\n10:42 PM\nSam\nB\n10:43 PM\n", ["22:42", "22:43"]),
        ("Fri, Jan 5, 2024\n10:42 PM\nMira\nA\n10:43 PM\nSam\nB\n", ["22:42", "22:43"]),
        ("Mira — 13/01/2024 22:42\nA\nSam — 13/01/2024 22:43\nB", ["22:42", "22:43"]),
        ("2024-01-05\n\nMira 22:42\nA\nSam 22:43\nB", ["22:42", "22:43"]),
        (
            "Jan 5, 2024 • 22:42\nMira: A\n5 Jan 2024 22:43\nSam: B",
            ["22:42", "22:43"],
        ),
        ("[22:42, 13/01/2024] Mira: A\n[22:43, 13/01/2024] Sam: B", ["22:42", "22:43"]),
        ("Mira\nA\nJan 5, 2024 22:42\nSam\nB\nJan 5, 2024 22:43\n", ["22:42", "22:43"]),
    ],
)
def test_times_count_where_their_day_is_known(
    tmp_path: Path, text: str, walls: list[str]
) -> None:
    """A clock belongs to the day that was named last, above or below its bubble."""
    found = [m.local_at or "" for m in pasted(tmp_path, text)]

    assert [each[11:16] for each in found] == walls
    assert {each[:10] for each in found} <= {"2024-01-05", "2024-01-13"}


def test_a_day_without_a_date_gives_no_time(tmp_path: Path) -> None:
    """A clock under "Today" gets no day, least of all the one named before."""
    found = pasted(
        tmp_path,
        "January 5, 2024\nMira\nA\n10:42 PM\nSam\nB\n10:43 PM\n"
        "Today\nMira\nC\n9:00 AM\nSam\nD\n9:01 AM\n",
    )

    assert [bool(m.local_at) for m in found] == [True, True, False, False]


def test_the_order_of_day_and_month_is_decided_or_asked_for(tmp_path: Path) -> None:
    """Days between bubbles are dates like all others."""
    text = "03/04/2024\nMira\nA\n10:42\nSam\nB\n10:43\n"

    with pytest.raises(InputRejectedError) as caught:
        pasted(tmp_path, text)
    assert "--day-first" in caught.value.hint
    assert pasted(tmp_path, text, **NAMES, day_first=True)[0].local_at == (
        "2024-04-03T10:42:00"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mira: When?\nSam: 10:42 PM\nMira: Fine", ["When?", "10:42 PM", "Fine"]),
        ("Mira\nWhen?\nSam\nToday\nMira\nFine", ["When?", "Today", "Fine"]),
        ("Mira\nWhen?\nSam\n10:42 PM\nMira\nFine", ["When?", "10:42 PM", "Fine"]),
        ("Mira: A list:\nMonday\nTuesday\nSam: B", ["A list:\nMonday\nTuesday", "B"]),
        ("Mira: At\n10:42 PM\nwe meet\nSam: B", ["At\n10:42 PM\nwe meet", "B"]),
        ("Mira: I said\nSam\nis kind\nSam: B", ["I said\nSam\nis kind", "B"]),
        ("Mira: A\nYou: B\nIda: C\nSam: D", ["A\nYou: B\nIda: C", "D"]),
        (
            "Mira: born\nJanuary 5, 1990\nin spring\nSam: B",
            ["born\nJanuary 5, 1990\nin spring", "B"],
        ),
    ],
)
def test_what_was_said_stays(tmp_path: Path, text: str, words: list[str]) -> None:
    """Times, days and names that are words of a message are not taken out of it."""
    assert [m.text for m in pasted(tmp_path, text)] == words


def test_a_time_inside_a_turn_may_part_two_messages(tmp_path: Path) -> None:
    """Bubbles of one speaker become one message, which says so."""
    found = pasted(
        tmp_path,
        "Mira\nHello\n10:42 PM\nStill here?\n10:50 PM\nSam\nYes\n10:51 PM\n",
    )

    assert [m.text for m in found] == ["Hello\n\nStill here?", "Yes"]
    assert [m.flags for m in found] == [("joined_possible",), ()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10:42 PM", Stampline("", "10:42 PM")),
        ("at 10:42", Stampline("", "10:42")),
        ("10 p.m.", Stampline("", "10 p.m.")),
        ("— 22.42 —", Stampline("", "22.42")),
        ("Today 10:42", Stampline("", "10:42", is_relative=True)),
        ("Yesterday at 9:15 PM", Stampline("", "9:15 PM", is_relative=True)),
        ("Gestern um 21:15", Stampline("", "21:15", is_relative=True)),
        ("Wednesday", Stampline("", "", is_relative=True)),
        ("May 7", Stampline("", "", is_relative=True)),
        ("7. May, 10:42", Stampline("", "10:42", is_relative=True)),
        ("May 7, 2024", Stampline("May 7, 2024", "")),
        (
            "Tuesday, May 7, 2024 at 10:42\u202fPM",
            Stampline("Tuesday, May 7, 2024", "10:42 PM"),
        ),
        ("2024-05-07 10:42", Stampline("2024-05-07", "10:42")),
        ("10:42, 7/5/2024", Stampline("7/5/2024", "10:42")),
        ("10:99", None),
        ("1704447720", None),
        ("Today was fine", None),
        ("May", None),
        ("We met May 7, 2024", None),
        ("", None),
    ],
)
def test_lines_of_time(text: str, found: Stampline | None) -> None:
    """What is a time and nothing else, and which part of it is the day."""
    assert stampline(text) == found


LINES = st.sampled_from(
    [
        *("Mira", "Sam:", "Sam: hi", "Mira 10:42", "10:42 PM", "Today", "Today 9:00"),
        *("", "January 5, 2024", "words", "You", "[10:42] Mira", "more words: here"),
    ]
)


@given(st.lists(LINES, max_size=30))
def test_no_word_is_lost_or_doubled(lines: list[str]) -> None:
    """Whatever the mixture, each line of words is in exactly one turn, in order."""
    speakers = Speakers(ReadOptions(**NAMES), declared_only=True)
    layout = Layout.of(lines, speakers)
    found = list(turns(enumerate(lines, 1), speakers, layout))

    said = [t for each in found if isinstance(each, Turn) for t in each.texts]
    first = next(
        (each.line for each in found if isinstance(each, Turn)), len(lines) + 1
    )
    wanted = [line for line in lines[first - 1 :] if line.endswith(("words", "here"))]
    assert [text for text in said if text.endswith(("words", "here"))] == wanted
    raw = [line for each in found if isinstance(each, Turn) for line in each.raw]
    assert [each for each in raw if each.strip()] == [
        line for line in lines[first - 1 :] if line.strip()
    ]


def test_an_app_without_an_export(vault: Vault, tmp_path: Path) -> None:
    """The app's name, both names and the zone are given; times become instants."""
    path = tmp_path / "pasted.txt"
    path.write_text(
        "5/1/2024\nMira\nHello\n10:42 PM\nSam\nHi\n10:43 PM\n", encoding="utf-8"
    )

    report = import_file(
        vault,
        path,
        persona="Mira",
        app="anima",
        timezone="Europe/Berlin",
        options=ReadOptions(**NAMES, day_first=True),
    )

    assert (report.app, report.n_added, report.n_issues) == ("anima", 2, 0)
    assert f"{report.first_at:%Y-%m-%d %H:%M}" == "2024-01-05 21:42"


def test_the_hint_on_the_command_line(tmp_path: Path) -> None:
    """Without names the command says which options to give, and shows no words."""
    path = tmp_path / "pasted.txt"
    path.write_text("Mira: Hello\nSam: Hi\nMira: So\nSam: Yes\n", encoding="utf-8")

    left = call("import", path, "--list")

    assert left.code == 3
    assert "--me NAME --them NAME" in left.err
    assert "Hello" not in left.said
