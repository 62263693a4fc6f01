"""The catalogue: every row of the persona, in the order of a report."""

from functools import cache

from persona_vault.dimensions import initiative, length, punctuation
from persona_vault.dimensions.base import Dimension

# Raised when rows come or go, or any number of a row would change: snapshots of
# different catalogues are not compared.
CATALOGUE_VERSION = 1


@cache
def dimensions() -> tuple[Dimension, ...]:
    """All rows, in the order in which a report lists them; names are unique."""
    return (
        *length.ROWS,
        *punctuation.ROWS,
        *initiative.ROWS,
    )
