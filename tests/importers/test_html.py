"""Pages of strangers: whatever stands in them, a reader gets records or one error."""

from collections.abc import Callable
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.describing.kinds import describe_html
from persona_vault.importers.describing.shape import Shape
from persona_vault.importers.files import html as pages
from persona_vault.importers.files.html import Page, unescaped
from persona_vault.importers.files.marked_text import marked_text
from persona_vault.importers.formats.gemini.importer import Gemini
from persona_vault.importers.formats.nomi.importer import Nomi
from persona_vault.importers.source import Source
from tests.hostile.corpus_formats import markup_inside
from tests.importers.exports import messages, read

TOO_LONG = "9" * 5_000  # more than the digits that Python reads as a number


class Words(Page[str]):
    """The words of each `p`, as a reader would gather them."""

    def __init__(self) -> None:
        super().__init__("page.html")
        self.gathered: list[str] = []

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Attributes are words here."""
        self.gathered += [f"[{tag} {given}]"] if given else []

    def words(self, data: str) -> None:
        """See `Page`."""
        self.gathered.append(data)

    def end(self, tag: str) -> None:
        """A paragraph is a record."""
        if tag == "p":
            self.finish("".join(self.gathered))
            self.gathered.clear()

    def taken(self) -> list[str]:
        """The records that were handed over."""
        return self._ready


def read_words(*texts: str) -> list[str]:
    """What such a reader makes of a page."""
    return list(Words().records(texts))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("a<![bogus[ x ]]>b", "ab"),
        ("a<![endif>b", "ab"),
        ("a<![endif]-->b", "ab"),
        ("a<![if x]>b<![endif]>", "ab"),
        ("a<![CDATA[x]]>b", "ab"),
        ("a<![>b", "ab"),
        ("a<![ 7>b", "ab"),
        ("a<!ELEMENT b [>b", "ab"),
        ("a<!DOCTYPE x [<!y>]>b", "a]>b"),
        ("a<?php x ?>b", "ab"),
        ("a<!>b<!-- x -->c</>d", "abcd"),
        (f"a&#{TOO_LONG};b", "a\ufffdb"),
        (f"a&#{TOO_LONG}b", "a\ufffdb"),
        (f"a&#{'0' * 5_000}65;b", "aAb"),
        (f"a&#{'0' * 5_000};b", "a\ufffdb"),
        ("a&#65;&#x42;&amp;&nbsp;&none;b", "aAB&\xa0&none;b"),
        (f"<i title='&#{TOO_LONG};'>a</i>", "[i {'title': '\ufffd'}]a"),
    ],
)
def test_markup_that_nobody_knows(markup: str, words: str) -> None:
    """It is passed over, or read as browsers read it, however it is cut."""
    page = f"{markup}</p>"

    assert read_words(page) == [words]
    assert read_words(page[:20], *page[20:]) == [words]


def test_text_alone_is_read_the_same_way() -> None:
    """Chats write signs of HTML into JSON as well."""
    assert unescaped(f"&lt;&#{TOO_LONG};&#065;&#x41;") == "<\ufffdAA"


def test_pieces_of_any_length_give_the_same_records() -> None:
    """Nothing is lost or doubled where a page is cut."""
    page = "<p class='x'>a &lt; b &amp; c</p>" * 9_000

    assert (
        read_words(page)
        == read_words(*page)
        == read_words(page[:70_001], "", page[70_001:])
    )


def test_no_record_is_deeper_than_the_limit() -> None:
    """What is open is counted from record to record; ends may go without saying."""
    level = "<div>" * (pages.MAX_DEPTH - 10)

    assert len(read_words(*[f"{level}a</p>"] * 5)) == 5
    assert len(read_words("<li>" * 20_000 + "<br>" * 20_000 + "a</p>")) == 1
    with pytest.raises(InputRejectedError, match="more than 10,000 elements inside"):
        read_words(level * 2)


def test_no_record_is_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is held in memory until it ends."""
    monkeypatch.setattr(pages, "MAX_ELEMENT", 200_000)

    assert len(read_words(*["a" * 150_000 + "</p>"] * 4)) == 4
    with pytest.raises(InputRejectedError, match="a message of more than 64 MiB"):
        read_words(*["a" * 150_000] * 2)


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("a < b <3 <<i>c", "a < b <3 <c"),
        ("a <\ufdd0 b < \ufdd0<", "a <\ufdd0 b < \ufdd0<"),
        ("<i title='x < y'>a", "[i {'title': 'x < y'}]a"),
        ("<i<-x <='1'>a", "[i<-x {'<': '1'}]a"),
        ("&lt< &amp<;", "<< &<;"),
        ("<script>a < b</script>", "a < b"),
        ("<I>a</I><TITLE>b</TITLE>", "ab"),
    ],
)
def test_a_sign_that_opens_no_tag_is_text(markup: str, words: str) -> None:
    """However the page is cut, and whatever stands in it already."""
    page = f"{markup}</p>"
    for size in (1, 2, 7, len(page)):
        pieces = [page[at : at + size] for at in range(0, len(page), size)]
        found = Words()
        for piece in pieces:
            found.feed(piece)
        assert found.taken() == [words], size


@pytest.mark.parametrize("sign", ["<", "< ", "<a ", "<a b=", "<a/", "<a <", "<a\n"])
def test_a_page_of_signs_takes_few_steps(
    monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    """A megabyte of what is text, or never ends, goes through in a few pieces."""
    n_steps = 0
    real = Words.parse_starttag

    def counted(page: Words, i: int) -> int:
        nonlocal n_steps
        n_steps += 1
        return real(page, i)

    monkeypatch.setattr(Words, "parse_starttag", counted)
    page = Words()
    list(page.records([sign * (1_000_000 // len(sign))]))
    assert n_steps + len(page.gathered) < 40


@pytest.mark.parametrize(
    "opens", ["<!--", "<?", "<!", "<![", "<p x='", "</p", "<script>"]
)
def test_what_never_ends_is_refused(opens: str) -> None:
    """It would be searched again with every piece."""
    with pytest.raises(InputRejectedError, match="a tag that does not end") as refused:
        read_words("a</p>", opens, *["x " * 50_000] * 20)
    assert refused.value.hint


def test_the_parsers_own_error_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions of Python differ in what they cannot read; none ends in a traceback."""

    def broken(*_: object) -> int:
        raise AssertionError("marzipan-lighthouse")

    monkeypatch.setattr(Page, "parse_marked_section", broken)
    with pytest.raises(
        InputRejectedError, match=r"^page.html holds broken HTML in line 3$"
    ):
        read_words("<p>\n\n<![x]>")


@pytest.mark.parametrize(
    "markup", ["<![bogus[ x ]]>", "<![endif", f"&#{TOO_LONG};", "<?x", "<!x"]
)
def test_readers_of_pages_survive_it(tmp_path: Path, markup: str) -> None:
    """Nomi's page, Google's page and `describe` go on behind it."""
    for name, page in markup_inside(markup.encode()):
        path = tmp_path / name
        path.write_bytes(page)
        reader: Callable[[], Nomi | Gemini] = Nomi if "Brin" in name else Gemini
        assert len(messages(read(reader(), path))) >= 4, name
        with Source.open(path) as source:
            assert "problem" not in describe_html(source, name, Shape())
    assert marked_text(f"<p>a{markup}>b</p>").replace("\ufffd", "").startswith("a")
