"""Markdown: a diary to read, by conversation and day.

Words of the talk stand in fenced blocks and names in code spans, as in the Markdown
report: nothing in them can become a heading, HTML, a picture or a link.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from persona_vault.kits.base import Leaving, Talk
from persona_vault.model import Role
from persona_vault.reports.markdown import code_span, fenced
from persona_vault.store.outgoing import OutgoingMessage

_NO_DAY = "Without a date"


class MarkdownKit:
    """A text for any program that reads Markdown, or none."""

    name = "md"
    one_persona = False

    def leave(self, talk: Talk) -> Leaving:
        """The whole diary; memory holds one message."""
        return talk.leaving(_pieces(talk))


def _pieces(talk: Talk) -> Iterator[str]:
    yield f"# {_head(talk)}\n"
    zone = None if talk.zone is None else ZoneInfo(talk.zone)
    yield f"\nTimes are those of {talk.zone or 'UTC'}.\n"
    shown: tuple[int | None, str] = (None, "")
    for outgoing in talk.messages():
        number = outgoing.message.conversation_id
        day, clock = _when(outgoing, zone)
        if number != shown[0]:
            yield f"\n{_conversation(outgoing)}\n"
        if (number, day) != shown:
            yield f"\n### {day}\n"
        shown = (number, day)
        yield f"\n{_message(outgoing, clock)}\n"


def _head(talk: Talk) -> str:
    return f"Talk with {code_span(talk.persona.name)}" if talk.persona else "Talk"


def _conversation(outgoing: OutgoingMessage) -> str:
    """The heading of a conversation, and what is known of it."""
    message, about = outgoing.message, outgoing.about
    number = f"Conversation {message.conversation_id}"
    heading = (
        f"## {number}: {code_span(about.title)}" if about.title else f"## {number}"
    )
    facts = [f"With {code_span(about.persona)}"]
    facts += [f"in {code_span(message.app)}"] if message.app else []
    facts += [f"group {code_span(about.group)}"] if about.group else []
    return f"{heading}\n\n{', '.join(facts)}."


def _message(outgoing: OutgoingMessage, clock: str) -> str:
    """Who, when, its number, and its words."""
    message = outgoing.message
    facts = [_speaker(outgoing), *([clock] if clock else []), f"message {message.id}"]
    facts += [] if message.shown else ["hidden or set aside"]
    parts = [f"{', '.join(facts)}:"]
    parts += [fenced(message.text)] if message.text else ["(no text)"]
    names = ", ".join(code_span(str(one["name"])) for one in outgoing.attachments)
    parts += [f"With it: {names}."] if names else []
    return "\n\n".join(parts)


def _speaker(outgoing: OutgoingMessage) -> str:
    """As `read` says it: files call both sides by labels of their own."""
    role = outgoing.message.role
    if role is Role.USER:
        return "**You**"
    is_persona = role is Role.PERSONA
    name = outgoing.about.persona if is_persona else outgoing.message.speaker
    return f"**{code_span(name)}**"


def _when(outgoing: OutgoingMessage, zone: ZoneInfo | None) -> tuple[str, str]:
    """(day, time of day) of a message, each as far as it is known."""
    message = outgoing.message
    if message.sent_at is not None:
        local = _in_zone(message.sent_at, zone)
        return f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    try:
        wall = datetime.fromisoformat(message.local_at or "")
    except ValueError:
        return _NO_DAY, ""
    return f"{wall:%Y-%m-%d}", f"{wall:%H:%M}"


def _in_zone(sent_at: datetime, zone: ZoneInfo | None) -> datetime:
    try:
        return sent_at if zone is None else sent_at.astimezone(zone)
    except OverflowError:  # in the first or last hours that a calendar holds
        return sent_at
