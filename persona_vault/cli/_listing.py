"""`import --list`: what an export holds, before anything of it is kept."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from persona_vault.cli._options import common
from persona_vault.cli._output import (
    day,
    note,
    one_line,
    print_json,
    print_table,
    print_text,
)

if TYPE_CHECKING:
    from persona_vault.ingest import ConversationListing
    from persona_vault.model import ReadOptions


def print_listing(
    paths: Iterable[str], importer: str | None, options: "ReadOptions"
) -> None:
    """List the conversations of some exports by their GPT or project; no vault needed.

    Raises:
        InputRejectedError: A file cannot be read, or holds no message.
    """
    from persona_vault.ingest import list_conversations

    found = [
        c
        for path in paths
        for c in list_conversations(Path(path), importer=importer, options=options)
    ]
    if common().json:
        print_json({"conversations": found})
        return
    # The sort is stable: inside a group the export's own order stays.
    by_group = groupby(sorted(found, key=_group), key=_group)
    for number, (group, members) in enumerate(by_group):
        if number:
            print_text()
        _print_group(group, list(members))
    note(
        "Choose with --only and --except: a title, with * and ? for any letters, a GPT "
        "or project, or an id (--json shows all ids)."
    )


def _group(conversation: "ConversationListing") -> str:
    return conversation.group


def _print_group(group: str, members: "list[ConversationListing]") -> None:
    if group:
        print_text(one_line(f"GPT or project {group}:"))
    print_table(
        ("messages", "first", "last", "title"),
        [
            (
                c.n_messages,
                day(c.first_at),
                day(c.last_at),
                c.title or f"id {c.native_id}",
            )
            for c in members
        ],
    )
