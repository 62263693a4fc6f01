"""Gemini (once Bard): the activity log of Google Takeout, as JSON or as a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.marked_text import marked_text
from persona_vault.importers.files.members import (
    members_like,
    other_members,
    with_members,
)
from persona_vault.importers.formats.gemini.dates import read_date
from persona_vault.importers.formats.gemini.html import Cell, cells
from persona_vault.importers.formats.gemini.titles import Frame, learn_frame
from persona_vault.importers.source import HEAD_BYTES, Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_OURS = re.compile(r"\b(?:Gemini|Bard)\b")
_RECORD = re.compile(r'^\[\s*\{\s*"header"\s*:\s*"[^"]*\b(?:Gemini|Bard)\b')
_CELL = re.compile(r'<div\s+class="outer-cell\b')
_HEADING = re.compile(
    r'class="header-cell\b[^>]{0,200}>\s{0,9}<\w{1,9}[^>]{0,200}>[^<]{0,99}'
    r"\b(?:Gemini|Bard)\b"
)
# The page begins with its styles, which are longer than what is looked at elsewhere.
_LONGEST_STYLES = 1024 * 1024
_THREAD = re.compile(r"gemini\.google\.com/app/(?:c/)?(?:c_)?([0-9A-Za-z_-]{6,})")
_CELL_KEYS = ("title", "date", "answer")  # what is kept of a page's record
_MAIN = Conversation(native_id="main", threaded=False)


@dataclass(frozen=True, slots=True)
class _Activity:
    """One record, whichever form it had.

    Attributes:
        title: With Google's words around the prompt.
        request: The prompt alone, "" where only the title has it.
        answer: As marked text, "" for none.
        problem: Why the record cannot be read, "" if it can.
    """

    title: str
    answer: str
    where: str
    raw: str
    stamp: Stamp = NO_TIME
    flags: tuple[str, ...] = ()
    request: str = ""
    talk: Conversation = _MAIN
    files: tuple[str, ...] = ()
    answer_files: tuple[str, ...] = ()
    problem: str = ""


class Gemini:
    """Reads prompts with their answers; the log has no threads, titles or models.

    A record gives two messages, or one where the answer is not in the file. What
    Google logs besides (feedback, canvases, other products) is left out by name.
    """

    name: ClassVar[str] = "gemini"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "gemini"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is an activity log whose first record is Gemini's.

        Of a page the styles before the first record are passed over, at most 1 MiB.
        """
        return bool(_logs(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every record of every log, oldest first.

        Raises:
            InputRejectedError: A member is not UTF-8, not JSON, or cut off.
        """
        names = _logs(source)
        attached: set[str] = set()
        for name in names:
            folder = PurePosixPath(name).parent.as_posix()
            is_page = source.head_text(name).lstrip().startswith("<")
            found = (
                _from_page(source, name, options)
                if is_page
                else _from_json(source, name)
            )
            for record in _records(list(found)):
                if not isinstance(record, Message):
                    yield record
                    continue
                message = with_members(record, source, folder)
                attached |= {each.member for each in message.attachments}
                yield message
        yield from other_members(source, {*names, *attached})

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A prompt, with Google's words around it where its title alone has it."""
        value = as_object(kept_value(raw))
        if value.keys() == set(_CELL_KEYS):
            activity = _of_cell(Cell(**value), where, options)
        else:
            activity = _activity(value, where)
        base = _base(activity)
        if activity.request:
            return Told.of(replace(base, text=activity.request))
        return replace(Told.of(replace(base, text=activity.title)), has_more=True)


def _logs(source: Source) -> list[str]:
    names = set(members_like(source, {".json"}, lambda head: bool(_RECORD.match(head))))
    pages = members_like(source, {".html", ".htm"}, lambda head: head.startswith("<"))
    names.update(name for name in pages if _is_page(source, name))
    return sorted(names)


def _is_page(source: Source, name: str) -> bool:
    head = source.head_text(name)
    if not _CELL.search(head) and "<style" in head and "</style" not in head:
        with source.stream(name) as stream:
            data = stream.read(_LONGEST_STYLES + HEAD_BYTES)
        head = data.decode("utf-8", "ignore")
    return _HEADING.search(head) is not None


def _from_json(source: Source, name: str) -> Iterator[_Activity | Ignored]:
    for where, value in source.json_items(name):
        record = as_object(value)
        if not record:
            yield _Activity("", "", where, "", problem="not a record")
        elif not _is_ours(record):
            yield Ignored("record of another product", where)
        else:
            yield _activity(record, where)


def _is_ours(record: dict[str, Any]) -> bool:
    labels = [record.get("header"), *as_list(record.get("products"))]
    return any(_OURS.search(as_word(label)) for label in labels)


def _activity(record: dict[str, Any], where: str) -> _Activity:
    stamp, flags = TimeColumn().read(record.get("time"))
    pieces = [as_object(each) for each in as_list(record.get("safeHtmlItem"))]
    answer = "\n\n".join(marked_text(as_word(each.get("html"))) for each in pieces)
    request = ""
    if not answer.strip():
        request, answer = _details(as_list(record.get("details")))
    thread = _THREAD.search(as_word(record.get("titleUrl")))
    files = [*as_list(record.get("attachedFiles")), record.get("imageFile")]
    is_other_shape = not answer and bool(record.get("userInteractions"))
    return _Activity(
        title=as_word(record.get("title")),
        answer=answer,
        where=where,
        raw=compact(record),
        stamp=stamp,
        flags=flags,
        request=request,
        talk=Conversation(native_id=thread[1]) if thread else _MAIN,
        files=tuple(dict.fromkeys(as_word(file) for file in files if as_word(file))),
        problem="record in a shape that is not known" if is_other_shape else "",
    )


def _details(details: list[Any]) -> tuple[str, str]:
    """(prompt, answer) where a record has them as two details with a value.

    Their names are in the user's language, their order is fixed.
    """
    values = [as_word(as_object(each).get("value")) for each in details]
    return (values[0], values[1]) if len(values) == 2 and all(values) else ("", "")


def _from_page(
    source: Source, name: str, options: ReadOptions
) -> Iterator[_Activity | Ignored]:
    for number, cell in enumerate(cells(source, name), 1):
        where = f"{name} record {number}"
        if not _OURS.search(cell.product):
            yield Ignored("record of another product", where)
        else:
            yield _of_cell(cell, where, options)


def _of_cell(cell: Cell, where: str, options: ReadOptions) -> _Activity:
    stamp: Stamp = NO_TIME
    flags: tuple[str, ...] = ("time_unread",)
    if cell.date:
        stamp, flags = read_date(cell.date, day_first=options.day_first)
    return _Activity(
        title=cell.title,
        answer=cell.answer,
        where=where,
        raw=compact({key: getattr(cell, key) for key in _CELL_KEYS}),
        stamp=stamp,
        flags=flags,
        files=tuple(cell.files),
        answer_files=tuple(cell.answer_files),
    )


def _records(found: list[_Activity | Ignored]) -> Iterator[Record]:
    """Prompts and answers, oldest first; all are held, as the log runs backwards."""
    activities = [each for each in found if isinstance(each, _Activity)]
    yield from (each for each in found if isinstance(each, Ignored))
    frame = learn_frame(
        each.title for each in activities if each.answer and not each.request
    )
    for activity in _oldest_first(activities):
        yield from _messages(activity, frame)


def _oldest_first(activities: list[_Activity]) -> list[_Activity]:
    times = [time for each in activities if (time := _sortable(each.stamp))]
    n_falling = sum(later < earlier for earlier, later in pairwise(times))
    n_rising = sum(later > earlier for earlier, later in pairwise(times))
    return activities[::-1] if n_falling > n_rising else activities


def _sortable(stamp: Stamp) -> str:
    return stamp.sent_at.isoformat() if stamp.sent_at else stamp.local_at or ""


def _messages(activity: _Activity, frame: Frame) -> Iterator[Record]:
    where, talk = activity.where, activity.talk
    if activity.problem:
        yield ImportIssue(activity.problem, where, talk)
        return
    prompt, flags = _prompt(activity, frame)
    if prompt is None:
        yield Ignored("no prompt: feedback, a canvas or the like", where, talk)
        return
    if not prompt and not activity.files and not activity.answer:
        yield Ignored("empty text", where, talk)
        return
    base = _base(activity)
    if prompt or activity.files:
        yield replace(
            base,
            text=prompt,
            where=f"{where} prompt",
            flags=(*base.flags, *flags),
            kind="text" if prompt else "file",
            attachments=_named(activity.files),
            raw=activity.raw,
        )
    if activity.answer:
        yield replace(
            base,
            role=Role.PERSONA,
            speaker="Gemini",
            text=activity.answer,
            where=f"{where} answer",
            attachments=_named(activity.answer_files),
            flags=(*base.flags, *(() if activity.request else ("from_html",))),
        )


def _prompt(activity: _Activity, frame: Frame) -> tuple[str | None, tuple[str, ...]]:
    """(prompt, flags); None where the record is of another kind."""
    if activity.request:
        return activity.request, ()
    prompt = frame.prompt(activity.title)
    if frame.is_known:
        return prompt, () if activity.answer else ("answer_missing",)
    # With too few prompts to tell Google's words from the user's, all are kept, and
    # only an answer shows that there was a prompt.
    return (prompt, ("title_kept",)) if activity.answer else (None, ())


def _base(activity: _Activity) -> Message:
    return Message(
        conversation=activity.talk,
        role=Role.USER,
        speaker="user",
        text="",
        where=activity.where,
        sent_at=activity.stamp.sent_at,
        local_at=activity.stamp.local_at,
        time_quality=activity.stamp.quality,
        flags=activity.flags,
    )


def _named(files: tuple[str, ...]) -> tuple[Attachment, ...]:
    return tuple(Attachment(file, "file") for file in files)
