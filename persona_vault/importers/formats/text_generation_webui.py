"""text-generation-webui (oobabooga): pairs of turns, since 2025 with notes on each."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import PurePosixPath
from typing import Any, ClassVar

from persona_vault.importers.alone import Told
from persona_vault.importers.files.html import unescaped
from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.source import Source
from persona_vault.importers.talk.chat_branches import (
    REPEATED,
    Telling,
    families,
    row_digest,
)
from persona_vault.importers.talk.dates import NO_TIME, from_any
from persona_vault.importers.values import (
    as_list,
    as_object,
    as_word,
    compact,
    kept_value,
)
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    ReadOptions,
    Record,
    Role,
)

_MARKER = "<|BEGIN-VISIBLE-CHAT|>"
_SIDES = (("user", Role.USER), ("assistant", Role.PERSONA))
# Longer than what is looked at. The program indents its files, CAI Tools does not.
_LONG = re.compile(r'\{\s*\n\s*"(?:internal|data)"\s*:\s*\[\s*\[\s*"')
_TEXT_SUFFIXES = {".json", ".jsonl", ".txt", ".md", ".csv", ".yaml", ".yml"}


def pairs_shape(text: str) -> str:
    """Which program's pairs a head shows: "webui", "cai_tools" or "" for neither."""
    values = peek_values(text, 1)
    if not values:
        if _LONG.match(text.lstrip()):
            return "webui"
        is_pairs = text.lstrip().startswith('{"internal":[["')
        return "cai_tools" if is_pairs else ""
    value = as_object(values[0])
    modern = _are_pairs(value.get("internal")) and _are_pairs(value.get("visible"))
    old = _are_pairs(value.get("data")) and _are_pairs(value.get("data_visible"))
    if modern and old:
        return "cai_tools"
    return "webui" if modern or old else ""


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in value[:2]
    )


