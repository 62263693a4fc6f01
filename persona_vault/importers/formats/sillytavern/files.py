"""Chat files of the Tavern family: which there are, and whose they are."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.values import as_word

_N_PEEKED = 24
_TOOL_KEYS = {"name", "is_user", "is_name", "send_date", "mes"}
# All rows of a file that a tool wrote at once; people need longer for one reply.
_ONE_MOMENT_MS = 1_000
_LONG_LINE = re.compile(r'"(?:chat_metadata|mes)"\s*:')
_COPY = re.compile(r" \(\d+\)$")

SILLYTAVERN, CAI_TOOLS, JANITOR = "sillytavern", "cai_tools", "janitor"


def is_header(value: Any) -> bool:
    """Whether a line tells of the chat instead of being a message."""
    return (
        isinstance(value, dict)
        and "mes" not in value
        and "is_user" not in value
        and ("chat_metadata" in value or "user_name" in value)
    )


def _is_full_header(value: Any) -> bool:
    names = {"user_name", "character_name"}
    return is_header(value) and ("chat_metadata" in value or names <= value.keys())


def is_row(value: Any) -> bool:
    """Whether a line is a message."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("mes"), str)
        and (isinstance(value.get("name"), str) or "is_user" in value)
    )


def chat_members(source: Source) -> dict[str, str]:
    """Name -> which program wrote it, for each member that is such a chat."""
    found = {}
    for member in source.members():
        if source.kind != "file" and not member.name.lower().endswith(".jsonl"):
            continue
        writer = _writer(source.head_text(member.name))
        if writer:
            found[member.name] = writer
    return found


def _writer(head: str) -> str:
    head = head.lstrip()
    if not head.startswith("{"):
        return ""
    values = peek_values(head, _N_PEEKED)
    if not values:
        # One line longer than what is looked at: a greeting with many versions.
        first = head.partition("\n")[0]
        return SILLYTAVERN if _LONG_LINE.search(first) else ""
    rows = [value for value in values if is_row(value)]
    if not rows and not _is_full_header(values[0]):
        return ""
    if _is_cai_tools(values[0], rows):
        return CAI_TOOLS
    return JANITOR if _is_janitor(values) else SILLYTAVERN


def _is_cai_tools(first: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Rows of five keys that all bear the moment of the download."""
    if is_header(first) and first.get("user_name") != "You":
        return False
    if len(rows) < 2 or any(row.keys() != _TOOL_KEYS for row in rows):
        return False
    dates = [d for d in (row["send_date"] for row in rows) if type(d) is int and d > 0]
    return len(dates) == len(rows) and max(dates) - min(dates) <= _ONE_MOMENT_MS


def _is_janitor(values: list[Any]) -> bool:
    """No header, and the first message of the bot stands in its place as well."""
    if len(values) < 2 or not is_row(values[0]) or values[0] != values[1]:
        return False
    return values[0].get("is_user") is False and not values[0].get("extra", True)


def stem_of(member: str) -> str:
    """The file's name without ending, and without the number of a second download."""
    return _COPY.sub("", PurePosixPath(member).stem)


def folder_of(source: Source, member: str) -> str:
    """Name of the folder that the file lies in: the character, in this family."""
    inside = PurePosixPath(member).parent.name
    return inside or (source.name if source.kind == "folder" else "")


def lines_of(source: Source, member: str) -> Iterator[tuple[str, Any, bool]]:
    """(where, value, whether it is the header) of each line that is not blank."""
    first = True
    for where, value in source.json_lines(member):
        yield where, value, first and value is not BAD_JSON and is_header(value)
        first = False


def name_of(row: dict[str, Any]) -> str:
    """The speaker as written, "" for none."""
    return as_word(row.get("name")).strip()
