"""Small ChatGPT exports for tests: nodes, conversations, and reading them."""

from pathlib import Path
from typing import Any

from persona_vault.importers.formats.chatgpt.importer import ChatGPT
from persona_vault.importers.source import Source
from persona_vault.model import Message, ReadOptions, Record

GOLDEN = Path(__file__).parent / "golden" / "chatgpt"
NOON = 1735732800.0
NO_OPTIONS = ReadOptions()


def read(path: Path) -> list[Record]:
    """Every record of an export."""
    with Source.open(path) as source:
        return list(ChatGPT().read(source, NO_OPTIONS))


def identify(path: Path) -> bool:
    """Whether the importer knows an export."""
    with Source.open(path) as source:
        return ChatGPT().identify(source, NO_OPTIONS)


def node(
    key: str, parent: str | None, role: str = "user", text: str = "Hm.", **fields: Any
) -> dict[str, Any]:
    """A node with a message of few fields, as in the slim exports."""
    message = {
        "id": key,
        "author": {"role": role},
        "content": {"content_type": "text", "parts": [text]},
        **fields,
    }
    return {"id": key, "parent": parent, "message": message}


def conversation(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A conversation of these nodes."""
    mapping = {each["id"]: each for each in nodes}
    return {"id": "talk", "title": "A talk", "mapping": mapping, **fields}


def messages(records: list[Record]) -> dict[str, Message]:
    """The messages among records, by their id."""
    found = {}
    for record in records:
        if isinstance(record, Message):
            assert record.native_id is not None
            found[record.native_id] = record
    return found
