"""Hits marked wrong: numerators fall, occasions stay, and it is said."""

from dataclasses import replace

import pytest

from persona_vault.diff import diff_snapshots
from persona_vault.dimensions.registry import dimensions
from persona_vault.errors import InputRejectedError
from persona_vault.model import Role
from persona_vault.snapshot.file import read_snapshot, snapshot_bytes, write_snapshot
from persona_vault.snapshot.take import measure_messages
from persona_vault.wording import row_sentence
from tests.talk import PERSONA, stored

ROWS = [d for d in dimensions() if d.name in ("exclamation_rate", "pet_names")]


def snapshot(marked=None):
    """Six talks of four replies, half of them with a mark of joy."""
    messages = []
    for talk in range(6):
        lines = []
        for i in range(4):
            lines.append((Role.USER, "And what is the garden like this morning?"))
            end = "!" if i % 2 else "."
            lines.append((Role.PERSONA, f"The garden is green and quiet today{end}"))
        messages += stored(lines, conversation=talk + 1, first_id=100 * (talk + 1))
    return measure_messages(messages, PERSONA, dimensions=ROWS, marked=marked)


def total(found, column):
    """One sum over all talks."""
    return found.rows["persona"]["exclamation_rate"].column(column).sum()


def test_only_the_numerator_falls():
    """A marked hit is no hit; its reply stays an occasion; no hit is not told."""
    plain, fewer = snapshot(), snapshot({"exclamation_rate": {103, 101, 203}})
    assert total(fewer, "num") == total(plain, "num") - 2
    assert total(fewer, "den") == total(plain, "den")
    assert fewer.marked == {"persona": {"exclamation_rate": 2}}
    assert plain.marked == {}


def test_the_kinds_of_a_hit_go_with_it():
    """What is no pull any more is no way of pulling either; its goodbye stays one."""
    rows = [d for d in dimensions() if d.family == "farewell"]
    goodbye = (Role.USER, "I have to go to bed now. Good night!")
    lines = [goodbye, (Role.PERSONA, "Already? Please don't go yet, stay with me.")] * 3
    messages = stored(lines, conversation=1, first_id=100)

    def kinds(marked):
        found = measure_messages(messages, PERSONA, dimensions=rows, marked=marked)
        mine = found.rows["persona"]
        (counts,) = mine["farewell_tactics"].counts
        return counts, mine["farewell_pull"].column("den").sum()

    whole, n = kinds({})
    assert set(whole.values()) == {3}
    fewer, n_then = kinds({"farewell_pull": {103}})
    assert set(fewer.values()) == {2}
    assert n_then == n
    assert kinds({"farewell_tactics": {103}})[0] == fewer


def test_the_file_holds_counts_and_an_unmarked_one_is_as_ever(tmp_path):
    """The counts come back from the file; without any mark its bytes do not change."""
    found = snapshot({"exclamation_rate": {103}})
    write_snapshot(found, tmp_path / "a.pvs")
    assert read_snapshot(tmp_path / "a.pvs").marked == found.marked
    plain = snapshot()
    assert snapshot_bytes(plain) == snapshot_bytes(replace(plain, marked={}))


@pytest.mark.parametrize(
    "forged",
    [
        {"nobody": {"exclamation_rate": 1}},
        {"persona": {"no_such_row": 1}},
        {"persona": {"exclamation_rate": "<b>"}},
        {"persona": {"exclamation_rate": -1}},
        {"persona": 3},
    ],
)
def test_a_forged_count_is_refused(tmp_path, forged):
    """A file from a stranger holds whole numbers for rows it has, or is refused."""
    write_snapshot(replace(snapshot(), marked=forged), tmp_path / "a.pvs")
    with pytest.raises(InputRejectedError):
        read_snapshot(tmp_path / "a.pvs")


def test_the_sentence_of_the_row_says_how_many():
    """Before and after are told apart, one hit is not plural, none is silence."""
    found = diff_snapshots(
        snapshot({"exclamation_rate": {103}}),
        snapshot({"exclamation_rate": {103, 203}}),
    )
    rows = {c.dimension: c for c in found.changes}
    row = rows["exclamation_rate"]
    assert row.n_marked_wrong == {"before": 1, "after": 2}
    said = row_sentence(row)
    assert "You marked 1 hit before and 2 hits after as wrong; they are not" in said
    assert "marked" not in row_sentence(rows["pet_names"])
    one = replace(row, n_marked_wrong={"before": 0, "after": 1})
    assert "You marked 1 hit after as wrong; it is not counted." in row_sentence(one)
