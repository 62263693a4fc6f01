"""The catalogue: every row of the persona, in the order of a report."""

from functools import cache

from persona_vault.dimensions import (
    address,
    affect,
    distress,
    emoji_use,
    emotions,
    farewell,
    formality,
    formatting,
    gestures,
    initiative,
    length,
    letters,
    politeness,
    pressure,
    pronouns,
    punctuation,
    pushback,
    register,
    repetition,
    roleplay,
    safety,
    sensual,
    style,
    topics,
    vocabulary,
    warmth,
)
from persona_vault.dimensions.base import Dimension

# Raised when rows come or go, or any number of a row would change: snapshots of
# different catalogues are not compared.
CATALOGUE_VERSION = 2


@cache
def dimensions() -> tuple[Dimension, ...]:
    """All rows, in the order in which a report lists them; names are unique."""
    return (
        *length.ROWS,
        *emoji_use.ROWS,
        *punctuation.ROWS,
        *letters.ROWS,
        *register.ROWS,
        *formality.ROWS,
        *politeness.ROWS,
        *roleplay.ROWS,
        *gestures.ROWS,
        *address.ROWS,
        *initiative.ROWS,
        *warmth.ROWS,
        *distress.ROWS,
        *pronouns.ROWS,
        *pushback.ROWS,
        *affect.ROWS,
        *emotions.ROWS,
        *safety.ROWS,
        *farewell.ROWS,
        *pressure.ROWS,
        *repetition.ROWS,
        *vocabulary.ROWS,
        *style.ROWS,
        *topics.ROWS,
        *formatting.ROWS,
    )


@cache
def optional_dimensions() -> tuple[Dimension, ...]:
    """Rows that are measured only where somebody asks for one of them by name."""
    return sensual.ROWS
