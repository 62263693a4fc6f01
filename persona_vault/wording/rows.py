"""One sentence for one row, for every verdict, scale and direction."""

import re
from collections.abc import Mapping

from persona_vault.findings import Change, Delta, RowVerdict
from persona_vault.wording.numbers import (
    about,
    capital,
    count,
    decimals,
    known,
    listed,
    spell,
)

# The least text a side needs before a row is tested at all.
MIN_BLOCKS = 4
MIN_MESSAGES = 20
# "words per word heard" still reads well before "before"; longer units do not.
N_UNIT_WORDS = 4

MOVED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
# The verdicts of a difference that was measured: its share of the user's side is told.
TOLD_APART = (
    *MOVED,
    RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    RowVerdict.CANNOT_SEPARATE,
)

_LABELS = {
    RowVerdict.NOT_ENOUGH_DATA: "Not enough data",
    RowVerdict.EXPLAINED_BY_YOUR_SIDE: "Goes with your side",
    RowVerdict.CANNOT_SEPARATE: "Cannot be separated",
    RowVerdict.CHANGED: "Changed",
    RowVerdict.PROBABLY_CHANGED: "Probably changed",
    RowVerdict.STEADY: "Steady",
    RowVerdict.CANNOT_TELL: "Could not tell",
}


def verdict_label(verdict: RowVerdict) -> str:
    """The verdict in two or three words, for a group of rows."""
    return _LABELS[verdict]


def row_label(change: Change) -> str:
    """The verdict in two or three words."""
    small = change.small and change.verdict in MOVED
    return _LABELS[change.verdict] + (", but small" if small else "")


def row_title(change: Change, *, side: str = "persona") -> str:
    """The row's title, lower case as the dimension has it.

    With `side="user"` the messages measured are the user's own, which are no replies.
    """
    if side == "persona":
        return change.title
    return re.sub(r"\breply\b", "message", re.sub("replies", "messages", change.title))


def row_sentence(
    change: Change, *, side: str = "persona", titled: bool = True, brief: bool = False
) -> str:
    """The row's finding as one sentence.

    Args:
        change: The row.
        side: "persona" for the companion's messages, "user" for the user's own.
        titled: Without it the title is left out, for use under a heading that has it.
        brief: Leaves out what stands beside it on a page with charts: the verdict of a
            steady row, the likely range and the counts, see `basis_sentence`.
    """
    said = _briefly(change, side) if brief else _finding(change, side)
    if side == "persona" and change.verdict in TOLD_APART:
        said = " ".join(part for part in (said, adjusted_sentence(change)) if part)
    said = " ".join(part for part in (said, marked_sentence(change)) if part)
    if not titled:
        return capital(said)
    return f"{capital(row_title(change, side=side))}: {said}"


def _finding(change: Change, side: str) -> str:
    if change.verdict is RowVerdict.NOT_ENOUGH_DATA:
        return f"not enough data; {_missing(change, side)}."
    basis = "; ".join(part for part in (_range(change), _counted(change, side)) if part)
    facts = f"{_facts(change, side)} ({basis})"
    return f"{_lead(change)}{facts}{_limit(change)}."


def _briefly(change: Change, side: str) -> str:
    if change.verdict is RowVerdict.NOT_ENOUGH_DATA:
        return _finding(change, side)
    if change.verdict is RowVerdict.STEADY:
        seen = smallest_phrase(change)
        tail = f"; we would have seen {seen}" if seen else ""
        return f"{_facts(change, side)}{tail}."
    return f"{_lead(change)}{_facts(change, side)}{_limit(change)}."


def marked_sentence(change: Change) -> str:
    """How many hits the user marked wrong; "" where there are none."""
    n_before, n_after = (change.n_marked_wrong.get(w, 0) for w in ("before", "after"))
    if not n_before + n_after:
        return ""
    marked = "it is" if n_before + n_after == 1 else "they are"
    parts = [
        f"{count(n, 'hit')} {when}"
        for n, when in ((n_before, "before"), (n_after, "after"))
        if n
    ]
    return f"You marked {listed(parts)} as wrong; {marked} not counted."


