"""KinLog, an extension that notes Kindroid talk while it stands on the screen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.html import unescaped
from persona_vault.importers.files.jsonwalk import opening
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.talk.two_names import roles_of
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
    SourceFact,
    TimeQuality,
)

_KEYS = {"username", "content", "timestamp", "signature"}
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_AT_ONCE = timedelta(seconds=1)
_FEWEST_AT_ONCE = 3
_MOST_AT_ONCE = 1000
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def is_log(value: Any) -> bool:
    """Whether a value is one entry of the second version's log."""
    return as_object(value).keys() >= _KEYS


def is_old_log(head: str) -> bool:
    """Whether a file opens as the first version's log: what made it, then pairs."""
    found = opening(head)
    meta = as_object(found.values.get("meta"))
    return found.has("about", "chat") and "KinLog" in as_word(meta.get("source"))


def read_log(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The log of the second version; its times are when a bubble was seen.

    Speakers are known as in the text exports.
    """
    yield from _facts(name)
    authors = set()
    for _where, entry in source.json_items(name):
        if author := as_word(as_object(entry).get("username")).strip():
            authors.add(author.casefold())
    roles, talk = roles_of(authors, options), Conversation(threaded=False)
    known: set[tuple[str, str]] = set()
    for burst in _bursts(source.json_items(name)):
        for where, entry, _stamp in burst:
            if not isinstance(entry, dict):
                yield ImportIssue("not a record", where)
                continue
            author, text = as_word(entry.get("username")), as_word(entry.get("content"))
            if len(burst) >= _FEWEST_AT_ONCE and (author, text) in known:
                yield Ignored("bubble shown again", where)
                continue
            known.add((author, text))
            yield _noted(entry).record(where, roles, talk)


def _bursts(
    entries: Iterator[tuple[str, Any]],
) -> Iterator[list[tuple[str, Any, Stamp]]]:
    """Entries that were noted at once, as when a page is loaded, put together.

    A loaded page shows its last bubbles anew, and the extension notes them again;
    nobody writes three messages in that time.
    """
    burst: list[tuple[str, Any, Stamp]] = []
    for where, entry in entries:
        stamp = from_any(as_object(entry).get("timestamp")) or NO_TIME
        last = burst[-1][2].sent_at if burst else None
        at_once = stamp.sent_at and last and abs(stamp.sent_at - last) <= _AT_ONCE
        if burst and (not at_once or len(burst) >= _MOST_AT_ONCE):
            yield burst
            burst = []
        burst.append((where, entry, stamp))
    if burst:
        yield burst


def read_old_log(source: Source, name: str, options: ReadOptions) -> Iterator[Record]:
    """The log of the first version: names and what stood in the bubble, no times."""
    yield from _facts(name)
    authors = {
        str(pair[0]).strip().casefold()
        for key, _where, pair in source.json_fields(name)
        if key == "chat" and as_list(pair)
    }
    roles, talk = roles_of(authors, options), Conversation(threaded=False)
    for key, where, pair in source.json_fields(name):
        if key != "chat":
            continue
        seen = _noted_first(as_list(pair))
        if seen is None:
            yield ImportIssue("not a record", where)
        else:
            yield seen.record(where, roles, talk)


def told_bubble(value: Any, where: str) -> Told | None:
    """What a bubble says alone; the names in the file tell its sides."""
    seen = _noted_first(value) if isinstance(value, list) else _noted(value)
    if seen is None:
        return None
    told = told_by([seen.record(where, {seen.key: Role.SYSTEM}, Conversation())])
    return told and replace(told, role=None)


def _facts(name: str) -> Iterator[SourceFact]:
    # What was regenerated stood on the screen as well, before it was replaced.
    yield SourceFact("answers", "rejected_among_them", name)


def _noted(entry: dict[str, Any]) -> "_Seen":
    """A bubble of the second version's log."""
    author, text = as_word(entry.get("username")), as_word(entry.get("content"))
    stamp = from_any(entry.get("timestamp")) or NO_TIME
    return _Seen(author.strip(), text, stamp, compact(entry))


def _noted_first(pair: list[Any]) -> "_Seen | None":
    """A bubble of the first version's log: name and HTML."""
    words = [word for word in pair if isinstance(word, str)]
    if len(words) != 2:
        return None
    author, shown = words
    text = unescaped(_TAG.sub("", _BREAK.sub("\n", shown)))
    return _Seen(author.strip(), text, NO_TIME, compact(pair))


class _Seen:
    """One bubble as the extension saw it."""

    def __init__(self, author: str, text: str, stamp: Stamp, raw: str) -> None:
        self._author = author
        self._text = text
        self._stamp = stamp
        self._raw = raw

    @property
    def key(self) -> str:
        """The author as the roles have it."""
        return self._author.casefold()

    def record(self, where: str, roles: dict[str, Role], talk: Conversation) -> Record:
        """The bubble as a message."""
        if not self._author:
            return ImportIssue("no speaker", where)
        role = roles.get(self.key)
        if role is None:
            return ImportIssue("speaker not named by the user", where)
        if not self._text.strip():
            return Ignored("empty text", where)
        seen_at = self._stamp.sent_at
        return Message(
            conversation=talk,
            role=role,
            speaker=self._author,
            text=self._text,
            sent_at=seen_at,
            time_quality=TimeQuality.CAPTURE if seen_at else TimeQuality.NONE,
            raw=self._raw,
            where=where,
        )
