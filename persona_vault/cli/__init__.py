"""The command line: one file per command, imported only when it is called."""

import click

from persona_vault import __version__
from persona_vault.cli._errors import run
from persona_vault.cli._options import LazyGroup, common, with_common_options
from persona_vault.errors import UsageError

# name -> (module inside this package, line for --help). The module holds a click
# command named `command`; `--help` of the whole never imports any of them.
COMMANDS = {
    "init": ("init", "Make a vault"),
    "zone": ("zone", "Show or change the vault's time zone"),
    "import": ("importing", "Read chat exports into the vault"),
    "describe": ("describe", "Show the shape of an export, not its content"),
    "info": ("info", "What the vault holds"),
    "conversations": ("conversations", "List conversations"),
    "sources": ("sources", "List what was imported"),
    "persona": ("persona", "List, name and sort companions"),
    "read": ("read", "Read a conversation"),
    "search": ("search", "Find messages by words and by meaning"),
    "similar": ("similar", "Find more messages like one"),
    "topics": ("topics", "See what was talked about, over time"),
    "show": ("show", "Show a message where it stands"),
    "attachments": ("attachments", "List or write a message's attachments"),
    "embed": ("embed", "Make messages findable by meaning"),
    "events": ("events", "Keep the dates of updates and edits"),
    "snapshot": ("snapshot", "Write a text-free snapshot of a period"),
    "diff": ("diff", "Compare two periods or two snapshots"),
    "changes": ("changes", "Find when it changed, the date unknown"),
    "report": ("report", "Write the comparison as a report to read"),
    "export": ("export", "Write everything out again"),
    "mark": ("mark", "Say that a measure counted a message wrongly"),
    "reimport": ("reimport", "Read kept records again, without the files"),
    "verify": ("verify", "Look for damage in the vault"),
    "backup": ("backup", "Write the whole vault into one file"),
    "restore": ("restore", "Make a vault of a backup"),
    "forget": ("forget", "Take messages or an import out for good"),
    "key": ("key", "What opens the vault"),
    "rekey": ("rekey", "Encrypt the vault anew under a new key"),
    "demo": ("demo", "See a report on an invented talk first"),
}


@click.group(
    cls=LazyGroup,
    commands_by_module=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    invoke_without_command=True,
)
@click.version_option(__version__, "--version", prog_name="persona-vault")
@with_common_options
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep talks with an AI companion, find them again, and measure what changed.

    Everything stays on this machine.
    """
    if context.invoked_subcommand is not None:
        from persona_vault.store.locking import name_command

        # Found among our own commands, so it is no word of the user's.
        name_command(f"persona-vault {context.invoked_subcommand}")
        return
    if common().json:
        raise UsageError(
            "No command was named", hint="`persona-vault --help` lists them."
        )
    click.echo(context.get_help())


def main() -> None:
    """Run the command line; every failure becomes one sentence and an exit code."""
    run(cli)
