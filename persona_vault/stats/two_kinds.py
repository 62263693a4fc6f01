"""Whether replies after a trigger are of two kinds in one of two periods.

A reply is a row of style numbers. What a period does to all replies and what a trigger
does in both periods are taken out first (an additive fit), so that neither counts. On
three quarters of the talks a line is drawn between the replies that one period has more
of and the others (a ridge discriminant); the replies of the remaining talks are put on
one side of it or the other. The statistic is the share beyond the line after the
trigger, less that of the other period, less what replies without the trigger moved.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Whole = NDArray[np.intp]

N_FOLDS = 4
# Added to the diagonal of the correlations: a few dozen numbers, some hundred replies.
PENALTY = 0.2
# In spreads of its column: a rare habit weighs much, yet not without end.
MOST_SPREADS = 4.0
N_ROUNDS = 3
# The first look takes this share of the replies for the other kind.
FIRST_SHARE = 0.25
# Replies more than expected beyond the line, below which it is not moved any more.
LEAST_MORE = 3.0
LEAST_ROWS = 5
# A talk's own level counts as if known from so many replies of other talks.
OWN_REPLIES = 3.0
# Shuffles that reach the statistic, after which its p is known well enough
# (Besag and Clifford 1991).
ENOUGH_REACHED = 25


@dataclass(frozen=True, slots=True)
class Sides:
    """What replies are: one entry each, shape (n,).

    Attributes:
        talk: Number of the talk, 0.. in reading order; a talk is of one period.
        late: Of the later period.
        triggered: Answers words with the trigger.
    """

    talk: Whole
    late: Mask
    triggered: Mask


@dataclass(frozen=True, slots=True)
class Divided:
    """Replies on both sides of a line that was drawn on other talks.

    Attributes:
        late: Which period has more of the other kind.
        excess: Of the triggered replies, -1..1.
        z: The statistic: excess over its error, were replies drawn one by one.
        shares: Beyond the line, of triggered replies of that period and of the other.
        score: How far beyond the line each reply is, in spreads; shape (n,).
    """

    late: bool
    excess: float
    z: float
    shares: tuple[float, float]
    score: Array


def told_where_new(divided: Divided) -> Divided:
    """The same line, told of the side of it that the other period has least of.

    Where nine of ten later replies are of a new kind, the line has two tales: "ten of
    ten earlier ones are of a kind of which there is one in ten later", and "nine of
    ten later ones are of a kind that was not there before". The kind is in the second.
    """
    here, there = divided.shares
    if 1 - here >= there:
        return divided
    return Divided(
        late=not divided.late,
        excess=divided.excess,
        z=divided.z,
        shares=(1 - there, 1 - here),
        score=-divided.score,
    )


def standardised(x: Array) -> Array:
    """Columns of mean 0 and spread 1, at most `MOST_SPREADS`; NaN becomes 0."""
    known = ~np.isnan(x)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0).sum(axis=0) / n
    centred = np.where(known, x - mean, 0)
    spread = np.sqrt((centred**2).sum(axis=0) / n)
    scaled = centred / np.where(spread > 1e-9, spread, np.inf)
    return np.asarray(np.clip(scaled, -MOST_SPREADS, MOST_SPREADS))


def without_main_effects(x: Array, sides: Sides) -> Array:
    """Replies against their own talk, and then against an additive fit.

    From each reply the mean of its talk's replies without the trigger is taken, the
    less the fewer they are; then what period and trigger each do to all, by least
    squares.
    """
    n_talks = int(sides.talk.max()) + 1
    still = ~sides.triggered
    n = np.bincount(sides.talk[still], minlength=n_talks).astype(float)
    sums = np.zeros((n_talks, x.shape[1]))
    np.add.at(sums, sides.talk[still], x[still])
    left = x - (sums / (n + OWN_REPLIES)[:, None])[sides.talk]
    columns = (np.ones(len(x)), sides.late, sides.triggered)
    design: Array = np.column_stack([c.astype(np.float64) for c in columns])
    fitted = np.asarray(np.linalg.lstsq(design, left, rcond=None)[0], np.float64)
    return np.asarray(left - design @ fitted)


class _Lines:
    """The line of each fold: what needs no periods is worked out once."""

    def __init__(self, left: Array, sides: Sides) -> None:
        self.left, self.sides = left, sides
        fold = sides.talk % N_FOLDS
        self.trained = [np.flatnonzero(fold != f) for f in range(N_FOLDS)]
        self.held = [np.flatnonzero(fold == f) for f in range(N_FOLDS)]
        self.rows = [left[t] for t in self.trained]
        self.solvers = [_solver(rows) for rows in self.rows]

    def divide(self, late: Mask, *, more_late: bool) -> Divided:
        """Each reply by the line that was drawn without its fold."""
        score = np.zeros(len(self.left))
        more = late if more_late else ~late
        for fold in range(N_FOLDS):
            drawn = self._draw(fold, more)
            if drawn is None:
                return Divided(more_late, 0.0, 0.0, (0.0, 0.0), score - 1.0)
            direction, line = drawn
            held = self.held[fold]
            score[held] = self.left[held] @ direction - line
        counted, n = _cells(score > 0, more, self.sides.triggered)
        after, other, still_after, still_other = counted / np.maximum(n, 1)
        excess = float((after - other) - (still_after - still_other))
        z = excess / _error(counted, n)
        return Divided(more_late, excess, z, (float(after), float(other)), score)

    def _draw(self, fold: int, more: Mask) -> tuple[Array, float] | None:
        """Direction of unit spread, and where on it the line stands."""
        rows, chosen = self.rows[fold], self.trained[fold]
        here, triggered = more[chosen], self.sides.triggered[chosen]
        _, n = _cells(here, here, triggered)
        if min(n) < LEAST_ROWS:
            return None
        # Each reply of the other three kinds stands for as many after the trigger here
        # as would be there anyway: summed with these signs, what is left is what this
        # period has more of after the trigger alone.
        weights = np.where(
            triggered,
            np.where(here, 1.0, -n[0] / n[1]),
            np.where(here, -n[0] / n[2], n[0] / n[3]),
        )
        gap = weights @ rows / n[0]
        home = rows[triggered & ~here].mean(axis=0)
        direction = self._toward(fold, gap)
        z = rows @ direction
        line = float(np.quantile(z[triggered & here], 1 - FIRST_SHARE))
        for _ in range(N_ROUNDS):
            beyond = np.where(z > line, weights, 0.0)
            n_more = float(beyond.sum())
            if n_more < LEAST_MORE:
                break
            kind = beyond @ rows / n_more
            direction = self._toward(fold, kind - home)
            z = rows @ direction
            line = float((kind + home) @ direction / 2)
        return direction, line

    def _toward(self, fold: int, gap: Array) -> Array:
        direction = self.solvers[fold] @ gap
        length = float(np.sqrt(direction @ gap))
        return direction / length if length > 0 else direction


def _solver(rows: Array) -> Array:
    scatter = rows.T @ rows / max(len(rows), 1)
    return np.asarray(np.linalg.inv(scatter + PENALTY * np.eye(len(scatter))))


def _error(counted: Array, n: Array) -> float:
    """Standard error of the excess if replies were drawn one by one and all alike."""
    variance = 0.0
    for pair in (slice(0, 2), slice(2, 4)):
        share = (counted[pair].sum() + 0.5) / (n[pair].sum() + 1)
        variance += share * (1 - share) * float((1 / np.maximum(n[pair], 1)).sum())
    return float(np.sqrt(variance))


def _cells(shown: Mask, here: Mask, triggered: Mask) -> tuple[Array, Array]:
    """Of replies (triggered here, there; others here, there): how many show it, n."""
    cell = np.where(triggered, 0, 2) + ~here
    n: Array = np.bincount(cell, minlength=4).astype(np.float64)
    counted: Array = np.bincount(cell[shown], minlength=4).astype(np.float64)
    return counted, n


def divide(x: Array, sides: Sides) -> Divided:
    """The stronger of the two ways round: more in the later period, or in the earlier.

    Args:
        x: Style numbers, shape (n, d); NaN = no occasion.
        sides: What the replies are.
    """
    left = without_main_effects(standardised(x), sides)
    return _stronger(_Lines(left, sides), sides.late)


def _stronger(lines: _Lines, late: Mask) -> Divided:
    ways = [lines.divide(late, more_late=way) for way in (True, False)]
    return max(ways, key=lambda d: d.z)


def divide_and_test(
    x: Array, sides: Sides, *, n_shuffles: int, seed: int
) -> tuple[Divided, float]:
    """`divide`, and how often talks with shuffled periods reach its z."""
    lines = _Lines(without_main_effects(standardised(x), sides), sides)
    found = _stronger(lines, sides.late)

    def reached(late: Mask) -> bool:
        return _stronger(lines, late).z >= found.z

    return found, _sequential_p(sides, reached, n_shuffles, seed)


def told_apart(x: Array, sides: Sides) -> float:
    """How well replies without the trigger tell their period, 0.5 = not at all.

    The chance that one of the later period stands further along the line between the
    two than one of the earlier period (AUC), on talks that did not draw the line.
    """
    rows = standardised(x)[~sides.triggered]
    late, fold = sides.late[~sides.triggered], sides.talk[~sides.triggered] % N_FOLDS
    reached = n_pairs = 0.0
    for f in range(N_FOLDS):
        trained, held = fold != f, fold == f
        if len({*late[trained].tolist()}) < 2 or len({*late[held].tolist()}) < 2:
            continue
        means = [rows[trained & (late == way)].mean(axis=0) for way in (False, True)]
        inside = rows[trained] - np.where(late[trained, None], means[1], means[0])
        z = rows[held] @ (_solver(inside) @ (means[1] - means[0]))
        early = np.sort(z[~late[held]])
        later = z[late[held]]
        below = np.searchsorted(early, later, "left")
        reached += float((below + np.searchsorted(early, later, "right")).sum()) / 2
        n_pairs += len(early) * int(late[held].sum())
    return float(reached / n_pairs) if n_pairs else 0.5


def share_shift_p(
    shown: Mask, sides: Sides, *, n_shuffles: int, seed: int
) -> tuple[float, float]:
    """Later less earlier share of triggered replies that show something, and its p."""
    chosen = sides.triggered
    n_talks = int(sides.talk.max()) + 1
    k = np.bincount(sides.talk[chosen & shown], minlength=n_talks)
    n = np.bincount(sides.talk[chosen], minlength=n_talks)
    late_talk = np.zeros(n_talks, dtype=bool)
    late_talk[sides.talk] = sides.late

    def shift(late: Mask) -> float:
        sums = [(k[way].sum(), n[way].sum()) for way in (late, ~late)]
        if not all(total for _, total in sums):
            return 0.0
        return float(sums[0][0] / sums[0][1] - sums[1][0] / sums[1][1])

    found = shift(late_talk)

    def reached(late: Mask) -> bool:
        return abs(shift(late[first_of_talk])) >= abs(found) - 1e-12

    first_of_talk = np.zeros(n_talks, dtype=np.intp)
    first_of_talk[sides.talk[::-1]] = np.arange(len(sides.talk))[::-1]
    return found, _sequential_p(sides, reached, n_shuffles, seed)


def _sequential_p(
    sides: Sides, reached: Callable[[Mask], bool], n_shuffles: int, seed: int
) -> float:
    """P by shuffling the periods of whole talks, as few times as will do."""
    rng = np.random.default_rng(seed)
    talks, inverse = np.unique(sides.talk, return_inverse=True)
    late_talk = np.zeros(len(talks), dtype=bool)
    late_talk[inverse] = sides.late
    n_reached = 0
    for n in range(1, n_shuffles + 1):
        n_reached += reached(rng.permutation(late_talk)[inverse])
        if n_reached >= ENOUGH_REACHED:
            return n_reached / n
    return (1 + n_reached) / (1 + n_shuffles)
