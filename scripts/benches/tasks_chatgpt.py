"""Task: importing a large invented ChatGPT export, one file or shards."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benches.measure import peak_mib
from benches.talk import PLAIN_WORDS
from persona_vault.ingest import import_file
from persona_vault.store.vault import open_vault

_WHOLE = "conversations.json"
_SHARD = 100  # conversations in a shard, as in the exports of 2026


def import_chatgpt(*, megabytes: float, shape: str) -> dict[str, Any]:
    """Seconds, memory and counts of one import into a plain vault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = write_chatgpt(folder, megabytes, sharded=shape == "shards")
        with open_vault(folder / "vault", create=True) as vault:
            wall, processor = time.perf_counter(), time.process_time()
            report = import_file(vault, export, persona="Ava")
            return {
                "n_messages": report.n_messages_added,
                "wall": time.perf_counter() - wall,
                "processor": time.process_time() - processor,
                "peak_mib": peak_mib(),
            }


def write_chatgpt(place: Path, megabytes: float, *, sharded: bool) -> Path:
    """An invented ChatGPT export: `conversations.json`, or a folder of shards.

    As in real ones a node is mostly bookkeeping: about 1.5 KB for 40 words.
    """
    draw = random.Random(7)
    folder = place / "shards"
    folder.mkdir(parents=True)
    wanted = megabytes * 1_000_000
    names: list[str] = []
    n_bytes, number = 0, 0
    while n_bytes < wanted:
        name = f"conversations-{len(names):03d}.json" if sharded else _WHOLE
        names.append(name)
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write("[")
            n_here = 0
            while n_bytes < wanted and (n_here < _SHARD or not sharded):
                text = json.dumps(_conversation(draw, number))
                file.write(("," if n_here else "") + text)
                n_bytes += len(text)
                number += 1
                n_here += 1
            file.write("]")
    if not sharded:
        return folder / names[0]
    files = {"files": names, "sharded": True}
    manifest = {"version": 1, "logical_files": {_WHOLE: files}}
    (folder / "export_manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def _conversation(draw: random.Random, number: int) -> dict[str, Any]:
    """Sixty messages in a row; every tenth question has an answer that was left."""
    at = 1_672_531_200 + number * 40_000
    mapping: dict[str, Any] = {
        "root": {"id": "root", "message": None, "parent": None, "children": []}
    }
    above = "root"
    for place in range(60):
        for copy in range(2 if place % 20 == 1 else 1):
            key = f"{number:08x}-{place:04x}-{copy:04x}-8000-000000000000"
            words = draw.choices(PLAIN_WORDS, k=draw.randint(10, 70))
            mapping[key] = _node(key, above, " ".join(words), at + place * 60, place)
            mapping[above]["children"].append(key)
        above = f"{number:08x}-{place:04x}-0000-8000-000000000000"
    return {
        "title": f"Talk {number}",
        "create_time": at,
        "update_time": at + 3600,
        "mapping": mapping,
        "current_node": above,
        "conversation_id": f"talk-{number}",
        "default_model_slug": "model-a",
    }


def _node(key: str, above: str, text: str, at: float, place: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "request_id": f"request-{key}",
        "timestamp_": "absolute",
        "message_type": "next",
        "citations": [],
        "content_references": [],
        "finish_details": {"type": "stop", "stop_tokens": [200_002]},
        "padding": "a" * 500,
    }
    if place % 2:
        metadata["model_slug"] = "model-b"
    message = {
        "id": key,
        "author": {
            "role": "assistant" if place % 2 else "user",
            "name": None,
            "metadata": {},
        },
        "create_time": at,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": metadata,
        "recipient": "all",
        "channel": None,
    }
    return {"id": key, "message": message, "parent": above, "children": []}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"import_chatgpt": import_chatgpt}
