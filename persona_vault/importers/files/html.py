"""Pages of strangers on top of Python's own parser: one record in memory at a time.

Python's parser takes any depth and any length, searches an open tag again with every
piece, and ends in errors of its own; whoever reads HTML builds on `Page` instead.
"""

import html
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Generic, TypeVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.texts import MAX_ELEMENT

MAX_DEPTH = 10_000  # of elements inside one record

# Elements that hold nothing and never end.
VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)

_PIECE = 64 * 1024
_LONGEST_TAG = 1024 * 1024
# Their end goes without saying, so that they are no measure of the depth.
_END_IMPLIED = frozenset(
    "caption colgroup dd dt li optgroup option p rp rt tbody td tfoot th thead tr "
    "html head body".split()
)
_FLAT = VOID | _END_IMPLIED
# Text that Python's parser takes for markup at first, letter by letter.
_LONE = re.compile(r"<(?=[^A-Za-z/!?])")
_MARK = "\ufdd0"  # stands for one; no letter of any language, so hardly ever there
_OPEN = re.compile(r"<[A-Za-z/!?]")
# A tag without attributes, as most are.
_PLAIN = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>")
# What stands in these is read in ways of their own.
_NOT_PLAIN = frozenset(
    "script style title textarea plaintext xmp iframe noembed noframes noscript".split()
)
_LONG_NUMBER = re.compile(r"&#[0-9]{9,}")

T = TypeVar("T")


def _cut(number: re.Match[str]) -> str:
    return "&#" + (number[0][2:].lstrip("0")[:8] or "0")


def _with_short_numbers(text: str) -> str:
    """The same text without a letter's number so long that Python refuses to read it.

    Numbers of more than seven digits name no letter; eight of them say so as well.
    """
    return _LONG_NUMBER.sub(_cut, text)


def unescaped(text: str) -> str:
    """The letters that `&amp;`, `&#65;` and the like stand for, in text of any kind."""
    return html.unescape(_with_short_numbers(text))


class Page(HTMLParser, Generic[T]):
    """Follows a page; a reader says what its tags and words mean.

    A reader overrides `start`, `end` and `words`, and hands over each record with
    `finish`. Markup that HTML does not know is passed over, as browsers do.

    Attributes:
        name: The file's name, for errors.
        is_whole: Whether the page's own end was seen.
    """

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.is_whole = False
        self._ready: list[T] = []
        self._depth = 0
        self._n_letters = 0  # since the last record
        self._is_marked = False

    def start(self, tag: str, given: dict[str, str]) -> None:
        """A tag that opens, with its attributes."""

    def end(self, tag: str) -> None:
        """A tag that closes; never one that holds nothing, such as `br`."""

    def words(self, data: str) -> None:
        """Text between tags, in pieces of any length."""

    def finish(self, record: T) -> None:
        """Hand over a record; what is held from here on belongs to the next."""
        self._ready.append(record)
        self._depth = self._n_letters = 0

    def records(self, texts: Iterable[str]) -> Iterator[T]:
        """Every record of a page that is given in pieces of any length.

        Raises:
            InputRejectedError: A tag, comment or script of more than 1 MiB, or a record
                of more than 64 Mi letters or 10,000 levels.
        """
        for piece in _pieces(texts):
            self._n_letters += len(piece)
            self.feed(piece)
            self._check()
            yield from self._ready
            self._ready.clear()

    def _check(self) -> None:
        # What is open is searched again with each piece.
        if len(self.rawdata) > _LONGEST_TAG:
            raise self._refused("a tag that does not end, or one of more than 1 MiB")
        if self._n_letters > MAX_ELEMENT:
            raise self._refused("a message of more than 64 MiB")
        if self._depth > MAX_DEPTH:
            raise self._refused(f"more than {MAX_DEPTH:,} elements inside each other")

    def _refused(self, what: str) -> InputRejectedError:
        return InputRejectedError(
            f"{self.name} holds {what}",
            hint="Save or export the page again; nothing of this copy was kept.",
        )

    def feed(self, data: str) -> None:
        """Go on with the page.

        Raises:
            InputRejectedError: Python's parser cannot go on.
        """
        text, self.rawdata = self._unmarked(self.rawdata) + data, ""
        if ">" not in data and _OPEN.match(text):
            # Nothing can end in it: not to be searched again.
            self.rawdata, self._is_marked = text, False
            return
        self._is_marked = _MARK not in text
        if self._is_marked:
            text = _LONE.sub(_MARK, text)
        try:
            super().feed(_with_short_numbers(text))
        except AssertionError:  # what Python's parser says to markup it does not know
            line = self.getpos()[0]
            raise self._refused(f"broken HTML in line {line}") from None

    def _unmarked(self, text: str) -> str:
        return text.replace(_MARK, "<") if self._is_marked else text

    def parse_starttag(self, i: int) -> int:
        """A short way for a tag without attributes, several times faster."""
        found = _PLAIN.match(self.rawdata, i)
        tag = found[1].lower() if found else ""
        if found is None or tag in _NOT_PLAIN:
            return super().parse_starttag(i)
        self.lasttag = tag
        self._depth += tag not in _FLAT
        self.start(tag, {})
        return found.end()

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Pass over `<![if x]>` and the like up to the first `>`, as HTML says.

        Python's own way raises AssertionError for words it does not know, and its newer
        versions find other ends.
        """
        return self.parse_bogus_comment(i, bool(report))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by Python's parser."""
        self._depth += tag not in _FLAT
        told = self._unmarked
        given = {told(name): told(value or "") for name, value in attrs}
        self.start(told(tag), given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by Python's parser."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Called by Python's parser."""
        if tag == "html":
            self.is_whole = True
        if tag in VOID:
            return
        if tag not in _END_IMPLIED:
            self._depth = max(0, self._depth - 1)
        self.end(self._unmarked(tag))

    def handle_data(self, data: str) -> None:
        """Called by Python's parser."""
        self.words(self._unmarked(data))


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """The same text in pieces of 64 Ki letters."""
    waiting: list[str] = []
    n_letters = 0
    for text in texts:
        waiting.append(text)
        n_letters += len(text)
        if n_letters < _PIECE:
            continue
        whole = "".join(waiting)
        ends = n_letters - n_letters % _PIECE
        for start in range(0, ends, _PIECE):
            yield whole[start : start + _PIECE]
        waiting, n_letters = [whole[ends:]], n_letters - ends
    yield "".join(waiting)
