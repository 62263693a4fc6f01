"""From a row's own scale to the numbers a reader sees."""

import math


def shown_value(scale: str, value: float) -> float | None:
    """A row's own number in the unit a reader sees; None for NaN and for no number."""
    if math.isnan(value):
        return None
    if scale == "rate":
        return 100 * value
    if scale in ("log", "log_ratio"):
        return _power(value, less=int(scale == "log"))
    return value


def _power(value: float, less: int = 0) -> float | None:
    """The exponential, less 0 or 1; None beyond all numbers, as a forged file asks."""
    try:
        return math.expm1(value) if less else math.exp(value)
    except OverflowError:
        return None


def shown_gap(scale: str, before: float, gap: float) -> float | None:
    """A gap as the reader sees it: points, units, or after / before.

    Lengths are averaged as log(1 + length); so that the ratio is that of the two
    lengths shown, the gap is taken from the length before.

    Args:
        scale: Of the row.
        before: Where the gap begins, in the row's own scale.
        gap: In the row's own scale; NaN gives None.
    """
    if math.isnan(gap):
        return None
    if scale == "rate":
        return 100 * gap
    if scale == "log_ratio":
        return _power(gap)
    if scale == "log":
        start, end = _power(before, less=1), _power(before + gap, less=1)
        if start is None or end is None or start <= 0:
            return None
        return max(end, 0.0) / start
    return gap
