"""Sentences beside a row: other dates, the earlier period alone, similar words.

None of them is a verdict; each says how far the difference hangs on something else.
"""

from collections.abc import Mapping
from typing import Any

from persona_vault.findings import Change, Delta
from persona_vault.wording.numbers import count, known, spell
from persona_vault.wording.rows import (
    TOLD_APART,
    delta_phrase,
    row_sentence,
    smallest_phrase,
)

# A trend is told from here, the level at which the fake dates are asked.
TREND_P = 0.05
# Up to here the real date stands out among the fake ones.
GATE_P = 0.10


def full_sentence(
    change: Change, *, side: str = "persona", titled: bool = True, brief: bool = False
) -> str:
    """`row_sentence` with what stands beside the adjusted value.

    Also why a row is not called firm where other dates differ as much.
    """
    said = [row_sentence(change, side=side, titled=titled, brief=brief)]
    if change.verdict in TOLD_APART:
        said.append(matched_sentence(change))
        said.append(fake_dates_sentence(change) if gate_failed(change) else "")
    return " ".join(part for part in said if part)


def visible_sentence(change: Change) -> str:
    """The smallest change that would have shown; "" if unknown."""
    seen = smallest_phrase(change)
    return f"With this much text {seen} would have shown." if seen else ""


def gate_failed(change: Change) -> bool:
    """Whether other dates inside the earlier period differ as much, and count."""
    return (change.placebo or {}).get("gate") == "failed"


def matched_sentence(change: Change) -> str:
    """The difference among replies to similar words; "" where there is none."""
    found = change.matched or {}
    size = _size(change, found)
    if not size:
        return ""
    text = (
        f"In {count(int(found['n_pairs']), 'pair')} of replies to words of yours that "
        f"are alike, one before and one after, the difference is {size}"
    )
    share = known(found.get("share_against"))
    if share:
        text += f"; of those that differ, {_in_hundred(share[0])} go the other way"
    return f"{text}."


def dates_sentences(change: Change) -> list[str]:
    """The earlier period alone, and other dates in it, as far as not said already."""
    said = [moving_sentence(change)]
    if not gate_failed(change):
        said.append(fake_dates_sentence(change))
    return [sentence for sentence in said if sentence]


def moving_sentence(change: Change) -> str:
    """That the row moved before the date; "" where no trend can be shown."""
    found = change.trend or {}
    p = known(found.get("p"))
    size = _size(change, found)
    if not size or not p or p[0] >= TREND_P:
        return ""
    weeks = round(float(found.get("weeks") or 0))
    over = f", {count(weeks, 'week')} apart," if weeks else ""
    return (
        "It was already moving inside the earlier period: between its first talk and "
        f"its last{over} the straight line that fits best gives {size}."
    )


def fake_dates_sentence(change: Change) -> str:
    """How the real date stands among fake ones; "" where there are too few."""
    found = change.placebo or {}
    if found.get("gate") in (None, "unavailable"):
        return ""
    n, k = int(found["n_fakes"]), int(found["n_as_large"])
    stretch = count(int(found["n_blocks"]), "talk")
    where = f"of {count(n, 'other date')} inside the earlier period"
    text = (
        f"With {stretch} on either side of a date, the difference is as large at "
        f"{spell(k, 0) if k else 'none'} {where}"
    )
    jump = known((change.trend or {}).get("jump_p"))
    if gate_failed(change) and found["p"] <= GATE_P and jump:
        return (
            f"{text}; but it was moving inside the earlier period, and a line drawn on "
            "from there comes near enough that it cannot be called firm that anything "
            "happened at this date."
        )
    if gate_failed(change):
        text += (
            ", where this measure was moving by itself; so it cannot be called firm "
            "that anything happened at this date"
        )
    return f"{text}."


def _size(change: Change, found: Mapping[str, Any]) -> str:
    value = known(found.get("value"))
    if not value:
        return ""
    return delta_phrase(change, Delta(value[0], None, None, change.delta.kind))


def _in_hundred(share: float) -> str:
    if share == 0:
        return "none"
    return f"about {100 * share:.0f} in 100" if share >= 0.01 else "under 1 in 100"