def basis_sentence(change: Change, *, side: str = "persona") -> str:
    """The likely range of the difference, and how much text it rests on."""
    parts = [part for part in (_range(change), _counted(change, side)) if part]
    return capital("; ".join(parts)) + "."


def _lead(change: Change) -> str:
    if change.verdict is RowVerdict.CHANGED:
        return "a change that was measured, but a small one: " if change.small else ""
    if change.verdict is RowVerdict.PROBABLY_CHANGED:
        small = ", and a small one" if change.small else ""
        return f"probably a change, not a firm one{small}: "
    return {
        RowVerdict.STEADY: "no change worth the name could be measured: ",
        RowVerdict.CANNOT_TELL: "we could not tell: ",
        RowVerdict.EXPLAINED_BY_YOUR_SIDE: (
            "there is a difference, but it goes with a change in your own messages, "
            "and little or nothing of it is left once that is allowed for: "
        ),
        RowVerdict.CANNOT_SEPARATE: _apart(change),
    }[change.verdict]


def _apart(change: Change) -> str:
    """Why a difference cannot be told from one of the user's side."""
    if change.adjusted:
        return (
            "there is a difference, but your own messages may account for it: once "
            "they are allowed for, too little of it is left or certain, so we cannot "
            "separate the two: "
        )
    return (
        "there is a difference, but your own messages changed in the same respect in "
        "this period, so we cannot separate the two: "
    )


def _limit(change: Change) -> str:
    """What this much text could have shown, for the verdicts that need it."""
    seen = smallest_phrase(change)
    if change.verdict is RowVerdict.STEADY:
        if not seen:
            return "; smaller changes may be there"
        return (
            f"; with this much text we would have seen {seen}, "
            "and smaller changes may be there"
        )
    if change.verdict is RowVerdict.CANNOT_TELL:
        if not seen:
            return "; with this much text a change could go unseen"
        return f"; with this much text only {seen}, or more, would have shown"
    return ""


def smallest_phrase(change: Change) -> str:
    """The smallest change that this much text would have shown; "" if unknown."""
    size = smallest_size(change)
    if not size or change.delta.kind == "distance":
        return f"a difference of {size}" if size else ""
    if change.delta.kind == "ratio":
        return f"a change by {size} either way"
    return f"a change of {size} either way"


def smallest_size(change: Change) -> str:
    """The same without its verb, such as "about 12 per 100"; "" if unknown."""
    values = known(change.smallest_visible)
    if not values or values[0] <= 0:
        return ""
    size = values[0]
    if change.delta.kind == "ratio":
        # Rounding a factor down to 1 would promise what no test can do.
        size = max(size, 1 / size, 1.01)
        return f"a factor of {about(size, 2)}"
    if change.delta.kind == "distance":
        return f"{about(size, 2)} on this scale"
    per = " per 100" if change.scale == "rate" else ""
    return f"{about(size, decimals([size]))}{per}"


def _facts(change: Change, side: str) -> str:
    """Before, after and the difference."""
    size = size_phrase(change)
    if change.delta.kind == "distance":
        return size or "the two mixes could not be compared"
    text = amounts_phrase(change, side=side)
    return f"{text}, which is {size}" if size else text


def amounts_phrase(change: Change, *, side: str = "persona") -> str:
    """Such as "about 30 in 100 before, about 10 in 100 after"; "" for a mix."""
    if change.delta.kind == "distance":
        return ""
    before, after = change.before.value, change.after.value
    places = decimals([before, after])
    words = []
    for value, when in ((before, "before"), (after, "after")):
        if not known(value) or value is None:
            words.append(f"no occasion {when}")
            continue
        words.append(f"{_amount(change, about(value, places), side, when)} {when}")
    typical = "typically " if change.scale == "log" and known(before) else ""
    return typical + ", ".join(words) + _unit_after(change, side)


