"""Pasted talk as plain text: `Name: text`, with or without times."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.columns import Part, Speakers, has_messages
from persona_vault.importers.dates import from_text
from persona_vault.importers.source import Source
from persona_vault.importers.timecolumn import TimeColumn
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_MAIN = Conversation(threaded=False)
_LONGEST_NAME = 64
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*\s*")
_BRACKET = re.compile(r"\[([^\[\]]{4,64})\]\s*(.*)", re.DOTALL)
_NAME_AND_TIME = re.compile(r"\s+[-–—|]\s+|,\s+|\s+(?=\()")
_MARKS = "\ufeff\u200e\u200f"
# A line that may open a turn of somebody whom the user has not named yet.
_MAYBE_NAMED = re.compile(r"(?:\[[^\[\]]{4,64}\]\s*)?([^\s:#\[][^:]{0,39}):(?:\s|$)")
_HINT = "Name both speakers as they stand in the file: --me NAME --them NAME."


@dataclass(slots=True)
class _Turn:
    """A speaker's label with the lines that follow it."""

    line: int
    speaker: str
    part: Part
    time: str
    texts: list[str]
    raw: list[str] = field(default_factory=list)


class NamedText:
    """Reads text in which a line begins with the name of who speaks.

    A line opens a turn only if it begins with a declared name (`options.me`,
    `options.them`) or, for a side without one, with a plain role word such as
    "User"; every other line goes on with the turn before it.
    """

    name: ClassVar[str] = "text"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "generic"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether speakers' names open lines; names may still have to be given."""
        if len(source.members()) != 1 or options.columns:
            return False
        head = source.head_text().lstrip(_MARKS + " \t\r\n")
        if not head or head[0] == "<" or _is_json(head):
            return False
        if has_messages(head.partition("\n")[0].split(",")):
            return False
        lines = [line.removesuffix("\r") for line in head.split("\n")]
        speakers = Speakers(options, declared_only=True)
        sides = {turn.part.role for line in lines if (turn := _turn(0, line, speakers))}
        return {Role.USER, Role.PERSONA} <= sides or _may_be_talk(lines)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every turn; text before the first one is an issue.

        Raises:
            InputRejectedError: The lines of one side cannot be told from the other's,
                or the times cannot be understood.
        """
        name = source.members()[0].name
        speakers = Speakers(options, declared_only=True)
        sides: set[Role] = set()

        def times() -> Iterator[str]:
            for number, line in source.lines():
                turn = _turn(number, line, speakers)
                if turn is not None:
                    sides.add(turn.part.role)
                    yield turn.time

        column = TimeColumn.decide(times(), options.day_first, name)
        for role, who in ((Role.USER, "you"), (Role.PERSONA, "the companion")):
            if role not in sides:
                raise InputRejectedError(
                    f"no line of {name} begins with a name known to stand for {who}",
                    hint=_HINT,
                )
        for turn in _turns(source, speakers):
            yield _record(turn, column, name)


def _is_json(head: str) -> bool:
    """Whether a bracket at the start opens JSON, not a time or a placeholder."""
    opened, inner = head[0], head[1:].lstrip()[:1]
    if opened == "[":
        return inner in ('"', "{", "[", "]")
    return opened == "{" and inner in ('"', "}")


def _may_be_talk(lines: list[str]) -> bool:
    """Whether at least two labels with a colon keep coming back at line starts."""
    labels: Counter[str] = Counter()
    for line in lines:
        found = _MAYBE_NAMED.match(line.strip(_MARKS + " \t"))
        if found and len(found[1].split()) <= 4:
            labels[found[1]] += 1
    n_filled = sum(bool(line.strip()) for line in lines)
    repeated = [n for n in labels.values() if n >= 2]
    return len(repeated) >= 2 and sum(repeated) >= 0.2 * n_filled


def _turns(source: Source, speakers: Speakers) -> Iterator[_Turn | int]:
    """Turns in order; the line number of text that stands before the first one."""
    open_turn: _Turn | None = None
    stray: int | None = None
    for number, line in source.lines():
        turn = _turn(number, line, speakers)
        if turn is not None:
            if open_turn is not None:
                yield open_turn
            elif stray is not None:
                yield stray
            open_turn = turn
        elif open_turn is not None:
            open_turn.texts.append(line)
            open_turn.raw.append(line)
        elif line.strip(_MARKS + " \t") and stray is None:
            stray = number
    if open_turn is not None:
        yield open_turn


def _record(turn: _Turn | int, column: TimeColumn, name: str) -> Record:
    if isinstance(turn, int):
        return ImportIssue("text before the first speaker", f"{name} line {turn}")
    where = f"{name} line {turn.line}"
    texts = turn.texts
    while texts and not texts[-1].strip():
        texts.pop()
    while texts and not texts[0].strip():
        texts.pop(0)
    if not texts:
        return Ignored("empty text", where)
    stamp, flags = column.read(turn.time)
    return Message(
        conversation=_MAIN,
        role=turn.part.role,
        speaker=turn.speaker,
        text="\n".join(texts),
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=turn.part.kind,
        shown=turn.part.shown,
        flags=flags,
        raw="\n".join(turn.raw),
    )


def _turn(number: int, line: str, speakers: Speakers) -> _Turn | None:
    """The turn that a line opens; None if it opens none."""
    rest, time = line.strip(_MARKS + " \t"), ""
    if bracket := _BRACKET.fullmatch(rest):
        if not _is_time(bracket[1]):
            return None
        time, rest = bracket[1], bracket[2]
        # The name may stand alone on its line, the words below it.
        found = _known(rest, speakers) or _label(rest, speakers)
    elif heading := _HEADING.fullmatch(rest):
        found, time = _heading(heading[1], speakers)
    else:
        found = _label(rest, speakers)
    if found is None:
        return None
    speaker, part, text = found
    return _Turn(number, speaker, part, time, [text], [line])


def _label(text: str, speakers: Speakers) -> tuple[str, Part, str] | None:
    """(name, part, words) of `Name: words`; the name may be set in bold."""
    colon = text.find(":", 0, _LONGEST_NAME)
    while colon >= 0:
        found = _known(text[:colon], speakers)
        if found is not None:
            words = text[colon + 1 :]
            if text.startswith("**") and words.startswith("**"):  # **Name:** words
                words = words[2:]
            return (*found[:2], words.removeprefix(" "))
        colon = text.find(":", colon + 1, _LONGEST_NAME)
    return None


def _heading(text: str, speakers: Speakers) -> tuple[tuple[str, Part, str] | None, str]:
    """(what `_label` gives, time) of `Name`, `Name:` or `Name - time`."""
    whole = _known(text.removesuffix(":"), speakers)
    if whole is not None:
        return whole, ""
    for gap in _NAME_AND_TIME.finditer(text):
        found = _known(text[: gap.start()], speakers)
        time = text[gap.end() :].strip("() ")
        if found is not None and _is_time(time):
            return found, time
    return None, ""


def _known(label: str, speakers: Speakers) -> tuple[str, Part, str] | None:
    label = label.strip().strip("*_").strip()
    part = speakers.part(label)
    return None if part is None else (label, part, "")


def _is_time(text: str) -> bool:
    """Whether a text is a date or a time in either order of day and month."""
    return any(from_text(text, day_first=order) for order in (True, False))
