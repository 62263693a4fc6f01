"""`persona`: list, name and sort companions."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_table, print_text


@click.group("persona")
@with_common_options
def command() -> None:
    """List companions, set their names, and sort conversations among them."""


@command.command("list")
@with_common_options
def list_() -> None:
    """List companions with the names that were set."""
    with opened_vault() as vault:
        found = vault.personas()
    if common().json:
        print_json({"personas": found})
        return
    print_table(
        ("name", "pronoun", "calls you", "other names"),
        [
            (p.name, p.pronoun, ", ".join(p.user_names), ", ".join(p.own_names))
            for p in found
        ],
    )


@command.command("set")
@click.argument("name", metavar="PERSONA")
@click.option("--rename", metavar="NAME", help="Its new name in this vault")
@click.option("--pronoun", help="She, he, they ...; used where you are spoken to")
@click.option(
    "--me", "me", multiple=True, metavar="NAME", help="A name it calls you by; repeat"
)
@click.option(
    "--also", multiple=True, metavar="NAME", help="Another name of its own; repeat"
)
@with_common_options
def set_(
    name: str,
    rename: str | None,
    pronoun: str | None,
    me: tuple[str, ...],
    also: tuple[str, ...],
) -> None:
    """Change what the vault knows about a companion.

    The names it calls you by let a comparison count how often it uses them.
    """
    with opened_vault() as vault:
        found = vault.set_persona(
            name,
            new_name=rename,
            pronoun=pronoun,
            user_names=me or None,
            own_names=also or None,
        )
    print_json(found) if common().json else print_text(f"Set {found.name}")


@command.command("move")
@click.argument("conversation_ids", nargs=-1, type=int, required=True)
@click.option("--to", "target", required=True, metavar="NAME", help="The companion")
@with_common_options
def move(conversation_ids: tuple[int, ...], target: str) -> None:
    """Give conversations to another companion, which is made if it is new.

    The ids are those of `persona-vault conversations`.
    """
    with opened_vault() as vault:
        for conversation_id in conversation_ids:
            vault.move_conversation(conversation_id, target)
    if common().json:
        print_json({"moved": list(conversation_ids), "to": target})
    else:
        print_text(f"Moved {len(conversation_ids)} to {target}")
