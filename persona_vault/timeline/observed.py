"""Model switches that stand in the data itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.sql import ColumnElement

from persona_vault.model import ClaimPart, Role
from persona_vault.store.clock import from_micros
from persona_vault.store.schema import conversation, message, model_claim

LEAST_REPLIES = 10
LEAST_CONVERSATIONS = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwitch:
    """A model name that gave way to another one and stayed away.

    Attributes:
        part: What the names say: answered, requested, or default of a conversation.
        before, after: The two names.
        last_before: Time of the last reply under the earlier name.
        at: Time of the first reply (or conversation) under the later one.
        n_before, n_after: Replies (or conversations) under each, in a row.
    """

    part: ClaimPart
    before: str
    after: str
    last_before: datetime
    at: datetime
    n_before: int
    n_after: int


def model_switches(connection: Connection, persona_id: int) -> list[ModelSwitch]:
    """Every lasting switch of a companion's model, by the part that the names play.

    A name counts when at least 10 replies in a row (3 conversations for a default)
    bear it, single other names between them set aside; two models that were used side
    by side from day to day give no switch.
    """
    found = []
    for part in (ClaimPart.ANSWERED, ClaimPart.REQUESTED):
        found += _switches(_on_messages(connection, persona_id, part), part)
    found += _switches(_on_conversations(connection, persona_id), ClaimPart.DEFAULT)
    return sorted(found, key=lambda switch: (switch.at, switch.part))


def lasting_runs(values: Sequence[T], least: int) -> list[tuple[T, int, int]]:
    """(value, first, last) of the runs left when short ones are set aside.

    The shortest go first, and equal neighbours join then, so that a visitor does not
    cut a long run in two.
    """
    runs = _joined([(value, i, i, 1) for i, value in enumerate(values)])
    for length in range(1, least):
        runs = _joined([run for run in runs if run[3] > length])
    return [(value, first, last) for value, first, last, _n in runs]


def _joined(runs: list[tuple[T, int, int, int]]) -> list[tuple[T, int, int, int]]:
    joined: list[tuple[T, int, int, int]] = []
    for run in runs:
        if joined and joined[-1][0] == run[0]:
            value, first, _last, n = joined[-1]
            joined[-1] = (value, first, run[2], n + run[3])
        else:
            joined.append(run)
    return joined


def _switches(claims: Sequence[tuple[int, str]], part: ClaimPart) -> list[ModelSwitch]:
    least = LEAST_CONVERSATIONS if part is ClaimPart.DEFAULT else LEAST_REPLIES
    runs = lasting_runs([value for _at, value in claims], least)
    return [
        ModelSwitch(
            part=part,
            before=old,
            after=new,
            last_before=from_micros(claims[old_last][0]),
            at=from_micros(claims[new_first][0]),
            n_before=old_last - old_first + 1,
            n_after=new_last - new_first + 1,
        )
        for (old, old_first, old_last), (new, new_first, new_last) in pairwise(runs)
    ]


def _on_messages(
    connection: Connection, persona_id: int, part: ClaimPart
) -> list[tuple[int, str]]:
    query = (
        select(message.c.sent_at, func.min(model_claim.c.value))
        .join(conversation, message.c.conversation_id == conversation.c.id)
        .join(model_claim, model_claim.c.message_id == message.c.id)
        .where(
            conversation.c.persona_id == persona_id,
            message.c.role == Role.PERSONA,
            message.c.shown == 1,
            message.c.sent_at.is_not(None),
            model_claim.c.part == part,
        )
        .group_by(message.c.id)
        .order_by(message.c.sent_at, message.c.id)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _on_conversations(connection: Connection, persona_id: int) -> list[tuple[int, str]]:
    began: ColumnElement[int] = func.min(message.c.sent_at)
    query = (
        select(began, func.min(model_claim.c.value))
        .select_from(conversation)
        .join(message, message.c.conversation_id == conversation.c.id)
        .join(model_claim, model_claim.c.conversation_id == conversation.c.id)
        .where(
            conversation.c.persona_id == persona_id,
            message.c.sent_at.is_not(None),
            model_claim.c.part == ClaimPart.DEFAULT,
        )
        .group_by(conversation.c.id)
        .order_by(began, conversation.c.id)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
