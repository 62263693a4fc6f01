"""Hits that the user marked wrong: they are taken out of what a row measured."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from persona_vault.dimensions.base import Measurement
from persona_vault.turns import Turn

# Rows that tell the kinds of what another row counts: its marks are theirs.
_KINDS_OF = MappingProxyType({"farewell_tactics": "farewell_pull"})


def wrong_for(row: str, marked: Mapping[str, Collection[int]]) -> Collection[int]:
    """Messages whose hit of a row does not count, of row -> messages marked wrong."""
    counted = _KINDS_OF.get(row)
    own = marked.get(row, ())
    return {*own, *marked.get(counted, ())} if counted else own


def without_marked(
    measured: Sequence[Measurement], turns: Sequence[Turn], wrong: Collection[int]
) -> tuple[list[Measurement], int]:
    """The measurements with no hit in the messages that were marked.

    Only the hit goes: the turn stays an occasion of the row.

    Args:
        measured: One measurement for each turn.
        turns: The turns.
        wrong: Row ids of messages.

    Returns:
        The measurements, and how many hits were left out.
    """
    kept, n_left_out = list(measured), 0
    for i, (turn, found) in enumerate(zip(turns, measured, strict=True)):
        if turn.message_id in wrong and found.numerator > 0:
            kept[i] = found._replace(
                numerator=0.0, spans=(), counts=None if found.counts is None else {}
            )
            n_left_out += 1
    return kept, n_left_out
