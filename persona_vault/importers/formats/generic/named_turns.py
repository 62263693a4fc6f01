"""Turns of pasted talk: which lines open one, and which are only times between them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from persona_vault.importers.formats.generic.stamplines import (
    CLOCK,
    Stampline,
    stampline,
)
from persona_vault.importers.talk.columns import Part, Speakers
from persona_vault.model import Role

MARKS = "\ufeff\u200e\u200f"
_LONGEST_NAME = 64
_LONGEST_HEAD = 120
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*\s*")
_BRACKET = re.compile(r"\[([^\[\]]{4,64})\]\s*(.*)", re.DOTALL)
# What may stand between a name and a time: `Mira - 10:42`, `Mira (10:42)`.
_NAME_AND_TIME = re.compile(r"\s*[-–—|•·,@]\s*|\s*(?=[(\[])|\s+")
_TIME_AND_NAME = re.compile(
    rf"(?P<time>.{{0,32}}?{CLOCK})\s*(?:[-–—|•·]\s*)?(?=\S)", re.IGNORECASE | re.ASCII
)
_DIGIT = re.compile("[0-9]")
_SAID = re.compile(r"\s+said", re.IGNORECASE)
_FEWEST_CLOCKS = 2
_SHARE_OF_CLOCKS = 0.2


@dataclass(slots=True)
class Turn:
    """A speaker's label with the lines that follow it.

    Attributes:
        line: Its number in the file.
        time: As written, with its day; "" where none is known.
        is_bare: The name stands alone on its line, without a colon or a time.
        texts: The words, line by line.
        raw: The lines as written.
        is_joined: Times stood between its lines: it may be several messages.
    """

    line: int
    speaker: str
    part: Part
    texts: list[str]
    stamp: Stampline | None = None
    is_bare: bool = False
    time: str = ""
    raw: list[str] = field(default_factory=list)
    is_joined: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no word of it has been seen yet."""
        return not any(text.strip() for text in self.texts)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is written, which only all its lines together tell.

    Attributes:
        bare: The sides whose names open a turn by standing alone on a line. A side
            that is labelled otherwise has none: its name on a line is what was said.
        has_clocks: A clock alone on a line is the app's, as there are so many.
        times_above: A time stands before the bubble it belongs to, not behind it.
        sides: The sides that speak.
    """

    bare: frozenset[Role] = frozenset()
    has_clocks: bool = False
    times_above: bool = False
    sides: frozenset[Role] = frozenset()

    @classmethod
    def of(cls, lines: Iterable[str], speakers: Speakers) -> "Layout":
        """Look at every line once."""
        labelled: set[Role] = set()
        bare: set[Role] = set()
        n_turns = n_clocks = 0
        times_above: bool | None = None
        for line in lines:
            turn = opened_turn(0, line, speakers)
            if turn is not None:
                n_turns += 1
                (bare if turn.is_bare else labelled).add(turn.part.role)
                times_above = bool(times_above)
            elif found := stampline(line):
                n_clocks += found.is_clock_alone
                # A day alone heads what follows, wherever times stand.
                if times_above is None and found.clock:
                    times_above = True
        return cls(
            bare=frozenset(bare - labelled),
            has_clocks=n_clocks >= max(_FEWEST_CLOCKS, _SHARE_OF_CLOCKS * n_turns),
            times_above=bool(times_above),
            sides=frozenset(labelled | bare),
        )


def opened_turn(number: int, line: str, speakers: Speakers) -> Turn | None:
    """The turn that a line opens; None if it opens none.

    Whether a name alone on a line opens one depends on the whole file: see `Layout`.
    """
    rest = line.strip(MARKS + " \t")
    if not rest:
        return None
    if bracket := _BRACKET.fullmatch(rest):
        time = stampline(bracket[1])
        found = None if time is None else _after_time(bracket[2], speakers)
    elif heading := _HEADING.fullmatch(rest):
        text = heading[1]
        found, time = _name_and_time(text.removesuffix(":"), speakers), None
    else:
        found, time = _unmarked(rest, speakers)
    if found is None:
        return None
    is_bare = found.is_bare and time is None and not rest.startswith("#")
    return Turn(
        number,
        found.speaker,
        found.part,
        [found.words],
        time or found.stamp,
        is_bare and found.stamp is None,
        raw=[line],
    )


@dataclass(frozen=True, slots=True)
class _Label:
    """A known name at the start of a line, with what stands beside it."""

    speaker: str
    part: Part
    words: str = ""
    stamp: Stampline | None = None
    is_bare: bool = True


def _unmarked(text: str, speakers: Speakers) -> tuple[_Label | None, Stampline | None]:
    """`Name: words`, `Name`, `Name 10:42`, or `10:42 Name` with either."""
    if speakers.may_begin(text):
        found = _label(text, speakers) or _name_and_time(text, speakers)
        return found, None
    has_time = _DIGIT.search(text, 0, _LONGEST_NAME)
    head = _TIME_AND_NAME.match(text[:_LONGEST_HEAD]) if has_time else None
    if head is None:
        return None, None
    time = stampline(head["time"])
    return (None if time is None else _after_time(text[head.end() :], speakers)), time


def _after_time(text: str, speakers: Speakers) -> _Label | None:
    """Behind a time the name may stand alone on its line, the words below it."""
    return _named(text, speakers) or _label(text, speakers)


def _label(text: str, speakers: Speakers) -> _Label | None:
    """`Name: words`; the name may be set in bold, or have a time beside it."""
    colon = text.find(":", 0, _LONGEST_NAME)
    while colon >= 0:
        found = _name_and_time(text[:colon], speakers)
        if found is not None:
            words = text[colon + 1 :]
            if text.startswith("**") and words.startswith("**"):  # **Name:** words
                words = words[2:]
            words = words.removeprefix(" ")
            return _Label(found.speaker, found.part, words, found.stamp, is_bare=False)
        colon = text.find(":", colon + 1, _LONGEST_NAME)
    return None


def _name_and_time(text: str, speakers: Speakers) -> _Label | None:
    """`Name`, or `Name - time`."""
    whole = _named(text, speakers)
    if whole is not None or len(text) > _LONGEST_HEAD:
        return whole
    for gap in _NAME_AND_TIME.finditer(text):
        found = _named(text[: gap.start()], speakers)
        if found is not None and (time := stampline(text[gap.end() :])):
            return _Label(found.speaker, found.part, stamp=time)
    return None


def _named(label: str, speakers: Speakers) -> _Label | None:
    """A name by itself, or `Name said` as screen readers are told it."""
    label = label.strip().strip("*_").strip()
    part = speakers.part(label)
    if part is None and (tail := _SAID.search(label)) and tail.end() == len(label):
        label = label[: tail.start()]
        part = speakers.part(label)
    return None if part is None else _Label(label, part)


class _Day:
    """The day that the lines so far have told."""

    def __init__(self) -> None:
        self._day = ""

    def time_of(self, stamp: Stampline | None) -> str:
        """The time of a stamp with its day; "" where the day is not known."""
        if stamp is None:
            return ""
        if stamp.day or stamp.is_relative:
            self._day = stamp.day
        return f"{self._day} {stamp.clock}" if self._day and stamp.clock else stamp.day


def turns(
    lines: Iterable[tuple[int, str]], speakers: Speakers, layout: Layout
) -> Iterator[Turn | int]:
    """Turns in order; the number of the first line of text that stands before them."""
    walk = _Walk(layout)
    for number, line in lines:
        turn = opened_turn(number, line, speakers)
        if turn is not None and turn.is_bare and turn.part.role not in layout.bare:
            turn = None
        yield from walk.take(number, line, turn)
    yield from walk.end()


class _Walk:
    """Goes from line to line; a time waits until it is known what follows it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._day = _Day()
        self._turn: Turn | None = None
        self._waiting: list[tuple[str, Stampline | None]] = []
        self._above = ""
        self._has_stray = False
        self._was_blank = True

    def take(self, number: int, line: str, turn: Turn | None) -> Iterator[Turn | int]:
        """Go on to the next line, which may open a turn."""
        if turn is not None:
            yield from self._open(turn)
        elif not line.strip(MARKS + " \t"):
            self._keep(line, None)
        elif found := self._time_line(line):
            self._waiting.append((line, found))
        else:
            self._settle(is_end=False)
            if self._turn is not None:
                self._turn.texts.append(line)
                self._turn.raw.append(line)
            elif not self._has_stray:
                self._has_stray = True
                yield number
        self._was_blank = not line.strip(MARKS + " \t")

    def end(self) -> Iterator[Turn]:
        """The last turn."""
        self._settle(is_end=True)
        if self._turn is not None:
            yield self._turn

    def _open(self, turn: Turn) -> Iterator[Turn]:
        self._settle(is_end=True)
        if self._turn is not None:
            yield self._turn
        turn.time = self._day.time_of(turn.stamp) or self._above
        self._above = ""
        self._turn = turn

    def _time_line(self, line: str) -> Stampline | None:
        """A line that may be a time of the app's; what follows it has a say as well."""
        found = stampline(line)
        if found is None or (found.is_clock_alone and not self._layout.has_clocks):
            return None
        if found.is_word_alone and not (self._was_blank or self._waiting):
            return None
        return found

    def _keep(self, line: str, stamp: Stampline | None) -> None:
        if self._waiting:
            self._waiting.append((line, stamp))
        elif self._turn is not None:
            self._turn.texts.append(line)
            self._turn.raw.append(line)

    def _settle(self, *, is_end: bool) -> None:
        """Decide what the waiting times are, now that text or a turn's end follows."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        turn, stamps = self._turn, [stamp for _line, stamp in waiting if stamp]
        is_answer = turn is not None and turn.is_empty and is_end
        is_inside = not is_end and turn is not None and not turn.is_empty
        # A lone time that is all of a turn was said; one inside a text as well.
        if turn is not None and (is_answer or (is_inside and not self._stands_off())):
            turn.texts += [line for line, _stamp in waiting]
            turn.raw += [line for line, _stamp in waiting]
            return
        told = [(stamp.clock, self._day.time_of(stamp)) for stamp in stamps]
        times = [time for clock, time in told if clock] or [""]
        if turn is not None:
            turn.raw += [line for line, _stamp in waiting]
            turn.texts.append("")
            turn.is_joined = turn.is_joined or is_inside
        if is_end and (self._layout.times_above or turn is None):
            self._above = times[-1]
        elif turn is not None and not turn.time:
            turn.time = times[0]

    def _stands_off(self) -> bool:
        """Whether the app's times stand between the lines of this file at all."""
        return self._layout.has_clocks or self._was_blank
