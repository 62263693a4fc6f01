"""Small invented exports as a user would have them on disk."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

PROJECT = "g-p-0000000000000000000000000000001a"
NOON = 1735732800.0  # 2025-01-01 12:00 UTC


def write_replika(path: Path, *, broken: bool = False, n: int = 4) -> Path:
    """A CSV backup of n messages; `broken` puts a row with no usable cells in it."""
    rows = [
        [
            f"2025-01-0{1 + i // 2}T18:0{i % 2}:00.000Z",
            "Rep" if i % 2 else "Me",
            f"The {'lantern' if i % 2 else 'kettle'} is on, line {i}.",
            "None",
            f"{0x67758000 + i:08x}{i:016x}",
        ]
        for i in range(n)
    ]
    if broken:
        rows.insert(1, ["2025-01-01"])
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Timestamp", "From", "Text", "Reaction", "ID"])
        table.writerows(rows)
    return path


def write_local_csv(path: Path) -> Path:
    """A table with columns of its own names, and wall times without a zone."""
    path.write_text(
        "Wann,Wer,Was\n"
        "2025-07-01 08:00:00,Sam,Morning.\n"
        "2025-07-01 08:01:00,Wren,Good morning to the early bird.\n",
        encoding="utf-8",
    )
    return path


def chatgpt_conversation(
    native_id: str, title: str, *, project: str | None = None, day: int = 0
) -> dict[str, Any]:
    """A thread of one question and one answer, as ChatGPT exports it."""
    start = NOON + day * 86400
    nodes: dict[str, Any] = {"root": {"id": "root", "parent": None, "message": None}}
    parent = "root"
    for i, (role, text) in enumerate(
        (("user", f"Tell me of {title}."), ("assistant", f"{title} it is."))
    ):
        key = f"{native_id}-{i}"
        nodes[key] = {
            "id": key,
            "parent": parent,
            "children": [],
            "message": {
                "id": key,
                "author": {"role": role},
                "create_time": start + i,
                "content": {"content_type": "text", "parts": [text]},
                "metadata": {"model_slug": "model-1"} if role == "assistant" else {},
            },
        }
        nodes[parent].setdefault("children", []).append(key)
        parent = key
    return {
        "id": native_id,
        "conversation_id": native_id,
        "title": title,
        "create_time": start,
        "update_time": start + 1,
        "gizmo_id": project,
        "mapping": nodes,
        "current_node": parent,
    }


def add_instructions(conversation: dict[str, Any]) -> None:
    """Put custom instructions at the beginning of a thread."""
    conversation["mapping"]["root"]["message"] = {
        "id": f"{conversation['id']}-context",
        "author": {"role": "system"},
        "create_time": NOON,
        "content": {
            "content_type": "user_editable_context",
            "user_profile": "I live by a river.",
            "user_instructions": "Your name is Wren.",
        },
        "metadata": {"is_visually_hidden_from_conversation": True},
    }


def write_chatgpt(path: Path, *, instructions: bool = False) -> Path:
    """A ZIP with two threads of a project and one chore outside of it."""
    talks = [
        chatgpt_conversation("talk-1", "Wren: rivers", project=PROJECT),
        chatgpt_conversation("talk-2", "Wren: tea", project=PROJECT, day=1),
        chatgpt_conversation("chore-1", "Convert units", day=2),
    ]
    if instructions:
        add_instructions(talks[0])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps(talks))
        archive.writestr("user.json", "{}")
    return path
