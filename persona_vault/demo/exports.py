"""Sessions written as three apps would export them."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from persona_vault.demo.chores import Chore
from persona_vault.demo.talk import Line, Session
from persona_vault.demo.words import Words

# Invented, as a real product's name would say something about that product.
MODEL_BEFORE, MODEL_AFTER = "demo-model-1", "demo-model-2"
GROUP = "g-p-6a756e69706572000000000000000001"
INSTRUCTIONS = (
    "Your name is Juniper. We have known each other for a while and talk in the "
    "evenings. Be warm, playful and curious, and call me Sam now and then."
)


def write_replika(path: Path, sessions: Iterable[Session], rng: Random) -> None:
    """A CSV in the columns of the Replika backup scripts, oldest message first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Timestamp", "From", "Text", "Reaction", "ID"])
        for line in _lines(sessions):
            stamp = line.sent_at.strftime("%Y-%m-%dT%H:%M:%S")
            who = "Rep" if line.role == "persona" else "Me"
            liked = line.role == "persona" and rng.random() < 0.06
            reaction = rng.choice(("Love", "Upvote", "Funny")) if liked else "None"
            # The first eight digits of such an id are its second of creation.
            native = f"{int(line.sent_at.timestamp()):08x}{rng.getrandbits(64):016x}"
            stamp = f"{stamp}.{rng.randrange(1000):03d}Z"
            table.writerow([stamp, who, line.text, reaction, native])


def write_kindroid(path: Path, sessions: Iterable[Session], rng: Random) -> None:
    """A JSON array of messages as Kindroid's interface gives them."""
    messages = [
        {
            "id": f"{rng.getrandbits(80):020x}",
            "sender": "ai" if line.role == "persona" else "user",
            "timestamp": int(line.sent_at.timestamp()) * 1000 + rng.randrange(1000),
            "message": line.text,
        }
        for line in _lines(sessions)
    ]
    _write_json(path, messages, indent=1)


def write_chatgpt(
    path: Path,
    words: Words,
    talks: tuple[Sequence[Session], Sequence[Chore]],
    switched_at: datetime | None,
    rng: Random,
) -> None:
    """A conversations.json, newest thread first: the companion's and other ones."""
    sessions, chores = talks
    threads = []
    for session in sessions:
        late = switched_at is not None and session.started_at >= switched_at
        thread = _Thread(MODEL_AFTER if late else MODEL_BEFORE, rng)
        thread.add_instructions(session.started_at)
        for line in session.lines:
            thread.add(line)
        title = f"{words.name}: {session.topic.name}"
        threads.append(thread.finish(title, group=GROUP))
    for chore in chores:
        late = switched_at is not None and chore.lines[0].sent_at >= switched_at
        thread = _Thread(MODEL_AFTER if late else MODEL_BEFORE, rng)
        for line in chore.lines:
            thread.add(line)
        threads.append(thread.finish(chore.title, group=None))
    threads.sort(key=lambda thread: thread["create_time"], reverse=True)
    _write_json(path, threads)


class _Thread:
    """The tree of one conversation while it grows."""

    def __init__(self, model: str, rng: Random) -> None:
        self._model, self._rng = model, rng
        self._nodes: dict[str, dict[str, Any]] = {}
        self._tip = "client-created-root"
        self._nodes[self._tip] = _node(self._tip, None, None)
        self._times: list[float] = []

    def add_instructions(self, at: datetime) -> None:
        """The user's standing instructions, hidden as the app hides them."""
        node = self._grow("user", at, "")
        node["message"]["content"] = {
            "content_type": "user_editable_context",
            "user_profile": "My name is Sam. I like gardens, books and long walks.",
            "user_instructions": INSTRUCTIONS,
        }
        node["message"]["metadata"] = {
            "is_visually_hidden_from_conversation": True,
            "user_context_message_data": {
                "about_user_message": "My name is Sam.",
                "about_model_message": INSTRUCTIONS,
            },
        }
        self._tip = node["id"]

    def add(self, line: Line) -> None:
        """A message; versions that were not kept become its older siblings."""
        role = "assistant" if line.role == "persona" else "user"
        for text in line.others:
            self._grow(role, line.sent_at, text)
        self._tip = self._grow(role, line.sent_at, line.text)["id"]

    def finish(self, title: str, *, group: str | None) -> dict[str, Any]:
        """The conversation object."""
        native = _uuid(self._rng)
        return {
            "title": title,
            "create_time": min(self._times),
            "update_time": max(self._times),
            "mapping": self._nodes,
            "moderation_results": [],
            "current_node": self._tip,
            "plugin_ids": None,
            "conversation_id": native,
            "conversation_template_id": group,
            "gizmo_id": group,
            "gizmo_type": "snorlax" if group else None,
            "is_archived": False,
            "default_model_slug": self._model,
            "voice": None,
            "id": native,
        }

    def _grow(self, role: str, at: datetime, text: str) -> dict[str, Any]:
        """A node under the present tip."""
        native, seconds = _uuid(self._rng), at.timestamp() + self._rng.random() / 2
        answered = {"model_slug": self._model, "default_model_slug": self._model}
        message = {
            "id": native,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": round(seconds, 6),
            "update_time": None,
            "content": {"content_type": "text", "parts": [text]},
            "status": "finished_successfully",
            "end_turn": True if role == "assistant" else None,
            "weight": 1.0,
            "metadata": answered if role == "assistant" else {},
            "recipient": "all",
            "channel": None,
        }
        self._nodes[native] = _node(native, message, self._tip)
        self._nodes[self._tip]["children"].append(native)
        self._times.append(round(seconds, 6))
        return self._nodes[native]


def _node(
    native: str, message: dict[str, Any] | None, parent: str | None
) -> dict[str, Any]:
    return {"id": native, "message": message, "parent": parent, "children": []}


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128)))


def _lines(sessions: Iterable[Session]) -> Iterable[Line]:
    return (line for session in sessions for line in session.lines)


def _write_json(path: Path, value: object, indent: int | None = None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    path.write_text(text, encoding="utf-8", newline="\n")
