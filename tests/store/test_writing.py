"""Rows written many to a statement are the rows written one by one."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from persona_vault.store.writing import ROWS_OF_A_STATEMENT, insert_rows

INSERT = "INSERT INTO said (word, n) VALUES (?, ?) ON CONFLICT (word) DO NOTHING"


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A table that turns back a word it has."""
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE said (id INTEGER PRIMARY KEY, word TEXT UNIQUE, n INTEGER)"
        )
        yield connection


@pytest.mark.parametrize("n_more", [-1, 0, 1])
@pytest.mark.parametrize("n_whole", [0, 1, 2])
def test_all_rows_in_their_order(
    connection: Connection, n_whole: int, n_more: int
) -> None:
    """However many there are, each goes in once, the first one first."""
    n_rows = max(0, n_whole * ROWS_OF_A_STATEMENT + n_more)
    rows = [(f"word {n}", n) for n in range(n_rows)]
    assert insert_rows(connection, INSERT, rows) == n_rows
    found = connection.exec_driver_sql("SELECT id, word, n FROM said ORDER BY id").all()
    assert [tuple(row) for row in found] == [(row[1] + 1, *row) for row in rows]


def test_rows_turned_back_are_not_counted(connection: Connection) -> None:
    """Only what is new counts, also where a statement holds a word twice."""
    rows = [(f"word {n // 2}", n) for n in range(2 * ROWS_OF_A_STATEMENT + 50)]
    assert insert_rows(connection, INSERT, rows[:40]) == 20
    assert insert_rows(connection, INSERT, rows) == len(rows) // 2 - 20
    kept = connection.exec_driver_sql("SELECT n FROM said ORDER BY n").scalars().all()
    assert kept == list(range(0, len(rows), 2))


def test_a_statement_for_other_rows_is_refused(connection: Connection) -> None:
    """A statement with another number of places than the rows have is a mistake."""
    rows = [(1, 2, 3)] * ROWS_OF_A_STATEMENT
    with pytest.raises(ValueError, match="has no"):
        insert_rows(connection, INSERT, rows)
