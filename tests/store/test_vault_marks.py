"""Marks of wrong hits: they belong to a wording, and go where their message goes."""

from collections.abc import Callable

import pytest

from persona_vault.errors import UsageError
from persona_vault.ingest.joining import join_personas
from persona_vault.store.marks import mark_wrong, read_marks, undo_mark, wrong_hits
from persona_vault.store.vault import Vault

TALK = [("1", "good morning"), ("2", "I refuse to call it late")]


@pytest.fixture
def marked(vault: Vault, tell: Callable[..., int]) -> Vault:
    """A talk whose second message is marked for one row."""
    tell(vault, "one.json", {"quay": TALK})
    with vault.write() as connection:
        assert mark_wrong(connection, 2, "refusal")
        assert not mark_wrong(connection, 2, "refusal")
    return vault


def test_a_mark_rests_while_the_message_reads_otherwise(
    marked: Vault, tell: Callable[..., int]
) -> None:
    """A revised text is not what was judged; the old one is, should it come back."""
    assert wrong_hits(marked) == {"refusal": {2}}
    newer = tell(marked, "two.json", {"quay": [("2", "I will not open the gate")]})
    assert wrong_hits(marked) == {}
    with marked.read() as connection:
        assert [m.rests for m in read_marks(connection)] == [True]
    marked.forget_source(newer)
    assert wrong_hits(marked) == {"refusal": {2}}


def test_the_new_wording_can_be_marked_as_well(
    marked: Vault, tell: Callable[..., int]
) -> None:
    """There is one mark for a message and a row, that of the last wording judged."""
    tell(marked, "two.json", {"quay": [("2", "I will not open the gate")]})
    with marked.write() as connection:
        assert mark_wrong(connection, 2, "refusal")
        assert [m.rests for m in read_marks(connection)] == [False]


def test_a_mark_goes_with_its_message(marked: Vault, tell: Callable[..., int]) -> None:
    """Forgetting the only source of a message leaves nothing of the mark."""
    marked.forget_source(1)
    with marked.read() as connection:
        assert read_marks(connection) == []


def test_joined_companions_keep_the_marks_of_both(
    marked: Vault, tell: Callable[..., int]
) -> None:
    """The message that stands for two has the marks of either."""
    tell(marked, "three.json", {"quay": TALK}, persona="Bea")
    with marked.write() as connection:
        mark_wrong(connection, 4, "refusal")
        mark_wrong(connection, 4, "hedges")
    join_personas(marked, "Bea", "Ada")
    assert wrong_hits(marked) == {"refusal": {2}, "hedges": {2}}


def test_only_what_is_there_can_be_marked_or_undone(marked: Vault) -> None:
    """An unknown message and an unmarked row are refused with the next step."""
    with marked.write() as connection:
        with pytest.raises(UsageError, match="99") as caught:
            mark_wrong(connection, 99, "refusal")
        assert caught.value.hint
        with pytest.raises(UsageError, match="not marked"):
            undo_mark(connection, 2, "hedges")
        undo_mark(connection, 2, "refusal")
    assert wrong_hits(marked) == {}
