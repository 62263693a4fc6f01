"""ChatGPT's data export, from 2023 to the sharded and slim files of 2026."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from persona_vault.importers.formats.chatgpt.content import (
    Content,
    custom_instructions,
    read_content,
    without_citations,
)
from persona_vault.importers.formats.chatgpt.files import (
    absent_shards,
    asset_members,
    chat_members,
    conversations,
    filled_nodes,
    named_parents,
)
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.talk.tree import Place, reading_order
from persona_vault.importers.values import as_object, as_word, compact, kept_value
from persona_vault.model import (
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
)

_ROLES = {"user": Role.USER, "assistant": Role.PERSONA}
_MACHINE_KINDS = {
    "tool": "tool",
    "function": "tool",  # the name of tools in 2023
    "system": "system",
    "developer": "system",
}
_UNFINISHED = frozenset({"in_progress", "finished_partial_completion"})
_CUT_SHORT = frozenset({"interrupted", "max_tokens"})


class ChatGPT:
    """Reads `conversations.json`, its shards, and single conversations of that shape.

    Every node of every tree gives one record. What the app shows as a bubble is a
    message of the user or the persona; on branches that were left it has `shown=False`
    and the flag "branch". Everything else (system, tools, calls to tools, reasoning,
    hidden messages) has the role `system` and is never shown.
    """

    name: ClassVar[str] = "chatgpt"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "chatgpt"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member holds objects with a `mapping` of nodes."""
        return bool(chat_members(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every node of every conversation, and every promised shard that is absent.

        Raises:
            InputRejectedError: A member is not JSON or cut off.
        """
        members = chat_members(source)
        yield from absent_shards(source, members)
        assets = asset_members(source)
        for member in members:
            for where, value in conversations(source, member):
                yield from _records(value, where, assets)

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """A node alone: its words, side, time and models, not its place in the tree."""
        node = as_object(kept_value(raw))
        if not node:
            return None
        alone = {"mapping": {"node": {**node, "parent": None, "children": []}}}
        return next(_Reading(alone, where, {}).records(), None)


def _records(value: Any, where: str, assets: Mapping[str, str]) -> Iterator[Record]:
    if not isinstance(value, dict):
        yield ImportIssue("not a conversation", where)
        return
    mapping = value.get("mapping")
    if mapping is None or mapping == {}:
        # Slim exports hold shells of conversations; other words for messages would
        # mean a shape that we do not know.
        if any(value.get(name) for name in ("messages", "chat_messages")):
            yield ImportIssue("conversation in an unknown shape", where)
        else:
            yield Ignored("conversation without messages", where)
    elif isinstance(mapping, dict):
        yield from _Reading(value, where, assets).records()
    else:
        yield ImportIssue("conversation in an unknown shape", where)


class _Reading:
    """One conversation on its way from a tree to records."""

    def __init__(
        self, value: dict[str, Any], where: str, assets: Mapping[str, str]
    ) -> None:
        self._assets = assets
        self._mapping: dict[str, Any] = value["mapping"]
        self._current = value.get("current_node")
        self._where = where
        self._started = _stamp(value.get("create_time"))
        self._conversation = _conversation(value)
        self._ids: set[str] = set()
        # Of the nearest record above each node: id of the message, key of the bubble.
        self._message_above: dict[str | None, str | None] = {None: None}
        self._bubble_above: dict[str | None, str] = {}
        self._n_answers: Counter[tuple[str, Role]] = Counter()

    def records(self) -> Iterator[Record]:
        """One record for each node."""
        times = {key: _seconds(node) for key, node in self._mapping.items()}
        parents, filled = named_parents(self._mapping), filled_nodes(self._mapping)
        for place in reading_order(parents, self._current, times, filled):
            # The top of each piece stands for itself: pieces do not answer each other.
            above = self._bubble_above.get(place.parent, f"top of {place.key}")
            self._bubble_above[place.key] = above
            self._message_above[place.key] = self._message_above[place.parent]
            record = self._record(place)
            if isinstance(record, Message):
                self._message_above[place.key] = record.native_id
                if record.role is not Role.SYSTEM:
                    self._bubble_above[place.key] = place.key
            yield record

    def _record(self, place: Place) -> Record:
        node = self._mapping[place.key]
        where = f"{self._where} node {place.position}"
        message = node.get("message") if isinstance(node, dict) else node
        if message is None:
            return Ignored("node without message", where, self._conversation)
        if not isinstance(node, dict) or not isinstance(message, dict):
            issue = "node in an unknown shape"
            return ImportIssue(issue, where, self._conversation)
        content = read_content(message, self._assets)
        return (
            self._persona_input(message, content, place, where)
            or self._unread(message, content, where)
            or self._message(message, content, place, where)
        )

    def _persona_input(
        self, message: dict[str, Any], content: Content, place: Place, where: str
    ) -> Record | None:
        """The record of a node that says what the companion should be, else None."""
        content_type = as_object(message.get("content")).get("content_type")
        kind, title = "memory", ""
        if content_type == "model_editable_context" or _recipient(message) == "bio":
            text = content.text
        elif content_type == "user_editable_context" or not (
            content.text or content.attachments
        ):
            kind = "custom_instructions"
            text, title = custom_instructions(message)
            if not text and content_type != "user_editable_context":
                return None
        else:
            return None
        if not text:
            return Ignored("empty node", where, self._conversation)
        written = _stamp(message.get("create_time"))
        return PersonaInput(
            kind=kind,
            text=text,
            title=title,
            where=where,
            valid_from=written.sent_at or self._started.sent_at,
            native_id=self._native_id(message, place),
            raw=compact(self._mapping[place.key]),
            conversation=self._conversation,
        )

    def _unread(
        self, message: dict[str, Any], content: Content, where: str
    ) -> Record | None:
        """Why a node gives no message; None if it does."""
        thread = self._conversation
        if not content.text and not content.attachments:
            if content.is_known and not content.has_unknown_part:
                return Ignored("empty node", where, thread)
            return ImportIssue("unknown content type", where, thread)
        role = as_object(message.get("author")).get("role")
        if not isinstance(role, str) or role not in {*_ROLES, *_MACHINE_KINDS}:
            return ImportIssue("unknown author role", where, thread)
        return None

    def _message(
        self, message: dict[str, Any], content: Content, place: Place, where: str
    ) -> Message:
        author = as_object(message.get("author"))
        hidden_kind = _hidden_kind(message, content)
        role = Role.SYSTEM if hidden_kind else _ROLES[author["role"]]
        text, flags = content.text, _flags(message, content, place)
        if role is Role.PERSONA:
            text = without_citations(text)
            flags += ["citations_removed"] * (text != content.text)
        if role is not Role.SYSTEM:
            flags += self._repeat_flags(place, role)
        stamp = _stamp(message.get("create_time"))
        name = author.get("name")
        return Message(
            conversation=self._conversation,
            role=role,
            speaker=name if isinstance(name, str) and name else author["role"],
            text=text,
            where=where,
            native_id=self._native_id(message, place),
            sent_at=stamp.sent_at,
            local_at=stamp.local_at,
            time_quality=stamp.quality,
            kind=hidden_kind or content.kind,
            shown=place.on_path and not hidden_kind,
            parent=self._message_above[place.parent],
            models=_claims(message),
            attachments=content.attachments,
            flags=tuple(flags),
            raw=compact(self._mapping[place.key]),
        )

    def _repeat_flags(self, place: Place, role: Role) -> list[str]:
        """Whether the message is another attempt at the same place of the talk."""
        slot = (self._bubble_above[place.key], role)
        self._n_answers[slot] += 1
        if self._n_answers[slot] == 1:
            return []
        return ["edited" if role is Role.USER else "regenerated"]

    def _native_id(self, message: dict[str, Any], place: Place) -> str:
        """The message's id; the node's key where that is missing or taken."""
        written = message.get("id")
        native_id = written if isinstance(written, str) and written else place.key
        if native_id in self._ids:
            native_id = place.key
        if native_id in self._ids:
            native_id = f"{place.key}/{place.position}"
        self._ids.add(native_id)
        return native_id


def _stamp(value: Any) -> Stamp:
    return from_any(value) or NO_TIME


def _seconds(node: Any) -> float | None:
    """A node's time for sorting; a wall time counts as if it were UTC."""
    message = as_object(as_object(node).get("message"))
    stamp = _stamp(message.get("create_time"))
    return stamp.sent_at.timestamp() if stamp.sent_at else None


def _recipient(message: dict[str, Any]) -> str:
    return as_word(message.get("recipient")) or "all"


def _conversation(value: dict[str, Any]) -> Conversation:
    mapping = value["mapping"]
    slugs = dict.fromkeys([as_word(value.get("default_model_slug"))])
    for node in mapping.values():
        metadata = as_object(as_object(as_object(node).get("message")).get("metadata"))
        slugs[as_word(metadata.get("default_model_slug"))] = None
    # Without an id of its own, the first message's id is as lasting as the talk.
    ids = (as_word(value.get("conversation_id")), as_word(value.get("id")))
    own = (key for key in mapping if key != "client-created-root")
    return Conversation(
        native_id=ids[0] or ids[1] or next(own, "main"),
        title=as_word(value.get("title")),
        group=as_word(value.get("gizmo_id"))
        or as_word(value.get("conversation_template_id")),
        models=tuple(
            ModelClaim(slug, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
            for slug in slugs
            if slug
        ),
    )


def _hidden_kind(message: dict[str, Any], content: Content) -> str:
    """Why the app shows no bubble for this message; "" if it does."""
    metadata = as_object(message.get("metadata"))
    machine = _MACHINE_KINDS.get(message["author"]["role"])
    if machine:
        return machine
    if content.kind == "reasoning" or message.get("channel") == "analysis":
        return "reasoning"
    if _recipient(message) != "all":
        return "tool"
    weight = message.get("weight")
    is_discarded = isinstance(weight, (int, float)) and weight == 0
    if metadata.get("is_visually_hidden_from_conversation") is True or is_discarded:
        return "hidden"
    return ""


def _flags(message: dict[str, Any], content: Content, place: Place) -> list[str]:
    metadata = as_object(message.get("metadata"))
    finish = as_object(metadata.get("finish_details")).get("type")
    signs = {
        "branch": not place.on_path,
        "orphan": place.is_cut,
        "truncated": as_word(message.get("status")) in _UNFINISHED
        or as_word(finish) in _CUT_SHORT,
        "commentary": message.get("channel") == "commentary",
        "ab_variant": bool(metadata.get("paragen_variants_info"))
        or bool(metadata.get("paragen_variant_choice")),
        "unknown_content_type": not content.is_known,
        "unknown_part": content.has_unknown_part,
    }
    return [flag for flag, holds in signs.items() if holds]


def _claims(message: dict[str, Any]) -> tuple[ModelClaim, ...]:
    metadata = as_object(message.get("metadata"))
    answered = as_word(metadata.get("model_slug"))
    requested = as_word(metadata.get("requested_model_slug"))
    claims = []
    if answered:
        # Nobody answers in a user's own message, and "auto" is a wish, not a model.
        is_wish = message["author"]["role"] == "user" or answered == "auto"
        part = ClaimPart.REQUESTED if is_wish else ClaimPart.ANSWERED
        claims.append(ModelClaim(answered, ClaimSource.MESSAGE, part))
    if requested:
        claim = ModelClaim(requested, ClaimSource.MESSAGE, ClaimPart.REQUESTED)
        claims += [] if claim in claims else [claim]
    return tuple(claims)
