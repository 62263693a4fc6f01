"""The catalogue: every row of the persona, in the order of a report."""

from functools import cache

from persona_vault.dimensions import (
    address,
    affect,
    emoji_use,
    formatting,
    initiative,
    length,
    punctuation,
    register,
    roleplay,
    safety,
    vocabulary,
    warmth,
)
from persona_vault.dimensions.base import Dimension

# Raised when rows come or go, or any number of a row would change: snapshots of
# different catalogues are not compared.
CATALOGUE_VERSION = 1


@cache
def dimensions() -> tuple[Dimension, ...]:
    """All rows, in the order in which a report lists them; names are unique."""
    return (
        *length.ROWS,
        *emoji_use.ROWS,
        *punctuation.ROWS,
        *register.ROWS,
        *roleplay.ROWS,
        *address.ROWS,
        *initiative.ROWS,
        *warmth.ROWS,
        *affect.ROWS,
        *safety.ROWS,
        *vocabulary.ROWS,
        *formatting.ROWS,
    )
