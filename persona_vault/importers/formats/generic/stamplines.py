"""Times as apps show them between bubbles: "10:42 PM", "Today 10:42", "May 1, 2024"."""

import re
from dataclasses import dataclass
from functools import lru_cache

from persona_vault.importers.talk.dates import NO_TIME, from_text

CLOCK = (
    r"\d{1,2}(?:[:.]\d{2}(?:[:.]\d{2})?(?:\s*[ap]\.?\s?m\.?)?|\s*[ap]\.?\s?m\.?)(?!\w)"
)
_DAY_WORDS = (
    *("today", "yesterday", "heute", "gestern", "hoy", "ayer", "aujourd['’]hui"),
    *("hier", "oggi", "ieri", "hoje", "ontem"),
    *("mon(?:day)?", "tue(?:s(?:day)?)?", "wed(?:nesday)?", "thu(?:rs(?:day)?)?"),
    *("fri(?:day)?", "sat(?:urday)?", "sun(?:day)?"),
)
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_FLAGS = re.IGNORECASE | re.ASCII
# All others are no time, and most lines are among them.
_MAY_BE = re.compile(rf"[0-9]|^\W*(?:{'|'.join(_DAY_WORDS)})\b", _FLAGS)
_CLOCK_ALONE = re.compile(rf"(?:at\s+)?({CLOCK})", _FLAGS)
# A day that only whoever copied the text could place: no year, or no date at all.
_RELATIVE = re.compile(
    rf"(?:(?:{'|'.join(_DAY_WORDS)})\.?(?:,?\s+{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?)?"
    rf"|{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}\.?\s+{_MONTHS})"
    rf"(?:,?\s*(?:at|um|às|à)?\s*(?P<clock>{CLOCK}))?",
    _FLAGS,
)
_CLOCK_AT_END = re.compile(rf"(?<=\d)[,\s]+(?:at\s+)?({CLOCK})\Z", _FLAGS)
_CLOCK_FIRST = re.compile(rf"({CLOCK}),\s*(\S.*)", _FLAGS)
_SPACES = str.maketrans({"\u202f": " ", "\xa0": " ", "•": " ", "·": " ", "|": " "})
_EDGES = " \t-–—()[]*_,\u200e\u200f"
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Stampline:
    """A time that stands by itself.

    Attributes:
        day: The day as written, "" where only a clock stands or the day is relative.
        clock: The time of day as written, "" where only a day stands.
        is_relative: The day is "today", a weekday or lacks its year: it is not known.
    """

    day: str
    clock: str
    is_relative: bool = False

    @property
    def is_clock_alone(self) -> bool:
        """Whether nothing but a time of day stands there."""
        return not self.day and not self.is_relative

    @property
    def is_word_alone(self) -> bool:
        """Whether it might be an answer in one word, such as "Today"."""
        return self.is_relative and not self.clock


def stampline(text: str) -> Stampline | None:
    """What a text says about time, if it says nothing else."""
    if len(text) > 2 * _LONGEST or not _MAY_BE.search(text):
        return None
    return _read(text)


@lru_cache(maxsize=8192)  # apps show the same times of day over and over
def _read(text: str) -> Stampline | None:
    text = " ".join(text.translate(_SPACES).split()).strip(_EDGES)
    if not text or len(text) > _LONGEST or text.isdecimal():
        return None
    if found := _CLOCK_ALONE.fullmatch(text):
        return Stampline("", found[1]) if _is_time(f"2024-01-01 {found[1]}") else None
    if found := _RELATIVE.fullmatch(text):
        return Stampline("", found["clock"] or "", is_relative=True)
    if found := _CLOCK_FIRST.fullmatch(text):
        text = f"{found[2]} {found[1]}"
    if not _is_time(text):
        return None
    if found := _CLOCK_AT_END.search(text):
        day = text[: found.start()]
        if _is_time(day):
            return Stampline(day, found[1])
    return Stampline(text, "")


def _is_time(text: str) -> bool:
    """Whether a text is a date or a time in either order of day and month."""
    return any(
        found is not None and found is not NO_TIME
        for order in (True, False)
        for found in (from_text(text, day_first=order),)
    )
