"""Pieces of HTML as plain text with Markdown marks, as assistants' own text has them.

A list, a heading or bold words mean the same to a measurement, whether an app wrote
them down as HTML or as Markdown.
"""

import re
from collections import Counter

from persona_vault.importers.files.html import Page

_AROUND = {"b": "**", "strong": "**", "em": "*", "i": "*", "code": "`"}
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_PARAGRAPHS = {"p", "table", "blockquote", "pre", *_HEADINGS}
_LINES = {"div", "tr", "li", "ul", "ol", "section", "article"}
_UNSEEN = {"script", "style", "head", "template"}
_SPECIAL = {*_UNSEEN, "br", "ul", "ol", "li", "pre", "td", "th"}
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_DEEPEST_LIST = 20  # deeper ones are indented no further


class MarkedText:
    """Gathers the text of HTML events; feed it from a parser, then take `text()`."""

    def __init__(self) -> None:
        self._lines: list[str] = []  # those that are complete
        self._pieces: list[str] = []  # of the line at hand
        self._lists: list[int | None] = []  # number of the last entry, None for dots
        self._n_open: Counter[str] = Counter()  # of marks around words
        self._n_unseen = 0
        self._n_pre = 0

    def start(self, tag: str) -> None:
        """A tag that opens."""
        if tag not in _SPECIAL:
            self._start_plain(tag)
        elif tag in _UNSEEN:
            self._n_unseen += 1
        elif tag == "br":
            self._end_line()
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
            self._break(1)
        elif tag == "li":
            self._break(1)
            self._pieces.append(self._bullet())
        elif tag == "pre":
            self._break(2)
            self._lines.append("```")
            self._n_pre += 1
        else:  # a cell
            self._pieces.append(" | " if self._pieces else "| ")

    def _start_plain(self, tag: str) -> None:
        if tag == "hr":
            self._break(2)
            self._pieces.append("---")
        if tag in _PARAGRAPHS or tag == "hr":
            self._break(2)
        elif tag in _LINES:
            self._break(1)
        mark = _HEADINGS.get(tag, "> " if tag == "blockquote" else "")
        if tag in _AROUND and not self._n_pre:
            mark = _AROUND[tag]
            self._n_open[tag] += 1
        self._pieces += [mark] if mark else []

    def end(self, tag: str) -> None:
        """A tag that closes; one that was never open does no harm."""
        if tag in _UNSEEN:
            self._n_unseen = max(0, self._n_unseen - 1)
        elif tag in ("ul", "ol"):
            del self._lists[-1:]
            self._break(1 if self._lists else 2)
        elif tag == "pre" and self._n_pre:
            self._n_pre -= 1
            self._break(1)
            self._pieces.append("```")
            self._break(2)
        elif tag in _PARAGRAPHS:
            self._break(2)
        elif tag in _LINES:
            self._break(1)
        elif self._n_open[tag] and not self._n_pre:
            self._n_open[tag] -= 1
            self._pieces.append(_AROUND[tag])

    def words(self, data: str) -> None:
        """Text between tags."""
        if self._n_unseen:
            return
        if self._n_pre:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self._end_line()
                self._pieces += [line] if line else []
            return
        data = _SPACE.sub(" ", data)
        if not self._pieces or self._pieces[-1].endswith(" "):
            data = data.removeprefix(" ")
        self._pieces += [data] if data else []

    def _end_line(self) -> None:
        self._lines.append("".join(self._pieces).rstrip())
        self._pieces = []

    def _break(self, n_lines: int) -> None:
        """End the line; with two, leave a blank one. Inside lists none is left."""
        if self._pieces:
            self._end_line()
        if n_lines == 2 and not self._lists and self._lines and self._lines[-1]:
            self._lines.append("")

    def _bullet(self) -> str:
        indent = "  " * min(max(0, len(self._lists) - 1), _DEEPEST_LIST)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def text(self) -> str:
        """What was gathered, without blank ends and trailing spaces."""
        return "\n".join([*self._lines, "".join(self._pieces).rstrip()]).strip("\n")


class _Fragment(Page[str]):
    def __init__(self) -> None:
        super().__init__("an answer in HTML")
        self.gathered = MarkedText()

    def start(self, tag: str, given: dict[str, str]) -> None:
        self.gathered.start(tag)

    def end(self, tag: str) -> None:
        self.gathered.end(tag)

    def words(self, data: str) -> None:
        self.gathered.words(data)


def marked_text(html: str) -> str:
    """One piece of HTML as text.

    What stands behind a tag that never ends is left out, since the standard library
    takes quadratic time to make text of it.
    """
    parser = _Fragment()
    # The space lets the parser hand out text that ends without a tag.
    parser.feed(html + "<br>")
    return parser.gathered.text()
