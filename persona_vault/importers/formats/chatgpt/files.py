"""Which files of a ChatGPT export hold conversations, and which are missing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.chatgpt.content import asset_id
from persona_vault.importers.source import Source
from persona_vault.model import ABSENT_FILE, ImportIssue

_SHARD = re.compile(r"conversations(?:-(\d+))?\.json", re.IGNORECASE)
_MANIFEST = "export_manifest.json"
# Account, billing and bookkeeping files of the same export: not opened at all.
_NEVER_READ = {
    _MANIFEST,
    *("user.json", "user_settings.json", "library_files.json", "group_chats.json"),
    *("message_feedback.json", "model_comparisons.json", "shared_conversations.json"),
    *("conversation_asset_file_names.json", "shopping.json", "sora.json"),
}

# Inside a JSON string every quote is escaped, so these only match keys.
_MAPPING = re.compile(r'"mapping"\s*:\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{')
_NODE_KEY = re.compile(r'"(?:parent|message)"\s*:')
_WRAPPED = re.compile(r'"conversations"\s*:\s*\[')


def _basename(member: str) -> str:
    return member.rsplit("/", 1)[-1]


def _folder(member: str) -> str:
    return member.rpartition("/")[0]


def chat_members(source: Source) -> list[str]:
    """Members with conversations: shards beside a matching one, else any match."""
    names = [member.name for member in source.members()]
    if source.kind == "file":
        return [name for name in names if _looks_right(source, name)]
    names = [name for name in names if name.lower().endswith(".json")]
    shards = [name for name in names if _SHARD.fullmatch(_basename(name))]
    # Another vendor's conversations.json may lie in a folder beside ours.
    folders = {_folder(name) for name in shards if _looks_right(source, name)}
    if folders:
        return sorted((name for name in shards if _folder(name) in folders), key=_order)
    others = (name for name in names if _basename(name).lower() not in _NEVER_READ)
    return [name for name in others if _looks_right(source, name)]


def asset_members(source: Source) -> dict[str, str]:
    """File id -> member with its bytes, by the names that exports give them."""
    found: dict[str, str] = {}
    if source.kind != "file":
        for member in source.members():
            name = _basename(member.name)
            if name.startswith(("file-", "file_")):
                found.setdefault(asset_id(name), member.name)
    return found


def _order(member: str) -> tuple[str, int]:
    return _folder(member), _shard_number(member)


def _shard_number(member: str) -> int:
    found = _SHARD.fullmatch(_basename(member))
    return int(found[1]) if found and found[1] else -1


def _looks_right(source: Source, member: str) -> bool:
    head = source.head_text(member).lstrip()
    found = _MAPPING.search(head) if head[:1] in ("[", "{") else None
    return found is not None and _NODE_KEY.search(head, found.end()) is not None


def absent_shards(source: Source, members: list[str]) -> Iterator[ImportIssue]:
    """An issue for each file that the manifest or the numbering promises in vain."""
    if source.kind == "file":
        return
    present = {_basename(name).lower() for name in members}
    for member in source.members():
        if _basename(member.name).lower() != _MANIFEST:
            continue
        try:
            promised = _promised(source.json_document(member.name))
        except InputRejectedError:
            yield ImportIssue("the list of files could not be read", member.name)
            continue
        for name in promised:
            if name.lower() not in present:
                present.add(name.lower())
                yield ImportIssue(ABSENT_FILE, name)
    # Older exports promise nothing, but a number left out tells the same.
    numbers = {_shard_number(name) for name in present} - {-1}
    if numbers:
        for number in range(min(max(numbers), 10_000)):
            if number not in numbers:
                name = f"conversations-{number:03d}.json"
                yield ImportIssue(ABSENT_FILE, name)


def _promised(manifest: Any) -> list[str]:
    """Names of conversation files anywhere in a manifest, whose spelling varies.

    Where there are numbered ones, a plain `conversations.json` is the name of the set.
    """
    found: list[str] = []
    waiting = [manifest]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and _SHARD.fullmatch(_basename(value)):
            found.append(_basename(value))
    numbered = [name for name in found if _shard_number(name) >= 0]
    return sorted(set(numbered or found), key=_order)


def conversations(source: Source, member: str) -> Iterator[tuple[str, Any]]:
    """(where, conversation) of a list, of a wrapped list, or of one bare object."""
    head = source.head_text(member).lstrip()
    if not head.startswith("{"):
        yield from source.json_items(member)
        return
    wrapped, mapping = _WRAPPED.search(head), _MAPPING.search(head)
    if wrapped and (mapping is None or wrapped.start() < mapping.start()):
        yield from source.json_items(member, key="conversations")
    else:
        yield f"{member} item 1", source.json_document(member)


def named_parents(mapping: Mapping[str, Any]) -> dict[str, str | None]:
    """The parent that each node names, by its key; children lists fill what lacks."""
    by_id: dict[str, str] = {}
    by_children: dict[str, str] = {}
    for key, node in mapping.items():
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("id"), str):
            by_id.setdefault(node["id"], key)
        children = node.get("children")
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str):
                by_children.setdefault(child, key)
    parents: dict[str, str | None] = {}
    for key, node in mapping.items():
        parent = None
        if isinstance(node, dict):
            parent = node["parent"] if "parent" in node else by_children.get(key)
        if not isinstance(parent, str) or not parent:
            parents[key] = None
        else:
            parents[key] = parent if parent in mapping else by_id.get(parent, parent)
    return parents


def filled_nodes(mapping: Mapping[str, Any]) -> set[str]:
    """The keys of the nodes that hold a message."""
    return {
        key
        for key, node in mapping.items()
        if isinstance(node, dict) and isinstance(node.get("message"), dict)
    }
