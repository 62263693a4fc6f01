"""The table of goals: what it counts, and that each goal can be missed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from worlds import goals
from worlds.catalogue import NULLS
from worlds.gradings import MOVES
from worlds.schedule import Keeper

_ROW = {"named": {}, "verdicts": {}, "covered": {}, "blurted": {}, "verdict": "steady"}


def _lines(keeper):
    return {
        line.split(" | ")[0].lstrip("| "): line for line in goals.goal_table(keeper)
    }


def _keep(keeper, names, result, n=20):
    for name in names:
        for seed in range(n):
            keeper.keep(name, seed, {"cpu": 1.0, **_ROW, **result})


def _all(keeper, good):
    """Results of every part, all as aimed at or none."""
    changed = {} if good else {"emoji_rate": "changed up"}
    inside = {"emoji_rate": good}
    _keep(keeper, NULLS, {"named": changed, "covered": inside, "in_band": good})
    _keep(
        keeper,
        ("null 40+40",),
        {
            "named": changed,
            "covered": inside,
            "verdicts": {"emoji_rate": "steady" if good else "inconclusive"},
            "in_band": good,
        },
    )
    _keep(keeper, ("5", "5 mirrored"), {"blurted": {"a date is named": not good}})
    _keep(keeper, ("4d", "4d mirrored"), {"named": changed})
    _keep(
        keeper,
        ("4e", "4e mirrored"),
        {"named": changed, "verdict": "confounded" if good else "changed"},
    )
    graded = {
        "named": list(MOVES) if good else [],
        "wrong": [] if good else ["emoji_rate"],
        "untold": [],
        "covered": inside,
    }
    _keep(keeper, [g.name for g in goals.GRADES], graded)
    _keep(
        keeper,
        [f"dates {d}" for d in goals.DATES if not d.startswith("none")],
        {"errors": [1.0] if good else [30.0]},
    )
    _keep(
        keeper,
        [f"dates {d}" for d in goals.DATES if d.startswith("none")],
        {"n_dates": 0 if good else 1},
    )
    told = {"verdict": "not_enough_data" if good else "changed"}
    _keep(keeper, ("min", "min mirrored"), told)
    _keep(keeper, ("goal order",), {"drift": [1.0, 2.0, 3.0 if good else 1.5]})
    met = {"verdict": "changed" if good else "steady"}
    _keep(keeper, [f"goal update {n}" for n in goals.FEW], met)
    found = {"rows": 4, "three_and_one": 4, "quotes": 9, "verbatim": 9}
    if not good:
        found |= {"three_and_one": 1, "verbatim": 8}
    _keep(keeper, ("goal evidence",), found)


@pytest.mark.parametrize("good", [True, False])
def test_every_goal_is_met_by_good_results_and_missed_by_bad_ones(tmp_path, good):
    """No goal that nothing could miss, and none that nothing could meet."""
    keeper = Keeper(tmp_path, "a label")
    _all(keeper, good)
    # Intervals that always hold are too wide: no share of these results fits both.
    lines = {k: v for k, v in _lines(keeper).items() if not k.startswith("intervals")}
    told = {line.rstrip(" |").split(" | ")[-1] for line in list(lines.values())[2:]}
    assert told == {"yes" if good else "no"}, lines


def test_intervals_may_hold_too_often_too(tmp_path):
    """93 to 97 of 100 are aimed at; all of them is no better than too few."""
    for k, met in ((95, "yes"), (100, "no"), (90, "no")):
        keeper = Keeper(tmp_path / str(k), "a label")
        for i in range(100):
            keeper.keep("null 20+20", i, {**_ROW, "covered": {"emoji_rate": i < k}})
        line = _lines(keeper)["intervals that hold the truth"]
        assert line.endswith(f" {met} |")


def test_what_has_not_run_is_neither_met_nor_missed(tmp_path):
    """A table of no results says so."""
    lines = list(_lines(Keeper(tmp_path, "a label")).values())[2:]
    assert lines
    assert all(line.endswith("| - | - |") for line in lines)


def test_quotes_are_looked_up_in_the_vault_they_come_from():
    """One real run: rows changed, three pairs each, every quote as it stands there."""
    found = goals.one_evidence(1)
    assert found["rows"] > 0
    assert found["verbatim"] == found["quotes"] >= 6 * found["rows"]
