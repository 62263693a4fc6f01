"""Companions: found by name, made, renamed; and the conversations they hold."""

import json
import unicodedata
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from persona_vault.errors import UnknownPersonaError, UsageError
from persona_vault.model import Persona
from persona_vault.store.cells import json_cell
from persona_vault.store.schema import conversation, persona


def _persona(row: Row[Any]) -> Persona:
    return Persona(
        id=row.id,
        name=row.name,
        pronoun=row.pronoun,
        user_names=tuple(json_cell(row.user_names)),
        own_names=tuple(json_cell(row.own_names)),
    )


def list_personas(connection: Connection) -> list[Persona]:
    """All companions, by name."""
    rows = connection.execute(select(persona).order_by(persona.c.name))
    return [_persona(row) for row in rows]


def find_persona(connection: Connection, name: str | None) -> Persona:
    """The companion of that name; without one, the only companion there is.

    Raises:
        UnknownPersonaError: None of that name, or several and none was named.
    """
    known = list_personas(connection)
    names = [p.name for p in known]
    if name is None:
        return _only(known, names)
    for found in known:
        if found.name == name:
            return found
    raise UnknownPersonaError(
        f"The vault has no companion named {name!r}.", hint=_spelling_hint(name, names)
    )


def _only(known: list[Persona], names: list[str]) -> Persona:
    if len(known) == 1:
        return known[0]
    if not known:
        raise UnknownPersonaError(
            "The vault has no companion yet.",
            hint="Import an export with `persona-vault import FILE --persona NAME`.",
        )
    raise UnknownPersonaError(
        f"The vault has {len(known)} companions, and none was named.",
        hint=f"Name one with --persona: {', '.join(names)}.",
    )


def _spelling_hint(name: str, names: list[str]) -> str:
    if not names:
        return "The vault has no companion yet; import an export first."
    by_folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(by_folded[c] for c in close)}?"
    return f"It has: {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}."


def ensure_persona(connection: Connection, name: str) -> int:
    """Row id of the companion of that name, who is made if new.

    Raises:
        UsageError: The name is empty or holds control characters.
    """
    _check_name(name)
    found = connection.scalar(select(persona.c.id).where(persona.c.name == name))
    if found is not None:
        return int(found)
    values = {"name": name, "pronoun": "", "user_names": "[]", "own_names": "[]"}
    made = connection.execute(insert(persona).values(values).returning(persona.c.id))
    return int(made.scalar_one())


def _check_name(name: str) -> None:
    if not name.strip():
        raise UsageError(
            "A companion needs a name.", hint="Name one with --persona NAME."
        )
    # Control characters, lone surrogates and line separators.
    if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in name):
        raise UsageError(
            "A companion's name holds a character that no name has.",
            hint="Name it on one line, in letters and signs that can be seen.",
        )


def change_persona(
    connection: Connection, persona_id: int, values: dict[str, Any]
) -> None:
    """Set columns of a companion; name lists are tuples here and JSON in the table.

    Raises:
        UsageError: The new name is empty or another companion has it.
    """
    stored = {
        column: json.dumps(value, ensure_ascii=False)
        if isinstance(value, tuple)
        else value
        for column, value in values.items()
    }
    new_name = stored.get("name")
    if new_name is not None:
        _check_name(new_name)
        other = connection.scalar(
            select(persona.c.id).where(persona.c.name == new_name)
        )
        if other is not None and other != persona_id:
            raise UsageError(
                f"The vault already has a companion named {new_name!r}.",
                hint="Choose another name, or move its conversations instead.",
            )
    if stored:
        connection.execute(
            update(persona).where(persona.c.id == persona_id).values(**stored)
        )


def move_conversation(connection: Connection, conversation_id: int, name: str) -> None:
    """Give a conversation to the companion of that name, who is made if new.

    Raises:
        UsageError: There is no such conversation, or that companion already holds one
            of the same app and id.
    """
    row = connection.execute(
        select(conversation).where(conversation.c.id == conversation_id)
    ).first()
    if row is None:
        raise UsageError(
            f"There is no conversation {conversation_id}.",
            hint="`persona-vault conversations` lists them with their numbers.",
        )
    target = ensure_persona(connection, name)
    if target == row.persona_id:
        return
    taken = connection.scalar(
        select(conversation.c.id).where(
            conversation.c.persona_id == target,
            conversation.c.app == row.app,
            conversation.c.native_id == row.native_id,
        )
    )
    if taken is not None:
        raise UsageError(
            f"{name} already holds this conversation, as number {taken}.",
            hint="Forget the source of one of the two first.",
        )
    connection.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(persona_id=target)
    )
