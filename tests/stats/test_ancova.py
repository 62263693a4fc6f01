"""The adjustment against second implementations that see every single reply."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import roc_auc_score

from persona_vault.stats import ancova
from persona_vault.stats.ancova import PENALTIES, adjust
from persona_vault.stats.groups import GroupSums
from persona_vault.stats.separation import (
    SCORE_PENALTY,
    GroupScores,
    along_what_moved,
    group_scores,
    separation_auc,
)


def replies(seed, *, n_groups=12, size=15, p=5, move=0.0, change=0.0, slope=1.0):
    """One side: (group, x, num, den) with rows [plain mean, rate, ratio].

    `move` shifts the covariates, `change` the rows; rows follow the first covariate
    by `slope`, and replies of one group have something in common, in covariates and
    rows each for itself.
    """
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    common = rng.normal(0, 0.5, n_groups)[group]
    x = rng.normal(move, 1, (len(group), p)) + rng.normal(0, 0.5, (n_groups, p))[group]
    mean = change + slope * x[:, 0] + common + rng.normal(0, 1, len(group))
    rate = (rng.random(len(group)) < 0.3 + 0.1 * np.tanh(mean)).astype(float)
    den = rng.integers(0, 6, len(group)).astype(float)
    num = np.minimum(den, rng.binomial(5, 0.3 + 0.1 * np.tanh(mean)))
    return (
        group,
        x,
        np.column_stack([mean, rate, num]),
        np.column_stack([np.ones_like(den), np.ones_like(den), den]),
    )


def sums(group, x, num, den):
    """The same as sums by group."""
    parts = [np.flatnonzero(group == g) for g in np.unique(group)]

    def each(of):
        return np.array([of(i) for i in parts])

    return GroupSums(
        n=each(len).astype(float),
        x=each(lambda i: x[i].sum(axis=0)),
        xx=each(lambda i: x[i].T @ x[i]),
        num=each(lambda i: num[i].sum(axis=0)),
        den=each(lambda i: den[i].sum(axis=0)),
        num2=each(lambda i: (num[i] ** 2).sum(axis=0)),
        numden=each(lambda i: (num[i] * den[i]).sum(axis=0)),
        den2=each(lambda i: (den[i] ** 2).sum(axis=0)),
        x_num=each(lambda i: x[i].T @ num[i]),
        x_den=each(lambda i: x[i].T @ den[i]),
    )


def by_replies(before, after, row, penalty):
    """The definition, reply by reply, with scikit-learn's ridge."""
    sides = [before, after]
    ratio = sum(s[2][:, row].sum() for s in sides) / sum(
        s[3][:, row].sum() for s in sides
    )
    e = [s[2][:, row] - ratio * s[3][:, row] for s in sides]
    x = np.concatenate([s[1] - s[1].mean(axis=0) for s in sides])
    y = np.concatenate([one - one.mean() for one in e])
    scale = np.sqrt((x**2).mean(axis=0))
    raw = np.diff([s[2][:, row].sum() / s[3][:, row].sum() for s in sides])[0]
    if np.isinf(penalty):
        return raw
    model = Ridge(alpha=penalty * len(y), fit_intercept=False).fit(x / scale, y)
    moved = (after[1].mean(axis=0) - before[1].mean(axis=0)) / scale
    per_reply = np.concatenate([s[3][:, row] for s in sides]).mean()
    return raw - moved @ model.coef_ / per_reply


def without(side, group):
    """The replies of all other groups."""
    kept = side[0] != group
    return tuple(part[kept] for part in side)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 5, 40])
def test_the_effect_is_that_of_a_ridge_on_single_replies(seed, p):
    """Sums by group give what scikit-learn gives, at the penalty that was chosen."""
    before = replies(seed, p=p)
    after = replies(seed + 50, p=p, move=0.5, change=0.3, n_groups=9)

    found = adjust(sums(*before), sums(*after))

    for row in range(3):
        expected = by_replies(before, after, row, found.penalty[row])
        assert found.effect[row] == pytest.approx(expected, rel=1e-6, abs=1e-9)
        assert found.raw[row] == pytest.approx(found.effect[row] + found.explained[row])