def _amount(change: Change, text: str, side: str, when: str) -> str:
    """A value with its unit, which is said in full on the first side only."""
    unit = row_unit(change, side)
    in_100 = unit.startswith("per 100 ")
    noun = unit.removeprefix("per 100 ")
    if in_100:
        text += " in 100"
    said = when == "after" and bool(known(change.before.value))
    of_title = in_100 and row_title(change, side=side).startswith(noun)
    if said or of_title or not noun or _is_long(noun):
        return text
    return f"{text} {noun}"


def _is_long(unit: str) -> bool:
    """Whether a unit is too long to stand between a number and "before"."""
    return len(unit.split()) > N_UNIT_WORDS or "," in unit or unit.startswith("on ")


def _unit_after(change: Change, side: str) -> str:
    """A long unit, said once behind both numbers."""
    unit = row_unit(change, side)
    noun = unit.removeprefix("per 100 ")
    if not _is_long(noun):
        return ""
    if noun != unit:
        return f" (out of {noun})"
    return f", {unit}" if unit.startswith("on ") else f" ({unit})"


def row_unit(change: Change, side: str = "persona") -> str:
    """The unit as it reads on that side."""
    unit = change.unit
    if unit.startswith("from "):
        unit = f"on a scale {unit}"
    if side == "persona":
        return unit
    return re.sub(r"\breply\b", "message", re.sub("replies", "messages", unit))


def _is_count(change: Change) -> bool:
    return change.scale == "rate" or change.unit.startswith("per ")


def _pair(change: Change) -> tuple[str, str, str]:
    """Words for up and down, and what follows them."""
    tail = " per 100" if change.scale == "rate" else ""
    return ("more", "fewer", tail) if _is_count(change) else ("higher", "lower", "")


def _adjective(change: Change) -> str:
    """How a factor reads: as long, as many, as much, as high."""
    if change.scale == "log_ratio":
        return "as high"
    if "length" in change.title or change.unit.startswith(("words", "characters")):
        return "as long"
    return "as many" if re.match(r"\w+s\b", change.unit) else "as much"


def size_phrase(change: Change) -> str:
    """The size of the difference, such as "about 20 fewer per 100"; "" if unknown."""
    return delta_phrase(change, change.delta)


def delta_phrase(change: Change, delta: Delta) -> str:
    """A difference in the words of a row; "" where it has no number."""
    if not known(delta.value) or delta.value is None:
        return ""
    value = delta.value
    if delta.kind == "distance":
        return (
            f"the mix differs by {about(value, 2)}, where 0 is one and the same mix "
            "and 1 is nothing in common"
        )
    if delta.kind == "ratio":
        return _factor(value, _adjective(change))
    up, down, tail = _pair(change)
    places = decimals([value, delta.low, delta.high])
    if spell(value, places) == "0":
        return "no difference"
    return f"{about(abs(value), places)} {up if value > 0 else down}{tail}"


def _factor(value: float, adjective: str) -> str:
    if spell(value, 2) == "1":
        return f"about {adjective} as before"
    for name, low, high in (("half", 0.45, 0.55), ("twice", 1.85, 2.2)):
        if low <= value <= high:
            return f"about {name} {adjective}"
    return f"{about(value, 2 if value < 10 else 0)} times {adjective}"


def adjusted_sentence(change: Change) -> str:
    """How much of the difference goes with the user's side; "" if unknown or nothing.

    Such as "Of a difference of about 45 %, about 12 % go with what moved on your side;
    what is left is about 0.67 times as long."
    """
    left = left_over(change)
    explained = (change.adjusted or {}).get("explained")
    raw = change.delta.value
    if left is None or not known(raw, explained) or raw is None or explained is None:
        return ""
    if change.delta.kind == "ratio":
        raw, unit = 100 * (raw - 1), " %"
    else:
        unit = " per 100" if change.scale == "rate" else ""
    places = decimals([raw])
    if change.delta.kind != "ratio":
        rest = (change.adjusted or {})["delta"]
        # No finer than what is left is told, or the three would not add up.
        ends = [rest["value"], rest.get("low"), rest.get("high")]
        places = min(places, decimals(ends))
    share = spell(abs(explained), places)
    if share == "0":
        return ""  # said once for all of these, in `overall.your_side_notes`
    if explained * raw < 0:
        return (
            "What moved on your side goes the other way, by about "
            f"{share}{unit}; with that allowed for, the difference is {left}."
        )
    if abs(explained) > abs(raw) and share != spell(abs(raw), places):
        return (
            "More than all of it goes with what moved on your side; with that allowed "
            f"for, the difference is {left}."
        )
    return (
        f"Of a difference of {about(abs(raw), places)}{unit}, about {share} go with "
        f"what moved on your side; what is left is {left}."
    )


