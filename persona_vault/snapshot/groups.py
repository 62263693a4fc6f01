"""Sums over replies and their covariates, by group of blocks: all an adjustment needs.

No reply and no vector can be read back from them: a group holds five replies or more on
average, and what is kept are means and products. The products are kept as 16-bit
numbers, centred inside their group and in units of their spread, so that the rounding
(5e-4 of a product) stays far below what sampling does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from persona_vault.dimensions.base import Scale
from persona_vault.snapshot.covariates import COVARIATES_VERSION, NAMES
from persona_vault.snapshot.sums import SUMS, RowSpec, RowSums
from persona_vault.stats.groups import GroupSums

# Enough for the delete-a-group jackknife and for five folds.
MOST_GROUPS = 30
REPLIES_A_GROUP = 5

Half = NDArray[np.float16]
Single = NDArray[np.float32]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateSums:
    """The replies of a period by group, g groups; r rows in alphabetical order.

    Attributes:
        version: Of the covariates.
        texts: Text representation -> number of its columns, in the order of columns;
            p = the plain covariates and all of these.
        means: Covariates' means, (g, p).
        scale: Covariates' spread inside groups, (p,).
        row_scale: Spread inside groups of numerators and denominators, (2, r).
        products: Of covariates, the upper triangle, (g, p * (p + 1) / 2). Products of
            two representations are not needed and kept as 0.
        row_products: Of covariates with numerators and denominators, (g, 2, p, r).
    """

    version: int
    texts: Mapping[str, int]
    means: Single
    scale: Single
    row_scale: Single
    products: Half
    row_products: Half

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.means)

    def columns_of(self, text: str) -> NDArray[np.intp]:
        """Places of the plain covariates and of one representation."""
        start = len(NAMES)
        for name, n in self.texts.items():
            if name == text:
                more = np.arange(start, start + n, dtype=np.intp)
                columns: NDArray[np.intp] = np.append(np.arange(len(NAMES)), more)
                return columns
            start += n
        return np.arange(len(NAMES), dtype=np.intp)


def n_groups(n_blocks: int, n_replies: int) -> int:
    """How many groups a period is cut into."""
    return max(1, min(MOST_GROUPS, n_blocks, n_replies // REPLIES_A_GROUP))


def group_of_block(n_blocks: int, groups: int) -> NDArray[np.intp]:
    """The group of each block; neighbours go together."""
    group: NDArray[np.intp] = (
        np.arange(n_blocks, dtype=np.intp) * groups // max(n_blocks, 1)
    )
    return group


def adjustable(specs: Mapping[str, RowSpec]) -> list[str]:
    """The rows that can be adjusted: all but those that compare two repertoires."""
    return sorted(n for n, s in specs.items() if s.scale != Scale.DISTRIBUTION.value)


def covariate_sums(
    replies: Sequence[int],
    plain: Single,
    texts: Mapping[str, Single],
    measured: Mapping[str, Array],
) -> CovariateSums:
    """The sums of a period.

    Args:
        replies: The companion's messages of each block; m in all.
        plain: The plain covariates, (m, len(NAMES)).
        texts: Text representation -> its columns, (m, c).
        measured: Row -> numerator and denominator of each reply, (m, 2).
    """
    x = np.concatenate([plain, *texts.values()], axis=1).astype(float)
    ordered = [measured[name] for name in sorted(measured)]
    rows = np.stack(ordered, axis=2) if ordered else np.zeros((len(x), 2, 0))
    n = n_groups(len(replies), len(x))
    group = group_of_block(len(replies), n)[blocks_of_replies(replies)]
    size = np.bincount(group, minlength=n).astype(float)
    means = _by_group(x, group, n) / np.maximum(size, 1)[:, None]
    means = means.astype(np.float32).astype(float)
    inner = x - means[group]
    scale = _spread(inner)
    row_scale = _spread(rows)
    unit = inner / scale
    keep = _block_pattern([len(NAMES), *(c.shape[1] for c in texts.values())])
    upper = np.triu_indices(x.shape[1])
    products = np.zeros((n, len(upper[0])), dtype=np.float16)
    row_products = np.zeros((n, 2, x.shape[1], rows.shape[2]), dtype=np.float16)
    for g in range(n):
        mine = group == g
        count = max(size[g], 1.0)
        products[g] = ((unit[mine].T @ unit[mine] / count) * keep)[upper]
        for part in (0, 1):
            scaled = rows[mine, part] / row_scale[part]
            row_products[g, part] = unit[mine].T @ scaled / count
    return CovariateSums(
        version=COVARIATES_VERSION,
        texts={name: c.shape[1] for name, c in texts.items()},
        means=means.astype(np.float32),
        scale=scale,
        row_scale=row_scale,
        products=products,
        row_products=row_products,
    )


def blocks_of_replies(replies: Sequence[int]) -> NDArray[np.intp]:
    """The number of each reply's block, of how many each block has."""
    return np.repeat(np.arange(len(replies), dtype=np.intp), replies)


