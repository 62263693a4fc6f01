"""Rules of Google's activity logs that the golden exports cannot show."""

from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.marked_text import marked_text
from persona_vault.importers.formats.gemini import html
from persona_vault.importers.formats.gemini.dates import is_date_line, read_date
from persona_vault.importers.formats.gemini.importer import Gemini
from persona_vault.importers.formats.gemini.titles import Frame, learn_frame
from persona_vault.model import Ignored, ReadOptions, TimeQuality
from tests.importers.flat import knows, messages, read, said, write_json

HEAD = "<html><head><style>%s</style></head><body>"


def record(title: str, answer: str = "", **fields: Any) -> dict[str, Any]:
    """One record of the JSON log."""
    made: dict[str, Any] = {
        "header": "Gemini Apps",
        "title": title,
        "time": "2025-11-09T18:22:41.507Z",
        "products": ["Gemini Apps"],
        **fields,
    }
    if answer:
        made["safeHtmlItem"] = [{"html": f"<p>{answer}</p>"}]
    return made


def cell(content: str, product: str = "Gemini Apps") -> str:
    """One record of the page."""
    return (
        '<div class="outer-cell x"><div class="mdl-grid"><div class="header-cell">'
        f'<p>{product}<br></p></div><div class="content-cell x">{content}</div>'
        '<div class="content-cell x"><b>Products:</b><br>Gemini Apps</div></div></div>'
    )


def page(
    path: Path, *cells: str, styles: str = "", end: str = "</body></html>"
) -> Path:
    """A page of these records."""
    path.write_text(HEAD % styles + "".join(cells) + end, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("Jan 2, 2025, 3:04:05\u202fPM EDT", "2025-01-02T19:04:05+00:00"),
        ("Jan 2, 2025, 12:04:05\xa0AM PST", "2025-01-02T08:04:05+00:00"),
        ("2 Jan 2025, 15:04:05 GMT+05:30", "2025-01-02T09:34:05+00:00"),
        ("Jan 2, 2025, 3:04:05 PM GMT-3", "2025-01-02T18:04:05+00:00"),
        ("17 de fev. de 2026, 15:08:20 BRT", "2026-02-17T18:08:20+00:00"),
        ("2 de enero de 2025, 3:04:05 p.\xa0m. GMT-5", "2025-01-02T20:04:05+00:00"),
        ("17. M\u00e4rz 2026, 15:08:20 MEZ", "2026-03-17T14:08:20+00:00"),
        ("2 juil. 2025 \u00e0 15:04:05 CEST", "2025-07-02T13:04:05+00:00"),
        ("2 juin 2025, 15:04:05 CEST", "2025-06-02T13:04:05+00:00"),
        ("2025\u5e741\u67082\u65e5 15:04:05 JST", "2025-01-02T06:04:05+00:00"),
        ("2025. 1. 2. \uc624\ud6c4 3:04:05 GMT+9", "2025-01-02T06:04:05+00:00"),
        (
            "2 \u044f\u043d\u0432. 2025 \u0433., 15:04:05 GMT+03:00",
            "2025-01-02T12:04:05+00:00",
        ),
    ],
)
def test_dates_of_many_languages_are_read_exactly(line: str, time: str) -> None:
    """A zone that names one offset gives the instant."""
    stamp, flags = read_date(line, day_first=None)

    assert is_date_line(line)
    assert stamp.sent_at is not None
    assert (stamp.sent_at.isoformat(), flags) == (time, ())


@pytest.mark.parametrize("zone", ["IST", "BST", "XYZ", ""])
def test_unknown_zone_leaves_a_wall_time(zone: str) -> None:
    """A name that stands for several offsets, or for none, is never guessed."""
    stamp, _flags = read_date(f"Jan 2, 2025, 3:04:05 PM {zone}", day_first=None)

    assert stamp.quality is TimeQuality.LOCAL
    assert stamp.local_at == "2025-01-02T15:04:05"


def test_numeric_date_that_reads_both_ways_stays_unread() -> None:
    """The order of day and month is asked for, not assumed."""
    line = "1/2/2025, 15:04:05 UTC"

    assert read_date(line, day_first=None)[1] == ("time_unread",)
    assert str(read_date(line, day_first=True)[0].sent_at)[:10] == "2025-02-01"
    assert str(read_date(line, day_first=False)[0].sent_at)[:10] == "2025-01-02"


