"""Corpora in the folder format of ConvoKit, the toolkit for conversations."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.files.members import other_members
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.columns import Part, Speakers
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.importers.values import as_object, as_word, compact, kept_value
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ReadOptions,
    Record,
    Role,
)

_UTTERANCES = ("utterances.jsonl", "utterances.json")
_ABOUT = ("speakers.json", "users.json", "conversations.json", "corpus.json")
_DESCRIPTIONS = (*_ABOUT, "index.json")
# Before version 2.3 (2020) three fields had other names.
_OLD_NAMES = {"speaker": "user", "conversation_id": "root", "reply_to": "reply-to"}
_MARKS = ("role", "type")  # of a speaker's meta, where it may say which side it is


class ConvoKit:
    """Reads the utterances of a corpus, with the titles of its conversations.

    Which speaker is the user and which the companion is told by plain role words, by
    the role in the meta of an utterance or of its speaker, or by the names the user
    gives; any other speaker is an issue.
    """

    name: ClassVar[str] = "convokit"
    version: ClassVar[int] = 1
    app: ClassVar[str] = ""
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a folder or zip holds utterances beside what describes them."""
        return bool(_corpora(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every utterance, corpus by corpus, in file order.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        taken = set()
        for name in _corpora(source):
            taken.add(name)
            folder = PurePosixPath(name).parent
            for about in _DESCRIPTIONS:
                member = (folder / about).as_posix()
                if source.has(member):
                    taken.add(member)
                    yield Ignored("description of the corpus", member)
            yield from _Corpus(source, name, options).records()
        yield from other_members(source, taken)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """An utterance; the corpus tells which side its speaker is."""
        talk, part = Conversation(), Part(Role.SYSTEM)
        told = told_by([_record(as_object(kept_value(raw)), part, where, talk)])
        return told and replace(told, role=None)


def _corpora(source: Source) -> list[str]:
    found = []
    for member in source.members():
        path = PurePosixPath(member.name)
        beside = ((path.parent / about).as_posix() for about in _ABOUT)
        if (
            source.kind != "file"
            and path.name in _UTTERANCES
            and any(source.has(name) for name in beside)
            and _is_utterances(source.head_text(member.name))
        ):
            found.append(member.name)
    return found


def _is_utterances(head: str) -> bool:
    first = next(iter(peek_values(head, 1)), None)
    if first is None:
        # An utterance that is longer than what is looked at.
        return '"text"' in head and '"id"' in head
    keys = as_object(first).keys()
    return "text" in keys and not keys.isdisjoint({"speaker", "user"})


class _Corpus:
    """One folder of a corpus on its way to records."""

    def __init__(self, source: Source, name: str, options: ReadOptions) -> None:
        self._source = source
        self._name = name
        self._folder = PurePosixPath(name).parent
        self._speakers = Speakers(options)
        self._abouts = self._about("speakers.json") or self._about("users.json")
        self._conversations = self._about("conversations.json")
        self._threads: dict[str, Conversation] = {}

    def _about(self, name: str) -> dict[str, Any]:
        """Meta by id out of a file beside the utterances; {} where there is none."""
        member = (self._folder / name).as_posix()
        if not self._source.has(member):
            return {}
        found = {}
        for key, value in as_object(self._source.json_document(member)).items():
            # Later versions keep vectors beside the meta, earlier ones the meta alone.
            about = as_object(value)
            found[key] = as_object(about.get("meta")) or about
        return found

    def records(self) -> Iterator[Record]:
        """One record for each utterance."""
        for where, value in self._source.json_records(self._name):
            if value is BAD_JSON:
                yield ImportIssue("line is not JSON", where)
            elif not isinstance(value, dict):
                yield ImportIssue("not an utterance", where)
            else:
                yield self._record(value, where)

    def _record(self, utterance: dict[str, Any], where: str) -> Record:
        talk = self._thread(_field(utterance, "conversation_id"))
        speaker = _field(utterance, "speaker")
        part = self._part(speaker, as_object(utterance.get("meta")))
        return _record(utterance, part, where, talk)

    def _part(self, speaker: str, meta: dict[str, Any]) -> Part | None:
        """Whose words they are, by the name, else by what the corpus says of them."""
        about = as_object(self._abouts.get(speaker))
        labels = [
            speaker,
            *(as_word(each.get(m)) for each in (meta, about) for m in _MARKS),
        ]
        return next(
            (part for each in labels if each and (part := self._speakers.part(each))),
            None,
        )

    def _thread(self, key: str) -> Conversation:
        if key not in self._threads:
            about = as_object(self._conversations.get(key))
            title = as_word(about.get("title")) or as_word(about.get("name"))
            self._threads[key] = Conversation(native_id=key or "main", title=title)
        return self._threads[key]


def _record(
    utterance: dict[str, Any], part: Part | None, where: str, talk: Conversation
) -> Record:
    speaker = _field(utterance, "speaker")
    if part is None:
        reason = "unknown speaker" if speaker else "no speaker"
        return ImportIssue(reason, where, talk)
    text = as_word(utterance.get("text"))
    if not text.strip():
        return Ignored("empty text", where, talk)
    stamp, flags = TimeColumn().read(utterance.get("timestamp"))
    return Message(
        conversation=talk,
        role=part.role,
        speaker=speaker,
        text=text,
        where=where,
        native_id=_field(utterance, "id") or None,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=part.kind,
        shown=part.shown and part.role is not Role.SYSTEM,
        parent=_field(utterance, "reply_to") or None,
        flags=flags,
        raw=compact(utterance),
    )


def _field(utterance: dict[str, Any], name: str) -> str:
    """An id under its present or its old name; "" for none."""
    value = utterance.get(name, utterance.get(_OLD_NAMES.get(name, name)))
    if isinstance(value, dict):
        value = value.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