def test_the_penalty_is_the_one_that_predicts_groups_left_out_best():
    """Five folds by group, each side centred on its training means, every penalty."""
    before, after = replies(4, p=8), replies(54, p=8, move=1.0)
    found = adjust(sums(*before), sums(*after))

    error = np.zeros(len(PENALTIES) + 1)
    x_all = np.concatenate([s[1] - s[1].mean(axis=0) for s in (before, after)])
    scale = np.sqrt((x_all**2).mean(axis=0))
    for fold in range(ancova.N_FOLDS):
        train, held = [], []
        for group, x, num, den in (before, after):
            ratio = np.concatenate([before[2], after[2]])[:, 0].mean()
            y, out = num[:, 0] - ratio * den[:, 0], group % ancova.N_FOLDS == fold
            centre = x[~out].mean(axis=0), y[~out].mean()
            train.append((x[~out] - centre[0], y[~out] - centre[1]))
            held.append((x[out] - centre[0], y[out] - centre[1]))
        x, y = (np.concatenate([t[i] for t in train]) for i in (0, 1))
        hx, hy = (np.concatenate([t[i] for t in held]) for i in (0, 1))
        for i, penalty in enumerate(PENALTIES):
            model = Ridge(alpha=penalty * len(y), fit_intercept=False)
            error[i] += ((hy - model.fit(x / scale, y).predict(hx / scale)) ** 2).sum()
        error[-1] += (hy**2).sum()

    assert found.penalty[0] == np.append(PENALTIES, np.inf)[error.argmin()]


def test_the_standard_error_is_the_jackknife_over_groups_with_slopes_refitted():
    """Each group left out in turn, everything fitted again but the scale of columns."""
    before, after = replies(5, p=3, n_groups=7), replies(55, p=3, n_groups=9, move=0.4)
    found = adjust(sums(*before), sums(*after))

    x = np.concatenate([s[1] - s[1].mean(axis=0) for s in (before, after)])
    scale = np.sqrt((x**2).mean(axis=0))
    one, two = ((s[0], s[1] / scale, *s[2:]) for s in (before, after))
    variance = 0.0
    for side in (0, 1):
        left = []
        for group in np.unique((one, two)[side][0]):
            pair = [one, two]
            pair[side] = without(pair[side], group)
            left.append(unscaled_effect(*pair, found.penalty[0]))
        g = len(left)
        variance += (g - 1) / g * ((np.array(left) - np.mean(left)) ** 2).sum()

    assert found.se[0] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert found.df[0] == 2 * 7 - 2


def unscaled_effect(before, after, penalty):
    """The plain row's effect with columns as they are."""
    x = np.concatenate([s[1] - s[1].mean(axis=0) for s in (before, after)])
    y = np.concatenate([s[2][:, 0] - s[2][:, 0].mean() for s in (before, after)])
    raw = after[2][:, 0].mean() - before[2][:, 0].mean()
    if np.isinf(penalty):
        return raw
    model = Ridge(alpha=penalty * len(y), fit_intercept=False).fit(x, y)
    return raw - (after[1].mean(axis=0) - before[1].mean(axis=0)) @ model.coef_


def test_with_a_tiny_penalty_it_is_least_squares_with_a_side_term(monkeypatch):
    """The coefficient of the side in an ordinary regression, both directions."""
    monkeypatch.setattr(ancova, "PENALTIES", np.array([1e-12]))
    before, after = replies(6, slope=2.0), replies(56, slope=2.0, move=0.7, change=1.0)
    x = np.concatenate([before[1], after[1]])
    side = np.repeat([0.0, 1.0], [len(before[0]), len(after[0])])
    y = np.concatenate([before[2][:, 0], after[2][:, 0]])
    expected = LinearRegression().fit(np.column_stack([x, side]), y).coef_[-1]

    there = adjust(sums(*before), sums(*after))
    back = adjust(sums(*after), sums(*before))

    assert there.effect[0] == pytest.approx(expected, rel=1e-5)
    assert back.effect == pytest.approx(-there.effect)
    assert back.se == pytest.approx(there.se)


def test_slopes_come_from_inside_the_sides_so_the_change_stays():
    """Topic and update move together: nothing of the change is taken for a slope."""
    effects = [
        adjust(
            sums(*replies(s, slope=0.0)),
            sums(*replies(s + 99, slope=0.0, move=2.0, change=1.0)),
        ).effect[0]
        for s in range(10)
    ]

    assert np.mean(effects) == pytest.approx(1.0, abs=0.25)


def test_what_follows_the_covariates_is_taken_off_in_both_directions():
    """The user moved and the row follows by a slope of 1: nothing is left."""
    for move in (-1.0, 1.0):
        found = [
            adjust(sums(*replies(s)), sums(*replies(s + 99, move=move)))
            for s in range(10)
        ]
        assert np.mean([f.raw[0] for f in found]) == pytest.approx(move, abs=0.3)
        assert np.mean([f.effect[0] for f in found]) == pytest.approx(0, abs=0.25)