class TextGenerationWebui:
    """Chat logs of text-generation-webui, old and new: one file, or a folder of them.

    The visible text counts, without the HTML escapes that the program puts in. A file
    that repeats the beginning of another one, times included, is a branch of it.
    """

    name: ClassVar[str] = "text_generation_webui"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "text-generation-webui"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds pairs of turns, told once."""
        return any(_is_log(source, member.name) for member in source.members())

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Both sides of every pair, then the other versions of each.

        Raises:
            InputRejectedError: A file is not JSON or cut off.
        """
        for name, reason in source.skipped_members():
            yield Ignored(reason, name)
        logs = []
        for member in source.members():
            if _is_log(source, member.name):
                logs.append(_Log(source, member.name).telling())
            else:
                yield Ignored(_reason_for(member.name), member.name)
        for family in families(logs):
            talk = Conversation(
                native_id=family.root.stem,
                title=family.root.stem,
                group=family.root.folder,
            )
            for place, telling in enumerate(family.tellings):
                log = _Log(source, telling.member, talk, is_branch=place > 0)
                yield from log.records(family.n_repeated[place])

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A turn or a version of it; only its place says whose it is."""
        value = as_object(kept_value(raw))
        if value.keys() == {"internal", "visible", "note"}:
            note, text = value["note"], _text(value["internal"], value["visible"])
        else:
            note, text = value, _version_text(value)
        stamp = from_any(as_object(note).get("timestamp")) or NO_TIME
        return Told(
            text=text,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
        )


def _is_log(source: Source, name: str) -> bool:
    if source.kind != "file" and not name.lower().endswith(".json"):
        return False
    text = source.head_text(name)
    return text.lstrip().startswith("{") and pairs_shape(text) == "webui"


def _reason_for(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return "not a chat file" if suffix in _TEXT_SUFFIXES else "media file"


class _Log:
    """One file on its way to records."""

    def __init__(
        self,
        source: Source,
        name: str,
        talk: Conversation | None = None,
        *,
        is_branch: bool = False,
    ) -> None:
        document = as_object(source.json_document(name))
        self._name = name
        self._internal = as_list(document.get("internal", document.get("data")))
        self._visible = as_list(document.get("visible", document.get("data_visible")))
        self._notes = as_object(document.get("metadata"))
        self._conversation = talk or Conversation()
        self._is_branch = is_branch
        self._n_pairs = max(len(self._internal), len(self._visible))

    def telling(self) -> Telling:
        """What tells whether the file is a branch of another."""
        path = PurePosixPath(self._name)
        telling = Telling(self._name, path.stem, path.parent.name)
        for row in range(self._n_pairs):
            words = [compact(_pair(self._internal, row))]
            for side, _role in _SIDES:
                note = as_object(self._notes.get(f"{side}_{row}"))
                words.append(as_word(note.get("timestamp")))
                stamp = from_any(note.get("timestamp"))
                if stamp and stamp.local_at:
                    wall = datetime.fromisoformat(stamp.local_at)
                    seconds = wall.replace(tzinfo=UTC).timestamp()
                    telling.newest = max(telling.newest, seconds)
            telling.digests.append(row_digest(*words))
            telling.proofs.append(bool(words[1]))
        return telling

    def records(self, n_repeated: int) -> Iterator[Record]:
        """Every pair, in file order; the first ones may stand in another file."""
        for row in range(self._n_pairs):
            where = f"{self._name} pair {row + 1}"
            internal, visible = _pair(self._internal, row), _pair(self._visible, row)
            if row < n_repeated:
                yield Ignored(REPEATED, where, self._conversation)
                continue
            if internal is None and visible is None:
                yield ImportIssue("not a pair of turns", where, self._conversation)
                continue
            for place, side in enumerate(_SIDES):
                seen = visible[place] if visible else None
                raw = internal[place] if internal else None
                yield from self._turn(side, row, raw, seen)

    def _turn(
        self, side: tuple[str, Role], row: int, internal: Any, visible: Any
    ) -> Iterator[Record]:
        where = f"{self._name} pair {row + 1} {side[0]}"
        if internal == _MARKER:
            yield Ignored("marker of the beginning", where, self._conversation)
            return
        note = as_object(self._notes.get(f"{side[0]}_{row}"))
        attachments = tuple(
            Attachment(as_word(file.get("name")), as_word(file.get("type")))
            for file in map(as_object, as_list(note.get("attachments")))
            if as_word(file.get("name"))
        )
        text = _text(internal, visible)
        if text.strip() or attachments:
            raw = compact({"internal": internal, "visible": visible, "note": note})
            message = self._message(side, note, text, where, attachments, raw)
            if self._opens(row) and message.role is Role.PERSONA:
                # Written by whoever made the character, not by a model in this talk.
                message = replace(message, flags=("greeting", *message.flags))
            yield message
        else:
            yield Ignored("empty text", where, self._conversation)
        yield from self._versions(side, note, text, where)

    def _opens(self, row: int) -> bool:
        internal = _pair(self._internal, row)
        return internal is not None and internal[0] == _MARKER

    def _versions(
        self, side: tuple[str, Role], note: dict[str, Any], text: str, where: str
    ) -> Iterator[Record]:
        """The versions that are not shown, which the list holds together with it."""
        versions = as_list(note.get("versions"))
        texts = [_version_text(version) for version in map(as_object, versions)]
        number = note.get("current_version_index")
        same = [n for n, other in enumerate(texts) if other == text]
        shown = number if number in same else same[0] if same else None
        for n, other in enumerate(texts):
            if n != shown and other.strip():
                place = f"{where} version {n + 1}"
                yield self._message(side, as_object(versions[n]), other, place)

    def _message(
        self,
        side: tuple[str, Role],
        note: dict[str, Any],
        text: str,
        where: str,
        attachments: tuple[Attachment, ...] = (),
        raw: str = "",
    ) -> Message:
        """A message; without `raw` it is a version beside the shown one."""
        word, role = side
        stamp = from_any(note.get("timestamp"))
        source = ClaimSource.MESSAGE if raw else ClaimSource.SWIPE
        model = as_word(note.get("model_name")).strip()
        # Of the user's own words, another version is what stood there before an edit.
        other = "regenerated" if role is Role.PERSONA else "earlier_wording"
        flags = ["branch"] if self._is_branch else []
        flags += [] if raw else [other]
        if stamp is None:
            flags.append("time_unread")
        stamp = stamp or NO_TIME
        return Message(
            conversation=self._conversation,
            role=role,
            speaker=word,
            text=text,
            where=where,
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind="text" if text.strip() or not attachments else "file",
            shown=bool(raw) and not self._is_branch,
            models=(ModelClaim(model, source, ClaimPart.ANSWERED),)
            if model and role is Role.PERSONA
            else (),
            attachments=attachments,
            flags=tuple(flags),
            raw=raw or compact(note),
        )


def _pair(pairs: list[Any], row: int) -> list[Any] | None:
    pair = pairs[row] if row < len(pairs) else None
    return pair if isinstance(pair, list) and len(pair) == 2 else None


def _version_text(version: dict[str, Any]) -> str:
    return _text(version.get("content"), version.get("visible_content"))


def _text(internal: Any, visible: Any) -> str:
    """What was seen; escapes are undone only where the program put them in."""
    plain, seen = as_word(internal), as_word(visible)
    if not seen or seen in (plain, escape(plain), escape(plain, quote=False)):
        return plain
    return unescaped(seen)
