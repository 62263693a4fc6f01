"""The page: one inert file, readable by everyone, with nothing lost on the way."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from example import PAIRS, changes, quote, rich_diff, row
from payloads import PAYLOADS
from test_report_formats import poisoned

import persona_vault.reports
from persona_vault.findings import RowVerdict, Verdict
from persona_vault.reports import passages, render_report
from persona_vault.reports.inert import inert

VOID = {"meta", "rect", "line", "circle"}
ELEMENTS = VOID | set(
    "html head title style body a header h1 p bdi nav ol li main section h2 div table "
    "caption thead tbody tr th td span details summary ul h3 figure svg text strong "
    "figcaption article h4 blockquote mark q dl dt dd code footer".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class href id aria-label aria-labelledby "
    "aria-hidden tabindex role scope data-label data-row width height x y x1 x2 y1 y2 "
    "cx cy r rx dy text-anchor focusable dir title".split()
)


class Reader(HTMLParser):
    """Collects what a browser would see of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.section = ""
        self.rows: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.quotes: list[str] = []
        self.declarations: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and where the rows stand."""
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = found.get("id") or ""
        if "data-row" in found:
            self.rows.append((self.section, ""))
        if tag == "blockquote":
            self.quotes.append("")

    def handle_endtag(self, tag: str) -> None:
        """Elements close in the order they were opened."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Words, and those inside quotes."""
        self.text.append(data)
        if "blockquote" in self.open:
            self.quotes[-1] += data
        if self.rows and self.open[-1:] == ["h3"] and not self.rows[-1][1]:
            self.rows[-1] = (self.rows[-1][0], data.strip())

    def handle_comment(self, data: str) -> None:
        """A comment would be a place to hide things in."""
        self.declarations.append(data)

    def handle_decl(self, decl: str) -> None:
        """The doctype and nothing else."""
        self.declarations.append(decl)

    @property
    def words(self) -> str:
        """All text of the page."""
        return "".join(self.text)


@pytest.fixture(scope="module")
def page() -> str:
    """The rich example as a page."""
    return render_report(rich_diff())


def check_inert(page: str) -> Reader:
    """Only known elements and attributes, no script, nothing fetched."""
    reader = Reader(page)
    assert reader.open == []
    assert reader.declarations == ["DOCTYPE html"]
    assert {tag for tag, _ in reader.elements} <= ELEMENTS
    assert {name for _, found in reader.elements for name in found} <= ATTRIBUTES
    links = [str(found["href"]) for _, found in reader.elements if "href" in found]
    assert all(link.startswith("#") for link in links)
    policies = [f for t, f in reader.elements if t == "meta" and "http-equiv" in f]
    assert [f["http-equiv"] for f in policies] == ["Content-Security-Policy"]
    style = "".join(re.findall(r"<style>.*?</style>", page, flags=re.DOTALL))
    assert not re.search(r"url\(|@import|expression\(|//", style)
    return reader


def test_the_page_is_one_inert_file(page: str) -> None:
    """No script, no handler, no address, no comment, one policy that forbids all."""
    reader = check_inert(page)
    policy = next(str(f["content"]) for t, f in reader.elements if "http-equiv" in f)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert not re.search(r"https?:|www\.|javascript:|data:[a-z]", page)


def test_links_lead_to_parts_of_the_page(page: str) -> None:
    """Every link has its target, every id is there once."""
    reader = Reader(page)
    ids = [str(f["id"]) for _, f in reader.elements if "id" in f]
    links = {str(f["href"])[1:] for t, f in reader.elements if t == "a"}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)


def test_the_title_names_nobody(page: str) -> None:
    """What a window or a list of recent files shows is neutral."""
    title = re.findall(r"<title>(.*)</title>", page)
    assert title == [passages.TITLE]
    assert "Wren" not in passages.TITLE


def test_sections_stand_in_the_agreed_order(page: str) -> None:
    """Read, answer, time, changed, steady, your side, untold, keep, method."""
    reader = Reader(page)
    ids = [f["id"] for t, f in reader.elements if t == "section"]
    assert ids == list(passages.SECTIONS)


def test_every_row_is_on_the_page_once_in_its_section(page: str) -> None:
    """Each verdict has its place; no row is missing, none is told twice."""
    place = {
        RowVerdict.CHANGED: "changed",
        RowVerdict.PROBABLY_CHANGED: "changed",
        RowVerdict.STEADY: "steady",
        RowVerdict.EXPLAINED_BY_YOUR_SIDE: "yours",
        RowVerdict.CANNOT_SEPARATE: "yours",
        RowVerdict.CANNOT_TELL: "untold",
        RowVerdict.NOT_ENOUGH_DATA: "untold",
    }
    wanted = sorted(
        (place[c.verdict], c.title[:1].upper() + c.title[1:]) for c in changes()
    )
    assert sorted(Reader(page).rows) == wanted


@pytest.mark.parametrize(
    "phrase",
    [
        "can change it at any time",
        "needs no proof",
        "coincides with",
        "We could not tell",
        "No change worth the name could be measured",
        "smaller changes may be there",
        "neither watches nor understands",
        "988",
        "findahelpline.com",
        "Could this be something else?",
        "What this report cannot tell you",
        "Benjamini-Hochberg",
    ],
)
def test_the_page_says_what_it_must(page: str, phrase: str) -> None:
    """The sentences that keep a reader from over-reading are there."""
    assert phrase in Reader(page).words


