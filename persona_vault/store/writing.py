"""Many new rows at once: several of them to a statement."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection

# Each statement costs as much as some rows: 100 to one take two thirds of the time of
# one to one. Far under the 32,766 values that SQLite takes in a statement.
ROWS_OF_A_STATEMENT = 100


def insert_rows(
    connection: Connection, statement: str, rows: Sequence[Sequence[Any]]
) -> int:
    """Insert rows in their order.

    Args:
        connection: In a transaction.
        statement: `INSERT ... VALUES (?, ?, ...) ...` for one row.
        rows: The values of each; all of one length.

    Returns:
        How many went in: fewer, where the statement lets some be turned back.
    """
    n_whole = len(rows) - len(rows) % ROWS_OF_A_STATEMENT
    run = connection.exec_driver_sql
    n_new = 0
    if n_whole:
        many = [
            tuple(chain.from_iterable(rows[start : start + ROWS_OF_A_STATEMENT]))
            for start in range(0, n_whole, ROWS_OF_A_STATEMENT)
        ]
        n_new += run(_for_many(statement, len(rows[0])), many).rowcount
    if n_whole < len(rows):
        # The driver binds a bare tuple faster than a named one.
        n_new += run(statement, [tuple(row) for row in rows[n_whole:]]).rowcount
    return n_new


@lru_cache(maxsize=32)
def _for_many(statement: str, n_cells: int) -> str:
    row = f"({', '.join('?' * n_cells)})"
    head, found, tail = statement.partition(row)
    if not found:
        raise ValueError(f"the statement has no {row}")
    return f"{head}{', '.join([row] * ROWS_OF_A_STATEMENT)}{tail}"