@pytest.mark.parametrize(
    "line", ["31 Feb 2025, 15:04:05 UTC", "Jan 2, 2025, 13:04:05 PM UTC"]
)
def test_impossible_dates_are_unread(line: str) -> None:
    """A day or an hour that does not exist is no time."""
    assert read_date(line, day_first=None)[1] == ("time_unread",)


def test_frame_is_learned_from_the_file_in_any_language() -> None:
    """What most titles share before or behind the prompt is Google's."""
    before = [
        f"Kysyit: {word} illalla" for word in "yksi kaksi kolme viisi kuusi".split()
    ]
    behind = [f"{word} diye sordunuz" for word in "bir iki dort bes alti".split()]

    assert learn_frame(before) == Frame("Kysyit:")
    assert learn_frame(behind) == Frame("", "sordunuz")


def test_hard_space_sets_the_frame_apart() -> None:
    """Pages join their words to the prompt by a hard space: two records tell."""
    titles = ["Du hast gefragt:\xa0Wann?", "Du hast gefragt:\xa0Wo?"]

    assert learn_frame(titles) == Frame("Du hast gefragt:")
    assert Frame("Du hast gefragt:").prompt(titles[0]) == "Wann?"


def test_a_persons_own_first_words_are_kept() -> None:
    """Prompts that all begin alike lose nothing but Google's own word."""
    hello = [f"Prompted Hey June, what is {n}?" for n in range(9)]
    unknown = [f"Zapytano Hey June, what is {n}?" for n in range(9)]

    assert learn_frame(hello) == Frame("Prompted")
    assert learn_frame(unknown) == Frame("Zapytano")


def test_too_few_titles_keep_every_word(tmp_path: Path) -> None:
    """Where Google's words cannot be told from the user's, all are kept and flagged."""
    path = write_json(
        tmp_path / "a.json", [record("Zapytano o pogod\u0119", "Deszcz.")]
    )

    prompt, answer = messages(read(Gemini(), path))

    assert (prompt.text, prompt.flags) == ("Zapytano o pogod\u0119", ("title_kept",))
    assert answer.text == "Deszcz."


def test_newest_first_is_turned_pair_by_pair(tmp_path: Path) -> None:
    """Turning the log leaves every prompt before its own answer."""
    values = [
        record(f"Prompted q{n}", f"a{n}", time=f"2025-11-0{n}T00:00:00Z")
        for n in (3, 2, 1)
    ]

    records = read(Gemini(), write_json(tmp_path / "a.json", values))

    assert said(records) == [
        (who, f"{letter}{n}")
        for n in (1, 2, 3)
        for who, letter in (("u", "q"), ("p", "a"))
    ]


def test_other_logs_of_google_are_left_alone(tmp_path: Path) -> None:
    """Searches and films have the same keys, and are no talk."""
    search = record("Searched for gemini", header="Search", products=["Search"])
    path = write_json(tmp_path / "a.json", [search])

    assert not knows(Gemini(), path)
    assert not knows(Gemini(), page(tmp_path / "a.html", cell("x<br>", "Search")))


def test_styles_longer_than_the_head_do_not_hide_the_page(tmp_path: Path) -> None:
    """Google puts more than 64 KiB of styles before the first record."""
    one = cell("Prompted\xa0Hi<br>Jan 2, 2025, 3:04:05 PM EST<br><p>Hello.</p>")
    path = page(tmp_path / "a.html", one, styles=".a{margin:0}" * 9_000)

    assert said(read(Gemini(), path)) == [("u", "Hi"), ("p", "Hello.")]


def test_cut_off_page_is_refused(tmp_path: Path) -> None:
    """Half a page may lack records without a trace."""
    one = cell("Prompted\xa0Hi<br>Jan 2, 2025, 3:04:05 PM EST<br><p>Hello.</p>")

    with pytest.raises(InputRejectedError, match="cut off"):
        read(Gemini(), page(tmp_path / "a.html", one, end=""))


def test_page_with_an_endless_tag_is_refused(tmp_path: Path) -> None:
    """A comment that never ends is not searched again and again."""
    one = cell("Prompted\xa0Hi<br>Jan 2, 2025, 3:04:05 PM EST<br><p>Hello.</p>")

    with pytest.raises(InputRejectedError, match="more than 1 MiB"):
        read(Gemini(), page(tmp_path / "a.html", one, "<!--" + "x" * 1_300_000))


