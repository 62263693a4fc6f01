"""How values look, without what they say: forms, lengths, and words of programs."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from persona_vault.importers.describing.words import VALUES
from persona_vault.importers.talk.dates import from_number

_MOST_FORMS = 12
_MOST_WORDS = 24
_LONGEST_PROBE = 200
_DATE_MARKS = re.compile(
    r"(?P<digits>[0-9]+)|(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]{0,6}|(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}"
    r"|(?P<half>[ap]\.?[ \xa0\u202f]?m\.?)|(?P<zone>utc|gmt|z)|(?P<at>at|klo)|(?P<t>t)"
    r"|(?P<mark>[-/.:,+ @()\[\]\u202f\xa0\u200e])",
    re.IGNORECASE,
)
_FORMS = (
    ("uuid", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)),
    ("24 hex digits", re.compile(r"[0-9a-f]{24}", re.IGNORECASE)),
    ("64 hex digits", re.compile(r"[0-9a-f]{64}", re.IGNORECASE)),
    ("digits", re.compile(r"-?[0-9]+(?:\.[0-9]+)?")),
    ("address", re.compile(r"(?:https?|file|sediment|file-service|data):\S+")),
    ("mail address", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("JSON text", re.compile(r"\s*[\[{].*[\]}]\s*", re.DOTALL)),
    ("HTML", re.compile(r".*<(?:p|div|br|span|a|b|i|ul|li)\b[^>]*>.*", re.DOTALL)),
    ("base64", re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")),
    ("one word", re.compile(r"\S+")),
)


def form_of(text: str) -> str:
    """The form of a text: a date with its digits as 9, an id, a word, words ..."""
    if not text.strip():
        return "empty" if not text else "blanks"
    if date := date_form(text):
        return f"date {date}"
    probe = text[:_LONGEST_PROBE] if len(text) > _LONGEST_PROBE else text
    for name, pattern in _FORMS:
        if pattern.fullmatch(probe):
            return _digits_form(text) if name == "digits" else name
    return "lines of text" if "\n" in text.strip("\n") else "several words"


def _digits_form(text: str) -> str:
    is_number = len(text) <= 20 and "." not in text
    form = number_form(int(text)) if is_number else ""
    return f"digits, {form}" if form.startswith("Unix") else "digits"


def date_form(text: str) -> str:
    """A date or time with its digits as 9 and names as Mon; "" for other text."""
    text = text.strip()
    if not 4 <= len(text) <= 48:
        return ""
    shown: list[str] = []
    n_numbers = at = 0
    while at < len(text):
        found = _DATE_MARKS.match(text, at)
        if found is None:
            return ""
        shown.append(_mark(found))
        n_numbers += found.lastgroup == "digits"
        at = found.end()
    form = "".join(shown)
    # Two numbers at least, and something that only dates and times have between them.
    is_date = re.search(r"9[-/.]9+[-/.]9|9999-99|99?:99|Month", form) is not None
    return form if n_numbers >= 2 and is_date else ""


def _mark(found: re.Match[str]) -> str:
    kind, text = found.lastgroup, found.group()
    if kind == "digits":
        return "9" * min(len(text), 9)
    if kind == "half":
        return "AM" if len(text) == 2 else "a.m."
    if kind in ("month", "weekday"):
        return "Month" if kind == "month" else "Weekday"
    if kind == "mark":
        return {"\u202f": "<U+202F>", "\xa0": "<U+00A0>", "\u200e": "<U+200E>"}.get(
            text, text
        )
    return text.upper() if kind in ("zone", "t") else text.lower()


def number_form(value: int | float) -> str:
    """What a number may be: a Unix time and its unit, a count of digits, a fraction."""
    is_whole = isinstance(value, int) or value.is_integer()
    if not is_whole and abs(value) < 1e8:
        return "fraction"
    if from_number(value).sent_at is not None:
        n_digits = len(str(int(value)))
        unit = {9: "s", 10: "s", 12: "ms", 13: "ms", 15: "µs", 16: "µs"}.get(n_digits)
        return f"Unix time in {unit or 'ns'}"
    sign = "negative, " if value < 0 else ""
    n_digits = len(str(abs(int(value))))
    return f"{sign}{n_digits} digit{'s' if n_digits > 1 else ''}"


@dataclass(slots=True)
class Field:
    """What was seen at one place of a file, over all its records.

    Attributes:
        types: "text", "number", "list" ... -> how often.
        lengths: Shortest and longest text, in characters; None without one.
        sizes: Fewest and most entries of a list or object; None without one.
        forms: Form of texts and numbers -> how often.
        words: Program's word -> how often; emptied when other words come as well.
    """

    types: Counter[str] = field(default_factory=Counter)
    lengths: tuple[int, int] | None = None
    sizes: tuple[int, int] | None = None
    forms: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    _n_other_words: int = 0

    def see(self, value: Any) -> None:
        """Take in one value; of lists and objects only that they are there."""
        if value is None or isinstance(value, bool):
            self.types["null" if value is None else "true or false"] += 1
        elif isinstance(value, str):
            self.types["text"] += 1
            self.lengths = _widened(self.lengths, len(value))
            self._see_word(value)
            self._note_form(form_of(value))
        elif isinstance(value, int | float):
            self.types["number"] += 1
            self._note_form(number_form(value))
        elif isinstance(value, bytes):
            self.types["bytes"] += 1
            self.lengths = _widened(self.lengths, len(value))

    def see_container(self, kind: str, n_entries: int | None) -> None:
        """Take in a list or an object."""
        self.types[kind] += 1
        if n_entries is not None:
            self.sizes = _widened(self.sizes, n_entries)

    def _see_word(self, value: str) -> None:
        if value.lower() in VALUES and len(self.words) < _MOST_WORDS:
            self.words[value.lower()] += 1
        elif value:
            self._n_other_words += 1

    def _note_form(self, form: str) -> None:
        if form not in self.forms and len(self.forms) >= _MOST_FORMS:
            form = "other forms"
        self.forms[form] += 1

    def to_dict(self) -> dict[str, Any]:
        """The field as JSON types; what does not apply is left out."""
        found: dict[str, Any] = {"n": self.types.total(), "types": dict(self.types)}
        if self.lengths is not None:
            found["length"] = list(self.lengths)
        if self.sizes is not None:
            found["entries"] = list(self.sizes)
        if self.forms:
            found["forms"] = dict(self.forms.most_common())
        # Only where a program speaks: a talk in which somebody says "yes" is none.
        if self.words and not self._n_other_words:
            found["words"] = dict(self.words.most_common())
        return found


def _widened(bounds: tuple[int, int] | None, value: int) -> tuple[int, int]:
    if bounds is None:
        return value, value
    return min(bounds[0], value), max(bounds[1], value)


def described(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """Fields as a list with their paths, in the order in which they were met."""
    return [{"path": path, **each.to_dict()} for path, each in fields.items()]