def _by_group(values: Array, group: NDArray[np.intp], n: int) -> Array:
    total = np.zeros((n, *values.shape[1:]))
    np.add.at(total, group, values)
    return total


def _spread(values: Array) -> Single:
    """Root mean square of each column, 1 where it is 0."""
    if not len(values):
        return np.ones(values.shape[1:], dtype=np.float32)
    found = np.sqrt((values**2).mean(axis=0)).astype(np.float32)
    result: Single = np.where(found > 0, found, np.float32(1))
    return result


def _block_pattern(sizes: Sequence[int]) -> Array:
    """1 where a product is needed: the first part with all, each other with itself."""
    part = np.repeat(np.arange(len(sizes)), sizes)
    same = part[:, None] == part[None, :]
    needed: Array = np.where(same | (part[:, None] == 0) | (part == 0), 1.0, 0.0)
    return needed


def group_sums(
    sums: CovariateSums,
    replies: Sequence[int],
    rows: Mapping[str, RowSums],
    *,
    text: str,
    chosen: Sequence[str],
) -> GroupSums:
    """One side as the analysis of covariance takes it.

    Args:
        sums: Of the period.
        replies: The companion's messages of each block.
        rows: The companion's rows of the same snapshot.
        text: The representation to use, "" for none.
        chosen: The rows wanted; all must be among the period's.
    """
    names = sorted(n for n, r in rows.items() if r.counts is None)
    columns, place = sums.columns_of(text), [names.index(n) for n in chosen]
    group = group_of_block(len(replies), sums.n_groups)
    n = _by_group(np.asarray(replies, dtype=float), group, sums.n_groups)
    tables = np.stack([rows[name].table for name in chosen], axis=1)
    totals = _by_group(tables, group, sums.n_groups)
    num, den, num2, numden, den2 = (
        totals[:, :, SUMS.index(key)]
        for key in ("num", "den", "num2", "numden", "den2")
    )
    means = sums.means[:, columns].astype(float)
    scale = sums.scale[columns].astype(float)
    inner = _squares(sums.products, len(sums.scale))[:, columns][:, :, columns]
    inner *= np.outer(scale, scale) * n[:, None, None]
    with_rows = sums.row_products[:, :, columns][:, :, :, place].astype(float)
    with_rows *= scale[:, None] * sums.row_scale[:, None, place].astype(float)
    with_rows *= n[:, None, None, None]
    return GroupSums(
        n=n,
        x=means * n[:, None],
        xx=inner + np.einsum("g,gp,gq->gpq", n, means, means),
        num=num,
        den=den,
        num2=num2,
        numden=numden,
        den2=den2,
        x_num=with_rows[:, 0] + np.einsum("gp,gr->gpr", means, num),
        x_den=with_rows[:, 1] + np.einsum("gp,gr->gpr", means, den),
    )


def _squares(upper: Half, size: int) -> Array:
    """Symmetric matrices from their upper triangles, shape (g, size, size)."""
    full = np.zeros((len(upper), size, size))
    i, j = np.triu_indices(size)
    full[:, i, j] = full[:, j, i] = upper
    return full