def test_the_t_test_holds_its_level_when_only_the_user_moved():
    """Of 60 worlds without a change few have p <= .05; the raw means nearly all."""
    p = [
        adjust(sums(*replies(s, p=3)), sums(*replies(s + 999, p=3, move=1.0))).p[0]
        for s in range(60)
    ]

    assert sum(x <= 0.05 for x in p) <= 8


def test_a_covariate_without_variation_inside_a_side_is_dropped():
    """It cannot be told from the side: it takes nothing off, and it is named."""
    before, after = replies(7), replies(57, change=1.0)
    before[1][:, 2], after[1][:, 2] = 0.0, 1.0
    bare = [
        tuple(np.delete(s[1], 2, axis=1) if i == 1 else s[i] for i in range(4))
        for s in (before, after)
    ]

    found, expected = (
        adjust(*(sums(*s) for s in (before, after))),
        adjust(*(sums(*s) for s in bare)),
    )

    assert found.dropped.tolist() == [False, False, True, False, False]
    assert found.effect == pytest.approx(expected.effect)


def test_no_covariate_at_all_leaves_the_raw_difference():
    """A user who never said anything: nothing to allow for."""
    before, after = replies(8), replies(58, change=1.0)
    for side in (before, after):
        side[1][:] = 0.0

    found = adjust(sums(*before), sums(*after))

    assert found.effect == pytest.approx(found.raw)
    assert np.isinf(found.penalty).all()


def test_sparse_rows_and_one_without_any_occasion():
    """Few occasions keep a number; none on a side gives NaN, no error."""
    before, after = replies(9), replies(59)
    rng = np.random.default_rng(0)
    for side in (before, after):
        rare = rng.random(len(side[0])) < 0.1
        side[3][:, 2] = np.where(rare, side[3][:, 2], 0)
        side[2][:, 2] = np.minimum(side[2][:, 2], side[3][:, 2])
    after[2][:, 1] = after[3][:, 1] = 0

    found = adjust(sums(*before), sums(*after))

    assert np.isfinite(found.effect[2])
    assert np.isnan(found.p[1])


def test_the_auc_is_that_of_held_out_scores():
    """From sums alone within .04 of ranking every held-out reply."""
    for move in (0.0, 0.3, 1.0):
        before, after = replies(10, n_groups=20), replies(60, n_groups=20, move=move)
        scores, truth = [], []
        for fold in range(ancova.N_FOLDS):
            train = [
                tuple(part[s[0] % 5 != fold] for part in s) for s in (before, after)
            ]
            x = np.concatenate([s[1] - s[1].mean(axis=0) for s in train])
            scale = x.std(axis=0)
            inner = (x / scale).T @ (x / scale) / len(x)
            apart = (train[1][1].mean(axis=0) - train[0][1].mean(axis=0)) / scale
            w = np.linalg.solve(inner + 0.3 * np.eye(len(inner)), apart)
            w /= np.sqrt(w @ inner @ w)
            for label, side in enumerate((before, after)):
                held = side[1][side[0] % 5 == fold] / scale
                scores.append(held @ w)
                truth.append(np.full(len(held), label))
        # Each fold has a direction of its own: rank inside folds, then average.
        expected = np.mean(
            [
                roc_auc_score(
                    np.concatenate(truth[i : i + 2]), np.concatenate(scores[i : i + 2])
                )
                for i in range(0, len(truth), 2)
            ]
        )

        assert separation_auc(sums(*before), sums(*after)) == pytest.approx(
            expected, abs=0.05
        )


def test_the_auc_is_near_a_half_when_nothing_moved_and_none_with_one_group():
    """Groups are left out whole, so what a talk has in common is no evidence."""
    found = [
        separation_auc(sums(*replies(s, p=20)), sums(*replies(s + 99, p=20)))
        for s in range(10)
    ]

    assert np.mean(found) == pytest.approx(0.5, abs=0.06)
    assert np.isnan(
        separation_auc(sums(*replies(1, n_groups=1)), sums(*replies(2, n_groups=1)))
    )


