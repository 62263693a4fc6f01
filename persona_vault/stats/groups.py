"""Replies and their covariates as sums over groups of whole blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupSums:
    """Sums over the replies of each group of one side.

    Attributes:
        n: Replies, shape (g,).
        x: Sums of the covariates, (g, p).
        xx: Sums of their products, (g, p, p).
        num, den, num2, numden, den2: Of the rows and their products, (g, r).
        x_num, x_den: Products of covariates and rows, (g, p, r).
    """

    n: Array
    x: Array
    xx: Array
    num: Array
    den: Array
    num2: Array
    numden: Array
    den2: Array
    x_num: Array
    x_den: Array

    @property
    def n_groups(self) -> int:
        """Groups with at least one reply."""
        return int((self.n > 0).sum())
