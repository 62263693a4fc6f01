"""Which measures count a message, and by which of its words."""

from collections.abc import Iterator
from dataclasses import dataclass

from persona_vault.dimensions.base import Dimension, Scale
from persona_vault.dimensions.own import FILE_NAME, OwnAxis, own_dimensions
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.errors import UsageError
from persona_vault.model import Role
from persona_vault.snapshot.measuring import measure
from persona_vault.snapshot.take import measured_blocks
from persona_vault.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that a message is a case of.

    Attributes:
        row, title: The row's name, and its title as of replies.
        words: What shows it, verbatim, at least one.
    """

    row: str
    title: str
    words: tuple[str, ...]


def hits_of(vault: Vault, message_id: int) -> list[Hit]:
    """The rows that count cases by words and count one in this message.

    A message that is not measured at all (set aside, without text) has none.

    Raises:
        UsageError: There is no such message.
    """
    message = vault.message(message_id)
    # A message shows a row in its talk: after a pause, in answer to some words.
    talk = vault.messages(conversation_id=message.conversation_id, shown_only=False)
    name = next(
        c.persona for c in vault.conversations() if c.id == message.conversation_id
    )
    for block in measured_blocks(talk, vault.persona(name)):
        turns = block.user if message.role is Role.USER else block.persona
        place = next((i for i, t in enumerate(turns) if t.message_id == message_id), -1)
        if place < 0:
            continue
        measured = ((row, measure(row, turns)[place]) for row in _cue_rows(vault))
        return [
            Hit(row.name, row.title, tuple(message.text[a:b] for a, b in found.spans))
            for row, found in measured
            if found.numerator > 0 and found.spans
        ]
    return []


def cue_row(vault: Vault, name: str) -> Dimension:
    """A row that counts cases, by name.

    Raises:
        UsageError: There is none of that name.
    """
    for row in _cue_rows(vault):
        if row.name == name:
            return row
    raise UsageError(
        f"There is no measure {name!r} that counts words or phrases.",
        hint="`persona-vault mark NUMBER` names those that count a message.",
    )


def _cue_rows(vault: Vault) -> Iterator[Dimension]:
    own = own_dimensions(vault.path / FILE_NAME)
    rows: list[Dimension] = [*catalogue()]
    rows += [row for row in own if not isinstance(row, OwnAxis)]
    return (row for row in rows if row.scale is Scale.RATE)
