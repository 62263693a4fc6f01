"""Two kinds of replies: against a second writing of the rule, and planted ones."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from persona_vault.stats.two_kinds import (
    FIRST_SHARE,
    LEAST_MORE,
    MOST_SPREADS,
    N_FOLDS,
    N_ROUNDS,
    OWN_REPLIES,
    PENALTY,
    Divided,
    Sides,
    divide,
    divide_and_test,
    share_shift_p,
    standardised,
    told_apart,
    told_where_new,
    without_main_effects,
)

N_COLUMNS = 6


def draw(seed, *, n_talks=16, share=0.0, gap=5.0, late=True, in_talk=None, shift=0.0):
    """Replies of talks that hang together; some triggered ones of another kind."""
    rng = np.random.default_rng(seed)
    toward = np.eye(N_COLUMNS)[0] * gap
    rows, talk, is_late, triggered = [], [], [], []
    for t in range(2 * n_talks):
        mood = rng.normal(size=N_COLUMNS) * 0.5
        for i in range(10):
            x = mood + rng.normal(size=N_COLUMNS) + shift * (t >= n_talks)
            x += 0.8 * (i < 5)
            here = (t >= n_talks) == late and (in_talk is None or t == in_talk)
            if i < 5 and here and rng.random() < share:
                x += toward
            rows.append(x)
            talk.append(t)
            is_late.append(t >= n_talks)
            triggered.append(i < 5)
    sides = Sides(np.array(talk), np.array(is_late), np.array(triggered))
    return np.array(rows), sides


def plainly_left(x, sides):
    """`without_main_effects` written with loops and another library."""
    left = x.copy()
    for t in set(sides.talk.tolist()):
        own = x[(sides.talk == t) & ~sides.triggered]
        left[sides.talk == t] -= own.sum(axis=0) / (len(own) + OWN_REPLIES)
    design = np.column_stack((sides.late, sides.triggered)).astype(float)
    return left - LinearRegression().fit(design, left).predict(design)


def plainly_divided(x, sides, more):
    """Shares beyond the line, by means of cells instead of weights."""
    scaled = np.clip(stats.zscore(x), -MOST_SPREADS, MOST_SPREADS)
    left = plainly_left(scaled, sides)
    score = np.empty(len(x))
    for fold in range(N_FOLDS):
        out = sides.talk % N_FOLDS == fold
        rows = left[~out]
        here, trig = more[~out], sides.triggered[~out]
        cells = {(h, t): (here == h) & (trig == t) for h in (0, 1) for t in (0, 1)}
        inner = rows.T @ rows / len(rows) + PENALTY * np.eye(x.shape[1])

        def excess(values, cells=cells):
            mean = {key: values[mine].mean(axis=0) for key, mine in cells.items()}
            return (mean[1, 1] - mean[0, 1]) - (mean[1, 0] - mean[0, 0])

        def unit(gap, inner=inner):
            way = np.linalg.solve(inner, gap)
            return way / np.sqrt(way @ gap)

        home, n_here = rows[cells[0, 1]].mean(axis=0), cells[1, 1].sum()
        way = unit(excess(rows))
        line = np.quantile((rows @ way)[cells[1, 1]], 1 - FIRST_SHARE)
        for _ in range(N_ROUNDS):
            beyond = (rows @ way > line).astype(float)
            share = excess(beyond[:, None])[0]
            if share * n_here < LEAST_MORE:
                break
            kind = excess(rows * beyond[:, None]) / share
            way = unit(kind - home)
            line = (kind + home) @ way / 2
        score[out] = left[out] @ way - line
    return score


@pytest.mark.parametrize("late", [True, False])
def test_the_line_is_that_of_a_plain_second_writing(late):
    """Every reply's place beyond the line, and the excess, to rounding."""
    x, sides = draw(3, share=0.3, late=late)

    found = divide(x, sides)
    more = sides.late if late else ~sides.late
    score = plainly_divided(x, sides, more)
    beyond = score > 0

    assert found.late is late
    assert found.score == pytest.approx(score, abs=1e-6)
    shares = [beyond[m & sides.triggered].mean() for m in (more, ~more)]
    still = [beyond[m & ~sides.triggered].mean() for m in (more, ~more)]
    assert found.shares == pytest.approx(shares)
    assert found.excess == pytest.approx(shares[0] - shares[1] - still[0] + still[1])


