"""Which messages a search may find, as a condition for SQL."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from persona_vault.errors import UsageError
from persona_vault.model import Period, Role
from persona_vault.search.query import Query
from persona_vault.search.required import find_excluded
from persona_vault.store.clock import micros
from persona_vault.store.listing import require_source
from persona_vault.store.vault import Vault

_FIELDS = {
    "persona_id": "conversation.persona_id = :persona_id",
    "role": "message.role = :role",
    "app": "lower(conversation.app) = lower(:app)",
    "since": "message.sent_at >= :since",
    "until": "message.sent_at < :until",
    "source": "EXISTS (SELECT 1 FROM message_source WHERE message_source.message_id = "
    "message.id AND message_source.source_id = :source)",
    "held": "message.id IN (SELECT value FROM json_each(:held))",
    "excluded": "message.id NOT IN (SELECT value FROM json_each(:excluded))",
    "literal_free": "NOT EXISTS (SELECT 1 FROM json_each(:literal_free) AS piece "
    "WHERE instr(message.text, piece.value) > 0)",
    "numbered": "message.id IN (SELECT value FROM json_each(:numbered))",
    # Only what a message itself says: the default of a thread was not seen there.
    "model": "EXISTS (SELECT 1 FROM model_claim WHERE model_claim.message_id = "
    "message.id AND part <> 'default' AND lower(value) = lower(:model))",
}
# What an export may name, how a message is said to have it, and all that are there.
_NAMES = {
    "app": (
        "is from an app",
        text("SELECT DISTINCT app FROM conversation WHERE app <> '' ORDER BY app"),
    ),
    "model": (
        "names the model",
        text(
            "SELECT DISTINCT value FROM model_claim "
            "WHERE message_id IS NOT NULL AND part <> 'default' ORDER BY value"
        ),
    ),
}
_NAMED = 20  # so many are listed in a hint; a vault may hold hundreds of models


@dataclass(frozen=True, slots=True)
class Filters:
    """A condition over `message` joined to `conversation`, with its values."""

    condition: str
    values: dict[str, Any]


def build_filters(  # noqa: PLR0913 - every filter is a question of its own
    vault: Vault,
    *,
    query: Query,
    source: int | None,
    persona: str | None,
    role: Role | None,
    period: Period | None,
    app: str | None,
    model: str | None,
    shown_only: bool,
    held: Collection[int] | None = None,
) -> Filters:
    """The condition for what was asked; None asks for nothing.

    `held` are the only messages that may be found.

    Raises:
        UnknownPersonaError: There is no such persona, or several and the period
            counts messages.
        UsageError: There is no such source or app, or no message names that model.
    """
    period = period or Period()
    numbered = None
    if period.first is not None or period.last is not None:
        numbered = json.dumps([m.id for m in vault.messages(persona, period=period)])
    asked = {
        "persona_id": None if persona is None else vault.persona(persona).id,
        "role": None if role is None else role.value,
        "app": None if app is None else _known_name(vault, "app", app),
        "since": None if period.since is None else micros(period.since),
        "until": None if period.until is None else micros(period.until),
        "source": None if source is None else _known_source(vault, source),
        "held": None if held is None else json.dumps(list(held)),
        "excluded": _excluded(vault, query),
        "literal_free": json.dumps(query.excluded_literals)
        if query.excluded_literals
        else None,
        "numbered": numbered,
        "model": None if model is None else _known_name(vault, "model", model),
    }
    values = {name: value for name, value in asked.items() if value is not None}
    conditions = ["message.shown = 1"] if shown_only else ["1"]
    conditions += [_FIELDS[name] for name in values]
    return Filters(" AND ".join(conditions), values)


def _known_source(vault: Vault, source: int) -> int:
    with vault.read() as connection:
        return require_source(connection, source)


def _known_name(vault: Vault, what: str, name: str) -> str:
    """The name of an app or a model, if a message of the vault has it."""
    has, statement = _NAMES[what]
    with vault.read() as connection:
        there = list(connection.execute(statement).scalars())
    if name.lower() in {known.lower() for known in there}:
        return name
    more = f", and {len(there) - _NAMED:,} more" if len(there) > _NAMED else ""
    raise UsageError(
        f'No message here {has} "{name}".',
        hint=f"The {what}s here: {', '.join(there[:_NAMED])}{more}."
        if there
        else f"This vault's messages name no {what}; leave the option out.",
    )


def _excluded(vault: Vault, query: Query) -> str | None:
    """Ids of the messages that hold what is to be left out, as JSON."""
    if not query.excluded and not query.excluded_required:
        return None
    with vault.read() as connection:
        return json.dumps(sorted(find_excluded(connection, query)))