def test_the_head_paragraph_is_said_once(page: str) -> None:
    """Once per report, not once per part."""
    assert page.count(passages.HEAD) == 1


def test_quotes_are_verbatim_and_folded(page: str) -> None:
    """The words copied out are the words imported; none shows before it is opened."""
    told = [q.text for p in PAIRS for q in (p.before, p.after) if q]
    found = Reader(page).quotes
    assert found[: len(told)] == told
    outside = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert "<blockquote" not in outside
    assert "<details open" not in page


@pytest.mark.parametrize(
    "text",
    [
        "  two spaces, a\ttab\n\n\nand a gap  ",
        "שלום, love",
        "a & b < c > d \"e\" 'f'",
        "\n x",
    ],
)
def test_any_quote_keeps_its_white_space_and_script(text: str) -> None:
    """Spaces, line breaks and right-to-left words survive the page."""
    told = replace(quote(1, text), spans=((0, 3),))
    assert Reader(
        render_report(rich_diff(changes=(row(counter_example=told),)))
    ).quotes == [text]


def test_the_words_that_show_a_row_are_marked(page: str) -> None:
    """Spans become mark elements around exactly their words."""
    assert re.findall(r"<mark>(.*?)</mark>", page) == [
        "love",
        "dear heart",
        "love",
        "dear heart",
    ]


@pytest.mark.parametrize("text", PAYLOADS)
def test_hostile_words_stay_words(text: str) -> None:
    """In every field: escaped, visible, and nothing but text."""
    reader = check_inert(render_report(poisoned(text)))
    assert inert(text) in reader.words
    assert reader.quotes.count(re.sub("[⟨⟩]", "", inert(text))) == 3 or "⟨" in inert(
        text
    )


def test_payloads_are_many_and_real() -> None:
    """At least twenty, all different."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 20


def test_control_and_direction_marks_are_visible() -> None:
    """An override that would turn a line round is spelled out instead."""
    page = render_report(
        rich_diff(persona="a\u202eb", changes=poisoned("x\x00\u2066y").changes)
    )
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)
    assert "U+202E" in page
    assert "U+2066" in page


def test_the_page_can_always_be_written() -> None:
    """A lone surrogate in a chat does not stop the file from being UTF-8."""
    render_report(poisoned("a\ud800b")).encode("utf-8")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_any_comparison_makes_a_page(verdict: Verdict) -> None:
    """With nothing optional in it, as from two snapshot files, a page still stands."""
    empty = rich_diff(
        verdict=verdict,
        changes=(),
        user_changes=(),
        continuity=None,
        drift_multiple=None,
        user_side_auc=None,
        phrases={},
        facts=(),
        languages={},
        mixture=None,
        coincides_with=(),
        excluded={},
        read={},
        timeline=(),
        method={},
    )
    words = check_inert(render_report(empty)).words
    for passage in (passages.NO_SOURCES, passages.NO_TIMELINE, passages.NO_EVENTS):
        assert passage in words
    assert passages.NOTHING_CHANGED in words
    assert passages.NOTHING_STEADY in words


def test_charts_have_a_sentence_and_are_hidden_from_screen_readers(page: str) -> None:
    """Each chart is a figure whose caption says what it shows."""
    figures = re.findall(r'<figure class="chart">(.*?)</figure>', page, flags=re.DOTALL)
    assert len(figures) > len(changes())
    for figure in figures:
        assert 'aria-hidden="true"' in figure
        caption = re.findall(r"<figcaption>(.*?)</figcaption>", figure, flags=re.DOTALL)
        assert len(caption) == 1
        assert len(caption[0]) > 20


def test_tables_have_captions_and_scoped_headers(page: str) -> None:
    """A screen reader can say what a cell belongs to."""
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        assert "<caption>" in table
        assert re.findall(r"<th(?! scope|ead)[ >]", table) == []


def test_headings_go_down_one_step_at_a_time(page: str) -> None:
    """One h1, and no level is jumped over."""
    levels = [int(t[1]) for t, _ in Reader(page).elements if re.fullmatch("h[1-6]", t)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, 1..21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_enough_in_light_and_dark(page: str) -> None:
    """Words at least 4.5 to 1 on both grounds and on marks, chart marks 3 to 1."""
    themes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", page, flags=re.DOTALL)
    ]
    light, dark = themes[0], themes[0] | themes[1]
    for theme in (light, dark):
        for ground in ("paper", "card"):
            for words in ("ink", "soft", "link"):
                assert contrast(theme[words], theme[ground]) >= 4.5
            for mark in ("before", "after"):
                assert contrast(theme[mark], theme[ground]) >= 3
        assert contrast(theme["ink"], theme["mark"]) >= 4.5


def test_no_template_switches_escaping_off() -> None:
    """No `safe`, no raw block, no Markup made by hand anywhere in the reports."""
    folder = Path(persona_vault.reports.__file__).parent
    for path in [*folder.rglob("*.py"), *folder.rglob("*.j2")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape (false|off)|Markup\(", text)
