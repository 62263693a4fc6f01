"""Letta (once MemGPT): agent files (`.af`) with their messages and memory blocks."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.members import members_like, other_members
from persona_vault.importers.formats.letta.messages import NOTES, message_records
from persona_vault.importers.source import Source
from persona_vault.importers.talk.dates import NO_TIME, from_any
from persona_vault.importers.values import as_list, as_object, as_word, kept_value
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    ModelClaim,
    PersonaInput,
    ReadOptions,
    Record,
)

_SUFFIXES = {".af", ".json"}
_NEW = re.compile(r'"agents"\s*:\s*\[')
_OLD = re.compile(r'"core_memory"\s*:\s*\[')
_AGENT = re.compile(r'"(?:agent_type|block_ids|memory_blocks|llm_config)"\s*:')
# Lists of the file that are no part of a talk; tools may hold whole programs.
_APPARATUS = ("tools", "files", "sources", "mcp_servers", "skills", "groups")
_BLOCK_KINDS = {"persona": "profile"}


class Letta:
    """Reads agents of the flat files of early 2025 and of those with several agents.

    An agent is one endless talk. Its blocks and its system prompt are persona inputs
    as they stood at the export; what an agent in the background does is never shown.
    """

    name: ClassVar[str] = "letta"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "letta"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether a member is an agent file, or a JSON string that holds one."""
        return bool(_agent_files(source))

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Blocks and system prompts, then the messages, agent by agent.

        Raises:
            InputRejectedError: A member is not JSON, cut off, or over 64 MiB.
        """
        names = _agent_files(source)
        for name in names:
            yield from _file_records(source, name)
        yield from other_members(source, names)

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """A message; the type of its agent decides which of the words are thought."""
        value, place = kept_value(raw), where.removesuffix(NOTES)
        either = (
            told_by(message_records(value, place, Conversation(), agent_type), where)
            for agent_type in ("", "memgpt")
        )
        found = [told for told in either if told]
        others = tuple(told.text for told in found)
        return replace(found[0], others=others, role=None) if found else None


def _agent_files(source: Source) -> list[str]:
    return members_like(source, _SUFFIXES, _is_agent_file)


def _is_agent_file(head: str) -> bool:
    if head.startswith('"'):
        # A JSON string with the file inside: its quotes stand behind backslashes.
        head = head[1:].replace('\\"', '"').replace("\\n", "\n").lstrip()
    if not head.startswith("{") or not _AGENT.search(head):
        return False
    return bool(_NEW.search(head) or _OLD.search(head))


def _file_records(source: Source, name: str) -> Iterator[Record]:
    value = source.json_document(name)
    if isinstance(value, str):
        try:
            value = parse_line(value)
        except NotJsonError:
            yield ImportIssue("not JSON inside the string", name)
            return
    file = as_object(value)
    # The old file is the agent itself, with its blocks inside.
    agents = file["agents"] if isinstance(file.get("agents"), list) else [file]
    for number, agent in enumerate(agents, 1):
        if isinstance(agent, dict):
            yield from _agent_records(agent, file, f"{name} agent {number}")
        else:
            yield ImportIssue("not an agent", f"{name} agent {number}")
    for key in _APPARATUS:
        for number, _part in enumerate(as_list(file.get(key)), 1):
            yield Ignored("not part of a talk", f"{name} {key} {number}")


def _agent_records(
    agent: dict[str, Any], file: dict[str, Any], where: str
) -> Iterator[Record]:
    talk = _conversation(agent)
    exported = file.get("created_at")
    for number, block in enumerate(_blocks(agent, file), 1):
        yield _block(block, exported, f"{where} block {number}", talk)
    system = as_word(agent.get("system"))
    if system.strip():
        yield PersonaInput(
            kind="custom_instructions",
            text=system,
            where=f"{where} system",
            valid_from=(from_any(exported) or NO_TIME).sent_at,
            title=talk.title,
            conversation=talk,
        )
    agent_type = as_word(agent.get("agent_type"))
    for number, value in enumerate(as_list(agent.get("messages")), 1):
        place = f"{where} message {number}"
        yield from message_records(value, place, talk, agent_type)


def _conversation(agent: dict[str, Any]) -> Conversation:
    """The agent's talk; ids such as `agent-0` are those of one file only."""
    name = as_word(agent.get("name"))
    config = as_object(agent.get("llm_config"))
    model = as_word(agent.get("model")) or as_word(config.get("model"))
    claim = ModelClaim(model, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
    return Conversation(
        native_id=name or as_word(agent.get("id")) or "main",
        title=name,
        threaded=False,
        models=(claim,) if model else (),
    )


def _blocks(agent: dict[str, Any], file: dict[str, Any]) -> list[Any]:
    """The blocks that this agent holds: inside it, or named out of the file's list."""
    inside = [*as_list(agent.get("core_memory")), *as_list(agent.get("memory_blocks"))]
    wanted = [each for each in as_list(agent.get("block_ids")) if isinstance(each, str)]
    listed = {as_word(as_object(b).get("id")): b for b in as_list(file.get("blocks"))}
    return [*inside, *(listed[each] for each in wanted if each in listed)]


def _block(value: Any, exported: Any, where: str, talk: Conversation) -> Record:
    block = as_object(value)
    text, label = as_word(block.get("value")), as_word(block.get("label"))
    if not block:
        return ImportIssue("not a block", where, talk)
    if not text.strip():
        return Ignored("empty text", where, talk)
    written = block.get("updated_at") or block.get("created_at") or exported
    return PersonaInput(
        kind=_BLOCK_KINDS.get(label, "memory"),
        text=text,
        where=where,
        valid_from=(from_any(written) or NO_TIME).sent_at,
        title=label,
        conversation=talk,
    )
