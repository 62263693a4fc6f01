"""Which messages a search may find, as a condition for SQL."""

import json
from dataclasses import dataclass
from typing import Any

from persona_vault.model import Period, Role
from persona_vault.store.clock import micros
from persona_vault.store.vault import Vault

_FIELDS = {
    "persona_id": "conversation.persona_id = :persona_id",
    "role": "message.role = :role",
    "app": "lower(conversation.app) = lower(:app)",
    "since": "message.sent_at >= :since",
    "until": "message.sent_at < :until",
    "numbered": "message.id IN (SELECT value FROM json_each(:numbered))",
    # Only what a message itself says: the default of a thread was not seen there.
    "model": "EXISTS (SELECT 1 FROM model_claim WHERE model_claim.message_id = "
    "message.id AND part <> 'default' AND lower(value) = lower(:model))",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """A condition over `message` joined to `conversation`, with its values."""

    condition: str
    values: dict[str, Any]


def build_filters(
    vault: Vault,
    *,
    persona: str | None,
    role: Role | None,
    period: Period | None,
    app: str | None,
    model: str | None,
    shown_only: bool,
) -> Filters:
    """The condition for what was asked; None asks for nothing.

    Raises:
        UnknownPersonaError: There is no such persona, or several and the period
            counts messages.
    """
    period = period or Period()
    numbered = None
    if period.first is not None or period.last is not None:
        numbered = json.dumps([m.id for m in vault.messages(persona, period=period)])
    asked = {
        "persona_id": None if persona is None else vault.persona(persona).id,
        "role": None if role is None else role.value,
        "app": app,
        "since": None if period.since is None else micros(period.since),
        "until": None if period.until is None else micros(period.until),
        "numbered": numbered,
        "model": model,
    }
    values = {name: value for name, value in asked.items() if value is not None}
    conditions = ["message.shown = 1"] if shown_only else ["1"]
    conditions += [_FIELDS[name] for name in values]
    return Filters(" AND ".join(conditions), values)