def test_a_zero_byte_of_a_damaged_page_is_marked(tmp_path: Path) -> None:
    """It would cut the words in SQLite; what HTML says of it is U+FFFD."""
    content = (
        "Prompted\xa0Hi\x00 you<br>Jan 2, 2025, 3:04:05 PM EST<br><p>He\x00llo.</p>"
    )

    prompt, answer = messages(read(Gemini(), page(tmp_path / "a.html", cell(content))))

    assert (prompt.text, answer.text) == ("Hi\ufffd you", "He\ufffdllo.")


def test_date_inside_a_prompt_is_not_the_records(tmp_path: Path) -> None:
    """The last date before the answer is the record's; earlier ones are quoted."""
    content = (
        "Prompted\xa0What failed?<br>2024-05-06 07:08:09 UTC<br>"
        "Jan 2, 2025, 3:04:05 PM EST<br><p>On 2024-05-06 07:08:09 the disk.</p>"
    )

    prompt, answer = messages(read(Gemini(), page(tmp_path / "a.html", cell(content))))

    assert prompt.text == "What failed?\n2024-05-06 07:08:09 UTC"
    assert str(prompt.sent_at) == "2025-01-02 20:04:05+00:00"
    assert answer.text == "On 2024-05-06 07:08:09 the disk."


def test_each_line_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A prompt of many paragraphs without a date takes no quadratic time."""
    asked: list[str] = []
    monkeypatch.setattr(html, "is_date_line", lambda line: bool(asked.append(line)))
    lines = [f"line {number}" for number in range(500)]

    read(Gemini(), page(tmp_path / "a.html", cell("<p>".join(lines))))

    assert sorted(asked) == sorted(["", *lines[1:]])


def test_an_element_that_holds_nothing_ends_by_itself(tmp_path: Path) -> None:
    """A place to break a word is no level of the record: what follows is read."""
    when = "<br>Jan 2, 2025, 3:04:05 PM EST<br>"
    path = page(
        tmp_path / "a.html",
        cell(f"Prompted\xa0Hi{when}<p>Hello<wbr>.</p>"),
        '<div class="content-cell">stray</div>',
        cell(f"Prompted\xa0Ho{when}<p>Yes.</p>"),
    )

    assert said(read(Gemini(), path)) == [
        *(("u", "Hi"), ("p", "Hello."), ("u", "Ho"), ("p", "Yes."))
    ]


def test_record_without_a_readable_date_is_kept(tmp_path: Path) -> None:
    """A prompt whose date is in no known form loses its time, not its words."""
    path = page(
        tmp_path / "a.html",
        cell("Prompted\xa0Hi<br>some day in 2025<br>"),
        cell("Prompted\xa0Ho<br>Jan 2, 2025, 3:04:05 PM EST<br><p>Hello.</p>"),
    )

    first = messages(read(Gemini(), path))[0]

    assert first.text.startswith("Hi")
    assert first.flags == ("time_unread", "answer_missing")


def test_every_record_is_counted(tmp_path: Path) -> None:
    """Feedback, other products and broken records each give one record."""
    values = [
        record("Prompted a", "b"),
        record("Gave feedback"),
        record("Searched", header="Search", products=[]),
        7,
        record("Prompted"),
    ]

    records = read(Gemini(), write_json(tmp_path / "a.json", values))

    assert {each.where.split(" item ")[1][0] for each in records} == set("12345")
    assert sum(isinstance(each, Ignored) for each in records) == 3


def test_day_first_reaches_the_page(tmp_path: Path) -> None:
    """What the user says of numeric dates holds here too."""
    path = page(
        tmp_path / "a.html", cell("Prompted\xa0Hi<br>1/2/2025, 15:04:05 UTC<br>x")
    )

    found = messages(read(Gemini(), path, ReadOptions(day_first=True)))

    assert str(found[0].sent_at)[:10] == "2025-02-01"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>d", "- a\n- b\n  1. c\n\nd"),
        (
            "<h2>T</h2><p>x <b>y</b> <em>z</em> <code>k</code></p>",
            "## T\n\nx **y** *z* `k`",
        ),
        ("<pre><code>a\n  b</code></pre>", "```\na\n  b\n```"),
        ("<script>x()</script>a<style>b{}</style>", "a"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("</b></li></ul>a", "a"),
        ("", ""),
    ],
)
def test_html_becomes_marked_text(html: str, text: str) -> None:
    """An answer reads as it would have been written in Markdown."""
    assert marked_text(html) == text
