"""`persona`: list, name and sort companions."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, print_json, print_table, print_text
from persona_vault.errors import UsageError


@click.group(
    "persona",
    invoke_without_command=True,
    short_help="List, name and sort companions",
)
@with_common_options
@click.pass_context
def command(context: click.Context) -> None:
    """List companions, set their names, and sort conversations among them.

    Without a further word they are listed.
    """
    if context.invoked_subcommand is None:
        _list()


@command.command("list", short_help="List companions")
@with_common_options
def list_() -> None:
    """List companions with the names that were set."""
    _list()


def _list() -> None:
    with opened_vault() as vault:
        found = vault.personas()
    if common().json:
        print_json({"personas": found})
        return
    if not found:
        print_text("The vault has no companion yet; an import makes one.")
        return
    print_table(
        ("name", "pronoun", "calls you", "other names"),
        [
            (p.name, p.pronoun, ", ".join(p.user_names), ", ".join(p.own_names))
            for p in found
        ],
    )


@command.command("set", short_help="Set names and pronoun")
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
    if common().json:
        print_json(found)
        return
    print_text(found.name)
    print_text(f"  pronoun:      {found.pronoun or 'not set'}")
    print_text(f"  calls you:    {', '.join(found.user_names) or 'not set'}")
    print_text(f"  other names:  {', '.join(found.own_names) or 'none'}")


@command.command("move", short_help="Give conversations to another companion")
@click.argument("conversation_ids", nargs=-1, type=int, required=True)
@click.option("--to", "target", required=True, metavar="NAME", help="The companion")
@with_common_options
def move(conversation_ids: tuple[int, ...], target: str) -> None:
    """Give conversations to another companion, which is made if it is new.

    The ids are those of `persona-vault conversations`.
    """
    with opened_vault() as vault:
        known = {c.id for c in vault.conversations()}
        missing = [str(i) for i in conversation_ids if i not in known]
        if missing:
            raise UsageError(
                f"There is no conversation {', '.join(missing)}; none was moved",
                hint="`persona-vault conversations` lists them with their numbers.",
            )
        for conversation_id in conversation_ids:
            vault.move_conversation(conversation_id, target)
    if common().json:
        print_json({"moved": list(conversation_ids), "to": target})
    else:
        n = len(conversation_ids)
        what = "conversation" if n == 1 else "conversations"
        print_text(f"Moved {n:,} {what} to {target}")


@command.command("join", short_help="Make one companion of two")
@click.argument("name", metavar="PERSONA")
@click.argument("into", metavar="INTO")
@with_common_options
def join(name: str, into: str) -> None:
    """Give everything of PERSONA to the companion INTO; both must be there.

    For one companion in several apps, or under two names. Messages that both have
    stand once; of two wordings both are kept. PERSONA becomes another name of INTO.
    This cannot be undone, but sources can be forgotten and imported again.
    """
    from persona_vault.ingest.joining import join_personas

    with opened_vault() as vault:
        found = join_personas(vault, name, into)
    if common().json:
        print_json(found)
        return
    print_text(f"Joined {found.joined} with {found.into}")
    print_text(f"  {found.n_messages:>9,} messages came over")
    if found.n_same:
        print_text(f"  {found.n_same:>9,} of them were there already")
    note(f"Import later exports with --persona {found.into}.")


@command.command("split", short_help="Make two companions of one, by speaker")
@click.argument("name", metavar="PERSONA")
@click.option("--speaker", required=True, metavar="NAME", help="As the file names it")
@click.option("--to", "target", required=True, metavar="NAME", help="The companion")
@with_common_options
def split(name: str, speaker: str, target: str) -> None:
    """Give the conversations in which only this speaker answers to another companion.

    For several companions in one file. Conversations in which others answer too stay
    where they are; `persona move` gives single ones away.
    """
    from persona_vault.ingest.joining import split_persona

    with opened_vault() as vault:
        found = split_persona(vault, name, speaker=speaker, to=target)
    if common().json:
        print_json(found)
        return
    n = found.n_conversations
    what = "conversation" if n == 1 else "conversations"
    print_text(f"Moved {n:,} {what} to {target}")
    if found.n_shared:
        note(
            f"{found.n_shared:,} stayed, since others of the companion's side speak in"
            " them too. Import their file once more with --them to tell them apart."
        )
