"""Grok's data export: conversations with a model on each answer, and projects."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.source import Source
from persona_vault.importers.talk.branches import Link, Standing, standings
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
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
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    SourceFact,
)

# Inside a JSON string every quote is escaped, so these only match keys.
_CONVERSATIONS = re.compile(r'"conversations"\s*:\s*\[')
_RESPONSES = re.compile(r'"responses"\s*:\s*\[\s*\{\s*"response"\s*:\s*\{')
_FIRST_TALK = re.compile(r'"conversation"\s*:\s*\{')
_OTHER_LISTS = {"tasks": "task, not talk", "media_posts": "picture post, not talk"}
# A mark of a source, which the app shows as a small link at most.
_CARD, _CARD_END = "<grok:render", "</grok:render>"
_ASSET = re.compile(r"(?:^|/)prod-mc-asset-server/+([^/]+)/")
_FILE_LISTS = (
    ("file_attachments", "file"),
    ("image_attachments", "image"),
    ("generated_image_urls", "image"),
)
_ID_FIELDS = ("file_name", "name", "id", "file_id", "asset_id", "url")


class Grok:
    """Reads `prod-grok-backend.json`, alone or in its zip or folder.

    Files with a login or payments beside it are never opened. An answer without words
    (a picture, an aborted one) is kept as a message without text.
    """

    name: ClassVar[str] = "grok"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "grok"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds conversations with `responses`."""
        return bool(members_like(source, (".json",), _looks_right))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every response and project, and a line for what is no talk.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        members = members_like(source, (".json",), _looks_right)
        assets = _assets(source)
        for member in members:
            n_without_text = 0
            for key, where, value in source.json_fields(member):
                if key == "conversations":
                    for record in _talk(value, where, assets):
                        flags = record.flags if isinstance(record, Message) else ()
                        n_without_text += "no_text" in flags
                        yield record
                elif key == "projects":
                    yield from _project(value, where)
                elif value is not None:
                    reason = _OTHER_LISTS.get(key, "not talk")
                    yield Ignored(reason, where)
            if n_without_text:
                yield SourceFact("messages_without_text", str(n_without_text), member)
        yield from other_members(source, {*members, *assets.values()})

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A response or a project alone."""
        value = as_object(kept_value(raw))
        if "sender" in value:
            entry = {"conversation": {}, "responses": [{"response": value}]}
            return told_by(_talk(entry, where, {}))
        # Its words and its model keep one record, and end their place with a field.
        return told_by(_project(value, where.rpartition(" ")[0]), where)


def _looks_right(head: str) -> bool:
    found = _CONVERSATIONS.search(head) if head.startswith("{") else None
    if found is None:
        return False
    if _RESPONSES.search(head, found.end()):
        return True
    # The first responses may be beyond what is looked at, or empty.
    first = _FIRST_TALK.search(head, found.end())
    return first is not None and '"system_prompt_name"' in head


def _assets(source: Source) -> dict[str, str]:
    """Id of each file that the export brings -> its member (names hold a `//`)."""
    found: dict[str, str] = {}
    for member in source.members():
        asset = _ASSET.search(member.name)
        if asset:
            found.setdefault(asset[1], member.name)
    return found


def _stamp(value: Any) -> Stamp:
    """A time as ISO text, as `{"$date": ISO}` or as milliseconds in `$numberLong`."""
    for key in ("$date", "$numberLong"):
        if isinstance(value, dict):
            value = value.get(key, value)
    return NO_TIME if isinstance(value, dict) else from_any(value) or NO_TIME


def _project(value: Any, where: str) -> Iterator[Record]:
    """What a project says of the companion: its words, and the model it prefers."""
    if not isinstance(value, dict):
        yield ImportIssue("project in an unknown shape", where)
        return
    project = as_object(value.get("project")) or value
    title = as_word(project.get("name")) or as_word(project.get("title"))
    native_id = _first_word(project, ("workspace_id", "project_id", "_id", "id"))
    written = _stamp(project.get("modify_time")), _stamp(project.get("create_time"))
    found = 0
    for field, kind in (
        ("custom_personality", "project_prompt"),
        ("preferred_model", "preferred_model"),
    ):
        text = as_word(project.get(field))
        if text.strip():
            found += 1
            yield PersonaInput(
                kind=kind,
                text=text,
                title=title,
                where=f"{where} {field}",
                valid_from=written[0].sent_at or written[1].sent_at,
                native_id=f"{native_id}/{field}" if native_id else None,
                raw=compact(project),
            )
    if not found:
        yield Ignored("project without instructions", where)


def _first_word(value: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((value[name] for name in names if as_word(value.get(name))), "")


def _talk(value: Any, where: str, assets: dict[str, str]) -> Iterator[Record]:
    entry = as_object(value)
    about, responses = entry.get("conversation"), entry.get("responses")
    if not isinstance(about, dict) or not isinstance(responses, list):
        yield ImportIssue("conversation in an unknown shape", where)
        return
    conversation = _conversation(about, responses)
    if not responses:
        yield Ignored("conversation without messages", where, conversation)
        return
    replies = [as_object(as_object(entry).get("response")) for entry in responses]
    links = [_link(reply) for reply in replies]
    for standing in standings(links, about.get("leaf_response_id")):
        place = f"{where} response {standing.index + 1}"
        reply = replies[standing.index]
        if not links[standing.index].is_filled:
            yield ImportIssue("response in an unknown shape", place, conversation)
            continue
        yield from _told(reply, standing, conversation, place, assets)


def _conversation(about: dict[str, Any], responses: list[Any]) -> Conversation:
    first = as_object(as_object(next(iter(responses), None)).get("response"))
    return Conversation(
        native_id=_first_word(about, ("conversation_id", "id", "_id"))
        or _response_id(first)
        or "main",
        title=as_word(about.get("title")),
        group=_first_word(about, ("workspace_id", "project_id")),
    )


def _response_id(reply: dict[str, Any]) -> str:
    return _first_word(reply, ("response_id", "_id", "id"))


def _role(reply: dict[str, Any]) -> Role | None:
    """Who speaks: "human", or else the assistant or a model under its own name."""
    sender = as_word(reply.get("sender")).strip().casefold()
    if not sender:
        return None
    return Role.USER if sender == "human" else Role.PERSONA


def _link(reply: dict[str, Any]) -> Link:
    sent_at = _stamp(reply.get("create_time")).sent_at
    return Link(
        native_id=_response_id(reply),
        parent=as_word(reply.get("parent_response_id")) or None,
        role=_role(reply),
        seconds=sent_at.timestamp() if sent_at else None,
        is_filled=_role(reply) is not None,
    )


def _told(
    reply: dict[str, Any],
    standing: Standing,
    conversation: Conversation,
    where: str,
    assets: dict[str, str],
) -> Iterator[Message]:
    """The reasoning before a response where it is kept, then the response."""
    stamp = _stamp(reply.get("create_time"))
    role = _role(reply) or Role.PERSONA
    speaker = reply["sender"].strip().casefold()
    thought = as_word(reply.get("thinking_trace"))
    if thought.strip():
        yield Message(
            conversation=conversation,
            role=Role.SYSTEM,
            speaker=speaker,
            text=thought,
            where=f"{where} thinking",
            native_id=standing.native_id and f"{standing.native_id}/thinking",
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind="reasoning",
            shown=False,
            parent=standing.parent,
            flags=tuple(flag for flag in standing.flags if flag == "branch"),
        )
    written = as_word(reply.get("message"))
    text = written
    if role is Role.PERSONA:
        text = _without_cards(written)
    files = _files(reply, assets)
    yield Message(
        conversation=conversation,
        role=role,
        speaker=speaker,
        text=text if text.strip() else "",
        where=where,
        native_id=standing.native_id,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=_kind(text, files),
        shown=standing.shown,
        parent=standing.parent,
        models=_claims(reply, role),
        attachments=files,
        flags=(*standing.flags, *_flags(reply, text, changed=text != written)),
        raw=compact(reply),
    )


def _without_cards(text: str) -> str:
    """The words without marks of sources; no space is doubled or put before a stop."""
    kept, at = [""], 0
    while (start := text.find(_CARD, at)) >= 0:
        end = text.find(_CARD_END, start)
        if end < 0:
            break
        _join(kept, text[at:start])
        at = end + len(_CARD_END)
    if at == 0:
        return text
    _join(kept, text[at:])
    return "".join(kept).rstrip(" ") if at == len(text) else "".join(kept)


def _join(kept: list[str], piece: str) -> None:
    if piece and kept[-1].endswith(" ") and piece[0] in " \n\t.,;:!?)":
        kept[-1] = kept[-1][:-1]
    if piece:
        kept.append(piece)


def _kind(text: str, files: tuple[Attachment, ...]) -> str:
    if text.strip() or not files:
        return "text"
    return "image" if all(file.media_type == "image" for file in files) else "file"


def _flags(reply: dict[str, Any], text: str, *, changed: bool) -> list[str]:
    signs = {
        "no_text": not text.strip(),
        "citations_removed": changed,
        "truncated": reply.get("partial") is True,
        "error": bool(reply.get("error")),
    }
    return [flag for flag, holds in signs.items() if holds]


def _claims(reply: dict[str, Any], role: Role) -> tuple[ModelClaim, ...]:
    """What a response says of models; blank is none, and a user's is only a wish."""
    details = as_object(as_object(reply.get("metadata")).get("requestModelDetails"))
    is_answer = role is Role.PERSONA
    part = ClaimPart.ANSWERED if is_answer else ClaimPart.REQUESTED
    told = (
        (as_word(reply.get("model")).strip(), part),
        (as_word(details.get("modelId")).strip(), ClaimPart.REQUESTED),
    )
    claims = (
        ModelClaim(name, ClaimSource.MESSAGE, part) for name, part in told if name
    )
    return tuple(dict.fromkeys(claims))


def _files(reply: dict[str, Any], assets: dict[str, str]) -> tuple[Attachment, ...]:
    """The files that a response names, with the member that holds their bytes."""
    found = []
    for field, media_type in _FILE_LISTS:
        for entry in as_list(reply.get(field)):
            words = [entry] if isinstance(entry, str) else []
            if isinstance(entry, dict):
                words = [w for name in _ID_FIELDS if (w := as_word(entry.get(name)))]
            if words:
                parts = (part for word in words for part in word.split("/"))
                member = next((assets[part] for part in parts if part in assets), "")
                found.append(Attachment(words[0], media_type, member=member))
    return tuple(found)