def left_over(change: Change) -> str | None:
    """What is left of a row once the user's side is allowed for; None if unknown."""
    delta = (change.adjusted or {}).get("delta")
    if not isinstance(delta, Mapping) or not known(delta.get("value")):
        return None
    kind = str(delta.get("kind", change.delta.kind))
    left = Delta(delta["value"], delta.get("low"), delta.get("high"), kind)
    return delta_phrase(change, left) or None


def _range(change: Change) -> str:
    """The likely range of the difference; "" where none can be given."""
    delta = change.delta
    if delta.kind == "distance":
        high = known(delta.null_high)
        if not high:
            return ""
        return f"talks shuffled at random stay under {about(high[0], 2)}"
    if len(known(delta.low, delta.high)) < 2 or delta.low is None or delta.high is None:
        return ""
    low, high_end = delta.low, delta.high
    if delta.kind == "ratio":
        places = max(2, decimals([low, high_end]))
        text = f"{spell(low, places)} to {spell(high_end, places)} times"
    else:
        text = _difference_range(change, low, high_end)
    return f"likely range of the change: {text}"


def _difference_range(change: Change, low: float, high: float) -> str:
    up, down, tail = _pair(change)
    places = decimals([low, high, change.delta.value])
    if low >= 0 or high <= 0:
        ends = sorted((abs(low), abs(high)))
        word = up if high > 0 else down
        return f"{spell(ends[0], places)} to {spell(ends[1], places)} {word}{tail}"
    return f"from {spell(-low, places)} {down} to {spell(high, places)} {up}{tail}"


def _counted(change: Change, side: str) -> str:
    """How much text the row rests on."""
    noun = "of your messages" if side == "user" else "replies"
    before, after = change.before, change.after
    if _counts_talks(change):
        return f"counted in {before.n_blocks:,} and {after.n_blocks:,} talks"
    return (
        f"counted in {before.n_messages:,} and {after.n_messages:,} {noun}, "
        f"{before.n_blocks:,} and {after.n_blocks:,} talks"
    )


def _counts_talks(change: Change) -> bool:
    """Whether an occasion is a whole talk and no single reply."""
    return change.unit == "per 100 talks" or change.unit.endswith(" in a talk")


def _missing(change: Change, side: str) -> str:
    """What is missing, and how much of it there is."""
    if change.reason == "few_facts":
        return "too few facts were told in earlier talks for it to be counted"
    if change.reason == "few_messages" and _counts_talks(change):
        return (
            f"{MIN_MESSAGES} talks with an occasion for it are needed on each side; "
            f"there are {change.before.n_blocks:,} before and "
            f"{change.after.n_blocks:,} after"
        )
    noun, plural = ("message", "messages") if side == "user" else ("reply", "replies")
    have = (
        f"there are {count(change.before.n_messages, noun, plural)} in "
        f"{count(change.before.n_blocks, 'talk')} before and "
        f"{count(change.after.n_messages, noun, plural)} in "
        f"{count(change.after.n_blocks, 'talk')} after"
    )
    if change.reason == "language":
        return f"this cannot be measured in the language of these {plural}"
    if change.reason == "no_occasion":
        return f"there was no occasion for it {_without_occasion(change)}"
    if change.reason == "too_rare":
        return "it is too rare, or too constant, for a change to show"
    return (
        f"{MIN_BLOCKS} talks and {MIN_MESSAGES} {plural} with an occasion for it are "
        f"needed on each side; {have}"
    )


def _without_occasion(change: Change) -> str:
    before, after = change.before.n_messages, change.after.n_messages
    if not before and not after:
        return "in either period"
    return f"in the {'later' if before else 'earlier'} period"
