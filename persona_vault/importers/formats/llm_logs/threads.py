"""The newer tables of `logs.db`: threads that point into one shared tree of messages.

A message is stored once, under a hash of its words and of all that stands before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.sqlite_file import Database
from persona_vault.importers.formats.llm_logs.responses import (
    Known,
    claims,
    given_files,
    optional,
    threads_of,
    utc_stamp,
)
from persona_vault.importers.talk.dates import Stamp
from persona_vault.importers.talk.tree import Place, reading_order
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Attachment,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    PersonaInput,
    Record,
    Role,
)

TURNS = ("id", "thread_id", "parent_message_hash", "tip_message_hash", "model")
PARTS = ("id", "message_hash", "position", "type", "text", "payload")
_ROLES = {"user": Role.USER, "assistant": Role.PERSONA}


@dataclass(slots=True)
class _Node:
    """One message of the tree.

    Attributes:
        turn: The call that it was the prompt or the response of, {} for none.
        is_reply: Whether that call made it; else it was sent.
        native_id: Its id; where a call has one prompt and one response, theirs are
            those that the older tables would give them.
    """

    parent: str | None
    role: str
    native_id: str
    words: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    machine: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    turn: dict[str, Any] = field(default_factory=dict)
    is_reply: bool = False


def read_threads(database: Database, known: Known) -> Iterator[Record]:
    """Every message of every thread, once: a fork repeats nothing of its origin.

    Args:
        database: The open file.
        known: (role, text) of what the older tables gave, by conversation: a thread
            that goes on from there holds copies of it.
    """
    nodes = _nodes(database)
    _fill(database, nodes)
    turns: dict[str, list[dict[str, Any]]] = {}
    columns = (*TURNS, "resolved_model", "datetime_utc")
    for row in database.select("turns", columns):
        turns.setdefault(str(row["thread_id"]), []).append(row)
    tips = {
        str(row["id"]): row["tip_message_hash"]
        for row in database.select("threads", ("id", "tip_message_hash"))
    }
    threads = threads_of(database, "threads")
    # Calls can stand outside any thread that is listed.
    for key in turns:
        threads.setdefault(key, Conversation(native_id=key))
    seen: set[str] = set()
    for number, (key, talk) in enumerate(threads.items(), 1):
        mine = _gather(nodes, turns.get(key, []), tips.get(key), seen)
        where = f"{database.name} thread {number}"
        if not mine:
            yield Ignored("conversation without messages of its own", where, talk)
        thread = _Thread(nodes, talk, where, known.get(key, set()))
        yield from thread.records(mine, tips.get(key))


def _nodes(database: Database) -> dict[str, _Node]:
    return {
        str(row["hash"]): _Node(row["parent_hash"], as_word(row["role"]), row["hash"])
        for row in database.select("messages", ("hash", "parent_hash", "role"))
        if isinstance(row["hash"], str) and isinstance(row["parent_hash"], str | None)
    }


def _fill(database: Database, nodes: dict[str, _Node]) -> None:
    """Give each message the words and files of its parts."""
    of_part: dict[str, _Node] = {}
    rows = [
        row for row in database.select("parts", PARTS) if row["message_hash"] in nodes
    ]
    rows.sort(key=lambda row: row["position"] if type(row["position"]) is int else 0)
    for row in rows:
        node = nodes[row["message_hash"]]
        of_part[str(row["id"])] = node
        kind, payload = as_word(row["type"]), _payload(row["payload"])
        if kind == "text":
            node.words.append(as_word(row["text"]) or _literals(payload))
        elif kind == "reasoning":
            node.thoughts.append(as_word(row["text"]))
        elif kind != "attachment":
            node.machine.append(compact({"type": kind, **payload}))
    files = given_files(database)
    for table, column in (
        ("part_attachments", "attachment_id"),
        ("part_fragments", "fragment_id"),
    ):
        for row in optional(database, table, ("part_id", column)):
            owner, file = of_part.get(str(row["part_id"])), (column, str(row[column]))
            if owner is not None and file in files:
                owner.files.append(files[file])


def _payload(value: Any) -> dict[str, Any]:
    try:
        return as_object(parse_line(value)) if isinstance(value, str) else {}
    except NotJsonError:
        return {}


def _literals(payload: dict[str, Any]) -> str:
    """The user's own words where a text borrows from files that were given along."""
    pieces = [as_object(piece) for piece in as_list(payload.get("text_ref"))]
    return "".join(as_word(piece.get("literal")) for piece in pieces)


