"""A LibreChat file of any depth, with its messages as one list.

With its option "Recursive" the app saves a conversation as a tree, each answer two
levels deeper than its question; a limit on depth would refuse every long talk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.jsontext import JsonCursor
from persona_vault.importers.files.jsonwalk import array_places, object_keys
from persona_vault.importers.source import Source
from persona_vault.importers.values import as_word

MAX_BYTES = 256 * 1024**2  # one conversation has to be held as a whole
_LISTS = frozenset({"messages", "messagesTree"})


def read_document(source: Source, member: str) -> dict[str, Any]:
    """The top-level object; its trees of messages are flat lists, parents first.

    A message that names no parent gets the id of the one that it stands under.

    Raises:
        InputRejectedError: Not JSON, cut off, or larger than 256 MiB.
    """
    if any(m.n_bytes > MAX_BYTES for m in source.members() if m.name == member):
        raise InputRejectedError(
            f"{member} is one conversation of more than {MAX_BYTES // 1024**2} MiB",
            hint="Export it in parts.",
        )
    about: dict[str, Any] = {}
    with source.json_cursor(member) as cursor:
        for key in object_keys(cursor):
            is_list = key in _LISTS and cursor.peek() == "["
            about[key] = _flat(cursor) if is_list else cursor.value()
        if cursor.peek():
            raise cursor.refuse("more text after the end")
    return about


@dataclass(slots=True)
class _Frame:
    """A list of messages, or one message, that is being read.

    Attributes:
        steps: The places of the list, or the keys of the message.
        message: The message itself, or the one that the list stands under.
        is_list: Which of the two it is.
    """

    steps: Iterator[Any]
    message: dict[str, Any]
    is_list: bool


def _flat(cursor: JsonCursor) -> list[Any]:
    """The messages of the list at the cursor and of all lists inside, in order."""
    messages: list[Any] = []
    above: list[tuple[dict[str, Any], dict[str, Any]]] = []
    open_frames = [_Frame(array_places(cursor), {}, is_list=True)]
    while open_frames:
        frame = open_frames[-1]
        step = next(frame.steps, None)
        if step is None:
            open_frames.pop()
        elif frame.is_list and cursor.peek() == "{":
            message: dict[str, Any] = {}
            messages.append(message)
            above.append((message, frame.message))
            open_frames.append(_Frame(object_keys(cursor), message, is_list=False))
        elif frame.is_list:
            messages.append(cursor.value())
        elif step == "children" and cursor.peek() == "[":
            open_frames.append(
                _Frame(array_places(cursor), frame.message, is_list=True)
            )
        else:
            frame.message[step] = cursor.value()
    for message, parent in above:
        if not as_word(message.get("parentMessageId")) and parent.get("messageId"):
            message["parentMessageId"] = parent["messageId"]
    return messages
