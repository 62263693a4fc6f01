"""`read`: read a conversation."""

import sys
from collections.abc import Iterator
from datetime import datetime

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    inert,
    minute,
    one_line,
    print_json,
    print_text,
    wrapped,
)
from persona_vault.errors import UsageError
from persona_vault.model import Role, StoredMessage


@click.command("read", short_help="Read a conversation")
@click.argument("conversation_id", type=int)
@with_common_options
def command(conversation_id: int) -> None:
    """Read a conversation from its first message on, page by page at a terminal.

    The id is that of `persona-vault conversations`.
    """
    with opened_vault() as vault:
        known = {c.id: c for c in vault.conversations()}
        if conversation_id not in known:
            raise UsageError(
                f"There is no conversation {conversation_id}",
                hint="`persona-vault conversations` lists them with their numbers.",
            )
        messages = vault.messages(conversation_id=conversation_id)
        conversation = known[conversation_id]
        if common().json:
            print_json(
                {
                    "conversation_id": conversation_id,
                    "persona": conversation.persona,
                    "title": conversation.title,
                    "messages": list(messages),
                }
            )
            return
        pages = _pages(conversation.title, messages, conversation.persona)
        # On Windows the pager would put the words into a temporary file.
        if sys.stdout.isatty() and sys.platform != "win32":
            click.echo_via_pager(pages, color=False)
            return
        for text in pages:
            print_text(text.removesuffix("\n"))


def _pages(
    title: str, messages: Iterator[StoredMessage], persona: str
) -> Iterator[str]:
    if title:
        yield one_line(title) + "\n\n"
    for message in messages:
        yield message_text(message, persona) + "\n\n"


def message_text(message: StoredMessage, persona: str) -> str:
    """A message as a person reads it: who, when, its number, its words."""
    who = one_line(speaker_name(message.role, message.speaker, persona))
    when = spoken_at(message.sent_at, message.local_at)
    # A picture or a voice message may come without a word.
    text = message.text or f"({message.kind}, no text)"
    return f"{who} · {when} · message {message.id}\n{wrapped(inert(text), '  ')}"


def speaker_name(role: Role, speaker: str, persona: str) -> str:
    """Who speaks, for a person; files call both sides by labels of their own."""
    if role is Role.PERSONA:
        return persona
    return "You" if role is Role.USER else speaker


def spoken_at(sent_at: datetime | None, local_at: str | None) -> str:
    """When, to the minute, as far as it is known."""
    if sent_at is None and local_at:
        return one_line(local_at.replace("T", " ")[:16])
    return minute(sent_at)
