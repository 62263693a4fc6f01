"""`read`: read a conversation."""

import sys
from collections.abc import Iterator

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import inert, minute, print_json, print_text, wrapped
from persona_vault.errors import UsageError
from persona_vault.model import StoredMessage


@click.command("read")
@click.argument("conversation_id", type=int)
@with_common_options
def command(conversation_id: int) -> None:
    """Read a conversation from its first message on, page by page at a terminal.

    The id is that of `persona-vault conversations`.
    """
    with opened_vault() as vault:
        messages = vault.messages(conversation_id=conversation_id)
        first = next(messages, None)
        if first is None:
            raise UsageError(
                f"There is no conversation {conversation_id}, or it shows no message",
                hint="See `persona-vault conversations` for their ids.",
            )
        if common().json:
            print_json(
                {"conversation_id": conversation_id, "messages": [first, *messages]}
            )
        elif sys.stdout.isatty():
            click.echo_via_pager(_pages(first, messages), color=False)
        else:
            for text in _pages(first, messages):
                print_text(text.rstrip("\n"))


def _pages(first: StoredMessage, rest: Iterator[StoredMessage]) -> Iterator[str]:
    yield message_text(first) + "\n\n"
    for message in rest:
        yield message_text(message) + "\n\n"


def message_text(message: StoredMessage) -> str:
    """A message as a person reads it: who, when, its number, its words."""
    when = (
        minute(message.sent_at) if message.sent_at else (message.local_at or "no time")
    )
    head = f"{message.speaker} · {when} · message {message.id}"
    return inert(f"{head}\n{wrapped(message.text, '  ')}")
