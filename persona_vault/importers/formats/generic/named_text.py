"""Pasted talk as plain text: `Name: text`, with or without times."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from persona_vault.errors import InputRejectedError
from persona_vault.importers.alone import Told
from persona_vault.importers.formats.generic.named_turns import (
    MARKS,
    Layout,
    Turn,
    opened_turn,
    turns,
)
from persona_vault.importers.formats.generic.stamplines import stampline
from persona_vault.importers.source import Source
from persona_vault.importers.talk.columns import Speakers, has_messages
from persona_vault.importers.talk.timecolumn import TimeColumn
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
# A line that may open a turn of somebody whom the user has not named yet.
_MAYBE_NAMED = re.compile(r"(?:\[[^\[\]]{4,64}\]\s*)?([^\s:#\[][^:]{0,39}):(?:\s|$)")
_HINT = "Name both speakers as they stand in the file: --me NAME --them NAME."


class NamedText:
    """Reads text in which a line begins with the name of who speaks.

    A line opens a turn only if it begins with a declared name (`options.me`,
    `options.them`) or, for a side without one, with a plain role word such as
    "User"; every other line goes on with the turn before it. The name may have a colon
    and words behind it, a time beside it, or stand alone on its line; times that an
    app shows between the bubbles are no part of what was said.
    """

    name: ClassVar[str] = "text"
    version: ClassVar[int] = 2
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "generic"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether speakers' names open lines; names may still have to be given."""
        if len(source.members()) != 1 or options.columns:
            return False
        head = source.head_text().lstrip(MARKS + " \t\r\n")
        if not head or head[0] == "<" or _is_json(head):
            return False
        if has_messages(head.partition("\n")[0].split(",")):
            return False
        lines = [line.removesuffix("\r") for line in head.split("\n")]
        layout = Layout.of(lines, Speakers(options, declared_only=True))
        return {Role.USER, Role.PERSONA} <= layout.sides or _may_be_talk(lines)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every turn; text before the first one is an issue.

        Raises:
            InputRejectedError: The lines of one side cannot be told from the other's,
                or the times cannot be understood.
        """
        name = source.members()[0].name
        speakers = Speakers(options, declared_only=True)
        layout = Layout.of((line for _number, line in source.lines()), speakers)
        for role, who in ((Role.USER, "you"), (Role.PERSONA, "the companion")):
            if role not in layout.sides:
                raise InputRejectedError(
                    f"no line of {name} begins with a name known to stand for {who}",
                    hint=_HINT,
                )
        times = (
            turn.time
            for turn in turns(source.lines(), speakers, layout)
            if isinstance(turn, Turn)
        )
        column = TimeColumn.decide(times, options.day_first, name)
        for turn in turns(source.lines(), speakers, layout):
            yield _record(turn, column, name)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A turn, unless times of the app may stand among its lines."""
        first, *rest = raw.split("\n")
        turn = opened_turn(0, first, Speakers(options, declared_only=True))
        if turn is None or any(map(stampline, rest)):
            return None
        turn.texts += rest
        return Told(text=_text(turn), role=turn.part.role, speaker=turn.speaker)


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
        found = _MAYBE_NAMED.match(line.strip(MARKS + " \t"))
        if found and len(found[1].split()) <= 4:
            labels[found[1]] += 1
    n_filled = sum(bool(line.strip()) for line in lines)
    repeated = [n for n in labels.values() if n >= 2]
    return len(repeated) >= 2 and sum(repeated) >= 0.2 * n_filled


def _text(turn: Turn) -> str:
    """The words without blank lines around them."""
    texts = turn.texts
    while texts and not texts[-1].strip():
        texts.pop()
    while texts and not texts[0].strip():
        texts.pop(0)
    return "\n".join(texts)


def _record(turn: Turn | int, column: TimeColumn, name: str) -> Record:
    if isinstance(turn, int):
        return ImportIssue("text before the first speaker", f"{name} line {turn}")
    where = f"{name} line {turn.line}"
    text = _text(turn)
    if not text:
        return Ignored("empty text", where)
    stamp, flags = column.read(turn.time)
    if turn.is_joined:
        flags = (*flags, "joined_possible")
    return Message(
        conversation=_MAIN,
        role=turn.part.role,
        speaker=turn.speaker,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=turn.part.kind,
        shown=turn.part.shown,
        flags=flags,
        raw="\n".join(turn.raw),
    )
