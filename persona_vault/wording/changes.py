"""Sentences about when the replies changed, the date unknown."""

from datetime import datetime

from persona_vault.findings import ChangePoint, Changes, KnownDate, Verdict
from persona_vault.wording.numbers import (
    capital,
    count,
    date_words,
    dated_words,
    known,
    listed,
    number,
)

LEAST_TALKS = 16
FOUND = (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
_KNOWN = {
    Verdict.CHANGED: "changed",
    Verdict.PROBABLY_CHANGED: "probably changed",
    Verdict.STEADY: "no change worth the name",
    Verdict.CANNOT_TELL: "could not be told",
    Verdict.CONFOUNDED: "your own messages changed too; the two cannot be separated",
    Verdict.NOT_ENOUGH_DATA: "too little text",
}
# The date was chosen by looking, which is said once and not for each.
LOOKED = (
    "Every possible date was looked at, and the figures allow for that. A date says"
    " when, not why."
)


def changes_note(found: Changes) -> str:
    """The answer in one or more whole sentences."""
    if found.p is None:
        return (
            f"Too little text to look for a date: {count(found.n_blocks, 'talk')} with"
            f" {count(found.n_messages, 'reply', 'replies')} are there, and at least"
            f" {LEAST_TALKS} talks of five replies are needed."
        )
    if found.gradual:
        return _gradual(found)
    if not found.change_points:
        return (
            "No date stands out: talks in shuffled order show differences as large as"
            " the ones between any two stretches of this one. A smaller change, or one"
            " close to the beginning or the end, may be there."
        )
    firm = [point for point in found.change_points if point.verdict in FOUND]
    sentences = [
        point_sentence(point, maybe_gradual=found.maybe_gradual)
        for point in found.change_points
    ]
    if len(firm) > 1 and _went_back(firm):
        sentences.append(
            "What moved most at the first date moved back at the last one."
        )
    return " ".join([*sentences, LOOKED])


def point_sentence(point: ChangePoint, *, maybe_gradual: bool = False) -> str:
    """One date that was found, with its range and what the comparison says.

    With `maybe_gradual` a slow change fits as well as this date.
    """
    text = f"A date stands out: {_when(point)}"
    if maybe_gradual:
        text = (
            f"The replies changed about {_when(point)}, at once or little by little:"
            " both fit equally well"
        )
    if point.verdict in FOUND:
        what = listed([row.title for row in point.changes[:4]])
        n_more = len(point.changes) - 4
        more = f" and {count(n_more, 'further measure')}" if n_more > 0 else ""
        said = "Changed" if point.verdict is Verdict.CHANGED else "Probably changed"
        named = f"{said} there: {what}{more}." if what else f"{said} there."
        return f"{text}. {capital(named)}"
    if point.verdict is Verdict.CONFOUNDED:
        return (
            f"{text}, but your own messages changed there too, and the two cannot be"
            " separated."
        )
    return (
        f"{text}, but the full comparison of the stretches on both sides does not"
        " confirm a change there."
    )


def known_sentence(date: KnownDate) -> str:
    """A date that was known before, and what the comparison around it says."""
    day = capital(dated_words(date.at, date.source))
    text = f"{day}, {date.title}: {_KNOWN[date.verdict]}."
    factor = date.smallest_length
    if date.verdict in (*FOUND, Verdict.NOT_ENOUGH_DATA) or not known(factor):
        return text
    return (
        f"{text} Replies that had become about {number(factor or 1.0)} times as long,"
        " or as short, would have shown."
    )


def _when(point: ChangePoint) -> str:
    if point.at is None or point.low is None or point.high is None:
        place = f"talk {point.block:,} in reading order,"
        if point.message is not None:
            place += f" which begins with message {point.message:,},"
        return (
            f"{place} likely between {_place(point.low_block, point.low_message)} and"
            f" {_place(point.high_block, point.high_message)}; a run of messages"
            " counts as a talk where there are no times"
        )
    low, high = date_words(point.low), date_words(point.high)
    if low == high:
        return date_words(point.at)
    return f"{date_words(point.at)}, likely between {low} and {high}"


def _place(block: int, message: int | None) -> str:
    return f"talk {block:,}" if message is None else f"message {message:,}"


def _gradual(found: Changes) -> str:
    stretch = _stretch(found.gradual_since, found.gradual_until)
    return f"The replies moved gradually{stretch}; no single date stands out."


def _stretch(since: datetime | None, until: datetime | None) -> str:
    if since is None or until is None:
        return ""
    return f", from about {date_words(since, 'month')} to {date_words(until, 'month')}"


def _went_back(points: list[ChangePoint]) -> bool:
    """Whether what moved most at the first date moved back at the last one."""
    if not points[0].changes:
        return False
    lead = points[0].changes[0]
    back = {row.dimension: row.direction for row in points[-1].changes}
    turned = {"up": "down", "down": "up"}
    return back.get(lead.dimension) == turned.get(lead.direction)