def test_what_a_period_or_a_trigger_does_to_all_is_taken_out():
    """A constant added to a period or after the trigger leaves the rest as it was."""
    x, sides = draw(5)
    moved = x + 3.0 * sides.late[:, None] + 2.0 * sides.triggered[:, None]

    assert without_main_effects(moved, sides) == pytest.approx(
        without_main_effects(x, sides), abs=1e-9
    )


def test_no_occasion_counts_as_the_mean():
    """NaN takes no side; a rare value weighs at most so much."""
    x = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, 5.0]] + [[2.0, 5.0]] * 60)
    x[-1, 1] = 500.0

    scaled = standardised(x)

    assert scaled[2, 0] == 0.0
    assert scaled[0, 1] == 0.0
    assert scaled[-1, 1] == MOST_SPREADS


@pytest.mark.parametrize("late", [True, False])
def test_a_second_kind_is_found_in_the_period_that_has_it(late):
    """A quarter of the triggered replies of one period, either one."""
    x, sides = draw(11, share=0.25, late=late)
    found, p = divide_and_test(x, sides, n_shuffles=99, seed=1)

    assert p <= 0.02
    assert found.late is late
    assert 0.1 <= found.excess <= 0.4


def test_one_strange_talk_is_no_second_kind():
    """All of another kind in a single talk: other talks do not show it."""
    for seed in range(3):
        x, sides = draw(seed, share=1.0, in_talk=20)
        _, p = divide_and_test(x, sides, n_shuffles=99, seed=seed)

        assert p > 0.05


def test_chance_alone_is_rarely_called_a_find():
    """With and without a shift of all replies: 5 in 100, give or take."""
    p = [
        divide_and_test(*draw(s, shift=2.0 * (s % 2)), n_shuffles=39, seed=s)[1]
        for s in range(40)
    ]
    assert sum(x <= 0.05 for x in p) <= stats.binom.ppf(0.999, 40, 0.05)


def test_told_apart_is_the_area_of_scikit_learn():
    """One line for all folds that is the same: AUC by pairs inside folds."""
    x, sides = draw(2, shift=1.0)
    auc = told_apart(x, sides)
    assert auc > 0.7
    assert told_apart(draw(2)[0], sides) == pytest.approx(0.5, abs=0.15)

    still = ~sides.triggered
    rows, late = standardised(x)[still], sides.late[still]
    fold = sides.talk[still] % N_FOLDS
    areas, weights = [], []
    for f in range(N_FOLDS):
        out = fold == f
        means = [rows[~out & (late == way)].mean(axis=0) for way in (False, True)]
        inside = rows[~out] - np.array([means[int(way)] for way in late[~out]])
        inner = inside.T @ inside / len(inside) + PENALTY * np.eye(N_COLUMNS)
        z = rows[out] @ np.linalg.solve(inner, means[1] - means[0])
        areas.append(roc_auc_score(late[out], z))
        weights.append(late[out].sum() * (~late[out]).sum())
    assert auc == pytest.approx(np.average(areas, weights=weights))


def test_a_share_that_moves_is_told_with_its_size():
    """Later less earlier, of triggered replies alone, by whole talks."""
    _, sides = draw(1)
    rng = np.random.default_rng(1)
    shown = rng.random(len(sides.talk)) < np.where(sides.late, 0.5, 0.1)

    shift, p = share_shift_p(shown, sides, n_shuffles=99, seed=0)
    late, early = (shown[sides.triggered & way] for way in (sides.late, ~sides.late))

    assert shift == pytest.approx(late.mean() - early.mean())
    assert p <= 0.02
    even = rng.random(len(sides.talk)) < 0.3
    assert share_shift_p(even, sides, n_shuffles=99, seed=0)[1] > 0.05


@pytest.mark.parametrize(
    ("shares", "told"),
    [((0.9, 0.0), (0.9, 0.0)), ((1.0, 0.1), (0.9, 0.0)), ((0.3, 0.05), (0.3, 0.05))],
)
def test_a_line_is_told_of_the_side_that_the_other_period_has_least_of(shares, told):
    """The same replies, the same excess; told twice it stays as it is."""
    score = np.array([1.0, -2.0])
    found = Divided(late=False, excess=0.5, z=3.0, shares=shares, score=score)
    new = told_where_new(found)
    assert new.shares == pytest.approx(told)
    assert new.late is (shares != told)
    assert np.array_equal(new.score, -score if new.late else score)
    assert (new.excess, new.z) == (0.5, 3.0)
    assert told_where_new(new) is new
