"""Fake dates and families in the comparison, on invented numbers with a known truth."""

from dataclasses import replace

import numpy as np
import pytest

from persona_vault.diff import diff_snapshots, rows
from persona_vault.findings import RowVerdict, Verdict
from persona_vault.snapshot import read_snapshot, write_snapshot
from tests.diff.drawn import ROWS, pair

ROW, FAMILY = "question_rate", "initiative"
CLIMB = np.linspace(0.15, 0.65, 90)


@pytest.fixture(scope="module", autouse=True)
def fewer_shuffles():
    """A tenth of the shuffles: the rules are the same and the tests quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "N_SHUFFLES", 999)
        patch.setattr(rows, "N_RESAMPLES", 199)
        yield


def row(found, name=ROW):
    """One of the companion's rows."""
    return next(c for c in found.changes if c.dimension == name)


def family(found, name=FAMILY):
    """One family."""
    return next(f for f in found.families if f.family == name)


def compared(before, after, seed=1, **more):
    """The comparison of two invented series of talks."""
    return diff_snapshots(*pair({ROW: before}, {ROW: after}, seed, **more))


@pytest.fixture(scope="module")
def climbs():
    """A row that climbs all along, with nothing at the date, ten times."""
    return [compared(CLIMB[:60], CLIMB[60:], seed) for seed in range(1, 11)]


@pytest.fixture(scope="module")
def climbing(climbs):
    """The first of them whose gate failed."""
    return next(found for found in climbs if row(found).placebo["gate"] == "failed")


@pytest.fixture(scope="module")
def stepping():
    """A row that jumps at the date and is level on both sides."""
    return compared(np.full(60, 0.2), np.full(30, 0.6))


def test_a_climb_seldom_passes_for_a_change_at_the_date(climbs):
    """One in twenty would by chance, see DESIGN; at most three of ten here."""
    gates = [row(found).placebo["gate"] for found in climbs]
    assert gates.count("failed") >= 7


def test_a_row_that_climbed_already_is_not_firmly_changed(climbing):
    """Fake dates differ as much: at most probably, with the trend told."""
    found = row(climbing)
    assert found.q <= 0.05
    assert found.placebo["gate"] == "failed"
    assert found.verdict is RowVerdict.PROBABLY_CHANGED
    assert found.trend["p"] < 0.05
    assert found.trend["value"] > 0
    assert ROW in climbing.method["placebo_dates"]["failed"]


def test_a_step_at_the_date_stays_firm(stepping):
    """No fake date differs as much, and nothing asks for the gate."""
    found = row(stepping)
    assert found.verdict is RowVerdict.CHANGED
    assert found.placebo["gate"] in ("not_asked", "passed")
    assert found.placebo["n_as_large"] == 0
    assert len(found.placebo["fakes"]) == found.placebo["n_fakes"]


def test_a_step_after_a_climb_passes_the_gate():
    """A trend asks for the fake dates; a jump beyond them stays firm."""
    found = row(compared(np.linspace(0.05, 0.4, 60), np.full(30, 0.9)))
    assert found.placebo["gate"] == "passed"
    assert found.verdict is RowVerdict.CHANGED


def test_unavailable_never_lowers_a_verdict():
    """Twelve climbing talks have seven fake dates: told as unavailable, no more."""
    found = row(compared(np.linspace(0.05, 0.3, 12), np.full(20, 0.9)))
    assert found.placebo["n_fakes"] < 9
    assert found.placebo["gate"] == "unavailable"
    assert found.verdict is RowVerdict.CHANGED


def test_talks_without_dates_have_no_fake_dates():
    """No order, no stretch: the row is judged without."""
    found = row(compared(CLIMB[:60], CLIMB[60:], dated=False))
    assert (found.placebo, found.trend) == (None, None)
    assert found.verdict is RowVerdict.CHANGED


def test_only_rows_that_differ_list_their_fake_dates(stepping):
    """The file stays small; the counts stand everywhere."""
    for change in stepping.changes:
        if change.placebo and (change.q is None or change.q > 0.10):
            assert change.placebo["fakes"] == []
            assert change.placebo["n_fakes"] > 0


def test_a_family_is_named_by_its_changed_row(stepping):
    """A planted jump: its family is named, stands out, and no other is."""
    found = family(stepping)
    assert found.verdict is RowVerdict.CHANGED
    assert found.stands_out
    named = {f.family for f in stepping.families if f.p_adjusted <= 0.05}
    assert named == {FAMILY}


def test_a_row_that_moved_already_takes_no_part_in_its_family(climbing):
    """Shuffled talks are no yardstick for a series with a trend."""
    n_rows = sum(s.family == FAMILY for s in ROWS)
    assert family(climbing).n_rows < n_rows


def test_families_change_no_row_and_no_verdict(stepping):
    """Rows and the whole say the same without them."""
    again = replace(stepping, families=())
    assert again.changes == stepping.changes
    assert again.verdict is stepping.verdict is Verdict.CHANGED


def test_where_the_users_side_moved_a_family_cannot_be_separated():
    """A jump on both sides, nothing to adjust with: no row survives, nor a family."""
    before, after = pair({ROW: np.full(60, 0.2)}, {ROW: np.full(30, 0.6)}, 1)
    users = pair({ROW: np.full(60, 0.2)}, {ROW: np.full(30, 0.6)}, 2, side="user")
    both = [
        replace(mine, rows={**mine.rows, "user": theirs.rows["user"]})
        for mine, theirs in zip((before, after), users, strict=True)
    ]
    found = family(diff_snapshots(*both))
    assert found.p_adjusted <= 0.05
    assert found.verdict is RowVerdict.CANNOT_SEPARATE


def test_two_files_give_the_same_gates_and_families(tmp_path, climbing):
    """All that is needed stands in a snapshot file."""
    sides = pair({ROW: CLIMB[:60]}, {ROW: CLIMB[60:]}, 1)
    paths = [tmp_path / name for name in ("before", "after")]
    for side, path in zip(sides, paths, strict=True):
        write_snapshot(side, path)
    again = diff_snapshots(*(read_snapshot(path) for path in paths))
    assert again.families == climbing.families
    assert [c.placebo for c in again.changes] == [c.placebo for c in climbing.changes]
    assert [c.verdict for c in again.changes] == [c.verdict for c in climbing.changes]


def test_the_same_seed_gives_the_same_families(climbing):
    """Shuffles hang on the seed alone."""
    assert compared(CLIMB[:60], CLIMB[60:]).to_dict() == climbing.to_dict()
