"""Google's activity page: a cell for each record, cut into its lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from persona_vault.importers.files.html import VOID, Page
from persona_vault.importers.files.marked_text import MarkedText
from persona_vault.importers.files.texts import TextReader, cut_off
from persona_vault.importers.formats.gemini.dates import is_date_line
from persona_vault.importers.source import Source

_BLOCKS = {"p", "ul", "ol", "pre", "table", "blockquote", "hr", "div"}
_BLOCKS |= {f"h{level}" for level in range(1, 7)}


@dataclass(slots=True)
class Cell:
    """One record of the page.

    Attributes:
        product: The heading, such as "Gemini Apps".
        title: The first line, with Google's own words around the prompt; further
            lines of the prompt follow it.
        date: The line of the date, "" where none is found.
        answer: What stands behind the date, as marked text.
        files: Files of the export that are linked before the date.
        answer_files: Those linked or shown behind it.
    """

    product: str = ""
    title: str = ""
    date: str = ""
    answer: str = ""
    files: list[str] = field(default_factory=list)
    answer_files: list[str] = field(default_factory=list)


def cells(source: Source, name: str) -> Iterator[Cell]:
    """Every record of a page, in its order.

    Raises:
        InputRejectedError: Not UTF-8, cut off, or beyond a limit of `Page`.
    """
    page = _Cells(name)
    with source.stream(name) as stream:
        yield from page.records(_texts(TextReader(stream, name)))
    if not page.is_whole:
        raise cut_off(name, "before the end of the page")


def _texts(reader: TextReader) -> Iterator[str]:
    while text := reader.read():
        # NUL only comes from damage and cuts words in SQLite (HTML: U+FFFD too).
        yield text.replace("\x00", "\ufffd")


class _Cells(Page[Cell]):
    """Follows where in the page the parser is."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._level = 0  # of elements inside the record
        self._ends: dict[str, int] = {}  # level at which a part of the record began
        self._product = MarkedText()
        self._content = _Content()
        self._has_content = False

    def start(self, tag: str, given: dict[str, str]) -> None:
        classes = given.get("class", "").split()
        if "outer-cell" in classes and tag == "div":
            self._begin()
        elif "record" in self._ends:
            self._inside(tag, classes, given)

    def _begin(self) -> None:
        # A record inside a record is a page that was damaged: the first one ends.
        self._finish()
        self._level = 1
        self._ends = {"record": 1}

    def _inside(self, tag: str, classes: list[str], given: dict[str, str]) -> None:
        if tag not in VOID:
            self._level += 1
        if "header-cell" in classes:
            self._ends["product"] = self._level
        elif "content-cell" in classes and not self._has_content:
            self._ends["content"] = self._level
            self._has_content = True
        elif "content" in self._ends:
            self._content.start(tag, given)
        elif "product" in self._ends:
            self._product.start(tag)

    def end(self, tag: str) -> None:
        if "record" not in self._ends:
            return
        for part in ("content", "product"):
            if self._ends.get(part) == self._level:
                del self._ends[part]
        if "content" in self._ends:
            self._content.end(tag)
        elif "product" in self._ends:
            self._product.end(tag)
        self._level -= 1
        if self._level == 0:
            self._finish()

    def words(self, data: str) -> None:
        if "content" in self._ends:
            self._content.words(data)
        elif "product" in self._ends:
            self._product.words(data)

    def _finish(self) -> None:
        if "record" in self._ends:
            cell = self._content.cell()
            cell.product = self._product.text()
            self.finish(cell)
        self._ends = {}
        self._product, self._content = MarkedText(), _Content()
        self._has_content = False


class _Content:
    """The main cell of a record: lines up to the date, then an answer of any shape."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._lines: list[str] = []
        self._n_looked_at = 1  # lines among which no date is, with the title
        self._linked: dict[int, None] = {}  # numbers of lines that link to a file
        self._cell = Cell()
        self._answer: MarkedText | None = None

    def start(self, tag: str, given: dict[str, str]) -> None:
        """A tag that opens inside the cell."""
        file = given.get("href", "") if tag == "a" else ""
        if tag == "img":
            file = given.get("src", "")
        if file and "://" not in file and not file.startswith(("#", "data:")):
            self._note_file(file)
        if self._answer is not None:
            self._answer.start(tag)
        elif tag == "br":
            self._end_line()
        elif tag in _BLOCKS:
            self._end_line()
            self._begin_answer()
            if self._answer is not None:
                self._answer.start(tag)

    def _note_file(self, file: str) -> None:
        if self._answer is not None:
            self._cell.answer_files.append(file)
        else:
            self._cell.files.append(file)
            self._linked[len(self._lines)] = None

    def end(self, tag: str) -> None:
        """A tag that closes inside the cell."""
        if self._answer is not None:
            self._answer.end(tag)
        elif tag in _BLOCKS:
            self._end_line()

    def words(self, data: str) -> None:
        """Text between tags."""
        if self._answer is not None:
            self._answer.words(data)
        else:
            self._line.append(data)

    def _end_line(self) -> None:
        self._lines.append("".join(self._line).strip())
        self._line = []

    def _begin_answer(self) -> None:
        """Cut the lines so far at the date, if it is among them.

        That is the last such line: a prompt may quote others, and answers begin with
        a paragraph. The first line is the title, whatever it looks like.
        """
        n_before, self._n_looked_at = self._n_looked_at, max(1, len(self._lines))
        for number in range(len(self._lines) - 1, n_before - 1, -1):
            if is_date_line(self._lines[number]):
                self._cell.date = self._lines[number]
                self._answer = MarkedText()
                for line in self._lines[number + 1 :]:
                    self._answer.words(line)
                    self._answer.start("br")
                del self._lines[number:]
                return

    def cell(self) -> Cell:
        """The record without its heading."""
        self._end_line()
        if self._answer is None:
            self._begin_answer()
        lines = self._lines
        if self._linked:
            # A line before the links says in words how many files were attached.
            lines = lines[: max(1, next(iter(self._linked)) - 1)]
        self._cell.title = "\n".join(lines).strip()
        self._cell.answer = "" if self._answer is None else self._answer.text()
        return self._cell