def _gather(
    nodes: dict[str, _Node],
    turns: list[dict[str, Any]],
    tip: Any,
    seen: set[str],
) -> dict[str, None]:
    """Hashes of the messages that this thread brings, which join those seen."""
    mine: dict[str, None] = {}
    for turn in turns:
        sent, made = turn["parent_message_hash"], turn["tip_message_hash"]
        chain = _upwards(nodes, made, seen)
        n_made = chain.index(sent) if sent in chain else len(chain)
        for place, key in enumerate(chain):
            node = nodes[key]
            node.is_reply = place < n_made
            # What was sent along from earlier has another time, which nobody noted.
            if place <= n_made or node.role == "system":
                node.turn = turn
        mine.update(dict.fromkeys(reversed(chain)))
        _name_pair(nodes, turn, chain)
    mine.update(dict.fromkeys(reversed(_upwards(nodes, tip, seen))))
    return mine


def _name_pair(nodes: dict[str, _Node], turn: dict[str, Any], chain: list[str]) -> None:
    """Give the prompt and the response of a call the ids of the older tables."""
    ends = (
        (turn["parent_message_hash"], "user", "prompt"),
        (turn["tip_message_hash"], "assistant", "response"),
    )
    for key, role, part in ends:
        if key in chain and nodes[key].role == role:
            nodes[key].native_id = f"{turn['id']}/{part}"


def _upwards(nodes: dict[str, _Node], start: Any, seen: set[str]) -> list[str]:
    """A message and those above it, up to the first that was seen already."""
    chain = []
    key = start
    while isinstance(key, str) and key in nodes and key not in seen:
        seen.add(key)
        chain.append(key)
        key = nodes[key].parent
    return chain


class _Thread:
    """One thread on its way to records."""

    def __init__(
        self,
        nodes: dict[str, _Node],
        talk: Conversation,
        where: str,
        copied: set[tuple[str, str]],
    ) -> None:
        self._nodes = nodes
        self._talk = talk
        self._where = where
        self._copied = copied

    def records(self, mine: dict[str, None], tip: Any) -> Iterator[Record]:
        """Every message that the thread brings, in reading order."""
        # Outside the thread's own messages nothing is an orphan: it is the origin.
        parents = {
            key: parent if (parent := self._nodes[key].parent) in mine else None
            for key in mine
        }
        stamps = {
            key: utc_stamp(self._nodes[key].turn.get("datetime_utc")) for key in mine
        }
        times = {
            key: stamp.sent_at.timestamp() if stamp.sent_at else None
            for key, stamp in stamps.items()
        }
        for place in reading_order(parents, tip, times, mine):
            where = f"{self._where} message {place.position}"
            yield from self._message(place, where, stamps[place.key])

    def _message(self, place: Place, where: str, stamp: Stamp) -> Iterator[Record]:
        node, talk = self._nodes[place.key], self._talk
        text = "\n".join(words for words in node.words if words)
        if node.role == "system" and text.strip():
            yield PersonaInput(
                kind="custom_instructions",
                text=text,
                where=where,
                valid_from=stamp.sent_at,
                conversation=talk,
            )
            return
        role = _ROLES.get(node.role)
        if not node.turn and (role, text) in self._copied:
            yield Ignored("also in the older tables", where, talk)
            return
        if role is None and node.role not in ("system", "tool"):
            yield ImportIssue(
                "unknown speaker" if node.role else "no speaker", where, talk
            )
            return
        thoughts = "\n".join(words for words in node.thoughts if words)
        if thoughts.strip():
            yield self._hidden(
                place, f"{where} reasoning", stamp, "reasoning", thoughts
            )
        if role is not None and (text.strip() or node.files):
            yield self._shown(place, where, stamp, text)
        if node.machine:
            used = "\n".join(node.machine)
            yield self._hidden(place, f"{where} tool", stamp, "tool", used)
        elif not (text.strip() or node.files or thoughts.strip()):
            yield Ignored("empty text", where, talk)

    def _shown(self, place: Place, where: str, stamp: Stamp, text: str) -> Message:
        node = self._nodes[place.key]
        made: tuple[ModelClaim, ...] = ()
        if node.is_reply and node.role == "assistant":
            made = claims(node.turn)
        return Message(
            conversation=self._talk,
            role=_ROLES[node.role],
            speaker=node.role,
            text=text,
            where=where,
            native_id=node.native_id,
            sent_at=stamp.sent_at,
            time_quality=stamp.quality,
            kind="text" if text.strip() else "file",
            shown=place.on_path,
            parent=self._nodes[node.parent].native_id
            if node.parent in self._nodes and node.parent is not None
            else None,
            models=made,
            attachments=tuple(node.files),
            flags=() if place.on_path else ("branch",),
            raw=compact({"hash": place.key, "role": node.role, "turn": node.turn}),
        )

    def _hidden(
        self, place: Place, where: str, stamp: Stamp, kind: str, text: str
    ) -> Message:
        """What the user of the command line does not see as a line of the talk."""
        node = self._nodes[place.key]
        return Message(
            conversation=self._talk,
            role=Role.SYSTEM,
            speaker=node.role,
            text=text,
            where=where,
            native_id=f"{node.native_id}/{kind}",
            sent_at=stamp.sent_at,
            time_quality=stamp.quality,
            kind=kind,
            shown=False,
        )
