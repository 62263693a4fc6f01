"""`conversations`: list them."""

from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, print_json, print_table, print_text

if TYPE_CHECKING:
    from persona_vault.store.listing import ConversationLedger


@click.command("conversations", short_help="List conversations")
@click.option("--persona", metavar="NAME", help="Only this companion's")
@with_common_options
def command(persona: str | None) -> None:
    """List conversations with their counts and dates, first one first.

    With --json each has its ledgers: what every imported file told of it.
    """
    from persona_vault.store.listing import list_ledgers

    with opened_vault() as vault:
        chosen = vault.persona(persona) if persona else None
        found = vault.conversations(chosen.name if chosen else None)
        if common().json:
            with vault.read() as connection:
                ledgers = list_ledgers(connection, chosen.id if chosen else None)
            print_json({"conversations": _with_ledgers(found, ledgers)})
            return
    if not found:
        print_text("The vault holds no conversation yet.")
        return
    print_table(
        ("id", "companion", "app", "messages", "first", "last", "title"),
        [
            (
                c.id,
                c.persona,
                c.app,
                c.n_messages,
                day(c.first_at),
                day(c.last_at),
                c.title,
            )
            for c in found
        ],
    )


def _with_ledgers(
    found: list[Any], ledgers: "list[ConversationLedger]"
) -> list[dict[str, Any]]:
    from persona_vault.plain import plain

    by_conversation: dict[int, list[dict[str, Any]]] = {}
    for each in ledgers:
        row = {"source_id": each.source_id, **each.ledger}
        by_conversation.setdefault(each.conversation_id, []).append(row)
    return [plain(c) | {"ledgers": by_conversation.get(c.id, [])} for c in found]