def test_group_scores_are_those_of_a_direction_fitted_without_the_group():
    """Written out with single replies; their order and Welch's t by scipy."""
    before, after = replies(11, n_groups=9), replies(61, n_groups=7, move=0.4)
    found = group_scores(sums(*before), sums(*after))

    expected = ([], [])
    for fold in range(ancova.N_FOLDS):
        train = [tuple(part[s[0] % 5 != fold] for part in s) for s in (before, after)]
        w = _direction(train)
        middle = np.mean([(s[1] @ w).mean() for s in train])
        for scores, side in zip(expected, (before, after), strict=True):
            held = [g for g in np.unique(side[0]) if g % 5 == fold]
            scores += [(side[1][side[0] == g] @ w).mean() - middle for g in held]
    assert found.before == pytest.approx(expected[0])
    assert found.after == pytest.approx(expected[1])
    truth = np.repeat([0, 1], [9, 7])
    assert found.auc == pytest.approx(
        roc_auc_score(truth, np.concatenate([found.before, found.after]))
    )
    welch = stats.ttest_ind(found.after, found.before, equal_var=False)
    assert found.p == pytest.approx(stats.t.sf(welch.statistic, welch.df))


def _direction(train):
    """Fisher's direction with a ridge, reply by reply, of unit spread."""
    x = np.concatenate([s[1] - s[1].mean(axis=0) for s in train])
    scale = x.std(axis=0)
    inner = (x / scale).T @ (x / scale) / len(x)
    apart = (train[1][1].mean(axis=0) - train[0][1].mean(axis=0)) / scale
    w = np.linalg.solve(inner + SCORE_PENALTY * np.eye(len(inner)), apart)
    return w / np.sqrt(w @ inner @ w) / scale


def test_alike_talks_are_seldom_told_apart():
    """Nothing moved: p at most .05 in about a tenth, and talks never far apart."""
    found = [
        group_scores(sums(*replies(s, p=20)), sums(*replies(s + 999, p=20)))
        for s in range(80)
    ]

    assert np.mean([f.p <= 0.05 for f in found]) <= 0.2
    assert np.mean([f.apart(1.0) >= 1.8 for f in found]) <= 0.02


def test_talks_are_as_far_apart_however_many_make_a_group():
    """The same series of 120 talks as 30 groups of four and as single talks."""
    rng = np.random.default_rng(8)
    before, after = rng.normal(0, 1, 120), rng.normal(1.5, 1, 120)
    fours = GroupScores(*(x.reshape(30, 4).mean(axis=1) for x in (before, after)))

    assert GroupScores(before, after).apart(1.0) == pytest.approx(1.5, abs=0.25)
    assert fours.apart(4.0) == pytest.approx(1.5, abs=0.35)


def test_one_direction_adjusts_like_least_squares_on_its_score():
    """The row's slope on the score from inside the sides, as scikit-learn has it."""
    before, after = replies(3, p=12), replies(40, p=12, move=0.3)
    w = _direction([before, after])

    found = adjust(*along_what_moved(sums(*before), sums(*after)), penalty=0.0)

    scored = [(s[0], (s[1] @ w)[:, None], *s[2:]) for s in (before, after)]
    for row in range(3):
        expected = by_replies(*scored, row, 1e-12)
        assert found.effect[row] == pytest.approx(expected, abs=1e-6)


def test_a_row_that_follows_many_covariates_weakly_is_adjusted_by_one_direction():
    """Rows follow what 60 noisy covariates have in common; the change is theirs.

    By the direction the adjusted test blames the rows no oftener than by chance.
    """
    p = []
    for seed in range(40):
        sides = [sums(*_following(seed + k, m)) for k, m in ((0, 0.0), (500, 1.0))]
        p.append(adjust(*along_what_moved(*sides), penalty=0.0).p[0])
    assert np.mean(np.array(p) <= 0.05) <= 0.15


def _following(seed, move):
    """A row that follows what 60 covariates have in common by .5; they are noisy."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(20), 8)
    subject = move + rng.normal(0, 1, 20)[group]
    x = subject[:, None] + rng.normal(0, 2, (len(group), 60))
    one = np.ones((len(group), 1))
    return group, x, (0.5 * subject + rng.normal(0, 2, len(group)))[:, None], one


def test_sides_without_any_variation_have_no_direction():
    """Nothing varies: no score, no direction, no warning."""
    group, x, num, den = replies(5)
    flat = sums(group, np.ones_like(x), num, den)

    assert along_what_moved(flat, flat) is None
    assert np.isnan(group_scores(flat, flat).auc)
    assert np.isnan(group_scores(flat, flat).p)
